"""Explore's comparisons, totals, top, segments, filters on values and calendars: each control asks what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import question, session, table
from pages.ui.calculations import calculation_offers
from pages.ui.filters import filter_labels, filter_words, find_filters
from pages.ui.question import Question
from semantic.display.tokens import LIGHT
from semantic.model.definitions import DatePart, Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import (
    DATE,
    AnyOf,
    Back,
    Between,
    Breakdown,
    Calculation,
    CalculationKind,
    Condition,
    Filter,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    Named,
    NotAny,
    Operator,
    Order,
    Previous,
    Query,
    ToDate,
    Top,
)
from semantic.workspace import Workspace
from tests.pages.searching import LABELS, SearchField
from tests.shop import build_shop, open_shop

PAGE = Path(__file__).parents[2] / "pages" / "explore" / "explore.py"
MONTHLY = Breakdown(DATE, Granularity.MONTH)
CHANNEL = Breakdown("channel")
BY_CHANNEL = Query(metrics=("revenue",), by=(CHANNEL,))
SPRING = Between(date(2026, 3, 1), date(2026, 4, 30))
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(build_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def steward(workspace: Workspace) -> Actor:
    return workspace.people["steward"]


@pytest.fixture
def explore(workspace: Workspace, steward: Actor, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page at a question, or at raw parameters, with the popovers of these names open."""
    monkeypatch.setattr(session, "require", lambda role: (workspace, steward))
    monkeypatch.setattr(question, "PATIENCE", 20.0)

    def open_page(asked: Query | None = None, *popovers: str, **params: Any) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=30)
        app.query_params.update(query_to_params(asked) if asked else params)
        app.run()
        for name in popovers:
            app.session_state[held(app).key(name)] = True
        if popovers:
            app.run()
        assert not app.exception
        return app

    return open_page


def held(app: AppTest) -> Question:
    return app.session_state[question.KEY]


def asked(app: AppTest) -> Query:
    """The question in the address."""
    assert not app.exception
    return query_from_params(held(app).address or {})


def picker(app: AppTest, label: str) -> Any:
    """A widget by its label, of whatever kind."""
    if label in LABELS:
        return SearchField(app, label)
    kinds = (app.multiselect, app.button_group, app.selectbox, app.date_input, app.number_input, app.toggle)
    (found,) = [one for kind in kinds for one in kind if one.label == label]
    return found


def change(app: AppTest, popover: str, label: str, value: Any) -> None:
    """Sets a widget of an open popover, which stays open: the test's browser forgets that at every run."""
    app.session_state[held(app).key(popover)] = True
    picker(app, label).set_value(value).run()
    app.session_state[held(app).key(popover)] = True
    app.run()


def words(app: AppTest) -> str:
    found = [str(element.value) for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(found).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    (found,) = [one for one in app.button if one.label.replace("\\", "") == label]
    return found.click().run()


def add(app: AppTest, what: str) -> AppTest:
    (menu,) = app.menu_button
    return menu.click(what).run()


def offered(app: AppTest) -> list[str]:
    return [option for menu in app.menu_button for option in menu.options]


def rows(app: AppTest) -> list[tuple[Any, ...]]:
    """The table's rows, missing numbers as None."""
    (grid,) = app.dataframe
    return [tuple(None if value != value else value for value in row) for row in grid.value.itertuples(index=False)]


# The menu of what is not set


def test_what_can_be_added_stands_in_one_menu_and_leaves_it_when_it_is_set(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING))
    every = ["Totals", "Only the top, the rest as Other", "Order", "At most so many rows", "Share of total", "Rank"]
    every.append("Another currency")
    assert offered(app) == every
    assert asked(add(app, "Totals")).totals == ((),)
    assert offered(app) == [one for one in every if one != "Totals"]


def test_what_makes_no_sense_yet_is_not_offered(explore: Open) -> None:
    app = explore(Query(metrics=("order_count",)))
    assert not app.menu_button
    assert picker(app, "Compare with").options == ["Same weekdays last year"]
    assert not explore().menu_button


