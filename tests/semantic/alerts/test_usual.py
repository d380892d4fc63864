"""The usual range: its value for simple series, the days that it leaves out, and when there is none."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from semantic.alerts.alert import OutsideUsual
from semantic.alerts.judging import Memory, judge
from semantic.alerts.readings import Reading
from semantic.alerts.usual import FEWEST_DAYS, NOT_ENOUGH, REMARKED, Usual, UsualRange
from semantic.annotations.annotation import Annotation
from semantic.model.definitions import Granularity
from tests.semantic.alerts.judged import ONE, TODAY, days, known

YESTERDAY = TODAY - ONE


def made(count: int, *, level: float = 1_000, noise: float = 0.03, growth: float = 0.0, seed: int = 1) -> list[float]:
    """Return days with a weekend at 60%, growth and some noise."""
    chance = random.Random(seed)
    found: list[float] = []
    for back in range(count, 0, -1):
        weekday = (TODAY - ONE * back).weekday()
        base = level * (0.6 if weekday >= 5 else 1.0) * (1 + growth) ** (count - back)
        found.append(base * chance.uniform(1 - noise, 1 + noise))
    return found


def range_of(usual: Usual, day: date = YESTERDAY) -> UsualRange:
    found = usual.range(day, day + ONE)
    assert isinstance(found, UsualRange)
    return found


def test_a_weekend_is_expected_to_be_a_weekend() -> None:
    """Yesterday is a Sunday, at 60% of 1,000. Noise of 3% in both directions is well within the range."""
    found = range_of(Usual(days(made(200))))
    assert found.expected == pytest.approx(600, rel=0.02)
    assert found.low < 582 < 618 < found.high
    assert 0.8 * 600 < found.low < found.high < 1.2 * 600
    assert found.side == ""


def test_a_weekday_number_on_a_sunday_is_outside_the_range() -> None:
    assert range_of(Usual(days([*made(200)[:-1], 1_000.0]))).side == "above"


def test_growth_is_expected_to_go_on() -> None:
    """After 200 days of growth by 0.5% a day, the level of the first day would be far too low."""
    values = made(200, growth=0.005)
    assert range_of(Usual(days(values))).side == ""


def test_single_bad_days_do_not_widen_or_move_the_range() -> None:
    """One day in fifteen was ten times as high, and the range hardly changes."""
    values = made(200)
    spoiled = [value * (10 if place % 15 == 4 else 1) for place, value in enumerate(values)]
    clean, dirty = range_of(Usual(days(values))), range_of(Usual(days([*spoiled[:-1], values[-1]])))
    assert dirty.expected == pytest.approx(clean.expected, rel=0.05)
    assert dirty.high - dirty.low < 2 * (clean.high - clean.low)


@pytest.mark.parametrize(("count", "is_enough"), [(FEWEST_DAYS - 1, False), (FEWEST_DAYS + 1, True)])
def test_the_usual_range_needs_eight_weeks(count: int, is_enough: bool) -> None:
    assert FEWEST_DAYS == 56
    found = Usual(days(made(count))).range(YESTERDAY, TODAY)
    assert isinstance(found, UsualRange) is is_enough
    if not is_enough:
        assert found == NOT_ENOUGH


def test_days_with_a_remark_are_not_judged_and_not_learned_from() -> None:
    """Each Sunday in the last ten weeks had a sale that doubled it."""
    values = made(200)
    sales = [TODAY - ONE * back for back in range(1, 71) if (TODAY - ONE * back).weekday() == 6]
    doubled = [value * (2 if TODAY - ONE * (200 - place) in sales else 1) for place, value in enumerate(values)]
    assert Usual(days(doubled), frozenset(sales)).range(YESTERDAY, TODAY) == REMARKED
    plain = Usual(days([*doubled[:-1], values[-1]]), frozenset(sales[1:]))
    assert range_of(plain).expected == pytest.approx(600, rel=0.03)


def test_a_remark_on_an_excluded_day_is_named() -> None:
    what = replace(
        known(days(made(200)), OutsideUsual()), remarks=[Annotation(YESTERDAY, YESTERDAY, "Summer sale", "campaign")]
    )
    judgement = judge(what, Memory())[0][-1]
    assert (judgement.outcome, judgement.why) == (
        "quiet",
        "A remark explains this day, so it isn't compared: Summer sale.",
    )


def test_no_day_counts_after_the_judged_one() -> None:
    """Later days, however unusual, don't change the usual range."""
    values = made(200)
    before = range_of(Usual(days(values[:-20], today=TODAY - 20 * ONE)), TODAY - 21 * ONE)
    after = range_of(Usual(days([*values[:-20], *[9_999.0] * 20])), TODAY - 21 * ONE)
    assert (after.low, after.high) == (before.low, before.high)


