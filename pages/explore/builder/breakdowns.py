"""Picking breakdowns: those that fit these metrics, grouped by subject; the others in grey, with a way to fix them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.explore.builder.recents import recent, recent_names, stamp
from pages.shell.parts import plain, quoted
from pages.widgets.search_box import Found, Row, search_box
from semantic.explore.repairs import fitted
from semantic.explore.search import near, search
from semantic.model.definitions import Dimension, Granularity
from semantic.query.data import column_name
from semantic.query.describe import describe_split, lower_first
from semantic.query.query import DATE, Breakdown

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight, Unavailable
    from semantic.model.model import Model
    from semantic.policy.narrow import VisibleModel

TIME_GRAIN = Granularity.MONTH
HITS, GREY = 12, 8
NOT_WITH_THESE = "Not available with these metrics"


def breakdowns(
    held: ExploreState, visible: VisibleModel, preflight: Preflight | None, model: Model, beside: Callable[[], None]
) -> None:
    """The search, the picked breakdowns as buttons that remove them, and why something can't be picked.

    `beside` is shown in the row of picked breakdowns.
    """
    known = {one.name: one for one in visible.dimensions}
    unavailable = {one.dimension.name: one for one in preflight.unavailable} if preflight else {}
    asked_why = held.key("why-not")

    def find(text: str) -> Found:
        return find_breakdowns(text, visible, preflight, model, [one.dim for one in held.draft.by])

    def pick(name: str) -> None:
        st.session_state[asked_why] = name if name in unavailable else ""
        if name in known and name not in unavailable:
            add_breakdown(held, known[name])

    with st.container(gap="xsmall", key="breakdowns"):
        search_box(
            "Break down by", find, pick, key="breakdown-search", disabled=preflight is None,
            stamp=(held.actor, held.version, held.draft.metrics, held.draft.by, stamp()),
            placeholder="Search, such as channel" if preflight else "Pick a metric first",
            more=f"Not available with these metrics: {len(unavailable)}. Type a name to see why.",
        )  # fmt: skip
        picked = [one for one in held.draft.by if one.dim != DATE]
        if picked:
            with st.container(horizontal=True, gap="xsmall"):
                for one in picked:
                    _picked(held, one, known, model)
                beside()
        named = unavailable.get(st.session_state.get(asked_why, ""))
        if named is not None:
            _why_not(held, named, asked_why)


def find_breakdowns(
    text: str, visible: VisibleModel, preflight: Preflight | None, model: Model, picked: Sequence[str]
) -> Found:
    """Available ones first, then unavailable ones, with those that one click can fix first.

    Until something is typed they're ordered by subject: long lists, such as campaigns, before other attributes.
    """
    if preflight is None:
        return Found(())
    fits = {one.name for one in preflight.available}
    unfit = {one.dimension.name: one for one in preflight.unavailable}
    hits = search(visible, text, kinds=("dimension",), recent=recent_names(recent()), limit=len(visible.dimensions))
    note = ""
    if text and not hits:
        hits = near(visible, text, kinds=("dimension",))
        note = f"No breakdown matches {quoted(text)}." + (" Did you mean:" if hits else "")
    found = [(hit, hit.thing) for hit in hits if isinstance(hit.thing, Dimension) and hit.name not in picked]
    rows = [
        Row(hit.name, hit.label, line=one.description, why=hit.why, group="" if text else _about(one, model))
        for hit, one in found
        if hit.name in fits
    ]
    if text:
        rows = rows[:HITS]
    else:
        facts = {one.label or one.name for one in model.datasets.values() if one.measures}
        rows.sort(key=lambda row: (row.group in facts, row.group.casefold(), row.label.casefold()))
    # Fixable ones first; that's worked out only for as many as are shown.
    grey = [unfit[hit.name] for hit, _ in found if hit.name in unfit]
    mended = list(islice((one for one in grey if one.repairs), GREY))
    grey = mended if len(mended) == GREY else sorted(grey, key=lambda one: not one.repairs)
    off = [
        Row(
            one.dimension.name, one.dimension.label or one.dimension.name, line=one.reason, group=NOT_WITH_THESE,
            unit="how to fix" if one.repairs else "", off=True,
        )
        for one in grey[:GREY]
    ]  # fmt: skip
    return Found([*rows, *off], note)


def _about(dimension: Dimension, model: Model) -> str:
    dataset = model.datasets.get(dimension.dataset)
    return (dataset.label or dataset.name) if dataset else ""


def add_breakdown(held: ExploreState, dimension: Dimension) -> None:
    """Adds a dimension; a date other than the metrics' own by month."""
    if all(one.dim != dimension.name for one in held.draft.by):
        grain = TIME_GRAIN if dimension.kind == "time" else None
        held.change(fitted(replace(held.draft, by=(*held.draft.by, Breakdown(dimension.name, grain)))))


def drop_breakdown(held: ExploreState, breakdown: Breakdown) -> None:
    held.change(fitted(replace(held.draft, by=tuple(one for one in held.draft.by if one != breakdown))))


def _picked(held: ExploreState, one: Breakdown, known: Mapping[str, Dimension], model: Model) -> None:
    label = dimension_label(one, known, model)
    st.button(
        plain(label), icon=":material/close:", icon_position="right", key=f"drop-by-{column_name(one)}",
        help=plain(f"Remove {label}"), on_click=drop_breakdown, args=(held, one),
    )  # fmt: skip


def dimension_label(one: Breakdown, known: Mapping[str, Dimension], model: Model) -> str:
    """A dimension's label; for a date other than the metrics' own with its grain, part or calendar period."""
    dimension = known.get(one.dim)
    if dimension is None:
        return one.dim
    via = f" ({one.via.replace('_', ' ').replace('.', ', ')})" if one.via else ""
    words = lower_first(describe_split(one, model) or TIME_GRAIN.words)
    by = f", by {words}" if dimension.kind == "time" else ""
    return (dimension.label or one.dim) + via + by


def _why_not(held: ExploreState, one: Unavailable, key: str) -> None:
    """Why this one doesn't fit, and alternative questions that would have it."""

    def close() -> None:
        st.session_state[key] = ""

    label = one.dimension.label or one.dimension.name
    with st.container(gap="xsmall", key="why-not"):
        with st.container(horizontal=True, gap="xxsmall"):
            st.markdown(f":small[:orange[:material/block:] **{plain(label)}**  \n{plain(one.reason)}]", width="stretch")
            st.button("", icon=":material/close:", type="tertiary", key=f"{key}-close", help="Close", on_click=close)
        for place, repair in enumerate(one.repairs[:3]):
            st.button(
                plain(repair.label), key=f"{key}-{place}", help=plain(repair.effect) or None,
                on_click=held.replace, args=(repair.query,), wrap=True, width="stretch",
            )  # fmt: skip
