"""Each definition of the law, checked against hand-written days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from semantic.model.definitions import Granularity
from semantic.query.query import Between, Last, Period, ToDate
from tests.law.law import (
    NEVER,
    Asked,
    Calendar,
    asked_days,
    by_position,
    by_weekday,
    clamped,
    days_between,
    few_are_open,
    first_of,
    in_zone,
    is_over,
    known_through,
    last_of,
    lengths_are_alike,
    loaded_to,
    open_days,
    partner_range,
    same_day,
)
from tests.law.world import retail_calendar

TODAY = date(2026, 6, 25)
BERLIN = "Europe/Berlin"
PLAIN = Calendar()


def day(text: str) -> date:
    return date.fromisoformat(text)


def ends(days: list[date]) -> str:
    return f"{days[0]} {days[-1]} {len(days)}" if days else ""


def test_a_day_is_over_when_it_is_before_today() -> None:
    assert is_over(day("2026-06-24"), TODAY)
    assert not is_over(TODAY, TODAY)


@pytest.mark.parametrize(("load", "expected"), [
    (None, "2026-06-24"),  # no freshness
    (datetime(2026, 6, 25, 4, tzinfo=UTC), "2026-06-24"),  # this morning
    (datetime(2026, 6, 24, 21, 59, tzinfo=UTC), "2026-06-23"),  # a minute before midnight in Berlin
    (datetime(2026, 6, 24, 22, 0, tzinfo=UTC), "2026-06-24"),  # its midnight, still the day before in UTC
    (datetime(2026, 6, 22, 6, tzinfo=UTC), "2026-06-21"),  # late
    (datetime(2026, 7, 9, 6, tzinfo=UTC), "2026-06-24"),  # loaded after the day of asking
])  # fmt: skip
def test_loaded_to_is_the_day_before_the_newest_load_and_never_a_day_that_is_not_over(
    load: datetime | None, expected: str
) -> None:
    assert loaded_to(TODAY, load, BERLIN) == day(expected)


def test_a_plan_has_no_last_day_and_lowers_no_other() -> None:
    assert loaded_to(TODAY, None, BERLIN, is_plan=True) == NEVER
    assert known_through([day("2026-06-20"), day("2026-06-24")]) == day("2026-06-20")
    assert known_through([]) == NEVER


@pytest.mark.parametrize(("zone", "expected"), [
    ("America/New_York", "2026-06-23"),  # 24 June ends there at six in the evening
    ("Asia/Tokyo", "2026-06-24"),  # at seven on the 25th
    ("Europe/Berlin", "2026-06-24"),
    ("Europe/Paris", "2026-06-24"),  # at the same moment
    ("UTC", "2026-06-23"),
])  # fmt: skip
def test_a_last_known_day_ends_no_later_in_another_zone(zone: str, expected: str) -> None:
    assert in_zone(day("2026-06-24"), BERLIN, zone) == day(expected)


@pytest.mark.parametrize(("text", "months", "expected"), [
    ("2026-06-24", 1, "2026-05-24"),
    ("2026-03-29", 1, None), ("2026-03-30", 1, None), ("2026-03-31", 1, None), ("2026-03-28", 1, "2026-02-28"),
    ("2024-03-29", 1, "2024-02-29"),
    ("2024-02-29", 12, None), ("2025-02-28", 12, "2024-02-28"), ("2025-03-01", 12, "2024-03-01"),
    ("2028-02-29", 48, "2024-02-29"),
    ("2026-01-31", 2, None), ("2026-01-15", 13, "2024-12-15"),
])  # fmt: skip
def test_a_partner_by_date_has_the_same_day_number_or_does_not_exist(
    text: str, months: int, expected: str | None
) -> None:
    assert same_day(day(text), months) == (day(expected) if expected else None)


def test_a_clamped_day_is_the_last_of_a_month_without_that_number() -> None:
    assert clamped(day("2026-03-31"), 1) == day("2026-02-28")
    assert clamped(day("2024-02-29"), 12) == day("2023-02-28")


@pytest.mark.parametrize(("known", "months", "whole", "expected"), [
    ("2026-06-01 2026-06-24", 1, True, "2026-05-01 2026-05-24 24"),
    ("2026-04-01 2026-06-24", 3, True, "2026-01-01 2026-03-24 83"),
    ("2026-03-01 2026-03-31", 1, True, "2026-02-01 2026-02-28 28"),  # all February
    ("2026-02-01 2026-02-28", 1, True, "2026-01-01 2026-01-31 31"),  # and all January
    ("2026-03-01 2026-03-29", 1, True, "2026-02-01 2026-02-28 28"),  # clamped
    ("2026-03-01 2026-03-30", 1, True, "2026-02-01 2026-02-28 28"),
    ("2026-04-01 2026-04-30", 1, True, "2026-03-01 2026-03-31 31"),
    ("2025-02-01 2025-02-28", 12, True, "2024-02-01 2024-02-29 29"),
    ("2024-02-01 2024-02-29", 12, True, "2023-02-01 2023-02-28 28"),
    ("2026-01-01 2026-06-24", 12, True, "2025-01-01 2025-06-24 175"),
    ("2026-04-01 2026-06-24", 12, True, "2025-04-01 2025-06-24 85"),
    ("2026-03-28 2026-03-31", 1, False, "2026-02-28 2026-02-28 1"),  # the set, each once
    ("2026-02-26 2026-02-28", 1, False, "2026-01-26 2026-01-28 3"),
    ("2024-02-28 2024-03-01", 12, False, "2023-02-28 2023-03-01 2"),  # 29 February has none
    ("2025-02-27 2025-03-02", 12, False, "2024-02-27 2024-03-02 4"),  # nor is it anyone's partner
    ("2026-03-29 2026-03-31", 1, False, ""),
])  # fmt: skip
def test_the_partner_range_follows_the_definition(known: str, months: int, whole: bool, expected: str) -> None:
    first, last = map(day, known.split())
    assert ends(partner_range(days_between(first, last), months, whole=whole)) == expected


def test_partners_by_weekday_and_by_position_follow_the_definition() -> None:
    assert by_weekday(day("2026-06-24")) == day("2025-06-25")
    assert by_weekday(day("2026-06-24")).weekday() == day("2026-06-24").weekday()
    ours, theirs, end = day("2026-06-01"), day("2026-05-04"), day("2026-05-10")
    assert by_position(day("2026-06-05"), ours, theirs, end) == day("2026-05-08")
    assert by_position(day("2026-06-07"), ours, theirs, end) == end
    assert by_position(day("2026-06-08"), ours, theirs, end) is None


@pytest.mark.parametrize(("period", "first", "last", "made_of_months"), [
    (Between(day("2026-04-01"), day("2026-06-30")), "2026-04-01", "2026-06-30", True),
    (Between(day("2026-04-01"), day("2026-06-29")), "2026-04-01", "2026-06-29", False),
    (Between(day("2026-04-02"), day("2026-06-30")), "2026-04-02", "2026-06-30", False),
    (Between(day("2026-04-01"), day("2026-06-30"), complete=False), "2026-04-01", "2026-06-30", True),
    (Between(day("2026-04-01"), None), "2026-04-01", None, False),
    (ToDate(Granularity.MONTH), "2026-06-01", "2026-06-24", True),
    (ToDate(Granularity.QUARTER), "2026-04-01", "2026-06-24", True),
    (ToDate(Granularity.YEAR), "2026-01-01", "2026-06-24", True),
    (ToDate(Granularity.FISCAL_YEAR), "2026-04-01", "2026-06-24", True),
    (ToDate(Granularity.WEEK), "2026-06-22", "2026-06-24", False),
    (ToDate(Granularity.MONTH, complete=False), "2026-06-01", "2026-06-25", True),
    (Last(1, Granularity.MONTH), "2026-05-01", "2026-05-31", True),
    (Last(2, Granularity.QUARTER), "2025-10-01", "2026-03-31", True),
    (Last(2, Granularity.MONTH, complete=False), "2026-05-01", "2026-06-25", True),
    (Last(13, Granularity.WEEK), "2026-03-23", "2026-06-21", False),
    (Last(7, Granularity.DAY), "2026-06-18", "2026-06-24", False),
])  # fmt: skip
def test_the_asked_days_follow_the_definition(
    period: Period, first: str, last: str | None, made_of_months: bool
) -> None:
    asked = asked_days(period, TODAY, Calendar(fiscal_start="april"))
    assert (asked.first, asked.last) == (day(first), day(last) if last else None)
    assert asked.made_of_months == made_of_months
    assert (asked.let_in == TODAY) == (not period.complete)


def test_today_counts_only_if_asked_for_and_a_question_without_a_period_has_all_days() -> None:
    assert asked_days(Between(day("2026-04-01"), day("2026-06-24"), complete=False), TODAY, PLAIN).let_in is None
    assert asked_days(None, TODAY, PLAIN) == Asked()


@pytest.mark.parametrize(("text", "grain", "calendar", "expected"), [
    ("2026-06-25", Granularity.WEEK, PLAIN, "2026-06-22 2026-06-28"),
    ("2026-06-25", Granularity.WEEK, Calendar("sunday"), "2026-06-21 2026-06-27"),
    ("2026-02-10", Granularity.MONTH, PLAIN, "2026-02-01 2026-02-28"),
    ("2024-02-10", Granularity.QUARTER, PLAIN, "2024-01-01 2024-03-31"),
    ("2026-06-25", Granularity.YEAR, PLAIN, "2026-01-01 2026-12-31"),
    ("2026-01-15", Granularity.FISCAL_QUARTER, Calendar(fiscal_start="february"), "2025-11-01 2026-01-31"),
    ("2026-03-31", Granularity.FISCAL_YEAR, Calendar(fiscal_start="april"), "2025-04-01 2026-03-31"),
    ("2026-04-01", Granularity.FISCAL_YEAR, Calendar(fiscal_start="april"), "2026-04-01 2027-03-31"),
])  # fmt: skip
def test_periods_of_rows_follow_the_definition(
    text: str, grain: Granularity, calendar: Calendar, expected: str
) -> None:
    assert f"{first_of(day(text), grain, calendar)} {last_of(day(text), grain, calendar)}" == expected


def test_retail_periods_are_of_four_four_and_five_weeks() -> None:
    numbers = retail_calendar(day("2026-01-05"), day("2026-04-05"))
    assert [list(numbers.values()).count(number) for number in (1, 2, 3)] == [28, 28, 35]
    assert numbers[day("2026-04-05")] == 3


@pytest.mark.parametrize(("own", "other", "expected"), [
    (30, 31, True),  # April and May, 3.2 %
    (28, 29, True),  # February of a leap year, 3.4 %
    (31, 28, False),  # March and February, 9.7 %
    (5, 7, False), (24, 24, True), (85, 83, True), (6, 3, False), (19, 20, True), (20, 19, True), (18, 19, False),
])  # fmt: skip
def test_lengths_can_differ_by_a_twentieth_of_the_larger(own: int, other: int, expected: bool) -> None:
    assert lengths_are_alike(own, other) == expected


def test_the_last_known_days_are_not_final() -> None:
    known = day("2026-06-24")
    june, quarter = days_between(day("2026-06-01"), known), days_between(day("2026-04-01"), known)
    assert open_days(june, known, 3) == 3
    assert open_days(june, known, 0) == 0
    assert open_days(days_between(day("2025-06-01"), day("2025-06-24")), known, 60) == 0
    assert not few_are_open(june, known, 3)  # 12.5 %
    assert few_are_open(quarter, known, 3)  # 3.5 %
    assert few_are_open(june, known, 1)
