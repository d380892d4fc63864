"""The labels of metrics, dimensions and segments as one actor sees them."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_named, join_words, lower_first
from semantic.query.names import read_name
from semantic.query.query import DATE, ByMember, Condition, Filter, InSegment


def label_of(name: str, seen: VisibleModel) -> str:
    """Return the label of a name, or the name itself if this actor can't see it."""
    if name == DATE:
        return "Date"
    metric = seen.model.metrics.get(name)
    if metric and seen.shows_metric(metric):
        return metric.label
    segment = seen.model.segments.get(name)
    if segment and seen.shows_segment(segment):
        return segment.label
    group = seen.model.dimensions.get(name)
    return group[0].label if group and seen.shows_dimension(group[0]) else name


def is_shown(name: str, seen: VisibleModel) -> bool:
    """Whether this actor can see a metric with that name."""
    metric = seen.model.metrics.get(name)
    return metric is not None and seen.shows_metric(metric)


def listed(names: Sequence[str], seen: VisibleModel) -> str:
    """Return the labels of several names, joined as in a sentence."""
    return join_words([lower_first(label_of(name, seen)) for name in names])


def filter_label(part: Filter, seen: VisibleModel) -> str:
    """Return the label of the dimension, segment or metric that a filter applies to."""
    match part:
        case Condition(dim):
            named = read_name(dim, seen.model)
            return lower_first(describe_named(named, seen)) if named.is_grouped else label_of(dim, seen)
        case InSegment(name):
            segment = seen.model.segments.get(name)
            return segment.label if segment and seen.shows_segment(segment) else name
        case ByMember(metric):
            return label_of(metric, seen)
        case _:
            return "several conditions"
