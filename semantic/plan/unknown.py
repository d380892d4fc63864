"""In which rows a metric has no known day: it is missing there, and not what it shows where there is nothing (G9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from semantic.model.definitions import DatePart, Granularity, Metric
from semantic.plan.nodes import Unknown
from semantic.query.followed import observed
from semantic.query.known_through import known_from, known_through
from semantic.query.periods import Compared, Days, as_known, first_day, same_days_before, shift
from semantic.query.resolve import Asked, Key, compared_with


def days_of(metric: Metric, asked: Asked) -> Days:
    """Those of the question's days that are known of a metric."""
    known = known_through(metric, asked.visible.model, asked.asking)
    return asked.days if known is None else as_known(asked.asked_days, known, asked.today)


def unknown_in(metric: Metric, compare: str, asked: Asked) -> tuple[Unknown, ...]:
    """The rows in which the metric, or that of a comparison, has no known day. Totals have all that are known."""
    days = days_of(metric, asked)
    one = next((one for one in compared_with(days, asked) if one.name == compare), None)
    found = [unknown for key in asked.keys for unknown in _of_key(key, days, one, asked)]
    first = known_from(metric, asked.visible.model, asked.asking)
    if first is not None and one is not None:
        found += [unknown for key in asked.keys for unknown in _before(first, key, days, one, asked)]
    return tuple(found)


def is_to_come(metric: Metric, compare: str, asked: Asked) -> bool:
    """Whether none of the question's days is known of the metric, or none has a partner in a comparison."""
    days = days_of(metric, asked)
    one = next((one for one in compared_with(days, asked) if one.name == compare), None)
    found, first = days if one is None else one.days, known_from(metric, asked.visible.model, asked.asking)
    is_before = one is not None and first is not None and found.end is not None and found.end <= first
    return is_before or found.is_empty


def _before(first: date, key: Key, days: Days, one: Compared, asked: Asked) -> Iterator[Unknown]:
    """The rows whose partners are all before the first day that is known."""
    if key.part is DatePart.DAY_NUMBER and one.days.start is not None and one.days.start < first:
        yield Unknown(key.name, upto=(first - one.days.start).days)
    if key.name not in asked.dates or key.grain is None or key.grain.is_clock:
        return
    first = shift(first, Granularity.MONTH, one.move_months) + timedelta(days=one.move_days)
    if days.start is None or days.start < first:
        yield Unknown(key.name, before=first_day(first, key.grain, asked.calendar))


def _of_key(key: Key, days: Days, one: Compared | None, asked: Asked) -> Iterator[Unknown]:
    is_own = key.name in asked.dates
    if key.part is DatePart.DAY_NUMBER:
        found = days if one is None else one.days
        if found.start is not None and found.end is not None:
            yield Unknown(key.name, after=found.length)
    if not is_own or key.grain is None or key.grain.is_clock or days.end is None:
        return
    if one is None:
        if asked.days.end is None or days.end < asked.days.end:
            yield Unknown(key.name, since=days.end)
        return
    end = one.days.end
    if end is None:
        return
    if one.move_months:
        by_day = key.grain is Granularity.DAY and days.start is not None
        if by_day and observed(_lacks_days, days.start, days.end, one.move_months):
            yield Unknown(key.name, months=one.move_months)
        if one.name.startswith("period") and end.day == 1 and shift(end, Granularity.MONTH, one.move_months) < days.end:
            yield Unknown(key.name, since=shift(end, Granularity.MONTH, one.move_months))
        return
    moved = end + timedelta(days=one.move_days)
    if moved < days.end:
        yield Unknown(key.name, since=moved)


def _lacks_days(start: date, end: date, months: int) -> bool:
    return not same_days_before(start, end, months)
