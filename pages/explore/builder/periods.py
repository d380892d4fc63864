"""The period and the grain of a question, with the resulting days in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.breakdowns import top_values
from pages.explore.builder.question import ExploreState
from pages.shell.parts import plain
from semantic.display.words.settings.periods import ALL_TIME, CUSTOM, FISCAL_PERIODS, KNOWN, PERIODS, period_name
from semantic.explore.repairs import drop_broken
from semantic.model.definitions import Granularity
from semantic.model.settings import Settings
from semantic.query.calculations import renamed
from semantic.query.data import column_name
from semantic.query.describe import calendar_name, describe_days, describe_split, upper_first
from semantic.query.period_data import MAX_PERIODS
from semantic.query.periods import PLAIN_CALENDAR, first_day, shift
from semantic.query.query import DATE, Between, Breakdown, Last, Period, Query, ToDate

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel

ANY_NUMBER = "Last N days, weeks or months"
UNITS = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR)
NAMED = {Granularity.MONTH: 24, Granularity.QUARTER: 8, Granularity.YEAR: 3}
"""The number of months, quarters and years that the list has by name."""
SHOW_BY = "Show by"  # the label of the grain
DEFAULT_PERIOD = PERIODS["Last 13 weeks"]
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
    """Return whether the question's fiscal year, or else the model's, differs from the calendar year."""
    return (query.fiscal_start or settings.fiscal_start) != "january"


# The period


def period(state: ExploreState, preflight: Preflight | None, settings: Settings, *, fiscal: bool, today: date) -> None:
    """Draw the list of periods, the days of the current one in words, and the switch that includes the current unit.

    The list has the usual periods, any number of units, custom days, and past months, quarters and years.
    """
    draft, chosen_key = state.draft, state.key("period-fields")
    time = draft.time if draft.metrics else DEFAULT_PERIOD
    shown = period_option(time, st.session_state.get(chosen_key))
    named = named_periods(today)
    usual = [*PERIODS, *(FISCAL_PERIODS if fiscal else ())]
    options = list(dict.fromkeys([*usual, ANY_NUMBER, CUSTOM, ALL_TIME, *named, shown]))
    key = state.key("period")

    def change() -> None:
        chosen = st.session_state[key]
        st.session_state[chosen_key] = chosen
        state.change(replace(state.draft, time=_chosen(chosen, named, state.draft.time, preflight)))

    st.selectbox(
        "Period", options, index=options.index(shown), key=key, on_change=change, disabled=preflight is None,
        help="Type to search, such as October or Q3.",
    )  # fmt: skip
    if isinstance(draft.time, Between) and shown == CUSTOM:
        _days(state, draft.time)
    if isinstance(draft.time, Last) and shown == ANY_NUMBER:
        _number(state, draft.time)
    if preflight and preflight.period.words:
        st.caption(plain(days_in_words(draft, preflight, settings)))
    if preflight and isinstance(draft.time, Last | ToDate):
        _running(state, draft.time)


def named_periods(today: date) -> dict[str, Between]:
    """Return past months, quarters and years by name, each newest first."""
    periods: dict[str, Between] = {}
    for unit, count in NAMED.items():
        running = first_day(today, unit, PLAIN_CALENDAR)
        for back in range(1, count + 1):
            first, end = shift(running, unit, -back), shift(running, unit, 1 - back)
            between = Between(first, end - timedelta(days=1))
            periods[calendar_name(between.start, between.end)] = between
    return periods


def period_option(time: Period | None, fields: object = None) -> str:
    """Return the option of the list for a period. If the fields of an option were opened, it's that option."""
    if isinstance(time, Between):
        return CUSTOM if fields == CUSTOM else calendar_name(time.start, time.end) or CUSTOM
    if isinstance(time, Last):
        name = period_name(time)
        return ANY_NUMBER if fields == ANY_NUMBER or name not in KNOWN else name
    return period_name(time)


def days_in_words(query: Query, preflight: Preflight, settings: Settings) -> str:
    """Return the days in words, such as `29 Jun – 27 Sep 2026, 13 complete weeks, Europe/Berlin, weeks from Monday`."""
    asked = preflight.compiled.asked if preflight.compiled else None
    texts = [describe_days(asked.asked_days) if asked else preflight.period.words, preflight.period.time_zone]
    by_week = any(breakdown.grain is Granularity.WEEK for breakdown in query.by)
    if by_week or (isinstance(query.time, Last | ToDate) and query.time.unit is Granularity.WEEK):
        texts.append(f"weeks from {(query.week_start or settings.week_start).capitalize()}")
    return ", ".join(texts)


def _chosen(name: str, named: Mapping[str, Between], time: Period | None, preflight: Preflight | None) -> Period | None:
    """Draw the fields of an option, if it has any, filled in from the current period, and return the period."""
    if name == ALL_TIME:
        return None
    if name == ANY_NUMBER:
        return time if isinstance(time, Last) else DEFAULT_PERIOD
    if name == CUSTOM and not isinstance(time, Between):
        resolved = preflight.period if preflight else None
        start, end = (resolved.start, resolved.end) if resolved else (None, None)
        return Between(start, date.fromordinal(end.toordinal() - 1) if end else None)
    return named.get(name) or KNOWN.get(name, time)


def _number(state: ExploreState, time: Last) -> None:
    """Draw the fields for the number of units and for the unit."""
    count_key, unit_key = state.key("last-count"), state.key("last-unit")
    units = list(dict.fromkeys([*UNITS, time.unit]))

    def change() -> None:
        count, unit = st.session_state[count_key], st.session_state[unit_key]
        if isinstance(state.draft.time, Last) and count:
            state.change(replace(state.draft, time=replace(state.draft.time, count=int(count), unit=unit)))

    with st.container(horizontal=True, gap="xsmall"):
        st.number_input("Last", 1, MAX_PERIODS, time.count, key=count_key, on_change=change, width=104)
        st.selectbox(
            "Unit", units, index=units.index(time.unit), key=unit_key, on_change=change, filter_mode=None,
            format_func=lambda unit: f"{unit.words}s",
        )  # fmt: skip


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
    """Draw a row of the most common grains, and a list of longer grains, custom calendars and parts of the date."""
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
    if current is not None:
        top_values(state, current, visible)
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
    """Return the question with the date at this grain. The date keeps its position among the breakdowns, or becomes the
    first.
    """
    if grain is None:
        return drop_broken(replace(query, by=tuple(breakdown for breakdown in query.by if breakdown.dim != DATE)))
    return with_date(query, Breakdown(DATE, grain))


def with_date(query: Query, after: Breakdown) -> Query:
    """Return the question with the date in this form: a grain, a part or a calendar period.

    The date keeps its position among the breakdowns, or becomes the first.
    """
    before = next((breakdown for breakdown in query.by if breakdown.dim == DATE), None)
    if before is None:
        return drop_broken(replace(query, by=(after, *query.by)))
    by = tuple(after if breakdown.dim == DATE else breakdown for breakdown in query.by)
    names = {column_name(before): column_name(after)}
    totals = tuple(tuple(names.get(name, name) for name in total) for total in query.totals)
    order = tuple(replace(ordering, by=names.get(ordering.by, ordering.by)) for ordering in query.order)
    return drop_broken(replace(query, by=by, totals=totals, order=order, calc=renamed(query.calc, names)))
