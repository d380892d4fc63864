"""The choices for an analysis of events that one person has: metrics whose rows are events, and subjects."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.model.definitions import Granularity, Metric
from semantic.policy.narrow import VisibleModel

FIRST = (
    *("person", "customer", "member", "user", "visitor", "account", "contact", "lead", "subscriber", "household"),
    *("company", "session", "order", "deal"),
)
"""Subjects that people usually analyze, most common first. All others follow, sorted by name."""


def event_metrics(seen: VisibleModel) -> list[Metric]:
    """Return the metrics whose rows can be events, in the model's order: counts and sums of rows with a date."""
    return seen.cached("event metrics", lambda: [metric for metric in seen.metrics if _is_event(metric, seen)])


def subjects_of(metrics: Sequence[str], seen: VisibleModel) -> list[str]:
    """Return the entities that the rows of all these metrics belong to. The most common ones come first."""
    known = [_entities(seen.metric(name), seen) for name in dict.fromkeys(metrics)]
    shared = set.intersection(*known) if known else set[str]()
    return sorted(shared, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))


def shares_a_subject(metric: str, subject: str, seen: VisibleModel) -> bool:
    """Whether a metric's rows belong to a subject."""
    return subject in _entities(seen.metric(metric), seen)


def _is_event(metric: Metric, seen: VisibleModel) -> bool:
    """Whether a metric is a count or sum of rows with a date."""
    if not metric.is_simple or metric.deprecated is not None:
        return False
    measure = seen.model.measure(metric.measure)
    dataset = seen.model.datasets[measure.dataset]
    time = dataset.dimensions[measure.time] if measure.time else None
    if measure.over_time is not None or dataset.forward or time is None or seen.hides_dates(time):
        return False
    return time.days_grain is Granularity.DAY


def _entities(metric: Metric, seen: VisibleModel) -> set[str]:
    """Return the entities whose key a metric's rows have or can look up."""
    measure = seen.model.measure(metric.measure)
    model, found = seen.model, set[str]()
    for target, paths in model.joins.paths(measure.dataset).items():
        if paths:
            found |= {entity.entity for entity in model.datasets[target].entities}
    return found
