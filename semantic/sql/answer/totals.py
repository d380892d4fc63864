"""Compute totals and Other from rows, never from the numbers shown.

Sums, counts, minima and maxima are first aggregated by the question's keys, and these groups are aggregated again.
Distinct counts, averages and percentiles are computed from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from semantic.model.definitions import Aggregation, DataType, TypeKind
from semantic.plan.rewrites import is_distributive
from semantic.plan.tree.nodes import AggregateColumn, Chosen, Leg, Output, Plan
from semantic.sql.answer.calculations import with_calculations
from semantic.sql.answer.order import GROUPS, OTHER, order_by, total_flag
from semantic.sql.answer.outputs import IsUnknown, metric_value, tested_columns, tested_name
from semantic.sql.answer.union import cell_names, lower_leg, met_portions, no_cell, union_of
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    cast,
    column,
    missing,
    named_table,
    number,
    or_any,
    select_from,
    subquery,
)
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.conditions import group_tests, unknown_tests, window_tests
from semantic.sql.rows.legs import AGAIN, aggregate_cell
from semantic.sql.rows.windowed_facts import DAY, by_day, special_rows

Lower = Callable[[Plan, Dialect, Values], exp.Select]
TOP, FACTS, ANSWER = "_top", "facts", "answer"
_FLAG = DataType(TypeKind.INTEGER)
_COUNTS = (Aggregation.COUNT, Aggregation.SUM_BOOLEAN)


def regroup(plan: Plan, dialect: Dialect, values: Values, lower_plan: Lower) -> exp.Select:
    """Return the SELECT for a whole plan with totals or a top."""
    chosen = chosen_members(plan.chosen, dialect, values, lower_plan) if plan.chosen else None
    if not is_from_rows(plan):
        tree = _from_groups(plan, dialect, values)
    elif len(plan.legs) == 1 and not plan.legs[0].is_special and not plan.portions:
        tree = _from_rows_of_one(plan, dialect, values)
    else:
        tree = _from_rows(plan, dialect, values)
    if plan.calculations:
        tree = with_calculations(tree, plan, dialect, values)
    tree = _finished(tree, plan, values)
    if chosen is not None:
        known_as = exp.TableAlias(this=exp.to_identifier(TOP))
        tree.set("with_", exp.With(expressions=[exp.CTE(this=chosen, alias=known_as)]))
    return tree


def is_from_rows(plan: Plan) -> bool:
    """Return whether totals and Other need rows, because some measure can't be aggregated again from groups.

    Over several connections, a top without Other and totals doesn't need rows, because it only selects groups.
    """
    if plan.portions and plan.chosen is not None and not plan.chosen.other and not plan.totals:
        return False
    return bool(plan.chosen is not None or plan.totals) and not all(is_distributive(leg) for leg in plan.legs)


def chosen_members(chosen: Chosen, dialect: Dialect, values: Values, lower_plan: Lower) -> exp.Select:
    """Return the keys of the members that are shown individually, each with 1 in the column `found`."""
    inner = lower_plan(chosen.plan, dialect, values)
    metric = next(output.name for output in chosen.plan.outputs if output.metric)
    keys = [aliased(column(key, "ranked"), key) for key in chosen.keys]
    alias = aliased(number(1), "found")
    if not chosen.rank:
        return select_from(subquery(inner, "ranked"), [*keys, alias], keys=0)
    inner.set("order", None)
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(key, "groups") for key in chosen.keys if key != chosen.dim],
        order=exp.Order(
            expressions=[
                exp.Ordered(this=column(metric, "groups"), desc=True, nulls_first=False),
                exp.Ordered(this=column(chosen.dim, "groups"), desc=False, nulls_first=False),
            ]
        ),
        over="OVER",
    )
    columns = [aliased(column(key, "groups"), key) for key in chosen.keys]
    ranked = select_from(subquery(inner, "groups"), [*columns, aliased(place, "place")], keys=0)
    tree = select_from(subquery(ranked, "ranked"), [*keys, alias], keys=0)
    tree.set("where", exp.Where(this=exp.LTE(this=column("place", "ranked"), expression=number(chosen.rank))))
    return tree


# From groups: every measure can be aggregated again


def _from_groups(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    if plan.is_alone:
        cells = cell_names(plan)
        leg = lower_leg(plan.legs[0], plan, dialect, values)
        parts = [aliased(leg.aggregate(leaf.name), cells[leaf.name]) for leaf in plan.legs[0].leaves]
        source: exp.Query = leg.select([*leg.keys, *parts])
    else:
        source, cells = union_of(plan, dialect, values)
    columns = list(cells.values())
    return _grouped(source, plan, columns, lambda leaf: _again(leaf, cells[leaf.name], plan), dialect, values)


def _again(leaf: AggregateColumn, cell: str, plan: Plan) -> exp.Expr:
    """Return a partial aggregate, aggregated again. A count in a grand total of no rows is 0, as without keys."""
    # A number that can't be aggregated again only serves to select groups, and each group has one such number.
    tree = AGAIN.get(leaf.measure.agg, exp.Max)(this=column(cell, FACTS))
    filled = any(
        metric.is_simple and metric.fill is not None and dict(plan.leaves).get(name) == leaf.name.split("@")[0]
        for name, metric in plan.metrics
    )
    if () not in plan.totals or leaf.measure.agg not in _COUNTS or filled:
        return tree
    everything = and_all([exp.EQ(this=_grouping(key.name), expression=number(1)) for key in plan.keys])
    return exp.Case(ifs=[exp.If(this=everything, true=call(exp.Coalesce, tree, number(0)))], default=tree.copy())


# From rows


def _from_rows_of_one(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    leg, cells = plan.legs[0], cell_names(plan)
    lowered = lower_leg(leg, plan, dialect, values)
    source = lowered.rows([(leaf, cells[leaf.name]) for leaf in leg.leaves])
    columns = list(cells.values())
    return _grouped(source, plan, columns, lambda leaf: _aggregated(leaf, cells[leaf.name]), dialect, values)


def _from_rows(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Return the answer with each leg grouped from its own rows, including its totals and Other.

    The groups are then combined as in any other answer.
    """
    cells, flags = cell_names(plan), total_flags(plan)
    union = met_portions(plan, flags, dialect) if plan.portions else groups_of_rows(plan, dialect, values)
    keys = [aliased(column(name, FACTS), name) for name in [*(key.name for key in plan.keys), *flags]]

    def cell(leaf: str) -> exp.Expr:
        return call(exp.Max, column(cells[leaf], FACTS))

    def over(key: str) -> exp.Expr:
        return column(total_flag(names.index(key)), FACTS)

    names = [key.name for key in plan.keys]
    return select_from(
        subquery(union, FACTS), [*keys, *_outputs(plan, cell, over, _unknown_in(plan, dialect, values))], keys=len(keys)
    )


