"""Add the tables in which tests look up a metric of each member. Each is computed once per statement."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from semantic.plan.tree.nodes import Plan
from semantic.sql.dialects.build_tree import name
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values

Lower = Callable[[Plan, Dialect, Values], exp.Select]


def with_tables(tree: exp.Select, plan: Plan, dialect: Dialect, values: Values, lower_plan: Lower) -> exp.Select:
    """Return the statement with the plan's tables first in its WITH."""
    if not plan.tables:
        return tree
    ctes: list[exp.Expr] = []
    for table, inner in plan.tables:
        rows = lower_plan(inner, dialect, values)
        rows.set("order", None)  # only looked up, so its order doesn't matter
        ctes.append(exp.CTE(this=rows, alias=exp.TableAlias(this=name(table))))
    there = tree.args.get("with_")
    others: list[exp.Expr] = list(there.expressions) if isinstance(there, exp.With) else []
    tree.set("with_", exp.With(expressions=[*ctes, *others]))
    return tree
