"""Explore's comparisons, totals, top members, calculations and calendars: each control asks for what its label says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder import comparisons
from pages.explore.builder.calculations import calculation_offers
from pages.explore.result import table
from semantic.display.tokens import LIGHT
from semantic.model.definitions import DatePart, Granularity
from semantic.policy.actor import Actor
from semantic.query.data import column_name
from semantic.query.query import (
    DATE,
    Back,
    Between,
    Breakdown,
    Calculation,
    CalculationKind,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    Named,
    NotAny,
    Order,
    Period,
    Previous,
    Query,
    ToDate,
    Top,
)
from semantic.workspace import Workspace
from tests.pages.explore_page import (
    BY_CHANNEL,
    CHANNEL,
    MONTHLY,
    SPRING,
    Open,
    add,
    asked,
    change,
    held,
    offered,
    picker,
    popovers,
    press,
    rows,
    words,
)


def keys(app: AppTest) -> list[str]:
    return [button.key for button in app.button if button.key]


# The menu of parts that aren't set


def test_available_parts_are_in_one_menu_until_they_are_set(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING))
    every = ["Totals", "Order", "Row limit", "Share of total", "Rank"]
    every.append("Another currency")
    assert offered(app) == every
    assert asked(add(app, "Totals")).totals == ((),)
    assert offered(app) == [name for name in every if name != "Totals"]


def test_parts_that_do_not_apply_yet_are_not_offered(explore: Open) -> None:
    app = explore(Query(metrics=("order_count",)))
    assert not app.menu_button
    assert picker(app, "Compare with").options == ["Same weekdays last year"]
    assert not explore().menu_button


@pytest.mark.parametrize(
    ("what", "comparison"),
    [
        ("Previous period", Previous()),
        ("Same dates last year", LastYear()),  # of whole months
        ("Custom range", Named(date(2025, 12, 30), date(2026, 2, 28))),  # 61 days before 61 days
    ],
)
def test_one_click_adds_a_comparison(explore: Open, what: str, comparison: Any) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING))
    picker(app, "Compare with").set_value([what]).run()
    assert asked(app).compare == (comparison,)


def test_each_comparison_states_its_days(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(Previous(), LastYear())))
    assert "Previous period: 1 Jan – 28 Feb 2026" in words(app)
    assert "Same dates last year: 1 Mar – 30 Apr 2025" in words(app)


def test_whole_months_are_compared_by_their_dates_and_say_so(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, by=(MONTHLY,), time=SPRING, compare=(LastYear(),)))
    assert picker(app, "Compare with").value == ["Same dates last year"]
    assert "Same dates last year: 1 Mar – 30 Apr 2025" in words(app)


@pytest.mark.parametrize(
    ("time", "days"),
    [
        (ToDate(Granularity.YEAR), "1 Jan – 1 Nov 2025"),
        (Last(1, Granularity.MONTH), "1 – 31 Oct 2025"),
        (Between(date(2024, 2, 1), date(2024, 2, 29)), "1 – 28 Feb 2023"),
    ],
)
def test_months_and_years_without_a_date_in_the_breakdown_are_compared_by_their_dates(
    explore: Open, time: Period, days: str
) -> None:
    app = explore(replace(BY_CHANNEL, time=time))
    assert picker(app, "Compare with").options == ["Previous period", "Same dates last year", "Custom range"]
    picker(app, "Compare with").set_value(["Same dates last year"]).run()
    assert asked(app).compare == (LastYear(),)
    assert f"Same dates last year: {days}" in words(app)
    assert picker(app, "Compare with").value == ["Same dates last year"]


def test_a_year_to_date_compared_with_the_same_dates_says_so(explore: Open) -> None:
    by_dates = (Back(1, Granularity.YEAR),)
    app = explore(Query(metrics=("revenue",), time=ToDate(Granularity.YEAR), compare=by_dates))
    assert "same dates last year" in words(app)
    assert "Same dates last year: 1 Jan – 1 Nov 2025" in words(app)
    assert "Nothing to compare with, because data starts on 1 Mar 2026." in words(app)
    assert picker(app, "Compare with").value == ["Same dates last year"]


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ((), "Same dates last year"),
        ((MONTHLY,), "Same dates last year"),
        ((Breakdown(DATE, None, None, DatePart.MONTH),), "Same dates last year"),
        ((Breakdown(DATE, Granularity.WEEK),), "Same weekdays last year"),
        ((Breakdown(DATE),), "Same weekdays last year"),  # by day
        ((Breakdown(DATE, None, None, DatePart.DOW),), "Same weekdays last year"),
    ],
)
def test_a_comparison_with_last_year_is_named_by_dates_or_weekdays(
    by: tuple[Breakdown, ...], name: str, workspace: Workspace, steward: Actor
) -> None:
    query = Query(metrics=("revenue",), by=by, time=SPRING, compare=(LastYear(),))
    assert comparisons.comparison_names(query) == [name]
    compiled = workspace.preflight(query, steward).compiled
    assert compiled is not None
    (compared,) = compiled.asked.compared
    assert bool(compared.move_months) == (name == "Same dates last year")


@pytest.mark.parametrize("time", [Last(13, Granularity.WEEK), Between(date(2026, 3, 2), date(2026, 3, 31))])
def test_other_days_offer_only_the_comparison_by_weekdays(explore: Open, time: Period) -> None:
    options = picker(explore(replace(BY_CHANNEL, time=time)), "Compare with").options
    assert options == ["Previous period", "Same weekdays last year", "Custom range"]


def test_rows_can_be_sorted_and_limited(explore: Open) -> None:
    app = add(explore(BY_CHANNEL), "Order")
    assert asked(app).order == (Order("revenue", desc=True),)
    app.session_state[held(app).key("order")] = True
    app.run()
    change(app, "order", "Direction", "Smallest first")
    assert [row[1] for row in rows(app)][:3] == [-5, 0.5, 80]
    change(app, "order", "Row limit", 2)
    assert asked(app).limit == 2
    assert "2 of 7 rows" in words(app)
    assert asked(press(app, "Remove")) == BY_CHANNEL


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (Order("revenue"), "By Revenue, smallest first"),
        (Order("channel"), "By Channel, A to Z"),
        (Order("channel", desc=True), "By Channel, Z to A"),
        (Order("date_month"), "By Month, earliest first"),
        (Order("date_part_dow", desc=True), "By Weekday, latest first"),
        (Order("is_paid"), "By Is paid, no first"),
    ],
)
def test_a_sort_order_is_named_after_its_values(explore: Open, order: Order, says: str) -> None:
    by = (MONTHLY, CHANNEL, Breakdown("date", part=DatePart.DOW), Breakdown("is_paid"))
    app = explore(replace(BY_CHANNEL, by=by, order=(order,)))
    (chip,) = [label for label in popovers(app) if label.startswith("By ")]
    assert chip == says


def test_texts_are_first_sorted_from_a_to_z(explore: Open) -> None:
    app = add(explore(BY_CHANNEL), "Order")
    app.session_state[held(app).key("order")] = True
    app.run()
    change(app, "order", "Order by", "channel")
    assert asked(app).order == (Order("channel"),)
    change(app, "order", "Direction", "Z to A")
    assert asked(app).order == (Order("channel", desc=True),)


def test_a_new_top_has_the_eight_largest_of_its_breakdown(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, by=(MONTHLY, CHANNEL, Breakdown("device"))))
    app = app.button(key="top-of-device").click().run()
    assert asked(app).top == Top(8, "device", "revenue")
    assert "Top 8, with Other" in popovers(app)
    app = app.button(key="top-of-channel").click().run()  # a question has only one top
    assert asked(app).top == Top(8, "channel", "revenue")


def test_rows_of_a_top_are_counted_without_other(explore: Open) -> None:
    """There are six channels, and orders without a channel, so a top of eight includes everything.

    A top of three leaves four for Other.
    """
    app = explore(replace(BY_CHANNEL, top=Top(8, "channel", "revenue")))
    assert len(rows(app)) == 7
    assert "7 rows" in words(app)
    assert "7 rows and Other" not in words(app)
    app = explore(replace(BY_CHANNEL, top=Top(3, "channel", "revenue")))
    assert len(rows(app)) == 4
    assert "3 rows and Other" in words(app)
    app = explore(replace(BY_CHANNEL, top=Top(3, "channel", "revenue", other=False)))
    assert rows(app) == [("Search", 5330), ("Social", 2580), ("Other", 1280)]  # a channel of that name
    assert "3 rows" in words(app)
    assert "and Other" not in words(app)


# Comparisons


def test_a_number_is_shown_with_its_change_and_previous_value(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # April to the 19th: 320 + 640 - 5. March to the 19th: 10.
    monkeypatch.setattr(workspace, "day", date(2026, 4, 20))
    app = explore(Query(metrics=("revenue",), time=ToDate(Granularity.MONTH), compare=(Previous(), LastYear())))
    assert app.metric[0].value == "€955"
    assert "+9,450%" in words(app)
    assert "vs €10, previous period" in words(app)
    assert "vs —, same period last year" in words(app)
    assert "Compared with 1 – 19 Mar 2026." in words(app)


def test_a_comparison_is_next_to_its_metric_with_the_change_in_percent(explore: Open) -> None:
    april = Between(date(2026, 4, 1), date(2026, 4, 30))
    app = explore(Query(metrics=("revenue", "ctr"), by=(CHANNEL,), time=april, compare=(Previous(),), totals=((),)))
    # Of March: Search 10 + 40 + 160, Social 20, Walk-in 80; clicks 10 of 100, 4 of 50, 1 of 70.
    found_rows = {row[0]: row[1:] for row in rows(app)}
    assert found_rows["Search"][:3] == (None, 210, None)
    assert found_rows["Total"] == (2235, 310, pytest.approx(100 * 1925 / 310), pytest.approx(100 * 5 / 90),
                              pytest.approx(100 * 15 / 220), pytest.approx(100 * (5 / 90 - 15 / 220)))  # fmt: skip
    heads = list(app.dataframe[0].value.columns)
    assert heads[1:4] == ["revenue", "revenue_previous", "revenue_previous change"]


def test_comparisons_are_added_changed_and_removed(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(Previous(), LastYear())))
    field = picker(app, "Compare with")
    assert field.options == ["Previous period", "Same dates last year", "Custom range"]
    field.set_value(["Same dates last year", "Custom range"]).run()
    assert asked(app).compare == (LastYear(), Named(date(2025, 12, 30), date(2026, 2, 28)))
    picker(app, "Start date").set_value(date(2026, 1, 1)).run()
    assert asked(app).compare[1] == Named(date(2026, 1, 1), date(2026, 2, 28))
    picker(app, "Start date").set_value(date(2026, 3, 9)).run()
    assert "The end date is before the start date." in words(app)
    assert asked(app).compare[1] == Named(date(2026, 1, 1), date(2026, 2, 28))


def test_a_comparison_available_only_by_link_is_in_the_field(explore: Open) -> None:
    back = Back(2, Granularity.FISCAL_QUARTER)
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(back,)))
    assert picker(app, "Compare with").value == ["2 fiscal quarters before"]
    assert asked(app).compare == (back,)


def test_a_comparison_without_a_period_is_refused_and_offers_a_period(explore: Open) -> None:
    app = press(explore(replace(BY_CHANNEL, compare=(Previous(),))), "Last 13 weeks")
    assert asked(app) == replace(BY_CHANNEL, compare=(Previous(),), time=Last(13, Granularity.WEEK))
    assert "a period with both ends" not in words(app)


# Totals and the top


def test_other_and_total_are_distinguished_from_members_with_those_names(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, top=Top(3, "channel", "revenue"), totals=((),)))
    assert rows(app) == [
        ("Total", 10225.5),
        ("Search", 10 + 40 + 160 + 5120),
        ("Social", 20 + 2560),
        ("Other", 1280.0),  # a member of that name
        ("Other (the rest)", 320 + 640 + 80 + 0.5 - 5),
    ]
    assert "3 rows and Other" in words(app)


def test_totals_per_breakdown_can_be_picked_if_there_are_two(explore: Open) -> None:
    both = Query(metrics=("revenue",), by=(MONTHLY, CHANNEL), time=SPRING, totals=((),))
    app = explore(both, "totals")
    assert picker(app, "Totals").options == ["Grand total", "Per month", "Per channel"]
    change(app, "totals", "Totals", ["Grand total", "Per month"])
    assert asked(app).totals == ((), ("date_month",))
    assert rows(app)[0] == ("Total", "", 2545)
    assert rows(app)[-2:] == [("Total of Mar 2026", "", 310), ("Total of Apr 2026", "", 2235)]
    change(app, "totals", "Totals", [])
    assert asked(app).totals == ()


def test_totals_follow_a_granularity_change_and_disappear_with_their_breakdown(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(MONTHLY, CHANNEL), totals=((), ("date_month",), ("channel",))))
    picker(app, "Show by").set_value("Week").run()
    assert asked(app).totals == ((), ("date_week",), ("channel",))
    picker(app, "Show by").set_value("None").run()
    assert asked(app).totals == ((),)
    picker(app, "Break down by").set_value([]).run()
    assert asked(app) == Query(metrics=("revenue",))


def test_the_top_is_changed_on_its_chip(explore: Open) -> None:
    two = Query(metrics=("revenue", "cost"), by=(CHANNEL, Breakdown("channel_group")))
    app = explore(replace(two, top=Top(2, "channel", "revenue")), "top")
    assert "Top 2 by revenue, with Other" in popovers(app)
    change(app, "top", "Top", 3)
    change(app, "top", "By", "cost")
    change(app, "top", "Group the rest as Other", False)
    change(app, "top", "Within each", ["channel_group"])
    assert asked(app).top == Top(3, "channel", "cost", ("channel_group",), other=False)
    assert "Top 3 by cost in each channel group" in popovers(app)
    assert asked(press(app, "Show all")).top is None


def test_the_top_stays_open_while_its_number_is_changed(explore: Open) -> None:
    """The popover's name changes with the number, and Streamlit closes a popover when its name changes."""
    app = explore(replace(BY_CHANNEL, top=Top(3, "channel", "revenue")), "top")
    assert "Top 3, with Other" in popovers(app)
    picker(app, "Top").set_value(2).run()
    assert "Top 2, with Other" in popovers(app)
    assert picker(app, "Top").value == 2


