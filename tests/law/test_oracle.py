"""The brute-force oracle against numbers computed by hand: periods, comparisons and offsets. See made_days.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.law.made_days import (
    BEGINS,
    BY_DAY,
    BY_MONTH,
    BY_WEEK,
    JUNE,
    LAST_YEAR,
    MORNING,
    PREVIOUS,
    Q2,
    TRAP,
    ads,
    ask,
    day,
    judged,
    month,
    order,
    orders,
    rows,
)
from tests.law.world import Fact

# Named periods that are not over


def test_a_current_quarter_counts_known_days_on_both_sides() -> None:
    traps = {"2025-06-25": TRAP, "2026-06-25": TRAP, "2025-03-31": TRAP}
    answer = ask({"metrics": ["revenue", "orders"], "time": Q2, "compare": [LAST_YEAR]}, orders(traps))
    assert rows(answer) == {"": [85, 850, 85, 85]}  # 30 + 31 + 24 days
    assert judged(answer, "revenue_last_year")


def test_the_previous_period_of_a_quarter_is_the_same_for_quarter_to_date_and_months() -> None:
    traps = {"2026-03-25": TRAP, "2025-12-31": TRAP}
    named = ask({"metrics": ["revenue"], "time": Q2, "compare": [PREVIOUS]}, orders(traps))
    to_date = ask({"metrics": ["revenue"], "time": {"to_date": "quarter"}, "compare": [PREVIOUS]}, orders(traps))
    by_month = ask(
        {"metrics": ["revenue"], "by": [BY_MONTH], "time": Q2, "compare": [PREVIOUS], "totals": ["grand"]},
        orders(traps),
    )
    assert rows(named) == rows(to_date) == {"": [85, 83]}  # 1 Jan - 24 Mar
    assert rows(by_month) == {"2026-04-01": [30, 31], "2026-05-01": [31, 28], "2026-06-01": [24, 24], "total": [85, 83]}
    assert not judged(by_month, "revenue_previous", "2026-04-01")  # a day less than January, and as much each day
    assert not judged(by_month, "revenue_previous", "2026-05-01")  # May and February: 9.7 %
    assert judged(by_month, "revenue_previous", "2026-06-01")
    assert not judged(by_month, "revenue_previous", "total")  # two days more, and as much each day


def test_groups_and_their_total_count_the_same_days() -> None:
    more = [order("2026-06-24", 5, "Search"), order("2025-06-24", 50, "Search"), order("2025-06-25", TRAP, "Search")]
    more += [order("2025-06-10", 7, "Social"), order("2026-06-25", TRAP, "Radio")]
    answer = ask(
        {"metrics": ["revenue"], "by": ["channel"], "time": JUNE, "compare": [LAST_YEAR], "totals": ["grand"]},
        orders(rows=more),
    )
    expected = {"Mail": [24, 240], "Search": [5, 50], "Social": [None, 7], "total": [29, 297]}
    assert rows(answer) == expected


def test_days_end_with_the_last_known_one_and_pair_with_as_many_days_before() -> None:
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


def test_by_week_months_pair_by_position_and_the_total_covers_the_rows() -> None:
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    question = {"metrics": ["revenue"], "by": [BY_WEEK], "time": march, "compare": [PREVIOUS], "totals": ["grand"]}
    answer = rows(ask(question, orders({"2026-02-01": 5, "2026-02-28": 7})))
    assert answer["2026-02-23"] == [1, 5]  # 1 March alone, compared with 1 February alone
    assert answer["2026-03-02"] == [7, 7]
    assert answer["2026-03-23"] == [7, 5 + 7]  # 23 - 28 March; the 29th is beyond February
    assert answer["2026-03-30"] == [2, None]
    assert answer["total"] == [31, 5 + 26 + 7]
    april = {"from": "2026-04-01", "to": "2026-04-30"}
    longer = rows(ask(question | {"time": april}, orders({"2026-03-31": TRAP})))
    assert longer["total"] == [30, 30]  # 31 March is in no row


def test_on_the_first_day_of_a_month_none_of_it_is_known() -> None:
    question = {"metrics": ["orders", "revenue"], "time": {"to_date": "month"}, "compare": [LAST_YEAR]}
    assert rows(ask(question, today=day("2026-06-01"))) == {"": [None, None, None, None]}
    assert rows(ask(question | {"by": ["channel"], "totals": ["grand"]}, today=day("2026-06-01"))) == {}


def test_a_whole_month_pairs_with_a_whole_month_wherever_the_question_begins() -> None:
    question = {"metrics": ["orders"], "by": [BY_MONTH], "time": {"from": "2026-03-15", "to": "2026-05-10"}}
    answer = rows(ask(question | {"compare": [month(1)], "totals": ["grand"]}))
    assert answer == {
        "2026-03-01": [17, 14],  # 15 - 28 February
        "2026-04-01": [30, 31],
        "2026-05-01": [10, 10],
        "total": [57, 55],
    }


def test_weekdays_pair_with_weekdays() -> None:
    by = [{"dim": "date", "part": "dow"}]
    fridays = {"2025-06-06": 50, "2025-06-26": TRAP}
    answer = rows(ask({"metrics": ["revenue"], "by": by, "time": JUNE, "compare": [LAST_YEAR]}, orders(fridays)))
    assert answer["5"] == [3, 50 + 20]  # 5, 12, 19 June and 6, 13, 20 June 2025
    assert answer["3"] == [4, 40]


def test_a_current_fiscal_year_has_only_its_known_quarter() -> None:
    question = {"metrics": ["orders"], "by": [{"dim": "date", "grain": "fiscal_quarter"}], "compare": [LAST_YEAR]}
    answer = ask(
        question | {"time": {"from": "2026-04-01", "to": "2027-03-31"}, "totals": ["grand"], "fiscal_start": "april"}
    )
    assert rows(answer) == {"2026-04-01": [85, 85], "total": [85, 85]}


def test_a_named_comparison_of_a_current_month_reads_the_partners_of_known_days() -> None:
    question = {"metrics": ["revenue"], "compare": [{"to": {"from": "2026-05-01", "to": "2026-05-31"}}]}
    traps = {"2026-05-25": TRAP}
    assert rows(ask(question | {"time": JUNE}, orders(traps))) == {"": [24, 24]}
    over = ask(question | {"time": {"from": "2026-04-01", "to": "2026-04-30"}}, orders(traps))
    assert rows(over) == {"": [30, 30 + TRAP]}  # all of May is named


def test_a_future_period_has_no_value_and_no_rows_by_month() -> None:
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


def test_a_period_open_at_both_ends_runs_from_the_first_row_to_the_last_known_day() -> None:
    answer = ask({"metrics": ["orders"]}, orders({"2026-06-25": TRAP}))
    assert rows(answer) == {"": [(day("2026-06-24") - BEGINS).days + 1]}


def test_today_is_read_if_asked_for_and_never_judged() -> None:
    question = {"metrics": ["revenue"], "compare": [LAST_YEAR]}
    let_in = ask(
        question | {"time": {"to_date": "month", "complete": False}}, orders({"2026-06-25": 7, "2025-06-25": 90})
    )
    assert rows(let_in) == {"": [24 + 7, 240 + 90]}
    assert not judged(let_in, "revenue_last_year")
    without = ask(question | {"time": {"to_date": "month"}}, orders({"2026-06-25": 7, "2025-06-25": 90}))
    assert rows(without) == {"": [24, 240]}
    assert judged(without, "revenue_last_year")


def test_each_metric_has_its_own_last_known_day_and_a_ratio_the_earliest_of_its_parts() -> None:
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


def test_in_new_york_known_days_end_a_day_earlier_and_plain_dates_stay() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2026-06-22", "to": "2026-06-25"}}
    late_evening = {**order("2026-06-23", 1), "at": datetime(2026, 6, 24, 3, tzinfo=UTC)}  # 23:00 of the 23rd there
    answer = ask(question | {"time_zone": "America/New_York"}, orders(rows=[late_evening]))
    assert rows(answer) == {"2026-06-22": [1], "2026-06-23": [2]}
    both = ask({"metrics": ["orders", "clicks", "roas"], "time": JUNE, "time_zone": "America/New_York"})
    assert rows(both) == {"": [23, 24, 0.5]}


# Fill, every period, numbered days


def test_only_known_periods_of_each_group_are_filled() -> None:
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


def test_numbered_days_go_as_far_as_the_longer_period() -> None:
    by = [{"dim": "date", "part": "day_number"}]
    february = ask(
        {"metrics": ["orders"], "by": by, "time": {"from": "2026-02-01", "to": "2026-02-28"}, "compare": [PREVIOUS]}
    )
    assert len(february.rows) == 31
    assert [rows(february)[text] for text in ("28", "29", "31")] == [[1, 1], [None, 1], [None, 1]]
    june = ask({"metrics": ["orders"], "by": by, "time": JUNE, "compare": [PREVIOUS]})
    assert sorted(map(int, rows(june))) == [*range(1, 25)]


def test_a_plan_continues_where_a_fact_is_missing() -> None:
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


def test_growth_of_a_current_month_compares_equal_days_and_future_months_have_no_rows() -> None:
    question = {"metrics": ["revenue_growth", "revenue_last_year"], "by": [BY_MONTH], "totals": ["grand"]}
    answer = ask(question | {"time": {"from": "2026-04-01", "to": "2026-09-30"}}, orders({"2025-06-25": TRAP}))
    assert rows(answer) == {
        "2026-04-01": [30 - 300, 300], "2026-05-01": [31 - 310, 310], "2026-06-01": [24 - 240, 240],
        "total": [85 - 850, 850],
    }  # fmt: skip


def test_a_year_has_a_change_from_a_whole_year_but_not_from_half_a_year() -> None:
    question = {"metrics": ["revenue_last_year"], "by": [{"dim": "date", "grain": "year"}]}
    answer = ask(question | {"time": {"from": "2024-01-01", "to": "2026-12-31"}})
    assert rows(answer) == {"2025-01-01": [36600], "2026-01-01": [1750]}  # 2024 has no change from half of 2023


def test_a_group_that_opened_later_has_its_history_without_gaps() -> None:
    more = [order("2025-05-30", 20, "Search"), order("2026-05-30", 30, "Search"), order("2026-04-10", 5, "Social")]
    answer = ask({"metrics": ["revenue_growth"], "by": ["channel"], "time": Q2}, orders(rows=more))
    assert rows(answer) == {"Mail": [85 - 850], "Search": [10], "Social": [None]}


def test_offsets_by_day_have_the_same_day_number_and_the_total_lacks_too_many_days() -> None:
    question = {"metrics": ["orders", "month_growth"], "by": [BY_DAY], "totals": ["grand"]}
    answer = ask(question | {"time": {"from": "2026-03-28", "to": "2026-03-31"}}, orders({"2026-02-28": 5}))
    assert rows(answer) == {
        "2026-03-28": [1, -4], "2026-03-29": [1, None], "2026-03-30": [1, None], "2026-03-31": [1, None],
        "total": [4, None],
    }  # fmt: skip


def test_offsets_by_month_pair_whole_months_and_current_ones() -> None:
    answer = ask(
        {"metrics": ["month_growth"], "by": [BY_MONTH], "time": {"from": "2026-02-01", "to": "2026-06-30"}},
        orders({"2026-05-25": TRAP}),
    )
    may = 31 - 1 + TRAP
    assert rows(answer) == {
        "2026-02-01": [28 - 31], "2026-03-01": [31 - 28], "2026-04-01": [30 - 31], "2026-05-01": [may - 30],
        "2026-06-01": [0],
    }  # fmt: skip


def test_an_offset_shorter_than_its_cell_is_refused_or_missing_in_a_grand_total() -> None:
    assert ask({"metrics": ["month_growth"], "by": [{"dim": "date", "grain": "quarter"}], "time": Q2}).refused
    assert ask({"metrics": ["month_growth"], "time": Q2}).refused
    assert ask({"metrics": ["week_before"], "by": [BY_MONTH], "time": Q2}).refused
    assert ask({"metrics": ["revenue_growth"]}).refused
    assert not ask({"metrics": ["month_growth"], "time": {"from": "2026-03-01", "to": "2026-03-31"}}).refused
    assert not ask({"metrics": ["week_before"], "by": [BY_WEEK], "time": Q2}).refused
    by_month = ask({"metrics": ["month_growth"], "by": [BY_MONTH], "time": Q2, "totals": ["grand"]})
    assert rows(by_month)["total"] == [None]


def test_both_sides_of_a_ratio_are_offset_to_the_same_days() -> None:
    answer = ask(
        {"metrics": ["roas", "roas_last_year"], "by": [BY_MONTH], "time": {"from": "2026-05-01", "to": "2026-06-30"}},
        orders({"2025-06-25": TRAP}),
    )
    assert rows(answer) == {"2026-05-01": [0.5, 5], "2026-06-01": [0.5, 5]}


# Last year


def test_last_year_for_weeks_pairs_by_weekday_and_is_judged() -> None:
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
def test_last_year_without_a_date_pairs_months_by_date_and_other_periods_by_weekday(
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


def test_october_by_day_has_a_total_that_covers_its_rows() -> None:
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


def test_a_year_back_keeps_the_date_across_a_leap_day() -> None:
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


def test_a_whole_february_of_a_leap_year_is_compared_with_a_whole_one() -> None:
    february = {"metrics": ["orders"], "time": {"from": "2025-02-01", "to": "2025-02-28"}, "compare": [LAST_YEAR]}
    answer = ask(february)
    assert rows(answer) == {"": [28, 29]}
    assert not judged(answer, "orders_last_year")  # one order each day, in both years
    fewer = ask(february, orders(rows=[order("2024-02-10", 1)]))
    assert rows(fewer) == {"": [28, 30]}
    assert judged(fewer, "orders_last_year")


@pytest.mark.parametrize(("april", "is_judged"), [
    (0, True), (29, True), (30, False), (32, True), (310, True),
])  # fmt: skip
def test_a_change_that_one_day_less_explains_is_not_judged(april: int, is_judged: bool) -> None:
    """After a March of 31, an April of 30 in 30 days is as much per day."""
    worth = {f"2026-04-{number:02}": 0 for number in range(1, 31)} | {"2026-04-15": april}
    question = {"metrics": ["revenue"], "time": {"from": "2026-04-01", "to": "2026-04-30"}, "compare": [PREVIOUS]}
    answer = ask(question, orders(worth))
    assert rows(answer) == {"": [april, 31]}
    assert judged(answer, "revenue_previous") is is_judged


@pytest.mark.parametrize(("month", "before", "is_judged"), [("05", 30, True), ("03", 28, False)])
def test_may_after_april_is_judged_but_march_after_february_is_only_shown(
    month: str, before: int, is_judged: bool
) -> None:
    time = {"from": f"2026-{month}-01", "to": f"2026-{month}-31"}
    more = orders(rows=[order(f"2026-{month}-15", 1), order(f"2026-{month}-16", 1)])
    answer = ask({"metrics": ["orders", "aov"], "time": time, "compare": [PREVIOUS]}, more)
    assert rows(answer) == {"": [33, before, 1, 1]}
    assert judged(answer, "orders_previous") is is_judged
    assert judged(answer, "aov_previous")  # a ratio does not grow with its days
