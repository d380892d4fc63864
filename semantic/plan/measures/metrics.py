"""Break metrics down into the measures that they need, each once per context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import cast

from semantic.model.definitions import Additivity, Form, Input, Measure, Metric
from semantic.model.expression import Expression, parse_expression
from semantic.model.join_graph import JoinPath
from semantic.model.model import Model
from semantic.model.money import is_money
from semantic.model.replace_fields import replace_fields
from semantic.plan.tree.contexts import PLAIN, Base, Context


@dataclass(frozen=True, slots=True)
class MetricLeaf:
    """A measure with a metric's filter in a context. Its name is that of the first metric that needs it.

    `currency` is the metric's currency, or "" if its value isn't money.
    """

    name: str
    measure: Measure
    filter: Expression | None
    context: Context = PLAIN
    currency: str = ""
    thing: JoinPath | None = None  # the path to the key that is counted, instead of a measure


@dataclass(frozen=True)
class Parts:
    """The measures behind the requested metrics.

    `leaves` are these measures in order of first use. `metrics` are all metrics involved, each after its inputs, as
    instances: in another context, a metric has another name. Their `inputs` and `uses` name instances too. `leaf_of`
    has the leaf of each simple metric. `asked_by` has, for each leaf, the label of the first requested metric that
    needs it.
    """

    leaves: tuple[MetricLeaf, ...]
    metrics: dict[str, Metric]
    leaf_of: dict[str, str]
    asked_by: dict[str, str]

    @cached_property
    def adds_own_days(self) -> bool:
        """Whether every measure adds up exactly the question's days, and none reads earlier days or a single day."""
        contexts = [leaf.context for leaf in self.leaves]
        is_of_others = any(context.shifts or context.window or context.base for context in contexts)
        return not is_of_others and all(leaf.measure.over_time is None for leaf in self.leaves)

    def facts_of(self, name: str) -> set[str]:
        """Return the names of the datasets behind a metric."""
        return {leaf.dataset for leaf in self.leaves_of(name)}

    def leaves_of(self, name: str) -> list[Measure]:
        """Return the measures behind a metric."""
        metric = self.metrics[name]
        if metric.is_simple:
            return [leaf.measure for leaf in self.leaves if leaf.name == self.leaf_of[name]]
        return [measure for metric_input in metric.inputs for measure in self.leaves_of(metric_input)]


_PLAIN_ALL: Mapping[str, Context] = MappingProxyType({})
_MOST_KEPT = 2_000
"""The most lists of metrics to cache, because questions can combine metrics in any way."""


def split_metrics(metrics: Sequence[Metric], model: Model, around: Mapping[str, Context] = _PLAIN_ALL) -> Parts:
    """Return the measures behind `metrics`. Two metrics with the same measure, filter and context share a leaf.

    `around` has the context of requested metrics, by name, where it isn't the plain one. Results for the model's own
    metrics are cached, so don't change them.
    """
    if around:
        return _Splitter(model, around).take(metrics)
    if [metric for metric in metrics if model.metrics.get(metric.name) is not metric]:
        return _Splitter(model).take(metrics)
    # The model's cache holds values of any type.
    kept = cast("dict[tuple[str, ...], Parts]", model.memo.setdefault(("parts", ""), {}))
    names = tuple([metric.name for metric in metrics])
    parts = kept.get(names)
    if parts is None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        parts = kept[names] = _Splitter(model).take(metrics)
    return parts


def of_asked(metric: Metric, asked: Metric) -> str:
    """Return the name of a leaf of `metric` that counts the days of the requested metric `asked`."""
    return f"{metric.name} of {asked.name}"


