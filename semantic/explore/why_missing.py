"""Find out why a member, or every member, is missing from an answer, by asking smaller questions of the same kind.

All questions go through `ask`, which the workspace provides for one actor, so they reveal only what this person could
ask anyway. Members outside the person's scope get the same text as members that don't exist (decision 34).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from semantic.errors import InvalidQuery, Refused
from semantic.explore.repairs import drop_broken
from semantic.model.definitions import Granularity
from semantic.query.data import column_name
from semantic.query.query import (
    DATE,
    AllOf,
    Breakdown,
    Condition,
    Filter,
    MetricFilter,
    Operator,
    Order,
    Query,
    Value,
)
from semantic.query.resolve import BUCKET
from semantic.results.result import Result, ResultColumn

Ask = Callable[[Query], Result]


class Why(StrEnum):
    PRESENT = "present"  # the member is in the answer
    NO_VALUE = "no_value"  # it has rows, but no value of any metric
    BELOW_TOP = "below_top"
    BELOW_LIMIT = "below_limit"
    METRIC_FILTER = "metric_filter"
    FILTER = "filter"
    OTHER_DAYS = "other_days"
    NO_ROWS = "no_rows"  # a value that no row of these metrics has
    NOT_A_VALUE = "not_a_value"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingMember:
    """The reason why a member isn't in an answer, and a question that includes it, if there is one."""

    why: Why
    filters: tuple[Filter, ...] = ()  # each filter alone removes the member, or all of them together do
    together: bool = False
    having: tuple[MetricFilter, ...] = ()
    first: date | None = None  # the days on which the member has rows
    last: date | None = None
    place: int = 0  # the rank by the metric of the top or the order, from 1
    of: int = 0
    with_it: Query | None = None


def parts_of(query: Query) -> tuple[Filter, ...]:
    """Return the filters that a question joins with AND, in the order in which they were added."""
    if query.where is None:
        return ()
    return query.where.parts if isinstance(query.where, AllOf) else (query.where,)


def with_parts(query: Query, parts: Sequence[Filter]) -> Query:
    """Return the question with its filters replaced by `parts`."""
    where = None if not parts else parts[0] if len(parts) == 1 else AllOf(tuple(parts))
    return replace(query, where=where)


def why_missing(query: Query, breakdown: Breakdown, value: Value, ask: Ask) -> MissingMember:
    """Return the first reason why a member is missing.

    It checks, in this order, whether the member is cut off by a limit, removed by a filter, only on other days, or
    without rows. `breakdown` is one of the question's. Raises SemanticError if a question can't be asked or has no
    members.
    """
    if query.ranges:
        raise InvalidQuery("Ranges of breakdowns have no single values to look up. Ask for their values instead.")
    has_value = _has_value(ask(query), query, breakdown, value)
    if has_value is not None:
        return MissingMember(why=Why.PRESENT if has_value else Why.NO_VALUE)
    plainly = replace(query, calc=(), having=(), compare=(), top=None, totals=(), order=(), limit=None)
    alone = _only(plainly, breakdown, value)
    answer = ask(alone)
    if answer.table.num_rows:
        return _cut_off(query, plainly, breakdown, value, answer, ask)
    parts = parts_of(query)
    guilty = tuple(part for part in parts if _has_rows(without(alone, part, parts), ask))
    if guilty:
        kept_parts = [part for part in parts if part not in guilty[:1]]
        wider = with_parts(query, kept_parts)
        return MissingMember(why=Why.FILTER, filters=guilty, with_it=_that_has(wider, breakdown, value, ask))
    anywhere = _only(replace(plainly, where=None), breakdown, value)
    if parts and _has_rows(anywhere, ask):
        wider = _that_has(with_parts(query, ()), breakdown, value, ask)
        return MissingMember(why=Why.FILTER, filters=parts, together=True, with_it=wider)
    first, last = days_with_rows(anywhere, ask)
    if query.time is not None and (last is not None or _has_rows(replace(anywhere, time=None), ask)):
        # A question over all days, including undated rows, can't have a comparison.
        always = drop_broken(replace(with_parts(query, ()), time=None, compare=()))
        wider = _that_has(always, breakdown, value, ask)
        return MissingMember(why=Why.OTHER_DAYS, first=first, last=last, with_it=wider)
    return MissingMember(why=Why.NO_ROWS if _is_listed(breakdown, value, ask) else Why.NOT_A_VALUE)


def _that_has(query: Query, breakdown: Breakdown, value: Value, ask: Ask) -> Query | None:
    """Return the question without anything else that hides the member, or None if there is no such question."""
    try:
        missing = why_missing(query, breakdown, value, ask)
    except Refused:
        return None
    return query if missing.why in (Why.PRESENT, Why.NO_VALUE) else missing.with_it


def _has_value(answer: Result, query: Query, breakdown: Breakdown, value: Value) -> bool | None:
    """Whether a member has a value of any metric in an answer, or None if the answer has no row for it."""
    place = query.by.index(breakdown)
    kinds = [str(each_value).split(",")[place] for each_value in answer.table.column(BUCKET).to_pylist()]
    members = answer.table.column(column_name(breakdown)).to_pylist()
    rows = [
        row
        for row, (kind, member) in enumerate(zip(kinds, members, strict=True))
        if kind in ("member", "none") and member == value
    ]
    columns = [answer.table.column(metric.name).take(rows) for metric in _metrics(answer) if rows]
    return any(column.null_count < len(rows) for column in columns) if rows else None


