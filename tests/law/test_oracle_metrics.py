"""The brute-force oracle against numbers computed by hand: metrics, member sets and calculations. See made_days.py."""

from __future__ import annotations

from typing import Any

import pytest

from tests.law.made_days import (
    BY_DAY,
    BY_MONTH,
    BY_WEEK,
    JUNE,
    LAST_YEAR,
    MORNING,
    PREVIOUS,
    Q2,
    TRAP,
    ask,
    day,
    judged,
    order,
    orders,
    rows,
)
from tests.law.oracle import Answer
from tests.law.world import Fact, retail_calendar

# Windows and balances


def test_windows_end_on_the_last_known_day_and_are_compared_with_those_on_its_partner() -> None:
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


def test_averages_over_days_cover_the_known_days() -> None:
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


def test_a_monthly_balance_shows_the_newest_known_month() -> None:
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


def test_opening_plus_movements_equals_closing_over_any_number_of_months() -> None:
    assert rows(ask({"metrics": ["mrr_change"], "time": {"to_date": "year"}})) == {"": [6]}
    assert rows(ask({"metrics": ["mrr_change"], "time": {"from": "2026-04-01", "to": "2026-06-24"}})) == {"": [3]}
    assert ask({"metrics": ["mrr_change"], "time": {"from": "2026-04-01", "to": "2026-06-20"}}).refused
    assert ask({"metrics": ["mrr_change"], "time": {"last": 13, "unit": "week"}}).refused


def test_movements_of_a_current_month_have_no_partner_in_part_of_a_month() -> None:
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
def test_a_current_period_has_its_whole_target(time: dict[str, Any], expected: float) -> None:
    answer = ask({"metrics": ["attainment"], "time": time, "compare": [LAST_YEAR]})
    assert rows(answer)[""][0] == expected
    assert judged(answer, "attainment_last_year") == (time["from"] == "2026-05-01" if "from" in time else False)


def test_a_target_for_other_periods_is_refused_and_a_daily_plan_is_cut() -> None:
    assert ask({"metrics": ["attainment"], "time": {"last": 13, "unit": "week"}}).refused
    assert ask({"metrics": ["attainment"], "by": [BY_WEEK], "time": JUNE}).refused
    assert rows(ask({"metrics": ["to_plan"], "time": JUNE})) == {"": [24 / 96]}


# Segments and value filters


