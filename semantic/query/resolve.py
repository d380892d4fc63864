"""Names become elements, periods become days: the question with nothing left to look up but join paths."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from semantic.errors import InvalidQuery, UnknownName
from semantic.model.definitions import Dimension, Granularity, Metric
from semantic.policy.narrow import Visible
from semantic.query.data import WEEK_DAYS, column_name
from semantic.query.query import DATE, AllOf, AnyOf, Between, Breakdown, Condition, Filter, Last, NotAny, Order, Query

FIRST_YEAR, LAST_YEAR = 1700, 3000
_LEAST_DAYS = {
    Granularity.DAY: 1,
    Granularity.WEEK: 7,
    Granularity.MONTH: 31,
    Granularity.QUARTER: 92,
    Granularity.YEAR: 366,
}


@dataclass(frozen=True, slots=True)
class Key:
    """One breakdown. `dimensions` has one entry per dataset that has it; empty for `date`, each metric's own."""

    name: str
    breakdown: Breakdown
    dimensions: tuple[Dimension, ...]
    grain: Granularity | None


@dataclass(frozen=True, slots=True)
class Days:
    """[start, end) in the question's time zone; None is open. `unit` and `count` where the question counts periods."""

    start: date | None = None
    end: date | None = None
    unit: Granularity | None = None
    count: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A resolved question."""

    visible: Visible
    query: Query
    metrics: tuple[Metric, ...]
    keys: tuple[Key, ...]
    where: tuple[Filter, ...]  # all of them hold
    days: Days
    time_zone: str
    week_start: str
    order: tuple[Order, ...]
    limit: int | None


def resolve(query: Query, visible: Visible, *, today: date) -> Asked:
    """The question over this actor's model. Raises UnknownName, InvalidQuery."""
    if not query.metrics and not query.by:
        raise InvalidQuery("The question has no metric. Pick one.")
    settings = visible.model.settings
    week_start = query.week_start or settings.week_start
    keys = tuple(_key(one, visible) for one in query.by)
    asked = Asked(
        visible=visible,
        query=query,
        metrics=tuple(visible.metric(name) for name in query.metrics),
        keys=keys,
        where=tuple(_conjuncts(query.where)),
        days=find_days(query, week_start, today=today),
        time_zone=query.time_zone or settings.time_zone,
        week_start=week_start,
        order=query.order or _default_order(query, keys),
        limit=query.limit,
    )
    _check_names(asked)
    return asked


def conditions(part: Filter) -> list[Condition]:
    """Every comparison in a filter, in order."""
    match part:
        case Condition():
            return [part]
        case AllOf(parts) | AnyOf(parts):
            return [one for inner in parts for one in conditions(inner)]
        case NotAny(inner):
            return conditions(inner)


def find_days(query: Query, week_start: str, *, today: date) -> Days:
    """The days the question covers. Relative periods end before today's period, or with today when it is let in."""
    match query.time:
        case None:
            return Days()
        case Between(start, end):
            for day in (start, end):
                if day is not None and not FIRST_YEAR <= day.year < LAST_YEAR:
                    raise InvalidQuery(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Correct the period.")
            return Days(start, end + timedelta(days=1) if end else None)
        case Last(count, unit, complete):
            running = first_day(today, unit, week_start)
            end = running if complete else today + timedelta(days=1)
            most = (today.year - FIRST_YEAR) * 365 // _LEAST_DAYS[unit]
            if count > most:
                raise InvalidQuery(f"The last {count:,} {unit.value}s reach back too far. Ask for at most {most:,}.")
            start = shift(running, unit, -count if complete else 1 - count)
            return Days(start, end, unit, count, complete)


def first_day(day: date, unit: Granularity, week_start: str) -> date:
    """The first day of the period that `day` is in."""
    match unit:
        case Granularity.WEEK:
            return day - timedelta(days=(day.weekday() - WEEK_DAYS.index(week_start)) % 7)
        case Granularity.MONTH:
            return day.replace(day=1)
        case Granularity.QUARTER:
            return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        case Granularity.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def shift(day: date, unit: Granularity, count: int) -> date:
    """The first day of the period `count` periods after the one that starts on `day`."""
    months = {Granularity.MONTH: 1, Granularity.QUARTER: 3, Granularity.YEAR: 12}.get(unit)
    if months is None:
        return day + timedelta(days=count * (7 if unit is Granularity.WEEK else 1))
    total = day.year * 12 + day.month - 1 + count * months
    return day.replace(year=total // 12, month=total % 12 + 1)


def _key(one: Breakdown, visible: Visible) -> Key:
    if one.dim == DATE:
        if one.via:
            raise InvalidQuery("'date' is each metric's own date and takes no 'via'. Leave it out.")
        return Key(column_name(one), one, (), one.grain or Granularity.DAY)
    dimensions = visible.dimension(one.dim)
    is_time = dimensions[0].kind == "time"
    if one.grain and not is_time:
        raise InvalidQuery(f"{one.dim!r} is not a time dimension and has no granularity. Leave 'grain' out.")
    return Key(column_name(one), one, dimensions, (one.grain or Granularity.DAY) if is_time else None)


def _conjuncts(where: Filter | None) -> list[Filter]:
    match where:
        case None:
            return []
        case AllOf(parts):
            return [one for part in parts for one in _conjuncts(part)]
        case _:
            return [where]


def _default_order(query: Query, keys: tuple[Key, ...]) -> tuple[Order, ...]:
    """Time in its course; else the first metric, largest first."""
    times = tuple(Order(key.name) for key in keys if key.grain)
    return times or tuple(Order(name, desc=True) for name in query.metrics[:1])


def _check_names(asked: Asked) -> None:
    for part in asked.where:
        for one in conditions(part):
            if one.dim == DATE:
                raise InvalidQuery("'date' is filtered by 'time', not by 'where'.")
            asked.visible.dimension(one.dim)
    columns = [*(key.name for key in asked.keys), *asked.query.metrics]
    for order in asked.order:
        if order.by not in columns:
            raise UnknownName(order.by, columns, kind="column in this result")
    for name in columns:
        if columns.count(name) > 1:
            raise InvalidQuery(f"Two columns of the result would be called {name!r}. Leave one out.")