def test_totals_are_bold_and_numbers_with_enough_data_are_never_grey(workspace: Workspace, steward: Actor) -> None:
    answer = workspace.ask(replace(BY_CHANNEL, top=Top(2, "channel", "revenue"), totals=((),)), steward)
    styles = table.make_grid(answer, LIGHT).rows._compute().ctx
    bold = {cell for cell, styles in styles.items() if ("font-weight", "600") in styles}
    assert bold == {(0, 0), (0, 1)}
    assert not any("color" in dict(cell) for cell in styles.values())


def test_the_number_of_groups_is_stated_if_not_all_are_listed(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, limit=2, totals=((),)))
    assert rows(app) == [("Total", 10225.5), ("Search", 5330), ("Social", 2580)]
    assert "2 of 7 rows" in words(app)
    assert "Totals include all matching rows" in words(app)


# When


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("This month to date", Granularity.MONTH),
        ("This quarter to date", Granularity.QUARTER),
        ("This year to date", Granularity.YEAR),
        ("This fiscal quarter to date", Granularity.FISCAL_QUARTER),
        ("This fiscal year to date", Granularity.FISCAL_YEAR),
    ],
)
def test_a_period_to_date_is_asked_and_shown_in_the_field(explore: Open, name: str, unit: Granularity) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Period").set_value(name).run()
    assert asked(app).time == ToDate(unit)
    assert picker(explore(asked(app)), "Period").value == name


