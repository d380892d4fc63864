"""Explore's filters: segments, values of metrics, parts of a date, and how each says itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder.filters import filter_labels, filter_words, find_filters
from semantic.policy.actor import Actor
from semantic.query.query import (
    AnyOf,
    Breakdown,
    Condition,
    Filter,
    InSegment,
    MetricFilter,
    NotAny,
    Operator,
    Query,
)
from semantic.workspace import Workspace
from tests.pages.explore_page import (
    BY_CHANNEL,
    SPRING,
    Open,
    asked,
    change,
    held,
    picker,
    popovers,
    press,
    rows,
    words,
)


def choose_filter(explore: Open, asked: Query, what: str) -> AppTest:
    app = explore(asked)
    return picker(app, "Filter by").set_value(what).run()


def test_segments_are_chosen_next_to_the_filters_as_in_or_not_in(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "segment:big_spenders")
    assert "Customers with an order of 1,000 or more" in words(app)
    app = press(app, "Add filter")
    assert asked(app).where == InSegment("big_spenders")
    # u2, u4 and u5: 40 + 5120, 80, 1280, 2560, 0.50.
    assert dict(rows(app)) == {"Search": 5160, "Social": 2560, "Other": 1280, "Walk-in": 80, "Mail": 0.5}
    app = explore(replace(BY_CHANNEL, where=InSegment("big_spenders")), "filter-0")
    picker(app, "Match").set_value("Exclude").run()
    assert asked(app).where == NotAny(InSegment("big_spenders"))
    assert ("Social", 20) in rows(app)


def test_groups_are_chosen_by_a_metrics_value(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "metric:revenue")
    picker(app, "Value, EUR").set_value(1000.0).run()
    app = press(app, "Add filter")
    assert asked(app).having == (MetricFilter("revenue", ">", (1000,)),)
    assert [row[0] for row in rows(app)] == ["Search", "Social", "Other"]
    assert "Only where Revenue more than €1,000" in words(app)


def test_the_values_in_the_data_are_offered_and_those_picked_are_asked_for(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "device")
    field = picker(app, "Device")
    assert set(field.options) == {"mobile", "desktop", "kiosk", "(none)"}
    field.set_value(["kiosk"]).run()
    app = press(app, "Add filter")
    assert asked(app).where == Condition("device", Operator.IN, ("kiosk",))
    assert rows(app) == [("Other", 1280)]


@pytest.mark.parametrize(
    ("asked_for", "label"),
    [
        (replace(BY_CHANNEL, where=Condition("device", Operator.IN, ("mobile",))), "Device: mobile"),
        (replace(BY_CHANNEL, where=Condition("channel", Operator.NOT_IN, ("Search",))), "Channel: not Search"),
        (replace(BY_CHANNEL, where=InSegment("big_spenders")), "In Big spenders"),
        (replace(BY_CHANNEL, having=(MetricFilter("revenue", ">", (1000,)),)), "Revenue more than €1,000"),
    ],
    ids=["value", "not a value", "segment", "metric"],
)
def test_a_filter_is_named_by_what_it_does(explore: Open, asked_for: Query, label: str) -> None:
    assert label in popovers(explore(asked_for))


def test_weekends_are_left_out_and_weekdays_chosen(explore: Open, workspace: Workspace, steward: Actor) -> None:
    in_spring = Query(metrics=("revenue",), time=SPRING)
    weekdays = Condition("date__extract_dow", Operator.NOT_IN, (6, 7))
    app = explore(in_spring)
    offers: dict[str, Filter] = {}
    visible = workspace.visible(steward)
    filters = find_filters("weekend", held(app), visible, workspace.preflight(in_spring, steward), offers)
    assert [row.label for row in filters.rows] == ["Weekdays only", "Weekends only"]
    assert offers[filters.rows[0].name] == weekdays
    app = explore(replace(in_spring, where=weekdays), "filter-0")
    assert "Weekday is not Saturday or Sunday" in words(app)
    picker(app, "Match").set_value("Include").run()
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


def test_filters_on_dates_are_described_in_words(workspace: Workspace, steward: Actor) -> None:
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
    change(app, "having-0", "Show groups where Ctr is", "between")
    assert asked(app).having == by_campaign.having  # not before there are two numbers
    change(app, "having-0", "To, %", 8.0)
    assert asked(app).having == (MetricFilter("ctr", "between", (0.07, 0.08)),)
    assert [row[0] for row in rows(app)] == ["No channel"]  # 3 of 40
    assert asked(press(app, "Remove")).having == ()


def test_without_groups_a_metrics_value_is_no_filter(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    options = picker(app, "Filter by").options
    assert "Segment: Big spenders" in options
    assert not any(option.startswith("Value of") for option in options)


def test_a_value_that_no_group_has_says_so_though_there_is_a_total(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, having=(MetricFilter("revenue", ">", (1_000_000,)),), totals=((),)))
    assert "Nothing matches these filters" in words(app)
    assert "“revenue more than €1,000,000”" in words(app).replace("Revenue", "revenue")
    (remove,) = [button for button in app.button if button.label.startswith("Remove")]
    assert asked(remove.click().run()).having == ()


def test_a_filter_of_several_parts_stays_one(explore: Open) -> None:
    either = AnyOf((Condition("channel", Operator.IN, ("Mail",)), InSegment("big_spenders")))
    app = explore(replace(BY_CHANNEL, where=either), "filter-0")
    assert "You can only remove this filter as a whole." in words(app)
    assert "Channel: Mail or In Big spenders" in words(app)
    assert asked(app).where == either
