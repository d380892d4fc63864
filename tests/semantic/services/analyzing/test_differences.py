"""Differences of two shares: Newcombe's published intervals, and how often they contain the true difference."""

from __future__ import annotations

from math import comb

import pytest

from semantic.services.analyzing.differences import difference


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), p. 873-890, table II, method 10 (hybrid score).
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_equals_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = difference(*one, *other)
    assert found is not None
    assert found.value == one[0] / one[1] - other[0] / other[1]
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.is_clear is (low > 0)
    mirrored = difference(*other, *one)
    assert mirrored is not None
    assert (round(mirrored.low, 4), round(mirrored.high, 4)) == (-high, -low)


def test_the_interval_contains_the_true_difference_about_95_times_in_100() -> None:
    """This is over all results of 40 tries that succeed with 30% and 30 tries that succeed with 45%, weighted by
    probability.
    """
    inside = 0.0
    for first in range(41):
        for second in range(31):
            found = difference(first, 40, second, 30)
            assert found is not None
            if found.low <= 0.3 - 0.45 <= found.high:
                inside += _likely(first, 40, 0.3) * _likely(second, 30, 0.45)
    assert 0.94 < inside < 0.97


@pytest.mark.parametrize("shares", [(1, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2)])
def test_a_share_of_no_one_has_no_difference(shares: tuple[int, int, int, int]) -> None:
    assert difference(*shares) is None


def _likely(count: int, tries: int, chance: float) -> float:
    return comb(tries, count) * chance**count * (1 - chance) ** (tries - count)
