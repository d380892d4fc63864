"""Describe a metric's calculation for marketers, using only names that this person can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from semantic.display.format import listed
from semantic.model.definitions import Additivity, Aggregation, Input, Measure, Metric, OverTime
from semantic.model.domains import label_of
from semantic.model.expression import Expression
from semantic.model.kinds import kind_of
from semantic.model.model import Model
from semantic.plan.measures.metrics import additivity
from semantic.plan.time.period_aggregation import timing_of
from semantic.query.describe import lower_first

HIDDEN = "a metric outside your scope"


def formula(metric: Metric, labels: Mapping[str, str], model: Model) -> str:
    """Return how a metric is calculated, without a full stop.

    `labels` has the labels of metrics that this person can see. For example, net revenue with a filter is "the sum of
    net sales in orders, where status is not cancelled".
    """
    if metric.expression is not None and not all(name in labels for name in metric.inputs):
        return f"a formula with {HIDDEN}"
    return kind_of(metric).formula(metric, _Wording(labels, model)) + ("" if metric.is_simple else _of_all(metric))


def domain_of(metric: Metric, model: Model) -> str:
    """Return the label of a metric's domain, or "" for the core."""
    return label_of(metric.domain, model.domains)


def in_domain(metric: Metric, model: Model, text: str) -> str:
    """Return a text about a metric, preceded by the name of its domain: `Field marketing · Ad spend for each lead.`"""
    return " \N{MIDDLE DOT} ".join(part for part in (domain_of(metric, model), text) if part)


@dataclass(frozen=True, slots=True)
class _Wording:
    """Writes the parts of formulas in words that one reader can see."""

    labels: Mapping[str, str]
    model: Model

    def label(self, name: str) -> str:
        return self.labels.get(name, HIDDEN)

    def inside(self, name: str) -> str:
        return lower_first(self.label(name))

    def input(self, metric_input: Input) -> str:
        return _input(metric_input, self.labels)

    def measured(self, metric: Metric) -> str:
        tests = [condition(expression) for expression in (metric.filter, metric.where) if expression]
        of = _aggregate(metric, self.model) + _of_day(self.model.measure(metric.measure))
        return of + (f", where {' and '.join(tests)}" if tests else "")

    def computed(self, metric: Metric) -> str:
        assert metric.expression is not None
        named = {use.name: _input(use, self.labels) for use in metric.uses}
        return _computed(metric, metric.expression.tree, named)


def _of_all(metric: Metric) -> str:
    return f", where {condition(metric.where)}" if metric.where else ""


def adds_words(metric: Metric, model: Model) -> str:
    """Return over what a metric adds up and, if it doesn't add up, how its totals are calculated."""
    timing = timing_of(metric, model)
    if timing.balances and additivity(metric, model) is Additivity.SEMI:
        day = {OverTime.LAST: "the last day counts", OverTime.FIRST: "the first day counts"}
        which = day.get(timing.balances[0], "the average of its days counts")
        return f"over everything but time: for a period, {which}"
    if timing.windows:
        return "never: neighboring values share days, totals are recalculated"
    return _ADDS[additivity(metric, model)]


_ADDS = {
    Additivity.FULL: "over everything",
    Additivity.SEMI: "over everything but time",
    Additivity.NONE: "never: totals are recalculated",
}


def _input(metric_input: Input, labels: Mapping[str, str]) -> str:
    """Return an input of a formula in words.

    `revenue`, `revenue 1 year before`, `revenue at the start of the month`, `revenue where market is DE`.
    """
    words = labels.get(metric_input.metric, HIDDEN)
    if metric_input.where is not None:
        words += f" where {condition(metric_input.where)}"
    if metric_input.offset is not None:
        words += f" {metric_input.offset.words} before"
    if metric_input.offset_to is not None:
        words += f" at the start of the {metric_input.offset_to.words}"
    return words


