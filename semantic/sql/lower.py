"""Lower a plan to one tree of SQL: legs aggregated at their own grain, joined by UNION ALL and GROUP BY, then computed.

Nodes are made directly, never parsed from text. The tree is what an expert would write: one SELECT where one fact is
asked about, no join that no key or filter needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from semantic.model.definitions import DataType, Metric, MetricKind, TypeKind
from semantic.plan.nodes import Output, Plan
from semantic.query.query import Order
from semantic.sql.build_tree import aliased, call, cast, column, is_count, number, operand, select_from, subquery
from semantic.sql.dialects import Dialect
from semantic.sql.legs import lower_leg
from semantic.sql.values import Values


@dataclass(frozen=True, slots=True)
class Lowered:
    """The tree of one SELECT, and the values of its parameters in order."""

    tree: exp.Select
    params: tuple[object, ...]


def lower(plan: Plan, dialect: Dialect, *, inline: bool = False) -> Lowered:
    """The tree for `dialect`. `inline` writes values into the text, for reading; secrets stay out either way."""
    values = Values(inline)
    tree = _one_leg(plan, dialect, values) if len(plan.legs) == 1 else _several_legs(plan, dialect, values)
    _order_and_limit(tree, plan)
    return Lowered(tree, tuple(values.params))


def _one_leg(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Keys and metrics straight from one fact's rows."""
    leg = lower_leg(plan.legs[0], plan, dialect, values)
    computed = [aliased(_output(one, plan, leg.aggregate), one.name) for one in plan.outputs if one.metric]
    return leg.select([*leg.keys, *computed])


def _several_legs(plan: Plan, dialect: Dialect, values: Values) -> exp.Select:
    """Each fact aggregated on its own; groups meet by UNION ALL and GROUP BY: none is lost, null meets null."""
    width = [(leg, leaf) for leg in plan.legs for leaf in leg.leaves]
    union: exp.Query | None = None
    for one in plan.legs:
        leg = lower_leg(one, plan, dialect, values)
        cells = [
            aliased(leg.aggregate(leaf.name) if owner is one else cast(exp.Null(), leaf.measure.type), _cell(index))
            for index, (owner, leaf) in enumerate(width)
        ]
        select = leg.select([*leg.keys, *cells])
        union = select if union is None else exp.Union(this=union, expression=select, distinct=False)
    assert union is not None
    where = {leaf.name: _cell(index) for index, (_, leaf) in enumerate(width)}
    keys = [aliased(column(key.name, "facts"), key.name) for key in plan.legs[0].keys]
    computed = [
        aliased(_output(one, plan, lambda leaf: call(exp.Max, column(where[leaf], "facts"))), one.name)
        for one in plan.outputs
        if one.metric
    ]
    return select_from(subquery(union, "facts"), [*keys, *computed], keys=len(keys))


def _cell(index: int) -> str:
    return f"_m{index}"  # no key has such a name


def _output(output: Output, plan: Plan, leaf: Callable[[str], exp.Expr]) -> exp.Expr:
    """A metric's value: exact until here, cast to its type once."""
    assert output.metric is not None
    metrics, leaf_of = dict(plan.metrics), dict(plan.leaves)

    def value(metric: Metric) -> exp.Expr:
        match metric.kind:
            case MetricKind.SIMPLE:
                tree = leaf(leaf_of[metric.name])
            case MetricKind.RATIO:
                top, bottom = (value(metrics[name]) for name in metric.inputs)
                tree = _divide(top, bottom)
            case MetricKind.DERIVED:
                assert metric.expression is not None
                tree = _derive(metric.expression.tree, lambda name: value(metrics[name]))
        filled = metric.fill == 0 and not is_count(tree)
        return call(exp.Coalesce, tree, number(0)) if filled else tree

    tree = value(output.metric)
    return tree if _is_typed(tree, output.type) else cast(tree, output.type)


def _is_typed(tree: exp.Expr, kind: DataType) -> bool:
    """Whether the tree's own type is `kind` already: a quotient, a count, the least or most of text or days."""
    if kind.kind is TypeKind.DOUBLE:
        return isinstance(tree, exp.Div)
    return kind.kind is not TypeKind.INTEGER or is_count(tree)


def _divide(top: exp.Expr, bottom: exp.Expr) -> exp.Expr:
    """A quotient in DOUBLE; by zero it is null."""
    double = DataType(TypeKind.DOUBLE)
    below = call(exp.Nullif, cast(bottom, double), number(0))
    return exp.Div(this=cast(top, double), expression=below, typed=False, safe=False)


def _derive(tree: exp.Expr, value: Callable[[str], exp.Expr]) -> exp.Expr:
    """A derived metric's expression with metrics in place of names. Every division is null by zero and in DOUBLE."""
    double = DataType(TypeKind.DOUBLE)
    match tree:
        case exp.Column():
            return operand(value(tree.name))
        case exp.Div():
            return _divide(_derive(tree.this, value), _derive(tree.expression, value))
        case exp.Mul():
            factors = [cast(_derive(one, value), double) for one in (tree.this, tree.expression)]
            return exp.Mul(this=factors[0], expression=factors[1])
        case _:
            made = tree.copy() if not tree.args else type(tree)()
            for key, part in tree.args.items():
                if isinstance(part, list):
                    parts: list[object] = part  # pyright: ignore[reportUnknownVariableType]
                    made.set(key, [_derive(one, value) if isinstance(one, exp.Expr) else one for one in parts])
                else:
                    made.set(key, _derive(part, value) if isinstance(part, exp.Expr) else part)
            return made


def _order_and_limit(tree: exp.Select, plan: Plan) -> None:
    """By the order asked, missing values last, ties by the keys: the same rows in the same order every time."""
    places = {output.name: index + 1 for index, output in enumerate(plan.outputs)}
    keys = [Order(output.name) for output in plan.outputs if output.metric is None]
    asked = [*plan.order, *keys]
    seen: set[str] = set()
    ordered: list[exp.Expr] = []
    for one in asked:
        if one.by not in seen:
            seen.add(one.by)
            ordered.append(exp.Ordered(this=number(places[one.by]), desc=one.desc, nulls_first=False))
    if ordered and keys:
        tree.set("order", exp.Order(expressions=ordered))
    if plan.limit is not None:
        tree.set("limit", exp.Limit(expression=number(plan.limit)))
