"""Split SQL conditions on a metric of each member, such as `metric_of('orders', 'customer') > 2`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from sqlglot import exp

from semantic.errors import InvalidFilter
from semantic.model.definitions import Metric
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.model import Model
from semantic.query.query import AllOf, AnyOf, Between, ByMember, Filter, NotAny, SqlCondition

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.EQ: "=",
    exp.NEQ: "!=",
}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ALL_DAYS = Between()


def split_member_conditions(condition: Expression) -> Filter:
    """Return a condition as filters: one over all days for each metric of a member, and one for the rest.

    Raises InvalidFilter if a member's metric isn't compared with a number.
    """
    return _filter(condition.tree, condition)


def conditions_in(metrics: Sequence[Metric], model: Model) -> list[Filter]:
    """Return the conditions of metrics and of all their inputs, each split into filters."""
    return [condition for metric in reversed(metrics) for condition in _conditions_of(metric, model)]


def _conditions_of(metric: Metric, model: Model) -> tuple[Filter, ...]:
    if model.metrics.get(metric.name) is not metric:
        return tuple(_find_conditions(metric, model))
    conditions = model.memo.get(("conditions", metric.name))
    if conditions is None:
        conditions = model.memo["conditions", metric.name] = tuple(_find_conditions(metric, model))
    return cast("tuple[Filter, ...]", conditions)


def _find_conditions(metric: Metric, model: Model) -> Iterator[Filter]:
    waiting, seen = [metric], set[str]()
    while waiting:
        current = waiting.pop()
        if current.name in seen:
            continue
        seen.add(current.name)
        for condition in (current.where, *(use.where for use in current.uses)):
            if condition is not None:
                yield split_member_conditions(condition)
        waiting += [model.metrics[name] for name in current.inputs]


def _filter(tree: exp.Expr, expression: Expression) -> Filter:
    if not _reads_members(tree):
        return SqlCondition(expression if tree is expression.tree else _part(tree))
    match tree:
        case exp.Paren():
            return _filter(tree.this, expression)
        case exp.And():
            return AllOf((_filter(tree.this, expression), _filter(tree.expression, expression)))
        case exp.Or():
            return AnyOf((_filter(tree.this, expression), _filter(tree.expression, expression)))
        case exp.Not():
            return NotAny(_filter(tree.this, expression))
        case exp.Between():
            return _compared(tree.this, "between", (tree.args["low"], tree.args["high"]), expression)
        case _ if type(tree) in _OPERATORS:
            op = _OPERATORS[type(tree)]
            if isinstance(tree.this, exp.Anonymous):
                return _compared(tree.this, op, (tree.expression,), expression)
            return _compared(tree.expression, _TURNED.get(op, op), (tree.this,), expression)
        case _:
            raise _not_a_number(expression)


def _compared(metric: exp.Expr, op: str, values: tuple[exp.Expr, ...], expression: Expression) -> ByMember:
    if not isinstance(metric, exp.Anonymous):
        raise _not_a_number(expression)
    name, *roles = [str(node.this) for node in metric.expressions]
    if not roles:
        raise InvalidFilter(
            f"{METRIC_OF}() in {expression.text[:80]!r} names no entity. Add the entity after the metric."
        )
    return ByMember(name, "__".join(roles), op, tuple(_number(node, expression) for node in values), time=_ALL_DAYS)


def _number(tree: exp.Expr, expression: Expression) -> int | float:
    negative = isinstance(tree, exp.Neg)
    literal = tree.this if isinstance(tree, exp.Neg) else tree
    if not isinstance(literal, exp.Literal) or literal.is_string:
        raise _not_a_number(expression)
    value = int(literal.this) if literal.is_int else float(literal.this)
    return -value if negative else value


def _not_a_number(expression: Expression) -> InvalidFilter:
    return InvalidFilter(
        f"{METRIC_OF}() in {expression.text[:80]!r} isn't compared with a number. Use the form {METRIC_OF}(…) > 2."
    )


def _reads_members(tree: exp.Expr) -> bool:
    return any(anonymous.name.lower() == METRIC_OF for anonymous in tree.find_all(exp.Anonymous))


def _part(tree: exp.Expr) -> Expression:
    own = tree.copy()
    names = dict.fromkeys(column.name for column in own.find_all(exp.Column))
    return Expression(own.sql("duckdb"), own, tuple(names))
