"""Missing numbers, and numbers hidden by a policy, are never drawn as 0, and never left out of a whole without
a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from semantic.display.charts.charts import chart_for, choices
from semantic.display.shares import shares
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity, DataType, DatePart, TypeKind
from semantic.query.query import MetricFilter, Query, Top
from semantic.results.result import Result, ResultColumn
from tests.semantic import made_results
from tests.semantic.made_results import CHANNEL, COUNTRY, WEEKS, result, sent, tooltips, traces, week

REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL)
SPEND = replace(made_results.SPEND, additivity=Additivity.FULL)
BALANCE = replace(REVENUE, label="Open deals", additivity=Additivity.SEMI)
WEEKDAY = replace(CHANNEL, name="date_dow", label="Weekday", type=DataType(TypeKind.INTEGER), part=DatePart.DOW)
WHOLES = ("stacked", "share", "area", "pie")


def weekly(numbers: Sequence[float | None], **changes: Any) -> Result:
    """Return an answer by week, in which weeks without a number have no row."""
    rows = [(week(place), number) for place, number in enumerate(numbers) if number is not None]
    return result([WEEKS, REVENUE], rows, **changes)


def by_channel(channels: Mapping[str, Sequence[float | None]], **changes: Any) -> Result:
    rows = [
        (week(place), name, number)
        for name, numbers in channels.items()
        for place, number in enumerate(numbers)
        if number is not None
    ]
    return result([WEEKS, CHANNEL, REVENUE], rows, **changes)


def reasons(shown: Result) -> dict[str, str]:
    return {choice.kind: choice.reason for choice in choices(shown)}


# Missing


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (
            weekly([1.0, 2.0, None, None, 3.0]),
            "An area would hide gaps: 2 of 5 periods have no number. Choose lines or bars.",
        ),
        (
            by_channel({"a": [1.0, None, 3.0], "b": [1.0, None, 3.0]}),
            "An area would hide gaps: 1 of 3 periods has no number. Choose lines or stacked bars.",
        ),
        (
            by_channel({"a": [1.0, 2.0, 3.0], "b": [1.0, None, 3.0]}),
            "An area would hide gaps: b has no number in some periods. Choose lines or stacked bars.",
        ),
        (
            by_channel({"a": [1.0, 2.0, 3.0], "b": [None, 2.0, 3.0], "c": [1.0, 2.0, None]}),
            "An area would hide gaps: 2 values of Channel have no number in some periods. Choose lines or stacked "
            "bars.",
        ),
    ],
)
def test_an_area_with_a_gap_is_not_offered_and_an_old_link_to_one_shows_lines(shown: Result, says: str) -> None:
    assert reasons(shown)["area"] == says
    chart = chart_for(shown, LIGHT, wanted="area")
    assert chart.kind == "line"
    assert says in chart.note
    assert not any("stackgroup" in trace or "fill" in trace for trace in sent(chart)["data"])


def test_a_real_zero_is_a_layer_of_0_and_says_so() -> None:
    chart = chart_for(by_channel({"a": [1.0, 2.0], "b": [3.0, 0.0]}), LIGHT, wanted="area")
    assert chart.kind == "area"
    (zero,) = [trace for trace in sent(chart)["data"] if trace.get("name") == "b"]
    assert zero["y"] == [3, 0]
    assert tooltips(zero)[1][0] == "<b>€0.00</b> · b"


def test_an_area_begins_with_its_first_number() -> None:
    """Plotly treats a layer's missing number as 0, which would draw a slope from 0 to the first number."""
    from_third = {"a": [None, None, 1.0, 2.0], "b": [None, None, 3.0, 4.0]}
    weeks = by_channel(from_third)
    days = replace(weeks.period, start=week(0), end=week(4))
    layers = [
        trace
        for trace in sent(chart_for(replace(weeks, period=days), LIGHT, wanted="area"))["data"]
        if "stackgroup" in trace
    ]
    assert [(layer["x"], layer["y"]) for layer in layers] == [
        (["2026-03-16", "2026-03-23"], [3, 4]),
        (["2026-03-16", "2026-03-23"], [1, 2]),
    ]
    assert [len(layer["customdata"]) for layer in layers] == [2, 2]


def test_a_group_without_any_number_is_named_and_not_stacked() -> None:
    rows = [(week(0), "a", 1.0), (week(1), "a", 2.0), (week(0), "b", None), (week(1), "b", None)]
    for kind in ("area", "stacked", "share"):
        chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, wanted=kind)
        assert chart.kind == kind
        assert {trace["name"] for trace in sent(chart)["data"] if "hovertemplate" in trace} == {"a"}
        assert "Revenue has no value for b." in chart.note


