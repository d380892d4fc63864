"""The status of a metric on a day: certified, not certified, own data, certification expired, or deprecated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from semantic.errors import Problem
from semantic.model.definitions import Metric


class Standing(StrEnum):
    """Better ones first. A candidate is a metric that was never certified, and one over own data never can be."""

    CERTIFIED = "certified"
    CANDIDATE = "candidate"
    OWN = "own_data"
    EXPIRED = "expired"
    DEPRECATED = "deprecated"

    @property
    def words(self) -> str:
        """The status as shown on every page: `Not certified`."""
        return _WORDS[self]


_WORDS = {
    Standing.CERTIFIED: "Certified",
    Standing.CANDIDATE: "Not certified",
    Standing.OWN: "Own data",
    Standing.EXPIRED: "Certification expired",
    Standing.DEPRECATED: "Deprecated",
}


def standing(metric: Metric, day: date) -> Standing:
    """Return the status on a day. Deprecation overrides certification from its date."""
    if metric.deprecated is not None and metric.deprecated.since <= day:
        return Standing.DEPRECATED
    if metric.own_data:
        return Standing.OWN
    if metric.certified is None:
        return Standing.CANDIDATE
    return Standing.CERTIFIED if metric.certified.until >= day else Standing.EXPIRED


def replacement(metric: Metric, metrics: Mapping[str, Metric]) -> Metric | None:
    """Return what to use instead of a deprecated metric: the end of its chain of replacements, or None without one."""
    seen, found_metric = {metric.name}, metric
    while found_metric.deprecated is not None and found_metric.deprecated.replaced_by in metrics:
        found_metric = metrics[found_metric.deprecated.replaced_by]
        if found_metric.name in seen:  # a cycle, which no loaded model has
            return None
        seen.add(found_metric.name)
    return found_metric if found_metric.name != metric.name else None


def standing_problems(metric: Metric, metrics: Mapping[str, Metric]) -> Iterator[Problem]:
    """Return the problems with a deprecation: a missing replacement, or a chain of replacements with a cycle."""
    deprecation = metric.deprecated
    if deprecation is None or not deprecation.replaced_by:
        return
    name = deprecation.replaced_by
    if name not in metrics:
        near = get_close_matches(name, sorted(metrics), n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Name a metric that exists, or remove `replaced_by:`."
        message = f"The metric {metric.name!r} is replaced by {name!r}, which is not a metric."
        yield Problem(metric.file, metric.line, message, remedy)
        return
    trail = [metric.name]
    while name not in trail:
        trail.append(name)
        following = metrics[name].deprecated if name in metrics else None
        if following is None or not following.replaced_by:
            return
        name = following.replaced_by
    if name == metric.name:  # a cycle it only leads into is reported there
        circle = " -> ".join((*trail, name))
        message = f"The metric {metric.name!r} is replaced by itself: {circle}."
        yield Problem(metric.file, metric.line, message, "Remove one `replaced_by:`.")
