"""Take metrics apart into the measures they need, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.model.definitions import Additivity, Measure, Metric, MetricKind
from semantic.model.expression import Expression
from semantic.model.model import Model
from semantic.plan.nodes import Leaf


@dataclass(frozen=True, slots=True)
class Parts:
    """`leaves`: (name, measure, filter) in order of first use; `metrics`: all that are needed, inputs before users;
    `leaf_of`: the leaf of each simple metric; `asked_by`: the label of the first asked metric that needs a leaf."""

    leaves: tuple[tuple[str, Measure, Expression | None], ...]
    metrics: dict[str, Metric]
    leaf_of: dict[str, str]
    asked_by: dict[str, str]

    def facts_of(self, name: str) -> set[str]:
        """The datasets that a metric's measures stand in."""
        metric = self.metrics[name]
        if metric.kind is MetricKind.SIMPLE:
            return {metric.measure.partition(".")[0]}
        return {fact for one in metric.inputs for fact in self.facts_of(one)}

    def leaves_of(self, name: str) -> list[Measure]:
        """The measures that a metric is made of."""
        metric = self.metrics[name]
        if metric.kind is MetricKind.SIMPLE:
            return [measure for leaf, measure, _ in self.leaves if leaf == self.leaf_of[name]]
        return [measure for one in metric.inputs for measure in self.leaves_of(one)]


def take_apart(metrics: Sequence[Metric], model: Model) -> Parts:
    """What `metrics` are made of. Two metrics over one measure and filter share a leaf."""
    leaves: dict[tuple[str, str], tuple[str, Measure, Expression | None]] = {}
    needed: dict[str, Metric] = {}
    leaf_of: dict[str, str] = {}

    asked_by: dict[str, str] = {}

    def visit(metric: Metric, asked: Metric) -> None:
        if metric.name in needed:
            return
        for name in metric.inputs:
            visit(model.metrics[name], asked)
        needed[metric.name] = metric
        if metric.kind is MetricKind.SIMPLE:
            same = (metric.measure, metric.filter.text if metric.filter else "")
            leaf = leaves.setdefault(same, (metric.name, model.measure(metric.measure), metric.filter))
            leaf_of[metric.name] = leaf[0]
            asked_by.setdefault(leaf[0], asked.label)

    for metric in metrics:
        visit(metric, metric)
    return Parts(tuple(leaves.values()), needed, leaf_of, asked_by)


def additivity(metric: Metric, model: Model) -> Additivity:
    """Over which dimensions a metric may be summed: as its measure; a ratio never; a sum of additive ones, fully.

    What stays within a dimension adds up over the others alone, so it counts as none.
    """
    if metric.kind is MetricKind.SIMPLE:
        measure = model.measure(metric.measure)
        return Additivity.NONE if measure.within else measure.additivity
    if metric.kind is MetricKind.RATIO or metric.expression is None or not _is_sum(metric.expression):
        return Additivity.NONE
    # Over several facts, or rows chosen differently, a group may have one side only: it is then missing, not a part.
    rows = {(one.measure.dataset, one.filter) for one in _leaves(metric, model)}
    kinds = {additivity(model.metrics[name], model) for name in metric.inputs}
    return kinds.pop() if len(kinds) == len(rows) == 1 else Additivity.NONE


def _leaves(metric: Metric, model: Model) -> list[Leaf]:
    parts = take_apart([metric], model)
    return [Leaf(*leaf) for leaf in parts.leaves]


def _is_sum(expression: Expression) -> bool:
    from_kinds = {type(node).__name__ for node in expression.tree.walk()}
    return from_kinds <= {"Add", "Sub", "Neg", "Paren", "Column", "Identifier"}
