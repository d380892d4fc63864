"""The breakdowns of a question. Those that fit the metrics are grouped by subject, and the others are grey, with a way
to make them fit.

Each picked breakdown shows how many of its values the answer has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.explore.builder.recents import recent, recent_names, stamp
from pages.shell.parts import chip, plain, quoted, unseen
from pages.widgets.search_box import Row, SearchMatches, search_box
from semantic.display.format import listed
from semantic.explore.repairs import drop_broken
from semantic.explore.search import near, search
from semantic.model.definitions import Dimension, Granularity
from semantic.query.data import MAX_TOP, column_name
from semantic.query.describe import describe_split, lower_first, upper_first
from semantic.query.query import DATE, Breakdown, Query, Top

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight, UnavailableDimension
    from semantic.model.model import Model
    from semantic.policy.narrow import VisibleModel

TIME_GRAIN = Granularity.MONTH
HITS, GREY = 12, 8
TOP_N = 8  # values in a new top
NOT_WITH_THESE = "Not available with these metrics"


def breakdowns(
    state: ExploreState, visible: VisibleModel, preflight: Preflight | None, model: Model, below: Callable[[], None]
) -> None:
    """Draw the search, each picked breakdown with its number of values, and why something can't be picked.

    `below` draws what follows the picked breakdowns.
    """
    known = {dimension.name: dimension for dimension in visible.dimensions}
    unavailable = (
        {preflight_unavailable.dimension.name: preflight_unavailable for preflight_unavailable in preflight.unavailable}
        if preflight
        else {}
    )
    asked_why = state.key("why-not")

    def find(text: str) -> SearchMatches:
        return find_breakdowns(text, visible, preflight, model, [breakdown.dim for breakdown in state.draft.by])

    def pick(name: str) -> None:
        st.session_state[asked_why] = name if name in unavailable else ""
        if name in known and name not in unavailable:
            add_breakdown(state, known[name], with_total=not visible.min_groups)

    with st.container(gap="xsmall", key="breakdowns"):
        search_box(
            "Break down by", find, pick, key="breakdown-search", disabled=preflight is None,
            stamp=(state.actor, state.version, state.draft.metrics, state.draft.by, stamp()),
            placeholder="Search, such as channel" if preflight else "Pick a metric first",
            more=f"Not available with these metrics: {len(unavailable)}. Type a name to see why.",
        )  # fmt: skip
        picked = [breakdown for breakdown in state.draft.by if breakdown.dim != DATE]
        for breakdown in picked:
            with st.container(horizontal=True, gap="xsmall"):
                _picked(state, breakdown, known, model)
                top_values(state, breakdown, visible)
        if picked:
            below()
        named = unavailable.get(st.session_state.get(asked_why, ""))
        if named is not None:
            _why_not(state, named, asked_why)


def find_breakdowns(
    text: str, visible: VisibleModel, preflight: Preflight | None, model: Model, picked: Sequence[str]
) -> SearchMatches:
    """Return available breakdowns, then unavailable ones, starting with those that one click can make available.

    Without a text, available breakdowns are sorted by what they describe: attributes of entities, such as campaigns,
    come before attributes that only a fact records.
    """
    if preflight is None:
        return SearchMatches(())
    fits = {dimension.name for dimension in preflight.available}
    unfit = {one.dimension.name: one for one in preflight.unavailable}
    hits = search(visible, text, kinds=("dimension",), recent=recent_names(recent()), limit=len(visible.dimensions))
    note = ""
    if text and not hits:
        hits = near(visible, text, kinds=("dimension",))
        note = f"No breakdown matches {quoted(text)}." + (" Did you mean:" if hits else "")
    dimension_hits = [(hit, hit.thing) for hit in hits if isinstance(hit.thing, Dimension) and hit.name not in picked]
    rows = [
        Row(hit.name, hit.label, line=thing.description, why=hit.why, group="" if text else _about(thing, model))
        for hit, thing in dimension_hits
        if hit.name in fits
    ]
    if text:
        rows = rows[:HITS]
    else:
        facts = {dataset.label or dataset.name for dataset in model.datasets.values() if dataset.measures}
        rows.sort(key=lambda row: (row.group in facts, row.group.casefold(), row.label.casefold()))
    # Breakdowns with a fix come first. Fixes are only computed for the rows that are shown.
    grey = [unfit[hit.name] for hit, _ in dimension_hits if hit.name in unfit]
    mended = list(islice((one for one in grey if one.repairs), GREY))
    grey = mended if len(mended) == GREY else sorted(grey, key=lambda one: not one.repairs)
    off = [
        Row(
            one.dimension.name, one.dimension.label or one.dimension.name, line=one.reason, group=NOT_WITH_THESE,
            unit="how to fix" if one.repairs else "", off=True,
        )
        for one in grey[:GREY]
    ]  # fmt: skip
    return SearchMatches([*rows, *off], note)


def _about(dimension: Dimension, model: Model) -> str:
    dataset = model.datasets.get(dimension.dataset)
    return (dataset.label or dataset.name) if dataset else ""


def add_breakdown(state: ExploreState, dimension: Dimension, *, with_total: bool = True) -> None:
    """Add a dimension. A date other than the metrics' own is added by month.

    The first breakdown also adds the grand total. Pass `with_total=False` under a `min_group`, where a total can reveal
    a hidden number.
    """
    if all(breakdown.dim != dimension.name for breakdown in state.draft.by):
        grain = TIME_GRAIN if dimension.kind == "time" else None
        by = (*state.draft.by, Breakdown(dimension.name, grain))
        totals = ((),) if with_total and not state.draft.by else state.draft.totals
        state.change(drop_broken(replace(state.draft, by=by, totals=totals)))


def drop_breakdown(state: ExploreState, breakdown: Breakdown) -> None:
    state.change(
        drop_broken(
            replace(
                state.draft,
                by=tuple(draft_breakdown for draft_breakdown in state.draft.by if draft_breakdown != breakdown),
            )
        )
    )


def _picked(state: ExploreState, breakdown: Breakdown, known: Mapping[str, Dimension], model: Model) -> None:
    label = dimension_label(breakdown, known, model)
    st.button(
        plain(label), icon=":material/close:", icon_position="right", key=f"drop-by-{column_name(breakdown)}",
        help=plain(f"Remove {label}"), on_click=drop_breakdown, args=(state, breakdown),
    )  # fmt: skip


def dimension_label(breakdown: Breakdown, known: Mapping[str, Dimension], model: Model) -> str:
    """Return the label of a dimension. For a date other than the metrics' own, it includes the grain, part or calendar
    period.
    """
    dimension = known.get(breakdown.dim)
    if dimension is None:
        return breakdown.dim
    via = f" ({breakdown.via.replace('_', ' ').replace('.', ', ')})" if breakdown.via else ""
    words = lower_first(describe_split(breakdown, model) or TIME_GRAIN.words)
    by = f", by {words}" if dimension.kind == "time" else ""
    return (dimension.label or breakdown.dim) + via + by


def key_labels(query: Query, visible: VisibleModel) -> dict[str, str]:
    """Return the labels of the breakdowns, by column name."""
    known = {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
    return {column_name(breakdown): _key_label(breakdown, known, visible.model) for breakdown in query.by}


def _key_label(breakdown: Breakdown, known: dict[str, str], model: Model) -> str:
    if breakdown.dim == DATE:
        words = describe_split(breakdown, model) or "day"
        return upper_first(words)
    return known.get(breakdown.dim, breakdown.dim) + (
        f" ({breakdown.via.replace('_', ' ').replace('.', ', ')})" if breakdown.via else ""
    )


# The top values of a breakdown


def top_values(state: ExploreState, breakdown: Breakdown, visible: VisibleModel) -> None:
    """Draw how many values of a breakdown the answer has: its top as a chip, or a button that adds a top.

    Periods have their own order, so they have no top. A question has at most one top, so a new one replaces it.
    """
    top, name = state.draft.top, column_name(breakdown)
    if breakdown.runs or not state.draft.metrics:
        return
    if top is not None and top.dim == name:
        _top_chip(state, top, visible)
        return
    metric = state.draft.metrics[0]
    called = _names(state.draft, visible)
    asked = replace(state.draft, top=Top(TOP_N, name, metric))
    instead = f". {called(top.dim)} will no longer be limited to its top {top.n:,}" if top is not None else ""
    st.button(
        f"Top {TOP_N} {unseen(f'of {lower_first(called(name))}')}", icon=":material/leaderboard:", type="tertiary",
        key=f"top-of-{name}", on_click=state.replace, args=(asked,),
        help=plain(f"Show the top {TOP_N} by {lower_first(called(metric))} and the rest as Other{instead}."),
    )  # fmt: skip


def _top_chip(state: ExploreState, top: Top, visible: VisibleModel) -> None:
    key = state.key("top")
    with chip(top_words(top, state.draft, visible), "leaderboard", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose_top(top, state.draft, visible, key)
            if chosen != top:
                state.change(replace(state.draft, top=chosen))
            st.button(
                "Show all", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace,
                args=(replace(state.draft, top=None),),
            )  # fmt: skip


def top_words(top: Top, query: Query, visible: VisibleModel) -> str:
    """Return a top in words, such as `Top 8, with Other` or `Top 3 in each market`. With several metrics, it includes
    the metric: `Top 3 by net revenue`.
    """
    called = _names(query, visible)
    by = f" by {lower_first(called(top.metric))}" if query.metrics != (top.metric,) else ""
    within = f" in each {listed(lower_first(called(name)) for name in top.within)}" if top.within else ""
    return f"Top {top.n:,}{by}{within}{', with Other' if top.other else ''}"


def _names(query: Query, visible: VisibleModel) -> Callable[[str], str]:
    """Return a function that returns the label of a column, which is a metric or one of the question's breakdowns."""
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics} | key_labels(query, visible)
    return lambda name: labels.get(name, name)