@pytest.mark.parametrize(
    ("what", "comparison"),
    [
        ("Previous period", Previous()),
        ("Same weekdays last year", LastYear()),
        ("Own days", Named(date(2025, 12, 30), date(2026, 2, 28))),  # 61 days before 61 days
    ],
)
def test_one_press_compares(explore: Open, what: str, comparison: Any) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING))
    picker(app, "Compare with").set_value([what]).run()
    assert asked(app).compare == (comparison,)


def test_each_comparison_says_its_days(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(Previous(), LastYear())))
    assert "Previous period: 1 Jan – 28 Feb 2026" in words(app)
    assert "Same weekdays last year: 2 Mar – 1 May 2025" in words(app)


def test_whole_months_are_compared_by_their_dates_and_say_so(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, by=(MONTHLY,), time=SPRING, compare=(LastYear(),)))
    assert picker(app, "Compare with").value == ["Same dates last year"]
    assert "Same dates last year: 1 Mar – 30 Apr 2025" in words(app)


def test_rows_are_ordered_and_limited_by_hand(explore: Open) -> None:
    app = add(explore(BY_CHANNEL), "Order")
    assert asked(app).order == (Order("revenue", desc=True),)
    app.session_state[held(app).key("order")] = True
    app.run()
    change(app, "order", "Direction", "Smallest first")
    assert [row[1] for row in rows(app)][:3] == [-5, 0.5, 80]
    change(app, "order", "At most so many rows", 2)
    assert asked(app).limit == 2
    assert "2 of 7 rows" in words(app)
    assert asked(press(app, "Remove")) == BY_CHANNEL


def test_a_top_begins_with_five_of_the_first_breakdown_that_is_no_date(explore: Open) -> None:
    app = add(explore(replace(BY_CHANNEL, by=(MONTHLY, CHANNEL))), "Only the top, the rest as Other")
    assert asked(app).top == Top(5, "channel", "revenue")


# Comparisons


def test_a_number_is_shown_with_its_change_and_with_what_it_was(explore: Open) -> None:
    # April to the 19th: 320 + 640 - 5. March to the 19th: 10.
    app = explore(Query(metrics=("revenue",), time=ToDate(Granularity.MONTH), compare=(Previous(), LastYear())))
    assert app.metric[0].value == "€955"
    assert "+9,450%" in words(app)
    assert "vs €10, previous period" in words(app)
    assert "vs —, a year before" in words(app)
    assert "Compared with 1 – 19 Mar 2026." in words(app)


def test_a_comparison_stands_beside_its_metric_with_the_change_in_per_cent(explore: Open) -> None:
    april = Between(date(2026, 4, 1), date(2026, 4, 30))
    app = explore(Query(metrics=("revenue", "ctr"), by=(CHANNEL,), time=april, compare=(Previous(),), totals=((),)))
    # Of March: Search 10 + 40 + 160, Social 20, Walk-in 80; clicks 10 of 100, 4 of 50, 1 of 70.
    found = {row[0]: row[1:] for row in rows(app)}
    assert found["Search"][:3] == (None, 210, None)
    assert found["Total"] == (2235, 310, pytest.approx(100 * 1925 / 310), pytest.approx(100 * 5 / 90),
                              pytest.approx(100 * 15 / 220), pytest.approx(100 * (5 / 90 - 15 / 220)))  # fmt: skip
    heads = list(app.dataframe[0].value.columns)
    assert heads[1:4] == ["revenue", "revenue_previous", "revenue_previous change"]


def test_comparisons_are_added_changed_and_taken_away(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(Previous(), LastYear())))
    field = picker(app, "Compare with")
    assert field.options == ["Previous period", "Same weekdays last year", "Own days"]
    field.set_value(["Same weekdays last year", "Own days"]).run()
    assert asked(app).compare == (LastYear(), Named(date(2025, 12, 30), date(2026, 2, 28)))
    picker(app, "First day").set_value(date(2026, 1, 1)).run()
    assert asked(app).compare[1] == Named(date(2026, 1, 1), date(2026, 2, 28))
    picker(app, "First day").set_value(date(2026, 3, 9)).run()
    assert "The last day is before the first." in words(app)
    assert asked(app).compare[1] == Named(date(2026, 1, 1), date(2026, 2, 28))


