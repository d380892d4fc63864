"""Retention over small logs: periods, cells, cohorts, time zones, ties, survival, and what stays hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.retention.finding import RetentionFound, RetentionRow
from semantic.analyses.events.retention.survival import half_by, waiting
from semantic.errors import InvalidQuery, SemanticError, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.retention import (
    retention_json,
    retention_notes,
    retention_sentence,
    retention_tables,
)
from tests.semantic.analyses.events.logged import Row, open_log

RETENTION = EVENT_KINDS["retention"]
Ask = Callable[..., Analyzed[RetentionFound]]


def on(*moments: str, person: str = "p1", act: str = "a", market: str = "DE", **more: Any) -> list[Row]:
    """Return actions of one person at these times, such as `02-27 23:30`, in UTC."""
    return [
        Row(
            table="actions", key=f"{person}{place:02}{act}{moment}", person=person, market=market, act=act,
            at=datetime.strptime(f"2026-{moment}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC), session="s1_0", **more,
        )
        for place, moment in enumerate(moments)
    ]  # fmt: skip


def bought(moment: str, amount: int | None, person: str = "p1", key: str = "900") -> Row:
    at = datetime.strptime(f"2026-{moment}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return Row(table="purchases", key=key, person=person, at=at, market="DE", amount=amount)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(rows: Sequence[Row], first: Any = "views", person: str = "ana", **more: Any) -> Analyzed[RetentionFound]:
        workspace = open_log(tmp_path, rows)
        try:
            retention = RETENTION.read({"subject": "person", "first": first, "unit": "day", "periods": 3} | more)
            assert RETENTION.read(RETENTION.data(retention)) == retention
            return analyze(workspace, RETENTION, retention, workspace.people[person])
        finally:
            workspace.close()
            (tmp_path / "log.duckdb").unlink()

    return asked


def came(row: RetentionRow) -> list[int | None]:
    return [cell.came for cell in row.cells]


def eligible(row: RetentionRow) -> list[int | None]:
    return [cell.eligible for cell in row.cells]


# Periods


def test_a_calendar_day_and_24_hours_are_not_the_same(ask: Ask) -> None:
    rows = on("03-02 23:00", "03-03 01:00")  # two hours later, on the next day
    assert came(ask(rows).found.whole) == [1, 0, 0]
    assert came(ask(rows, clock="rolling").found.whole) == [0, 0, 0]
    assert came(ask(on("03-02 12:00", "03-03 12:00"), clock="rolling").found.whole) == [1, 0, 0]
    assert came(ask(on("03-02 12:00", "03-03 11:59"), clock="rolling").found.whole) == [0, 0, 0]


def test_weeks_and_months_follow_the_calendar(ask: Ask) -> None:
    sunday = on("03-01 09:00", "03-02 09:00")  # the next day is a Monday
    assert came(ask(sunday, unit="week", periods=1).found.whole) == [1]
    assert came(ask(sunday, unit="week", periods=1, clock="rolling").found.whole) == [0]
    month_end = on("01-31 09:00", "02-01 09:00", person="p1") + on("01-31 09:00", "02-28 09:00", person="p2")
    assert came(ask(month_end, unit="month", periods=1).found.whole) == [2]
    over_new_year = [
        Row(table="actions", key=f"y{at}", person="p1", market="DE", act="a", at=at, session="s")
        for at in (datetime(2025, 11, 30, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    ]
    assert came(ask(over_new_year, unit="month", periods=2).found.whole) == [0, 1]


def test_days_begin_in_the_questions_time_zone(ask: Ask) -> None:
    rows = on("03-03 14:30", "03-03 15:30")  # 23:30 and 00:30 in Tokyo
    assert came(ask(rows).found.whole) == [0, 0, 0]
    assert came(ask(rows, time_zone="Asia/Tokyo").found.whole) == [1, 0, 0]


def test_clocks_that_change_make_a_day_of_23_hours(ask: Ask) -> None:
    """In New York, 8 March is from 05:00 to 04:00 UTC, so an action 23.5 hours later can be two days later."""
    rows = on("03-08 04:45", "03-09 04:15")
    zone = {"time_zone": "America/New_York"}
    assert came(ask(rows, **zone).found.whole) == [0, 1, 0]
    assert came(ask(rows, clock="rolling", **zone).found.whole) == [0, 0, 0]


# Cells


def test_a_cell_covers_one_period_all_later_ones_or_a_range(ask: Ask) -> None:
    rows = [*on("03-02 09:00", "03-05 09:00"), *on("03-02 09:00", "03-03 09:00", "03-04 09:00", person="p2")]
    assert came(ask(rows).found.whole) == [1, 1, 1]
    assert came(ask(rows, count="on_or_after").found.whole) == [2, 2, 1]
    with_range = ask(rows, periods=None, brackets=[[1, 2], [3, 9]])
    assert came(with_range.found.whole) == [1, 1]
    assert came(ask(rows, periods=None, brackets=[[0, 0], [1, 3]]).found.whole) == [0, 2]


def test_a_period_counts_once_it_is_over(ask: Ask) -> None:
    """Today is 20 March. For people who began on the 17th, the second day is over and the third isn't."""
    rows = [*on("03-17 09:00"), *on("03-18 09:00", "03-19 09:00", person="p2"), *on("03-19 09:00", person="p3")]
    found = ask(rows, over="day").found
    assert [row.size for row in found.cohorts] == [1, 1, 1]
    assert [came(row) for row in found.cohorts] == [[0, 0, None], [1, None, None], [None, None, None]]
    assert (eligible(found.whole), came(found.whole)) == ([2, 1, None], [1, 0, None])
    assert [cell.is_open for cell in found.whole.cells] == [False, False, True]
    assert "Empty cells aren't 0: those days haven't ended for everyone in the cohort yet." in retention_notes(
        ask(rows, over="day")
    )


