"""Percentiles of Student's t-distribution, for intervals around few numbers."""

from __future__ import annotations

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt
from statistics import NormalDist

Z = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""

_MANY = 200


@lru_cache(maxsize=1_000)  # one entry per group size; there can be many
def student(degrees: int) -> float:
    """Return the 97.5th percentile of Student's distribution.

    >>> round(student(1), 3), round(student(10), 3), round(student(100), 3)
    (12.706, 2.228, 1.984)
    """
    return percentile(0.975, degrees)


@lru_cache(maxsize=1_000)
def percentile(part: float, degrees: int) -> float:
    """Return the value below which the share `part` of Student's distribution lies. `part` is from 0.5 to 1.

    >>> round(percentile(0.975, 10), 3), round(percentile(0.9995, 52), 3)
    (2.228, 3.488)
    """
    if degrees > _MANY:
        return _nearly_normal(Z if part == 0.975 else NormalDist().inv_cdf(part), degrees)
    low, high = 0.0, 13.0
    while _inside(high, degrees) < 2 * part - 1:
        low, high = high, 2 * high
    while high - low > 1e-12 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, degrees) < 2 * part - 1 else (low, middle)
    return (low + high) / 2


def _inside(t: float, degrees: int) -> float:
    """Return the share of Student's distribution between -t and t.

    It uses the finite sums for whole degrees of freedom.
    """
    angle = atan(t / sqrt(degrees))
    term = total = cos(angle) if degrees % 2 else 1.0
    square = cos(angle) ** 2
    for step in range(3 if degrees % 2 else 2, degrees - 1, 2):
        term *= square * (step - 1) / step
        total += term
    if degrees == 1:
        return 2 * angle / pi
    return 2 / pi * (angle + sin(angle) * total) if degrees % 2 else sin(angle) * total


def _nearly_normal(z: float, degrees: int) -> float:
    """Return a percentile of Student's distribution, approximated by the normal one `z` and two correction terms."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / degrees + second / degrees**2
