"""How a metric stands on a day: certified, not certified by anybody, with a certificate that ran out, or deprecated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from semantic.model.definitions import Metric


class Standing(StrEnum):
    """Better ones first. A candidate is a metric that nobody has certified yet."""

    CERTIFIED = "certified"
    CANDIDATE = "candidate"
    EXPIRED = "expired"
    DEPRECATED = "deprecated"

    @property
    def words(self) -> str:
        """As it is written on every page: `Not certified`."""
        return _WORDS[self]

    @property
    def rank(self) -> int:
        """Its place in lists, smaller first: what is deprecated stands last."""
        return _RANKS[self]


_WORDS = {
    Standing.CERTIFIED: "Certified",
    Standing.CANDIDATE: "Not certified",
    Standing.EXPIRED: "Certificate expired",
    Standing.DEPRECATED: "Deprecated",
}
# A certificate that ran out was given once: it stands beside the certified until the owner renews it.
_RANKS = {Standing.CERTIFIED: 0, Standing.EXPIRED: 0, Standing.CANDIDATE: 1, Standing.DEPRECATED: 2}


def standing(metric: Metric, day: date) -> Standing:
    """How it stands on that day: a deprecation outdoes a certificate once its day has come."""
    if metric.deprecated is not None and metric.deprecated.since <= day:
        return Standing.DEPRECATED
    if metric.certified is None:
        return Standing.CANDIDATE
    return Standing.CERTIFIED if metric.certified.until >= day else Standing.EXPIRED


def replacement(metric: Metric, metrics: Mapping[str, Metric]) -> Metric | None:
    """What to use in place of a deprecated metric: the end of the chain of those that replace it; None without one."""
    seen, found = {metric.name}, metric
    while found.deprecated is not None and found.deprecated.replaced_by in metrics:
        found = metrics[found.deprecated.replaced_by]
        if found.name in seen:  # a circle, which no model that was read has
            return None
        seen.add(found.name)
    return found if found.name != metric.name else None
