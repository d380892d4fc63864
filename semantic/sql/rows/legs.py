"""Lower one leg to a SELECT of its keys and aggregates, in one or two steps (see `semantic.plan.tree.shape`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import Aggregation, Granularity, Measure, TypeKind
from semantic.model.types import infer_type
from semantic.plan.shared_days import DaysTable, date_key
from semantic.plan.tree.fields import LegKey, Test, paths
from semantic.plan.tree.fractions import EXCHANGED
from semantic.plan.tree.nodes import AggregateColumn, Leg, Plan
from semantic.plan.tree.shape import Shape
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    by_code_point,
    call,
    cast,
    column,
    conditional,
    copied,
    named_table,
    number,
    or_any,
    select_from,
    subquery,
    variance,
)
from semantic.sql.dialects.percentiles import percentile_or_estimate
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.counted import Counted, share_filters
from semantic.sql.rows.exchange import CurrencyOf, rate_joins, worth
from semantic.sql.rows.fact_rates import fact_rates, rate_day
from semantic.sql.rows.scope import Scope

AGAIN: dict[Aggregation, type[exp.AggFunc]] = {
    Aggregation.SUM: exp.Sum,
    Aggregation.COUNT: exp.Sum,
    Aggregation.SUM_BOOLEAN: exp.Sum,
    Aggregation.MIN: exp.Min,
    Aggregation.MAX: exp.Max,
}
"""The function that combines partial aggregates, for each aggregation."""


@dataclass(frozen=True, slots=True)
class LegTree:
    """A lowered leg that other code can select from.

    `keys` are its grouping expressions. `aggregate` returns a new tree for a leaf's aggregate on each call. `select`
    returns a SELECT of expressions, grouped by the keys. `rows` returns the rows that leaves would aggregate, with
    their values under the given names. `rows` only works for a leg in one step.
    """

    keys: Sequence[exp.Expr]
    aggregate: Callable[[str], exp.Expr]
    select: Callable[[list[exp.Expr]], exp.Select]
    rows: Callable[[Sequence[tuple[AggregateColumn, str]]], exp.Select]


def lower_plain_leg(leg: Leg, plan: Plan, dialect: Dialect, values: Values, days: DaysTable | None = None) -> LegTree:
    """Lower a leg. `days`, if given, is a table of rows by day that covers more days than the leg."""
    scope = Scope(leg, plan, dialect, values)
    if leg.shape is Shape.PLAIN:
        return _in_one_step(leg, scope)
    return _in_two_steps(leg, scope, days)


def _in_one_step(leg: Leg, scope: Scope) -> LegTree:
    keys = [aliased(scope.key(key), key.name) for key in leg.keys]
    leaves = {leaf.name: leaf for leaf in leg.leaves}
    counted = share_filters(leg.leaves)
    tests = [*_own_tests(counted, scope), *(scope.test(test) for test in leg.where)]

    def select(expressions: list[exp.Expr]) -> exp.Select:
        tree = select_from(scope.table(), expressions, keys=len(keys))
        return where_all(_joined(tree, leg, scope), tests)

    def rows(wanted: Sequence[tuple[AggregateColumn, str]]) -> exp.Select:
        values = [aliased(row_value(leaf, scope, counted), named) for leaf, named in wanted]
        tree = select_from(scope.table(), [*keys, *values], keys=0)
        return where_all(_joined(tree, leg, scope), tests)

    return LegTree(keys, lambda name: _aggregate(leaves[name], scope, counted), select, rows)


def _in_two_steps(leg: Leg, scope: Scope, days: DaysTable | None) -> LegTree:
    """Lower a leg to an inner SELECT of partial aggregates or distinct values, and a SELECT over it.

    The inner SELECT has the fact's alias.
    """
    places = {leaf.name: (index, leaf) for index, leaf in enumerate(leg.leaves)}
    tests = [scope.test(test) for test in leg.where if _is_late(test, leg)]
    own: list[exp.Expr] = []
    if days:
        source: exp.Expr = named_table(days.name, scope.fact)
        own = _own_days(leg, days, scope)
        if not scope.dialect.filters_sources:
            tests, own = tests + own, []
    else:
        source = subquery(first_step(leg, scope), scope.fact)
    keys = [aliased(_outer_key(_key(index, leg), key, scope), key.name) for index, key in enumerate(leg.keys)]

    def placed(currency: str) -> exp.Expr:
        return column(_currencies(leg)[currency], scope.fact)

    def select(expressions: list[exp.Expr]) -> exp.Select:
        tree = select_from(source, expressions, keys=len(keys))
        tree = where_all(_joined(tree, leg, scope, late=True), tests)
        if own:
            counted = conditional(exp.Count(this=exp.Star()), and_all(_again(own)), scope.dialect.filter_clause)
            tree.set("having", exp.Having(this=exp.GT(this=counted, expression=number(0))))
        if leg.exchange:
            day = column(_rate_day(leg), scope.fact) if leg.exchange.day else rate_day(scope)
            joins = rate_joins(leg.exchange, scope.rates, placed, day, scope.values)
            tree.set("joins", [*tree.args["joins"], *joins])
        return tree

    def aggregate(name: str) -> exp.Expr:
        index, leaf = places[name]
        if _takes_values(leg):
            assert leaf.measure.sql is not None
            return exp.Count(this=scope.own(leaf.measure.sql))
        tree = AGAIN[leaf.measure.agg](this=_worth(column(_part(index, leg), scope.fact), leaf, scope, placed))
        return conditional(tree, and_all(_again(own)), scope.dialect.filter_clause) if own else tree

    def rows(wanted: Sequence[tuple[AggregateColumn, str]]) -> exp.Select:
        raise TypeError("a leg aggregated in two steps has no rows to select")

    return LegTree(keys, aggregate, select, rows)


def first_step(leg: Leg, scope: Scope) -> exp.Select:
    """Return the first of two steps: the partial aggregates or distinct values of a leg."""
    counted = share_filters(leg.leaves)
    keys = _inner_keys(leg, scope)
    parts = [aliased(_aggregate(leaf, scope, counted), _part(index, leg)) for index, leaf in enumerate(leg.leaves)]
    tree = select_from(scope.table(), [*keys, *([] if _takes_values(leg) else parts)], keys=len(keys))
    early = [scope.test(test) for test in leg.where if not _is_late(test, leg)]
    return where_all(_joined(tree, leg, scope, late=False), [*_own_tests(counted, scope), *early])


def _is_late(test: Test, leg: Leg) -> bool:
    return any(leg.is_late(path) for path in paths(test))


def _own_days(leg: Leg, days: DaysTable, scope: Scope) -> list[exp.Expr]:
    """Return tests that select a leg's own days from a table with more days."""
    index, own, wide = date_key(leg), leg.days, days.leg.days
    assert index is not None
    if own is None:
        return []
    day = column(_key(index, leg), scope.fact)
    edges = [(own.start, wide and wide.start, exp.GTE), (own.end, wide and wide.end, exp.LT)]
    tests: list[exp.Expr] = [
        test(this=copied(day), expression=scope.values.add(edge))
        for edge, there, test in edges
        if edge is not None and edge != there
    ]
    undated = exp.Is(this=day, expression=exp.Null())
    if own.has_undated:
        return [or_any([and_all(tests), undated])] if tests else []
    return tests or ([exp.Not(this=undated)] if wide is None or wide.has_undated else [])


