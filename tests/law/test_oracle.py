"""The evaluator against numbers worked out by hand.

Every day has one order, worth 1 in 2026, 10 in 2025, 100 in 2024 and 1000 in 2023: a number says how many days of
which year it counts. Days that must not be counted, or must be, are worth more where a test says so. Today is Thursday
25 June 2026, all is loaded to 24 June; data begins on 26 June 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from semantic.query.data import query_from_data
from tests.law.law import days_between, first_of_month_before
from tests.law.oracle import Answer, Oracle
from tests.law.world import Fact, World, retail_calendar

TODAY = date(2026, 6, 25)
BEGINS = date(2023, 6, 26)
WORTH = {2023: 1000, 2024: 100, 2025: 10, 2026: 1}
MORNING = datetime(2026, 6, 25, 4, tzinfo=UTC)
TRAP = 1_000_000


def day(text: str) -> date:
    return date.fromisoformat(text)


def orders(worth: Mapping[str, int] | None = None, *, load: datetime | None = MORNING, **more: Any) -> Fact:
    """One order a day up to the evening of today; `worth` is what some days are worth instead."""
    special = {day(text): value for text, value in (worth or {}).items()}
    rows = [
        {"at": datetime(one.year, one.month, one.day, 12, tzinfo=UTC), "day": one, "channel": "Mail", "customer": "c1",
         "amount": Decimal(special.get(one, WORTH[one.year]))}
        for one in days_between(BEGINS, TODAY)
    ]  # fmt: skip
    return Fact("orders", [*rows, *more.get("rows", ())], at="at", load=load)


def order(text: str, amount: int, channel: str = "Mail", customer: str = "c1") -> dict[str, Any]:
    one = day(text)
    at = datetime(one.year, one.month, one.day, 12, tzinfo=UTC)
    return {"at": at, "day": one, "channel": channel, "customer": customer, "amount": Decimal(amount)}


def ads(load: datetime | None = MORNING, spend: int = 2) -> Fact:
    """2 spent on each day, 1 click."""
    rows = [
        {"day": one, "channel": "Mail", "spend": Decimal(spend), "clicks": 1}
        for one in days_between(BEGINS, min(TODAY, load.date() if load else TODAY))
    ]
    return Fact("ads", rows, load=load)


def stock() -> Fact:
    """As many pieces as the day says when it is read as a number: 20260624 on 24 June 2026."""
    rows = [{"day": one, "channel": "Mail", "pieces": int(f"{one:%Y%m%d}")} for one in days_between(BEGINS, TODAY)]
    return Fact("stock", rows, load=MORNING)


def mrr() -> Fact:
    """A month closes with its number, 202606, and opens with that of the month before; 2 of 100 are lost."""
    rows: list[dict[str, Any]] = []
    month = day("2024-01-01")
    while month <= TODAY:
        before = first_of_month_before(month, 1)
        rows.append({"day": month, "channel": "Mail", "opening": Decimal(f"{before:%Y%m}"),
                     "closing": Decimal(f"{month:%Y%m}"), "lost": Decimal(2), "change": Decimal(1)})  # fmt: skip
        month = first_of_month_before(month, -1)
    return Fact("mrr", rows, load=MORNING, by_month=True)


def plan() -> Fact:
    rows = [{"day": one, "channel": "Mail", "planned": Decimal(4)} for one in days_between(BEGINS, day("2026-10-31"))]
    return Fact("plan", rows, is_plan=True)


def budgets() -> Fact:
    """100 each month from 2024 to October 2026."""
    months = [first_of_month_before(day("2026-10-01"), back) for back in range(34)]
    return Fact(
        "budgets",
        [{"day": one, "channel": "Mail", "amount": Decimal(100)} for one in months],
        is_plan=True,
        by_month=True,
    )


def ask(
    question: dict[str, Any], *facts: Fact, today: date = TODAY, retail: Mapping[date, int] | None = None
) -> Answer:
    given = {fact.name: fact for fact in facts}
    all_facts = {fact.name: fact for fact in (orders(), ads(), stock(), mrr(), plan(), budgets())} | given
    world = World(all_facts, {"c1": "small", "c2": "large", "c3": "large"}, retail or {})
    return Oracle(world, today).answer(query_from_data(question))


def rows(answer: Answer) -> dict[str, list[float | None]]:
    """Every row's values in the order of the columns, by what it is of; "total" is a total, "" the only row."""
    assert not answer.refused
    found: dict[str, list[float | None]] = {}
    for key, cells in answer.rows.items():
        words = ["total" if place in key.totalled else str(one) for place, one in enumerate(key.values)]
        found[" ".join(words)] = [cell.value for cell in cells.values()]
    return found


def judged(answer: Answer, column: str, row: str = "") -> bool:
    for key, cells in answer.rows.items():
        words = " ".join("total" if place in key.totalled else str(one) for place, one in enumerate(key.values))
        if words == row:
            return cells[column].judged
    raise AssertionError(row)


def month(count: int) -> dict[str, Any]:
    return {"to": {"back": count, "unit": "month"}}


LAST_YEAR, PREVIOUS = {"to": "last_year"}, {"to": "previous"}
Q2 = {"from": "2026-04-01", "to": "2026-06-30"}
JUNE = {"from": "2026-06-01", "to": "2026-06-30"}
BY_MONTH = {"dim": "date", "grain": "month"}
BY_WEEK = {"dim": "date", "grain": "week"}
BY_DAY = {"dim": "date", "grain": "day"}


# Named periods that are not over


