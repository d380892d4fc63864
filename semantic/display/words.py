"""A metric's computation in words that a marketer reads, naming only what this person may see."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from semantic.display.format import listed
from semantic.model.definitions import Aggregation, Measure, Metric, MetricKind
from semantic.model.expression import Expression
from semantic.model.model import Model


def formula(metric: Metric, labels: Mapping[str, str], model: Model) -> str:
    """How a metric is computed, without a full stop. `labels` are those of the metrics this person may see.

    "net revenue" over a filter reads: the sum of net sales in orders, where status is not cancelled.
    """
    match metric.kind:
        case MetricKind.SIMPLE:
            where = f", where {condition(metric.filter)}" if metric.filter else ""
            return _aggregate(metric, model) + where
        case MetricKind.RATIO:
            top, bottom = (labels.get(name, "a metric outside your scope") for name in metric.inputs)
            return f"{top} divided by {bottom}; totals divide the totals, nothing is averaged"
        case MetricKind.DERIVED:
            if metric.expression is None or not all(name in labels for name in metric.inputs):
                return "a formula with a metric outside your scope"
            return _computed(metric, metric.expression.tree, labels)


def _aggregate(metric: Metric, model: Model) -> str:
    measure = model.measure(metric.measure)
    what = (measure.label or _spaced(measure.name)).lower()
    dataset = model.datasets[measure.dataset]
    rows = (dataset.label or _spaced(dataset.name)).lower()
    match measure.agg:
        case Aggregation.SUM:
            return f"the sum of {what} in {rows}"
        case Aggregation.COUNT:
            return f"the number of {rows}"
        case Aggregation.COUNT_DISTINCT:
            return f"the number of different {what} in {rows}"
        case Aggregation.APPROX_COUNT_DISTINCT:
            return f"the number of different {what} in {rows}, estimated"
        case Aggregation.MEDIAN | Aggregation.PERCENTILE:
            return f"{percentile_words(measure)} of {what} in {rows}"
        case Aggregation.AVG:
            return f"the average of {what} in {rows}"
        case Aggregation.MIN:
            return f"the smallest {what} in {rows}"
        case Aggregation.MAX:
            return f"the largest {what} in {rows}"
        case Aggregation.VARIANCE:
            return f"the variance of {what} in {rows}"
        case Aggregation.SUM_BOOLEAN:
            return f"the number of {rows} with {what}"


def percentile_words(measure: Measure) -> str:
    """`the median`, `the 95th percentile, estimated,`."""
    said = "the median"
    if measure.agg is Aggregation.PERCENTILE:
        place = f"{100 * measure.percentile:.10g}"
        ending = "th" if "." in place or place[-2:] in ("11", "12", "13") else _ENDINGS.get(place[-1], "th")
        said = f"the {place}{ending} percentile"
    return said + (", estimated," if measure.approximate else "")


_ENDINGS = {"1": "st", "2": "nd", "3": "rd"}


def condition(filter: Expression) -> str:
    """A metric's filter in words; what has no words yet stays as the model writes it.

    >>> from semantic.model.expression import parse_expression
    >>> condition(parse_expression("NOT is_test AND status <> 'cancelled'"))
    'not test and status is not cancelled'
    """
    try:
        return _said(filter.tree)
    except KeyError:
        return filter.text


_COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "is", exp.NEQ: "is not", exp.GT: "is more than", exp.GTE: "is at least", exp.LT: "is less than",
    exp.LTE: "is at most",
}  # fmt: skip


def _said(tree: exp.Expr) -> str:
    """Raises KeyError for a form it has no words for."""
    match tree:
        case exp.And():
            return f"{_said(tree.left)} and {_said(tree.right)}"
        case exp.Or():
            return f"{_said(tree.left)} or {_said(tree.right)}"
        case exp.Paren():
            return _said(tree.this)
        case exp.Column():
            return _flag(tree, holds=True)
        case exp.Not(this=exp.Column() as flag):
            return _flag(flag, holds=False)
        case exp.Not(this=exp.Is(this=exp.Column() as column, expression=exp.Null())):
            return f"{_spaced(column.name)} is known"
        case exp.Is(this=exp.Column() as column, expression=exp.Null()):
            return f"{_spaced(column.name)} is missing"
        case exp.In(this=exp.Column() as column):
            return f"{_spaced(column.name)} is {_either(tree)}"
        case exp.Not(this=exp.In(this=exp.Column() as column) as values):
            return f"{_spaced(column.name)} is not {_either(values)}"
        case exp.Binary(this=exp.Column() as column, expression=exp.Literal() as value):
            return f"{_spaced(column.name)} {_COMPARED[type(tree)]} {value.this}"
        case _:
            raise KeyError(type(tree).__name__)


def _flag(column: exp.Column, *, holds: bool) -> str:
    """is_first_order: "first order", not is_test: "not test", has_consent: "with consent"."""
    kind, _, what = column.name.partition("_")
    words = {"is": ("", "not "), "has": ("with ", "without ")}[kind]
    return words[0 if holds else 1] + _spaced(what)


def _either(values: exp.In) -> str:
    if not values.expressions or not all(isinstance(one, exp.Literal) for one in values.expressions):
        raise KeyError("in")
    return listed(str(one.this) for one in values.expressions).replace(" and ", " or ")


def _computed(metric: Metric, tree: exp.Expr, labels: Mapping[str, str]) -> str:
    try:
        return _arithmetic(tree, labels)
    except KeyError:
        return f"a formula over {listed(labels[name] for name in metric.inputs)}"


_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "\N{MINUS SIGN}", exp.Mul: "×", exp.Div: "÷"}


def _arithmetic(tree: exp.Expr, labels: Mapping[str, str]) -> str:
    """Sums and products of metrics by their labels. A guard against dividing by zero is not said: it gives no value."""
    match tree:
        case exp.Column():
            return labels[tree.name]
        case exp.Literal(is_string=False):
            return f"{float(tree.this):,g}"
        case exp.Paren():
            return f"({_arithmetic(tree.this, labels)})"
        case exp.Nullif():
            return _arithmetic(tree.this, labels)
        case exp.Binary():
            return f"{_arithmetic(tree.left, labels)} {_SIGNS[type(tree)]} {_arithmetic(tree.right, labels)}"
        case _:
            raise KeyError(type(tree).__name__)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