def test_a_comparison_that_only_a_link_can_make_stands_in_the_field(explore: Open) -> None:
    back = Back(2, Granularity.FISCAL_QUARTER)
    app = explore(replace(BY_CHANNEL, time=SPRING, compare=(back,)))
    assert picker(app, "Compare with").value == ["2 fiscal quarters before"]
    assert asked(app).compare == (back,)


def test_a_comparison_without_a_period_is_refused_with_a_period_to_press(explore: Open) -> None:
    app = press(explore(replace(BY_CHANNEL, compare=(Previous(),))), "Last 13 weeks")
    assert asked(app) == replace(BY_CHANNEL, compare=(Previous(),), time=Last(13, Granularity.WEEK))
    assert "a period with both ends" not in words(app)


# Totals and the top


def test_the_rest_and_the_total_are_told_from_members_of_such_names(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, top=Top(3, "channel", "revenue"), totals=((),)))
    assert rows(app) == [
        ("Search", 10 + 40 + 160 + 5120),
        ("Social", 20 + 2560),
        ("Other", 1280.0),  # a member of that name
        ("Other (the rest)", 320 + 640 + 80 + 0.5 - 5),
        ("Total", 10225.5),
    ]
    assert "3 rows, with Other, total at the end" in words(app)


def test_totals_per_breakdown_are_picked_where_there_are_two(explore: Open) -> None:
    both = Query(metrics=("revenue",), by=(MONTHLY, CHANNEL), time=SPRING, totals=((),))
    app = explore(both, "totals")
    assert picker(app, "Totals").options == ["Grand total", "Per month", "Per channel"]
    change(app, "totals", "Totals", ["Grand total", "Per month"])
    assert asked(app).totals == ((), ("date_month",))
    assert rows(app)[-3:] == [("Total of Mar 2026", "", 310), ("Total of Apr 2026", "", 2235), ("Total", "", 2545)]
    change(app, "totals", "Totals", [])
    assert asked(app).totals == ()


def test_totals_follow_a_change_of_grain_and_go_with_their_breakdown(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(MONTHLY, CHANNEL), totals=((), ("date_month",), ("channel",))))
    picker(app, "Over time by").set_value("Week").run()
    assert asked(app).totals == ((), ("date_week",), ("channel",))
    picker(app, "Over time by").set_value("None").run()
    assert asked(app).totals == ((),)
    picker(app, "Break down by").set_value([]).run()
    assert asked(app) == Query(metrics=("revenue",))


def test_the_top_is_changed_on_its_chip(explore: Open) -> None:
    two = Query(metrics=("revenue", "cost"), by=(CHANNEL, Breakdown("channel_group")))
    app = explore(replace(two, top=Top(2, "channel", "revenue")), "top")
    change(app, "top", "Only the top", 3)
    change(app, "top", "By", "cost")
    change(app, "top", "The rest as Other", False)
    change(app, "top", "Within each", ["channel_group"])
    assert asked(app).top == Top(3, "channel", "cost", ("channel_group",), other=False)
    assert asked(press(app, "Remove")).top is None


def test_totals_are_bold_and_the_rest_is_grey(workspace: Workspace, steward: Actor) -> None:
    answer = workspace.ask(replace(BY_CHANNEL, top=Top(2, "channel", "revenue"), totals=((),)), steward)
    styles = table.make_grid(answer, LIGHT).rows.to_html()
    bold = styles[: styles.index("font-weight")].rpartition("<style")[2]
    assert "row3_col0" in bold
    assert "row3_col1" in bold
    assert f"row2_col1 {{\n  color: {LIGHT.muted}" in styles


