"""Two metrics side by side: what they have in common and how they differ, in sentences and item by item."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.metrics.metric import to_the_list
from pages.shell import links
from pages.shell.parts import block, page_header, plain
from semantic.display.words.side_by_side import Facet, facets, sentences
from semantic.model.definitions import Dimension, Metric
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import Query
from semantic.workspace import Workspace


def show(one: Metric, other: Metric, workspace: Workspace, actor: Actor) -> None:
    """Draw both metrics, with what to know before you use one in place of the other."""
    seen = workspace.visible(actor)
    names = one.label or one.name, other.label or other.name
    page_header(
        f"{names[0]} and {names[1]}",
        "What is the same, and what differs.",
        lambda: _actions(one, other, workspace, actor),
    )
    with st.container(gap="medium", key="metric-page"):
        with st.container(horizontal=True, gap="medium"):
            for metric, name in zip((one, other), names, strict=True):
                links.metric_link(name, metric.name, icon=":material/monitoring:")
        dimensions = _dimensions(one, workspace, actor), _dimensions(other, workspace, actor)
        same, differs = sentences(one, other, seen, dimensions)
        left, right = st.columns(2, gap="small")
        with left, st.container(border=True, height="stretch", gap="xsmall"):
            _list_sentences(":green[:material/equal:] **The same**", same, "Nothing.")
        with right, st.container(border=True, height="stretch", gap="xsmall"):
            _list_sentences(
                ":orange[:material/difference:] **Different**",
                differs,
                "There are no differences. These are two names for the same number.",
            )
        _table(names, facets(one, other, seen))


def _actions(metric: Metric, other: Metric, workspace: Workspace, actor: Actor) -> None:
    to_the_list()
    query = Query(metrics=(metric.name, other.name))
    if workspace.preflight(query, actor).ok and st.button(
        "Explore both", type="primary", key="open-both", icon=":material/query_stats:"
    ):
        st.switch_page(links.EXPLORE, query_params=query_to_params(query))


def _dimensions(metric: Metric, workspace: Workspace, actor: Actor) -> tuple[Dimension, ...]:
    return workspace.preflight(Query(metrics=(metric.name,)), actor).available


def _list_sentences(heading: str, texts: Sequence[str], nothing: str) -> None:
    st.markdown(heading)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in texts) if texts else f":gray[{nothing}]")


def _table(names: tuple[str, str], rows: Sequence[Facet]) -> None:
    with block("Side by side"):
        st.table(
            {
                " ": [f"**{plain(facet.name)}**" for facet in rows],
                plain(names[0]): [plain(facet.one) for facet in rows],
                plain(names[1]): [plain(facet.other) for facet in rows],
                "Same": [":green[:material/check:]" if facet.same else "" for facet in rows],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{names[0]} and {names[1]}, side by side.",
        )
