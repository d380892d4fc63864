"""Use a calendar in SQL: join it to days, look up a day's period, or pair the periods of a comparison."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, TypeKind
from semantic.plan.tree.fields import CalendarKey, PeriodsBeside
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    by_code_point,
    call,
    cast,
    column,
    number,
    operand,
    or_any,
    over,
    select_from,
    subquery,
    table_of,
)
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values

_DATE = DataType(TypeKind.DATE)


def days_join(
    calendar_key: CalendarKey, alias: str, dataset: Dataset, day: exp.Expr, dialect: Dialect, values: Values
) -> exp.Join:
    """Return a LEFT JOIN of a calendar by date. No row is repeated, and rows on days outside the calendar remain.

    For a comparison, it's an inner join, which leaves out dates that aren't paired with a day of the question.
    """
    if calendar_key.beside is None:
        same = exp.EQ(this=over(calendar_key.day.sql.tree, alias), expression=operand(day))
        return exp.Join(this=table_of(dataset, alias), side="LEFT", on=same)
    table = subquery(_beside(calendar_key, dataset, dialect, values), alias)
    return exp.Join(this=table, kind="INNER", on=exp.EQ(this=column("day", alias), expression=operand(day)))


def value_of(calendar_key: CalendarKey, alias: str, dialect: Dialect) -> exp.Expr:
    """Return the name of the period in the calendar `alias`. Text is ordered by code point."""
    value = operand(over(calendar_key.value.sql.tree, alias))
    return by_code_point(value, dialect) if calendar_key.value.type.kind is TypeKind.STRING else value


def period_of_day(calendar_key: CalendarKey, alias: str, dataset: Dataset, day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Return a day's period, looked up without a join. A calendar has one row for each day."""
    tree = exp.Select(expressions=[call(exp.Max, value_of(calendar_key, alias, dialect))])
    tree.set("from_", exp.From(this=table_of(dataset, alias)))
    same = exp.EQ(this=over(calendar_key.day.sql.tree, alias), expression=operand(day))
    tree.set("where", exp.Where(this=same))
    return exp.Subquery(this=tree)


def periods_beside(
    calendar_key: CalendarKey, dataset: Dataset, dialect: Dialect, values: Values, begins: date | None
) -> exp.Select:
    """Return the periods that are paired with a day from `begins` on, or with any day if `begins` is None."""
    beside = subquery(_beside(calendar_key, dataset, dialect, values), "beside")
    tree = select_from(beside, [column("period", "beside")], keys=0)
    if begins is not None:
        known = exp.GTE(this=column("day", "beside"), expression=cast(values.add(begins), _DATE))
        tree.set("where", exp.Where(this=known))
    return tree


def _beside(calendar_key: CalendarKey, dataset: Dataset, dialect: Dialect, values: Values) -> exp.Select:
    """Return each day of a comparison with the question's period that it's paired with."""
    beside = calendar_key.beside
    assert beside is not None
    start, end = (cast(values.add(edge), _DATE) for edge in (beside.start, beside.end))
    read, shown = (
        subquery(_numbered(calendar_key, beside, dataset, dialect, values), alias) for alias in ("read", "shown")
    )
    columns = [aliased(column("day", "read"), "day"), aliased(call(exp.Min, column("period", "shown")), "period")]
    tree = exp.Select(expressions=columns)
    tree.set("from_", exp.From(this=subquery(_steps(calendar_key, beside, dataset, values), "steps")))
    moved = exp.Add(this=column("_number", "read"), expression=column("_n", "steps"))
    same: list[exp.Expr] = [
        exp.EQ(this=column("_number", "shown"), expression=moved),
        or_any([
            exp.EQ(this=column("_place", "shown"), expression=column("_place", "read")),
            and_all([
                exp.GTE(this=column("_first", "shown"), expression=start.copy()),
                exp.LT(this=column("_last", "shown"), expression=end.copy()),
            ]),
        ]),
    ]  # fmt: skip
    tree.set("joins", [exp.Join(this=read, kind="CROSS"), exp.Join(this=shown, kind="INNER", on=and_all(same))])
    day = column("day", "shown")
    tests: list[exp.Expr] = [
        exp.GTE(this=day, expression=start),
        exp.LT(this=day.copy(), expression=end),
        exp.NEQ(this=column("_n", "steps"), expression=number(0)),
    ]
    tree.set("where", exp.Where(this=and_all(tests)))
    tree.set("group", exp.Group(expressions=[number(1)]))
    return tree


def _numbered(
    calendar_key: CalendarKey, beside: PeriodsBeside, dataset: Dataset, dialect: Dialect, values: Values
) -> exp.Select:
    """Return each day with its period, the period's number, the day's position in it, and its first and last day."""
    day = over(calendar_key.day.sql.tree, "calendar")
    numbered = operand(over(beside.number.sql.tree, "calendar"))

    def of_period(function: exp.Expr, order: exp.Order | None = None) -> exp.Window:
        return exp.Window(this=function, partition_by=[numbered.copy()], order=order, over="OVER")

    order = exp.Order(expressions=[exp.Ordered(this=day.copy(), desc=False, nulls_first=False)])
    columns = [
        aliased(day, "day"),
        aliased(value_of(calendar_key, "calendar", dialect), "period"),
        aliased(numbered, "_number"),
        aliased(of_period(exp.RowNumber(), order), "_place"),
        aliased(of_period(exp.Min(this=day.copy())), "_first"),
        aliased(of_period(exp.Max(this=day.copy())), "_last"),
    ]
    return select_from(table_of(dataset, "calendar"), columns, keys=0)


def _steps(calendar_key: CalendarKey, beside: PeriodsBeside, dataset: Dataset, values: Values) -> exp.Select:
    """Return one row with the number of periods from the comparison to the question."""

    def numbered(alias: str) -> exp.Expr:
        return operand(over(beside.number.sql.tree, alias))

    def is_on(alias: str, test: type[exp.Binary], day: date) -> exp.Expr:
        return test(this=over(calendar_key.day.sql.tree, alias), expression=cast(values.add(day), _DATE))

    if beside.first is None:
        count = exp.Count(this=exp.Distinct(expressions=[numbered("calendar")]))
        tree = select_from(table_of(dataset, "calendar"), [aliased(count, "_n")], keys=0)
        edges = [is_on("calendar", exp.GTE, beside.partner), is_on("calendar", exp.LT, beside.asked_end)]
        tree.set("where", exp.Where(this=and_all(edges)))
        return tree
    between = exp.Sub(this=numbered("main"), expression=numbered("other"))
    tree = select_from(table_of(dataset, "main"), [aliased(between, "_n")], keys=0)
    at_first = is_on("other", exp.EQ, beside.first)
    tree.set("joins", [exp.Join(this=table_of(dataset, "other"), kind="INNER", on=at_first)])
    tree.set("where", exp.Where(this=is_on("main", exp.EQ, beside.partner)))
    return tree