def test_a_running_quarter_is_counted_to_what_is_known_on_both_sides() -> None:
    traps = {"2025-06-25": TRAP, "2026-06-25": TRAP, "2025-03-31": TRAP}
    answer = ask({"metrics": ["revenue", "orders"], "time": Q2, "compare": [LAST_YEAR]}, orders(traps))
    assert rows(answer) == {"": [85, 850, 85, 85]}  # 30 + 31 + 24 days
    assert judged(answer, "revenue_last_year")


def test_previous_of_a_quarter_is_one_answer_for_quarter_to_date_and_months() -> None:
    traps = {"2026-03-25": TRAP, "2025-12-31": TRAP}
    named = ask({"metrics": ["revenue"], "time": Q2, "compare": [PREVIOUS]}, orders(traps))
    to_date = ask({"metrics": ["revenue"], "time": {"to_date": "quarter"}, "compare": [PREVIOUS]}, orders(traps))
    by_month = ask(
        {"metrics": ["revenue"], "by": [BY_MONTH], "time": Q2, "compare": [PREVIOUS], "totals": ["grand"]},
        orders(traps),
    )
    assert rows(named) == rows(to_date) == {"": [85, 83]}  # 1 Jan - 24 Mar
    assert rows(by_month) == {"2026-04-01": [30, 31], "2026-05-01": [31, 28], "2026-06-01": [24, 24], "total": [85, 83]}
    assert judged(by_month, "revenue_previous", "2026-04-01")  # April and January: 3.2 %
    assert not judged(by_month, "revenue_previous", "2026-05-01")  # May and February: 9.7 %
    assert judged(by_month, "revenue_previous", "2026-06-01")
    assert judged(by_month, "revenue_previous", "total")  # 2.4 %


def test_groups_and_their_total_count_the_same_days() -> None:
    more = [order("2026-06-24", 5, "Search"), order("2025-06-24", 50, "Search"), order("2025-06-25", TRAP, "Search")]
    more += [order("2025-06-10", 7, "Social"), order("2026-06-25", TRAP, "Radio")]
    answer = ask(
        {"metrics": ["revenue"], "by": ["channel"], "time": JUNE, "compare": [LAST_YEAR], "totals": ["grand"]},
        orders(rows=more),
    )
    expected = {"Mail": [24, 240], "Search": [5, 50], "Social": [None, 7], "total": [29, 297]}
    assert rows(answer) == expected


def test_days_end_with_what_is_known_and_pair_with_as_many_days_before() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2026-06-20", "to": "2026-06-30"}}
    answer = ask(
        question | {"compare": [PREVIOUS], "totals": ["grand"]},
        orders(rows=[order("2026-06-09", 1), order("2026-06-14", 1)]),
    )
    expected = {f"2026-06-{number}": [1, 1] for number in (21, 22, 23, 24)}
    assert rows(answer) == expected | {"2026-06-20": [1, 2], "total": [5, 6]}  # 9 - 13 June; 14 is in none


def test_the_week_to_date_pairs_with_the_same_days_of_the_week_before() -> None:
    traps = {"2026-06-18": TRAP, "2026-06-14": TRAP, "2026-06-15": 7}
    answer = ask({"metrics": ["revenue"], "time": {"to_date": "week"}, "compare": [PREVIOUS]}, orders(traps))
    assert rows(answer) == {"": [3, 9]}  # 22 - 24 June, 15 - 17 June
    assert judged(answer, "revenue_previous")


def test_by_week_months_pair_by_position_and_the_total_is_of_the_rows() -> None:
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    question = {"metrics": ["revenue"], "by": [BY_WEEK], "time": march, "compare": [PREVIOUS], "totals": ["grand"]}
    answer = rows(ask(question, orders({"2026-02-01": 5, "2026-02-28": 7})))
    assert answer["2026-02-23"] == [1, 5]  # 1 March alone, beside 1 February
    assert answer["2026-03-02"] == [7, 7]
    assert answer["2026-03-23"] == [7, 5 + 7]  # 23 - 28 March; the 29th is beyond February
    assert answer["2026-03-30"] == [2, None]
    assert answer["total"] == [31, 5 + 26 + 7]
    april = {"from": "2026-04-01", "to": "2026-04-30"}
    longer = rows(ask(question | {"time": april}, orders({"2026-03-31": TRAP})))
    assert longer["total"] == [30, 30]  # 31 March is in no row


def test_on_the_first_day_of_a_month_nothing_of_it_is_known() -> None:
    question = {"metrics": ["orders", "revenue"], "time": {"to_date": "month"}, "compare": [LAST_YEAR]}
    assert rows(ask(question, today=day("2026-06-01"))) == {"": [None, None, None, None]}
    assert rows(ask(question | {"by": ["channel"], "totals": ["grand"]}, today=day("2026-06-01"))) == {}


def test_a_month_of_rows_is_whole_with_whole_wherever_the_question_begins() -> None:
    question = {"metrics": ["orders"], "by": [BY_MONTH], "time": {"from": "2026-03-15", "to": "2026-05-10"}}
    answer = rows(ask(question | {"compare": [month(1)], "totals": ["grand"]}))
    assert answer == {
        "2026-03-01": [17, 14],  # 15 - 28 February
        "2026-04-01": [30, 31],
        "2026-05-01": [10, 10],
        "total": [57, 55],
    }


def test_weekdays_are_beside_weekdays() -> None:
    by = [{"dim": "date", "part": "dow"}]
    fridays = {"2025-06-06": 50, "2025-06-26": TRAP}
    answer = rows(ask({"metrics": ["revenue"], "by": by, "time": JUNE, "compare": [LAST_YEAR]}, orders(fridays)))
    assert answer["5"] == [3, 50 + 20]  # 5, 12, 19 June and 6, 13, 20 June 2025
    assert answer["3"] == [4, 40]