@pytest.mark.parametrize("kind", ["stacked", "share"])
def test_stacked_columns_leave_missing_parts_out_and_count_blank_periods(kind: str) -> None:
    shown = by_channel({"a": [1.0, None, 2.0, 3.0], "b": [3.0, None, None, 0.0]})
    chart = chart_for(shown, LIGHT, wanted=kind)
    assert chart.kind == kind
    (part,) = [trace for trace in traces(chart, "bar") if trace["name"] == "b"]
    assert part["y"] == [0.75 if kind == "share" else 3, None, None, 0]
    assert [bool(lines) and "€0" in lines[0] for lines in tooltips(part)] == [False, False, False, True]
    assert "Blank: no number in 1 of 4 periods." in chart.note


def test_columns_count_blank_periods_but_no_real_zeros() -> None:
    chart = chart_for(weekly([1.0, None, 0.0, 3.0]), LIGHT, wanted="bar")
    assert "Blank: no number in 1 of 4 periods." in chart.note
    assert "Blank" not in chart_for(weekly([1.0, 0.0, 0.0, 3.0]), LIGHT, wanted="bar").note


def test_a_pie_distinguishes_zero_from_missing_values() -> None:
    shown = result([CHANNEL, REVENUE], [("a", 3.0), ("b", 1.0), ("c", 0.0), ("d", None)])
    note = chart_for(shown, LIGHT, wanted="pie").note
    assert note == "No slice for €0.00: c. Revenue has no value for d."


def test_bars_and_grids_say_no_data_and_never_0() -> None:
    rows = [("a", 3.0, 1.0), ("b", None, 2.0), ("c", 0.0, 0.0)]
    chart = chart_for(result([CHANNEL, REVENUE, SPEND], rows), LIGHT)
    (first, _) = [trace["text"] for trace in sent(chart)["data"] if trace.get("mode") == "text"]
    assert [text.replace("&nbsp;", "") for text in first] == ["€3.00", "€0.00", "no data"]
    assert chart.alt.endswith("a €3.00, c €0.00, b no data.")
    grid = [("a", "x", 3.0), ("a", "y", 0.0), ("b", "x", 2.0)]
    chart = chart_for(result([CHANNEL, COUNTRY, REVENUE], grid), LIGHT)
    said = {lines[1]: lines[0] for trace in traces(chart, "scatter", "markers+text") for lines in tooltips(trace)}
    assert said["a · y"] == "<b>€0.00</b>"
    assert said["b · y"] == "<b>No data</b>"


# Hidden


@pytest.mark.parametrize("changes", [{"hidden": {"revenue": (False,) * 6}, "leaves_out": True}])
def test_if_small_groups_are_left_out_no_chart_claims_to_be_a_whole(changes: dict[str, Any]) -> None:
    shown = by_channel({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}, **changes)
    for kind in ("stacked", "share", "area"):
        assert reasons(shown)[kind] == "Small groups are hidden for privacy, so the parts don't add up to the total."
        assert chart_for(shown, LIGHT, wanted=kind).kind == "line"
    assert shares(REVENUE, shown) is None


def test_a_hidden_number_ends_pies_and_shares_of_one_breakdown() -> None:
    rows = [("a", 3.0), ("b", None), ("c", 1.0)]
    shown = result([CHANNEL, REVENUE], rows, hidden={"revenue": (False, True, False)})
    for kind in ("pie", "share"):
        assert reasons(shown)[kind] == "Small groups are hidden for privacy, so the parts don't add up to the total."
    assert shares(REVENUE, shown) is None
    whole = replace(shown, hidden={"revenue": (False, False, False)})
    assert reasons(whole)["pie"] == ""
    assert shares(REVENUE, whole) == [0.75, None, 0.25]


def test_shares_of_a_total_that_is_shown_stay() -> None:
    """The total of all rows is known, even if a part of it is hidden."""
    rows = [("a", 3.0), ("b", None), (None, 8.0)]
    shown = result([CHANNEL, REVENUE], rows, ["member", "member", "total"], hidden={"revenue": (False, True, False)})
    assert shares(REVENUE, shown) == [0.375, None, 1.0]