def test_how_many_groups_there_are_is_said_where_not_all_are_listed(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, limit=2, totals=((),)))
    assert rows(app) == [("Search", 5330), ("Social", 2580), ("Total", 10225.5)]
    assert "2 of 7 rows, total at the end" in words(app)
    assert "Totals are of all rows the filters let in" in words(app)


# Filters


def choose_filter(explore: Open, asked: Query, what: str) -> AppTest:
    app = explore(asked)
    return picker(app, "Filter by").set_value(what).run()


def test_rows_in_a_segment_or_not_in_it_are_chosen_beside_the_filters(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "segment:big_spenders")
    assert "Customers with an order of 1,000 or more" in words(app)
    app = press(app, "Add filter")
    assert asked(app).where == InSegment("big_spenders")
    # u2, u4 and u5: 40 + 5120, 80, 1280, 2560, 0.50.
    assert dict(rows(app)) == {"Search": 5160, "Social": 2560, "Other": 1280, "Walk-in": 80, "Mail": 0.5}
    app = explore(replace(BY_CHANNEL, where=InSegment("big_spenders")), "filter-0")
    picker(app, "Rows with these values").set_value("Exclude").run()
    assert asked(app).where == NotAny(InSegment("big_spenders"))
    assert ("Social", 20) in rows(app)


def test_groups_are_chosen_by_a_metrics_value(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "metric:revenue")
    picker(app, "Value, EUR").set_value(1000.0).run()
    app = press(app, "Add filter")
    assert asked(app).having == (MetricFilter("revenue", ">", (1000,)),)
    assert [row[0] for row in rows(app)] == ["Search", "Social", "Other"]
    assert "Only where Revenue more than €1,000" in words(app)


def test_weekends_are_left_out_and_weekdays_chosen(explore: Open, workspace: Workspace, steward: Actor) -> None:
    in_spring = Query(metrics=("revenue",), time=SPRING)
    weekdays = Condition("date__extract_dow", Operator.NOT_IN, (6, 7))
    app = explore(in_spring)
    offers: dict[str, Filter] = {}
    visible = workspace.visible(steward)
    found = find_filters("weekend", held(app), visible, workspace.preflight(in_spring, steward), offers)
    assert [one.label for one in found.rows] == ["Without weekends", "Only weekends"]
    assert offers[found.rows[0].name] == weekdays
    app = explore(replace(in_spring, where=weekdays), "filter-0")
    assert "Weekday is not Saturday or Sunday" in words(app)
    picker(app, "Rows with these values").set_value("Include").run()
    assert asked(app).where == replace(weekdays, op=Operator.IN)
    app = choose_filter(explore, in_spring, "date__extract_month")
    picker(app, "Month of the year").set_value([4]).run()
    assert asked(press(app, "Add filter")).where == Condition("date__extract_month", Operator.IN, (4,))


@pytest.mark.parametrize(
    "part",
    [
        Condition("date__extract_month", Operator.BETWEEN, (6, 8)),
        Condition("date__extract_dow", Operator.NOT_IN, (6, 7, None)),
        Condition("date__extract_dow", Operator.IN, (7, 6)),
        Condition("date__retail_month", Operator.IN, ("2026-03-01",)),
    ],
    ids=["range", "none", "order", "period"],
)
def test_a_filter_on_a_date_that_is_looked_at_stays_as_it_is(explore: Open, part: Condition) -> None:
    app = explore(Query(metrics=("revenue",), time=SPRING, where=part), "filter-0")
    assert asked(app).where == part


def test_filters_on_dates_are_said_in_words(workspace: Workspace, steward: Actor) -> None:
    ends = Condition("date__extract_month", Operator.BETWEEN, (6, 8))
    period = Condition("date__retail_month", Operator.IN, ("2026-03-01",))
    hour = Condition("order_time__extract_hour", Operator.IN, (9,))
    labels = filter_labels(workspace.visible(steward))
    assert filter_words(ends, labels) == "Month of the year from Jun to Aug"
    assert filter_words(period, labels) == "Retail month: 1 Mar 2026"
    assert filter_words(hour, labels) == "Order time, hour of the day: 09:00"