def test_a_running_fiscal_year_has_its_known_quarter_alone() -> None:
    question = {"metrics": ["orders"], "by": [{"dim": "date", "grain": "fiscal_quarter"}], "compare": [LAST_YEAR]}
    answer = ask(
        question | {"time": {"from": "2026-04-01", "to": "2027-03-31"}, "totals": ["grand"], "fiscal_start": "april"}
    )
    assert rows(answer) == {"2026-04-01": [85, 85], "total": [85, 85]}


def test_a_named_comparison_of_a_running_month_reads_the_partners_of_known_days() -> None:
    question = {"metrics": ["revenue"], "compare": [{"to": {"from": "2026-05-01", "to": "2026-05-31"}}]}
    traps = {"2026-05-25": TRAP}
    assert rows(ask(question | {"time": JUNE}, orders(traps))) == {"": [24, 24]}
    over = ask(question | {"time": {"from": "2026-04-01", "to": "2026-04-30"}}, orders(traps))
    assert rows(over) == {"": [30, 30 + TRAP]}  # all of May is named


def test_what_is_wholly_to_come_is_missing_and_no_row() -> None:
    time = {"from": "2026-07-01", "to": "2026-09-30"}
    assert rows(ask({"metrics": ["revenue", "orders"], "time": time, "compare": [LAST_YEAR]})) == {
        "": [None, None, None, None]
    }
    assert (
        rows(ask({"metrics": ["orders"], "by": [BY_MONTH], "time": time, "totals": ["grand"], "every_period": True}))
        == {}
    )


# Relative, open, late


def test_seven_days_do_not_slide_back_when_a_load_is_late() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"last": 7, "unit": "day"}, "every_period": True}
    answer = ask(question | {"compare": [LAST_YEAR]}, today=day("2026-06-27"))
    assert rows(answer) == {f"2026-06-{number}": [1, 1] for number in (20, 21, 22, 23, 24)}


def test_a_period_open_at_both_ends_goes_from_the_first_row_to_what_is_known() -> None:
    answer = ask({"metrics": ["orders"]}, orders({"2026-06-25": TRAP}))
    assert rows(answer) == {"": [(day("2026-06-24") - BEGINS).days + 1]}


def test_today_is_read_where_it_is_let_in_and_never_judged() -> None:
    question = {"metrics": ["revenue"], "compare": [LAST_YEAR]}
    let_in = ask(
        question | {"time": {"to_date": "month", "complete": False}}, orders({"2026-06-25": 7, "2025-06-25": 90})
    )
    assert rows(let_in) == {"": [24 + 7, 240 + 90]}
    assert not judged(let_in, "revenue_last_year")
    without = ask(question | {"time": {"to_date": "month"}}, orders({"2026-06-25": 7, "2025-06-25": 90}))
    assert rows(without) == {"": [24, 240]}
    assert judged(without, "revenue_last_year")


def test_each_metric_is_known_to_its_own_day_and_a_ratio_to_the_least() -> None:
    late = ads(datetime(2026, 6, 21, 4, tzinfo=UTC))
    answer = ask({"metrics": ["revenue", "spend", "roas"], "time": JUNE, "compare": [LAST_YEAR]}, late)
    # 24 days of revenue, 20 of spend, 20 of both
    assert rows(answer) == {"": [24, 240, 40, 40, 0.5, 5.0]}
    by_day = ask(
        {"metrics": ["revenue", "spend", "roas"], "by": [BY_DAY], "time": {"from": "2026-06-20", "to": "2026-06-30"}},
        late,
    )
    assert rows(by_day) == {"2026-06-20": [1, 2, 0.5]} | {
        f"2026-06-{number}": [1, None, None] for number in (21, 22, 23, 24)
    }


def test_in_new_york_what_is_known_ends_a_day_earlier_and_dates_stay() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2026-06-22", "to": "2026-06-25"}}
    late_evening = {**order("2026-06-23", 1), "at": datetime(2026, 6, 24, 3, tzinfo=UTC)}  # 23:00 of the 23rd there
    answer = ask(question | {"time_zone": "America/New_York"}, orders(rows=[late_evening]))
    assert rows(answer) == {"2026-06-22": [1], "2026-06-23": [2]}
    both = ask({"metrics": ["orders", "clicks", "roas"], "time": JUNE, "time_zone": "America/New_York"})
    assert rows(both) == {"": [23, 24, 0.5]}


# Fill, every period, numbered days


def test_every_known_period_of_each_group_and_no_other_is_filled() -> None:
    quiet = [row for row in orders().rows if row["day"] != day("2026-06-23")]
    fact = Fact("orders", [*quiet, order("2026-06-22", 3, "Search")], at="at", load=MORNING)
    question = {
        "metrics": ["orders", "revenue"],
        "by": ["channel", BY_DAY],
        "time": {"from": "2026-06-22", "to": "2026-06-30"},
    }
    assert rows(ask(question | {"every_period": True}, fact)) == {
        "Mail 2026-06-22": [1, 1], "Mail 2026-06-23": [0, None], "Mail 2026-06-24": [1, 1],
        "Search 2026-06-22": [1, 3], "Search 2026-06-23": [0, None], "Search 2026-06-24": [0, None],
    }  # fmt: skip
    assert "Mail 2026-06-23" not in rows(ask(question, fact))


