"""How much stands behind each number of a result: enough to rely on or not, and between which values it lies.

What a metric needs is in the model (`enough`). This is not privacy: small numbers are shown, and marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semantic.result import Result


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one cell rests on. `low` and `high` are the ends of its 95 per cent interval, None where it has none."""

    is_enough: bool
    count: float | None  # what it was counted over: sessions of a rate, orders of a mean; None when not to be shown
    low: float | None = None
    high: float | None = None
    words: str = ""  # "12 of at least 30 sessions"


def evidence(result: Result) -> Mapping[str, tuple[Evidence | None, ...]]:
    """By value column, each row's evidence in the rows' order; metrics that state no need are absent."""
    return {}
