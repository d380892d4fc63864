"""Notable weeks, weeks that are judged at all, and contributions, with every number computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from semantic.display.words.notable import WeekValues, judged, moves, notable
from semantic.model.definitions import Conversion, Enough, Granularity, NumberFormat, Span
from semantic.plan.time.period_aggregation import Cohorts, Timing
from semantic.results.result import ColumnSupport, Period, Result, ResultColumn
from tests.semantic.made_results import REVENUE, WEEKS, result, week

CALM = [100.0, 102, 98, 101, 99, 100, 103, 97, 100, 101, 99, 100]
LOADED = datetime(2026, 6, 1, 6, tzinfo=UTC)  # the morning after the thirteenth week
PERIOD = Period(week(0), week(13), "Europe/Berlin", "13 complete weeks")
BETTER_UP = replace(REVENUE, direction="up")


def weeks(values: Sequence[float | None], column: ResultColumn = BETTER_UP, **changes: Any) -> Result:
    rows = [(week(number), value) for number, value in enumerate(values)]
    loaded: Mapping[str, Any] = {"period": PERIOD, "data_to": LOADED, "computed_at": LOADED}
    return result([WEEKS, column], rows, **(loaded | changes))


# Notable values


def test_a_week_outside_all_earlier_ones_is_notable_and_states_its_numbers() -> None:
    (last_week,) = notable(weeks([*CALM, 150.0]))
    assert (last_week.week, last_week.value, last_week.side, last_week.verdict) == (week(12), 150.0, "above", "better")
    assert last_week.change == "+50.0%"  # of the mean, 100
    assert last_week.sentence == (
        "€150 in the week of 25 May 2026, above all of the 12 weeks before, which ranged from €97 to €103. "
        "Their mean is €100."
    )
    (fall,) = notable(weeks([*CALM, 60.0]))
    assert (fall.side, fall.verdict, fall.change) == ("below", "worse", "\N{MINUS SIGN}40.0%")


@pytest.mark.parametrize(
    "values",
    [
        [*CALM, 103.0],  # as high as one before
        [*CALM, None],  # nothing in the last week
        [*([None] * 5), *CALM[5:], 150.0],  # seven weeks are too few to compare with
        [*([50.0, 150.0] * 6), 155.0],  # above all of them, but they fluctuate
    ],
)
def test_usual_unknown_and_volatile_metrics_are_not_notable(values: list[float | None]) -> None:
    assert notable(weeks(values)) == []


def test_after_identical_weeks_any_change_is_notable() -> None:
    (last_week,) = notable(weeks([*([100.0] * 12), 101.0]))
    assert last_week.spreads == float("inf")


# Judged periods


@pytest.mark.parametrize(
    ("data_to", "is_whole"),
    [
        (LOADED, True),
        (datetime(2026, 5, 31, 22, 30, tzinfo=UTC), True),  # half past midnight in Berlin
        (datetime(2026, 5, 31, 21, 30, tzinfo=UTC), False),  # half past eleven: the last half-hour is missing
        (datetime(2026, 5, 29, 6, tzinfo=UTC), False),
        (None, False),  # nothing says how far the data goes
    ],
)
def test_a_week_that_is_not_fully_known_says_nothing(data_to: datetime | None, is_whole: bool) -> None:
    shown = weeks([*CALM, 10.0], data_to=data_to)
    assert (len(judged(shown)), len(notable(shown))) == ((1, 1) if is_whole else (0, 0))


@pytest.mark.parametrize(
    ("days", "last"),
    [
        (0, week(12)),  # 25 to 31 May, asked on 1 June
        (1, week(11)),  # the 31st can still change, and with it its week
        (7, week(11)),  # the whole of it
        (8, week(10)),
        (28, week(8)),
        (29, None),  # the newest final week has seven before it: too few
    ],
)
def test_weeks_that_can_still_change_are_not_compared_with_final_ones(days: int, last: date | None) -> None:
    slow = replace(REVENUE, timing=Timing(final_after=days))
    found = judged(weeks([*CALM, 10.0], slow))
    assert [(each_judged.week, each_judged.is_newest) for each_judged in found] == ([(last, days == 0)] if last else [])


def test_a_week_that_is_not_the_newest_says_why() -> None:
    slow = replace(REVENUE, timing=Timing(final_after=3))
    (last_week,) = notable(weeks([*CALM[:11], 150.0, 60.0], slow))
    assert last_week.sentence == (
        "€150 in the week of 18 May 2026, above all of the 11 weeks before, which ranged from €97 to €103. "
        "Their mean is €100. Later weeks can still change."
    )


def test_cohorts_that_can_convert_at_any_time_are_not_judged() -> None:
    def converting(window: Span | None) -> ResultColumn:
        cohorts = Cohorts(Conversion("customer", window), "visits", is_instant=False)
        return replace(REVENUE, timing=Timing(cohorts=(cohorts,)))

    assert judged(weeks([*CALM, 150.0], converting(None))) == []
    (last_week,) = judged(weeks([*CALM, 150.0], converting(Span(7, Granularity.DAY))))
    assert last_week.week == week(11)


def test_a_week_based_on_too_little_data_is_never_notable() -> None:
    def resting(*is_enough: bool) -> Result:
        return weeks([*CALM, 150.0], support={"revenue": ColumnSupport(need=Enough(30), is_enough=is_enough)})

    assert len(notable(resting(*[True] * 13))) == 1
    assert notable(resting(*[True] * 12, False)) == []
    assert notable(resting(*[False] * 5, *[True] * 8)) == []  # seven weeks are too few to compare with


# Metrics that moved together


def moved(label: str, last: float, **changes: Any) -> WeekValues:
    """Return a metric with this last number, after twelve weeks with an average of 100."""
    (only,) = judged(weeks([*CALM, last], replace(BETTER_UP, name=label.casefold(), label=label, **changes)))
    return only


def test_metrics_of_the_same_rows_that_changed_alike_are_one_line() -> None:
    sessions, visitors = moved("Sessions", 150.0), moved("Visitors", 152.0)
    bounced, daily = moved("Bounced sessions", 148.0, direction="down"), moved("Daily visitors", 151.0)
    orders = moved("Orders", 150.0)
    web, shop = frozenset({"sessions"}), frozenset({"orders"})
    first, second = moves([(sessions, web), (visitors, web), (orders, shop), (bounced, web), (daily, web)])
    assert first.every == (sessions, visitors, bounced, daily)
    assert first.title == "Sessions, Visitors and 2 more"
    assert first.change == "+48.0% to +52.0%"
    assert first.verdict == ""  # more bounces are worse, more visitors are better
    assert (second.every, second.title, second.change, second.verdict) == ((orders,), "Orders", "+50.0%", "better")


@pytest.mark.parametrize(
    ("last", "is_together"),
    [
        (150.0, True),
        (137.5, True),  # 37.5% is three quarters of 50%
        (137.0, False),
        (50.0, False),  # as far, but down
        (167.0, False),  # 50% is less than three quarters of 67%
    ],
)
def test_changes_are_alike_within_a_quarter_of_their_size(last: float, is_together: bool) -> None:
    assert len(moves([(moved("Sessions", 150.0), 1), (moved("Visitors", last), 1)])) == (1 if is_together else 2)


def test_a_share_or_another_week_has_its_own_line() -> None:
    sessions = moved("Sessions", 150.0)
    rate = moved("Bounce rate", 150.0, format=NumberFormat.SHARE)
    earlier = replace(moved("Visitors", 150.0), week=week(11))
    assert [move.title for move in moves([(sessions, 1), (rate, 1), (earlier, 1)])] == [
        "Sessions", "Bounce rate", "Visitors",
    ]  # fmt: skip


def test_two_metrics_that_changed_together_are_both_named() -> None:
    (only,) = moves([(moved("Sessions", 150.0), 1), (moved("Visitors", 150.0), 1)])
    assert (only.title, only.change, only.verdict) == ("Sessions and Visitors", "+50.0%", "better")


def test_metrics_with_and_without_a_better_direction_together_are_not_called_better() -> None:
    spend = moved("Spend", 150.0, direction="none")
    (only,) = moves([(spend, 1), (moved("Clicks", 150.0), 1)])
    assert (only.title, only.verdict) == ("Spend and Clicks", "")