def test_the_last_days_of_march_have_no_partner_in_february() -> None:
    question = {
        "metrics": ["orders"],
        "by": [BY_DAY],
        "time": {"from": "2026-03-26", "to": "2026-03-31"},
        "totals": ["grand"],
    }
    answer = ask(
        question | {"compare": [month(1)]}, orders(rows=[order("2026-03-01", TRAP), order("2026-02-25", TRAP)])
    )
    assert rows(answer) == {
        "2026-03-26": [1, 1], "2026-03-27": [1, 1], "2026-03-28": [1, 1],
        "2026-03-29": [1, None], "2026-03-30": [1, None], "2026-03-31": [1, None], "total": [6, 3],
    }  # fmt: skip
    assert not judged(answer, "orders_1_month_back", "total")
    assert judged(answer, "orders_1_month_back", "2026-03-28")


def test_numbered_days_go_as_far_as_the_longer_side() -> None:
    by = [{"dim": "date", "part": "day_number"}]
    february = ask(
        {"metrics": ["orders"], "by": by, "time": {"from": "2026-02-01", "to": "2026-02-28"}, "compare": [PREVIOUS]}
    )
    assert len(february.rows) == 31
    assert [rows(february)[text] for text in ("28", "29", "31")] == [[1, 1], [None, 1], [None, 1]]
    june = ask({"metrics": ["orders"], "by": by, "time": JUNE, "compare": [PREVIOUS]})
    assert sorted(map(int, rows(june))) == [*range(1, 25)]


def test_a_plan_goes_on_where_a_fact_is_missing() -> None:
    time = {"from": "2026-05-01", "to": "2026-08-31"}
    both = ask({"metrics": ["budget", "orders"], "by": [BY_MONTH], "time": time, "totals": ["grand"]})
    assert rows(both) == {
        "2026-05-01": [100, 31],
        "2026-06-01": [100, 24],
        "2026-07-01": [100, None],
        "2026-08-01": [100, None],
        "total": [400, 55],
    }
    alone = ask(
        {
            "metrics": ["budget"],
            "by": [BY_MONTH],
            "time": {"from": "2026-05-01", "to": "2026-10-31"},
            "totals": ["grand"],
        }
    )
    assert rows(alone)["total"] == [600]
    assert len(alone.rows) == 7


# Offset metrics


def test_growth_of_a_running_month_is_like_for_like_and_months_to_come_are_no_rows() -> None:
    question = {"metrics": ["revenue_growth", "revenue_last_year"], "by": [BY_MONTH], "totals": ["grand"]}
    answer = ask(question | {"time": {"from": "2026-04-01", "to": "2026-09-30"}}, orders({"2025-06-25": TRAP}))
    assert rows(answer) == {
        "2026-04-01": [30 - 300, 300], "2026-05-01": [31 - 310, 310], "2026-06-01": [24 - 240, 240],
        "total": [85 - 850, 850],
    }  # fmt: skip


def test_a_year_against_half_a_year_is_missing_and_against_a_whole_one_not() -> None:
    question = {"metrics": ["revenue_last_year"], "by": [{"dim": "date", "grain": "year"}]}
    answer = ask(question | {"time": {"from": "2024-01-01", "to": "2026-12-31"}})
    assert rows(answer) == {"2025-01-01": [36600], "2026-01-01": [1750]}  # 2024 over the second half of 2023 is none


def test_a_group_that_opened_later_has_history_and_no_hole() -> None:
    more = [order("2025-05-30", 20, "Search"), order("2026-05-30", 30, "Search"), order("2026-04-10", 5, "Social")]
    answer = ask({"metrics": ["revenue_growth"], "by": ["channel"], "time": Q2}, orders(rows=more))
    assert rows(answer) == {"Mail": [85 - 850], "Search": [10], "Social": [None]}


def test_offsets_by_day_are_of_the_same_number_and_the_total_lacks_too_many() -> None:
    question = {"metrics": ["orders", "month_growth"], "by": [BY_DAY], "totals": ["grand"]}
    answer = ask(question | {"time": {"from": "2026-03-28", "to": "2026-03-31"}}, orders({"2026-02-28": 5}))
    assert rows(answer) == {
        "2026-03-28": [1, -4], "2026-03-29": [1, None], "2026-03-30": [1, None], "2026-03-31": [1, None],
        "total": [4, None],
    }  # fmt: skip


def test_offsets_by_month_are_whole_with_whole_and_running_with_running() -> None:
    answer = ask(
        {"metrics": ["month_growth"], "by": [BY_MONTH], "time": {"from": "2026-02-01", "to": "2026-06-30"}},
        orders({"2026-05-25": TRAP}),
    )
    may = 31 - 1 + TRAP
    assert rows(answer) == {
        "2026-02-01": [28 - 31], "2026-03-01": [31 - 28], "2026-04-01": [30 - 31], "2026-05-01": [may - 30],
        "2026-06-01": [0],
    }  # fmt: skip


def test_an_offset_shorter_than_its_cell_is_refused_and_missing_in_a_grand_total_only() -> None:
    assert ask({"metrics": ["month_growth"], "by": [{"dim": "date", "grain": "quarter"}], "time": Q2}).refused
    assert ask({"metrics": ["month_growth"], "time": Q2}).refused
    assert ask({"metrics": ["week_before"], "by": [BY_MONTH], "time": Q2}).refused
    assert ask({"metrics": ["revenue_growth"]}).refused
    assert not ask({"metrics": ["month_growth"], "time": {"from": "2026-03-01", "to": "2026-03-31"}}).refused
    assert not ask({"metrics": ["week_before"], "by": [BY_WEEK], "time": Q2}).refused
    by_month = ask({"metrics": ["month_growth"], "by": [BY_MONTH], "time": Q2, "totals": ["grand"]})
    assert rows(by_month)["total"] == [None]