def test_counts_are_never_narrower_than_counting_allows() -> None:
    """Exactly 100 each day has no spread at all, but 90 things instead of 100 can still be chance, because a count of
    100 has a standard deviation of 10.
    """
    counts = replace(days([*[100.0] * 199, 90.0]), is_count=True)
    assert range_of(Usual(counts)).side == ""
    assert range_of(Usual(replace(counts, is_count=False))).side == "below"


def test_a_slow_decline_is_found_over_several_days() -> None:
    """Noise of 20% hides one day at minus 20%, but not several of them."""
    values = made(200, noise=0.20, seed=5)
    values[-7:] = [value * 0.8 for value in values[-7:]]
    usual = Usual(days(values))
    assert range_of(usual).side == ""
    found = usual.day(YESTERDAY)
    assert isinstance(found, UsualRange)
    assert found.side == "below"
    assert found.days > 1


def test_a_week_and_a_month_are_expected_from_their_days() -> None:
    """A week has five days of 1,000 and two of 600, together 6,200.

    August 2026 has 21 weekdays and 10 weekend days, together 27,000.
    """
    usual = Usual(days(made(500)))
    week = usual.range(TODAY - 7 * ONE, TODAY)
    month = usual.range(date(2026, 8, 1), date(2026, 9, 1))
    assert isinstance(week, UsualRange)
    assert isinstance(month, UsualRange)
    assert week.expected == pytest.approx(6_200, rel=0.02)
    assert month.expected == pytest.approx(27_000, rel=0.02)


def test_a_ratios_range_is_about_the_ratio_and_not_its_sides() -> None:
    """On the last day, visits double and so do orders, so the rate is the same as always."""
    visits = made(200)
    visits[-1] *= 2
    chance = random.Random(4)
    first = TODAY - 200 * ONE
    by_first = {
        first + ONE * place: Reading(value * chance.uniform(0.029, 0.031), value) for place, value in enumerate(visits)
    }
    ratio = replace(days([1.0]), by_first=by_first, is_ratio=True)
    found = range_of(Usual(ratio))
    assert found.expected == pytest.approx(0.03, rel=0.02)
    assert found.side == ""
    by_first[YESTERDAY] = Reading(visits[-1] * 0.015, visits[-1])
    assert range_of(Usual(ratio)).side == "below"


def test_non_additive_weeks_need_sixteen_weeks_of_history() -> None:
    """A week's people aren't the sum of the people of its days, so only whole weeks are known."""
    chance = random.Random(2)
    weeks = {TODAY - 7 * ONE * back: Reading(500 * chance.uniform(0.97, 1.03)) for back in range(30, 0, -1)}
    readings = replace(days([1.0]), rows=Granularity.WEEK, by_first=weeks, is_summed=False)
    last = TODAY - 7 * ONE
    found = Usual(readings).range(last, TODAY)
    assert isinstance(found, UsualRange)
    assert found.side == ""
    weeks[last] = Reading(250.0)
    broken = Usual(replace(readings, by_first=weeks)).range(last, TODAY)
    assert isinstance(broken, UsualRange)
    assert broken.side == "below"
    few = {first: one for first, one in weeks.items() if first >= TODAY - 7 * 15 * ONE}
    assert Usual(replace(readings, by_first=few)).range(last, TODAY) == NOT_ENOUGH