def test_a_rolling_period_is_over_only_for_some_of_a_cohort(ask: Ask) -> None:
    """At midnight, the first 48 hours are over for someone who began at 00:00 on the 18th, but not for someone who
    began at 01:00.
    """
    rows = [*on("03-18 00:00", "03-19 06:00"), *on("03-18 01:00", person="p2")]
    found = ask(rows, clock="rolling", over="day", periods=1).found
    assert (eligible(found.whole), came(found.whole)) == ([1], [1])
    assert found.cohorts[0].cells[0].is_open


# First events and returns


def test_the_first_event_can_be_the_first_ever_or_the_first_in_the_period(ask: Ask) -> None:
    rows = [*on("03-02 09:00", "03-05 09:00", "03-06 09:00"), *on("03-05 12:00", person="p2")]
    days = {"time": {"from": "2026-03-05", "to": "2026-03-08"}}
    assert (ask(rows, **days).found.whole.size, came(ask(rows, **days).found.whole)) == (1, [0, 0, 0])
    in_period = ask(rows, start="period", **days).found.whole
    assert (in_period.size, came(in_period)) == (2, [1, 0, 0])


def test_returns_can_be_after_the_period(ask: Ask) -> None:
    days = {"time": {"from": "2026-03-02", "to": "2026-03-02"}}
    assert came(ask(on("03-02 09:00", "03-04 09:00"), **days).found.whole) == [0, 1, 0]


def test_neither_the_first_event_nor_earlier_events_count_as_a_return(ask: Ask) -> None:
    assert came(ask(on("03-02 09:00")).found.whole) == [0, 0, 0]
    rows = [*on("03-03 09:00"), *on("03-02 09:00", "03-04 09:00", act="b")]
    assert came(ask(rows, **{"return": "carts"}).found.whole) == [1, 0, 0]