def test_both_sides_of_a_ratio_go_back_over_the_same_days() -> None:
    answer = ask(
        {"metrics": ["roas", "roas_last_year"], "by": [BY_MONTH], "time": {"from": "2026-05-01", "to": "2026-06-30"}},
        orders({"2025-06-25": TRAP}),
    )
    assert rows(answer) == {"2026-05-01": [0.5, 5], "2026-06-01": [0.5, 5]}


# Last year


def test_last_year_of_weeks_is_by_weekday_and_judged() -> None:
    question = {"metrics": ["orders"], "by": [BY_WEEK], "time": {"last": 4, "unit": "week"}, "compare": [LAST_YEAR]}
    answer = ask(question, orders(rows=[order("2025-05-26", 1), order("2025-05-25", 1)]))
    assert rows(answer) == {"2026-05-25": [7, 8], "2026-06-01": [7, 7], "2026-06-08": [7, 7], "2026-06-15": [7, 7]}
    assert judged(answer, "orders_last_year", "2026-05-25")


@pytest.mark.parametrize(("time", "expected"), [
    ({"to_date": "year"}, [175, 1750]),  # 1 Jan - 24 Jun on both sides
    ({"to_date": "month"}, [24, 240]),
    ({"last": 1, "unit": "month"}, [31, 310]),
    ({"from": "2026-05-01", "to": "2026-05-31"}, [31, 310]),
    ({"last": 2, "unit": "week"}, [14, 140]),
    ({"from": "2026-05-02", "to": "2026-05-31"}, [30, 300 + TRAP]),  # 3 May - 1 June 2025, by weekday
    ({"from": "2026-01-01"}, [175, 1750 - 10 + TRAP]),  # open: 2 January on, by weekday, and to 25 June
])  # fmt: skip
def test_last_year_without_a_date_is_by_date_of_months_else_by_weekday(
    time: dict[str, Any], expected: list[int]
) -> None:
    traps = (
        {"2025-06-01": TRAP + 10}
        if time.get("from") == "2026-05-02"
        else {"2025-06-25": TRAP}
        if time == {"from": "2026-01-01"}
        else {}
    )
    assert rows(ask({"metrics": ["revenue"], "time": time, "compare": [LAST_YEAR]}, orders(traps))) == {"": expected}


def test_october_by_day_has_the_total_of_its_rows() -> None:
    question = {
        "metrics": ["revenue"],
        "by": [BY_DAY],
        "time": {"from": "2025-10-01", "to": "2025-10-31"},
        "totals": ["grand"],
    }
    answer = rows(ask(question | {"compare": [LAST_YEAR]}, orders({"2024-10-01": TRAP, "2024-11-01": 7})))
    assert answer["2025-10-31"] == [10, 7]
    assert answer["total"] == [310, 3007]  # 2 October - 1 November 2024
    by_date = rows(ask(question | {"compare": [month(12)]}, orders({"2024-10-01": 9, "2024-11-01": TRAP})))
    assert by_date["2025-10-01"] == [10, 9]
    assert by_date["total"] == [310, 3009]


def test_back_a_year_keeps_the_date_beside_a_leap_day() -> None:
    question = {
        "metrics": ["revenue"],
        "by": [BY_DAY],
        "time": {"from": "2025-02-27", "to": "2025-03-02"},
        "totals": ["grand"],
    }
    answer = ask(question | {"compare": [{"to": {"back": 1, "unit": "year"}}]}, orders({"2024-02-29": TRAP}))
    assert rows(answer) == {
        "2025-02-27": [10, 100], "2025-02-28": [10, 100], "2025-03-01": [10, 100], "2025-03-02": [10, 100],
        "total": [40, 400],
    }  # fmt: skip
    leap = ask(
        {
            "metrics": ["revenue"],
            "by": [BY_DAY],
            "time": {"from": "2024-02-28", "to": "2024-03-01"},
            "compare": [month(1)],
        }
    )
    assert rows(leap) == {"2024-02-28": [100, 100], "2024-02-29": [100, 100], "2024-03-01": [100, 100]}


def test_february_of_a_leap_year_is_whole_with_whole_and_judged() -> None:
    answer = ask({"metrics": ["orders"], "time": {"from": "2025-02-01", "to": "2025-02-28"}, "compare": [LAST_YEAR]})
    assert rows(answer) == {"": [28, 29]}
    assert judged(answer, "orders_last_year")


@pytest.mark.parametrize(("first", "last", "is_judged"), [
    ("2026-05-01", "2026-05-31", True), ("2026-03-01", "2026-03-31", False),
])  # fmt: skip
def test_may_after_april_is_judged_and_march_after_february_shown(first: str, last: str, is_judged: bool) -> None:
    answer = ask({"metrics": ["orders", "aov"], "time": {"from": first, "to": last}, "compare": [PREVIOUS]})
    assert judged(answer, "orders_previous") is is_judged
    assert judged(answer, "aov_previous")  # a ratio does not grow with its days


# Windows and balances


def test_windows_are_as_of_the_last_known_day_and_compared_as_of_its_partner() -> None:
    question = {"metrics": ["revenue_28d", "revenue_ytd", "revenue_mtd"], "by": [BY_MONTH], "compare": [LAST_YEAR]}
    traps = {"2026-05-27": TRAP, "2025-05-27": TRAP, "2025-06-25": TRAP, "2025-05-03": TRAP}
    answer = rows(ask(question | {"time": {"from": "2026-06-01", "to": "2026-06-30"}}, orders(traps)))
    assert answer["2026-06-01"][:2] == [28, 280]  # 28 May - 24 June
    assert answer["2026-06-01"][2:] == [174 + TRAP, 1730 + 2 * TRAP, 24, 240]
    may = rows(ask(question | {"time": {"from": "2026-05-01", "to": "2026-05-31"}}, orders(traps)))
    assert may["2026-05-01"][:2] == [27 + TRAP, 270 + TRAP]  # 4 - 31 May, the 27th in it, the 3rd not


