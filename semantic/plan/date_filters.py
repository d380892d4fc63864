"""Filters on a part of a date, the weekday or the hour, and on a period of a calendar: a condition on what is shown."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from semantic.errors import InvalidFilter
from semantic.model.definitions import DataType, TypeKind
from semantic.model.expression import Expression
from semantic.query.describe import describe_named
from semantic.query.names import Named
from semantic.query.query import Condition, Operator
from semantic.query.resolve import Asked

_COMPARED: dict[Operator, type[exp.Binary]] = {
    Operator.LESS: exp.LT,
    Operator.AT_MOST: exp.LTE,
    Operator.MORE: exp.GT,
    Operator.AT_LEAST: exp.GTE,
}
_INTEGER, _DATE = DataType(TypeKind.INTEGER), DataType(TypeKind.DATE)


def said_of_date(part: Condition, found: Named, asked: Asked) -> Expression:
    """The condition as SQL over its own name. What has no value passes where values are left out (decision D2).

    Raises InvalidFilter for a value or an operator that does not fit.
    """
    label = describe_named(found, asked.visible)
    kind = _kind(found, asked)
    place = exp.column(part.dim)
    values = [_typed(value, kind, label) for value in part.values if value is not None]
    is_missing = exp.Is(this=place.copy(), expression=exp.Null())
    match part.op:
        case Operator.IN:
            tests: list[exp.Expr] = [exp.In(this=place, expressions=values)] if values else []
            tests += [is_missing] if None in part.values or not values else []
        case Operator.NOT_IN:
            left_out: list[exp.Expr] = [exp.Not(this=exp.In(this=place.copy(), expressions=values))] if values else []
            is_there = exp.Not(this=is_missing.copy())
            tests = [exp.and_(*left_out, is_there)] if None in part.values else [*left_out, is_missing]
        case Operator.BETWEEN if len(values) == 2:
            tests = [exp.Between(this=place, low=values[0], high=values[1])]
        case _ if part.op in _COMPARED and len(values) == 1:
            tests = [_COMPARED[part.op](this=place, expression=values[0])]
        case _:
            raise InvalidFilter(f"{label} has no text: {part.op.value!r} cannot be used. Use 'in' or 'not_in'.")
    tree = exp.or_(*tests)
    return Expression(tree.sql("duckdb"), tree, (part.dim,))


def _kind(found: Named, asked: Asked) -> DataType:
    """The type of what is compared: parts are whole numbers, periods begin with a day or are called something."""
    if found.part is not None:
        return _INTEGER
    if found.period is None:
        return _DATE
    known = asked.visible.period(found.period)
    assert known is not None
    table, period = known
    return asked.visible.model.datasets[table.dataset].dimensions[period.dimension].type


def _typed(value: object, kind: DataType, label: str) -> exp.Expr:
    match kind.kind, value:
        case TypeKind.INTEGER, int() if not isinstance(value, bool) and abs(value) < 2**31:
            return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
        case TypeKind.STRING, str():
            return exp.Literal.string(value)
        case TypeKind.DATE, str():
            try:
                day = date.fromisoformat(value).isoformat()
            except ValueError:
                raise InvalidFilter(f"{value[:40]!r} is not a day, for {label}. Write it as 2026-01-31.") from None
            return exp.Cast(this=exp.Literal.string(day), to=exp.DataType.build("DATE"))
        case _:
            what = "a whole number" if kind.kind is TypeKind.INTEGER else f"a {kind}"
            raise InvalidFilter(
                f"{str(value)[:40]!r} does not fit {label}, which is {what}. Write a value of that type."
            )
