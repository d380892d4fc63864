"""Match conversions with base events: each conversion with the latest base event before it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from semantic.model.definitions import Granularity, TypeKind
from semantic.plan.measures.spine_join import steps
from semantic.plan.tree.fields import Field
from semantic.plan.tree.nodes import Converted, Leg
from semantic.sql.dialects.build_tree import aliased, and_all, column, number, select_from, subquery
from semantic.sql.rows.counted import share_filters
from semantic.sql.rows.fact_rates import fact_rates
from semantic.sql.rows.legs import row_value, where_all
from semantic.sql.rows.scope import Scope

DAY, KEPT = "_day", "_kept"
"""The columns with a row's own day, and with whether the row passes the tests applied later."""


def base_columns(leg: Leg, converted: Converted, scope: Scope) -> list[exp.Expr]:
    """Return the columns that link a base event to conversions: its entity, constants, time and own key."""
    assert leg.time is not None
    return [
        *(aliased(column(name, scope.fact), f"_b{index}") for index, name in enumerate(converted.columns)),
        aliased(_moment(scope, leg.time, leg, converted), "_at"),
        *(aliased(column(name, scope.fact), f"_i{index}") for index, name in enumerate(leg.dataset.grain)),
    ]


def conversions(
    base: exp.Select, leg: Leg, converted: Converted, around: Scope, kept: Sequence[str], cells: dict[str, str]
) -> exp.Select:
    """Return conversions, each with its values, its day, and the columns `kept` of its base event.

    The day is the base event's or, with `by_conversion`, the conversion's. If two base events have the same time, their
    keys decide, so that each conversion counts once.
    """
    names = [cells[leaf.name] for leaf in leg.leaves]
    is_instant = _is_instant(leg, converted)
    ids = range(len(converted.dataset.grain))
    pairs: list[exp.Expr] = [
        exp.EQ(this=column(f"_c{index}", "event"), expression=column(f"_b{index}", "base"))
        for index in range(len(converted.columns))
    ]
    pairs.append(exp.LTE(this=column("_at", "base"), expression=column("_on", "event")))
    if converted.window is not None:
        earliest = around.dates.moved_back(column("_on", "event"), steps(converted.window), is_instant=is_instant)
        pairs.append(exp.GT(this=column("_at", "base"), expression=earliest))
    met_on = and_all(pairs)
    keys = [f"_i{index}" for index in range(len(leg.dataset.grain))]
    latest = [exp.Ordered(this=column("_at", "base"), desc=True, nulls_first=False)]
    latest += [exp.Ordered(this=column(text, "base"), nulls_first=False) for text in keys]
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(f"_j{index}", "event") for index in ids],
        order=exp.Order(expressions=latest),
        over="OVER",
    )
    dated = column("_on_day", "event") if converted.by_conversion else column(DAY, "base")
    shown = [
        *(aliased(column(name, "base"), name) for name in kept),
        aliased(dated, DAY),
        *(aliased(column(cell, "event"), cell) for cell in names),
    ]
    met = select_from(subquery(base, "base"), [*shown, aliased(place, "_place")], keys=0)
    events = _events(leg, converted, around, cells)
    met.set("joins", [exp.Join(this=subquery(events, "event"), on=met_on)])
    columns = [aliased(column(name, "met"), name) for name in (*kept, DAY, *names)]
    tests: list[exp.Expr] = [exp.EQ(this=column("_place", "met"), expression=number(1))]
    if converted.days is not None:
        edges = ((converted.days.start, exp.GTE), (converted.days.end, exp.LT))
        tests += [
            test(this=column(DAY, "met"), expression=around.values.add(edge))
            for edge, test in edges
            if edge is not None
        ]
    return where_all(select_from(subquery(met, "met"), columns, keys=0), tests)


def _events(leg: Leg, converted: Converted, around: Scope, cells: dict[str, str]) -> exp.Select:
    """Return every conversion with its entity, time, day, key and values."""
    own = Leg(
        dataset=converted.dataset,
        joins=(),
        keys=(),
        where=(),
        days=converted.known,
        restrictions=converted.restrictions,
        leaves=leg.leaves,
        time=converted.time,
        at=converted.time,
        exchange=leg.exchange,
    )
    scope = Scope(own, around.plan, around.dialect, around.values)
    counted = share_filters(leg.leaves)
    columns = [aliased(column(name, scope.fact), f"_c{index}") for index, name in enumerate(converted.target_columns)]
    columns.append(aliased(_moment(scope, converted.time, leg, converted), "_on"))
    columns.append(aliased(scope.day(converted.time), "_on_day"))
    columns += [aliased(column(name, scope.fact), f"_j{index}") for index, name in enumerate(converted.dataset.grain)]
    columns += [aliased(row_value(leaf, scope, counted), cells[leaf.name]) for leaf in leg.leaves]
    tests = [*scope.rows_that_count(), *(scope.own_tree(tree) for tree in counted.read)]
    tree = select_from(scope.table(), columns, keys=0)
    tree.set("joins", fact_rates(scope))
    return where_all(tree, tests)


def _moment(scope: Scope, time: Field, leg: Leg, converted: Converted) -> exp.Expr:
    """Return an event's time, as exactly as the times of both events are known.

    It's an instant, a day, or the first day of a longer period.
    """
    if _is_instant(leg, converted):
        return scope.own(time.dimension.sql)
    return scope.dates.truncated(scope.day(time), _known_by(leg, converted))


def _known_by(leg: Leg, converted: Converted) -> Granularity:
    """Return how exactly the dates of both events are known: the longer of their two granularities."""
    assert leg.time is not None
    return max((leg.time.dimension.days_grain, converted.time.dimension.days_grain), key=[*Granularity].index)


def _is_instant(leg: Leg, converted: Converted) -> bool:
    """Return whether both events have instants of the same kind. If not, their days are compared."""
    assert leg.time is not None
    kinds = {leg.time.dimension.type.kind, converted.time.dimension.type.kind}
    by_days = _known_by(leg, converted) is Granularity.DAY
    return by_days and len(kinds) == 1 and TypeKind.DATE not in kinds
