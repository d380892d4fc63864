"""Money in Explore: other currencies, fixed rates, refusals and notes about rounded sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from semantic.query.query import (
    Between,
    MetricFilter,
    Query,
)
from tests.pages.explore_page import (
    BY_CHANNEL,
    CHANNEL,
    SPRING,
    Open,
    add,
    asked,
    change,
    held,
    offered,
    press,
    rows,
    words,
)

BEFORE_RATES_END = Between(date(2026, 4, 1), date(2026, 4, 15))
AT_FAIRS = Query(metrics=("fair_paid",), by=(CHANNEL,), time=BEFORE_RATES_END)


def test_another_currency_is_added_chosen_and_removed(explore: Open) -> None:
    app = explore(AT_FAIRS)
    assert rows(app) == [("Search", 220.0), ("Social", 102.5), ("(none)", 12.0), ("Mail", None)]
    add(app, "Another currency")
    assert asked(app).currency == "GBP"
    # 100 pounds, 50 EUR at 1.2, 500 crowns at 0.1 and 1.5 for a pound; 10 pounds and 1000 crowns at 0.09 and 1.25
    assert [round(row[1], 2) if row[1] else None for row in rows(app)] == [175, 82, 8, None]
    assert "Amounts are in GBP" in words(app)
    assert "Another currency" not in offered(app)
    app.session_state[held(app).key("currency")] = True
    app.run()
    change(app, "currency", "Currency", "SEK")
    assert asked(app).currency == "SEK"
    press(app, "Remove")
    assert asked(app) == AT_FAIRS


def test_rates_of_a_fixed_day_are_chosen_and_stated(explore: Open) -> None:
    app = explore(replace(AT_FAIRS, time=Between(date(2026, 4, 1), date(2026, 4, 16)), currency="GBP"), "currency")
    assert "Missing exchange rate" in words(app)
    assert "from NOK to GBP on 16 Apr 2026" in words(app)
    (rates,) = app.radio
    rates.set_value("Fixed date").run()
    app.session_state[held(app).key("currency")] = True
    app.run()
    assert asked(app).rates == date(2026, 4, 16)  # the last day of the period, which has no rate for crowns either
    change(app, "currency", "Rates on", date(2026, 4, 19))
    assert asked(app).rates == date(2026, 4, 19)
    # 100 pounds, 50 EUR and 500 crowns at 2 for a pound and 0.2 for a crown; 100 Norwegian ones at 0.125
    assert rows(app)[:2] == [("Search", 175.0), ("Social", 110.0)]
    assert "rates of 19 Apr 2026" in words(app)


def test_money_stored_in_one_currency_is_refused_at_fixed_rates_with_a_repair(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=BEFORE_RATES_END, rates="period_end"))
    assert "is only kept in EUR" in words(app)
    press(app, "Use daily exchange rates")
    assert asked(app) == replace(BY_CHANNEL, time=BEFORE_RATES_END)
    assert rows(app)


def test_a_filter_on_money_is_in_the_questions_currency(explore: Open) -> None:
    app = explore(replace(AT_FAIRS, currency="GBP", having=(MetricFilter("fair_paid", ">", (100,)),)))
    assert rows(app) == [("Search", pytest.approx(175))]
    assert "more than £100" in words(app)


def test_a_question_without_money_is_offered_no_currency(explore: Open) -> None:
    assert "Another currency" not in offered(explore(Query(metrics=("order_count",), by=(CHANNEL,), time=SPRING)))


def test_sums_of_doubles_are_marked_as_rounded(explore: Open) -> None:
    app = explore(Query(metrics=("effort",), by=(CHANNEL,), time=SPRING))
    assert "Rounded sums" in words(app)
