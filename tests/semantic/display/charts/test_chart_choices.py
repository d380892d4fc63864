"""The chart types that can be chosen, why others can't, and what each draws."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from semantic.display.charts.chart import rows_behind
from semantic.display.charts.charts import Chart, chart_for, choices
from semantic.display.charts.kinds import LABELS
from semantic.display.evidence import Evidence
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity, DataType, DatePart, NumberFormat, TypeKind
from semantic.query.query import MetricFilter, Query, Top
from semantic.results.result import Result
from tests.semantic import made_results
from tests.semantic.made_results import (
    BEFORE,
    CHANNEL,
    COUNTRY,
    ROAS,
    WEEKS,
    layout,
    numbers,
    result,
    sent,
    tooltips,
    traces,
    week,
)

REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL)
SPEND = replace(made_results.SPEND, additivity=Additivity.FULL)
NAMES = ("Search", "Social", "Mail")

RESULTS: dict[str, Result] = {
    "one number": result([REVENUE], [(1.0,)]),
    "numbers": result([REVENUE, ROAS], [(1.0, 2.0)]),
    "weeks": result([WEEKS, REVENUE], [(week(at), 1.0 + at) for at in range(4)]),
    "weeks of a ratio": result([WEEKS, ROAS], [(week(at), 1.0 + at) for at in range(4)]),
    "weeks, two metrics": result([WEEKS, REVENUE, ROAS], [(week(at), 1.0 + at, 2.0) for at in range(4)]),
    "weeks below zero": result([WEEKS, REVENUE], [(week(at), 1.0 - at) for at in range(4)]),
    "weeks compared": result([WEEKS, REVENUE, BEFORE], [(week(at), 1.0 + at, 2.0) for at in range(4)]),
    "weeks by channel": result(
        [WEEKS, CHANNEL, REVENUE], [(week(at), name, 1.0 + at) for at in range(4) for name in NAMES]
    ),
    "weeks by channel, a ratio": result(
        [WEEKS, CHANNEL, ROAS], [(week(at), name, 1.0 + at) for at in range(4) for name in NAMES]
    ),
    "weeks by channel and country": result(
        [WEEKS, CHANNEL, COUNTRY, REVENUE],
        [(week(at), name, place, 1.0 + at) for at in range(4) for name in NAMES for place in ("DE", "FR")],
    ),
    "channels": result([CHANNEL, REVENUE], [("a", 10.0), ("b", 30.0), (None, 20.0)]),
    "channels, two metrics": result([CHANNEL, REVENUE, SPEND, ROAS], [("a", 10.0, 2.0, 5.0), ("b", 30.0, 3.0, 10.0)]),
    "channels, a ratio": result([CHANNEL, ROAS], [("a", 10.0), ("b", 30.0)]),
    "channels compared": result([CHANNEL, REVENUE, BEFORE], [("a", 10.0, 4.0), ("b", 30.0, None)]),
    "channels below zero": result([CHANNEL, REVENUE], [("a", 10.0), ("b", -30.0)]),
    "many channels": result([CHANNEL, REVENUE], [(f"c{at}", float(at)) for at in range(40)]),
    "channels by country": result(
        [CHANNEL, COUNTRY, REVENUE], [(name, place, 2.0) for name in NAMES for place in ("DE", "FR", None)]
    ),
    "channels by many countries": result(
        [CHANNEL, COUNTRY, REVENUE], [(name, f"p{at}", 2.0) for name in NAMES for at in range(20)]
    ),
    "nothing": result([CHANNEL, REVENUE], []),
}  # fmt: skip


def reasons(shown: Result) -> dict[str, str]:
    return {choice.kind: choice.reason for choice in choices(shown)}


@pytest.mark.parametrize("name", RESULTS)
def test_an_available_chart_type_is_drawn_and_an_unavailable_one_falls_back_to_the_default(name: str) -> None:
    shown = RESULTS[name]
    rule = chart_for(shown, LIGHT)
    for choice in choices(shown):
        chart = chart_for(shown, LIGHT, wanted=choice.kind)
        assert chart.kind == (rule.kind if choice.reason else choice.kind)
        assert (choice.reason in chart.note) if choice.reason else ("Not shown as" not in chart.note)
        assert choice.is_rule == (choice.kind == rule.kind)
        if chart.figure is not None:
            go.Figure(chart.figure.to_dict())  # Plotly refuses unknown properties here


@pytest.mark.parametrize("name", RESULTS)
def test_every_selectable_point_refers_to_its_own_row(name: str) -> None:
    """A point's number is a number in one of the columns of the row that the point names."""
    shown = RESULTS[name]
    rows = shown.rows()
    for kind in [None, *(choice.kind for choice in choices(shown) if not choice.reason)]:
        chart = chart_for(shown, LIGHT, wanted=kind)
        if chart.figure is None or kind in ("share", "pie", "waterfall", "distribution"):  # shares, changes, counts
            continue
        named = 0
        for trace in sent(chart)["data"]:
            along = "x" if trace.get("orientation") == "h" else "y"
            numbers = trace.get("text") if chart.kind == "heat" else trace.get(along)
            for value, row in zip(numbers or [], rows_behind(trace), strict=False):
                if row == -1:
                    assert value in (None, 0, "\N{EM DASH}")
                    continue
                named += 1
                numbers = [one for one in rows[row].values() if isinstance(one, float)]
                is_own = value in numbers or value in (f"€{numbers[0]:.2f}", f"{numbers[0]:.2f}", None)
                assert is_own, (
                    f"{chart.kind}: a point of {value} has row {row} in its `customdata`, whose numbers are {numbers}. "
                    "Bars across also need `orientation: h`: their numbers are in `x`."
                )
        assert named == 0 or chart.selectable
        assert named > 0