def test_quarters_and_years_are_picked_below_the_row_of_granularities(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Show by").set_value("Other").run()
    assert asked(app).by == (Breakdown(DATE, Granularity.QUARTER),)
    assert picker(app, "Other periods").options[:4] == ["Quarter", "Year", "Fiscal quarter", "Fiscal year"]
    picker(app, "Other periods").set_value(Breakdown(DATE, Granularity.FISCAL_YEAR)).run()
    assert asked(app).by == (Breakdown(DATE, Granularity.FISCAL_YEAR),)
    # The fiscal year begins with April.
    assert [row[1] for row in rows(app)] == [310, 2235 + 7680, 0.5]


def test_a_year_that_begins_in_january_has_no_fiscal_choices(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.YEAR),), fiscal_start="january"))
    assert picker(app, "Other periods").options[:3] == ["Quarter", "Year", "Retail week"]
    assert not any("fiscal" in option for option in picker(app, "Period").options)


def test_a_period_keeps_counting_only_complete_days(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=replace(SPRING, complete=True)))
    picker(app, "To").set_value(date(2026, 5, 31)).run()
    assert asked(app).time == Between(date(2026, 3, 1), date(2026, 5, 31), complete=True)


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("October 2026", Between(date(2026, 10, 1), date(2026, 10, 31))),
        ("February 2026", Between(date(2026, 2, 1), date(2026, 2, 28))),
        ("Q3 2026", Between(date(2026, 7, 1), date(2026, 9, 30))),
        ("2025", Between(date(2025, 1, 1), date(2025, 12, 31))),
    ],
)
def test_a_month_quarter_or_year_is_picked_by_name(explore: Open, name: str, time: Between) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Period").set_value(name).run()
    assert asked(app).time == time
    assert picker(explore(asked(app)), "Period").value == name
    assert not app.date_input


