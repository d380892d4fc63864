"""Pacing compared with sums computed by hand and with seeded days of known truth, and refusals."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from semantic.analyses.pacing import compared, pace, verdict_of
from semantic.targets.pace import ALARMS, Direction, Pace, Piece, Verdict

ONE = timedelta(days=1)
JANUARY = Piece(date(2026, 1, 1), date(2026, 1, 31), 31_000)


def days(first: date, *values: float) -> dict[date, float]:
    return {first + ONE * place: value for place, value in enumerate(values)}


def on_the_tenth(direction: Direction = "none") -> Pace:
    """Return the pace of a target of 31,000 for 31 days, with 12,000 by the 10th."""
    return pace([JANUARY], 12_000, days(date(2026, 1, 1), *[1_200] * 10), until=date(2026, 1, 11), direction=direction)


def test_the_budget_example_has_the_expected_pace() -> None:
    found_pace = on_the_tenth()
    assert (found_pace.target, found_pace.expected, found_pace.index, found_pace.projection) == (
        31_000,
        10_000,
        1.2,
        pytest.approx(37_200),
    )
    assert found_pace.required_per_day == pytest.approx(904.76, abs=0.005)
    assert (found_pace.days_left, found_pace.attained) == (21, pytest.approx(12 / 31))
    assert found_pace.method.startswith("The target is spread evenly over its days.")


def test_identical_days_give_a_projection_without_uncertainty() -> None:
    found_pace = on_the_tenth()
    assert found_pace.low == found_pace.high == pytest.approx(37_200)
    assert {way: on_the_tenth(way).verdict for way in ("up", "down", "none")} == {
        "up": Verdict.REACHES, "down": Verdict.MISSES, "none": Verdict.ABOVE,
    }  # fmt: skip


def test_the_interval_covers_a_sum_of_days_with_an_estimated_mean() -> None:
    """Ten days alternate between 1,100 and 1,300: s = 105.409, t(9) = 2.262, with 21 days left: 2.262 s sqrt(21 +
    441/10) = 1,923.
    """
    history = days(date(2026, 1, 1), *[1_100, 1_300] * 5)
    found_pace = pace([JANUARY], 12_000, history, until=date(2026, 1, 11), direction="none")
    assert found_pace.low is not None
    assert found_pace.high is not None
    assert found_pace.high - 37_200 == pytest.approx(1_923, rel=1e-3)
    assert 37_200 - found_pace.low == pytest.approx(1_923, rel=1e-3)


def test_six_days_are_too_few_for_an_interval() -> None:
    found_pace = pace([JANUARY], 6_000, days(date(2026, 1, 1), *[1_000] * 6), until=date(2026, 1, 7), direction="up")
    assert (found_pace.projection, found_pace.low, found_pace.high, found_pace.verdict) == (
        31_000,
        None,
        None,
        Verdict.OPEN,
    )
    assert "too few" in found_pace.method


def test_before_the_first_day_is_over_there_is_no_projection() -> None:
    found_pace = pace([JANUARY], 0, {}, until=date(2026, 1, 1), direction="up")
    assert (found_pace.expected, found_pace.index, found_pace.projection) == (0, None, None)
    assert (found_pace.days_left, found_pace.required_per_day, found_pace.verdict) == (31, 1_000, Verdict.OPEN)


def test_a_period_that_is_over_is_reached_or_missed_and_nothing_is_forecast() -> None:
    history = days(date(2026, 1, 1), *[1_000] * 31)
    for value, direction, verdict in ((31_000, "up", Verdict.REACHED), (30_999, "up", Verdict.MISSED),
                                      (31_000, "down", Verdict.REACHED), (31_001, "down", Verdict.MISSED)):  # fmt: skip
        way: Direction = "up" if direction == "up" else "down"
        found_pace = pace([JANUARY], value, history, until=date(2026, 3, 1), direction=way)
        assert (found_pace.verdict, found_pace.projection, found_pace.low, found_pace.high) == (
            verdict,
            value,
            value,
            value,
        )
        assert (found_pace.days_left, found_pace.required_per_day, found_pace.expected) == (0, None, 31_000)


def test_a_quarter_is_expected_by_its_monthly_targets() -> None:
    """With 31,000 in January and 14,000 in February, all of January and a quarter of February are expected by 7
    February.
    """
    february = Piece(date(2026, 2, 1), date(2026, 2, 28), 14_000)
    found_pace = pace([JANUARY, february], 0, {}, until=date(2026, 2, 8), direction="up")
    assert (found_pace.target, found_pace.expected, found_pace.days_left) == (45_000, 34_500, 21)


WEEK = (10.0, 10, 10, 10, 10, 30, 20)  # Monday first: 100 in a week


def by_weekday(first: date, count: int) -> dict[date, float]:
    return {day: WEEK[day.weekday()] for day in (first + ONE * place for place in range(count))}


def test_a_week_is_spread_like_earlier_weekdays() -> None:
    """The week begins on Monday 5 January. By Friday evening, half of the week is expected, not five sevenths."""
    monday = date(2026, 1, 5)
    history = by_weekday(monday - 70 * ONE, 70) | by_weekday(monday, 5)
    target = Piece(monday, monday + 6 * ONE, 200)
    found_pace = pace([target], 50, history, until=monday + 5 * ONE, direction="up")
    assert found_pace.expected == pytest.approx(100)
    assert found_pace.index == pytest.approx(0.5)
    assert found_pace.projection == pytest.approx(100), "two days of 30 and 20 are left"
    assert "by weekday, based on the last 10 weeks" in found_pace.method


def test_seven_weeks_are_too_few_for_weekday_weights() -> None:
    monday = date(2026, 1, 5)
    target = Piece(monday, monday + 6 * ONE, 70)
    short = pace([target], 0, by_weekday(monday - 55 * ONE, 55), until=monday, direction="up")
    assert "evenly" in short.method
    long = pace([target], 0, by_weekday(monday - 56 * ONE, 56), until=monday, direction="up")
    assert "by weekday" in long.method


def test_a_year_is_spread_by_month_if_two_earlier_years_exist() -> None:
    """A December day sells three times as much as a day in any other month."""
    first, until = date(2023, 12, 1), date(2026, 1, 1)
    history = {
        day: 3.0 if day.month == 12 else 1.0 for day in (first + ONE * place for place in range((until - first).days))
    }
    year = Piece(date(2026, 1, 1), date(2026, 12, 31), 4_270)  # 334 days of 10 and 31 of 30
    found_pace = pace([year], 0, history | days(until, *[1.0] * 59), until=date(2026, 3, 1), direction="up")
    assert "by month" in found_pace.method
    assert found_pace.expected == pytest.approx(590, rel=0.02), "59 days of 10; evenly it would be 690"
    bare = pace(
        [year], 0, {day: number for day, number in history.items() if day.year > 2024}, until=until, direction="up"
    )
    assert "by month" not in bare.method


def test_the_interval_contains_the_outcome_about_95_times_in_100() -> None:
    """Days are drawn by weekday, each with its own spread. The truth is the sum drawn for the remaining days."""
    chance, inside, rounds = random.Random("pacing"), 0, 600
    first = date(2025, 9, 1)
    for _ in range(rounds):
        drawn = {
            day: WEEK[day.weekday()] * 10 + chance.gauss(0, 4) * WEEK[day.weekday()] ** 0.5
            for day in (first + ONE * place for place in range(153))
        }
        until = date(2026, 1, 11)
        known = {day: number for day, number in drawn.items() if day < until}
        value = sum(number for day, number in known.items() if day >= JANUARY.first)
        found_pace = pace([JANUARY], value, known, until=until, direction="up")
        truth = value + sum(number for day, number in drawn.items() if day >= until)
        assert found_pace.low is not None
        assert found_pace.high is not None
        inside += found_pace.low <= truth <= found_pace.high
    assert 0.92 < inside / rounds < 0.98


def test_a_day_without_rows_counts_as_zero() -> None:
    history = {date(2026, 1, day): 1_500.0 for day in (1, 2, 4, 5, 6, 7, 9, 10)}
    found_pace = pace([JANUARY], 12_000, history, until=date(2026, 1, 11), direction="up")
    assert found_pace.projection == pytest.approx(37_200)


def test_history_of_zero_or_less_gives_no_profile() -> None:
    monday = date(2026, 1, 5)
    for value in (0.0, -5.0):
        history = days(monday - 84 * ONE, *[value] * 84)
        found_pace = pace([Piece(monday, monday + 6 * ONE, 70)], 0, history, until=monday + ONE, direction="up")
        assert "evenly" in found_pace.method
        assert found_pace.expected == pytest.approx(10)


def test_a_target_of_zero_has_no_share() -> None:
    found_pace = pace([Piece(JANUARY.first, JANUARY.last, 0)], 5, {}, until=date(2026, 1, 11), direction="down")
    assert (found_pace.attained, found_pace.index, found_pace.required_per_day) == (None, None, -5 / 21)


@pytest.mark.parametrize(
    ("value", "direction", "until", "verdict"),
    [
        (3.2, "up", date(2026, 1, 11), Verdict.OPEN),
        (3.2, "up", date(2026, 2, 1), Verdict.REACHED),
        (2.9, "up", date(2026, 2, 1), Verdict.MISSED),
        (2.9, "down", date(2026, 2, 1), Verdict.REACHED),
        (3.2, "none", date(2026, 2, 1), Verdict.ABOVE),
        (3.0, "none", date(2026, 2, 1), Verdict.OPEN),
    ],
)
def test_a_ratio_is_compared_without_a_projection(
    value: float, direction: Direction, until: date, verdict: Verdict
) -> None:
    found_pace = compared(Piece(JANUARY.first, JANUARY.last, 3), value, until=until, direction=direction)
    assert (found_pace.verdict, found_pace.expected, found_pace.index, found_pace.projection) == (
        verdict,
        None,
        None,
        None,
    )
    assert found_pace.attained == pytest.approx(value / 3)


def test_a_target_raises_an_alarm_only_if_the_interval_is_on_its_bad_side() -> None:
    assert verdict_of(90, 110, 100, "up", is_over=False) not in ALARMS
    assert verdict_of(90, 99, 100, "up", is_over=False) in ALARMS
    assert verdict_of(101, 110, 100, "down", is_over=False) in ALARMS
    assert verdict_of(101, 110, 100, "up", is_over=False) not in ALARMS
    assert verdict_of(None, None, 100, "up", is_over=False) not in ALARMS


def test_a_drifting_level_makes_a_distant_end_less_certain() -> None:
    """Every four weeks, sales are half more or half less than in the four weeks before.

    Within four weeks, all days are the same.
    """
    until = date(2026, 1, 5)
    target = Piece(until, until + 27 * ONE, 2_800)
    steady = {until - ONE * back: 100.0 for back in range(1, 183)}
    wandering = {until - ONE * back: 150.0 if (back - 1) // 28 % 2 else 100.0 for back in range(1, 183)}
    sure = pace([target], 0, steady, until=until, direction="up")
    unsure = pace([target], 0, wandering, until=until, direction="up")
    assert sure.low == sure.high == sure.projection == pytest.approx(2_800)
    assert unsure.projection == pytest.approx(2_800, rel=0.02)
    assert unsure.high is not None
    assert unsure.low is not None
    # Steps of 50 a day, over as many days as one step: 28 days, 50 and a third of its square; t(27) is 2.052.
    assert unsure.high - unsure.low == pytest.approx(2 * 2.052 * 28 * 50 / 3**0.5, rel=0.1)
