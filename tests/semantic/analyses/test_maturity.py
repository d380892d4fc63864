"""What is still to come, in small triangles computed by hand, and in random ones recomputed cell by cell."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import exp, log, sqrt

import pytest

from semantic.analyses.maturity import Cohort, MaturityInput, MaturityResult, find, share_known

ONE = timedelta(days=1)
FIRST = date(2026, 1, 1)

# Taylor and Ashe (1983), the triangle that chain-ladder papers share: payments by year, cumulative, in thousands.
TAYLOR_ASHE = (
    (357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463),
    (352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085),
    (290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315),
    (310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268),
    (443160, 1136350, 2128333, 2897821, 3402672, 3873311),
    (396132, 1333217, 2180715, 2985752, 3691712),
    (440832, 1288463, 2419861, 3483130),
    (359480, 1421128, 2864498),
    (376686, 1363294),
    (344014,),
)


def test_the_shares_equal_those_of_the_chain_ladder() -> None:
    """Mack (1993) gives the growth factors of this triangle: 3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, …"""
    shares = [share_known(TAYLOR_ASHE, age, 9) for age in range(10)]
    grown = [later / earlier for earlier, later in pairwise(shares) if earlier and later]
    assert [round(each, 4) for each in grown] == [
        3.4906,
        1.7473,
        1.4574,
        1.1739,
        1.1038,
        1.0863,
        1.0539,
        1.0766,
        1.0177,
    ]
    # And its reserves: what the second and the last year still have to come.
    second, last = TAYLOR_ASHE[1][-1], TAYLOR_ASHE[-1][-1]
    assert round(second / (shares[8] or 1) - second) == 94_634
    assert round(last / (shares[0] or 1) - last) == 4_625_811


def weekly(known: Sequence[Sequence[float]], size: float | None = None) -> tuple[Cohort, ...]:
    """Return cohorts of one day each, one a day."""
    return tuple(
        Cohort(first=FIRST + ONE * place, end=FIRST + ONE * (place + 1), known=tuple(row), size=size)
        for place, row in enumerate(known)
    )


def matured(known: Sequence[Sequence[float]], final: int, size: float | None = None) -> MaturityResult:
    return find(MaturityInput(cohorts=weekly(known, size), final=final)).detail


def test_a_young_cohort_reaches_what_earlier_ones_did() -> None:
    found = matured([[10, 20, 40], [20, 40, 80], [5, 10, 20], [6, 12], [8]], 2, size=100)
    assert [(point.age, point.share) for point in found.curve] == [(0, 0.25), (1, 0.5), (2, 1.0)]
    assert [each.expected for each in found.cohorts] == [40, 80, 20, 24, 32]
    assert [each.is_final for each in found.cohorts] == [True, True, True, False, False]
    assert [each.rate for each in found.cohorts[3:]] == [0.12, 0.08]
    assert [each.usual for each in found.cohorts[3:]] == [pytest.approx(70 / 300), pytest.approx(35 / 300)]


def test_two_final_cohorts_are_too_few() -> None:
    found = find(MaturityInput(cohorts=weekly([[1, 2], [2, 4], [3]]), final=1))
    assert found.conclusion == "too_few"
    assert found.reason == "At least 3 cohorts must be final to say what is still to come; there are 2."
    assert [each.expected for each in found.detail.cohorts] == [2, 4, None]


def test_empty_cohorts_do_not_fail() -> None:
    found = matured([[0, 0], [0, 0], [0, 0], [0]], 1)
    assert [each.expected for each in found.cohorts] == [0, 0, 0, None]


def test_a_count_is_never_expected_below_what_is_known() -> None:
    rows = [[100, 101 + place % 3] for place in range(12)] + [[100]]
    young = matured(rows, 1).cohorts[-1]
    assert young.low is not None
    assert young.high is not None
    assert 100 <= young.low <= (young.expected or 0) <= young.high


# Recomputed


def as_of(cells: dict[tuple[int, int], float], then: int) -> dict[tuple[int, int], float]:
    """Return the cells known at the end of day `then`. Cohort 0 is of day 0."""
    return {(cohort, age): value for (cohort, age), value in cells.items() if cohort + 1 + age <= then}


def expected_by_hand(cells: dict[tuple[int, int], float], cohort: int, age: int, final: int) -> float | None:
    value = cells[cohort, age]
    for step in range(age, final):
        both = [each for each, at in cells if at == step and (each, step + 1) in cells]
        both = sorted(both)[-24:]
        before, after = (sum(cells[each, at] for each in both) for at in (step, step + 1))
        if not both or before <= 0 or after <= 0:
            return None
        value *= after / before
    return value


@pytest.mark.parametrize("seed", range(30))
def test_random_triangles_are_recomputed_cell_by_cell(seed: int) -> None:
    chance = random.Random(seed)
    final, count = chance.randint(1, 6), chance.randint(12, 40)
    cells: dict[tuple[int, int], float] = {}
    for cohort in range(count):
        total = 0.0
        for age in range(final + 1):
            total += chance.choice((0, 1, 3, 8, 20)) * (3 if age == 0 else 1)
            if cohort + 1 + age <= count:
                cells[cohort, age] = total
    rows = [[cells[cohort, age] for age in range(final + 1) if (cohort, age) in cells] for cohort in range(count)]
    found = matured(rows, final)
    tested = covered = 0
    ages = {each.cohort.age for each in found.cohorts if not each.is_final}
    finals = [cohort for cohort in range(count) if (cohort, final) in cells][-24:]
    for age in range(final):
        errors: dict[int, float] = {}
        for cohort in finals:
            then = as_of(cells, cohort + 1 + age)
            if sum((other, final) in then for other in range(cohort)) < 3 or cells[cohort, age] <= 0:
                continue
            forecast = expected_by_hand(then, cohort, age, final)
            if forecast:
                errors[cohort] = log(cells[cohort, final] / forecast)
        for each in found.cohorts:
            if each.cohort.age != age:
                continue
            number = (each.cohort.first - FIRST).days
            wanted = expected_by_hand(cells, number, age, final) or None  # nothing grows from 0
            assert each.expected == (pytest.approx(wanted) if wanted is not None else None)
            check_band(each.low, each.high, wanted, cells[number, age], list(errors.values()))
        if age not in ages:
            continue
        for cohort, error in errors.items():
            known = [other for at, other in errors.items() if at + 1 + final <= cohort + 1 + age]
            actual = cells[cohort, final]
            low, high = band_by_hand(actual / exp(error), cells[cohort, age], known)
            if low is not None and high is not None:
                tested += 1
                covered += low <= actual <= high
    assert (found.tested, found.covered) == (tested, covered)


T95 = dict(
    zip(
        range(5, 25),
        (2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725,
         1.721, 1.717, 1.714, 1.711),
        strict=True,
    )
)  # fmt: skip
"""The 95% critical values of Student's distribution, from a printed table."""


def band_by_hand(forecast: float, value: float, errors: Sequence[float]) -> tuple[float | None, float | None]:
    if len(errors) < 5:
        return None, None
    spread = sqrt(sum(error**2 for error in errors) / len(errors))
    reach = T95[len(errors)] * max(spread, sqrt(max(0.0, forecast - value)) / forecast)
    return max(value, forecast * exp(-reach)), forecast * exp(reach)


def check_band(
    low: float | None, high: float | None, wanted: float | None, value: float, errors: Sequence[float]
) -> None:
    ends = band_by_hand(wanted, value, errors) if wanted else (None, None)
    for given, end in zip((low, high), ends, strict=True):
        assert given == (pytest.approx(end, rel=2e-3) if end is not None else None)