def test_periods_are_listed_by_name_from_the_last_one_that_is_over(explore: Open) -> None:
    """Today in the shop is 2 November 2026."""
    options = picker(explore(Query(metrics=("revenue",))), "Period").options
    named = options[options.index("All time") + 1 :]
    assert [named[0], named[23]] == ["October 2026", "November 2024"]
    assert named[24:] == [
        "Q3 2026", "Q2 2026", "Q1 2026", "Q4 2025", "Q3 2025", "Q2 2025", "Q1 2025", "Q4 2024", "2025", "2024", "2023",
    ]  # fmt: skip


def test_any_number_of_periods_can_be_typed(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=Last(4, Granularity.WEEK, complete=False)))
    picker(app, "Period").set_value("Last N days, weeks or months").run()
    assert asked(app).time == Last(4, Granularity.WEEK, complete=False)  # as many as before
    picker(app, "Last").set_value(45).run()
    picker(app, "Unit").set_value(Granularity.DAY).run()
    assert asked(app).time == Last(45, Granularity.DAY, complete=False)
    picker(app, "Last").set_value(7).run()
    assert asked(app).time == Last(7, Granularity.DAY, complete=False)
    assert picker(app, "Last").value == 7  # a default number doesn't remove the fields
    picker(app, "Last").set_value(None).run()
    assert asked(app).time == Last(7, Granularity.DAY, complete=False)
    app = explore(replace(BY_CHANNEL, time=Last(5, Granularity.FISCAL_QUARTER)))
    assert picker(app, "Period").value == "Last N days, weeks or months"
    assert (picker(app, "Last").value, picker(app, "Unit").value) == (5, Granularity.FISCAL_QUARTER)


