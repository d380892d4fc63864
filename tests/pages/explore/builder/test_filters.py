"""Explore's filters: segments, metric values and parts of a date, and how each is worded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder.condition import EMPTY, ways_of
from pages.explore.builder.filters import filter_labels, find_filters
from semantic.display.words.settings.filters import filter_words
from semantic.policy.actor import Actor
from semantic.query.query import (
    AllOf,
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


def test_a_segment_can_be_included_or_excluded_as_a_filter(explore: Open) -> None:
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


def test_groups_are_filtered_by_a_metrics_value(explore: Open) -> None:
    app = choose_filter(explore, BY_CHANNEL, "metric:revenue")
    picker(app, "Value, EUR").set_value(1000.0).run()
    app = press(app, "Add filter")
    assert asked(app).having == (MetricFilter("revenue", ">", (1000,)),)
    assert [row[0] for row in rows(app)] == ["Search", "Social", "Other"]
    assert "Only where Revenue more than €1,000" in words(app)


def test_values_in_the_data_are_offered_and_picked_ones_are_asked(explore: Open) -> None:
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
def test_a_filter_is_named_after_its_effect(explore: Open, asked_for: Query, label: str) -> None:
    assert label in popovers(explore(asked_for))


def test_weekends_are_excluded_and_weekdays_included(explore: Open, workspace: Workspace, steward: Actor) -> None:
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
def test_opening_a_date_filter_does_not_change_it(explore: Open, part: Condition) -> None:
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


def test_a_share_is_filtered_in_percent_and_between_two_numbers(explore: Open) -> None:
    by_campaign = Query(metrics=("ctr",), by=(Breakdown("campaign"),), having=(MetricFilter("ctr", ">", (0.07,)),))
    app = explore(by_campaign, "having-0")
    assert picker(app, "Value, %").value == 7
    change(app, "having-0", "Show groups where Ctr is", "between")
    assert asked(app).having == by_campaign.having  # not before there are two numbers
    change(app, "having-0", "To, %", 8.0)
    assert asked(app).having == (MetricFilter("ctr", "between", (0.07, 0.08)),)
    assert [row[0] for row in rows(app)] == ["No channel"]  # 3 of 40
    assert asked(press(app, "Remove")).having == ()


def test_without_groups_a_metrics_value_cannot_be_a_filter(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",)))
    options = picker(app, "Filter by").options
    assert "Segment: Big spenders" in options
    assert not any(option.startswith("Value of") for option in options)


def test_a_value_that_no_group_has_is_reported_despite_a_total(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, having=(MetricFilter("revenue", ">", (1_000_000,)),), totals=((),)))
    assert "Nothing matches these filters" in words(app)
    assert "“revenue more than €1,000,000”" in words(app).replace("Revenue", "revenue")
    (remove,) = [button for button in app.button if button.label.startswith("Remove")]
    assert asked(remove.click().run()).having == ()


# How a field is compared


@pytest.mark.parametrize(
    ("way", "text", "condition", "truth"),
    [
        ("contains", "mob", Condition("device", Operator.CONTAINS, ("mob",)), 10 + 20 + 160 + 640 + 2560 + 5120),
        (
            "doesn't contain",
            "mob",
            Condition("device", Operator.NOT_CONTAINS, ("mob",)),
            40 + 80 + 320 - 5 + 1280 + 0.5,  # an order without a device doesn't contain it either
        ),
        ("starts with", "k", Condition("device", Operator.STARTS_WITH, ("k",)), 1280),
        ("doesn't start with", "k", Condition("device", Operator.NOT_STARTS_WITH, ("k",)), 10225.5 - 1280),
        ("is empty", "", Condition("device", Operator.IN, (None,)), 0.5),
        ("is not empty", "", Condition("device", Operator.NOT_IN, (None,)), 10225),
    ],
)
def test_text_comparisons_are_in_words(explore: Open, way: str, text: str, condition: Condition, truth: float) -> None:
    app = choose_filter(explore, Query(metrics=("revenue",)), "device")
    picker(app, "Condition").set_value(way).run()
    if text:
        app.text_input(key=held(app).key("new-device") + "-text").set_value(text).run()
    app = press(app, "Add filter")
    assert asked(app).where == condition
    answer = held(app).result
    assert answer is not None
    assert answer.table.column("revenue").to_pylist() == [truth]
    app = explore(asked(app), "filter-0")
    assert picker(app, "Condition").value == way


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("device", ["is", "is not", "contains", "doesn't contain", "starts with", "doesn't start with"]),
        ("amount_owed", ["is", "is not", "is between"]),
        ("order_time", ["is between"]),
        ("is_paid", ["is", "is not"]),
    ],
)
def test_every_field_can_be_filtered_for_empty_or_not_empty(
    workspace: Workspace, steward: Actor, name: str, ways: list[str]
) -> None:
    (dimension, *_) = workspace.visible(steward).dimension(name)
    assert ways_of(dimension) == [*ways, "is empty", "is not empty"]


def test_a_filter_keeps_its_values_when_it_is_inverted_and_inverted_back(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, where=Condition("device", Operator.IN, ("kiosk",))), "filter-0")
    change(app, "filter-0", "Condition", "is not")
    assert asked(app).where == Condition("device", Operator.NOT_IN, ("kiosk",))
    change(app, "filter-0", "Condition", "is empty")
    assert asked(app).where == Condition("device", Operator.IN, (None,))
    assert "Device is empty" in popovers(app)
    change(app, "filter-0", "Condition", "is")
    assert asked(app).where == Condition("device", Operator.IN, ("kiosk",))


@pytest.mark.parametrize(
    ("way", "condition"),
    [
        ("contains", Condition("device", Operator.CONTAINS, ("mob",))),
        ("is not", Condition("device", Operator.NOT_IN, ("kiosk", "mobile"))),
    ],
)
def test_chosen_values_return_after_filtering_for_empty(explore: Open, way: str, condition: Condition) -> None:
    app = explore(replace(BY_CHANNEL, where=condition), "filter-0")
    for turned in ("is not empty", "is empty"):
        change(app, "filter-0", "Condition", turned)
        assert asked(app).where == Condition("device", EMPTY[turned], (None,))
    change(app, "filter-0", "Condition", way)
    assert asked(app).where == condition


def test_a_filter_for_empty_restores_no_values(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, where=Condition("device", Operator.IN, (None,))), "filter-0")
    change(app, "filter-0", "Condition", "is")
    assert picker(app, "Device").value == []
    assert asked(app).where == Condition("device", Operator.IN, (None,))  # until a value is picked


# Alternatives

KIOSK = Condition("device", Operator.IN, ("kiosk",))
MAIL = Condition("channel", Operator.IN, ("Mail",))


def alternative(app: AppTest, place: str, what: str) -> AppTest:
    """Add an alternative to a chip, and choose its field."""
    app.session_state[held(app).key(place)] = True
    app.run()
    app = press(app, "Or\N{HORIZONTAL ELLIPSIS}")
    return picker(app, "Filter by").set_value(what).run()


def test_an_alternative_is_added_to_a_filter(explore: Open) -> None:
    app = alternative(explore(replace(BY_CHANNEL, where=KIOSK)), "filter-0", "channel")
    assert "Device: kiosk **or**" in words(app)
    field = picker(app, "Channel")
    assert "Mail" in field.options  # although no one bought by mail at a kiosk
    field.set_value(["Mail"]).run()
    app = press(app, "Add alternative")
    assert asked(app).where == AnyOf((KIOSK, MAIL))
    assert sorted(rows(app)) == [("Mail", 0.5), ("Other", 1280)]
    assert {"Device: kiosk", "Channel: Mail"} <= set(popovers(app))
    app = press(alternative(app, "filter-0-1", "segment:big_spenders"), "Add alternative")
    assert asked(app).where == AnyOf((KIOSK, MAIL, InSegment("big_spenders")))


def test_alternatives_are_next_to_filters_that_always_apply(explore: Open) -> None:
    kept = Condition("channel", Operator.NOT_IN, ("Other",))
    query = replace(BY_CHANNEL, where=AllOf((AnyOf((KIOSK, MAIL)), kept)))
    app = explore(query, "filter-0-0")
    assert rows(app) == [("Mail", 0.5)]
    change(app, "filter-0-0", "Condition", "is not")  # mobile, desktop and none
    assert asked(app).where == AllOf((AnyOf((replace(KIOSK, op=Operator.NOT_IN), MAIL)), kept))
    assert ("Search", 5330) in rows(app)
    app = explore(query, "filter-0-0")
    app = press(app, "Remove")
    assert asked(app).where == AllOf((MAIL, kept))  # a single alternative is an ordinary filter


def test_adding_an_alternative_can_be_cancelled(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, where=KIOSK), "filter-0")
    app = press(app, "Or\N{HORIZONTAL ELLIPSIS}")
    assert not any(option.startswith("Value of") for option in picker(app, "Filter by").options)
    app = app.button(key="filter-or-cancel").click().run()
    assert "**or**" not in words(app)
    assert any(option.startswith("Value of") for option in picker(app, "Filter by").options)
    app = press(picker(app, "Filter by").set_value("segment:big_spenders").run(), "Add filter")
    assert asked(app).where == AllOf((KIOSK, InSegment("big_spenders")))


def test_the_browser_cannot_make_a_metrics_value_an_alternative(explore: Open) -> None:
    app = alternative(explore(replace(BY_CHANNEL, where=KIOSK)), "filter-0", "metric:revenue")
    assert "Add alternative" not in [button.label for button in app.button]
    assert asked(app).where == KIOSK


def test_an_uneditable_alternative_stays_as_it_is(explore: Open) -> None:
    both = AllOf((KIOSK, InSegment("big_spenders")))
    app = explore(replace(BY_CHANNEL, where=AnyOf((MAIL, both))), "filter-0-1")
    assert "You can only remove this filter as a whole." in words(app)
    assert "Device: kiosk and In Big spenders" in words(app)
    assert asked(app).where == AnyOf((MAIL, both))