def test_an_event_at_the_same_moment_is_not_a_return(ask: Ask) -> None:
    """For example, an order and its lines are one visit."""
    rows = [*on("03-02 09:00"), *on("03-02 09:00", act="b")]
    same_day: dict[str, Any] = {"periods": None, "brackets": [[0, 0]]}
    assert came(ask(rows, **{"return": "carts"}, **same_day).found.whole) == [0]
    assert came(ask([*rows, *on("03-02 09:01", act="b")], **{"return": "carts"}, **same_day).found.whole) == [1]
    letter = Row(table="letters", key="l", person="p1", market="DE", at=datetime(2026, 3, 2, tzinfo=UTC))
    assert came(ask([*rows, letter], **{"return": "letters"}, **same_day).found.whole) == [0]  # by day


def test_people_can_return_in_another_table(ask: Ask) -> None:
    rows = [*on("03-02 09:00"), bought("03-03 09:00", 5), bought("03-03 10:00", 9, key="901")]
    money = ask(rows, **{"return": "revenue", "measure": "amount"})
    first = money.found.whole.cells[0]
    assert (first.came, first.times, first.amount) == (1, 2, 14.0)
    assert money.found.whole.cells[0].value("amount") == 14.0
    assert ask(rows, **{"return": "revenue", "measure": "events"}).found.whole.cells[0].value("events") == 2.0
    nothing = [*on("03-02 09:00"), bought("03-03 09:00", None)]
    assert came(ask(nothing, **{"return": "revenue"}).found.whole) == [0, 0, 0]


def test_amounts_are_for_everyone_old_enough(ask: Ask) -> None:
    rows = [*on("03-02 09:00"), bought("03-03 09:00", 5), *on("03-02 09:00", person="p2")]
    cell = ask(rows, **{"return": "revenue", "measure": "amount"}).found.whole.cells[0]
    assert (cell.eligible, cell.value("amount"), cell.share) == (2, 2.5, 0.5)


def test_events_with_only_a_day_are_compared_by_day(ask: Ask) -> None:
    letter = Row(table="letters", key="l", person="p1", market="DE", at=datetime(2026, 3, 3, tzinfo=UTC))
    analyzed = ask([*on("03-02 23:00"), letter], clock="rolling", **{"return": "letters"})
    assert came(analyzed.found.whole) == [1, 0, 0]
    assert any("compared by day, because the event Letters has no time of day" in text for text in analyzed.rule)


def test_an_empty_log_is_not_an_error(ask: Ask) -> None:
    analyzed = ask(on("03-02 09:00", act="f"), by="device", over="week")
    assert (analyzed.found.whole.size, analyzed.found.groups, analyzed.found.cohorts) == (0, (), ())
    assert retention_sentence(analyzed) == "No people with Views in this period."


# Groups


def test_groups_use_the_first_event_and_cohorts_its_date(ask: Ask) -> None:
    rows = [
        *on("03-02 09:00", device="phone"), *on("03-03 09:00", device="desktop"),
        *on("03-10 09:00", person="p2", device="phone"), *on("03-03 09:00", person="p3"),
    ]  # fmt: skip
    found = ask(rows, by="device", over="week").found
    assert {row.by: (row.size, came(row)[0]) for row in found.groups} == {"phone": (2, 1), None: (1, 0)}
    assert [(row.by, row.over, row.size) for row in found.cohorts] == [
        ("phone", date(2026, 3, 2), 1),
        ("phone", date(2026, 3, 9), 1),
        (None, date(2026, 3, 2), 1),
    ]


def group(count: int, back: int, device: str) -> list[Row]:
    """Return the actions of people with a device, some of whom come back the next day."""
    rows = list[Row]()
    for number in range(count):
        moments = ("03-02 09:00", "03-03 09:00") if number < back else ("03-02 09:00",)
        rows += on(*moments, person=f"{device}{number}", device=device)
    return rows