def modifier_words(around: Sequence[Metric | Input]) -> str:
    """Return how a part of a formula is modified: `28 days to each day`, `1 month before`, `where market is DE`."""
    texts: list[str] = []
    for outer in around:
        if isinstance(outer, Metric) and outer.cumulative is not None:
            rule = outer.cumulative
            day = (
                "the first day"
                if rule.at is OverTime.FIRST
                else "each day"
                if rule.at is OverTime.AVERAGE
                else "the last day"
            )
            name = rule.window.words if rule.window else f"{rule.to_date.words} to date" if rule.to_date else "all time"
            texts.append(f"{name}, to {day}" if rule.window or not rule.to_date else name)
        if isinstance(outer, Input) and outer.offset is not None:
            texts.append(f"{outer.offset.words} before")
        if isinstance(outer, Input) and outer.offset_to is not None:
            texts.append(f"at the start of the {outer.offset_to.words}")
        if outer.where is not None:
            texts.append(f"where {condition(outer.where)}")
    return "; ".join(texts)


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
            return f"the number of unique {what} in {rows}"
        case Aggregation.APPROX_COUNT_DISTINCT:
            return f"the number of unique {what} in {rows}, estimated"
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


def _of_day(measure: Measure) -> str:
    """Return which day of a period counts, for a metric that isn't summed over days. "" for all other metrics."""
    if measure.over_time is None:
        return ""
    if measure.over_time is OverTime.AVERAGE:
        return ", as the average of a period's days"
    text = f" that each {listed(_spaced(dimension) for dimension in measure.per)} has" if measure.per else ""
    return f" on the {measure.over_time.value} day{text or ' of a period'}"


def percentile_words(measure: Measure) -> str:
    """Return a percentile in words: `the median`, or `the 95th percentile, estimated,`."""
    text = "the median"
    if measure.agg is Aggregation.PERCENTILE:
        place = f"{100 * measure.percentile:.10g}"
        ending = "th" if "." in place or place[-2:] in ("11", "12", "13") else _ENDINGS.get(place[-1], "th")
        text = f"the {place}{ending} percentile"
    return text + (", estimated," if measure.approximate else "")


_ENDINGS = {"1": "st", "2": "nd", "3": "rd"}


def condition(filter: Expression) -> str:
    """Return a metric's filter in words. If a filter can't be put into words, it's returned as SQL.

    >>> from semantic.model.expression import parse_expression
    >>> condition(parse_expression("NOT is_test AND status <> 'cancelled'"))
    'it is not test and status is not cancelled'
    """
    try:
        return _condition_words(filter.tree)
    except KeyError:
        return filter.text


_COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "is", exp.NEQ: "is not", exp.GT: "is more than", exp.GTE: "is at least", exp.LT: "is less than",
    exp.LTE: "is at most",
}  # fmt: skip


def _condition_words(tree: exp.Expr) -> str:
    """Return a condition in words. Raises KeyError for a form that isn't supported."""
    match tree:
        case exp.And():
            return f"{_condition_words(tree.left)} and {_condition_words(tree.right)}"
        case exp.Or():
            return f"{_condition_words(tree.left)} or {_condition_words(tree.right)}"
        case exp.Paren():
            return _condition_words(tree.this)
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
    """Return a flag in words: "it is first order" for is_first_order, "it is not test" for not is_test."""
    kind, _, what = column.name.partition("_")
    words = {"is": ("it is ", "it is not "), "has": ("it has ", "it has no ")}[kind]
    return words[0 if holds else 1] + _spaced(what)


def _either(values: exp.In) -> str:
    if not values.expressions or not all(isinstance(expression, exp.Literal) for expression in values.expressions):
        raise KeyError("in")
    return listed(str(expression.this) for expression in values.expressions).replace(" and ", " or ")


def _computed(metric: Metric, tree: exp.Expr, labels: Mapping[str, str]) -> str:
    try:
        return _arithmetic(tree, labels)
    except KeyError:
        return f"a formula over {listed(labels.values())}"


_SIGNS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "\N{MINUS SIGN}", exp.Mul: "×", exp.Div: "÷"}


def _arithmetic(tree: exp.Expr, labels: Mapping[str, str]) -> str:
    """Return arithmetic in words, with the labels of metrics.

    Protection against a division by zero is left out, because it adds no meaning.
    """
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
