"""Columns that say how much data is behind a metric. They're computed like the metric and never shown.

A ratio has its numerator and denominator. A mean has its number of rows and their variance. They're aggregated like the
number itself, including in totals, Other and comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from semantic.model.definitions import Aggregation, DataType, Metric, TypeKind
from semantic.plan.measures.metrics import Parts
from semantic.plan.tree.nodes import Output, Part, Support

_DOUBLE = DataType(TypeKind.DOUBLE)
_COUNT = DataType(TypeKind.INTEGER)


def add_spread(parts: Parts, metrics: Sequence[Metric]) -> Parts:
    """Add the number of values and their variance for each mean that has a minimum number of rows."""
    means = [metric for metric in metrics if _is_mean(metric)]
    if not means:
        return parts
    leaves, needed = [*parts.leaves], dict(parts.metrics)
    leaf_of, asked_by = dict(parts.leaf_of), dict(parts.asked_by)
    for metric in dict.fromkeys(means):
        leaf = next(candidate for candidate in parts.leaves if candidate.name == parts.leaf_of[metric.name])
        rows = replace(leaf.measure, agg=Aggregation.COUNT, type=_COUNT)
        spread = replace(leaf.measure, agg=Aggregation.VARIANCE, type=_DOUBLE)
        for name, measure in ((_rows(metric), rows), (_variance(metric), spread)):
            leaves.append(replace(leaf, name=name, measure=measure))
            needed[name] = replace(metric, name=name, fill=None, enough=None)
            leaf_of[name], asked_by[name] = name, metric.label
    return Parts(tuple(leaves), needed, leaf_of, asked_by)


def support_of(outputs: Sequence[Output], parts: Parts, value: Callable[[Metric, str], Output]) -> Iterator[Support]:
    """Yield the columns for each output whose metric has a minimum of data. `value` returns a metric's output."""
    place = 0
    for output in outputs:
        metric = output.metric
        if metric is None or metric.enough is None:
            continue
        behind: tuple[tuple[Part, str], ...]
        if metric.is_ratio:
            top, bottom = parts.metrics[metric.name].inputs
            behind = (("numerator", top), ("denominator", bottom))
        else:
            behind = (("rows", _rows(metric)), ("variance", _variance(metric)))
        for part, name in behind:
            new_value = value(parts.metrics[name], output.compare)
            made = replace(new_value, name=f"_s{place}", type=_DOUBLE, within=output.within, named=output.named)
            yield Support(part, output.name, made)
            place += 1


def _is_mean(metric: Metric) -> bool:
    return metric.enough is not None and metric.is_simple


def _rows(metric: Metric) -> str:
    return f"{metric.name} rows"  # no metric has a space in its name


def _variance(metric: Metric) -> str:
    return f"{metric.name} variance"
