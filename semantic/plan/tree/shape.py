"""The steps in which the rows of a leg are aggregated to its groups."""

from __future__ import annotations

from enum import StrEnum


class Shape(StrEnum):
    """The steps in which a leg is aggregated, which don't change its numbers."""

    PLAIN = "plain"  # join, then aggregate
    JOIN_AFTER = "join_after"  # aggregate by the fact's own columns, join, aggregate again
    DAY_FIRST = "day_first"  # join, aggregate by day, then by the longer period
    MONTHS_FIRST = "months_first"  # aggregate by months as numbers, join what is late, aggregate by periods
    DISTINCT_FIRST = "distinct_first"  # each value once per group, then join by the value and count
