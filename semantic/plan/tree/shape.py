"""The steps in which a leg's rows are aggregated to groups."""

from __future__ import annotations

from enum import StrEnum


class Shape(StrEnum):
    """The steps in which a leg is aggregated. They don't change any number."""

    PLAIN = "plain"  # join, then aggregate
    JOIN_AFTER = "join_after"  # aggregate by the fact's own columns, join, aggregate again
    DAY_FIRST = "day_first"  # join, aggregate by day, then by the longer period
    MONTHS_FIRST = "months_first"  # aggregate by months as numbers, join what is late, aggregate by periods
    DISTINCT_FIRST = "distinct_first"  # each value once per group, then join by the value and count