def _metrics(answer: Result) -> list[ResultColumn]:
    return [column for column in answer.values if column.calculation is None]


def _is_listed(breakdown: Breakdown, value: Value, ask: Ask) -> bool:
    """Whether a member exists in the data.

    For people who see only some rows, a member without visible rows looks like one that doesn't exist.
    """
    try:
        return _has_rows(_only(Query(), breakdown, value), ask)
    except Refused:
        return False


def without(query: Query, part: Filter, parts: Sequence[Filter]) -> Query:
    """Return a question about one member without one of the original question's filters."""
    restriction = parts_of(query)[len(parts) :]
    return with_parts(query, [*(inner_part for inner_part in parts if inner_part != part), *restriction])


def _only(query: Query, breakdown: Breakdown, value: Value) -> Query:
    """Return the question filtered to a single member."""
    condition = Condition(breakdown.dim, Operator.IN, (value,), breakdown.via)
    return with_parts(replace(query, by=(breakdown,), calc=()), [*parts_of(query), condition])


def _has_rows(query: Query, ask: Ask) -> bool:
    return ask(query).table.num_rows > 0


def _cut_off(
    query: Query, plainly: Query, breakdown: Breakdown, value: Value, answer: Result, ask: Ask
) -> MissingMember:
    """Return which limit of the answer cuts a member off, although it has rows for these filters and days."""
    metrics = [metric.name for metric in _metrics(answer)]
    has_value = any(answer.table.column(name).null_count < answer.table.num_rows for name in metrics)
    if query.top is not None and query.top.dim == column_name(breakdown):
        place, of = _place(plainly, breakdown, value, query.top.metric, ask)
        if place == 0 or place > query.top.n or query.top.within:
            wider = _that_has(replace(query, top=None), breakdown, value, ask)
            return MissingMember(why=Why.BELOW_TOP, place=place, of=of, with_it=wider)
    if query.having:
        inside = replace(_only(plainly, breakdown, value), by=query.by, having=query.having)
        if not _has_rows(inside, ask):
            wider = _that_has(replace(query, having=()), breakdown, value, ask)
            return MissingMember(why=Why.METRIC_FILTER, having=query.having, with_it=wider)
    if query.limit is not None:
        compare = query.compare if query.calc else ()  # the order may be by a calculation
        ordered = replace(query, limit=None, compare=compare, totals=())
        column = ask(ordered).table.column(column_name(breakdown)).to_pylist()
        if value in column and column.index(value) >= query.limit:
            place = column.index(value) + 1
            return MissingMember(why=Why.BELOW_LIMIT, place=place, of=len(column), with_it=replace(query, limit=None))
    return MissingMember(why=Why.PRESENT if has_value else Why.NO_VALUE)


def _place(query: Query, breakdown: Breakdown, value: Value, metric: str, ask: Ask) -> tuple[int, int]:
    """Return a member's rank by a metric, starting at 1, and the number of members.

    The rank is 0 if the member has no value.
    """
    metrics = tuple(dict.fromkeys((*query.metrics, metric)))
    ranked = ask(replace(query, metrics=metrics, by=(breakdown,), calc=(), order=(Order(metric, desc=True),)))
    names = ranked.table.column(column_name(breakdown)).to_pylist()
    values = ranked.table.column(metric).to_pylist()
    valued = [name for name, each_value in zip(names, values, strict=True) if each_value is not None]
    return (valued.index(value) + 1 if value in valued else 0), len(names)


def days_with_rows(query: Query, ask: Ask) -> tuple[date | None, date | None]:
    """Return the first and last day on which a question has a value, over all time.

    Both are None if the question has no dates.
    """
    ends: list[date | None] = []
    day = Breakdown(DATE, Granularity.DAY)
    for desc in (False, True):
        asked = replace(
            query, by=(day,), time=None, compare=(), top=None, totals=(), having=(), limit=1, calc=(),
            order=(Order(column_name(day), desc=desc),),
        )  # fmt: skip
        table = ask(asked).table
        day_found = table.column(column_name(day))[0].as_py() if table.num_rows else None
        ends.append(day_found.date() if isinstance(day_found, datetime) else day_found)
    return ends[0], ends[1]


@dataclass(frozen=True, slots=True)
class EmptyingFilter:
    """A filter that makes an answer empty, and the number of rows without it."""

    part: Filter | MetricFilter
    rows: int


def find_emptying_filters(query: Query, ask: Ask) -> tuple[EmptyingFilter, ...]:
    """Return each filter that removes all rows by itself, with the number of rows without it, largest number first."""
    plainly = replace(query, calc=(), compare=(), top=None, totals=(), order=(), limit=None)
    parts = parts_of(query)
    tried: list[tuple[Filter | MetricFilter, Query]] = [
        (part, with_parts(plainly, [inner_part for inner_part in parts if inner_part != part])) for part in parts
    ]
    tried += [
        (
            condition,
            replace(
                plainly,
                having=tuple(
                    plainly_condition for plainly_condition in plainly.having if plainly_condition != condition
                ),
            ),
        )
        for condition in plainly.having
    ]
    found = [EmptyingFilter(part, rows_of(ask(asked))) for part, asked in tried]
    return tuple(sorted((emptying for emptying in found if emptying.rows), key=lambda emptying: -emptying.rows))


def rows_of(result: Result) -> int:
    """Return the number of rows in an answer that have a value."""
    columns = [result.table.column(column.name).to_pylist() for column in result.values]
    return sum(any(value is not None for value in row) for row in zip(*columns, strict=True))