def test_a_missing_point_refers_to_no_row() -> None:
    rows = [(week(0), "a", 1.0), (week(2), "a", 3.0), (week(1), "b", 2.0)]
    lines = traces(chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT), "scatter")
    assert {line["name"]: rows_behind(line) for line in lines} == {"a": [0, -1, 1], "b": [-1, 2, -1]}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("channels, two metrics", "bar"), ("channels, two metrics", "scatter"), ("channels by country", "heat")],
)
def test_text_keeps_its_colour_while_something_is_selected(name: str, kind: str) -> None:
    """Plotly fades text unless a colour for selected text is set. With one, unselected text stays the same, too."""
    written = [
        one
        for one in sent(chart_for(RESULTS[name], LIGHT, wanted=kind))["data"]
        if one["type"] == "scatter" and "text" in one["mode"]
    ]
    assert written
    for one in written:
        ink = one["textfont"]["color"]
        assert one["selected"]["textfont"]["color"] == (ink if isinstance(ink, str) else LIGHT.ink)


def test_numbers_inside_bars_keep_the_text_colour_while_another_bar_is_selected() -> None:
    chart = chart_for(RESULTS["channels by country"], LIGHT, wanted="stacked")
    assert {trace["unselected"]["textfont"]["color"] for trace in traces(chart, "bar")} == {LIGHT.ink}


def test_a_ratio_is_never_stacked_and_the_reason_names_it() -> None:
    for name in ("weeks by channel, a ratio", "channels, a ratio"):
        for kind in ("stacked", "share", "area", "pie"):
            assert reasons(RESULTS[name])[kind] != ""
    said = reasons(RESULTS["weeks by channel, a ratio"])
    assert said["stacked"] == "ROAS is a ratio, and ratios can't be stacked."
    distinct = replace(REVENUE, label="Customers", additivity=Additivity.NONE)
    counted = result([WEEKS, CHANNEL, distinct], [(week(at), name, 1.0) for at in range(2) for name in NAMES])
    assert reasons(counted)["stacked"] == (
        "Customers is not summed over breakdowns, and such metrics can't be stacked."
    )


