"""Lower the values of dimensions that stand in several datasets: each row, and each member that no row has."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.plan.nodes import Leg, Plan, Restriction, own_time
from semantic.sql.build_tree import aliased, and_all, call, column, select_from, subquery, table_of
from semantic.sql.dialects import Dialect
from semantic.sql.scope import Scope
from semantic.sql.values import Values


def listed_values(leg: Leg, plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """The different values of a leg's keys. Rows are chosen before they meet: a test on a FULL JOIN comes too late."""
    scope = Scope(leg, plan, dialect, values)
    beside = {one.path: one for one in leg.beside}
    keys = [aliased(scope.key(key), key.name) for key in leg.keys]
    own = _rows(leg.dataset, scope.fact, leg.restrictions, scope)
    tree = select_from(own, keys, keys=len(keys))
    joins: list[exp.Expr] = []
    for path in leg.joins:
        join = scope.join(path)
        if path in beside:
            one = beside[path]
            join.set("this", _rows(one.dataset, scope.aliases[path], one.restrictions, scope))
            join.set("side", "FULL")
        joins.append(join)
    tree.set("joins", joins)
    if leg.where:
        tree.set("where", exp.Where(this=and_all([scope.test(test) for test in leg.where])))
    return tree


def ranges(plan: Plan, inner: exp.Select) -> exp.Select:
    """The least and most of each key, in one row."""
    columns: list[exp.Expr] = []
    for place, key in enumerate(plan.legs[0].keys):
        for function, output in zip((exp.Min, exp.Max), plan.outputs[2 * place : 2 * place + 2], strict=True):
            columns.append(aliased(call(function, column(key.name, "listed")), output.name))
    return select_from(subquery(inner, "listed"), columns, keys=0)


def _rows(dataset: Dataset, alias: str, restrictions: Sequence[Restriction], around: Scope) -> exp.Expr:
    """The rows of a dataset that the actor may see, as they stand in FROM."""
    table = table_of(dataset, alias)
    if not restrictions:
        return table
    leg = Leg(dataset=dataset, joins=(), keys=(), where=(), days=None, leaves=(), at=own_time(dataset))
    inside = Scope(leg, around.plan, around.dialect, around.values, named=alias)
    tree = select_from(table, [exp.Star()], keys=0)
    tree.set("where", exp.Where(this=and_all([inside.restriction(one) for one in restrictions])))
    return subquery(tree, alias)