def test_a_custom_range_starts_with_the_days_shown_and_stays_one(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=Between(date(2026, 3, 1), date(2026, 3, 31))))
    assert picker(app, "Period").value == "March 2026"
    picker(app, "Period").set_value("Custom range").run()
    picker(app, "To").set_value(date(2026, 4, 30)).run()
    assert asked(app).time == SPRING
    picker(app, "From").set_value(date(2026, 4, 1)).run()
    assert asked(app).time == Between(date(2026, 4, 1), date(2026, 4, 30))
    assert picker(app, "From").value == date(2026, 4, 1)  # though it's a month now
    assert picker(app, "Period").value == "Custom range"


# Links


def test_a_link_restores_every_part_of_a_question(explore: Open) -> None:
    query = Query(
        metrics=("revenue", "cost"),
        by=(MONTHLY, CHANNEL),
        where=NotAny(InSegment("big_spenders")),
        having=(MetricFilter("revenue", "between", (-10, 5000)),),
        time=ToDate(Granularity.FISCAL_YEAR),
        compare=(Previous(), Named(date(2026, 1, 1), date(2026, 1, 31))),
        top=Top(2, "channel", "revenue", other=False),
        totals=((), ("channel",)),
    )
    app = explore(query, "totals", "top", "having-0", "filter-0")
    assert asked(app) == query