def test_a_window_that_reaches_before_the_data_is_shown_and_not_judged() -> None:
    answer = ask(
        {"metrics": ["revenue_28d"], "time": {"from": "2024-07-01", "to": "2024-07-05"}, "compare": [LAST_YEAR]}
    )
    assert rows(answer) == {"": [2800, 12 * 1000]}  # 26 June - 7 July 2023
    assert not judged(answer, "revenue_28d_last_year")


def test_averages_over_days_are_of_the_known_days() -> None:
    answer = ask({"metrics": ["people_7d"], "time": JUNE}, orders(rows=[order("2026-06-24", 1, customer="c2")]))
    assert rows(answer) == {"": [(23 * 1 + 2) / 24]}


def test_a_balance_is_as_of_the_last_known_day_and_its_partners() -> None:
    answer = ask({"metrics": ["stock_end", "stock_start"], "time": JUNE, "compare": [PREVIOUS, LAST_YEAR]})
    assert rows(answer) == {"": [20260624, 20260524, 20250624, 20260601, 20260501, 20250601]}
    assert judged(answer, "stock_end_previous")
    months = ask(
        {
            "metrics": ["stock_end", "stock_month_before"],
            "by": [BY_MONTH],
            "time": {"from": "2026-05-01", "to": "2026-07-31"},
        }
    )
    assert rows(months) == {"2026-05-01": [20260531, 20260430], "2026-06-01": [20260624, 20260524]}
    average = ask({"metrics": ["stock_average"], "time": {"from": "2026-06-23", "to": "2026-06-30"}})
    assert rows(average) == {"": [20260623.5]}


def test_a_balance_kept_by_the_month_is_that_of_the_newest_month_that_is_known() -> None:
    def of(time: dict[str, Any], *compare: dict[str, Any], **more: Any) -> Answer:
        return ask({"metrics": ["mrr", "mrr_opening"], "time": time, "compare": list(compare)} | more)

    assert rows(of({"to_date": "year"})) == {"": [202606, 202512]}
    assert rows(of({"to_date": "month"})) == {"": [202606, 202605]}
    assert rows(of({"last": 13, "unit": "week"})) == {"": [202605, 202602]}  # 23 Mar - 21 Jun
    assert rows(of({"from": "2026-03-01", "to": "2026-05-31"})) == {"": [202605, 202602]}
    assert rows(of(Q2, by=[BY_MONTH]))["2026-06-01"] == [202606, 202605]
    running = of({"to_date": "month"}, PREVIOUS)
    assert rows(running) == {"": [202606, 202604, 202605, 202604]}  # as of 30 April, the last month end by 24 May
    assert not judged(running, "mrr_previous")
    over = of({"last": 1, "unit": "month"}, LAST_YEAR)
    assert rows(over) == {"": [202605, 202505, 202604, 202504]}
    assert judged(over, "mrr_last_year")
    by_month = of(JUNE, LAST_YEAR, by=[BY_MONTH])
    assert rows(by_month)["2026-06-01"][:2] == [202606, 202506]  # the partner month's end, shown
    assert not judged(by_month, "mrr_last_year", "2026-06-01")
    assert of({"last": 2, "unit": "week"}, by=[BY_WEEK]).refused


def test_opening_and_movements_are_closing_of_any_number_of_months() -> None:
    assert rows(ask({"metrics": ["mrr_change"], "time": {"to_date": "year"}})) == {"": [6]}
    assert rows(ask({"metrics": ["mrr_change"], "time": {"from": "2026-04-01", "to": "2026-06-24"}})) == {"": [3]}
    assert ask({"metrics": ["mrr_change"], "time": {"from": "2026-04-01", "to": "2026-06-20"}}).refused
    assert ask({"metrics": ["mrr_change"], "time": {"last": 13, "unit": "week"}}).refused


def test_movements_of_a_running_month_have_no_partner_in_a_part_of_a_month() -> None:
    running = ask({"metrics": ["mrr_change"], "time": {"to_date": "month"}, "compare": [PREVIOUS, LAST_YEAR]})
    assert rows(running) == {"": [1, None, None]}
    over = ask({"metrics": ["mrr_change"], "time": {"last": 3, "unit": "month"}, "compare": [PREVIOUS, LAST_YEAR]})
    assert rows(over) == {"": [3, 3, 3]}
    assert judged(over, "mrr_change_previous")  # March to May, December to February: 92 and 90 days


def test_churn_of_a_year_is_the_average_of_its_months() -> None:
    openings = 202412 + sum(range(202501, 202512))
    answer = ask({"metrics": ["churn"], "time": {"from": "2025-01-01", "to": "2025-12-31"}})
    assert rows(answer) == {"": [24 / openings]}


# Targets and plans


@pytest.mark.parametrize(("time", "expected"), [
    ({"to_date": "month"}, 24 / 100), (JUNE, 24 / 100), (Q2, 85 / 300), ({"to_date": "year"}, 175 / 600),
    ({"from": "2026-05-01", "to": "2026-05-31"}, 31 / 100),
])  # fmt: skip
def test_a_running_period_has_its_whole_target(time: dict[str, Any], expected: float) -> None:
    answer = ask({"metrics": ["attainment"], "time": time, "compare": [LAST_YEAR]})
    assert rows(answer)[""][0] == expected
    assert judged(answer, "attainment_last_year") == (time["from"] == "2026-05-01" if "from" in time else False)


