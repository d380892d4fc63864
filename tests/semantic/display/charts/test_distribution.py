"""Distributions: every member with a number is counted once, in the range that contains its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.display.charts.chart import Chart
from semantic.display.charts.charts import chart_for, choices
from semantic.display.charts.distribution import bins_of
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity
from semantic.query.query import MetricFilter, Query, Top
from semantic.results.result import Result
from tests.semantic import made_results
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, WEEKS, layout, notes, result, tooltips, traces, week

REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL)
TEN = [1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 4.0, 4.0, 5.0, 9.0]


def of(values: Sequence[float | None], **more: Any) -> Result:
    return result([CHANNEL, REVENUE], [(f"c{at}", value) for at, value in enumerate(values)], **more)


def drawn(shown: Result) -> Chart:
    chart = chart_for(shown, LIGHT, wanted="distribution")
    assert chart.kind == "distribution", chart.note
    return chart


def reason(shown: Result) -> str:
    return next(choice.reason for choice in choices(shown) if choice.kind == "distribution")


def test_each_column_counts_the_values_in_its_range_and_the_median_is_marked() -> None:
    chart = drawn(of([*TEN, None]))
    (bars,) = traces(chart, "bar")
    assert (bars["x"], bars["y"]) == ([1, 3, 5, 7, 9], [1, 5, 3, 0, 1])
    assert tooltips(bars)[1] == ["<b>5 of 10 values of Channel</b>", "€2.00 to under €4.00"]
    (line,) = layout(chart)["shapes"]
    assert (line["x0"], line["x1"]) == (3, 3)
    assert notes(chart) == ["<b>Values of Channel</b>", "<b>Revenue</b>", "Median €3.00"]
    assert chart.note == "1 group without data: table only."
    assert "over 10 values of Channel: from €1.00 to €9.00, median €3.00. €2.00 to under €4.00: 5 of 10" in chart.alt


def test_a_few_very_large_values_share_the_last_column_and_a_note_says_so() -> None:
    chart = drawn(of([float(at) for at in range(1, 40)] + [5000.0]))
    (bars,) = traces(chart, "bar")
    assert sum(bars["y"]) == 40
    assert bars["y"][-1] == 1
    assert bars["marker"]["color"][-1] == LIGHT.other
    assert tooltips(bars)[-1][1] == "€40 or more"
    assert chart.note == "The last column has 1 value of €40 or more, up to €5,000."
    assert layout(chart)["xaxis"]["ticktext"][-1] == "€40+"


def test_other_and_rows_without_a_value_are_not_members() -> None:
    rows = [(f"c{at}", value) for at, value in enumerate(TEN)] + [(None, 100.0)]
    chart = drawn(result([CHANNEL, REVENUE], rows))
    assert sum(traces(chart, "bar")[0]["y"]) == 10
    assert "Rows without a value aren't counted." in chart.note


WHOLE = of([*TEN], query=Query(metrics=("revenue",)))


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (of(list(TEN[:9])), "A distribution needs at least 10 values of Channel with data. This result has 9."),
        (of([3.0] * 12), "All 12 values are the same."),
        (result([REVENUE], [(1.0,)]), "one breakdown"),
        (result([CHANNEL, COUNTRY, REVENUE], [(f"c{at}", "DE", float(at)) for at in range(20)]), "one breakdown"),
        (result([WEEKS, REVENUE], [(week(at), float(at)) for at in range(20)]), "no date"),
        (replace(WHOLE, hidden={"revenue": (True, *[False] * 9)}), "hidden for privacy"),
        (replace(WHOLE, query=replace(WHOLE.query, top=Top(3, "channel", "revenue", other=True))), "Only the top"),
        (replace(WHOLE, groups=99, query=replace(WHOLE.query, limit=10)), "The limit hides groups"),
        (replace(WHOLE, query=replace(WHOLE.query, having=(MetricFilter("revenue", ">", (1,)),))), "A filter on a"),
    ],
)
def test_a_distribution_that_cannot_be_drawn_says_why(shown: Result, says: str) -> None:
    assert says in reason(shown)
    assert chart_for(shown, LIGHT, wanted="distribution").kind != "distribution"


def test_a_comparison_is_left_to_the_table() -> None:
    rows = [(f"c{at}", value, 1.0) for at, value in enumerate(TEN)]
    assert "The compared values aren't shown here." in drawn(result([CHANNEL, REVENUE, BEFORE], rows)).note


numbers = st.one_of(st.integers(-50, 10_000).map(float), st.floats(-1e6, 1e6).map(lambda value: round(value, 3)))


@given(st.lists(numbers, min_size=10, max_size=120))
def test_every_value_is_counted_once_in_the_column_whose_range_it_is_in(values: list[float]) -> None:
    values = sorted(values)
    if values[0] == values[-1]:
        assert reason(of(list(values)))
        return
    bins = bins_of(values)
    edges = bins.edges
    assert sum(bins.counts) == len(values)
    assert len(bins.counts) == len(edges) - 1 <= 20
    assert edges[0] <= values[0]
    for place, count in enumerate(bins.counts):
        is_tail = bins.has_tail and place == len(bins.counts) - 1
        assert count == sum(edges[place] <= value and (is_tail or value < edges[place + 1]) for value in values)
    assert edges[0] <= median(values) <= edges[-1]