def groups_of_rows(plan: Plan, dialect: Dialect, values: Values) -> exp.Query:
    """Return the groups, totals and Other of every leg, combined by UNION ALL. Flags in each row tell them apart."""
    cells = cell_names(plan)
    every = [(owner, leaf) for owner in plan.legs for leaf in owner.leaves]
    union: exp.Query | None = None
    for leg in plan.legs:
        if leg.is_special:
            selects = _sets_of(leg, plan, dialect, values, cells)
        else:
            mine = [cells[leaf.name] for leaf in leg.leaves]
            source, again = _leg_source(leg, plan, dialect, values, cells)
            columns = [
                aliased(again(leaf) if owner is leg else no_cell(owner, leaf, dialect), cells[leaf.name])
                for owner, leaf in every
            ]
            selects = [_regrouped(source, plan, mine, columns)]
        for grouped in selects:
            union = grouped if union is None else exp.Union(this=union, expression=grouped, distinct=False)
    assert union is not None
    return union


def _sets_of(leg: Leg, plan: Plan, dialect: Dialect, values: Values, cells: dict[str, str]) -> list[exp.Select]:
    """Return one SELECT of a special leg by all keys, and one for each total by the keys that it keeps.

    They're separate, because their rows differ.
    """
    rows = special_rows(leg, plan, dialect, values, cells)
    mine = [cells[leaf.name] for leaf in leg.leaves]
    names = [key.name for key in plan.keys]
    outputs = {key.name: key for key in plan.keys}
    selects: list[exp.Select] = []
    for texts in (tuple(names), *plan.totals):
        source: exp.Query = rows.select(texts)
        there = [key.name for key in leg.keys if key.name in texts or key.field != leg.time]
        with_other = plan.chosen is not None and plan.chosen.dim in texts
        if with_other and plan.chosen is not None:
            source = _told_apart(source, plan.chosen, there, [*([DAY] if rows.averages else []), *mine])
        kept_columns = [*texts, *([OTHER] if with_other else [])]
        if rows.averages:
            source = by_day(source, kept_columns, leg, cells, rows)
        keys = [
            aliased(column(name, FACTS) if name in texts else missing(outputs[name].type, dialect), name)
            for name in names
        ]
        if plan.chosen is not None:
            other = column(OTHER, FACTS) if with_other else cast(exp.Null(), _FLAG)
            keys.append(aliased(other, OTHER))
        flags = [
            aliased(number(0 if name in texts else 1), total_flag(index))
            for index, name in enumerate(names)
            if _is_totalled(name, plan)
        ]
        columns = [
            aliased(
                (
                    call(exp.Avg, column(cells[leaf.name], FACTS))
                    if rows.averages
                    else rows.again(leaf, column(cells[leaf.name], FACTS))
                )
                if owner is leg
                else no_cell(owner, leaf, dialect),
                cells[leaf.name],
            )
            for owner in plan.legs
            for leaf in owner.leaves
        ]
        tree = select_from(subquery(source, FACTS), [*keys, *flags, *columns], keys=0)
        if kept_columns:
            tree.set("group", exp.Group(expressions=[column(name, FACTS) for name in kept_columns]))
        selects.append(tree)
    return selects