def test_a_share_is_compared_in_per_cent_and_between_two_numbers(explore: Open) -> None:
    by_campaign = Query(metrics=("ctr",), by=(Breakdown("campaign"),), having=(MetricFilter("ctr", ">", (0.07,)),))
    app = explore(by_campaign, "having-0")
    assert picker(app, "Value, %").value == 7
    change(app, "having-0", "Only groups whose Ctr is", "between")
    assert asked(app).having == by_campaign.having  # not before there are two numbers
    change(app, "having-0", "To, %", 8.0)
    assert asked(app).having == (MetricFilter("ctr", "between", (0.07, 0.08)),)
    assert [row[0] for row in rows(app)] == ["No channel"]  # 3 of 40
    assert asked(press(app, "Remove")).having == ()


def test_a_value_is_no_filter_where_there_are_no_groups_to_choose(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    options = picker(app, "Filter by").options
    assert "Segment: Big spenders" in options
    assert not any(one.startswith("Value of") for one in options)


def test_a_value_that_no_group_has_says_so_though_there_is_a_total(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, having=(MetricFilter("revenue", ">", (1_000_000,)),), totals=((),)))
    assert "Nothing matches these filters" in words(app)
    assert "“revenue more than €1,000,000”" in words(app).replace("Revenue", "revenue")
    (remove,) = [one for one in app.button if one.label.startswith("Remove")]
    assert asked(remove.click().run()).having == ()


def test_a_filter_of_several_parts_stays_one(explore: Open) -> None:
    either = AnyOf((Condition("channel", Operator.IN, ("Mail",)), InSegment("big_spenders")))
    app = explore(replace(BY_CHANNEL, where=either), "filter-0")
    assert "This filter can be left out as a whole." in words(app)
    assert "Channel: Mail or In Big spenders" in words(app)
    assert asked(app).where == either


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
def test_a_period_to_date_is_asked_and_stands_in_the_field(explore: Open, name: str, unit: Granularity) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Period").set_value(name).run()
    assert asked(app).time == ToDate(unit)
    assert picker(explore(asked(app)), "Period").value == name


def test_quarters_and_years_are_picked_below_the_row_of_grains(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    picker(app, "Over time by").set_value("Other").run()
    assert asked(app).by == (Breakdown(DATE, Granularity.QUARTER),)
    assert picker(app, "Other periods").options[:4] == ["Quarter", "Year", "Fiscal quarter", "Fiscal year"]
    picker(app, "Other periods").set_value(Breakdown(DATE, Granularity.FISCAL_YEAR)).run()
    assert asked(app).by == (Breakdown(DATE, Granularity.FISCAL_YEAR),)
    # The fiscal year begins with April.
    assert [row[1] for row in rows(app)] == [310, 2235 + 7680, 0.5]


def test_a_year_that_begins_in_january_has_no_fiscal_choices(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.YEAR),), fiscal_start="january"))
    assert picker(app, "Other periods").options[:3] == ["Quarter", "Year", "Retail week"]
    assert not any("fiscal" in one for one in picker(app, "Period").options)


def test_days_keep_that_they_are_to_be_complete(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=replace(SPRING, complete=True)))
    picker(app, "To").set_value(date(2026, 5, 31)).run()
    assert asked(app).time == Between(date(2026, 3, 1), date(2026, 5, 31), complete=True)


# Links


def test_every_part_of_a_question_comes_back_from_its_link(explore: Open) -> None:
    whole = Query(
        metrics=("revenue", "cost"),
        by=(MONTHLY, CHANNEL),
        where=NotAny(InSegment("big_spenders")),
        having=(MetricFilter("revenue", "between", (-10, 5000)),),
        time=ToDate(Granularity.FISCAL_YEAR),
        compare=(Previous(), Named(date(2026, 1, 1), date(2026, 1, 31))),
        top=Top(2, "channel", "revenue", other=False),
        totals=((), ("channel",)),
    )
    app = explore(whole, "totals", "top", "having-0", "filter-0")
    assert asked(app) == whole


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
def test_a_link_with_a_part_that_is_not_there_opens_the_rest_and_says_so(explore: Open, asks: dict[str, str]) -> None:
    app = explore(m="revenue", by="channel", v="1", **asks)
    assert "This link asked for something that is not available to you." in words(app)
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


