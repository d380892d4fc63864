"""Express a metric as one sum of metrics, or as one sum divided by another, so that it can be split by member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from semantic.model.definitions import Additivity, Aggregation, Form, Metric
from semantic.model.expression import parse_expression
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import lower_first
from semantic.results.change import Factor, Formula, Pair

Sum = Mapping[str, Fraction]
"""The factor of each metric in a sum, by name. The name "" is for the constant."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A sum of metrics, or one sum of metrics divided by another."""

    top: Sum
    bottom: Sum | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the metrics to query."""
        return tuple(dict.fromkeys(name for name in (*self.top, *(self.bottom or ())) if name))


def sums_of(metric: Metric, visible: VisibleModel) -> Sums | None:
    """Return the sums that a metric consists of.

    None if it isn't made of sums, or if this actor can't query one of their metrics.
    """
    sums = _of_metric(metric, visible)
    if sums is None or not sums.names or "" in sums.top or "" in (sums.bottom or ()):
        return None  # a constant belongs to no member
    return sums


def _of_metric(metric: Metric, visible: VisibleModel) -> Sums | None:
    if not visible.shows_metric(metric) or metric.fill:
        return None
    if additivity(metric, visible.model) is not Additivity.NONE:
        return Sums({metric.name: Fraction(1)})
    if metric.form not in (Form.RATIO, Form.DERIVED) or metric.where is not None:
        return None
    if any(use.where is not None or use.offset is not None or use.offset_to is not None for use in metric.uses):
        return None
    inputs = [_of_metric(visible.model.metrics[name], visible) for name in metric.inputs]
    if metric.is_ratio:
        return _divided(*inputs)
    assert metric.expression is not None
    return _of_tree(metric.expression.tree, dict(zip([use.name for use in metric.uses], inputs, strict=True)))


def simple_sum(name: str, visible: VisibleModel) -> Sum | None:
    """Return the simple metrics that a metric adds up.

    None if it isn't a sum, or if this actor can't query one of them.
    """
    metric = visible.model.metrics[name]
    if not visible.shows_metric(metric):
        return None
    if metric.is_simple:
        return {name: Fraction(1)}
    if metric.form is not Form.DERIVED or metric.where is not None or metric.expression is None:
        return None
    if any(use.where is not None or use.offset is not None or use.offset_to is not None for use in metric.uses):
        return None
    inputs = {use.name: simple_sum(use.metric, visible) for use in metric.uses}
    known = {use: None if sum_of is None else Sums(sum_of) for use, sum_of in inputs.items()}
    sums = _of_tree(metric.expression.tree, known)
    return sums.top if sums is not None and sums.bottom is None and "" not in sums.top else None


def _of_tree(tree: exp.Expr, known: Mapping[str, Sums | None]) -> Sums | None:
    """Return the sums in a formula, or None. In a sum, a missing number counts as 0, with or without `coalesce`."""
    match tree:
        case exp.Column():
            return known.get(tree.name)
        case exp.Literal() if not tree.is_string:
            return Sums({"": Fraction(tree.name)})
        case exp.Paren():
            return _of_tree(tree.this, known)
        case exp.Neg():
            return _multiplied(Sums({"": Fraction(-1)}), _of_tree(tree.this, known))
        case exp.Coalesce() | exp.Nullif() if is_with_zero(tree):
            return _of_tree(tree.this, known)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            left, right = _of_tree(tree.this, known), _of_tree(tree.expression, known)
        case _:
            return None
    match tree:
        case exp.Add():
            return _added(left, right)
        case exp.Sub():
            return _added(left, _multiplied(Sums({"": Fraction(-1)}), right))
        case exp.Mul():
            return _multiplied(left, right)
        case _:
            return _divided(left, right)


def is_with_zero(tree: exp.Expr) -> bool:
    """Whether an expression is `coalesce(x, 0)` or `nullif(x, 0)`.

    The first counts a missing number as 0, and the second avoids a division by 0.
    """
    others = tree.expressions if isinstance(tree, exp.Coalesce) else [tree.expression]
    return len(others) == 1 and isinstance(others[0], exp.Literal) and others[0].name == "0"


def _added(one: Sums | None, other: Sums | None) -> Sums | None:
    if one is None or other is None:
        return None
    if one.bottom == other.bottom:
        return Sums(_merged(one.top, other.top), one.bottom)
    for constant, ratio in ((one, other), (other, one)):
        if (number := _constant(constant)) is not None and ratio.bottom is not None:
            return Sums(_merged(_times(ratio.bottom, number), ratio.top), ratio.bottom)
    return None


def _multiplied(one: Sums | None, other: Sums | None) -> Sums | None:
    if one is None or other is None:
        return None
    for constant, sums in ((one, other), (other, one)):
        if (number := _constant(constant)) is not None:
            return Sums(_times(sums.top, number), sums.bottom)
    return None


def _divided(one: Sums | None, other: Sums | None) -> Sums | None:
    if one is None or other is None:
        return None
    number = _constant(other)
    if number is not None:
        return Sums(_times(one.top, 1 / number), one.bottom) if number else None
    return Sums(one.top, other.top) if one.bottom == other.bottom else None


def _constant(sums: Sums) -> Fraction | None:
    """Return the value of a sum that contains no metric, or None for any other sum."""
    return sums.top.get("", Fraction(0)) if sums.bottom is None and set(sums.top) <= {""} else None


def _merged(one: Sum, other: Sum) -> Sum:
    return {name: one.get(name, Fraction(0)) + other.get(name, Fraction(0)) for name in (*one, *other)}


def _times(sums: Sum, number: Fraction) -> Sum:
    return {name: weight * number for name, weight in sums.items()}


def formula_of(metric: Metric, visible: VisibleModel) -> Formula | None:
    """Return a metric's formula, or None if it has none or if this actor can't query its metrics separately."""
    if (not metric.uses and not metric.is_ratio) or metric.where is not None or metric.conversion or metric.cumulative:
        return None
    if any(use.where is not None or use.offset is not None or use.offset_to is not None for use in metric.uses):
        return None
    inputs = [visible.model.metrics[name] for name in metric.inputs]
    if not all(visible.shows_metric(one) for one in inputs):
        return None
    nothing = Pair(Fraction(0), Fraction(0))
    factors = tuple(Factor(metric=one.name, label=one.label or one.name, pair=nothing) for one in inputs)
    if metric.is_ratio:
        return Formula(expression=_QUOTIENT, names=("numerator", "denominator"), factors=factors)
    assert metric.expression is not None
    return Formula(expression=metric.expression, names=tuple(use.name for use in metric.uses), factors=factors)


_QUOTIENT = parse_expression("numerator / denominator")


# Why not


def why_no_parts(metric: Metric, visible: VisibleModel) -> str:
    """Return a sentence that explains why the changes of a metric's groups don't add up, for a metric without sums.

    It doesn't mention anything that is hidden from this actor (decision 34).
    """
    name = lower_first(metric.label or metric.name)
    if metric.form is Form.CUMULATIVE:
        return f"Each value of {name} covers days beyond the period, so its parts don't add up."
    if metric.form is Form.CONVERSION:
        return f"A conversion counts for one group, so the parts of {name} don't add up."
    if metric.is_simple:
        measure = measures_of(metric, visible.model)[0]
        if measure.agg in (Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT):
            return f"Groups of {name} can overlap: the same one counts in each, so the parts don't add up."
        if measure.agg in _NO_SUMS:
            return f"{_NO_SUMS[measure.agg]}, so the groups of {name} have no contributions that add up."
    return f"The groups of {name} don't add up to the whole, so their changes aren't contributions."


_NO_SUMS = {
    Aggregation.AVG: "The mean isn't made from metrics of the model",
    Aggregation.MIN: "The least value comes from one row",
    Aggregation.MAX: "The largest value comes from one row",
    Aggregation.MEDIAN: "A median has no parts",
    Aggregation.PERCENTILE: "A percentile has no parts",
}
