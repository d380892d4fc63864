"""Check dimensions that are only for certain measures.

Other measures, broken down by such a dimension, would show shares of the wrong total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from semantic.errors import NotForMetric, Refused
from semantic.model.definitions import Dimension, Measure, Metric
from semantic.model.model import Model
from semantic.plan.joins.joins import find_field
from semantic.policy.narrow import VisibleModel, measures_split
from semantic.query.describe import join_words, lower_first
from semantic.query.names import read_name
from semantic.query.query import DATE, AllOf, AnyOf, Condition, Filter, InSegment, NotAny, SqlCondition
from semantic.query.resolve import Asked

MOST_NAMED = 3
"""The most metrics that a refusal suggests instead."""


def check_only_for(metrics: Sequence[Metric], asked: Asked) -> None:
    """Raise NotForMetric if a breakdown or filter uses a dimension that isn't for one of the metrics' measures.

    Dimensions without a join path are reported elsewhere. Conditions of the metrics themselves aren't checked, because
    their authors decide about those.
    """
    model = asked.visible.model
    bound = _bound(model)
    if not bound:
        return
    keys = [(key.breakdown.dim, key.breakdown.via, "broken down") for key in asked.keys if key.dimensions]
    filters = [(name, via, "filtered") for part in asked.where for name, via in _read(part, model)]
    for name, via, verb in [*keys, *filters]:
        for metric in metrics if name in bound else ():
            for measure in measures_split(metric, model):
                dimension = _reached(measure, asked.visible.places(name), via, asked.visible)
                if dimension is not None:
                    check_dimension(metric, measure, dimension, asked.visible, verb)


def check_dimension(
    metric: Metric, measure: Measure, dimension: Dimension, seen: VisibleModel, verb: str = "broken down"
) -> None:
    """Raise NotForMetric if the dimension is only for other measures."""
    if _fits(measure, dimension):
        return
    others = metrics_for(metric, dimension, seen)
    named = join_words([lower_first(each_metric.label) for each_metric in others[:MOST_NAMED]])
    if not others:
        can = ""
    elif others[0].name in {part.name for part in _parts(metric, seen)}:
        can = f" Of the metrics it's calculated from, only {named} can be."
    else:
        can = f" Only {named} can be." if len(others) <= MOST_NAMED else f" Others can be, such as {named}."
    wrong = "the groups" if verb == "broken down" else "the number"
    message = f"{metric.label} can't be {verb} by {lower_first(dimension.label)}: {wrong} would be misleading.{can}"
    raise NotForMetric(message, names=(metric.label, measure.dataset, dimension.name, dimension.dataset))


def metrics_for(metric: Metric, dimension: Dimension, seen: VisibleModel) -> list[Metric]:
    """Return the metrics that a dimension is for, nearest first.

    These are inputs of `metric` if there are any, and otherwise all metrics that aren't formulas, sorted by how many
    words their labels share with its own.
    """
    words = _words(metric)
    parts = [*_parts(metric, seen)]
    simple = [each_metric for each_metric in seen.metrics if each_metric.is_simple and each_metric.deprecated is None]
    simple.sort(key=lambda each_metric: -len(words & _words(each_metric)))
    for choice in (parts, simple):
        fitting = [
            part for part in choice if all(_fits(measure, dimension) for measure in measures_split(part, seen.model))
        ]
        if fitting:
            return fitting
    return []


def is_barred(metric: Metric, name: str, seen: VisibleModel, via: str | None = None) -> bool:
    """Return whether a metric can't be split by a dimension that its rows do reach."""
    if name not in _bound(seen.model):
        return False
    for measure in measures_split(metric, seen.model):
        dimension = _reached(measure, seen.places(name), via, seen)
        if dimension is not None and not _fits(measure, dimension):
            return True
    return False


def _bound(model: Model) -> frozenset[str]:
    """Return the names of the dimensions that are only for certain measures."""
    bound = model.memo.get(("dimensions", "only_for"))
    if not isinstance(bound, frozenset):
        bound = frozenset(
            name for name, group in model.dimensions.items() if any(dimension.only_for for dimension in group)
        )
        model.memo["dimensions", "only_for"] = bound
    return bound  # pyright: ignore[reportUnknownVariableType]


def _fits(measure: Measure, dimension: Dimension) -> bool:
    return not dimension.only_for or f"{measure.dataset}.{measure.name}" in dimension.only_for


def _reached(measure: Measure, group: Sequence[Dimension], via: str | None, seen: VisibleModel) -> Dimension | None:
    """Return the dimension that a measure's rows reach, or None if there is no path or more than one."""
    if not group:
        return None
    try:
        return find_field(seen.model.datasets[measure.dataset], group, via, seen, "").dimension
    except Refused:
        return None


def _words(metric: Metric) -> set[str]:
    return {*re.findall(r"\w+", metric.label.casefold())}


def _parts(metric: Metric, seen: VisibleModel) -> Iterator[Metric]:
    """Yield a metric's inputs that the actor can see, nearest first."""
    waiting, known = [metric], {metric.name}
    while waiting:
        names = dict.fromkeys(name for each_metric in waiting for name in each_metric.inputs if name not in known)
        known |= set(names)
        waiting = [shown_metric for name in names if seen.shows_metric(shown_metric := seen.model.metrics[name])]
        yield from waiting


def _read(part: Filter, model: Model) -> Iterator[tuple[str, str | None]]:
    """Yield the dimensions that a filter reads, each with its path.

    Segments and metrics of members aren't included, because they select members instead of rows.
    """
    match part:
        case Condition():
            named = read_name(part.dim, model)
            yield named.dim, part.via or named.via
        case SqlCondition(condition):
            for text in condition.columns:
                named = read_name(text, model)
                if named.dim != DATE:
                    yield named.dim, named.via
        case AllOf(parts) | AnyOf(parts):
            for inner_part in parts:
                yield from _read(inner_part, model)
        case NotAny(inner):
            yield from _read(inner, model)
        case InSegment() | _:
            return