def test_what_can_be_computed_follows_the_question() -> None:
    alone = Query(metrics=("revenue",))
    assert calculation_offers(alone) == {}
    groups = {"Share of total", "Rank"}
    assert set(calculation_offers(BY_CHANNEL)) == groups
    dated = replace(BY_CHANNEL, by=(CHANNEL, MONTHLY))
    running = {"Running total", "Moving average", "Index, first period 100"}
    assert set(calculation_offers(dated)) == groups | running
    two = replace(alone, metrics=("revenue", "cost"))
    assert set(calculation_offers(two)) == {"Difference", "One divided by the other"}
    compared = replace(BY_CHANNEL, compare=(LastYear(),))
    change_of = calculation_offers(compared)["Difference"]().calc[0]
    assert (change_of.of, change_of.to) == ("revenue", "revenue_last_year")


def test_a_share_stands_in_the_table_and_a_gone_breakdown_takes_it_along(explore: Open) -> None:
    share = Calculation(name="share", do=CalculationKind.PERCENT_OF_TOTAL, of="revenue")
    app = explore(replace(BY_CHANNEL, calc=(share,), limit=2))
    grid = app.dataframe[0].value
    assert [round(float(one), 1) for one in grid["share"]] == [52.1, 25.2]
    picker(app, "Break down by").set_value([]).run()
    assert asked(app).calc == ()


def test_a_running_total_follows_a_change_of_grain(explore: Open) -> None:
    runs = Calculation(name="so_far", do=CalculationKind.RUNNING_TOTAL, of="revenue", along="date_month")
    app = explore(Query(metrics=("revenue",), by=(MONTHLY,), time=SPRING, calc=(runs,)))
    picker(app, "Over time by").set_value("Week").run()
    assert asked(app).calc == (replace(runs, along="date_week"),)
    picker(app, "Over time by").set_value("None").run()
    assert asked(app).calc == ()


def test_a_difference_of_two_units_is_refused_with_ways_on(explore: Open) -> None:
    wrong = Calculation(name="d", do=CalculationKind.DIFFERENCE, of="revenue", to="order_count")
    app = explore(Query(metrics=("revenue", "order_count"), by=(CHANNEL,), calc=(wrong,)))
    assert "They count different things" in words(app)
    app = press(app, "Divide instead")
    assert asked(app).calc == (replace(wrong, do=CalculationKind.RATIO),)


def test_weekdays_and_the_companys_own_months_are_picked_below_the_row_of_grains(explore: Open) -> None:
    app = explore(Query(metrics=("people",), by=(Breakdown(DATE, Granularity.QUARTER),)))
    assert {"Retail month", "Weekday", "Month of the year"} <= set(picker(app, "Other periods").options)
    picker(app, "Other periods").set_value(Breakdown(DATE, part=DatePart.DOW)).run()
    assert asked(app).by == (Breakdown(DATE, part=DatePart.DOW),)
    assert not app.exception
    picker(app, "Other periods").set_value(Breakdown(DATE, period="retail_month")).run()
    assert asked(app).by == (Breakdown(DATE, period="retail_month"),)
    assert not app.exception


@pytest.mark.parametrize("one", [Breakdown(DATE, part=DatePart.DOW), Breakdown(DATE, period="retail_month")])
def test_weekdays_and_a_calendars_own_months_have_members_and_no_course(explore: Open, one: Breakdown) -> None:
    """A Sunday comes after no Saturday alone: nothing runs along weekdays, and two of them can be the top."""
    assert not one.runs
    asked_for = Query(metrics=("people",), by=(one,))
    assert set(calculation_offers(asked_for)) == {"Share of total", "Rank"}
    assert "Only the top, the rest as Other" in offered(explore(asked_for))
    running = {"Running total", "Moving average", "Index, first period 100"}
    assert running <= set(calculation_offers(replace(asked_for, by=(one, MONTHLY))))