def _leg_source(
    leg: Leg, plan: Plan, dialect: Dialect, values: Values, cells: dict[str, str]
) -> tuple[exp.Query, Callable[[AggregateColumn], exp.Expr]]:
    lowered = lower_leg(leg, plan, dialect, values)
    if not is_distributive(leg):
        rows = lowered.rows([(leaf, cells[leaf.name]) for leaf in leg.leaves])
        return rows, lambda leaf: _aggregated(leaf, cells[leaf.name])
    parts = [aliased(lowered.aggregate(leaf.name), cells[leaf.name]) for leaf in leg.leaves]
    return lowered.select([*lowered.keys, *parts]), lambda leaf: _again(leaf, cells[leaf.name], plan)


def _aggregated(leaf: AggregateColumn, cell: str) -> exp.Expr:
    return aggregate_cell(leaf.measure, column(cell, FACTS))


# Grouping


def _grouped(
    source: exp.Query,
    plan: Plan,
    cells: Sequence[str],
    again: Callable[[AggregateColumn], exp.Expr],
    dialect: Dialect,
    values: Values,
) -> exp.Select:
    leaves = {leaf.name: leaf for leg in plan.legs for leaf in leg.leaves}
    is_unknown = _unknown_in(plan, dialect, values)
    columns = _outputs(plan, lambda leaf: again(leaves[leaf]), _grouping, is_unknown)
    return _regrouped(source, plan, cells, columns)


def _unknown_in(plan: Plan, dialect: Dialect, values: Values) -> IsUnknown | None:
    """Return the tests for rows without a known day, or None for a single leg, where every row has one.

    A total over dates has no date, so none of the tests is true there.
    """
    if plan.is_alone:
        return None
    return lambda output: unknown_tests(output, plan.datasets, dialect, values, lambda key: column(key, FACTS))