def _choose_top(top: Top, query: Query, visible: VisibleModel, key: str) -> Top:
    called = _names(query, visible)
    with st.container(horizontal=True, gap="xsmall"):
        n = st.number_input("Top", 1, MAX_TOP, top.n, key=f"{key}-n", width=104)
        ranked = list(dict.fromkeys([*query.metrics, top.metric]))
        metric = st.selectbox(
            "By", ranked, index=ranked.index(top.metric), key=f"{key}-metric", format_func=called,
            filter_mode=None,
        )  # fmt: skip
    within = top.within
    outer = [name for by in query.by if not by.runs and (name := column_name(by)) != top.dim]
    if outer:
        chosen = st.multiselect(
            "Within each", outer, default=[name for name in within if name in outer], key=f"{key}-within-{top.dim}",
            format_func=called, placeholder="None", select_all=False,
        )  # fmt: skip
        within = tuple(chosen)
    other = st.toggle("Group the rest as Other", value=top.other, key=f"{key}-other")
    return Top(int(n or top.n), top.dim, metric, within, other)


# Breakdowns that don't fit


def _why_not(state: ExploreState, unavailable: UnavailableDimension, key: str) -> None:
    """Draw why a breakdown doesn't fit, with alternative questions that can have it."""

    def close() -> None:
        st.session_state[key] = ""

    label = unavailable.dimension.label or unavailable.dimension.name
    with st.container(gap="xsmall", key="why-not"):
        with st.container(horizontal=True, gap="xxsmall"):
            st.markdown(
                f":small[:orange[:material/block:] **{plain(label)}**  \n{plain(unavailable.reason)}]", width="stretch"
            )
            st.button(
                unseen("Close"),
                icon=":material/close:", type="tertiary", key=f"{key}-close", help="Close", on_click=close,
            )  # fmt: skip
        for place, repair in enumerate(unavailable.repairs[:3]):
            st.button(
                plain(repair.label), key=f"{key}-{place}", help=plain(repair.effect) or None,
                on_click=state.replace, args=(repair.query,), wrap=True, width="stretch",
            )  # fmt: skip
