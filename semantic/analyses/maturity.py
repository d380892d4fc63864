"""Estimate which share of a final number is known after some days, and what growing numbers will reach.

curve       how much a cohort's number grows from one age to the next, over all cohorts old enough for both
            (development factors, as in the chain-ladder method); multiplied, they give the share known at each age
expected    the number known so far, divided by that share
band        the errors of the same expectation for earlier cohorts at the same age, from the data known at the time
coverage    for how many earlier cohorts the final number was within a band made in the same way
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import exp, log, sqrt
from statistics import fmean
from typing import Final

from semantic.analyses.analysis import Analysis, Finding
from semantic.results.students_t import percentile

FEWEST_FINAL: Final = 3
"""The fewest final cohorts that a curve needs."""

FEWEST_ERRORS: Final = 5
"""The fewest earlier expectations that a band needs."""

NEWEST: Final = 24
"""The most cohorts that a curve is made from. The newest ones that are old enough are used."""

TESTED: Final = 24
"""The most earlier cohorts on which an expectation is tested."""

COVERS: Final = 0.9
"""The share of cases in which a band should contain the final number."""


class Conclusion(StrEnum):
    """The possible conclusions about cohorts that are still growing."""

    EXPECTED = "expected"
    ALL_FINAL = "all_final"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """One cohort, for the days [first, end). `size` is the number of subjects or things that began, None if unknown.

    `known` has the cohort's number after 0, 1, … days, up to the age that all of its days have reached.
    """

    first: date
    end: date
    known: tuple[float, ...]
    size: float | None = None

    @property
    def age(self) -> int:
        """The age in days that all of the cohort's days have reached. It's -1 if a day hasn't reached age 0."""
        return len(self.known) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityInput:
    """Cohorts in chronological order. Their numbers are final after `final` days."""

    cohorts: tuple[Cohort, ...]
    final: int
    is_count: bool = True


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The share of the final number known after `age` days, and its band for a single cohort, if there is one.

    `cohorts` is the number of cohorts that are old enough.
    """

    age: int
    share: float
    low: float | None
    high: float | None
    cohorts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowingCohort:
    """A cohort with its number so far and the expected final number.

    There is a band if enough earlier cohorts were tested. `rate` is the number divided by the cohort's size. `usual` is
    the mean of earlier final cohorts at the same age, divided by their sizes if these are known.
    """

    cohort: Cohort
    value: float
    expected: float | None
    low: float | None
    high: float | None
    is_final: bool
    rate: float | None
    usual: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityResult:
    """The complete result.

    `tested` earlier expectations had a band, and for `covered` of them the final number was in it.
    """

    final: int
    curve: tuple[CurvePoint, ...]
    cohorts: tuple[GrowingCohort, ...]
    finals: int
    tested: int
    covered: int

    def half_known(self) -> int | None:
        """Return the first age at which at least half of the final number is known, or None."""
        return next((point.age for point in self.curve if point.share >= 0.5), None)


def find(given: MaturityInput) -> Finding[MaturityResult]:
    """Return the numbers that growing cohorts are expected to reach. The figures are numbers of cohorts."""
    work = _Work(given)
    grown = tuple(work.grown(cohort) for cohort in given.cohorts if cohort.age >= 0)
    finals = sum(each.is_final for each in grown)
    young = [each for each in grown if not each.is_final]
    tested, covered = work.coverage(sorted({each.cohort.age for each in young}))
    detail = MaturityResult(
        final=given.final, curve=work.curve(), cohorts=grown, finals=finals, tested=tested, covered=covered
    )  # fmt: skip
    if finals < FEWEST_FINAL:
        conclusion = Conclusion.TOO_FEW
        reason = f"At least {FEWEST_FINAL} cohorts must be final to say what is still to come; there are {finals}."
    elif any(each.expected is not None for each in young):
        conclusion, reason = Conclusion.EXPECTED, f"The curve is made from up to {NEWEST} cohorts."
    else:
        conclusion, reason = Conclusion.ALL_FINAL, "All cohorts are final."
    figures = {"finals": float(finals), "tested": float(tested), "covered": float(covered)}
    return Finding(conclusion=conclusion, reason=reason, figures=figures, detail=detail)


MATURITY = Analysis(
    name="maturity", question="What is still to come?", given=MaturityInput, conclusions=Conclusion, find=find
)


def share_known(cohorts: Sequence[Sequence[float]], age: int, final: int) -> float | None:
    """Return the share of the final number known at an age, based on cohorts' numbers by age.

    For each step from one age to the next, the sums over the newest cohorts that are old enough for both are divided.
    None if a step has no such cohort, or if either sum isn't positive.

    >>> share_known([[10, 15, 20], [10, 25]], 0, 2)  # 40 / 20 in the first step, 20 / 15 in the second
    0.375
    """
    share = 1.0
    for step in range(age, final):
        old = [known for known in cohorts if len(known) > step + 1][-NEWEST:]
        before, after = sum(known[step] for known in old), sum(known[step + 1] for known in old)
        if not old or before <= 0 or after <= 0:
            return None
        share *= before / after
    return share


class _Work:
    def __init__(self, given: MaturityInput) -> None:
        self.final, self.is_count = given.final, given.is_count
        self.cohorts = given.cohorts
        self.known = [cohort.known[: given.final + 1] for cohort in given.cohorts]
        self.is_enough = sum(cohort.age >= given.final for cohort in given.cohorts) >= FEWEST_FINAL
        self._errors: dict[int, list[tuple[int, float, float]]] = {}
        self._shares: dict[int, float | None] = {}

    def grown(self, cohort: Cohort) -> GrowingCohort:
        is_final = cohort.age >= self.final
        age = min(cohort.age, self.final)
        value = cohort.known[age]
        share = self.share(age)
        expected = value if is_final else value / share if share and value > 0 and self.is_enough else None
        low = high = value if is_final else None
        if expected is not None and not is_final:
            low, high = self._ends(value, expected, [error for _, error, _ in self.errors(age)])
        return GrowingCohort(
            cohort=cohort, value=value, expected=expected, low=low, high=high, is_final=is_final,
            rate=value / cohort.size if cohort.size else None, usual=self._usual(cohort, age),
        )  # fmt: skip

    def curve(self) -> tuple[CurvePoint, ...]:
        if not self.is_enough:
            return ()
        points: list[CurvePoint] = []
        for age in range(self.final + 1):
            share = self.share(age)
            if share is None:
                continue
            # If a cohort's final number is above the expected one, its known share was smaller.
            errors = [error for _, error, _ in self.errors(age)]
            ends = _band(errors) if age < self.final else None
            low, high = (share / exp(ends[1]), share / exp(ends[0])) if ends is not None else (None, None)
            count = sum(len(known) > age for known in self.known)
            points.append(CurvePoint(age, share, low, high, count))
        return tuple(points)

    def coverage(self, ages: Sequence[int]) -> tuple[int, int]:
        """Return the number of tested bands at these ages, and the number of those that contained the final number.

        Each band is made from the data known at the time, which are the earlier cohorts that were final by that day.
        """
        tested = covered = 0
        for age in ages:
            errors = self.errors(age)
            for place, error, value in errors:
                then = self.cohorts[place].end.toordinal() + age
                earlier = [other for at, other, _ in errors if self.cohorts[at].end.toordinal() + self.final <= then]
                final = self.known[place][self.final]
                low, high = self._ends(value, final / exp(error), earlier)
                if low is None or high is None:
                    continue
                tested += 1
                covered += low <= final <= high
        return tested, covered

    def share(self, age: int) -> float | None:
        if age not in self._shares:
            self._shares[age] = share_known(self.known, age, self.final)
        return self._shares[age]

    def errors(self, age: int) -> list[tuple[int, float, float]]:
        """Return the errors of the expectations at this age, for the newest final cohorts.

        Each item has the position of the cohort, the error on the log scale, and the cohort's number at this age.
        """
        if age not in self._errors:
            places = [place for place, known in enumerate(self.known) if len(known) > self.final][-TESTED:]
            found = ((place, self._error(place, age)) for place in places)
            self._errors[age] = [(place, error, self.known[place][age]) for place, error in found if error is not None]
        return self._errors[age]

    def _error(self, place: int, age: int) -> float | None:
        then = self.cohorts[place].end.toordinal() + age
        seen = [
            known[: max(0, then - cohort.end.toordinal() + 1)]
            for cohort, known in zip(self.cohorts[:place], self.known[:place], strict=True)
        ]
        if sum(len(known) > self.final for known in seen) < FEWEST_FINAL:
            return None
        share = share_known(seen, age, self.final)
        value, final = self.known[place][age], self.known[place][self.final]
        if not share or value <= 0 or final <= 0:
            return None
        return log(final / (value / share))

    def _ends(self, value: float, expected: float, errors: Sequence[float]) -> tuple[float | None, float | None]:
        """Return the ends of an expected number's band, or None for both if there is no band.

        The band of a count never starts below the count so far.
        """
        if expected <= 0:
            return None, None
        chance = sqrt(max(0.0, expected - value)) / expected if self.is_count else 0.0
        ends = _band(errors, chance)
        if ends is None:
            return None, None
        low, high = expected * exp(ends[0]), expected * exp(ends[1])
        return (max(low, value) if self.is_count else low), high

    def _usual(self, cohort: Cohort, age: int) -> float | None:
        """Return the mean of earlier final cohorts at this age, or None if there are too few.

        If their sizes are known, their numbers are divided by their sizes.
        """
        earlier = [
            each
            for each in self.cohorts
            if each.first < cohort.first and each.age >= self.final and (cohort.size is None or each.size)
        ][-NEWEST:]
        if len(earlier) < FEWEST_FINAL:
            return None
        total = sum(each.known[age] for each in earlier)
        return total / (len(earlier) if cohort.size is None else sum(each.size or 0.0 for each in earlier))


def _band(errors: Sequence[float], least: float = 0.0) -> tuple[float, float] | None:
    """Return the range in which the next error is expected, by Student's distribution.

    None if there are too few errors. The range is around 0, so an error that all expectations share, such as being too
    low, makes it wider. `least` is the smallest spread.
    """
    if len(errors) < FEWEST_ERRORS:
        return None
    spread = max(sqrt(fmean(error * error for error in errors)), least)
    reach = percentile((1 + COVERS) / 2, len(errors)) * spread
    return -reach, reach
