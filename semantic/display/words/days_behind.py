"""Describe the days that a cell's number counts: a window, the day that represents a period, or open cohorts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from semantic.display.format import next_period
from semantic.model.definitions import CalendarSpan, Cumulative, Input, Metric, OverTime
from semantic.model.settings import Settings
from semantic.plan.measures.spine_join import steps
from semantic.plan.time.period_aggregation import Cohorts, singular, window_days
from semantic.policy.narrow import VisibleModel
from semantic.query.comparisons import moved_back
from semantic.query.describe import describe_day, describe_range, lower_first, upper_first
from semantic.query.periods import Calendar, Days, first_day
from semantic.results.cell import Cell
from semantic.results.finality import known_to
from semantic.results.result import Result


def calendar_of(shown: Result, settings: Settings) -> Calendar:
    """Return the calendar of the question, which defines when its weeks and fiscal years begin."""
    return Calendar(shown.query.week_start or settings.week_start, shown.query.fiscal_start or settings.fiscal_start)


def cell_days(cell: Cell, shown: Result) -> Days | None:
    """Return the days of a cell within the question's period. None if they aren't consecutive."""
    if any(key.column.is_ordered for key in cell.keys):
        return None
    dated = [key for key in cell.keys if key.column.grain is not None and key.kind == "member"]
    if cell.column.compare:
        period = shown.compared[cell.column.compare]
        return None if dated else Days(period.start, period.end)
    start, end = shown.period.start, cell.column.counted_to or shown.period.end
    for key in dated:
        first = key.value
        if not isinstance(first, date) or isinstance(first, datetime):
            return None
        over = next_period(first, key.column.grain)
        start, end = max(first, start or first), min(over, end or over)
    return Days(start, end)


def is_by_period(cell: Cell) -> bool:
    """Whether the question is by period, so that each period begins on its first counted day."""
    return any(key.column.grain is not None for key in cell.keys)


# Windows, and days that represent a period


def day_facts(cell: Cell, shown: Result, visible: VisibleModel) -> Iterator[tuple[str, str]]:
    """Yield facts about the days that a number counts, if these differ from the question's period."""
    timing, days = cell.column.timing, cell_days(cell, shown)
    calendar = calendar_of(shown, visible.model.settings)
    if days is not None:
        for rule in timing.windows:
            yield "Counts", _window_words(rule, days, calendar)
        for over_time in timing.balances:
            yield "Day used", _balance_words(over_time, days)
    for cohort in timing.cohorts:
        yield from _cohort_facts(cohort, days, shown)


def _window_words(rule: Cumulative, days: Days, calendar: Calendar) -> str:
    """Return the days of a window in words: `26 Oct – 22 Nov 2026: the 28 days up to the last day`."""
    name = _window_name(rule)
    if rule.at is OverTime.AVERAGE:
        return f"{name}, averaged over the days of {lower_first(describe_range(days.start, days.end, open_end=True))}"
    day = _day_of(rule.at, days)
    if day is None:
        return f"{name} to date"
    found_days = window_days(rule, day, calendar)
    if found_days.start is None:
        return f"All time until {describe_day(day)}"
    return f"{describe_range(found_days.start, found_days.end, open_end=True)}, {lower_first(name)}"


def _window_name(rule: Cumulative) -> str:
    if rule.window is not None:
        return rule.window.words
    return f"the {rule.to_date.words} to date" if rule.to_date else "all time to date"


def _day_of(at: OverTime, days: Days) -> date | None:
    if at is OverTime.FIRST:
        return days.start
    return days.end - timedelta(days=1) if days.end else None


def _balance_words(over_time: OverTime, days: Days) -> str:
    if over_time is OverTime.AVERAGE:
        return f"The average of {lower_first(describe_range(days.start, days.end, open_end=True))}"
    day = _day_of(over_time, days)
    which = "first" if over_time is OverTime.FIRST else "last"
    if day is None:
        return f"The {which} day with rows"
    return f"The {which} with rows, {'from' if which == 'first' else 'up to'} {describe_day(day)}"


# Parts from other days


def part_words(around: Sequence[Metric | Input], cell: Cell, shown: Result, visible: VisibleModel) -> str:
    """Return the days of one part of a formula in words: `over 23 Mar – 19 Apr 2026`, `from 1 – 31 Mar 2026`."""
    days = cell_days(cell, shown)
    calendar = calendar_of(shown, visible.model.settings)
    texts: list[str] = []
    for outer in around:
        if isinstance(outer, Input) and (outer.offset is not None or outer.offset_to is not None):
            days = _earlier(outer, days, calendar, by_period=is_by_period(cell))
            before = f"{outer.offset.words} before" if outer.offset else f"the start of the {_start_of(outer)}"
            words = lower_first(describe_range(days.start, days.end, open_end=True)) if days else ""
            texts.append(f"from {before}" + (f", {words}" if days and (days.start or days.end) else ""))
        elif isinstance(outer, Metric) and outer.cumulative is not None:
            texts.append(f"over {lower_first(_window_words(outer.cumulative, days, calendar))}" if days else "")
    return "; ".join(text for text in texts if text)


def _start_of(metric_input: Input) -> str:
    return metric_input.offset_to.words if metric_input.offset_to else ""


def _earlier(metric_input: Input, days: Days | None, calendar: Calendar, *, by_period: bool) -> Days | None:
    if days is None or isinstance(metric_input.offset, CalendarSpan):
        return None
    if metric_input.offset is not None:
        back = steps(metric_input.offset)
        return None if back.seconds else moved_back(days, back.days, back.months)
    day = days.start if by_period else _day_of(OverTime.LAST, days)
    if day is None or metric_input.offset_to is None:
        return None
    first = first_day(day, metric_input.offset_to, calendar)
    return Days(first, first + timedelta(days=1))


# Cohorts


def _cohort_facts(cohorts: Cohorts, days: Days | None, shown: Result) -> Iterator[tuple[str, str]]:
    events = cohorts.events
    if cohorts.rule.by == "period":
        yield "Dated by", f"Date of the conversion, regardless of when its {singular(events)} was"
    else:
        yield "Dated by", f"Date of the {singular(events)}: a cohort is all {events} of its days"
    yield (
        "Window",
        f"{cohorts.rule.window.words} after the {singular(events)}" if cohorts.rule.window else "Any time after",
    )
    if cohorts.rule.by == "cohort":
        yield "Still open", open_words(cohorts, days, shown) or f"No: the time to convert has passed for all {events}"


def open_words(cohorts: Cohorts, days: Days | None, shown: Result) -> str:
    """Return a sentence about base events of these days that can still convert. "" if none can."""
    known, events = known_to(shown), upper_first(cohorts.events)
    if cohorts.rule.by != "cohort":
        return ""
    if cohorts.rule.window is None:
        return f"{events} can convert at any later time, so no value is final"
    first = cohorts.first_open(known)
    if days is not None and days.end is not None and days.end <= first:
        return ""
    begin = max(first, days.start) if days is not None and days.start is not None else first
    last = min(days.end, known) if days is not None and days.end is not None else known
    until = cohorts.settled(last - timedelta(days=1)) - timedelta(days=1)
    if begin >= last:
        return ""
    return f"{events} since {describe_day(begin)} can still convert, until {describe_day(until)}"
