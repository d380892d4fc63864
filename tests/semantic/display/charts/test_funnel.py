"""The charts of a funnel: what is drawn and written for counts made by hand. All of it can be drawn on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from semantic.display.charts.chart import Chart
from semantic.display.charts.funnel import (
    FunnelConversion,
    FunnelStep,
    biggest_drop,
    funnel_chart,
    groups_chart,
    rate_chart,
    time_chart,
)
from semantic.display.paper.figure import is_drawable
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity

VISIT = FunnelStep(name="Visit", count=400, text="400")
CART = FunnelStep(name="Cart", count=100, text="100", took="2 hours")
ORDER = FunnelStep(name="Order", count=80, text="80", took="1 day")


def data(chart: Chart) -> list[Any]:
    assert chart.figure is not None
    assert is_drawable(chart.figure)
    return chart.figure.to_dict()["data"]


def test_bars_show_people_who_reached_a_step_and_people_who_were_lost() -> None:
    chart = funnel_chart([VISIT, CART, ORDER], "visitors", LIGHT)
    solid, pale, heads, drops, ends = data(chart)
    assert list(solid["x"]) == [400, 100, 80]
    assert list(pale["x"]) == [0, 300, 20]
    assert list(heads["text"]) == ["<b>1. Visit</b>  400", "<b>2. Cart</b>  100", "<b>3. Order</b>  80"]
    assert list(drops["text"]) == ["", "<b>Biggest drop −75.0%</b>", "−20.0%"]
    assert [text.removeprefix("&nbsp;") for text in ends["text"]] == ["100.0%", "25.0%", "20.0%"]
    assert list(pale["marker"]["color"])[1] == LIGHT.unfavourable
    assert chart.alt == "Funnel of visitors: Visit 400, Cart 100 (25.0%) and Order 80 (20.0%)."


def test_a_share_is_never_below_the_line_of_another_period() -> None:
    """The order's bar ends at 100 of 400, just before the line at 30%. The cart's line at 10% is within its bar."""
    cart, order = replace(CART, earlier=0.1), replace(ORDER, earlier=0.3)
    ends = data(funnel_chart([VISIT, cart, order], "visitors", LIGHT))[-1]
    assert list(ends["x"]) == [400, 400, 120]


def test_a_tooltip_says_both_shares_and_the_time() -> None:
    solid = data(funnel_chart([VISIT, CART, ORDER], "visitors", LIGHT))[0]
    row, *texts = list(solid["customdata"][2])
    assert row == 2
    assert texts == [
        "80", "3. Order", "20.0% of the first step", "80.0% of the step before", "1 day after the start, on average",
    ]  # fmt: skip


def test_a_hidden_step_has_no_bar_and_reveals_nothing() -> None:
    hidden = FunnelStep(name="Cart", count=None, text="")
    chart = funnel_chart([VISIT, hidden, FunnelStep(name="Order", count=None, text="")], "visitors", LIGHT)
    solid, pale, heads, drops, ends = data(chart)
    assert list(solid["x"]) == [400, 0, 0]
    assert list(pale["x"]) == [0, 0, 0]
    assert "hidden" in heads["text"][1]
    assert list(drops["text"]) == ["", "", ""]
    assert [text.removeprefix("&nbsp;") for text in ends["text"]] == ["100.0%", "hidden", "hidden"]
    assert "hidden" in chart.alt


def test_a_sample_is_marked_and_names_are_text() -> None:
    steps = [FunnelStep(name="<b>Visit</b>", count=400, text="≈4,000"), CART]
    heads, drops = data(funnel_chart(steps, "visitors", LIGHT, mark="≈"))[2:4]
    assert "&lt;b&gt;Visit" in heads["text"][0]
    assert drops["text"][1] == "−≈75.0%"


def test_nothing_is_drawn_without_anyone_at_the_first_step() -> None:
    for count in (0, None):
        assert funnel_chart([FunnelStep(name="Visit", count=count, text=""), CART], "visitors", LIGHT).figure is None


@pytest.mark.parametrize(
    ("counts", "place"), [([10, 5, 4], 1), ([10, 9, 1], 2), ([10, 10], None), ([0, 0], None), ([10, None, 4], None)]
)
def test_the_biggest_drop_is_a_share_of_the_people_at_the_step(counts: list[int | None], place: int | None) -> None:
    assert biggest_drop(counts) == place


def test_groups_have_a_rate_with_its_interval() -> None:
    groups = [
        FunnelConversion(name="Phone", begun=10, converted=5, words="5 of 10"),
        FunnelConversion(name="Desktop", begun=200, converted=20, words="20 of 200"),
        FunnelConversion(name="Tablet", begun=None, converted=None),
    ]
    chart = groups_chart(groups, "device", DARK)
    bars = data(chart)[0]
    assert list(bars["x"]) == [0.5, 0.1]
    assert round(0.5 - bars["error_x"]["arrayminus"][0], 4) == 0.2366, "Wilson's interval of 5 in 10"
    assert list(bars["marker"]["opacity"]) == [0.35, 1], "few are pale"
    assert chart.note == "1 more group in the table."
    assert groups_chart(groups[:1], "device", DARK).figure is None


def test_the_rate_over_time_is_a_line_with_a_band() -> None:
    first = date(2026, 3, 2)
    weeks = [
        FunnelConversion(name="", first=first + timedelta(weeks=at), begun=begun, converted=5)
        for at, begun in enumerate((10, 20))
    ]
    band, line = data(rate_chart([weeks[1], weeks[0]], Granularity.WEEK, LIGHT))
    assert list(line["y"]) == [0.5, 0.25]
    assert min(value for value in band["y"] if value is not None) < 0.25


def test_times_are_shares_of_converted_people_until_nearly_all_are_included() -> None:
    chart = time_chart([("1 minute", 0), ("1 hour", 50), ("1 day", 99), ("7 days", 100)], 100, LIGHT)
    bars = data(chart)[0]
    assert list(bars["x"]) == [0.5, 0.99]
    assert chart.alt == "Time to convert: within 1 hour 50.0% and within 1 day 99.0%."
    assert time_chart([("1 hour", None)], 100, LIGHT).figure is None