@pytest.mark.parametrize("one", [MONTHLY, Breakdown(DATE), Breakdown("walk_day", Granularity.MONTH)])
def test_what_runs_has_a_course_and_no_top(explore: Open, one: Breakdown) -> None:
    assert one.runs
    found = offered(explore(Query(metrics=("people",), by=(one,))))
    assert "Running total" in found
    assert "Only the top, the rest as Other" not in found


# Money

BEFORE_RATES_END = Between(date(2026, 4, 1), date(2026, 4, 15))
AT_FAIRS = Query(metrics=("fair_paid",), by=(CHANNEL,), time=BEFORE_RATES_END)


def test_another_currency_is_added_chosen_and_taken_back(explore: Open) -> None:
    app = explore(AT_FAIRS)
    assert rows(app) == [("Search", 220.0), ("Social", 102.5), ("(none)", 12.0), ("Mail", None)]
    add(app, "Another currency")
    assert asked(app).currency == "GBP"
    # 100 pounds, 50 EUR at 1.2, 500 crowns at 0.1 and 1.5 for a pound; 10 pounds and 1000 crowns at 0.09 and 1.25
    assert [round(row[1], 2) if row[1] else None for row in rows(app)] == [175, 82, 8, None]
    assert "Money is shown in GBP" in words(app)
    assert "Another currency" not in offered(app)
    app.session_state[held(app).key("currency")] = True
    app.run()
    change(app, "currency", "Money in", "SEK")
    assert asked(app).currency == "SEK"
    press(app, "Remove")
    assert asked(app) == AT_FAIRS


def test_one_days_rates_are_chosen_and_said(explore: Open) -> None:
    app = explore(replace(AT_FAIRS, time=Between(date(2026, 4, 1), date(2026, 4, 16)), currency="GBP"), "currency")
    assert "A currency rate is missing" in words(app)
    assert "from NOK to GBP on 16 Apr 2026" in words(app)
    (rates,) = app.radio
    rates.set_value("Of a day I choose").run()
    app.session_state[held(app).key("currency")] = True
    app.run()
    assert asked(app).rates == date(2026, 4, 16)  # the last day of the period, which has no rate for crowns either
    change(app, "currency", "Rates of", date(2026, 4, 19))
    assert asked(app).rates == date(2026, 4, 19)
    # 100 pounds, 50 EUR and 500 crowns at 2 for a pound and 0.2 for a crown; 100 Norwegian ones at 0.125
    assert rows(app)[:2] == [("Search", 175.0), ("Social", 110.0)]
    assert "rates of 19 Apr 2026" in words(app)


def test_money_that_is_kept_in_one_currency_is_refused_at_one_days_rates_with_a_way_on(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, time=BEFORE_RATES_END, rates="period_end"))
    assert "is kept in EUR alone" in words(app)
    press(app, "At the rates of each day")
    assert asked(app) == replace(BY_CHANNEL, time=BEFORE_RATES_END)
    assert rows(app)


def test_a_filter_on_money_is_said_in_the_questions_currency(explore: Open) -> None:
    app = explore(replace(AT_FAIRS, currency="GBP", having=(MetricFilter("fair_paid", ">", (100,)),)))
    assert rows(app) == [("Search", pytest.approx(175))]
    assert "more than £100" in words(app)


def test_a_question_without_money_is_offered_no_currency(explore: Open) -> None:
    assert "Another currency" not in offered(explore(Query(metrics=("order_count",), by=(CHANNEL,), time=SPRING)))


def test_sums_of_doubles_say_that_they_are_rounded(explore: Open) -> None:
    app = explore(Query(metrics=("effort",), by=(CHANNEL,), time=SPRING))
    assert "Rounded sums" in words(app)