def test_hidden_numbers_are_called_hidden() -> None:
    rows = [("a", 3.0, 1.0), ("b", None, 2.0), ("c", None, None)]
    hidden = {"revenue": (False, True, True), "spend": (False, False, True)}
    chart = chart_for(result([CHANNEL, REVENUE, SPEND], rows, hidden=hidden), LIGHT)
    (first, _) = [trace["text"] for trace in sent(chart)["data"] if trace.get("mode") == "text"]
    assert [text.replace("&nbsp;", "") for text in first] == ["€3.00", "hidden"]
    assert chart.note == "1 group hidden for privacy."
    assert "b hidden" in chart.alt


def test_a_grid_distinguishes_hidden_from_missing_values() -> None:
    rows = [("a", "x", 3.0), ("a", "y", None), ("b", "x", 2.0)]
    shown = result([CHANNEL, COUNTRY, REVENUE], rows, hidden={"revenue": (False, True, False)})
    chart = chart_for(shown, LIGHT)
    said = {lines[1]: lines[0] for trace in traces(chart, "scatter", "markers+text") for lines in tooltips(trace)}
    assert said["a · y"] == "<b>Hidden</b>"
    assert said["b · y"] == "<b>No data</b>"
    assert "1 row has numbers hidden for privacy." in chart.note


def test_if_small_groups_are_left_out_a_missing_cell_can_be_a_hidden_one() -> None:
    rows = [("a", "x", 3.0), ("a", "y", 4.0), ("b", "x", 2.0)]
    shown = result([CHANNEL, COUNTRY, REVENUE], rows, hidden={"revenue": (False,) * 3}, leaves_out=True)
    chart = chart_for(shown, LIGHT)
    said = {lines[1]: lines[0] for trace in traces(chart, "scatter", "markers+text") for lines in tooltips(trace)}
    assert said["b · y"] == "<b>No data, or hidden</b>"
    assert said["b · x"] == "<b>€2.00</b>"


def test_a_line_with_a_hidden_number_has_a_gap_and_says_why() -> None:
    rows = [(week(0), 1.0), (week(1), None), (week(2), 3.0)]
    shown = result([WEEKS, REVENUE], rows, hidden={"revenue": (False, True, False)})
    chart = chart_for(shown, LIGHT)
    (line,) = traces(chart, "scatter")
    assert line["y"] == [1, None, 3]
    assert "1 row has numbers hidden for privacy." in chart.note


# Not all


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"query": Query(metrics=("revenue",), limit=4), "groups": 6}, "The limit hides groups"),
        ({"query": Query(metrics=("revenue",), having=(MetricFilter("revenue", ">", (1,)),))}, "A filter on a metric"),
    ],
)
def test_groups_left_by_a_limit_or_a_filter_on_values_are_not_stacked(changes: dict[str, Any], says: str) -> None:
    shown = by_channel({"a": [1.0, 2.0], "b": [1.0, 2.0]}, **changes)
    for kind in ("stacked", "area", "share"):
        assert reasons(shown)[kind].startswith(says)


def test_a_stack_of_only_the_top_says_that_it_is_incomplete() -> None:
    top = Query(metrics=("revenue",), top=Top(2, "channel", "revenue", other=False))
    shown = by_channel({"a": [1.0, 2.0], "b": [1.0, 2.0]}, query=top)
    for kind in ("stacked", "area"):
        assert "Groups beyond the top aren't included." in chart_for(shown, LIGHT, wanted=kind).note


# Balances


@pytest.mark.parametrize("key", [WEEKDAY, replace(CHANNEL, name="season", label="Season", is_period=True)])
def test_a_balance_by_parts_of_the_calendar_is_not_a_whole(key: ResultColumn) -> None:
    """Deals that are open on Monday are also open on Tuesday."""
    values = (1, 2) if key is WEEKDAY else ("spring", "summer")
    for columns, rows in (
        ([key, BALANCE], [(value, 5.0) for value in values]),
        ([CHANNEL, key, BALANCE], [(name, value, 5.0) for name in "ab" for value in values]),
    ):
        shown = result(columns, rows)
        for kind in WHOLES:
            assert reasons(shown)[kind] != ""
    assert reasons(shown)["stacked"] == "Open deals is an end-of-period value, which doesn't add up over dates."


def test_a_balance_by_groups_of_one_day_is_a_whole() -> None:
    shown = result([CHANNEL, BALANCE], [("a", 3.0), ("b", 1.0)])
    assert reasons(shown)["pie"] == reasons(shown)["share"] == ""
