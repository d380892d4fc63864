"""Find the rows in which a metric has no known day. It's null there, even if it's filled elsewhere (G9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from semantic.model.definitions import DatePart, Granularity, Metric, OverTime
from semantic.plan.joins.times import calendar_of, kept_by, own_calendar
from semantic.plan.measures.metrics import split_metrics
from semantic.plan.tree.nodes import Unknown
from semantic.query.comparisons import Compared, cut_rows, same_days_before
from semantic.query.followed import observed
from semantic.query.known_through import begins
from semantic.query.periods import Days, Same, days_between, first_day, part_of, shift
from semantic.query.resolve import Asked, Key, compared_of, reach_of


def days_of(metric: Metric, asked: Asked) -> Days:
    """Return the question's days for which a metric is known."""
    return reach_of(metric, asked).days


def unknown_in(metric: Metric, compare: str, asked: Asked) -> tuple[Unknown, ...]:
    """Return the rows in which a metric, or its comparison, has no known day. Totals cover all known days."""
    reach = reach_of(metric, asked)
    days, first = reach.days, reach.first
    compared = compared_of(compare, reach)
    found = [unknown for key in asked.keys for unknown in _of_key(key, days, compared, asked)]
    if asked.compared and (not compare or compared is not None):
        found += [unknown for key in asked.keys for unknown in _parts_without_days(metric, key, days, compared, asked)]
    if compared is None:
        if days.start is None and reach.opens is not None:
            found += [
                Unknown(key.name, before=first_day(reach.opens, key.grain, asked.calendar))
                for key in asked.keys
                if key.name in asked.dates and key.grain and not key.grain.is_clock
            ]
        return tuple(found)
    for key in asked.keys:
        if key.name in asked.own_periods and key.period is not None and not days.is_empty:
            found.append(Unknown(key.name, calendar=calendar_of(key.period, asked, compared, days), begins=first))
    if first is not None:
        found += [unknown for key in asked.keys for unknown in _before(first, key, days, compared, asked)]
    found += [unknown for key in asked.keys for unknown in _lacking(metric, key, days, compared, asked)]
    return tuple(found)


def lacks_edge(metric: Metric, compared: Compared | None, days: Days, asked: Asked) -> bool:
    """Return whether a value as of a day is compared with a day that doesn't exist or isn't in the comparison."""
    if compared is None or days.start is None or days.end is None or days.is_empty:
        return False
    if lacks_month(metric, compared, asked):
        return True
    if days.is_made_of_months:
        return False
    if asked.split.is_by_months and compared.move_months:
        return False
    if compared.is_named and days.asked_end is None and not days.lets_in_today:
        return False  # all days of the named period count
    return any(_lacks_partner(day, compared) for day in _edges(metric, days.start, days.end, asked))


def lacks_month(metric: Metric, compared: Compared, asked: Asked) -> bool:
    """Return whether compared days cut a month of data stored by month, so that part of it isn't known."""
    model = asked.visible.model
    for leaf in split_metrics([metric], model).leaves:
        dataset, measure = model.datasets[leaf.measure.dataset], leaf.measure
        own = kept_by(measure, model)
        if own is Granularity.DAY or measure.over_time is not None or dataset.forward:
            continue
        calendar = own_calendar(own, asked)
        edges = (compared.days.start, compared.days.end)
        if any(edge is not None and first_day(edge, own, calendar) != edge for edge in edges):
            return True
    return False


def lacks_opening(metric: Metric, days: Days, asked: Asked) -> bool:
    """Return whether part of a metric is a month's opening value, and data begins after the first month."""
    model = asked.visible.model
    for leaf in split_metrics([metric], model).leaves:
        dataset, measure = model.datasets[leaf.measure.dataset], leaf.measure
        own = kept_by(measure, model)
        if own is Granularity.DAY or measure.over_time is not OverTime.FIRST or days.start is None:
            continue
        first = begins(dataset, model, asked.asking)
        if first is not None and days.start < first_day(first, own, own_calendar(own, asked)):
            return True
    return False


def _edges(metric: Metric, start: date, end: date, asked: Asked) -> Iterator[date]:
    """Yield the first or last day of [start, end) if part of a metric is as of that day."""
    for leaf in split_metrics([metric], asked.visible.model).leaves:
        of_day = leaf.context.window.at if leaf.context.window else leaf.measure.over_time
        if of_day is OverTime.LAST:
            yield end - timedelta(days=1)
        elif of_day is OverTime.FIRST:
            yield start


def _lacks_partner(day: date, compared: Compared) -> bool:
    if compared.move_months:
        return shift(day, Granularity.MONTH, -compared.move_months).day != day.day
    return compared.days.end is not None and day - timedelta(days=compared.move_days) >= compared.days.end


