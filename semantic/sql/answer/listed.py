"""Lower lists of members from several datasets, including members without a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.plan.tree.fields import Passes, Restriction, SaidTest, own_time
from semantic.plan.tree.nodes import Filled, Leg, Plan
from semantic.sql.dialects.build_tree import aliased, and_all, call, column, select_from, subquery, table_of
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.legs import lower_plain_leg, where_all
from semantic.sql.rows.scope import Scope
from semantic.sql.rows.spine import spine_days
from semantic.sql.rows.windowed_facts import DAY, is_of_shown_day


def is_joined(leg: Leg) -> bool:
    """Return whether members of several tables are listed, including those that another table doesn't have."""
    return bool(leg.beside) or any(isinstance(test, Passes) and test.joined for test in leg.where)


def listed_values(leg: Leg, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return the values of a leg's keys: each combination once, or once per row if the plan asks for that.

    Rows are filtered before the join, because a test after a FULL JOIN would remove members without a row.
    """
    scope = Scope(leg, plan, dialect, values)
    keys = [aliased(scope.key(key), key.name) for key in leg.keys]
    return _listed(leg, keys, scope.calendar_joins(leg.keys), plan, scope)


def _listed(leg: Leg, keys: Sequence[exp.Expr], calendars: Sequence[exp.Join], plan: Plan, scope: Scope) -> exp.Select:
    beside = {other.path: other for other in leg.beside}
    own = _rows(leg.dataset, scope.fact, leg.restrictions, scope)
    tree = select_from(own, keys, keys=0 if plan.each_row else len(keys))
    joins: list[exp.Expr] = []
    for path in leg.joins:
        join = scope.join(path)
        if path in beside:
            other = beside[path]
            join.set("this", _rows(other.dataset, scope.aliases[path], other.restrictions, scope))
            join.set("side", "FULL")
        joins.append(join)
    members, passed = scope.joined_members([test for test in leg.where if isinstance(test, Passes) and test.joined])
    tree.set("joins", [*joins, *members, *calendars])
    others = [test for test in leg.where if not (isinstance(test, Passes) and test.joined)]
    return where_all(tree, [*(scope.test(test) for test in others), *passed])


def crossed_values(leg: Leg, crossed: Filled, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return every day, combined with the values of each row. A member without a row isn't combined with any day."""
    others = [key for key in leg.keys if key.field != leg.time]
    of_days = [test for test in leg.where if isinstance(test, SaidTest) and is_of_shown_day(test, leg)]
    scope = Scope(leg, plan, dialect, values)
    day = column(DAY, "days")
    days = subquery(spine_days(crossed.spine, crossed.start, crossed.end, dialect, values, DAY), "days")
    unit = crossed.spine.unit
    keys = [
        aliased(scope.key(key) if key in others else scope.shown_of(day.copy(), key, unit), key.name)
        for key in leg.keys
    ]
    calendars = [scope.calendar_join(key, day.copy(), unit) for key in leg.keys if key.calendar and key not in others]
    tests = [scope.said_of_day(test, day, unit) for test in of_days]
    if leg.beside:  # a member without rows isn't combined with any day, so it isn't in any period
        edges = ((crossed.start, exp.GTE), (crossed.end, exp.LT))
        tests += [test(this=day.copy(), expression=values.add(edge)) for edge, test in edges if edge is not None]
    if not others:
        tree = select_from(days, keys, keys=0 if plan.each_row else len(keys))
        tree.set("joins", calendars)
        return where_all(tree, tests)
    inner = replace(leg, where=tuple(test for test in leg.where if test not in of_days))
    tree = _listed(inner, keys, scope.calendar_joins(others), plan, scope)
    tree.set("joins", [exp.Join(this=days, kind="CROSS"), *calendars, *tree.args["joins"]])
    if tests:
        where = tree.args.get("where")
        tree.set("where", exp.Where(this=and_all([*([exp.paren(where.this)] if where else []), *tests])))
    return tree


def list_values(leg: Leg, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return the values of a leg's keys: each combination once, or once per row if the plan asks for that."""
    if is_joined(leg):
        return listed_values(leg, plan, dialect, values)
    tree = lower_plain_leg(leg, plan, dialect, values)
    return tree.rows(()) if plan.each_row else tree.select([*tree.keys])


def ranges(plan: Plan, inner: exp.Select) -> exp.Select:
    """Return the minimum and maximum of each key in one row."""
    columns: list[exp.Expr] = []
    for place, key in enumerate(plan.legs[0].keys):
        for function, output in zip((exp.Min, exp.Max), plan.outputs[2 * place : 2 * place + 2], strict=True):
            columns.append(aliased(call(function, column(key.name, "listed")), output.name))
    return select_from(subquery(inner, "listed"), columns, keys=0)


def _rows(dataset: Dataset, alias: str, restrictions: Sequence[Restriction], around: Scope) -> exp.Expr:
    """Return the rows of a dataset that the actor can see, for use in FROM."""
    table = table_of(dataset, alias)
    if not restrictions:
        return table
    leg = Leg(dataset=dataset, joins=(), keys=(), where=(), days=None, leaves=(), at=own_time(dataset))
    inside = Scope(leg, around.plan, around.dialect, around.values, named=alias)
    tree = select_from(table, [exp.Star()], keys=0)
    tree.set("where", exp.Where(this=and_all([inside.restriction(restriction) for restriction in restrictions])))
    return subquery(tree, alias)
