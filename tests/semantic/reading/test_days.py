"""Periods in words. The days of each were looked up in a calendar. Today is Wednesday, 17 June 2026."""

from datetime import date

import pytest

from semantic.query.query import Back, Comparison, LastYear, Named, Previous
from semantic.reading.days import DAY, Clock, Days, between, compared, easter, read_days, same_in
from semantic.reading.text import cut

CLOCK = Clock(date(2026, 6, 17), fiscal_start=4)


def days(text: str, clock: Clock = CLOCK) -> Days:
    words = [token.word for token in cut(text)]
    read = read_days(words, 0, clock)
    assert read is not None, text
    assert read[0] == len(words), f"only {read[0]} of {len(words)} words"
    return read[1]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("yesterday", "2026-06-16", "2026-06-16"),
        ("vorgestern", "2026-06-15", "2026-06-15"),
        ("last week", "2026-06-08", "2026-06-14"),
        ("letzte Woche", "2026-06-08", "2026-06-14"),
        ("last 2 weeks", "2026-06-01", "2026-06-14"),
        ("past three months", "2026-03-01", "2026-05-31"),
        ("last 30 days", "2026-05-18", "2026-06-16"),
        ("last quarter", "2026-01-01", "2026-03-31"),
        ("in the first half of the year", "2026-01-01", "2026-06-30"),
        ("second half of last year", "2025-07-01", "2025-12-31"),
        ("im ersten Halbjahr des Vorjahres", "2025-01-01", "2025-06-30"),
        ("third quarter of 2025", "2025-07-01", "2025-09-30"),
        ("im 3. Quartal 2024", "2024-07-01", "2024-09-30"),
        ("the 2nd quarter", "2026-04-01", "2026-06-30"),
        ("Oktober vergangenes Jahr", "2025-10-01", "2025-10-31"),
        ("am letztjährigen Black Friday", "2025-11-28", "2025-11-28"),
        ("on Black Friday in 2024", "2024-11-29", "2024-11-29"),
        ("den letzten elf Tagen", "2026-06-06", "2026-06-16"),
        ("letztes Jahr", "2025-01-01", "2025-12-31"),
        ("this month", "2026-06-01", "2026-06-16"),
        ("YTD", "2026-01-01", "2026-06-16"),
        ("in May", "2026-05-01", "2026-05-31"),
        ("in August", "2025-08-01", "2025-08-31"),
        ("im Mai 2024", "2024-05-01", "2024-05-31"),
        ("February 2024", "2024-02-01", "2024-02-29"),
        ("june so far", "2026-06-01", "2026-06-16"),
        ("Q1", "2026-01-01", "2026-03-31"),
        ("Q4", "2025-10-01", "2025-12-31"),
        ("q2 2025", "2025-04-01", "2025-06-30"),
        ("H2 2025", "2025-07-01", "2025-12-31"),
        ("in 2025", "2025-01-01", "2025-12-31"),
        ("fiscal year to date", "2026-04-01", "2026-06-16"),
        ("last fiscal year", "2025-04-01", "2026-03-31"),
        ("last fiscal quarter", "2026-01-01", "2026-03-31"),
        ("since March", "2026-03-01", "2026-06-16"),
        ("seit Januar", "2026-01-01", "2026-06-16"),
        ("since Easter", "2026-04-05", "2026-06-16"),
        ("from February to April", "2026-02-01", "2026-04-30"),
        ("November to January", "2025-11-01", "2026-01-31"),
        ("between 3 May and 9 May", "2026-05-03", "2026-05-09"),
        ("2026-05-01 to 2026-05-15", "2026-05-01", "2026-05-15"),
        ("vom 1.5.2026 bis 15.5.2026", "2026-05-01", "2026-05-15"),
        ("Black Friday", "2025-11-28", "2025-11-28"),
        ("black week 2024", "2024-11-25", "2024-12-02"),
        ("last year's Christmas", "2025-12-24", "2025-12-26"),
        ("2 weeks ago", "2026-06-01", "2026-06-07"),
        ("last weekend", "2026-06-13", "2026-06-14"),
        ("calendar week 20", "2026-05-11", "2026-05-17"),
        ("KW 20", "2026-05-11", "2026-05-17"),
        ("first half of 2025", "2025-01-01", "2025-06-30"),
    ],
)
def test_a_period_in_words_has_the_expected_days(text: str, first: str, last: str) -> None:
    read = days(text)
    assert (read.start.isoformat(), read.end.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "text", ["next week", "FY26", "soon", "calendar week 99", "31.2.2026", "last 0 days", "last 9999 years"]
)
def test_text_without_days_is_not_a_period(text: str) -> None:
    words = [token.word for token in cut(text)]
    read = read_days(words, 0, CLOCK)
    assert read is None or read[0] < len(words)


@pytest.mark.parametrize(
    ("shown", "other", "comparison"),
    [
        ("last month", "last year", LastYear()),
        ("Q1", "Q4", Previous()),
        ("last week", "last week", Previous()),
        ("may 2026", "may 2025", LastYear()),
        ("H1 2026", "H1 2025", LastYear()),
        ("this month", "last month", Previous()),
        ("this month", "june 2025", LastYear()),
        ("this year", "last year", LastYear()),
        ("black friday", "black friday 2024", Named(date(2024, 11, 29), date(2024, 11, 29))),
        ("may 2026", "january 2026", Named(date(2026, 1, 1), date(2026, 1, 31))),
        ("yesterday", "last week", None),
        ("this month", "january 2026", None),
    ],
)
def test_two_periods_are_compared_if_they_are_alike(shown: str, other: str, comparison: Comparison | None) -> None:
    assert compared(days(shown), days(other)) == comparison


def test_the_same_day_of_another_period_is_equally_far_back() -> None:
    assert same_in(days("yesterday"), days("last week")) == Back(1, days("last week").unit or DAY)
    assert same_in(days("this month"), days("last month")) == Previous()
    assert same_in(days("yesterday"), days("last year")) == LastYear()
    assert same_in(days("yesterday"), between(date(2026, 5, 1), date(2026, 5, 3))) is None


def test_easter_matches_the_calendar() -> None:
    dates = {2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28)}
    assert {year: easter(year) for year in dates} == dates