def test_a_target_of_other_spans_is_refused_and_a_daily_plan_is_cut() -> None:
    assert ask({"metrics": ["attainment"], "time": {"last": 13, "unit": "week"}}).refused
    assert ask({"metrics": ["attainment"], "by": [BY_WEEK], "time": JUNE}).refused
    assert rows(ask({"metrics": ["to_plan"], "time": JUNE})) == {"": [24 / 96]}


# Segments and value filters


def _buyers() -> Fact:
    """c2 bought in May 2025 and c3 in May 2026, each as soon as in the month before."""
    more = [
        order("2025-05-10", 300, customer="c2"),
        order("2025-04-10", 1, customer="c2"),
        order("2026-05-10", 30, customer="c3"),
        order("2026-04-10", 1, customer="c3"),
    ]
    mails = [row for row in orders(rows=more).rows if row["customer"] != "c1"]
    return Fact("orders", [order("2023-06-26", 1), *mails], at="at", load=MORNING)


@pytest.mark.parametrize(("where", "expected", "is_judged"), [
    ({"segment": "buyers_then"}, [30, 300], True),  # a set for each period, as of its end
    ({"segment": "recent_buyers"}, [30, None], False),  # those of the last 90 days, on both sides
    ({"segment": "large_ones"}, [30, 300], True),  # what they are, as by any other filter
    ({"metric": "orders", "per": "customer", "op": ">=", "value": 1}, [30, 300], True),
    ({"metric": "revenue", "per": "customer", "op": ">=", "value": 100}, [None, 300], False),
    ({"metric": "orders", "per": "customer", "op": ">=", "value": 1, "time": {"last": 1, "unit": "month"}},
     [30, None], False),
])  # fmt: skip
def test_each_period_has_its_own_members_unless_one_set_is_for_all(
    where: dict[str, Any], expected: list[float | None], is_judged: bool
) -> None:
    answer = ask(
        {"metrics": ["revenue"], "where": where, "time": {"last": 1, "unit": "month"}, "compare": [LAST_YEAR]},
        _buyers(),
    )
    assert rows(answer) == {"": expected}
    assert judged(answer, "revenue_last_year") is is_judged


def test_a_set_is_chosen_as_of_the_last_counted_day() -> None:
    more = [
        order("2026-03-27", 1, customer="c2"),
        order("2026-03-26", 1, customer="c3"),
        order("2026-06-24", 100, customer="c2"),
        order("2026-06-23", 1000, customer="c3"),
    ]
    fact = Fact("orders", [order("2023-06-26", 1), *more], at="at", load=MORNING)
    recent = [row for row in fact.rows if row["day"] < day("2026-06-01")]
    assert rows(ask({"metrics": ["revenue"], "where": {"segment": "buyers_then"}, "time": JUNE}, fact)) == {"": [1100]}
    early = Fact("orders", recent, at="at", load=MORNING)
    spring = {"from": "2026-03-01", "to": "2026-06-30"}
    assert rows(ask({"metrics": ["revenue"], "where": {"segment": "buyers_then"}, "time": spring}, early)) == {
        "": [1]
    }  # 27 Mar - 24 Jun


# Calculations


def test_averages_index_and_running_total_beside_a_partial_week() -> None:
    calc = [
        {"name": "ma", "do": "moving_average", "of": "orders", "periods": 3},
        {"name": "rt", "do": "running_total", "of": "orders"},
    ]
    calc.append({"name": "ix", "do": "index", "of": "orders"})
    question = {"metrics": ["orders"], "by": [BY_WEEK], "calc": calc}
    more = orders(rows=[order("2026-06-16", 1)] * 7)
    assert rows(ask(question | {"time": {"from": "2026-05-25", "to": "2026-07-05"}}, more)) == {
        "2026-05-25": [7, None, 7, 100], "2026-06-01": [7, None, 14, 100], "2026-06-08": [7, 7, 21, 100],
        "2026-06-15": [14, 28 / 3, 35, 200], "2026-06-22": [3, None, 38, None],
    }  # fmt: skip
    cut = rows(ask(question | {"time": {"from": "2026-05-27", "to": "2026-06-21"}}, more))
    assert cut["2026-05-25"] == [5, None, 5, None]  # from Wednesday on: no base
    assert cut["2026-06-01"] == [7, None, 12, 100]
    assert cut["2026-06-15"] == [14, 28 / 3, 33, 200]


def test_a_moving_average_ends_with_what_is_known() -> None:
    calc = [{"name": "ma", "do": "moving_average", "of": "orders", "periods": 7}]
    question = {
        "metrics": ["orders"],
        "by": [BY_DAY],
        "time": {"from": "2026-06-12", "to": "2026-06-30"},
        "every_period": True,
    }
    answer = rows(ask(question | {"calc": calc}))
    assert len(answer) == 13
    assert answer["2026-06-17"] == [1, None]
    assert answer["2026-06-18"] == answer["2026-06-24"] == [1, 1]


# Named days of another length, open days, a company's calendar


def test_named_days_pair_by_position_and_the_total_has_them_all() -> None:
    question = {
        "metrics": ["orders"],
        "by": [BY_DAY],
        "time": {"from": "2026-06-01", "to": "2026-06-05"},
        "totals": ["grand"],
    }
    answer = ask(
        question | {"compare": [{"to": {"from": "2026-05-04", "to": "2026-05-10"}}]},
        orders(rows=[order("2026-05-08", 1), order("2026-05-10", 1)]),
    )
    expected = {f"2026-06-0{number}": [1, 1] for number in (1, 2, 3, 4)} | {"2026-06-05": [1, 2], "total": [5, 9]}
    assert rows(answer) == expected
    assert not judged(answer, "orders_period", "total")
    shorter = ask(question | {"compare": [{"to": {"from": "2026-05-04", "to": "2026-05-06"}}]})
    assert rows(shorter)["2026-06-04"] == [1, None]
    assert rows(shorter)["total"] == [5, 3]


