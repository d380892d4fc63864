"""Rosner's generalized ESD test: how many of some values are outliers, without assuming how many there are.

Rosner, B. (1983), "Percentage points for a generalized ESD many-outlier procedure", Technometrics 25, 165-172.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from semantic.results.students_t import percentile

CHANCE = 0.05
"""The probability that the test finds an outlier among values without any."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """One value in the order of the test.

    It gives the value's position, its distance in standard deviations, and the limit for outliers.
    """

    place: int
    distance: float
    limit: float


def extremes(values: Sequence[float], most: int, *, chance: float = CHANCE) -> list[Extreme]:
    """Return the `most` extreme values, most extreme first. Each is measured without the values before it."""
    left = list(range(len(values)))
    found: list[Extreme] = []
    for _ in range(min(most, len(values) - 3)):
        chosen = [values[place] for place in left]
        centre, spread = fmean(chosen), stdev(chosen)
        if spread <= 0:
            break
        furthest = max(left, key=lambda place: abs(values[place] - centre))
        count = len(left)
        t = percentile(1 - chance / (2 * count), count - 2)
        limit = (count - 1) * t / sqrt((count - 2 + t * t) * count)
        found.append(Extreme(furthest, abs(values[furthest] - centre) / spread, limit))
        left.remove(furthest)
    return found


def outliers(values: Sequence[float], most: int, *, chance: float = CHANCE) -> frozenset[int]:
    """Return the positions of the outliers. These are all extreme values up to the last one that is beyond its limit.

    >>> sorted(outliers([1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 1.1, 0.9, 9.0], 2))
    [8]
    """
    found = extremes(values, most, chance=chance)
    last = max((place for place, each in enumerate(found) if each.distance > each.limit), default=-1)
    return frozenset(each.place for each in found[: last + 1])