class _Splitter:
    """Breaks metrics down until only simple metrics, ratios and formulas remain.

    A cumulative metric becomes its input in another context. A conversion becomes a count or a ratio of two counts.
    """

    def __init__(self, model: Model, around: Mapping[str, Context] = _PLAIN_ALL) -> None:
        self.model = model
        self.around = around  # by requested metric, if its context isn't plain
        self.leaves: dict[tuple[str, str, Context, str], MetricLeaf] = {}
        self.metrics: dict[str, Metric] = {}
        self.leaf_of: dict[str, str] = {}
        self.asked_by: dict[str, str] = {}
        self.names: dict[tuple[str, Context], str] = {}

    def take(self, metrics: Sequence[Metric]) -> Parts:
        for metric in metrics:
            self._visit(metric, self.around.get(metric.name, PLAIN), metric)
        return Parts(tuple(self.leaves.values()), self.metrics, self.leaf_of, self.asked_by)

    def _visit(self, metric: Metric, around: Context, asked: Metric) -> str:
        """Break a metric down in a context, and return the name that it has there."""
        name = self.names.get((metric.name, around)) or self._visited(metric, around, asked)
        if name != metric.name and name in self.leaf_of and around == self.around.get(asked.name, PLAIN):
            self.leaf_of[of_asked(metric, asked)] = self.leaf_of[name]
        return name

    def _visited(self, metric: Metric, around: Context, asked: Metric) -> str:
        # No metric has a space in its name.
        is_own = around == self.around.get(metric.name, PLAIN)
        name = metric.name if is_own else f"{metric.name} {len(self.names)}"
        self.names[metric.name, around] = name
        inner = around.of_metric(metric)
        match metric.form:
            case Form.SIMPLE:
                formula = metric if name == metric.name else replace_fields(metric, name=name)
                self._leaf(formula, self.model.measure(metric.measure), metric.filter, inner, asked)
            case Form.RATIO | Form.DERIVED:
                formula = self._formula(metric, name, inner, asked)
            case Form.CUMULATIVE:
                formula = _same(metric, name, self._visit(self.model.metrics[metric.inputs[0]], inner, asked))
            case Form.CONVERSION:
                formula = self._conversion(replace(metric, name=name), inner, asked)
        self.metrics[name] = formula
        return name

    def _formula(self, metric: Metric, name: str, inner: Context, asked: Metric) -> Metric:
        names = [self._visit(self.model.metrics[use.metric], inner.of_input(use), asked) for use in metric.uses]
        if name == metric.name and names == [use.metric for use in metric.uses]:
            return metric
        uses = tuple(replace(use, metric=text) for use, text in zip(metric.uses, names, strict=True))
        return replace(metric, name=name, uses=uses, inputs=tuple(names))

    def _conversion(self, metric: Metric, inner: Context, asked: Metric) -> Metric:
        """Return conversions as a metric: their count, or their count divided by all base events."""
        assert metric.conversion is not None
        base, conversion = (self.model.metrics[name] for name in metric.inputs)
        counted = replace(conversion, name=f"{metric.name} conversions", label=metric.label, where=None)
        whole = Base(self.model.measure(base.measure), base.filter, metric.conversion)
        of_base = replace(inner, where=tuple(dict.fromkeys([*inner.where, *([base.where] if base.where else [])])))
        measure = self.model.measure(conversion.measure)
        self._leaf(counted, measure, conversion.filter, replace(of_base, base=whole), asked)
        missing = 0 if self.model.settings.rules.missing_conversions == "zero" else conversion.fill
        self.metrics[counted.name] = replace(counted, fill=missing)
        if metric.conversion.gives == "count":
            if self.model.settings.rules.missing_conversions == "missing":
                # Groups are those of base events, with their fill for a missing value.
                around = Input("base", self._visit(base, inner, asked))
                new_metric = _same(metric, metric.name, counted.name)
                return replace(new_metric, uses=(*new_metric.uses, around), inputs=(*new_metric.inputs, around.metric))
            return _same(metric, metric.name, counted.name)
        below = self._visit(base, inner, asked)
        return replace(metric, conversion=None, inputs=(counted.name, below), uses=())

    def _leaf(
        self, metric: Metric, measure: Measure, where: Expression | None, context: Context, asked: Metric
    ) -> None:
        currency = metric.unit if is_money(metric) else ""
        key = (f"{measure.dataset}.{measure.name}", where.text if where else "", context, currency)
        leaf = self.leaves.setdefault(key, MetricLeaf(metric.name, measure, where, context, currency))
        self.leaf_of[metric.name] = leaf.name
        self.asked_by.setdefault(leaf.name, asked.label)


_VALUE = parse_expression("value")


def _same(metric: Metric, name: str, inner: str) -> Metric:
    """Return a copy of a metric named `name`, with the same value as the metric `inner`."""
    uses = (Input("value", inner),)
    return replace_fields(metric, name=name, expression=_VALUE, inputs=(inner,), uses=uses)


def additivity(metric: Metric, model: Model) -> Additivity:
    """Return whether a metric adds up over all dimensions, over all except time, or over none.

    A simple metric has its measure's additivity. A ratio has none, and a sum of additive metrics is fully additive.
    These have none either: measures with `within`, which add up only across other dimensions, window metrics, offsets,
    conversions, and metrics that fill missing values.
    """
    if metric.fill:
        return Additivity.NONE
    if metric.is_simple:
        measure = model.measure(metric.measure)
        return Additivity.NONE if measure.within else measure.additivity
    if metric.expression is None or not is_sum(metric.expression):
        return Additivity.NONE
    # Over several facts, or rows selected differently, a group can have only one side. It's then missing instead of
    # being a part.
    leaves = split_metrics([metric], model).leaves
    rows = {(leaf.measure.dataset, leaf.filter, leaf.context) for leaf in leaves}
    kinds = {additivity(model.metrics[name], model) for name in metric.inputs}
    shifted = any(leaf.context.shifts or leaf.context.window or leaf.context.base for leaf in leaves)
    return kinds.pop() if len(kinds) == len(rows) == 1 and not shifted else Additivity.NONE


def value_metric(metric: Metric, model: Model) -> Metric | None:
    """Return the simple metric whose value a metric shows, or None if the value is computed."""
    while metric.form is Form.CUMULATIVE:
        metric = model.metrics[metric.inputs[0]]
    if metric.form is Form.CONVERSION and metric.conversion is not None and metric.conversion.gives == "count":
        metric = model.metrics[metric.inputs[1]]
    return metric if metric.is_simple else None


def is_sum(expression: Expression) -> bool:
    """Return whether a formula only adds and subtracts metrics."""
    from_kinds = {type(node).__name__ for node in expression.tree.walk()}
    return from_kinds <= {"Add", "Sub", "Neg", "Paren", "Column", "Identifier"}
