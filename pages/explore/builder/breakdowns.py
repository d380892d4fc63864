"""Picking breakdowns: those that fit these metrics, grouped by subject; the others in grey, with a way to fix them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.explore.builder.recents import recent, recent_names, stamp
from pages.shell.parts import plain, quoted, unseen
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
    state: ExploreState, visible: VisibleModel, preflight: Preflight | None, model: Model, beside: Callable[[], None]
) -> None:
    """The search, the picked breakdowns as buttons that remove them, and why something can't be picked.

    `beside` is shown in the row of picked breakdowns.
    """
    known = {dimension.name: dimension for dimension in visible.dimensions}
    unavailable = (
        {preflight_unavailable.dimension.name: preflight_unavailable for preflight_unavailable in preflight.unavailable}
        if preflight
        else {}
    )
    asked_why = state.key("why-not")

    def find(text: str) -> Found:
        return find_breakdowns(text, visible, preflight, model, [breakdown.dim for breakdown in state.draft.by])

    def pick(name: str) -> None:
        st.session_state[asked_why] = name if name in unavailable else ""
        if name in known and name not in unavailable:
            add_breakdown(state, known[name])

    with st.container(gap="xsmall", key="breakdowns"):
        search_box(
            "Break down by", find, pick, key="breakdown-search", disabled=preflight is None,
            stamp=(state.actor, state.version, state.draft.metrics, state.draft.by, stamp()),
            placeholder="Search, such as channel" if preflight else "Pick a metric first",
            more=f"Not available with these metrics: {len(unavailable)}. Type a name to see why.",
        )  # fmt: skip
        picked = [breakdown for breakdown in state.draft.by if breakdown.dim != DATE]
        if picked:
            with st.container(horizontal=True, gap="xsmall"):
                for breakdown in picked:
                    _picked(state, breakdown, known, model)
                beside()
        named = unavailable.get(st.session_state.get(asked_why, ""))
        if named is not None:
            _why_not(state, named, asked_why)


def find_breakdowns(
    text: str, visible: VisibleModel, preflight: Preflight | None, model: Model, picked: Sequence[str]
) -> Found:
    """Breakdowns that are available, then those that aren't, starting with the ones that one click can fix.

    Until something is typed, available ones are sorted by what they describe: things, such as campaigns, come before
    what is only recorded with a fact.
    """
    if preflight is None:
        return Found(())
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
    # Fixable ones first; that's worked out only for as many as are shown.
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
    return Found([*rows, *off], note)


def _about(dimension: Dimension, model: Model) -> str:
    dataset = model.datasets.get(dimension.dataset)
    return (dataset.label or dataset.name) if dataset else ""


def add_breakdown(state: ExploreState, dimension: Dimension) -> None:
    """Adds a dimension; a date other than the metrics' own by month. With the first one comes the grand total."""
    if all(breakdown.dim != dimension.name for breakdown in state.draft.by):
        grain = TIME_GRAIN if dimension.kind == "time" else None
        by = (*state.draft.by, Breakdown(dimension.name, grain))
        state.change(fitted(replace(state.draft, by=by, totals=state.draft.totals if state.draft.by else ((),))))


def drop_breakdown(state: ExploreState, breakdown: Breakdown) -> None:
    state.change(
        fitted(
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
    """A dimension's label; for a date other than the metrics' own with its grain, part or calendar period."""
    dimension = known.get(breakdown.dim)
    if dimension is None:
        return breakdown.dim
    via = f" ({breakdown.via.replace('_', ' ').replace('.', ', ')})" if breakdown.via else ""
    words = lower_first(describe_split(breakdown, model) or TIME_GRAIN.words)
    by = f", by {words}" if dimension.kind == "time" else ""
    return (dimension.label or breakdown.dim) + via + by


def _why_not(state: ExploreState, unavailable: Unavailable, key: str) -> None:
    """Why this one doesn't fit, and alternative questions that would have it."""

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