def test_next_to_a_ratio_the_additive_metric_is_stacked_and_a_note_says_so() -> None:
    rows = [(week(at), name, 2.0, 10.0) for at in range(3) for name in NAMES]
    chart = chart_for(result([WEEKS, CHANNEL, ROAS, SPEND], rows), LIGHT, wanted="stacked")
    assert chart.kind == "stacked"
    assert {bar["y"][0] for bar in traces(chart, "bar")} == {10}
    assert "Shows Spend. ROAS: table only." in chart.note


def test_a_stack_has_large_parts_below_and_the_rest_above_in_grey() -> None:
    rows = [("member,member", "a", 1.0), ("member,member", "b", 5.0), ("member,other", None, 9.0)]
    shown = result(
        [WEEKS, CHANNEL, REVENUE],
        [(week(at), name, value) for at in range(2) for _, name, value in rows],
        [kind for _ in range(2) for kind, _, _ in rows],
    )
    chart = chart_for(shown, LIGHT, wanted="stacked")
    assert [bar["name"] for bar in traces(chart, "bar")] == ["b", "a", "Other (the rest)"]
    assert traces(chart, "bar")[-1]["marker"]["color"] == LIGHT.other
    assert layout(chart)["barmode"] == "stack"


def test_shares_over_time_are_parts_of_each_period() -> None:
    shown = result([WEEKS, CHANNEL, REVENUE], [(week(0), "a", 1.0), (week(0), "b", 3.0), (week(1), "a", 2.0)])
    chart = chart_for(shown, LIGHT, wanted="share")
    assert {bar["name"]: bar["y"] for bar in traces(chart, "bar")} == {"a": [0.25, 1.0], "b": [0.75, None]}
    assert "25.0% (€1.00)" in numbers(next(bar for bar in traces(chart, "bar") if bar["name"] == "a"))
    assert layout(chart)["yaxis"]["range"] == [0, 1]


def test_shares_of_one_breakdown_are_ranked_and_say_the_value_too() -> None:
    chart = chart_for(RESULTS["channels"], LIGHT, wanted="share")
    (bars,) = traces(chart, "bar")
    assert bars["x"] == pytest.approx([0.5, 1 / 3, 1 / 6])
    assert tooltips(bars) == [
        ["<b>50.0%</b> · b", "€30.00", "1st of 2"],
        ["<b>33.3%</b> · (none)", "€20.00"],
        ["<b>16.7%</b> · a", "€10.00", "2nd of 2"],
    ]
    assert chart.title == "Share of Revenue"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"limit": 2}, "The limit"),
        ({"having": (MetricFilter("revenue", ">", (1,)),)}, "A filter on a metric"),
        ({"top": Top(2, "channel", "revenue", other=False)}, "beyond the top"),
    ],
)
def test_an_incomplete_answer_has_no_shares(change: dict[str, Any], says: str) -> None:
    rows = [("a", 1.0), ("b", 2.0)]
    whole = result([CHANNEL, REVENUE], rows, query=Query(metrics=("revenue",)), groups=3)
    cut = replace(whole, query=replace(whole.query, **change))
    assert reasons(whole)["pie"] == reasons(whole)["share"] == ""
    assert says in reasons(cut)["pie"]
    assert says in reasons(cut)["share"]


def test_a_pie_has_at_most_six_parts_of_a_whole() -> None:
    def pie(count: int) -> Chart:
        rows = [(f"c{at}", 1.0 + at) for at in range(count)]
        return chart_for(result([CHANNEL, REVENUE], rows), LIGHT, wanted="pie")

    (ring,) = traces(pie(6), "pie")
    assert ring["values"] == [6, 5, 4, 3, 2, 1]
    assert ring["text"][0] == "c5<br><b>28.6%</b>"
    assert pie(7).kind == "bar"
    assert "7 slices are too many to tell apart" in pie(7).note


def test_a_points_label_is_complete_and_does_not_overlap_the_axis_numbers() -> None:
    """The second point takes the space to the right of the first one, which has the axis to its left."""
    rows = [("abc", 2.5, 50.0), ("Newsletter every week", 13.0, 50.0), ("far", 100.0, 100.0)]
    chart = chart_for(result([CHANNEL, REVENUE, SPEND], rows), LIGHT, wanted="scatter")
    (points,) = traces(chart, "scatter", "markers+text")
    assert points["text"] == ["abc", "Newsletter every week", "far"]
    assert points["textposition"][:2] == ["top center", "middle right"]


