"""The difference of two shares with Newcombe's interval, which combines the Wilson intervals of both shares.

Every analysis uses this to say whether chance explains a difference. Checking whether two intervals overlap would be
wrong: they can overlap although the difference is more than chance explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, hypot, sqrt

from semantic.display.evidence import wilson

UNLIKELY = 0.05
"""A difference at least this probable is explained by chance."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One share minus another, with the lower and upper end of the difference's 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def difference(part: int, whole: int, other_part: int, other_whole: int) -> Difference | None:
    """Return the difference of two shares, or None if a denominator is 0.

    Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
    method 10: the hybrid score method, without continuity correction.

    >>> found = difference(56, 70, 48, 80)
    >>> (round(found.value, 4), round(found.low, 4), round(found.high, 4)) if found else None
    (0.2, 0.0524, 0.3339)
    """
    mine, other = wilson(part, whole), wilson(other_part, other_whole)
    if mine is None or other is None:
        return None
    share, other_share = part / whole, other_part / other_whole
    apart = share - other_share
    low = apart - hypot(share - mine[0], other[1] - other_share)
    high = apart + hypot(mine[1] - share, other_share - other[0])
    return Difference(apart, low, high)


def is_clear_among(tests: int, part: int, whole: int, other_part: int, other_whole: int) -> bool:
    """Whether chance doesn't explain the difference of two shares, given that so many are compared.

    Newcombe's 95% interval must leave out 0, and the probability by chance must be small after Bonferroni's correction.

    >>> is_clear_among(1, 60, 100, 40, 100), is_clear_among(20, 60, 100, 40, 100)
    (True, False)
    """
    apart = difference(part, whole, other_part, other_whole)
    return apart is not None and apart.is_clear and chance(part, whole, other_part, other_whole) * tests < UNLIKELY


def chance(part: int, whole: int, other_part: int, other_whole: int) -> float:
    """Return the two-sided probability that chance produces such a difference of two shares, using their pooled share.

    >>> round(chance(60, 100, 40, 100), 4), chance(0, 100, 0, 100)
    (0.0047, 1.0)
    """
    pooled = (part + other_part) / (whole + other_whole)
    if not 0 < pooled < 1:
        return 1.0
    spread = sqrt(pooled * (1 - pooled) * (1 / whole + 1 / other_whole))
    return erfc(abs(part / whole - other_part / other_whole) / spread / sqrt(2))