@pytest.mark.parametrize(
    "asks",
    [
        {"h": "secret_margin:>:1"},
        {"f": "segment:secret_people"},
        {"top": "channel:3:secret_margin"},
        {"top": "region:3:revenue"},
        {"tot": "grand,region"},
    ],
    ids=lambda asks: next(iter(asks.values())),
)
def test_a_link_with_a_missing_part_opens_the_rest_and_says_so(explore: Open, asks: dict[str, str]) -> None:
    app = explore(m="revenue", by="channel", v="1", **asks)
    assert "This link includes something that isn't available to you." in words(app)
    assert "secret" not in words(app)
    assert replace(asked(app), totals=()) == BY_CHANNEL
    assert len(rows(app)) >= 7


@pytest.mark.parametrize(
    "asks",
    [
        {"c": "yesterday"}, {"c": ["previous"] * 9}, {"c": "9999-01-01..9999-12-31"}, {"c": "back:999:fiscal_year"},
        {"top": "channel:0:revenue"}, {"top": "channel"}, {"tot": "channel"}, {"tot": "grand,grand"},
        {"h": "revenue:>:many"}, {"h": "revenue:>:1e300"}, {"fy": "smarch"}, {"hist": "never"}, {"t": "hour_to_date"},
        {"f": "segment:"}, {"by": "date:fiscal_quarter,channel", "c": "previous", "t": "..2026-01-01"},
    ],
    ids=str,
)  # fmt: skip
def test_no_address_ends_in_a_stack_trace(explore: Open, asks: dict[str, Any]) -> None:
    app = explore(**{"m": "revenue", "by": "channel", "v": "1"} | asks)
    assert app.title


# Calculations


def test_a_share_is_added_from_the_menu_and_changed_on_its_chip(explore: Open) -> None:
    two = Query(metrics=("revenue", "order_count"), by=(CHANNEL, MONTHLY), time=SPRING)
    share = Calculation(name="percent_of_total_1", do=CalculationKind.PERCENT_OF_TOTAL, of="revenue")
    assert asked(add(explore(two), "Share of total")).calc == (share,)
    app = explore(replace(two, calc=(share,)), "calc-percent_of_total_1")
    change(app, "calc-percent_of_total_1", "Of", "order_count")
    change(app, "calc-percent_of_total_1", "Within each", ["date_month"])
    assert asked(app).calc == (replace(share, of="order_count", within=("date_month",)),)
    assert asked(press(app, "Remove")).calc == ()