def _outputs(
    plan: Plan, leaf: Callable[[str], exp.Expr], over: Callable[[str], exp.Expr], is_unknown: IsUnknown | None
) -> Sequence[exp.Expr]:
    """Return metrics, their support, and then the values that only filters need.

    A metric that doesn't add up across a key is null in totals and Other over that key. `over` returns a tree that is 1
    in totals over a key.
    """
    outputs = [*(output for output in plan.outputs if output.metric), *plan.beside]
    values = {output.name: metric_value(output, plan, leaf, _key, is_unknown) for output in outputs}
    shown = [aliased(_safe(values[output.name], output, plan, over), output.name) for output in outputs]
    return shown + tested_columns(plan, leaf, _key, is_unknown)


def _key(name: str) -> exp.Expr:
    return column(name, FACTS)


def _safe(value: exp.Expr, output: Output, plan: Plan, over: Callable[[str], exp.Expr]) -> exp.Expr:
    unsafe: list[exp.Expr] = []
    for key in output.within:
        if _is_totalled(key, plan):
            unsafe.append(exp.EQ(this=over(key), expression=number(1)))
        if plan.chosen is not None and plan.chosen.dim == key:
            unsafe.append(exp.EQ(this=column(OTHER, FACTS), expression=number(1)))
    if not unsafe:
        return value
    return exp.Case(ifs=[exp.If(this=or_any(unsafe), true=cast(exp.Null(), output.type))], default=value)


def total_flags(plan: Plan) -> list[str]:
    """Return the names of the columns that say whether a row is Other, and which keys it's a total over."""
    other = [OTHER] if plan.chosen else []
    return other + [total_flag(index) for index, key in enumerate(plan.keys) if _is_totalled(key.name, plan)]


def _is_totalled(key: str, plan: Plan) -> bool:
    return any(key not in total for total in plan.totals)


def _regrouped(source: exp.Query, plan: Plan, cells: Sequence[str], columns: Sequence[exp.Expr]) -> exp.Select:
    """Return keys, flags and then `columns`, grouped from `source`. Members outside the top become Other."""
    table: exp.Expr = subquery(source, FACTS)
    names = [key.name for key in plan.keys]
    if plan.chosen is not None:
        table = subquery(_told_apart(source, plan.chosen, names, cells), FACTS)
    keys = [aliased(column(name, FACTS), name) for name in names]
    other = [aliased(column(OTHER, FACTS), OTHER)] if plan.chosen else []
    totals = [
        aliased(_grouping(name), total_flag(index)) for index, name in enumerate(names) if _is_totalled(name, plan)
    ]
    tree = select_from(table, [*keys, *other, *totals, *columns], keys=0)
    tree.set("group", _group(plan, names))
    return tree


def _grouping(key: str) -> exp.Expr:
    return exp.Grouping(expressions=[column(key, FACTS)])


def _told_apart(source: exp.Query, chosen: Chosen, names: Sequence[str], cells: Sequence[str]) -> exp.Select:
    """Return rows in which members outside the top are Other: their key is null, and `_other` is 1."""
    is_found = exp.EQ(this=column("found", TOP), expression=number(1))
    keys = [
        aliased(
            exp.Case(ifs=[exp.If(this=is_found.copy(), true=column(name, "every"))])
            if name == chosen.dim
            else column(name, "every"),
            name,
        )
        for name in names
    ]
    other = exp.Case(ifs=[exp.If(this=is_found, true=number(0))], default=number(1))
    values = [aliased(column(cell, "every"), cell) for cell in cells]
    tree = select_from(subquery(source, "every"), [*keys, aliased(other, OTHER), *values], keys=0)
    same = [exp.NullSafeEQ(this=column(key, TOP), expression=column(key, "every")) for key in chosen.keys]
    tree.set("joins", [exp.Join(this=named_table(TOP), side="LEFT", on=and_all(list(same)))])
    return tree


def _group(plan: Plan, names: Sequence[str]) -> exp.Group:
    """Return a GROUP BY of all keys, and of the keys that each total keeps. Other is separate if its key is kept."""

    def columns(kept: Sequence[str]) -> list[exp.Expr]:
        with_other = plan.chosen is not None and plan.chosen.dim in kept
        return [column(name, FACTS) for name in [*kept, *([OTHER] if with_other else [])]]

    if not plan.totals:
        return exp.Group(expressions=columns(names))
    sets = [exp.Tuple(expressions=columns(texts)) for texts in (names, *plan.totals)]
    return exp.Group(expressions=[exp.GroupingSets(expressions=sets)])


