"""The generalized ESD test on the values of Rosner's paper, as computed in NIST's handbook."""

from __future__ import annotations

import pytest

from semantic.alerts.usual import centre_and_spread
from semantic.analyses.unusual.esd import extremes, outliers
from semantic.results.students_t import percentile

# Rosner (1983), also in the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.17.3.
ROSNER = [
    -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69, 1.70,
    1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35, 2.37, 2.40,
    2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64, 5.34, 5.42, 6.01,
]  # fmt: skip


def test_rosners_values_have_three_outliers() -> None:
    found = extremes(ROSNER, 10)
    assert [each.distance for each in found[:3]] == pytest.approx([3.119, 2.943, 3.179], abs=6e-4)
    assert [each.limit for each in found[:3]] == pytest.approx([3.159, 3.151, 3.144], abs=6e-4)
    assert sorted(ROSNER[place] for place in outliers(ROSNER, 10)) == [5.34, 5.42, 6.01]


def test_testing_one_value_at_a_time_would_miss_the_outliers() -> None:
    assert outliers(ROSNER, 1) == frozenset()  # the furthest alone is within its limit: the others hide it


def test_the_judges_own_spread_finds_the_same_values() -> None:
    """Hampel's identifier, which alerts use, finds values more than 3.3 spreads from the median."""
    centre, spread = centre_and_spread(ROSNER)
    # By hand: the two middle values are 2.09 and 2.10, and both middle distances from 2.095 are 0.545.
    assert (centre, spread) == pytest.approx((2.095, 1.4826 * 0.545))
    assert sorted(value for value in ROSNER if abs(value - centre) > 3.3 * spread) == [5.34, 5.42, 6.01]


def test_equal_values_have_no_outliers() -> None:
    assert outliers([2.0] * 20, 5) == frozenset()
    assert outliers([1.0, 2.0], 5) == frozenset()


def test_percentiles_beyond_printed_tables_are_right() -> None:
    # Student's distribution with 1 and 2 degrees has closed forms: tan(pi (p - 1/2)) and (2p - 1) sqrt(2 / (4p (1-p))).
    assert percentile(0.9999, 1) == pytest.approx(3183.0988, rel=1e-6)
    assert percentile(0.999, 2) == pytest.approx(0.998 * (2 / (4 * 0.999 * 0.001)) ** 0.5, rel=1e-9)
