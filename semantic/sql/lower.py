"""Lower a plan to one SQL tree: aggregate each leg at its own grain, combine the legs, and compute metrics.

Nodes are built directly instead of parsed from text. The tree is what an expert would write: a single SELECT for a
question about one fact, and no join without a key or filter that needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from semantic.config.checkpoint import checkpoint
from semantic.model.definitions import DataType, TypeKind
from semantic.plan.portions import portion_plan
from semantic.plan.tree.nodes import Output, Plan, Portion
from semantic.plan.within_windows import count_within_windows
from semantic.sql.answer.calculations import with_calculations
from semantic.sql.answer.listed import crossed_values, is_joined, list_values, ranges
from semantic.sql.answer.order import GROUPS, order_by
from semantic.sql.answer.outputs import computed_columns, metric_value, tested_columns, tested_name
from semantic.sql.answer.totals import ANSWER, groups_of_rows, is_from_rows, regroup, total_flags
from semantic.sql.answer.union import cell_names, cell_type, lower_leg, union_of
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    copied,
    number,
    select_from,
    subquery,
)
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.conditions import group_tests, unknown_tests
from semantic.sql.rows.inner_tables import with_tables


@dataclass(frozen=True, slots=True)
class Lowered:
    """The tree of one SELECT, and the values of its parameters in order."""

    tree: exp.Select
    params: tuple[object, ...]


def lower(plan: Plan, dialect: Dialect, *, inline: bool = False) -> Lowered:
    """Return the SQL tree of a plan. `inline` writes values, but never secrets, into the text for reading."""
    values = Values(inline, dialect.parameters)
    return Lowered(_counted(lower_plan(plan, dialect, values), plan), tuple(values.params))


def lower_plan(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return the tree of a plan or of a plan inside it, such as the one for a top's members."""
    return with_tables(_lower(plan, dialect, values), plan, dialect, values, lower_plan)


def lower_portion(plan: Plan, portion: Portion, dialect: Dialect, *, inline: bool = False) -> Lowered:
    """Return the groups that one connection contributes to a plan over several, each column with its exact type."""
    values, own = Values(inline, dialect.parameters), portion_plan(plan, portion)
    return Lowered(_portion(plan, own, dialect, values), tuple(values.params))


def _portion(plan: Plan, own: Plan, dialect: Dialect, values: Values) -> exp.Select:
    from_rows = is_from_rows(plan)
    query = groups_of_rows(own, dialect, values) if from_rows else union_of(own, dialect, values)[0]
    flags = total_flags(own) if from_rows else []
    here, where_they_meet = cell_names(own), cell_names(plan)
    columns = [aliased(cast(column(key.name, "facts"), met_as(key)), key.name) for key in plan.keys]
    columns += [aliased(column(flag, "facts"), flag) for flag in flags]
    columns += [
        aliased(cast(column(here[leaf.name], "facts"), cell_type(leg, leaf)), where_they_meet[leaf.name])
        for leg in own.legs
        for leaf in (*leg.leaves, *leg.of_period)
    ]
    tree = select_from(subquery(query, "facts"), columns, keys=0)
    return with_tables(tree, own, dialect, values, lower_plan)


def met_as(key: Output) -> DataType:
    """Return the type of a key where connections are combined, which is DATE for a period's first day."""
    return DataType(TypeKind.DATE) if key.grain is not None and not key.grain.is_clock else key.type


def _lower(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    checkpoint()
    if plan.chosen is not None or plan.totals:
        return regroup(plan, dialect, values, lower_plan)
    if plan.ranges:
        return ranges(plan, _one_leg(plan, dialect, values))
    plan = plan if plan.portions else count_within_windows(plan)
    tree = _one_leg(plan, dialect, values) if plan.is_alone else _several_legs(plan, dialect, values)
    names = [output.name for output in plan.outputs] + [calculation.name for calculation in plan.calculations]
    if plan.calculations:
        tree = _calculated(tree, plan, dialect, values, names)
    ordered = order_by(plan, names)
    if ordered:
        tree.set("order", exp.Order(expressions=ordered))
    if plan.limit is not None:
        tree.set("limit", exp.Limit(expression=number(plan.limit)))
    return tree


def _calculated(tree: exp.Select, plan: Plan, dialect: Dialect, values: Values, names: Sequence[str]) -> exp.Select:
    """Add calculations over all groups, and then select the groups to show."""
    tree = with_calculations(tree, plan, dialect, values)
    tests = group_tests(
        plan, values, lambda output: column(tested_name(output, plan), ANSWER), lambda key: column(key, ANSWER)
    )
    if tests:
        columns = [*names, *(output.name for output in plan.beside)]
        tree = select_from(subquery(tree, ANSWER), [aliased(column(name, ANSWER), name) for name in columns], keys=0)
        tree.set("where", exp.Where(this=and_all(tests)))
    return tree


def _counted(tree: exp.Select, plan: Plan) -> exp.Select:
    """Add the number of groups as a column if a limit can remove groups."""
    if plan.limit is not None and plan.keys and plan.chosen is None and not plan.totals:
        tree.append("expressions", aliased(exp.Window(this=exp.Count(this=exp.Star()), over="OVER"), GROUPS))
    return tree


def _one_leg(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return a SELECT of keys and metrics directly from the rows of one fact."""
    first = plan.legs[0]
    if first.crossed is not None:
        return crossed_values(first, first.crossed, plan, dialect, values)
    if is_joined(first) or plan.each_row:
        return list_values(first, plan, dialect, values)
    leg = lower_leg(plan.legs[0], plan, dialect, values)
    keys = {expression.alias: expression.unalias() for expression in leg.keys}

    def key(name: str) -> exp.Expr:
        return copied(keys[name])

    columns = [*leg.keys, *computed_columns(plan, leg.aggregate, key)]
    if plan.calculations:
        return leg.select([*columns, *tested_columns(plan, leg.aggregate, key, None)])
    tree = leg.select(columns)
    tests = group_tests(plan, values, lambda output: metric_value(output, plan, leg.aggregate, key), None)
    return _having(tree, tests)


def _several_legs(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return a SELECT that combines the groups of several facts, each aggregated separately, by UNION ALL.

    No group is lost. Groups with a missing key are combined too.
    """
    union, cells = union_of(plan, dialect, values)
    keys = [aliased(column(key.name, "facts"), key.name) for key in plan.legs[0].keys]

    def cell(leaf: str) -> exp.Expr:
        return call(exp.Max, column(cells[leaf], "facts"))

    def key(name: str) -> exp.Expr:
        return column(name, "facts")

    def is_unknown(output: Output) -> list[exp.Expr]:
        return unknown_tests(output, plan.datasets, dialect, values, key)

    columns = [*keys, *computed_columns(plan, cell, key, is_unknown)]
    if plan.calculations:
        columns += tested_columns(plan, cell, key, is_unknown)
        return select_from(subquery(union, "facts"), columns, keys=len(keys))
    tree = select_from(subquery(union, "facts"), columns, keys=len(keys))
    tests = group_tests(plan, values, lambda output: metric_value(output, plan, cell, key, is_unknown), key)
    return _having(tree, tests)


def _having(tree: exp.Select, tests: list[exp.Expr]) -> exp.Select:
    if tests:
        tree.set("having", exp.Having(this=and_all(tests)))
    return tree