def _again(tests: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [copied(test) for test in tests]


def day_columns(leg: Leg, day: str, cells: Mapping[str, str]) -> dict[str, str]:
    """Return the column names of a table of days, by what they contain: keys, the day (as `day`) and cells."""
    index = date_key(leg)
    assert index is not None
    date = leg.keys[index].field
    names = {key.name: _key(place, leg) for place, key in enumerate(leg.keys) if key.field != date}
    return {
        **names,
        day: _key(index, leg),
        **{cells[leaf.name]: _part(place, leg) for place, leaf in enumerate(leg.leaves)},
    }


def _takes_values(leg: Leg) -> bool:
    return leg.shape is Shape.DISTINCT_FIRST


def _inner_keys(leg: Leg, scope: Scope) -> Sequence[exp.Expr]:
    """Return the keys of the first step: the foreign keys of later joins, and the leg's keys joined so far.

    For a period, the key is its days. If amounts are converted, the step also groups by their currencies and rate days.
    """
    foreign = dict.fromkeys(each_column for path in leg.joins if leg.is_late(path) for each_column in path[0].columns)
    keys = [aliased(column(each_column, scope.fact), each_column) for each_column in foreign]
    for index, key in enumerate(leg.keys):
        if not leg.is_late(key.field.path):
            by_day = key.by_day and not _takes_values(leg)
            tree = scope.day(key.field) if by_day else scope.key(key)
            tree = _said(scope.dialect.month_number, tree, scope) if by_day and _by_number(leg, scope) else tree
            keys.append(aliased(tree, _key(index, leg)))
    if leg.exchange:
        keys += [aliased(column(dimension, scope.fact), named) for dimension, named in _currencies(leg).items()]
        keys += [aliased(rate_day(scope), _rate_day(leg))] if leg.exchange.day else []
    return keys


def _outer_key(named: str, key: LegKey, scope: Scope) -> exp.Expr:
    if scope.leg.is_late(key.field.path):
        return scope.key(key)
    place = column(named, scope.fact)
    if not key.by_day or _takes_values(scope.leg):
        return place
    if not _by_number(scope.leg, scope):
        return scope.period(place, key)
    assert key.grain is not None
    month = _said(scope.dialect.month_start, place, scope)
    return month if key.grain is Granularity.MONTH else scope.dates.truncated(month, key.grain)


def _said(phrase: str, tree: exp.Expr, scope: Scope) -> exp.Expr:
    return fill(phrase, scope.dialect.name, x=tree)


def _by_number(leg: Leg, scope: Scope) -> bool:
    """Return whether the first step groups by month number. If the engine can't convert it back, it groups by day."""
    return leg.shape is Shape.MONTHS_FIRST and bool(scope.dialect.month_number)


def _key(index: int, leg: Leg) -> str:
    return f"{_lead(leg)}k{index}"


def _part(index: int, leg: Leg) -> str:
    return f"{_lead(leg)}p{index}"


def _currencies(leg: Leg) -> dict[str, str]:
    """Return the fact's currency columns, each with its name in the first step."""
    amounts = leg.exchange.amounts if leg.exchange else ()
    columns = dict.fromkeys(amount.column for _, amount in amounts if amount.column)
    return {each_column: f"{_lead(leg)}c{index}" for index, each_column in enumerate(columns)}


def _rate_day(leg: Leg) -> str:
    return f"{_lead(leg)}on"


def _worth(value: exp.Expr, leaf: AggregateColumn, scope: Scope, currency: CurrencyOf | None = None) -> exp.Expr:
    """Return a leaf's amount in the question's currency, or unchanged if it isn't converted."""
    exchange = scope.leg.exchange
    amount = dict(exchange.amounts).get(leaf.name) if exchange else None
    if exchange is None or amount is None:
        return value
    placed = currency or (lambda name: column(name, scope.fact))
    exchanged = worth(value, amount, leaf.measure.type, exchange, scope.rates, placed, scope.dialect)
    return cast(exchanged, EXCHANGED) if leaf.in_decimals else exchanged


def _lead(leg: Leg) -> str:
    """Return a prefix for columns of our own that no foreign key, key or metric starts with."""
    lead = "_"
    foreign = [each_column for path in leg.joins for each_column in path[0].columns if each_column.startswith(lead)]
    while any(each_column.startswith(lead) for each_column in foreign):
        lead += "_"
    return lead


def _own_tests(counted: Counted, scope: Scope) -> list[exp.Expr]:
    return scope.rows_that_count() + [scope.own_tree(tree) for tree in counted.read]


def _joined(tree: exp.Select, leg: Leg, scope: Scope, *, late: bool = False) -> exp.Select:
    """Add the joins of one step."""
    joins = [scope.join(path) for path in leg.joins if leg.is_late(path) == late]
    rates = fact_rates(scope) if leg.shape is Shape.PLAIN else []
    tree.set("joins", [*joins, *_calendars(leg, scope, late=late), *rates])
    return tree


def _calendars(leg: Leg, scope: Scope, *, late: bool) -> list[exp.Join]:
    """Return joins of the calendars whose periods this step computes, each once by the date of its field."""
    joins: dict[str, exp.Join] = {}
    for index, key in enumerate(leg.keys):
        if key.calendar is None:
            continue
        by_path = leg.is_late(key.field.path)
        in_second = leg.shape is not Shape.PLAIN and (by_path or not _takes_values(leg))
        if in_second == late:
            day = scope.day(key.field) if by_path or not late else column(_key(index, leg), scope.fact)
            joins.setdefault(scope.calendars[key.field, key.calendar], scope.calendar_join(key, day))
    return [*joins.values()]


def where_all(tree: exp.Select, tests: Sequence[exp.Expr]) -> exp.Select:
    """Add a WHERE with all tests, if there are any."""
    if tests:
        tree.set("where", exp.Where(this=and_all(list(tests))))
    return tree


def aggregate_cell(measure: Measure, value: exp.Expr) -> exp.Expr:
    """Return a measure's aggregate over a column with the values of its rows."""
    match measure.agg:
        case Aggregation.COUNT | Aggregation.SUM_BOOLEAN:
            return exp.Count(this=value)
        case Aggregation.COUNT_DISTINCT:
            return exp.Count(this=exp.Distinct(expressions=[value]))
        case Aggregation.SUM:
            return call(exp.Sum, value)
        case Aggregation.AVG:
            return call(exp.Avg, value)
        case Aggregation.MIN:
            return call(exp.Min, value)
        case Aggregation.MAX:
            return call(exp.Max, value)
        case Aggregation.VARIANCE:
            return variance(value)
        case Aggregation.MEDIAN | Aggregation.PERCENTILE | Aggregation.APPROX_COUNT_DISTINCT:
            return percentile_or_estimate(measure, value)


def row_value(leaf: AggregateColumn, scope: Scope, counted: Counted) -> exp.Expr:
    """Return what one row adds to a measure: its value, 1 for a count, or null if the row doesn't count."""
    measure = leaf.measure
    value = _measured(leaf, scope) if measure.sql else number(1)
    where = scope.own_tree(counted.own[leaf.name]) if leaf.name in counted.own else None
    if measure.agg is Aggregation.SUM_BOOLEAN:
        where = value if where is None else and_all([value, where])
        value = number(1)
    return exp.Case(ifs=[exp.If(this=where, true=value)]) if where is not None else value


def _measured(leaf: AggregateColumn, scope: Scope) -> exp.Expr:
    """Return a measure's own expression. For minima and maxima, text is ordered by code point.

    Amounts are converted, except in a leg in two steps, which converts them later.
    """
    measure = leaf.measure
    assert measure.sql is not None
    if leaf.thing:
        return scope.at(leaf.thing, measure.sql)
    value = scope.own(measure.sql)
    if scope.leg.shared is not None and leaf.thing is None:
        value = scope.part_of(value, scope.leg.shared)
    if scope.leg.shape is Shape.PLAIN and scope.leg.exchange:
        value = _worth(value, leaf, scope)
    elif leaf.in_decimals and _is_fraction(leaf, scope):
        value = cast(value, EXCHANGED)
    return by_code_point(value, scope.dialect) if measure.type.kind is TypeKind.STRING else value


def _is_fraction(leaf: AggregateColumn, scope: Scope) -> bool:
    """Return whether a row's contribution to a measure is a fraction, even before conversion."""
    assert leaf.measure.sql is not None
    kind = infer_type(leaf.measure.sql.tree, scope.leg.dataset.columns)
    return scope.leg.shared is not None or kind is None or kind.kind is TypeKind.DOUBLE


def _aggregate(leaf: AggregateColumn, scope: Scope, counted: Counted) -> exp.Expr:
    """Return one measure's aggregate over the leg's rows that pass the measure's filter."""
    measure = leaf.measure
    value = _measured(leaf, scope) if measure.sql else None
    where = scope.own_tree(counted.own[leaf.name]) if leaf.name in counted.own else None
    if value is not None and measure.agg is Aggregation.SUM_BOOLEAN:
        where = value if where is None else and_all([value, where])
        value = None
    match measure.agg:
        case Aggregation.COUNT | Aggregation.SUM_BOOLEAN:
            tree = exp.Count(this=value or exp.Star())
        case Aggregation.COUNT_DISTINCT:
            tree = exp.Count(this=exp.Distinct(expressions=[value]))
        case Aggregation.SUM:
            tree = call(exp.Sum, value)
        case Aggregation.AVG:
            tree = call(exp.Avg, value)
        case Aggregation.MIN:
            tree = call(exp.Min, value)
        case Aggregation.MAX:
            tree = call(exp.Max, value)
        case Aggregation.VARIANCE:
            assert value is not None
            tree = variance(value)
        case Aggregation.MEDIAN | Aggregation.PERCENTILE | Aggregation.APPROX_COUNT_DISTINCT:
            assert value is not None
            tree = percentile_or_estimate(measure, value)
    return conditional(tree, where, scope.dialect.filter_clause) if where is not None else tree