def test_groups_are_compared_with_newcombes_interval(ask: Ask) -> None:
    """48 of 80 people come back, and 56 of 70, as in Newcombe's article: the difference is 0.2, from 0.0524 to
    0.3339.
    """
    analyzed = ask([*group(80, 48, "phone"), *group(70, 56, "desktop")], by="device", periods=1)
    (apart,) = retention_json(analyzed)["differences"]
    assert apart["by"] == "desktop"
    assert [round(apart[key], 4) for key in ("value", "low", "high")] == [0.2, 0.0524, 0.3339]
    table = next(table for table in retention_tables(analyzed) if table.title == "Compared with Phone")
    assert table.lines == [["Desktop", "80.0%", "+20.0 pp", "+5.2 to +33.4 pp"]]


def test_the_sentence_names_the_highest_and_the_lowest_group(ask: Ask) -> None:
    rows = [*group(150, 60, "phone"), *group(120, 72, "desktop"), *group(130, 65, "tablet"), *group(9, 9, "watch")]
    assert (
        "By device, Desktop has the highest share (60.0%) and Phone the lowest (40.0%), more than chance explains. "
        "Only groups with at least 100 people are compared."
    ) in retention_sentence(ask(rows, by="device", periods=1))
    two = retention_sentence(ask([*group(150, 60, "phone"), *group(120, 72, "desktop")], by="device", periods=1))
    assert "and Phone the lowest (40.0%), more than chance explains." in two
    assert "Only groups" not in two
    alike = ask([*group(150, 60, "phone"), *group(120, 48, "desktop")], by="device", periods=1)
    assert "By device, groups don't differ in day 1 more than chance explains." in retention_sentence(alike)


def test_among_many_groups_a_difference_must_be_larger(ask: Ask) -> None:
    """50% and 39% of 200 people each differ by chance in 2.7% of cases with two groups, but in 16% of cases for some
    pair of four groups.
    """
    two = [*group(200, 100, "phone"), *group(200, 78, "desktop")]
    assert "Phone has the highest share (50.0%)" in retention_sentence(ask(two, by="device", periods=1))
    four = [*two, *group(200, 96, "tablet"), *group(200, 90, "watch")]
    assert "groups don't differ in day 1 more than" in retention_sentence(ask(four, by="device", periods=1))


# The time until the first return


def test_people_not_observed_long_enough_leave_the_curve(ask: Ask) -> None:
    """Two people come back on the next day, and one comes back two days later.

    One person began on the 18th and was followed for two days.
    """
    rows = [
        *on("03-02 09:00", "03-03 09:00"), *on("03-02 09:00", "03-03 09:00", person="p2"),
        *on("03-02 09:00", "03-04 09:00", person="p3"), *on("03-18 09:00", person="p4"),
    ]  # fmt: skip
    curve = ask(rows, periods=2).found.whole.waiting
    assert [(each.period, each.at_risk, each.came, each.share) for each in curve] == [
        (0, 4, 0, 1.0), (1, 4, 2, 0.5), (2, 1, 1, 0.0),
    ]  # fmt: skip
    assert half_by(curve) == 1


def test_the_interval_is_greenwoods() -> None:
    """Of 10 people at risk, 3 come back: 0.7 ± 1.96 × 0.7 × sqrt(3 / (10 × 7))."""
    first, second = waiting([10, 6], [3, 2])
    reach = 1.959963984540054 * 0.7 * sqrt(3 / 70)
    assert (first.share, first.low, first.high) == pytest.approx((0.7, 0.7 - reach, 0.7 + reach))
    assert second.share == pytest.approx(0.7 * 4 / 6)
    reach = 1.959963984540054 * second.share * sqrt(3 / 70 + 2 / 24)
    assert (second.low, second.high) == pytest.approx((second.share - reach, second.share + reach))
    assert waiting([2], [2])[0].low is None