def _buyers() -> Fact:
    """Return orders in which c2 bought in May 2025 and c3 in May 2026, each as soon as in the month before."""
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
    ({"segment": "large_ones"}, [30, 300], True),  # their attributes, as with any other filter
    ({"metric": "orders", "per": "customer", "op": ">=", "value": 1}, [30, 300], True),
    ({"metric": "revenue", "per": "customer", "op": ">=", "value": 100}, [None, 300], False),
    ({"metric": "orders", "per": "customer", "op": ">=", "value": 1, "time": {"last": 1, "unit": "month"}},
     [30, None], False),
])  # fmt: skip
def test_each_period_has_its_own_members_unless_one_set_applies_to_all(
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


def test_averages_and_index_leave_out_partial_weeks_and_running_totals_count_them() -> None:
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


def test_a_moving_average_ends_with_the_last_known_period() -> None:
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


def test_named_days_pair_by_position_and_the_total_includes_all_of_them() -> None:
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


def test_unknown_compared_days_are_left_out_and_not_judged() -> None:
    before = ask({"metrics": ["revenue"], "time": {"from": "2024-06-01", "to": "2024-06-30"}, "compare": [LAST_YEAR]})
    assert rows(before) == {"": [3000, 5 * 1000]}  # 26 - 30 June 2023
    assert not judged(before, "revenue_last_year")
    none = ask({"metrics": ["orders"], "time": {"from": "2024-05-01", "to": "2024-05-31"}, "compare": [LAST_YEAR]})
    assert rows(none) == {"": [31, None]}  # and not 0
    ahead = ask({"metrics": ["orders"], "time": {"from": "2026-05-01", "to": "2026-05-31"}, "compare": [{"to": JUNE}]})
    assert rows(ahead) == {"": [31, 24]}
    assert not judged(ahead, "orders_period")


def test_open_spend_of_the_last_days_prevents_a_verdict_only_in_short_periods() -> None:
    short = ask({"metrics": ["spend"], "time": {"to_date": "month"}, "compare": [LAST_YEAR]})
    assert not judged(short, "spend_last_year")  # 3 of 24 days
    long = ask({"metrics": ["spend"], "time": {"to_date": "quarter"}, "compare": [LAST_YEAR]})
    assert judged(long, "spend_last_year")  # 3 of 85


def test_retail_periods_pair_by_number_and_the_current_one_by_its_days() -> None:
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


def test_an_offset_over_an_open_period_ends_at_the_last_known_day() -> None:
    assert rows(ask({"metrics": ["revenue_growth"], "time": {"from": "2026-01-01"}})) == {"": [175 - 1750]}
    assert ask({"metrics": ["revenue_growth"], "time": {"from": "2025-01-01"}}).refused


def test_two_columns_with_the_same_name_are_refused() -> None:
    assert ask({"metrics": ["revenue", "revenue_last_year"], "time": JUNE, "compare": [LAST_YEAR]}).refused


def test_the_29th_of_february_counts_among_the_29ths_of_a_whole_month() -> None:
    by = [{"dim": "date", "part": "day"}]
    february = {"from": "2025-02-01", "to": "2025-02-28"}
    answer = rows(ask({"metrics": ["orders"], "by": by, "time": february, "compare": [LAST_YEAR]}))
    assert (answer["28"], answer["29"]) == ([1, 1], [None, 1])


def test_every_known_period_is_present_even_without_a_row() -> None:
    search = {"dim": "channel", "op": "in", "values": ["Search"]}
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2026-06-23", "to": "2026-06-30"}}
    answer = ask(question | {"where": search, "every_period": True})
    assert rows(answer) == {"2026-06-23": [0], "2026-06-24": [0]}


def test_named_days_pair_with_a_current_week_day_by_day() -> None:
    question = {"metrics": ["orders"], "compare": [{"to": {"from": "2026-05-01", "to": "2026-05-31"}}]}
    assert rows(ask(question | {"time": {"to_date": "week", "complete": False}})) == {"": [4, 4]}  # 22 - 25 June
    assert rows(ask(question | {"time": {"to_date": "week"}})) == {"": [3, 3]}


def test_monthly_data_is_not_shown_for_parts_of_months() -> None:
    part = {"from": "2026-03-01", "to": "2026-03-20"}
    assert ask({"metrics": ["mrr"], "by": [BY_MONTH], "time": part}).refused
    assert ask({"metrics": ["mrr_opening"], "by": [BY_MONTH], "time": part, "compare": [PREVIOUS]}).refused
    assert rows(ask({"metrics": ["mrr"], "time": part})) == {"": [202602]}
    assert rows(ask({"metrics": ["mrr_opening"], "by": [BY_MONTH], "time": part})) == {"2026-03-01": [202602]}


def test_in_another_zone_data_begins_on_the_local_day() -> None:
    question = {"metrics": ["orders"], "by": [BY_DAY], "time": {"from": "2024-06-26", "to": "2024-06-26"}}
    question |= {"compare": [{"to": {"back": 1, "unit": "year"}}]}
    assert rows(ask(question | {"time_zone": "Asia/Tokyo"})) == {"2024-06-26": [1, 1]}
    late = orders(rows=[order("2024-06-25", 1)])
    before = question | {"time": {"from": "2024-06-25", "to": "2024-06-25"}}
    assert rows(ask(before | {"time_zone": "Asia/Tokyo"}, late)) == {"2024-06-25": [2, None]}
