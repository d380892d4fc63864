"""A calendar of the model beside days: joined, looked up for one day, or moved by the distance of two days."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, TypeKind
from semantic.plan.nodes import CalendarKey
from semantic.sql.build_tree import (
    aliased,
    by_code_point,
    call,
    cast,
    column,
    number,
    operand,
    over,
    subquery,
    table_of,
)
from semantic.sql.dialects import Dialect
from semantic.sql.values import Values

_DATE = DataType(TypeKind.DATE)


def days_join(
    one: CalendarKey, alias: str, dataset: Dataset, day: exp.Expr, dialect: Dialect, values: Values
) -> exp.Join:
    """A LEFT JOIN of a calendar by a date: it has one row for each, and a date that it lacks stays."""
    if one.partner is None:
        table, theirs = table_of(dataset, alias), over(one.day.sql.tree, alias)
    else:
        table, theirs = subquery(_moved(one, dataset, dialect, values), alias), column("day", alias)
    return exp.Join(this=table, side="LEFT", on=exp.EQ(this=theirs, expression=operand(day)))


def value_of(one: CalendarKey, alias: str, dialect: Dialect) -> exp.Expr:
    """The period, as the calendar under `alias` calls it; text is ordered by code points."""
    value = operand(over(one.value.sql.tree, alias))
    return by_code_point(value, dialect) if one.value.type.kind is TypeKind.STRING else value


def period_of_day(one: CalendarKey, alias: str, dataset: Dataset, day: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The period that a day is in, without a join: a calendar has one row for each day."""
    tree = exp.Select(expressions=[call(exp.Max, value_of(one, alias, dialect))])
    tree.set("from_", exp.From(this=table_of(dataset, alias)))
    same = exp.EQ(this=over(one.day.sql.tree, alias), expression=operand(day))
    tree.set("where", exp.Where(this=same))
    return exp.Subquery(this=tree)


def _moved(one: CalendarKey, dataset: Dataset, dialect: Dialect, values: Values) -> exp.Select:
    """Each day of a comparison with the period it is paired with, as many numbers on as the two first days are."""
    numbers = one.number
    assert numbers is not None

    def numbered(alias: str) -> exp.Expr:
        return operand(over(numbers.sql.tree, alias))

    def starts(alias: str, first: date | None) -> exp.Join:
        at = exp.EQ(this=over(one.day.sql.tree, alias), expression=cast(values.add(first), _DATE))
        return exp.Join(this=table_of(dataset, alias), kind="INNER", on=at)

    moved = exp.Sub(this=exp.Add(this=numbered("own"), expression=numbered("main")), expression=numbered("other"))
    same = exp.EQ(this=numbered("partner"), expression=moved)
    columns = [
        aliased(over(one.day.sql.tree, "own"), "day"),
        aliased(call(exp.Min, value_of(one, "partner", dialect)), "period"),
    ]
    tree = exp.Select(expressions=columns)
    tree.set("from_", exp.From(this=table_of(dataset, "own")))
    paired = exp.Join(this=table_of(dataset, "partner"), kind="INNER", on=same)
    tree.set("joins", [starts("main", one.partner), starts("other", one.first), paired])
    tree.set("group", exp.Group(expressions=[number(1)]))
    return tree
