"""Combine legs by UNION ALL, with null in the columns of other facts, and add periods without rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from semantic.errors import InvalidQuery
from semantic.model.definitions import Aggregation, DataType, Granularity, TypeKind
from semantic.plan.shared_days import DaysTable, share_days
from semantic.plan.tree.fields import All, LegKey, SaidTest, Test
from semantic.plan.tree.fractions import EXCHANGED
from semantic.plan.tree.nodes import AggregateColumn, Filled, Leg, Plan
from semantic.sql.dialects.build_tree import aliased, column, missing, named_table, select_from, subquery
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.legs import LegTree, first_step, lower_plain_leg, where_all
from semantic.sql.rows.scope import Scope
from semantic.sql.rows.spine import Bounds, spine_days
from semantic.sql.rows.windowed_facts import DAY, is_of_date, lower_special_leg

_DOUBLE = DataType(TypeKind.DOUBLE)


def lower_leg(leg: Leg, plan: Plan, dialect: Dialect, values: Values, days: DaysTable | None = None) -> LegTree:
    """Lower a leg. `days`, if given, is a table of rows by day that several legs share."""
    if leg.is_special:
        return lower_special_leg(leg, plan, dialect, values, cell_names(plan), days)
    return lower_plain_leg(leg, plan, dialect, values, days)


def cell_names(plan: Plan) -> dict[str, str]:
    """Return the column name of each leaf where legs are combined. No key has the same name."""
    leaves = [leaf.name for leg in plan.legs for leaf in (*leg.leaves, *leg.of_period)]
    return {leaf: f"_m{index}" for index, leaf in enumerate(leaves)}


def no_cell(leg: Leg, leaf: AggregateColumn, dialect: Dialect) -> exp.Expr:
    """Return the value of a leaf in rows of other legs: a null of the leaf's type."""
    return missing(cell_type(leg, leaf), dialect)


def cell_type(leg: Leg, leaf: AggregateColumn) -> DataType:
    """Return the type of a leaf's column where legs are combined."""
    is_decimal = leaf.in_decimals and leaf.measure.agg is Aggregation.SUM
    return _DOUBLE if leg.averages else EXCHANGED if is_decimal else leaf.measure.type