# Refusals


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"unit": "quarter"}, "day, week or month"),
        ({"unit": "hour"}, "day, week or month"),
        ({"unit": "month", "clock": "rolling"}, "Months can't be rolling"),
        ({"count": "sometimes"}, "on, on_or_after"),
        ({"periods": 0}, "from 1 to 120"),
        ({"periods": True}, "from 1 to 120"),
        ({"brackets": [[1, 2]]}, "Remove 'periods'"),
        ({"periods": None, "brackets": [[1, 7], [5, 9]]}, "not overlap"),
        ({"periods": None, "brackets": []}, "1 to 20 'brackets'"),
        ({"periods": None, "brackets": [[1, 2]], "count": "on_or_after"}, "Remove 'count'"),
        ({"count": "on_or_after", "measure": "events"}, "Use the count on"),
        ({"at": 4}, "one of the 3"),
        ({"over": "hour"}, "day, week or month"),
        ({"by": "date"}, "Use 'over'"),
        ({"measure": "amount"}, "adds up no amounts"),
        ({"return": "cart_rate"}, "can't be a step"),
        ({"color": "red"}, "unknown key"),
        ({"v": 2}, "version 1"),
        ({"kind": "funnel"}, "kind retention"),
    ],
)
def test_retention_without_a_right_answer_is_refused(ask: Ask, more: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        ask(on("03-02 09:00"), **more)


@pytest.mark.parametrize("data", [None, [], "retention", {"subject": "person"}, {"first": "views"}])
def test_an_invalid_retention_is_refused(data: object) -> None:
    with pytest.raises(InvalidQuery):
        RETENTION.read(data)


# Policy


def test_a_hidden_metric_reads_as_missing(ask: Ask) -> None:
    with pytest.raises(UnknownName) as hidden:
        ask(on("03-02 09:00"), person="nora", **{"return": "carts"})
    with pytest.raises(UnknownName) as missing:
        ask(on("03-02 09:00"), person="nora", **{"return": "carton"})
    assert str(hidden.value).replace("carts", "carton") == str(missing.value)


def test_hidden_rows_are_not_first_events(ask: Ask) -> None:
    rows = [*on("03-02 09:00", market="FR"), *on("03-04 09:00", "03-05 09:00", act="a", person="p1", product="pear")]
    assert came(ask(rows).found.whole) == [0, 1, 1]
    assert came(ask(rows, person="dora").found.whole) == [1, 0, 0]


def test_small_groups_are_hidden_with_the_numbers_that_would_reveal_them(ask: Ask) -> None:
    """Gus sees numbers of four people or more, and no difference of fewer people."""
    rows = [*group(12, 6, "phone"), *group(10, 5, "desktop"), *group(3, 1, "tablet")]
    found = ask(rows, by="device", periods=1, person="gus").found
    assert (found.whole.size, came(found.whole)) == (25, [12])
    # The tablets would be all minus the others, so the smaller of these is hidden too.
    assert {row.by: (row.size, came(row)) for row in found.groups} == {
        "phone": (12, [6]), "desktop": (None, [None]), "tablet": (None, [None]),
    }  # fmt: skip
    assert found.hides
    assert all(not row.waiting for row in found.groups)


def test_few_people_who_stayed_away_are_hidden_like_few_who_came_back(ask: Ask) -> None:
    for count, back in ((10, 2), (10, 8), (10, 0)):
        analyzed = ask(group(count, back, "phone"), periods=1, person="gus")
        assert (analyzed.found.whole.size, came(analyzed.found.whole)) == (10, [None]), back
        assert "to show you the number" in retention_sentence(analyzed)
        assert retention_json(analyzed)["whole"]["cells"][0]["times"] is None
    assert came(ask(group(10, 10, "phone"), periods=1, person="gus").found.whole) == [10]


def test_hidden_stays_of_two_groups_are_not_revealed_by_their_total(ask: Ask) -> None:
    """In each of two groups, one person doesn't come back. Together that is two, so a third group is hidden, too."""
    rows = [*group(10, 9, "phone"), *group(9, 8, "desktop"), *group(20, 10, "tablet"), *group(20, 9, "watch")]
    shown = {row.by: came(row)[0] for row in ask(rows, by="device", periods=1, person="gus").found.groups}
    assert sum(value is None for value in shown.values()) == 3


def test_the_time_until_a_return_ends_where_few_came_back(ask: Ask) -> None:
    rows = [*group(10, 0, "desktop")]
    for number in range(12):
        rows += on("03-02 09:00", "03-02 10:00" if number < 5 else "03-04 09:00", person=f"x{number}")
    assert [each.came for each in ask(rows, periods=2).found.whole.waiting] == [5, 0, 7]
    assert [each.came for each in ask(rows, periods=2, person="gus").found.whole.waiting] == [5]


def test_numbers_not_counted_in_people_are_refused_if_small_groups_are_hidden(ask: Ask) -> None:
    with pytest.raises(SemanticError, match="Follow each person instead"):
        ask(on("03-02 09:00"), person="gus", subject="session")


# The rule in words


def test_every_choice_has_its_sentence(ask: Ask) -> None:
    rows = [*on("03-02 09:00", device="phone"), bought("03-03 09:00", 5)]
    analyzed = ask(
        rows, by="device", over="week", measure="amount", start="period", clock="rolling",
        time={"from": "2026-03-02", "to": "2026-03-08"}, **{"return": "revenue"},
    )  # fmt: skip
    assert analyzed.rule == (
        "Each person begins once, with their first event of Views in the period, 2 – 8 Mar 2026.",
        "Coming back means Revenue after that.",
        "Days are rolling: day 1 begins 24 hours after the first event and lasts 24 hours.",
        "Each person counts in each day with a return.",
        "Numbers are averages: revenue for each person who began, including those who didn't come back.",
        "Only days that were over by the end of 19 Mar 2026 count, each for those who began early enough to complete "
        "it.",
        "Cohorts are grouped by the week of the first event. A cell is empty until its day is over for everyone in the "
        "cohort.",
        "Device is taken from the first event. Of several at one moment, the one with the smallest key counts.",
        "The time until the first return includes those who haven't come back yet, for as long as they were followed "
        "(Kaplan-Meier, with Greenwood's 95% interval).",
        "What happens at the same moment as the first event isn't a return.",
        "Events with no person don't count.",
    )


def test_the_sentence_states_the_question(ask: Ask) -> None:
    rows = [*group(12, 6, "phone"), bought("03-03 09:00", 5, "phone0")]
    few = "This is based on only 12 people."
    assert retention_sentence(ask(rows, periods=1)) == (
        f"50.0% of new people came back for views in day 1. Half came back by the end of day 1. {few}"
    )
    assert retention_sentence(ask(rows, periods=1, **{"return": "revenue"})).startswith(
        "8.3% of people came back for revenue in day 1 after views. "
        "By the end of day 1, 8.3% had come back at least once."
    )
    assert retention_sentence(ask(rows, periods=1, measure="events")).startswith(
        "New people had 0.50 views each in day 1."
    )
    assert retention_sentence(ask(rows, periods=None, brackets=[[1, 2]])).startswith(
        "50.0% of new people came back for views in days 1–2."
    )
    young = on("03-19 09:00")
    assert retention_sentence(ask(young, periods=1)) == "Day 1 hasn't ended yet for the 1 person with Views."
    young += on("03-19 09:00", person="p2")
    assert retention_sentence(ask(young, periods=1)) == "Day 1 hasn't ended yet for any of the 2 people with Views."


def test_numbers_of_a_sample_are_scaled_and_marked(ask: Ask) -> None:
    everyone, few = (ask(group(400, 200, "phone"), periods=1, sample=sample) for sample in (None, 0.1))
    followed = few.found.whole.size or 0
    assert 10 < followed < 100 < (everyone.found.whole.size or 0)
    assert retention_json(few)["whole"]["size"] == 10 * followed
    line = retention_tables(few)[0].lines[0]
    assert line[1] == f"≈{10 * followed}"
    assert line[4].startswith("≈")
    assert "came back, 95% interval" in retention_tables(few)[0].header
    assert retention_sentence(few).startswith("≈")
