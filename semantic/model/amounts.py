"""Find out whether a metric's value is an amount of money, an amount per unit, or a plain number.

A metric that adds amounts and plain numbers, such as `revenue - 2 * orders`, is only correct in one currency, because
plain numbers are never converted.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.model.definitions import Form, Metric
from semantic.model.model import Model
from semantic.model.money import COUNTS, is_money

MIXED, ANY = "mixed", "any"
Amounts = int | str
"""The power of money in a value: 1 for an amount, 0 for a plain number, -1 for a number per amount.

`MIXED` is a sum of different powers. `ANY` is for 0 and null, which are compatible with every power.
"""


def amounts_in(metric: Metric, model: Model) -> Amounts:
    """Return the power of money in a metric's value: 1 for an amount, 0 for a plain number."""
    return _amounts(metric, model, {})


def _amounts(metric: Metric, model: Model, known: dict[str, Amounts]) -> Amounts:
    """Return the power of money in a metric's value, using and extending the results in `known`."""
    for name in metric.inputs:
        if name not in known:
            known[name] = _amounts(model.metrics[name], model, known)
    inside = [known[name] for name in metric.inputs]
    match metric.form:
        case Form.SIMPLE:
            measure = model.measure(metric.measure)
            is_amount = measure.agg not in COUNTS and (is_money(metric) or bool(measure.currency))
            return (MIXED if metric.fill else 1) if is_amount else 0
        case Form.RATIO:
            return _times(inside[0], inside[1], -1)
        case Form.CUMULATIVE:
            return inside[0]
        case Form.CONVERSION:
            is_count = metric.conversion is not None and metric.conversion.gives == "count"
            return inside[1] if is_count else _times(inside[1], inside[0], -1)
        case Form.DERIVED:
            assert metric.expression is not None
            return _of(metric.expression.tree, dict(zip((use.name for use in metric.uses), inside, strict=True)))


def _of(tree: exp.Expr, inputs: dict[str, Amounts]) -> Amounts:
    match tree:
        case exp.Column():
            return inputs.get(tree.name, 0)
        case exp.Null():
            return ANY
        case exp.Literal():
            return ANY if not tree.is_string and float(tree.this) == 0 else 0
        case exp.Paren() | exp.Neg() | exp.Abs() | exp.Cast() | exp.Round() | exp.Floor() | exp.Ceil() | exp.Nullif():
            return _of(tree.this, inputs)
        case exp.Mul() | exp.Div():
            return _times(_of(tree.left, inputs), _of(tree.right, inputs), -1 if isinstance(tree, exp.Div) else 1)
        case exp.Add() | exp.Sub() | exp.Mod():
            return _alike([_of(tree.left, inputs), _of(tree.right, inputs)])
        case exp.Coalesce():
            return _alike([_of(operand, inputs) for operand in (tree.this, *tree.expressions)])
        case exp.Case():
            branches = [branch.args["true"] for branch in tree.args["ifs"]]
            tests = [_tested(branch.this, inputs) for branch in tree.args["ifs"]]
            default = tree.args.get("default")
            amounts = _alike(
                [_of(branch, inputs) for branch in [*branches, *([default] if default is not None else [])]]
            )
            return amounts if all(tests) else MIXED
        case _:
            found_inputs = [inputs.get(column.name, 0) for column in tree.find_all(exp.Column)]
            return 0 if all(metric_input in (0, ANY) for metric_input in found_inputs) else MIXED


def _tested(test: exp.Expr, inputs: dict[str, Amounts]) -> bool:
    """Return whether every comparison in a condition compares values with the same power of money."""
    pairs = test.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
    return all(_alike([_of(pair.left, inputs), _of(pair.right, inputs)]) != MIXED for pair in pairs)


def _times(left: Amounts, right: Amounts, sign: int) -> Amounts:
    if MIXED in (left, right):
        return MIXED
    if ANY in (left, right):
        return ANY
    assert isinstance(left, int)
    assert isinstance(right, int)
    return left + sign * right


def _alike(parts: list[Amounts]) -> Amounts:
    known = {amounts for amounts in parts if amounts != ANY}
    if not known:
        return ANY
    return known.pop() if len(known) == 1 else MIXED