def test_a_scatter_of_two_metrics_has_a_point_for_each_group() -> None:
    rows = [("a", 1.0, 10.0), ("b", 2.0, 40.0), ("c", None, 3.0), (None, 1.5, 4.0)]
    chart = chart_for(result([CHANNEL, SPEND, REVENUE], rows), LIGHT, wanted="scatter")
    (points,) = traces(chart, "scatter", "markers+text")
    assert (points["x"], points["y"], rows_behind(points)) == ([1, 2, 1.5], [10, 40, 4], [0, 1, 3])
    assert points["marker"]["color"][2] == LIGHT.other
    assert chart.note == "1 group without one of the two: table only."
    assert "Highest Spend: b at €2.00, with Revenue at €40.00." in chart.alt


def test_a_third_amount_is_the_area_of_a_point_and_large_points_are_below_small_ones() -> None:
    items = replace(REVENUE, name="items", label="Items", format=NumberFormat.COUNT, unit="")
    rows = [("a", 1.0, 10.0, 25.0), ("b", 2.0, 40.0, 100.0), ("c", 3.0, 20.0, None), ("not drawn", 4.0, None, 900.0)]
    chart = chart_for(result([CHANNEL, SPEND, REVENUE, items], rows), LIGHT, wanted="scatter")
    (points,) = traces(chart, "scatter", "markers+text")
    assert rows_behind(points) == [1, 0, 2]
    assert points["marker"]["size"][:2] == [34, 17]  # a quarter of the area
    assert tooltips(points)[0] == ["<b>b</b>", "€2.00 Spend", "€40.00 Revenue", "100 Items"]
    assert tooltips(points)[2][-1] == "no data Items"
    assert chart.note == "1 group without one of the two: table only. Point size: Items."


@pytest.mark.parametrize("numbers", [(-1.0, 4.0), (0.0, 0.0), (None, None)])
def test_a_metric_that_cannot_be_an_area_is_in_the_table(numbers: tuple[float | None, float | None]) -> None:
    items = replace(REVENUE, name="items", label="Items")
    rows = [(name, 1.0, 10.0, number) for name, number in zip("ab", numbers, strict=True)]
    chart = chart_for(result([CHANNEL, SPEND, REVENUE, items], rows), LIGHT, wanted="scatter")
    assert chart.note == "Items: table only."
    assert traces(chart, "scatter", "markers+text")[0]["marker"]["size"] == 10


def test_a_dotted_line_is_the_total_of_a_ratio_and_never_of_a_sum() -> None:
    rows = [("a", 1.0, 2.0), ("b", 4.0, 4.0), (None, 5.0, 3.6)]
    chart = chart_for(result([CHANNEL, SPEND, ROAS], rows, ["member", "member", "total"]), LIGHT, wanted="scatter")
    (line,) = layout(chart)["shapes"]
    assert (line["yref"], line["y0"], line["y1"]) == ("y", 3.6, 3.6)
    assert layout(chart)["annotations"][-1]["text"] == "Total 3.60"