def _lacking(metric: Metric, key: Key, days: Days, compared: Compared, asked: Asked) -> Iterator[Unknown]:
    """Yield the rows in which a value as of a day is compared with a day that doesn't exist.

    These are periods that the question cuts, and weeks that extend beyond the compared days.
    """
    if key.name not in asked.dates or key.grain in (None, Granularity.DAY) or key.grain.is_clock:
        return
    if days.start is None or days.end is None or days.is_empty:
        return
    if lacks_month(metric, compared, asked):
        yield Unknown(key.name, on=first_day(days.end - timedelta(days=1), key.grain, asked.calendar))
    if not compared.move_months or compared.is_named:
        moved = days.end
        if compared.days.end is not None:
            moved = shift(compared.days.end, Granularity.MONTH, compared.move_months) + timedelta(
                days=compared.move_days
            )
        if moved < days.end:  # in the period in which partners end
            row = first_day(moved, key.grain, asked.calendar)
            end = min(shift(row, key.grain, 1), days.end)
            if any(day >= moved for day in _edges(metric, max(row, days.start), end, asked)):
                yield Unknown(key.name, on=row)
    if not compared.move_months or days.is_made_of_months:
        return
    rows = cut_rows(days, key.grain, asked.calendar)
    for row, at_end in zip(rows, (False, True), strict=True):
        if row is None or row.start is None or row.end is None or row.start >= days.end:
            continue
        day = days.end - timedelta(days=1) if at_end else row.start
        shown = first_day(day, key.grain, asked.calendar)
        start, end = max(shown, days.start), min(shift(shown, key.grain, 1), days.end)
        if any(_lacks_partner(day, compared) for day in _edges(metric, start, end, asked)):
            yield Unknown(key.name, on=shown)


def is_to_come(metric: Metric, compare: str, asked: Asked) -> bool:
    """Return whether no day of the question, or of the comparison `compare`, is known for a metric."""
    reach = reach_of(metric, asked)
    compared = compared_of(compare, reach)
    if compared is None:
        return reach.days.is_empty
    first, end = reach.first, compared.days.end
    return (first is not None and end is not None and end <= first) or compared.days.is_empty


def _before(first: date, key: Key, days: Days, compared: Compared, asked: Asked) -> Iterator[Unknown]:
    """Yield the rows whose compared days are all before the first known day."""
    if key.part is DatePart.DAY_NUMBER and compared.days.start is not None and compared.days.start < first:
        yield Unknown(key.name, upto=(first - compared.days.start).days)
    if key.name not in asked.dates or key.grain is None or key.grain.is_clock:
        return
    first = shift(first, Granularity.MONTH, compared.move_months) + timedelta(days=compared.move_days)
    if days.start is None or days.start < first:
        yield Unknown(key.name, before=first_day(first, key.grain, asked.calendar))


def _parts_without_days(
    metric: Metric, key: Key, days: Days, compared: Compared | None, asked: Asked
) -> Iterator[Unknown]:
    """Yield date parts that only appear because the other side of a comparison has days in them."""
    if key.part in (None, DatePart.HOUR) or key.dimensions or days.start is None:
        return
    first = reach_of(metric, asked).first
    own = _parts_of(key.part, days, None, None)
    if compared is not None:
        missing = own - _parts_of(key.part, compared.days, compared, first)
    else:
        others = (
            _parts_of(key.part, each_compared.days, each_compared, first)
            for each_compared in reach_of(metric, asked).compared
        )
        missing = set[int]().union(*others) - own
    if missing:
        yield Unknown(key.name, among=tuple(sorted(missing)))


def _parts_of(part: DatePart, days: Days, compared: Compared | None, first: date | None) -> frozenset[int]:
    """Return the values that a date part has in some days. Compared days count if they're known and have a partner."""
    if days.start is None or days.end is None:
        return frozenset()
    start = max(days.start, first) if first else days.start
    same = compared.same if compared and compared.only_same else None
    return observed(_parts_between, start, days.end, days.start, part, same)


@lru_cache(maxsize=512)
def _parts_between(start: date, end: date, first: date, part: DatePart, same: Same | None) -> frozenset[int]:
    days = (day for day in days_between(start, end) if same is None or same.counts(day))
    return frozenset(part_of(day, part, first) for day in days)


def _of_key(key: Key, days: Days, compared: Compared | None, asked: Asked) -> Iterator[Unknown]:
    is_own = key.name in asked.dates
    if key.part is DatePart.DAY_NUMBER:
        found_days = days if compared is None else compared.days
        if found_days.start is not None and found_days.end is not None:
            yield Unknown(key.name, after=found_days.length)
    if not is_own or key.grain is None or key.grain.is_clock or days.end is None:
        return
    if asked.days.end is None or days.end < asked.days.end:
        yield Unknown(key.name, since=days.end)
    if compared is None:
        return
    end = compared.days.end
    if end is None:
        return
    if compared.move_months:
        by_day = key.grain is Granularity.DAY and days.start is not None
        if by_day and observed(_lacks_days, days.start, days.end, compared.move_months):
            yield Unknown(key.name, months=compared.move_months)
        if (
            compared.name.startswith("period")
            and end.day == 1
            and shift(end, Granularity.MONTH, compared.move_months) < days.end
        ):
            yield Unknown(key.name, since=shift(end, Granularity.MONTH, compared.move_months))
        return
    moved = end + timedelta(days=compared.move_days)
    if moved < days.end:
        yield Unknown(key.name, since=moved)


def _lacks_days(start: date, end: date, months: int) -> bool:
    return not same_days_before(start, end, months)
