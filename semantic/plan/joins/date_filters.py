"""Turn filters on a date part, such as the weekday or the hour, or on a calendar period into SQL conditions."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from semantic.errors import InvalidFilter
from semantic.model.definitions import DataType, TypeKind
from semantic.model.expression import Expression
from semantic.query.describe import describe_named
from semantic.query.filter_parts import conditions, sql_conditions
from semantic.query.names import Named, read_name
from semantic.query.query import DATE, AllOf, AnyOf, Condition, Filter, NotAny, Operator, SqlCondition
from semantic.query.resolve import Asked

_COMPARED: dict[Operator, type[exp.Binary]] = {
    Operator.LESS: exp.LT,
    Operator.AT_MOST: exp.LTE,
    Operator.MORE: exp.GT,
    Operator.AT_LEAST: exp.GTE,
}
_INTEGER, _DATE = DataType(TypeKind.INTEGER), DataType(TypeKind.DATE)


def date_filter_sql(part: Condition, named: Named, asked: Asked) -> Expression:
    """Return the condition as SQL on a column that is named after its dimension.

    Negative operators keep rows without a value (decision 26). Raises InvalidFilter for a value or an operator that
    doesn't fit.
    """
    label = describe_named(named, asked.visible)
    kind = _kind(named, asked)
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
        case Operator.BETWEEN | Operator.LESS | Operator.AT_MOST | Operator.MORE | Operator.AT_LEAST:
            wanted = 2 if part.op is Operator.BETWEEN else 1
            if kind.kind is TypeKind.STRING or len(values) != wanted:
                why = "is text, which has no order" if kind.kind is TypeKind.STRING else "is compared with values"
                raise InvalidFilter(f"{label} {why}, so {part.op.value!r} can't be used. Use 'in' or 'not_in'.")
            between = exp.Between(this=place, low=values[0], high=values[-1])
            tests = [between if wanted == 2 else _COMPARED[part.op](this=place, expression=values[0])]
        case _:
            raise InvalidFilter(
                f"{label} can only be matched exactly, so {part.op.value!r} can't be used. Use 'in' or 'not_in'."
            )
    tree = exp.or_(*tests)
    return Expression(tree.sql("duckdb"), tree, (part.dim,))


def date_only_condition(part: Filter, asked: Asked) -> Expression | None:
    """Return a filter on nothing but a metric's own date as one condition on the shown day.

    None for any other filter.
    """
    if not isinstance(part, AllOf | AnyOf | NotAny):
        return None
    tree, names = _tree(part, asked), dict.fromkeys(condition.dim for condition in conditions(part))
    if tree is None or not names:
        return None
    names |= dict.fromkeys(name for condition in sql_conditions(part) for name in condition.condition.columns)
    return Expression(tree.sql("duckdb"), tree, tuple(names))


def _tree(part: Filter, asked: Asked) -> exp.Expr | None:
    match part:
        case Condition(dim):
            named = read_name(dim, asked.visible.model)
            return date_filter_sql(part, named, asked).tree if named.is_grouped and named.dim == DATE else None
        case SqlCondition(condition):
            names = [read_name(column, asked.visible.model).dim for column in condition.columns]
            return condition.tree.copy() if names and all(dim == DATE for dim in names) else None
        case NotAny(inner):
            tree = _tree(inner, asked)
            known = exp.Coalesce(this=exp.Paren(this=tree), expressions=[exp.false()]) if tree else None
            return exp.Not(this=known) if known else None
        case AllOf(parts) | AnyOf(parts):
            trees = [tree for inner_part in parts if (tree := _tree(inner_part, asked)) is not None]
            if len(trees) < len(parts):
                return None
            return exp.and_(*trees) if isinstance(part, AllOf) else exp.or_(*trees)
        case _:
            return None


def _kind(named: Named, asked: Asked) -> DataType:
    """Return the type of values to compare: a whole number for a date part, the first day or the name for a period."""
    if named.part is not None:
        return _INTEGER
    if named.period is None:
        return _DATE
    known = asked.visible.period(named.period)
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
                raise InvalidFilter(
                    f"{value[:40]!r} isn't a date, as {label} needs. Use the form 2026-01-31."
                ) from None
            return exp.Cast(this=exp.Literal.string(day), to=exp.DataType.build("DATE"))
        case _:
            what = "a whole number" if kind.kind is TypeKind.INTEGER else f"a {kind}"
            raise InvalidFilter(f"{str(value)[:40]!r} doesn't fit {label}, which is {what}. Use a value of that type.")
