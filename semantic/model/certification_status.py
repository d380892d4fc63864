"""Determine the certification status of a metric or a named analysis on a day.

Every page and message uses this module, so none of them shows a certification that no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from semantic.errors import Problem
from semantic.model.contract import Certificate
from semantic.model.definitions import Metric
from semantic.model.named_analyses import NamedAnalysis


class CertificationStatus(StrEnum):
    """The certification status of a metric or a named analysis, best first.

    A metric without a certificate is a candidate. A metric over own data can't be certified.
    """

    CERTIFIED = "certified"
    CANDIDATE = "candidate"
    OWN = "own_data"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    DEPRECATED = "deprecated"

    @property
    def words(self) -> str:
        """The status as pages show it, such as `Not certified`."""
        return _WORDS[self]


_WORDS = {
    CertificationStatus.CERTIFIED: "Certified",
    CertificationStatus.CANDIDATE: "Not certified",
    CertificationStatus.OWN: "Own data",
    CertificationStatus.EXPIRED: "Certification expired",
    CertificationStatus.LAPSED: "Certification lapsed",
    CertificationStatus.DEPRECATED: "Deprecated",
}


def certificate(metric: Metric | NamedAnalysis) -> Certificate | None:
    """Return a metric's certificate, even if it has lapsed or expired, or None if there is none."""
    settled, written = metric.contract.settled, metric.certified
    if metric.own_data:
        return None
    if settled is not None:
        return settled.certificate
    return Certificate(written.by, written.until) if written is not None else None


def is_certified(metric: Metric | NamedAnalysis) -> bool:
    """Return whether a metric's certificate counted when its contract was last settled.

    Use this where the current day isn't known, such as in ranking.
    """
    found = certificate(metric)
    return found is not None and not found.lapsed and not found.is_over


def certification_status(metric: Metric | NamedAnalysis, day: date) -> CertificationStatus:
    """Return the certification status on a day. From its date on, a deprecation overrides a certification."""
    if metric.deprecated is not None and metric.deprecated.since <= day:
        return CertificationStatus.DEPRECATED
    if metric.own_data:
        return CertificationStatus.OWN
    found = certificate(metric)
    if found is None:
        return CertificationStatus.CANDIDATE
    if found.lapsed:
        return CertificationStatus.LAPSED
    return CertificationStatus.CERTIFIED if found.until >= day else CertificationStatus.EXPIRED


def why_lapsed(metric: Metric | NamedAnalysis) -> str:
    """Return why a metric's certification lapsed, or "" if it hasn't.

    A reason reads like `the definition changed on 28 Nov 2026`.
    """
    found = certificate(metric)
    return found.lapsed if found is not None else ""


def lapsed_words(metric: Metric | NamedAnalysis) -> str:
    """Return a sentence that says why a metric's certification lapsed, or "" if it hasn't.

    A sentence reads like `Certification lapsed: the definition changed on 28 Nov 2026.`
    """
    why = why_lapsed(metric)
    return f"Certification lapsed: {why}." if why else ""


def replacement(metric: Metric, metrics: Mapping[str, Metric]) -> Metric | None:
    """Return the last metric in a deprecated metric's chain of replacements, or None if there is none."""
    seen, found_metric = {metric.name}, metric
    while found_metric.deprecated is not None and found_metric.deprecated.replaced_by in metrics:
        found_metric = metrics[found_metric.deprecated.replaced_by]
        if found_metric.name in seen:  # a cycle, which no loaded model has
            return None
        seen.add(found_metric.name)
    return found_metric if found_metric.name != metric.name else None


def deprecation_problems(metric: Metric, metrics: Mapping[str, Metric]) -> Iterator[Problem]:
    """Yield a problem for each replacement that doesn't exist or that leads back to the deprecated metric."""
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
    if name == metric.name:  # a cycle that it only leads to is reported there
        circle = " -> ".join((*trail, name))
        message = f"The metric {metric.name!r} is replaced by itself: {circle}."
        yield Problem(metric.file, metric.line, message, "Remove one `replaced_by:`.")
