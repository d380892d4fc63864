"""Unusual days in made-up numbers whose normal days are all the same, so that only planted days can be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from semantic.alerts.readings import Reading, Readings
from semantic.alerts.usual import Usual, UsualRange
from semantic.analyses.anomalies import Anomaly, AnomalyInput, AnomalyResult, find
from semantic.model.definitions import Granularity

ONE = timedelta(days=1)
TODAY = date(2026, 9, 14)  # a Monday
WEEKDAYS = (200.0, 210.0, 205.0, 195.0, 190.0, 120.0, 110.0)


def usual(day: date) -> float:
    """Return the usual number of a weekday, which varies by 2% from day to day."""
    return WEEKDAYS[day.weekday()] * (1 + 0.02 * ((day.toordinal() * 7919) % 5 - 2) / 2)


def series(
    change: Callable[[date, float], float] = lambda _, value: value,
    *,
    days: int = 300,
    late: int = 0,
    open_days: int = 0,
) -> Readings:
    first, known = TODAY - ONE * days, TODAY - ONE * late
    every = [first + ONE * place for place in range(days - late)]
    return Readings(
        rows=Granularity.DAY, by_first={day: Reading(change(day, usual(day))) for day in every}, known_to=known,
        open_from=known - ONE * open_days, today=TODAY, is_summed=True,
    )  # fmt: skip


def searched(readings: Readings, days: int = 90, **given: object) -> AnomalyResult:
    to_search = AnomalyInput(readings=readings, first=TODAY - ONE * days, end=TODAY)
    return find(replace(to_search, **given)).detail  # pyright: ignore[reportArgumentType]


def on(*changes: tuple[date, float]) -> Callable[[date, float], float]:
    """Return a function that multiplies the numbers of some days."""
    by: Mapping[date, float] = dict(changes)
    return lambda day, value: value * by.get(day, 1.0)


def spans(found: AnomalyResult) -> list[tuple[date, date, str]]:
    return [(each.first, each.last, each.side) for each in found.anomalies]


BAD = date(2026, 8, 5)


def test_nothing_is_found_in_normal_data() -> None:
    found = searched(series())
    assert (found.anomalies, found.judged, found.open, found.missing) == ((), 90, 0, 0)


def test_one_bad_day_is_found_with_its_expected_number() -> None:
    (found,) = searched(series(on((BAD, 0.5)))).anomalies
    assert (found.first, found.last, found.side, found.peak) == (BAD, BAD, "below", BAD)
    assert found.found.value == pytest.approx(usual(BAD) / 2)
    assert found.found.expected == pytest.approx(usual(BAD), rel=0.05)
    assert found.found.low < usual(BAD) < found.found.high
    assert found.stands_out
    assert not found.is_level


def test_the_range_is_the_one_that_alerts_use() -> None:
    readings = series(on((BAD, 0.5)))
    (found,) = searched(readings).anomalies
    assert found.found == Usual(readings).day(BAD)


def test_days_in_a_row_are_one_finding() -> None:
    days = [BAD + ONE * place for place in (0, 1, 3)]  # one normal day in between
    (found,) = searched(series(on(*((day, 0.5) for day in days)))).anomalies
    assert (found.first, found.last, found.days) == (BAD, BAD + ONE * 3, 4)
    # All four days together, including the normal one.
    assert found.found.value == pytest.approx(sum(usual(day) for day in days) / 2 + usual(BAD + ONE * 2))


def test_a_peak_and_a_drop_are_two_findings() -> None:
    found = searched(series(on((BAD, 2.0), (BAD + ONE, 0.5))))
    assert spans(found) == [(BAD, BAD, "above"), (BAD + ONE, BAD + ONE, "below")]


def test_a_change_that_lasts_is_a_new_level_and_its_days_are_not_listed() -> None:
    (found,) = searched(series(lambda day, value: value * (0.7 if day >= BAD else 1))).anomalies
    assert (found.first, found.is_level, found.side) == (BAD, True, "below")
    assert found.found.value / found.found.expected == pytest.approx(0.7, abs=0.03)


def test_a_change_of_ten_days_is_not_a_new_level() -> None:
    found = searched(series(lambda day, value: value * (0.7 if BAD <= day < BAD + ONE * 10 else 1)))
    assert [each.is_level for each in found.anomalies] == [False]
    assert spans(found) == [(BAD, BAD + ONE * 9, "below")]


def test_a_change_of_the_last_days_is_not_a_new_level_yet() -> None:
    found = searched(series(lambda day, value: value * (0.7 if day >= TODAY - ONE * 10 else 1)))
    assert [each.is_level for each in found.anomalies] == [False]


def test_days_that_are_late_or_not_final_are_never_found() -> None:
    late = searched(series(on(*((TODAY - ONE * back, 0.1) for back in range(1, 6))), late=2, open_days=3))
    assert (late.anomalies, late.judged, late.open, late.missing) == ((), 85, 3, 2)


def test_two_earlier_years_make_a_season() -> None:
    peaks = [BAD, BAD - ONE * 364, BAD - ONE * 730]  # the same weekday, then two days earlier
    found = searched(series(on(*((day, 2.0) for day in peaks)), days=900))
    assert found.anomalies == ()
    assert [(each.first, each.side) for each in found.seasonal] == [(BAD, "above")]
    assert found.years == 2


def test_one_earlier_year_is_not_enough_for_a_season() -> None:
    found = searched(series(on((BAD, 2.0), (BAD - ONE * 364, 2.0)), days=900))
    assert spans(found) == [(BAD, BAD, "above")]


def test_a_peak_far_above_the_season_is_found() -> None:
    found = searched(series(on((BAD, 4.0), (BAD - ONE * 364, 2.0), (BAD - ONE * 728, 2.0)), days=900))
    assert spans(found) == [(BAD, BAD, "above")]


def test_too_little_history_is_not_judged() -> None:
    found = find(AnomalyInput(readings=series(days=40), first=TODAY - ONE * 10, end=TODAY))
    assert (found.conclusion, found.reason) == (
        "not_judged",
        "Unusual days need 8 weeks of data before the period; there are 4.",
    )


def test_a_day_with_a_remark_is_judged_but_not_learned_from() -> None:
    found = searched(series(on((BAD, 0.5))), remarked=frozenset([BAD]))
    assert spans(found) == [(BAD, BAD, "below")]


# Members


def split(by: Mapping[str, Callable[[date, float], float]]) -> tuple[Readings, dict[str, Readings]]:
    """Return members of equal size, with their sum first."""
    members = {
        name: series(lambda day, value, change=change: change(day, value / len(by))) for name, change in by.items()
    }
    days = next(iter(members.values())).by_first
    total = {day: Reading(sum(each.by_first[day].top for each in members.values())) for day in days}
    return replace(next(iter(members.values())), by_first=total), dict(members)


def same(_: date, value: float) -> float:
    return value


def found_in(by: Mapping[str, Callable[[date, float], float]]) -> tuple[Anomaly, ...]:
    whole, members = split(by)
    return searched(whole, members=members).anomalies


def test_the_member_that_fell_explains_the_day_and_is_not_listed_again() -> None:
    (found,) = found_in({"email": on((BAD, 0.1)), "ads": same, "web": same})
    assert found.of == ()
    assert found.cause is not None
    assert found.cause.member == "email"
    # Email is a third, and lost nine tenths of it.
    assert found.cause.difference == pytest.approx(-0.3 * usual(BAD), rel=0.1)


def test_no_single_member_explains_a_change_in_all_of_them() -> None:
    (found,) = found_in({"email": on((BAD, 0.5)), "ads": on((BAD, 0.5)), "web": on((BAD, 0.5))})
    assert found.cause is None
    assert sum(part.difference for part in found.parts) == pytest.approx(found.difference, rel=0.1)


def test_a_members_unusual_day_is_found_if_the_whole_does_not_change() -> None:
    rise = {"email": on((BAD, 0.5)), "ads": on((BAD, 1.5)), "web": same}
    found = found_in(rise)
    assert {(each.of, each.side) for each in found} == {(("email",), "below"), (("ads",), "above")}


def test_members_with_one_cause_are_one_finding() -> None:
    many = {f"m{place}": same for place in range(8)}
    found = found_in({**many, "a": on((BAD, 0.5)), "b": on((BAD, 0.5)), "c": on((BAD, 1.99))})
    assert [(each.side, set(each.of)) for each in found if each.side == "below"] == [("below", {"a", "b"})]


# Shares


def test_a_share_of_few_things_needs_a_larger_difference() -> None:
    """Of 10 things, a share of 50% has a standard deviation of 15.8 points. Of 10,000 things, it's half a point."""

    def ranged(things: float) -> UsualRange:
        first = TODAY - ONE * 200
        # Half of 10,000 things each day, with hardly any variation; the last day has fewer things.
        days = {first + ONE * at: Reading(5_000.0 + at % 3, 10_000.0) for at in range(199)}
        days[TODAY - ONE] = Reading(0.4 * things, things)
        readings = Readings(
            rows=Granularity.DAY, by_first=days, known_to=TODAY, open_from=TODAY, today=TODAY, is_summed=True,
            is_ratio=True, is_share=True,
        )  # fmt: skip
        found = Usual(readings).day(TODAY - ONE)
        assert isinstance(found, UsualRange)
        return found

    assert ranged(10.0).side == ""
    assert ranged(10_000.0).side == "below"
    # On the log scale, one standard deviation is sqrt(0.5 * 0.5 / 10) / 0.5.
    assert ranged(10.0).deviation == pytest.approx(-0.2231 / (0.25 / 10) ** 0.5 * 0.5, rel=0.01)
