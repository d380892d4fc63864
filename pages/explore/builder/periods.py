"""The builder's period and grain, with the resulting days in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import plain
from semantic.display.format import counted
from semantic.explore.repairs import fitted
from semantic.model.definitions import Granularity, Settings
from semantic.query.calculations import renamed
from semantic.query.data import column_name
from semantic.query.describe import describe_days, describe_split, upper_first
from semantic.query.query import DATE, Between, Breakdown, Last, Period, Query, ToDate

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel

PERIODS: Mapping[str, Last | ToDate] = {
    "13 weeks": Last(13, Granularity.WEEK),
    "4 weeks": Last(4, Granularity.WEEK),
    "Last week": Last(1, Granularity.WEEK),
    "Yesterday": Last(1, Granularity.DAY),
    "Last 7 days": Last(7, Granularity.DAY),
    "Last 28 days": Last(28, Granularity.DAY),
    "Last month": Last(1, Granularity.MONTH),
    "Last quarter": Last(1, Granularity.QUARTER),
    "Last year": Last(1, Granularity.YEAR),
    "12 months": Last(12, Granularity.MONTH),
    "This week to date": ToDate(Granularity.WEEK),
    "This month to date": ToDate(Granularity.MONTH),
    "This quarter to date": ToDate(Granularity.QUARTER),
    "This year to date": ToDate(Granularity.YEAR),
}
FISCAL_PERIODS: Mapping[str, Last | ToDate] = {
    "Last fiscal quarter": Last(1, Granularity.FISCAL_QUARTER),
    "Last fiscal year": Last(1, Granularity.FISCAL_YEAR),
    "This fiscal quarter to date": ToDate(Granularity.FISCAL_QUARTER),
    "This fiscal year to date": ToDate(Granularity.FISCAL_YEAR),
}
KNOWN = {**PERIODS, **FISCAL_PERIODS}
ALL_TIME, CUSTOM = "All time", "Custom"
SHOW_BY = "Show by"  # the label of the grain
DEFAULT_PERIOD = PERIODS["13 weeks"]
GRAINS: dict[str, Granularity | None] = {
    "None": None,
    "Day": Granularity.DAY,
    "Week": Granularity.WEEK,
    "Month": Granularity.MONTH,
    "Other": Granularity.QUARTER,
}
_OTHER = "Other"
LONGER = (Granularity.QUARTER, Granularity.YEAR)
FISCAL = (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)


def is_fiscal(query: Query, settings: Settings) -> bool:
    """Whether the fiscal year differs from the calendar year."""
    return (query.fiscal_start or settings.fiscal_start) != "january"


# The period


def period(state: ExploreState, preflight: Preflight | None, settings: Settings, *, fiscal: bool) -> None:
    """The period by name, its days in words, and whether the current one counts."""
    draft = state.draft
    known = {**PERIODS, **(FISCAL_PERIODS if fiscal else {})}
    extra = period_name(draft.time if draft.metrics else DEFAULT_PERIOD)
    options = list(dict.fromkeys([*known, ALL_TIME, extra, CUSTOM]))
    key = state.key("period")

    def change() -> None:
        state.change(replace(state.draft, time=_period_named(st.session_state[key], state.draft.time, preflight)))

    st.selectbox("Period", options, index=options.index(extra), key=key, on_change=change, disabled=preflight is None)
    if isinstance(draft.time, Between):
        _days(state, draft.time)
    if preflight and preflight.period.words:
        st.caption(plain(days_in_words(draft, preflight, settings)))
    if preflight and isinstance(draft.time, Last | ToDate):
        _running(state, draft.time)


def period_name(time: Period | None) -> str:
    """The name a period is picked by, whether or not the current one counts."""
    match time:
        case None:
            return ALL_TIME
        case Between():
            return CUSTOM
        case Last(count=count, unit=unit):
            known = next((name for name, period in KNOWN.items() if period == replace(time, complete=True)), None)
            return known or counted(count, unit.words)
        case ToDate(unit=unit):
            return f"This {unit.words} to date"


def days_in_words(query: Query, preflight: Preflight, settings: Settings) -> str:
    """`29 Jun – 27 Sep 2026, 13 complete weeks, Europe/Berlin, weeks from Monday`."""
    asked = preflight.compiled.asked if preflight.compiled else None
    texts = [describe_days(asked.asked_days) if asked else preflight.period.words, preflight.period.time_zone]
    by_week = any(breakdown.grain is Granularity.WEEK for breakdown in query.by)
    if by_week or (isinstance(query.time, Last | ToDate) and query.time.unit is Granularity.WEEK):
        texts.append(f"weeks from {(query.week_start or settings.week_start).capitalize()}")
    return ", ".join(texts)


def _period_named(name: str, time: Period | None, preflight: Preflight | None) -> Period | None:
    """The period of an option; custom days start as the days now shown."""
    if name == CUSTOM and not isinstance(time, Between):
        resolved = preflight.period if preflight else None
        start, end = (resolved.start, resolved.end) if resolved else (None, None)
        return Between(start, date.fromordinal(end.toordinal() - 1) if end else None)
    return None if name == ALL_TIME else KNOWN.get(name, time)


def _running(state: ExploreState, time: Last | ToDate) -> None:
    is_day = isinstance(time, ToDate) or time.unit is Granularity.DAY
    key = state.key("running")

    def change() -> None:
        if isinstance(state.draft.time, Last | ToDate):
            state.change(replace(state.draft, time=replace(state.draft.time, complete=not st.session_state[key])))

    label = "Include today" if is_day else f"Include the current {time.unit.words}"
    st.toggle(label, value=not time.complete, key=key, on_change=change)


def _days(state: ExploreState, time: Between) -> None:
    first, last = state.key("first-day"), state.key("last-day")

    def change() -> None:
        state.change(
            replace(state.draft, time=replace(time, start=st.session_state[first], end=st.session_state[last]))
        )

    with st.container(horizontal=True, gap="xsmall"):
        for label, key, value in (("From", first, time.start), ("To", last, time.end)):
            st.date_input(
                label, value=value, key=key, on_change=change, format="DD/MM/YYYY", width=128,
                min_value=min(date(2000, 1, 1), value or date.max), max_value=max(date(2100, 1, 1), value or date.min),
            )  # fmt: skip


# The grain


def grain(state: ExploreState, visible: VisibleModel, preflight: Preflight | None, *, fiscal: bool) -> None:
    """A row of the most common grains; longer ones, custom calendars and parts of the date in a list below."""
    current = next((breakdown for breakdown in state.draft.by if breakdown.dim == DATE), None)
    shown = (current.grain or Granularity.DAY) if current and not current.part and not current.period else None
    dated = current is not None or (
        preflight is not None and any(dimension.name == DATE for dimension in preflight.available)
    )
    name = next((name for name, grain in GRAINS.items() if grain == shown), _OTHER) if shown or not current else _OTHER
    is_clock = shown is not None and shown.is_clock
    options = list(GRAINS)
    if shown is not None and is_clock:
        name = shown.words.capitalize()
        options.append(name)
    key = state.key("grain-listed" if is_clock else "grain")

    def change() -> None:
        chosen = st.session_state[key]
        if chosen in GRAINS:
            state.change(with_grain(state.draft, GRAINS[chosen]))

    if is_clock:  # one more is too many for the column's width
        st.selectbox(SHOW_BY, options, index=options.index(name), key=key, on_change=change, disabled=not dated)
    else:
        st.segmented_control(
            SHOW_BY, options, default=name, key=key, required=True, width="stretch", on_change=change,
            disabled=not dated,
        )  # fmt: skip
    if current is not None and name == _OTHER:
        _other_grain(state, current, visible, preflight, fiscal=fiscal)
    if current is not None and (current.grain is not None or current.part is None):
        _every_period(state)


def _every_period(state: ExploreState) -> None:
    key = state.key("every-period")

    def change() -> None:
        state.change(replace(state.draft, every_period=bool(st.session_state[key])))

    st.toggle(
        "Show empty periods", value=state.draft.every_period, key=key, on_change=change,
        help="Adds a row for each period without data.",
    )  # fmt: skip


def _other_grain(
    state: ExploreState, current: Breakdown, visible: VisibleModel, preflight: Preflight | None, *, fiscal: bool
) -> None:
    grains = [Breakdown(DATE, granularity) for granularity in (*LONGER, *(FISCAL if fiscal else ()))]
    options = list(dict.fromkeys([*grains, *(preflight.splits if preflight else ()), current]))
    key = state.key("grain-other")

    def change() -> None:
        state.change(with_date(state.draft, st.session_state[key]))

    def said(breakdown: Breakdown) -> str:
        return upper_first(describe_split(breakdown, visible.model))

    st.selectbox(
        "Other periods", options, index=options.index(current), key=key, on_change=change, format_func=said,
        label_visibility="collapsed",
    )  # fmt: skip


def with_grain(query: Query, grain: Granularity | None) -> Query:
    """The question with the date at this grain: in its place if it has one, else first."""
    if grain is None:
        return fitted(replace(query, by=tuple(breakdown for breakdown in query.by if breakdown.dim != DATE)))
    return with_date(query, Breakdown(DATE, grain))


def with_date(query: Query, after: Breakdown) -> Query:
    """The question with this part of the date, a grain, a part or a calendar period: in its place, else first.

    With the first breakdown of a question comes the grand total.
    """
    before = next((breakdown for breakdown in query.by if breakdown.dim == DATE), None)
    if before is None:
        return fitted(replace(query, by=(after, *query.by), totals=query.totals if query.by else ((),)))
    by = tuple(after if breakdown.dim == DATE else breakdown for breakdown in query.by)
    names = {column_name(before): column_name(after)}
    totals = tuple(tuple(names.get(name, name) for name in total) for total in query.totals)
    order = tuple(replace(ordering, by=names.get(ordering.by, ordering.by)) for ordering in query.order)
    return fitted(replace(query, by=by, totals=totals, order=order, calc=renamed(query.calc, names)))