def test_of_many_points_the_most_distant_are_named() -> None:
    rows = [(f"c{at}", 50.0 + at % 5, 50.0 + at // 5) for at in range(40)] + [("far", 100.0, 100.0), ("low", 0.0, 0.0)]
    chart = chart_for(result([CHANNEL, SPEND, REVENUE], rows), LIGHT, wanted="scatter")
    (points,) = traces(chart, "scatter", "markers+text")
    named = [text for text in points["text"] if text]
    assert {"far", "low"} <= set(named)
    assert len(named) <= 8


@pytest.mark.parametrize("name", ["funnel", "retention", "", "<b>", "Waterfall"])
def test_an_unknown_chart_type_gives_the_automatic_chart(name: str) -> None:
    chart = chart_for(RESULTS["channels"], LIGHT, wanted=name)
    assert (chart.kind, chart.note) == ("bar", "")


def test_the_reference_lists_exactly_the_existing_chart_types() -> None:
    reference = Path("docs/reference/boards.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"- `chart` is one of [^:]*: ([^.]*)\.", reference)
    assert set(re.findall(r"`(\w+)`", said)) == set(LABELS)


def test_a_heat_map_of_weekdays_and_hours_has_all_of_them_in_their_order_and_names_some() -> None:
    whole = DataType(TypeKind.INTEGER)
    weekday = replace(CHANNEL, name="date_dow", label="Weekday", type=whole, part=DatePart.DOW)
    hour = replace(CHANNEL, name="date_hour", label="Hour", type=whole, part=DatePart.HOUR)
    rows = [(day, time, float(100 * day + time)) for day in (7, 1, 3) for time in reversed(range(24))]
    chart = chart_for(result([weekday, hour, REVENUE], rows), LIGHT, wanted="heat")
    (tint,) = [trace for trace in sent(chart)["data"] if trace["type"] == "heatmap"]
    assert [len(line) for line in tint["z"]] == [24, 24, 24]
    assert tint["z"][0][0] == 0  # Monday's first hour is the least
    assert tint["z"][2][23] == 9  # Sunday's last is the most
    assert layout(chart)["xaxis"]["tickvals"] == [0, 4, 8, 12, 16, 20]
    assert chart.note == ""


def test_columns_follow_the_periods_with_pale_ones_for_the_earlier_period() -> None:
    chart = chart_for(RESULTS["weeks compared"], LIGHT, wanted="bar")
    pale, main = traces(chart, "bar")
    assert (main["y"], pale["y"]) == ([1, 2, 3, 4], [2, 2, 2, 2])
    assert pale["opacity"] < 1
    assert main["x"][0] == "week of 2 Mar 2026"
    assert "Pale: previous period." in chart.note


def test_two_breakdowns_and_a_date_are_drawn_as_small_charts_with_lines() -> None:
    chart = chart_for(RESULTS["weeks by channel and country"], LIGHT)
    assert chart.kind == "multiples"
    lines = traces(chart, "scatter")
    assert len(lines) == 6
    assert len({line["line"]["color"] for line in lines}) == 2
    assert [line["name"] for line in lines if line["showlegend"]] == ["DE", "FR"]


def test_adjacent_bars_share_one_scale() -> None:
    rows = [("a", "DE", 10.0), ("a", "FR", 1.0), ("b", "DE", 2.0)]
    chart = chart_for(result([CHANNEL, COUNTRY, REVENUE], rows), LIGHT, wanted="multiples")
    assert [bars["x"] for bars in traces(chart, "bar")] == [[10, 2], [1, None]]
    assert layout(chart)["xaxis"]["range"] == layout(chart)["xaxis2"]["range"]


def test_the_default_is_named_next_to_a_chosen_type() -> None:
    chart = chart_for(RESULTS["weeks"], LIGHT, wanted="bar")
    assert chart.reason == "Bars (your choice). Suggested: a line, because values are shown over time."
    assert chart_for(RESULTS["weeks"], LIGHT, wanted="no such kind") == chart_for(RESULTS["weeks"], LIGHT)


def test_a_table_alone_has_no_figure() -> None:
    chart = chart_for(RESULTS["weeks"], LIGHT, wanted="table")
    assert (chart.kind, chart.figure) == ("table", None)


# Evidence for numbers


def rests(count: int, low: float | None = None, high: float | None = None) -> Evidence:
    return Evidence(count >= 30, count, low, high, "" if count >= 30 else f"{count} of at least 30 sessions")


def test_bars_based_on_too_little_data_are_pale_and_say_so() -> None:
    shown = result([CHANNEL, ROAS], [("a", 10.0), ("b", 3.0)])
    chart = chart_for(shown, LIGHT, behind={"roas": (rests(12, 8.0, 12.0), rests(500, 2.0, 4.0))})
    (bars,) = traces(chart, "bar")
    assert bars["marker"]["opacity"][0] < bars["marker"]["opacity"][1] == 1
    assert [lines[1] for lines in tooltips(bars)] == [
        "12 of at least 30 sessions, between 8.00 and 12.00", "between 2.00 and 4.00",
    ]  # fmt: skip
    assert bars["error_x"]["array"] == [2, 1]
    assert "1 number has too little data: pale." in chart.note
    assert "are too close to call" not in chart.note


def test_the_numbers_of_every_panel_are_counted_and_its_whiskers_explained() -> None:
    rate = replace(ROAS, name="rate", label="Rate")
    shown = result([CHANNEL, ROAS, rate], [("a", 10.0, 0.5), ("b", 3.0, 0.4)])
    cells = {"roas": (rests(12), rests(500)), "rate": (rests(12, 0.2, 0.8), rests(13, 0.3, 0.9))}
    chart = chart_for(shown, LIGHT, behind=cells)
    assert "3 numbers have too little data: pale." in chart.note
    assert "Error bars" in chart.note
    assert "are too close to call" not in chart.note, "the second metric ranks nothing"


def test_neighbours_whose_intervals_overlap_cannot_be_ranked() -> None:
    shown = result([CHANNEL, ROAS], [("a", 5.0), ("b", 4.0), ("c", 1.0)])
    behind = {"roas": (rests(90, 3.0, 7.0), rests(90, 3.5, 4.5), rests(90, 0.5, 1.5))}
    assert (
        "a and b are too close to call: their 95% intervals overlap, so the order may be due to chance."
        in chart_for(shown, LIGHT, behind=behind).note
    )


def test_line_points_based_on_too_little_data_are_hollow_in_a_band() -> None:
    shown = result([WEEKS, ROAS], [(week(at), 5.0) for at in range(3)])
    behind = {"roas": (rests(90, 4.0, 6.0), rests(9, 1.0, 9.0), rests(90, 4.0, 6.0))}
    chart = chart_for(shown, LIGHT, behind=behind)
    line, band = sent(chart)["data"]
    assert line["marker"]["color"] == [LIGHT.series[0], LIGHT.page, LIGHT.series[0]]
    assert line["marker"]["opacity"] == [0, 1, 1]
    assert tooltips(line)[1] == [
        "<b>5.00</b> · ROAS", "week of 9 Mar 2026", "9 of at least 30 sessions, between 1.00 and 9.00",
    ]  # fmt: skip
    assert band["fill"] == "toself"
    assert band["y"] == [4, 1, 4, 6, 9, 6, None]
    assert layout(chart)["yaxis"]["range"][1] >= 9


# On hover


@pytest.mark.parametrize("kind", ["line", "stacked", "area"])
def test_a_point_states_its_share_and_rank_in_its_period(kind: str) -> None:
    rows = [(week(0), "a", 1.0), (week(0), "<b", 3.0), (week(1), "a", 2.0), (week(1), "<b", 1.0)]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, wanted=kind)
    assert chart.kind == kind
    assert layout(chart)["hovermode"] == "closest"
    said = {one["name"]: tooltips(one)[0] for one in sent(chart)["data"] if "hovertemplate" in one}
    assert said == {
        "a": ["<b>€1.00</b> · a", "week of 2 Mar 2026", "25.0% of total · 2nd of 2"],
        "&lt;b": ["<b>€3.00</b> · &lt;b", "week of 2 Mar 2026", "75.0% of total · 1st of 2"],
    }


def test_a_tooltip_has_the_compared_value_and_the_change() -> None:
    rows = [("a", 144_577.0, 82_831.0), ("b", 55_423.0, 0.0), ("c", 100_000.0, None)]
    (_, bars) = traces(chart_for(result([CHANNEL, REVENUE, BEFORE], rows), LIGHT), "bar")
    assert tooltips(bars) == [  # of 300,000: 48.2, 33.3 and 18.5%; 144,577 is 74.5% more than 82,831
        ["<b>€144,577</b> · a", "48.2% of total · 1st of 3", "Previous period €82,831 · +74.5%"],
        ["<b>€100,000</b> · c", "33.3% of total · 2nd of 3"],
        ["<b>€55,423</b> · b", "18.5% of total · 3rd of 3", "Previous period €0"],
    ]


def test_a_ratio_has_a_rank_and_no_share() -> None:
    (bars,) = traces(chart_for(RESULTS["channels, a ratio"], LIGHT), "bar")
    assert tooltips(bars) == [["<b>30.00</b> · b", "highest of 2"], ["<b>10.00</b> · a", "2nd highest of 2"]]


@pytest.mark.parametrize(
    "change",
    [
        {"query": Query(metrics=("revenue",), limit=2), "groups": 3},
        {"query": Query(metrics=("revenue",), having=(MetricFilter("revenue", ">", (1,)),))},
        {"query": Query(metrics=("revenue",), top=Top(2, "channel", "revenue", other=False))},
        {"hidden": {"revenue": (False, True)}},
    ],
)
def test_a_tooltip_of_an_incomplete_answer_states_neither_share_nor_rank(change: dict[str, Any]) -> None:
    (bars,) = traces(chart_for(result([CHANNEL, REVENUE], [("a", 3.0), ("b", 1.0)], **change), LIGHT), "bar")
    assert tooltips(bars) == [["<b>€3.00</b> · a"], ["<b>€1.00</b> · b"]]


def test_a_balance_has_no_share_of_the_sum_of_its_weekdays() -> None:
    """The same open deals exist on Monday and on Tuesday."""
    weekday = replace(CHANNEL, name="date_dow", label="Weekday", type=DataType(TypeKind.INTEGER), part=DatePart.DOW)
    balance = replace(REVENUE, additivity=Additivity.SEMI)
    (bars,) = traces(chart_for(result([weekday, balance], [(1, 100.0), (2, 110.0)]), LIGHT, wanted="bar"), "bar")
    assert not any("of total" in line for lines in tooltips(bars) for line in lines)
    shown = result([CHANNEL, balance], [("a", 1.0), ("b", 3.0)])
    (bars,) = traces(chart_for(shown, LIGHT), "bar")
    assert [lines[1] for lines in tooltips(bars)] == ["75.0% of total · 1st of 2", "25.0% of total · 2nd of 2"]


def test_other_counts_in_the_total_and_has_no_rank() -> None:
    top = Query(metrics=("revenue",), top=Top(1, "channel", "revenue"))
    shown = result([CHANNEL, REVENUE], [("a", 3.0), (None, 1.0)], ["member", "other"], query=top)
    (bars,) = traces(chart_for(shown, LIGHT), "bar")
    assert [lines[1:] for lines in tooltips(bars)] == [["75.0% of total"], ["25.0% of total"]]


def test_metrics_with_values_below_zero_have_no_shares() -> None:
    (bars,) = traces(chart_for(RESULTS["channels below zero"], LIGHT), "bar")
    assert [lines[1:] for lines in tooltips(bars)] == [["1st of 2"], ["2nd of 2"]]


def test_text_for_tooltips_grows_only_with_the_points() -> None:
    """Twice as many lines need twice the text, not four times as much."""

    def size(count: int) -> int:
        rows = [(week(at), f"g{number}", 1.0) for at in range(50) for number in range(count)]
        drawn = traces(chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT), "scatter")
        return sum(len(str(trace["customdata"])) + len(trace["hovertemplate"]) for trace in drawn)

    assert size(4) < 2.1 * size(2)


@pytest.mark.parametrize("kind", ["bar", "stacked", "share", "multiples"])
def test_bars_respond_only_to_a_pointer_that_is_near(kind: str) -> None:
    """With an unlimited hover distance, Plotly finds every bar equally near, and a click selects the last one."""
    for name in ("channels", "channels by country", "weeks", "weeks by channel"):
        chart = chart_for(RESULTS[name], LIGHT, wanted=kind)
        if chart.figure is not None and traces(chart, "bar"):
            assert 0 < layout(chart)["hoverdistance"] < 50