def test_compared_days_that_are_not_known_are_left_out_and_not_judged() -> None:
    before = ask({"metrics": ["revenue"], "time": {"from": "2024-06-01", "to": "2024-06-30"}, "compare": [LAST_YEAR]})
    assert rows(before) == {"": [3000, 5 * 1000]}  # 26 - 30 June 2023
    assert not judged(before, "revenue_last_year")
    none = ask({"metrics": ["orders"], "time": {"from": "2024-05-01", "to": "2024-05-31"}, "compare": [LAST_YEAR]})
    assert rows(none) == {"": [31, None]}  # and not 0
    ahead = ask({"metrics": ["orders"], "time": {"from": "2026-05-01", "to": "2026-05-31"}, "compare": [{"to": JUNE}]})
    assert rows(ahead) == {"": [31, 24]}
    assert not judged(ahead, "orders_period")


def test_spend_of_the_last_days_is_open_and_decides_where_the_period_is_short() -> None:
    short = ask({"metrics": ["spend"], "time": {"to_date": "month"}, "compare": [LAST_YEAR]})
    assert not judged(short, "spend_last_year")  # 3 of 24 days
    long = ask({"metrics": ["spend"], "time": {"to_date": "quarter"}, "compare": [LAST_YEAR]})
    assert judged(long, "spend_last_year")  # 3 of 85


def test_retail_periods_pair_by_number_and_the_running_one_by_its_days() -> None:
    retail = retail_calendar(day("2025-12-29"), day("2026-07-05"))
    assert (retail[day("2026-03-29")], retail[day("2026-03-30")], retail[day("2026-05-25")]) == (3, 4, 6)
    by = [{"dim": "date", "grain": "retail_period"}]
    running = {
        "metrics": ["orders"],
        "by": by,
        "time": {"from": "2026-05-25", "to": "2026-06-28"},
        "compare": [PREVIOUS],
    }
    answer = ask(running, orders(rows=[order("2026-04-27", 1)]), retail=retail)
    assert rows(answer) == {"6": [31, 29]}  # period 5 has 28 days
    few = ask(running, today=day("2026-06-05"), retail=retail)
    assert rows(few) == {"6": [11, 11]}  # 25 May - 4 June beside 27 April - 7 May
    assert judged(few, "orders_previous", "6")
    lacking = ask(
        {"metrics": ["orders"], "by": by, "time": {"from": "2025-12-20", "to": "2026-01-25"}, "compare": [LAST_YEAR]},
        retail=retail,
    )
    assert rows(lacking) == {"None": [9, None], "1": [28, None]}


# Readings


def test_an_offset_over_an_open_period_goes_to_what_is_known() -> None:
    assert rows(ask({"metrics": ["revenue_growth"], "time": {"from": "2026-01-01"}})) == {"": [175 - 1750]}
    assert ask({"metrics": ["revenue_growth"], "time": {"from": "2025-01-01"}}).refused


def test_two_columns_of_one_name_are_refused() -> None:
    assert ask({"metrics": ["revenue", "revenue_last_year"], "time": JUNE, "compare": [LAST_YEAR]}).refused


def test_the_29th_of_february_counts_among_the_29ths_of_a_whole_month() -> None:
    by = [{"dim": "date", "part": "day"}]
    february = {"from": "2025-02-01", "to": "2025-02-28"}
    answer = rows(ask({"metrics": ["orders"], "by": by, "time": february, "compare": [LAST_YEAR]}))
    assert (answer["28"], answer["29"]) == ([1, 1], [None, 1])


def test_every_known_period_is_there_also_where_no_row_is() -> None:
    search = {"dim": "channel", "op": "in", "values": ["Search"]}
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2026-06-23", "to": "2026-06-30"}}
    answer = ask(question | {"where": search, "every_period": True})
    assert rows(answer) == {"2026-06-23": [0], "2026-06-24": [0]}


def test_named_days_stand_beside_a_week_with_today_day_by_day() -> None:
    question = {"metrics": ["orders"], "compare": [{"to": {"from": "2026-05-01", "to": "2026-05-31"}}]}
    assert rows(ask(question | {"time": {"to_date": "week", "complete": False}})) == {"": [4, 4]}  # 22 - 25 June
    assert rows(ask(question | {"time": {"to_date": "week"}})) == {"": [3, 31]}


def test_what_is_kept_by_the_month_is_not_shown_by_parts_of_months() -> None:
    part = {"from": "2026-03-01", "to": "2026-03-20"}
    assert ask({"metrics": ["mrr"], "by": [BY_MONTH], "time": part}).refused
    assert ask({"metrics": ["mrr_opening"], "by": [BY_MONTH], "time": part, "compare": [PREVIOUS]}).refused
    assert rows(ask({"metrics": ["mrr"], "time": part})) == {"": [202602]}
    assert rows(ask({"metrics": ["mrr_opening"], "by": [BY_MONTH], "time": part})) == {"2026-03-01": [202602]}


def test_data_begins_in_another_zone_on_the_day_on_which_it_begins_there() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2024-06-26", "to": "2024-06-26"}}
    question |= {"compare": [{"to": {"back": 1, "unit": "year"}}]}
    assert rows(ask(question | {"time_zone": "Asia/Tokyo"})) == {"2024-06-26": [1, 1]}
    late = orders(rows=[order("2024-06-25", 1)])
    before = question | {"time": {"from": "2024-06-25", "to": "2024-06-25"}}
    assert rows(ask(before | {"time_zone": "Asia/Tokyo"}, late)) == {"2024-06-25": [2, None]}