def union_of(plan: Plan, dialect: Dialect, values: Values) -> tuple[exp.Query, dict[str, str]]:
    """Return the groups of every leg, combined by UNION ALL, and the column name of each leaf.

    A leaf's column is null in rows of other legs.
    """
    if plan.portions:
        return met_portions(plan, (), dialect), cell_names(plan)
    cells = cell_names(plan)
    width = [(leg, leaf) for leg in plan.legs for leaf in (*leg.leaves, *leg.of_period)]
    selects: list[exp.Query] = []
    shared = share_days(plan.legs)
    tables: dict[str, exp.Query] = {
        days.name: first_step(days.leg, Scope(days.leg, plan, dialect, values))
        for days in {share_day.name: share_day for share_day in shared.values()}.values()
    }
    for index, plan_leg in enumerate(plan.legs):
        leg = lower_leg(plan_leg, plan, dialect, values, shared.get(index))
        columns = [
            aliased(leg.aggregate(leaf.name) if owner is plan_leg else no_cell(owner, leaf, dialect), cells[leaf.name])
            for owner, leaf in width
        ]
        select = leg.select([*leg.keys, *columns])
        if plan_leg.filled is None:
            selects.append(select)
            continue
        name = f"_leg{index}"
        tables[name] = select
        names = [*(key.name for key in plan_leg.keys), *cells.values()]
        selects.append(select_from(named_table(name), [aliased(column(key, name), key) for key in names], keys=0))
        selects.append(_periods(plan_leg, plan_leg.filled, name, plan, dialect, values, cells))
    union = selects[0]
    for select in selects[1:]:
        union = exp.Union(this=union, expression=select, distinct=False)
    if tables:
        ctes = [exp.CTE(this=tree, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, tree in tables.items()]
        union.set("with_", exp.With(expressions=ctes))
    return union, cells


def met_portions(plan: Plan, flags: Sequence[str], dialect: Dialect) -> exp.Query:
    """Return the groups from several connections, combined by UNION ALL, each with its keys and `flags`."""
    cells = cell_names(plan)
    names = [*(key.name for key in plan.keys), *flags]
    selects: list[exp.Query] = []
    for portion in plan.portions:
        own = {plan.legs[place].dataset.connection for place in portion.legs}
        columns = [aliased(column(name, portion.table), name) for name in names]
        for leg in plan.legs:
            for leaf in (*leg.leaves, *leg.of_period):
                is_own = leg.dataset.connection in own
                cell = column(cells[leaf.name], portion.table) if is_own else no_cell(leg, leaf, dialect)
                columns.append(aliased(cell, cells[leaf.name]))
        selects.append(select_from(named_table(portion.table), columns, keys=0))
    union = selects[0]
    for select in selects[1:]:
        union = exp.Union(this=union, expression=select, distinct=False)
    return union


def _periods(
    leg: Leg, filled: Filled, name: str, plan: Plan, dialect: Dialect, values: Values, cells: dict[str, str]
) -> exp.Select:
    """Return each period of a leg's days with null values: for each group, or once if no group has it."""
    scope = Scope(leg, plan, dialect, values)
    own = [key for key in leg.keys if key.field == leg.time]
    is_open = filled.spine.dataset is None and (filled.start is None or filled.end is None)
    bounds = _bounds(own, name) if is_open else None
    days = spine_days(filled.spine, filled.start, filled.end, dialect, values, DAY, bounds)
    unit = filled.spine.unit
    # These are the days shown, so they aren't shifted again.
    periods = {
        key.name: scope.shown_of(column(DAY, "days"), replace(key, move_days=0, move_months=0), unit) for key in own
    }
    others = [key.name for key in leg.keys if key.name not in periods]
    outputs = {output.name: output for output in plan.keys}

    def value(key: LegKey) -> exp.Expr:
        if key.name in periods:
            return periods[key.name]
        return column(key.name, "groups") if filled.for_groups else missing(outputs[key.name].type, dialect)

    columns = [aliased(value(key), key.name) for key in leg.keys]
    width = [(plan_leg, leaf) for plan_leg in plan.legs for leaf in (*plan_leg.leaves, *plan_leg.of_period)]
    empty = [aliased(no_cell(owner, leaf, dialect), cells[leaf.name]) for owner, leaf in width]
    tree = select_from(subquery(days, "days"), [*columns, *empty], keys=len(columns))
    tests = [test for test in _said(leg.where) if not test.own or leg.laid is None]
    of_days = [test for test in tests if is_of_date(test, leg)]
    shown = [scope.said_of_day(test, column(DAY, "days"), unit) for test in of_days]
    if not filled.for_groups:
        shown += [_of_no_group(test, leg, scope) for test in tests if _is_of_keys(test, leg)]
    tree = where_all(tree, shown)
    calendars = {key.calendar: scope.calendar_join(key, column(DAY, "days"), unit) for key in own if key.calendar}
    tree.set("joins", [*calendars.values()])
    if filled.for_groups and others:
        groups = select_from(
            named_table(name), [aliased(column(each_name, name), each_name) for each_name in others], keys=len(others)
        )
        tree.append("joins", exp.Join(this=subquery(groups, "groups"), kind="CROSS"))
    if not filled.for_groups and others:
        # A period that some group has isn't shown again.
        same = [exp.EQ(this=column(each_name, name), expression=periods[each_name].copy()) for each_name in periods]
        select = where_all(select_from(named_table(name), [exp.Literal.number(1)], keys=0), same)
        tree = where_all(tree, [*shown, exp.Not(this=exp.Exists(this=select))])
    return tree


def _said(tests: Sequence[Test]) -> Iterator[SaidTest]:
    """Yield the SQL conditions that tests combine with AND."""
    for test in tests:
        if isinstance(test, All):
            yield from _said(test.parts)
        elif isinstance(test, SaidTest) and test.own:
            yield from _apart(test, test.tree)
        elif isinstance(test, SaidTest):
            yield test


def _apart(test: SaidTest, tree: exp.Expr) -> Iterator[SaidTest]:
    """Yield the parts that a metric's condition combines with AND, each with the fields that it reads."""
    whole = tree.unnest()
    if isinstance(whole, exp.And):
        yield from _apart(test, whole.this)
        yield from _apart(test, whole.expression)
    else:
        names = {one.name for one in whole.find_all(exp.Column)}
        yield SaidTest(whole, tuple(field for field in test.fields if field.name in names), test.own)


def _is_of_keys(test: SaidTest, leg: Leg) -> bool:
    """Return whether a condition reads only breakdowns, including one besides the date."""
    fields = {key.field for key in leg.keys}
    return not is_of_date(test, leg) and all(field.field in fields or field.field == leg.time for field in test.fields)


def _of_no_group(test: SaidTest, leg: Leg, scope: Scope) -> exp.Expr:
    """Return a condition for a period without a group, where every breakdown except the date is missing."""
    names = {field.name for field in test.fields if field.field != leg.time}

    def placed(node: exp.Expr) -> exp.Expr:
        return exp.Null() if isinstance(node, exp.Column) and node.name in names else node

    of_days = replace(test, tree=test.tree.copy().transform(placed, copy=False))
    return scope.said_of_day(of_days, column(DAY, "days"))


def _bounds(own: Sequence[LegKey], name: str) -> Bounds:
    """Return a leg's own periods, which limit the shown days if the question has no first or last day.

    Raises InvalidQuery if the dates aren't grouped by a period.
    """
    grained = [key for key in own if key.grain]
    if not grained:
        message = "Showing every period needs a first and a last day, and the question lacks one."
        raise InvalidQuery(f"{message} Choose both.")
    shortest = min(grained, key=lambda key: [*Granularity].index(key.grain or Granularity.YEAR))
    first = shortest.name
    return select_from(named_table(name), [aliased(column(first, name), DAY)], keys=0), lambda tree: tree
