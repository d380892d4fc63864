"""The period of a question: the one that its text names, or the usual one of its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from semantic.explore.weekly import span
from semantic.model.definitions import Additivity, Granularity, Metric
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import Between, Last, Period, Query, ToDate
from semantic.reading.days import DAY, MONTH, WEEK, Clock, Days, start_of, whole
from semantic.reading.parts import Draft, NotAQuestion


def fitting_grain(time: Period | None, metrics: Sequence[Metric], seen: VisibleModel, clock: Clock) -> Granularity:
    coarsest = max((known_by(metric, seen) for metric in metrics), key=list(Granularity).index, default=DAY)
    match time:
        case Last(unit=unit, count=count) if count > 1:
            grain = unit
        case Last(unit=unit) | ToDate(unit=unit):
            grain = {WEEK: DAY, MONTH: DAY, DAY: DAY}.get(unit, WEEK if unit is Granularity.QUARTER else MONTH)
        case Between(start=start, end=end) if start is not None:
            days = ((end or clock.today) - start).days
            grain = DAY if days < 32 else WEEK if days < 190 else MONTH
        case _:
            grain = WEEK
    return max(grain, coarsest, key=list(Granularity).index)


def known_by(metric: Metric, seen: VisibleModel, *, least: bool = False) -> Granularity:
    """Return the coarsest granularity of the dates behind a metric. With `least`, return the finest."""
    grains = [
        seen.model.datasets[measure.dataset].dimensions[measure.time].days_grain
        for measure in measures_of(metric, seen.model)
        if measure.time
    ]
    pick = min if least else max
    return pick(grains, key=list(Granularity).index, default=DAY)


def is_balance(metric: Metric, seen: VisibleModel) -> bool:
    """Whether a metric's value is as of a day, as for a balance or a cumulative metric."""
    measures = measures_of(metric, seen.model)
    semi = bool(measures) and all(measure.additivity is Additivity.SEMI for measure in measures)
    return semi or metric.cumulative is not None


def period_of(
    made: Draft, metrics: Sequence[Metric], seen: VisibleModel, clock: Clock, base: Query | None
) -> Period | None:
    months = all(known_by(metric, seen, least=True) is MONTH for metric in metrics)
    weeks = all(known_by(metric, seen, least=True) is WEEK for metric in metrics)
    days = made.days
    if days is not None and days.is_end and not all(is_balance(metric, seen) for metric in metrics):
        raise NotAQuestion("the end of a period")
    if days is None and made.is_now and all(is_balance(metric, seen) for metric in metrics):
        return whole(MONTH, clock.today, clock).period if months else Last(1, DAY)
    if days is None:
        return _usual(metrics, seen) if base is None else base.time
    if days.is_named_month and days.by_year is not None and all(_is_ahead(metric, seen) for metric in metrics):
        coming = days.by_year(days.start.year + 1)
        if coming is not None and coming.start.year == clock.today.year:
            days = coming
    if months and isinstance(days.period, ToDate) and days.unit is not None and days.unit is not WEEK:
        return whole(days.unit, clock.today, clock).period
    if (
        weeks
        and days.period is not None
        and days.unit is not WEEK
        and not (isinstance(days.period, Last) and days.period.unit is WEEK)
    ):
        return _whole_weeks(days, clock)
    return days.period


def _usual(metrics: Sequence[Metric], seen: VisibleModel) -> Last:
    """Return the default period: the longest of the periods that Explore uses for these metrics."""
    return max((span(metric, seen) for metric in metrics), key=lambda each: list(Granularity).index(each.unit))


def one_before(unit: Granularity, count: int, time: Period | None, clock: Clock, *, is_named: bool) -> Period | None:
    """Return the period that "the month before" is compared with. If the text names no period, it's the last month.

    Raises NotAQuestion if the named period is much longer or shorter than a month.
    """
    if not is_named:
        return Last(count, unit)
    days, wanted = _length(time, clock), count * _DAYS[unit]
    off = 0 if unit in (DAY, WEEK) else 0.15  # months differ in length
    if days is None or wanted * (1 - off) <= days <= wanted * (1 + off):
        return time
    named = f"single {unit.value}" if count == 1 else f"period of {count} {unit.value}s"
    before = f"{unit.value} before" if count == 1 else f"{count} {unit.value}s before"
    reason = f"“The {before}” needs a {named}. Ask for last {unit.value}, or for the previous period."
    raise NotAQuestion("the one before of another length", reason)


def _length(time: Period | None, clock: Clock) -> int | None:
    match time:
        case Last(count=count, unit=unit) if unit in _DAYS:
            return count * _DAYS[unit]
        case ToDate(unit=unit) if unit in _DAYS:
            return _DAYS[unit]
        case Between(start=start, end=end) if start is not None:
            return ((end or clock.today) - start).days + 1
        case _:
            return None


_DAYS = {DAY: 1, WEEK: 7, MONTH: 30, Granularity.QUARTER: 91, Granularity.YEAR: 365}


def _is_ahead(metric: Metric, seen: VisibleModel) -> bool:
    measures = measures_of(metric, seen.model)
    return bool(measures) and all(seen.model.datasets[measure.dataset].forward for measure in measures)


def _whole_weeks(days: Days, clock: Clock) -> Period:
    start = start_of(days.start, WEEK, clock)
    end = start_of(days.end, WEEK, clock) + timedelta(days=6)
    this = start_of(clock.today, WEEK, clock)
    return Between(start, min(end, this - timedelta(days=1)) if days.end < clock.today <= end else end)