def test_available_calculations_depend_on_the_question() -> None:
    alone = Query(metrics=("revenue",))
    assert calculation_offers(alone) == {}
    groups = {"Share of total", "Rank"}
    assert set(calculation_offers(BY_CHANNEL)) == groups
    dated = replace(BY_CHANNEL, by=(CHANNEL, MONTHLY))
    running = {"Running total", "Moving average", "Index (first period = 100)"}
    assert set(calculation_offers(dated)) == groups | running
    two = replace(alone, metrics=("revenue", "cost"))
    assert set(calculation_offers(two)) == {"Difference", "Ratio of two metrics"}
    compared = replace(BY_CHANNEL, compare=(LastYear(),))
    change_of = calculation_offers(compared)["Difference"]().calc[0]
    assert (change_of.of, change_of.to) == ("revenue", "revenue_last_year")


def test_a_share_is_in_the_table_and_disappears_with_its_breakdown(explore: Open) -> None:
    share = Calculation(name="share", do=CalculationKind.PERCENT_OF_TOTAL, of="revenue")
    app = explore(replace(BY_CHANNEL, calc=(share,), limit=2))
    grid = app.dataframe[0].value
    assert [round(float(one), 1) for one in grid["share"]] == [52.1, 25.2]
    picker(app, "Break down by").set_value([]).run()
    assert asked(app).calc == ()


def test_a_running_total_follows_a_granularity_change(explore: Open) -> None:
    runs = Calculation(name="so_far", do=CalculationKind.RUNNING_TOTAL, of="revenue", along="date_month")
    app = explore(Query(metrics=("revenue",), by=(MONTHLY,), time=SPRING, calc=(runs,)))
    picker(app, "Show by").set_value("Week").run()
    assert asked(app).calc == (replace(runs, along="date_week"),)
    picker(app, "Show by").set_value("None").run()
    assert asked(app).calc == ()


def test_a_difference_of_two_units_is_refused_with_next_steps(explore: Open) -> None:
    wrong = Calculation(name="d", do=CalculationKind.DIFFERENCE, of="revenue", to="order_count")
    app = explore(Query(metrics=("revenue", "order_count"), by=(CHANNEL,), calc=(wrong,)))
    assert "because their units differ" in words(app)
    app = press(app, "Divide instead")
    assert asked(app).calc == (replace(wrong, do=CalculationKind.RATIO),)


def test_weekdays_and_the_companys_own_months_are_picked_below_the_row_of_granularities(explore: Open) -> None:
    app = explore(Query(metrics=("people",), by=(Breakdown(DATE, Granularity.QUARTER),)))
    assert {"Retail month", "Weekday", "Month of the year"} <= set(picker(app, "Other periods").options)
    picker(app, "Other periods").set_value(Breakdown(DATE, part=DatePart.DOW)).run()
    assert asked(app).by == (Breakdown(DATE, part=DatePart.DOW),)
    assert not app.exception
    picker(app, "Other periods").set_value(Breakdown(DATE, period="retail_month")).run()
    assert asked(app).by == (Breakdown(DATE, period="retail_month"),)
    assert not app.exception


@pytest.mark.parametrize("one", [Breakdown(DATE, part=DatePart.DOW), Breakdown(DATE, period="retail_month")])
def test_weekdays_and_calendar_months_have_members_but_no_time_order(explore: Open, one: Breakdown) -> None:
    """A Sunday comes after many Saturdays, so nothing runs along weekdays. A top of two weekdays is possible."""
    assert not one.runs
    asked_for = Query(metrics=("people",), by=(one,))
    assert set(calculation_offers(asked_for)) == {"Share of total", "Rank"}
    assert f"top-of-{column_name(one)}" in keys(explore(asked_for))
    running = {"Running total", "Moving average", "Index (first period = 100)"}
    assert running <= set(calculation_offers(replace(asked_for, by=(one, MONTHLY))))


@pytest.mark.parametrize("one", [MONTHLY, Breakdown(DATE), Breakdown("walk_day", Granularity.MONTH)])
def test_ordered_breakdowns_offer_a_running_total_but_no_top(explore: Open, one: Breakdown) -> None:
    assert one.runs
    app = explore(Query(metrics=("people",), by=(one,)))
    assert "Running total" in offered(app)
    assert not any(key.startswith("top-of-") for key in keys(app))