# Filters on groups, order, limit


def _finished(tree: exp.Select, plan: Plan, values: Values) -> exp.Select:
    """Return the rows to show, in order. Filters and the limit select among groups only, not totals or Other."""
    flags = total_flags(plan)
    names = [output.name for output in plan.outputs] + [calculation.name for calculation in plan.calculations]
    special: list[exp.Expr] = [exp.EQ(this=column(flag, ANSWER), expression=number(1)) for flag in flags]
    tests = group_tests(plan, values, lambda output: column(tested_name(output, plan), ANSWER), None)
    tests = [_unless(special, test) for test in tests]
    tests += _windows(plan, values)
    if plan.chosen is not None and not plan.chosen.other:
        is_other = exp.EQ(this=column(OTHER, ANSWER), expression=number(1))
        tests.append(exp.Not(this=call(exp.Coalesce, exp.Paren(this=is_other), exp.false())))
    columns = [*names, *flags, *(output.name for output in plan.beside)]
    if tests:
        tree = select_from(
            subquery(tree, ANSWER),
            [aliased(column(each_column, ANSWER), each_column) for each_column in columns],
            keys=0,
        )
        tree.set("where", exp.Where(this=and_all(tests)))
    if plan.limit is not None:
        tree, columns = _limited(tree, plan, columns, flags, plan.limit)
    placed = [expression.alias_or_name for expression in tree.expressions]
    tree.set("order", exp.Order(expressions=order_by(plan, placed)))
    return tree


def _windows(plan: Plan, values: Values) -> list[exp.Expr]:
    """Return tests for the periods to show. Totals over the time key have no period, so they pass."""
    names = [key.name for key in plan.keys]
    tests: list[exp.Expr] = []
    for key, test in window_tests(plan, values, lambda key: column(key, ANSWER)):
        flag = column(total_flag(names.index(key)), ANSWER)
        over: list[exp.Expr] = [exp.EQ(this=flag, expression=number(1))] if _is_totalled(key, plan) else []
        tests.append(_unless(over, test))
    return tests


def _unless(special: list[exp.Expr], test: exp.Expr) -> exp.Expr:
    return or_any([*(expression.copy() for expression in special), test]) if special else test


def _limited(
    tree: exp.Select, plan: Plan, columns: list[str], flags: list[str], limit: int
) -> tuple[exp.Select, list[str]]:
    """Return the first `limit` groups with all totals and Other, and their columns.

    The number of groups is added as a column.
    """
    is_special = or_any([exp.EQ(this=column(flag, ANSWER), expression=number(1)) for flag in flags])
    kind = exp.Case(ifs=[exp.If(this=is_special, true=number(1))], default=number(0))
    order = exp.Order(expressions=order_by(plan, columns, ANSWER))
    place = exp.Window(this=exp.RowNumber(), partition_by=[kind], order=order, over="OVER")
    groups = exp.Case(ifs=[exp.If(this=is_special.copy(), true=number(0))], default=number(1))
    counted = exp.Window(this=exp.Sum(this=groups), over="OVER")
    shown = [aliased(column(each_column, ANSWER), each_column) for each_column in columns]
    placed = select_from(
        subquery(tree, ANSWER),
        [*shown, aliased(kind.copy(), "_special"), aliased(place, "_place"), aliased(counted, GROUPS)],
        keys=0,
    )
    kept = [*columns, GROUPS]
    outer = select_from(subquery(placed, ANSWER), [aliased(column(name, ANSWER), name) for name in kept], keys=0)
    within = exp.LTE(this=column("_place", ANSWER), expression=number(limit))
    outer.set(
        "where",
        exp.Where(this=or_any([exp.EQ(this=column("_special", ANSWER), expression=number(1)), within])),
    )
    return outer, kept
