"""The chart that a result gets, and what it draws: axes, colours, totals, Other and comparisons."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from semantic.annotations.annotation import Annotation
from semantic.display import format as text
from semantic.display.charts.chart import rows_behind
from semantic.display.charts.charts import Chart, chart_for
from semantic.display.template import scale, tick_text, time_ticks
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import DataType, Granularity, Metric, TypeKind
from semantic.query.query import MetricFilter, Order, Query
from semantic.results.result import Period, ResultColumn
from tests.semantic.made_results import (
    BEFORE,
    CHANNEL,
    COUNTRY,
    DAY,
    MONTHS,
    REVENUE,
    ROAS,
    SPEND,
    WEEKS,
    YEAR,
    layout,
    notes,
    numbers,
    result,
    sent,
    tooltips,
    traces,
    week,
)

# Axes


@pytest.mark.parametrize(
    ("values", "low", "ticks"),
    [
        ([0, 100], 0, [0, 20, 40, 60, 80, 100]),
        ([90, 100], 90, [90, 92, 94, 96, 98, 100]),
        ([-50, 50], -50, [-60, -40, -20, 0, 20, 40, 60]),
        ([5], 0, [0, 1, 2, 3, 4, 5]),
        ([], 0, None),
        ([0, 0], 0, None),
        ([-100, -90], -100, [-100, -98, -96, -94, -92, -90]),
    ],
)
def test_an_axis_has_round_ticks_that_include_every_value(
    values: list[float], low: float, ticks: list[float] | None
) -> None:
    start, end, found_ticks = scale(values)
    assert start <= low
    assert end >= max(values, default=0)
    assert len(found_ticks) >= 2
    assert ticks is None or found_ticks == pytest.approx(ticks)


def test_ticks_have_no_unnecessary_decimals() -> None:
    write = text.writer(ROAS)
    assert tick_text([1.0, 2.0], write) == ["1", "2"]
    assert tick_text([0.0, 0.5, 1.0], write) == ["0", "0.5", "1.0"]
    assert tick_text([100.0, 200.0], text.writer(REVENUE, [200.0])) == ["€100", "€200"]


def test_dates_on_an_axis_end_with_the_last() -> None:
    days = [date(2026, 1, 1) + timedelta(days=at) for at in range(91)]
    ticks = time_ticks(days, 6)
    assert ticks[-1] == days[-1]
    assert len(ticks) == 6


# Choice of chart


def test_a_breakdown_by_date_is_a_line() -> None:
    chart = chart_for(result([WEEKS, REVENUE], [(week(0), 10.0), (week(1), 30.0)]), LIGHT)
    (line,) = traces(chart, "scatter")
    assert chart.kind == "line"
    assert line["x"] == ["2026-03-02", "2026-03-09"]
    assert line["y"] == [10, 30]
    assert tooltips(line) == [
        ["<b>€10.00</b> · Revenue", "week of 2 Mar 2026"],
        ["<b>€30.00</b> · Revenue", "week of 9 Mar 2026"],
    ]
    assert "<b>€30.00</b>" in notes(chart)
    assert "Highest Revenue: €30.00 in week of 9 Mar 2026. Lowest: €10.00 in week of 2 Mar 2026." in chart.alt


def test_a_line_breaks_at_a_missing_period_and_shows_isolated_points() -> None:
    rows = [(week(0), 1.0), (week(1), 2.0), (week(3), 4.0), (week(5), None), (week(6), 7.0)]
    chart = chart_for(result([WEEKS, REVENUE], rows), LIGHT)
    (line,) = traces(chart, "scatter")
    assert line["y"] == [1, 2, None, 4, None, None, 7]
    assert line["connectgaps"] is False
    assert line["marker"]["opacity"] == [0, 0, 0, 1, 0, 0, 1]


def test_a_group_without_a_row_is_filled_as_its_metric_says_if_others_have_one() -> None:
    """Social has no row in the last week, no channel has a row in the third week, and the fifth week isn't loaded."""
    orders = Metric(name="revenue", label="Revenue", kind="simple", fill=0)
    filled = replace(REVENUE, metric=orders, counted_to=week(4))
    rows = [(week(at), "Search", 10.0) for at in (0, 1, 3, 4)] + [(week(0), "Social", 5.0)]
    days = Period(week(0), week(5), "Europe/Berlin", "five weeks")

    def social(column: ResultColumn, **changes: Any) -> list[float | None]:
        chart = chart_for(result([WEEKS, CHANNEL, column], rows, period=days, **changes), LIGHT, wanted="line")
        (line,) = [trace for trace in traces(chart, "scatter") if trace["name"] == "Social"]
        return line["y"]

    assert social(filled) == [5, 0, None, 0, None]
    assert social(REVENUE) == [5, None, None, None, None]
    only_large = Query(having=(MetricFilter("revenue", ">", (1,)),))
    assert social(filled, query=only_large) == [5, None, None, None, None]


def test_a_line_spans_the_days_asked_for_so_that_the_end_of_data_is_visible() -> None:
    days = Period(week(-2), week(4), "Europe/Berlin", "six weeks")
    chart = chart_for(result([WEEKS, REVENUE], [(week(0), 1.0), (week(1), 2.0)], period=days), LIGHT)
    (line,) = traces(chart, "scatter")
    assert line["x"] == [str(week(at)) for at in range(-2, 4)]
    assert line["y"] == [None, None, 1, 2, None, None]


def test_days_far_beyond_the_data_are_not_drawn() -> None:
    days = Period(date(1, 1, 1), date(9999, 12, 31), "Europe/Berlin", "for ever")
    chart = chart_for(result([WEEKS, REVENUE], [(week(0), 1.0), (week(1), 2.0)], period=days), LIGHT)
    assert traces(chart, "scatter")[0]["x"] == [str(week(0)), str(week(1))]


def test_rows_without_a_date_are_not_drawn_and_a_note_says_so() -> None:
    chart = chart_for(result([WEEKS, REVENUE], [(None, 5.0), (week(0), 1.0), (week(1), 2.0)]), LIGHT)
    assert traces(chart, "scatter")[0]["y"] == [1, 2]
    assert chart.note == "1 row without a date: table only."


PANELS = [WEEKS, CHANNEL, REVENUE, SPEND]


def lines_of(chart: Chart) -> list[dict[str, list[Any]]]:
    """Return each panel's lines by name, top panel first, without the lines of compared periods."""
    named: dict[str, dict[str, list[Any]]] = {}
    for trace in traces(chart, "scatter"):
        if "name" in trace and not trace["line"].get("dash"):
            named.setdefault(trace["yaxis"], {})[trace["name"]] = trace["y"]
    return list(named.values())


def test_each_metrics_panel_draws_its_own_largest_groups_and_a_note_names_the_rest() -> None:
    earns = {"Mail": 60, "Shop": 50, "Social": 40, "Search": 30, "Direct": 20, "Generic": 10}
    spends = {"Generic": 90, "Social": 8, "Shop": 7, "Search": 6, "Video": 5, "Feed": 4}
    names = sorted({*earns, *spends})
    rows = [(week(at), name, earns.get(name), spends.get(name)) for at in range(2) for name in names]
    chart = chart_for(result(PANELS, rows), LIGHT)
    revenue, spend = lines_of(chart)
    assert set(revenue) == {"Mail", "Shop", "Social", "Search", "Direct"}
    assert spend["Generic"] == [90, 90]
    assert set(spend) == {"Generic", "Social", "Shop", "Search", "Video"}
    assert chart.note == (
        "Each panel draws its largest 5 of 8 values of Channel; the table has all. Revenue leaves out Generic. "
        "Spend leaves out Feed. Revenue has no value for Feed and Video. Spend has no value for Direct and Mail."
    )


def test_a_group_has_one_colour_in_every_panel_and_no_two_groups_share_one() -> None:
    rows = [(week(at), f"c{number}", 100 - number, 100 + number) for at in range(2) for number in range(12)]
    drawn = [trace for trace in traces(chart_for(result(PANELS, rows), LIGHT), "scatter") if "name" in trace]
    by_name: dict[str, set[str]] = {}
    for trace in drawn:
        by_name.setdefault(trace["name"], set()).add(trace["line"]["color"])
    assert set(by_name) == {"c0", "c1", "c2", "c3", "c8", "c9", "c10", "c11"}  # five each would need ten colours
    assert all(len(colours) == 1 for colours in by_name.values())
    assert len(set[str]().union(*by_name.values())) == 8


def test_panels_with_the_same_groups_state_once_what_is_left_out() -> None:
    rows = [
        (week(at), f"c{number}", 100 - number, None if number > 4 else 50 - number)
        for at in range(2)
        for number in range(7)
    ]
    chart = chart_for(result(PANELS, rows), LIGHT)
    assert [set(line) for line in lines_of(chart)] == [{"c0", "c1", "c2", "c3", "c4"}] * 2
    assert chart.note == "Each panel draws its largest 5 of 7 values of Channel; the table has all."


def test_a_metric_without_any_number_has_an_empty_panel_that_the_note_explains() -> None:
    rows = [(week(at), name, 5.0, None) for at in range(2) for name in ("a", "b")]
    chart = chart_for(result(PANELS, rows), LIGHT)
    assert [set(line) for line in lines_of(chart)] == [{"a", "b"}]
    assert chart.note == "Spend has no value for a and b."


def test_a_small_chart_without_a_number_is_left_out_and_named() -> None:
    rows = [
        (week(at), f"c{number}", None if number in (2, 5) else 10.0 + number) for at in range(2) for number in range(9)
    ]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, wanted="multiples")
    assert chart.kind == "multiples"
    assert len([name for name in layout(chart) if name.startswith("yaxis")]) == 7
    assert chart.note.startswith("Revenue has no value for c2 and c5.")


def test_a_small_chart_of_two_breakdowns_without_a_number_is_left_out_and_named() -> None:
    rows = [
        (week(at), channel, country, None if channel == "b" else 1.0 + at)
        for at in range(2)
        for channel in ("a", "b", "c")
        for country in ("DE", "FR")
    ]
    chart = chart_for(result([WEEKS, CHANNEL, COUNTRY, REVENUE], rows), LIGHT, wanted="multiples")
    assert [note for note in notes(chart) if note.startswith("<b>")] == ["<b>a</b>", "<b>c</b>"]
    assert "Revenue has no value for b." in chart.note


def test_a_group_keeps_its_colour_when_others_leave() -> None:
    names = ["Search", "Social", "Mail"]
    rows = [(week(at), name, 1.0) for at in range(2) for name in names]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT)
    fewer = chart_for(result([WEEKS, CHANNEL, REVENUE], [row for row in rows if row[1] != "Social"]), LIGHT)
    colours = {line["name"]: line["line"]["color"] for line in traces(chart, "scatter")}
    for line in traces(fewer, "scatter"):
        assert line["line"]["color"] == colours[line["name"]]


def test_groups_without_a_value_are_grey_next_to_a_member_of_that_name() -> None:
    rows = [(week(at), name, 1.0) for at in range(2) for name in (None, "(none)")]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT)
    assert [line["name"] for line in traces(chart, "scatter")] == ["(none)", "(none)"]
    assert sum(line["line"]["color"] == LIGHT.other for line in traces(chart, "scatter")) == 1


def test_metrics_of_one_unit_share_a_panel_and_others_never_an_axis() -> None:
    rows = [(week(0), 100.0, 40.0, 2.5), (week(1), 200.0, 50.0, 4.0)]
    chart = chart_for(result([WEEKS, REVENUE, SPEND, ROAS], rows), LIGHT)
    axes = {line["name"]: line["yaxis"] for line in traces(chart, "scatter")}
    assert axes["Revenue"] == axes["Spend"] != axes["ROAS"]
    domains = [layout(chart)[name]["domain"] for name in ("yaxis", "yaxis2")]
    assert domains[0][0] > domains[1][1]
    assert not any("overlaying" in value for value in layout(chart).values() if isinstance(value, dict))


def test_rates_of_money_are_separate_from_sums_of_money() -> None:
    revenue = replace(REVENUE, name="cpa", label="CPA", is_ratio=True)
    rows = [(week(0), 9e5, 6.0, 1e5), (week(1), 8e5, 7.0, 2e5)]
    chart = chart_for(result([WEEKS, REVENUE, revenue, SPEND], rows), LIGHT)
    axes = {line["name"]: line["yaxis"] for line in traces(chart, "scatter")}
    assert axes["Revenue"] == axes["Spend"] != axes["CPA"]


def test_a_breakdown_is_drawn_as_ranked_bars() -> None:
    chart = chart_for(result([CHANNEL, REVENUE], [("a", 10.0), ("b", None), ("c", 30.0), (None, 20.0)]), LIGHT)
    (bars,) = traces(chart, "bar")
    assert chart.kind == "bar"
    assert bars["x"] == [30, 20, 10]
    assert layout(chart)["yaxis"]["ticktext"] == ["c", "(none)", "a"]
    assert bars["marker"]["color"][1] == LIGHT.other
    assert bars["marker"]["color"][0] == LIGHT.series[0]
    assert numbers(bars) == ["€30.00", "€20.00", "€10.00"]
    assert chart.note == "1 group without data: table only."


def test_a_group_with_one_number_of_two_has_a_dash_for_the_other_and_one_with_none_is_not_drawn() -> None:
    rows = [("a", 2.0, 10.0), ("b", None, 30.0), ("c", None, None)]
    chart = chart_for(result([CHANNEL, ROAS, REVENUE], rows), LIGHT)
    assert [numbers(bars) for bars in traces(chart, "bar")] == [["2.00", "—"], ["€10.00", "€30.00"]]
    assert traces(chart, "scatter", "text")[0]["textfont"]["color"] == [LIGHT.ink, LIGHT.muted]
    assert chart.note == "1 group without data: table only."


def test_a_panels_title_takes_two_lines_rather_than_being_cut() -> None:
    long = replace(ROAS, label="Conversion rate (orders per visit)")
    chart = chart_for(result([CHANNEL, long, REVENUE], [("a", 2.0, 10.0), ("b", 3.0, 30.0)]), LIGHT)
    titles = [annotation["text"] for annotation in layout(chart)["annotations"]]
    assert titles == ["<b>Conversion rate<br>(orders per visit)</b>", f"<b>{REVENUE.label}</b>"]
    assert layout(chart)["margin"]["t"] > layout(panels_of_short_names())["margin"]["t"]


def test_a_long_name_next_to_a_bar_takes_two_lines() -> None:
    short, long = (
        chart_for(result([CHANNEL, REVENUE], [(name, 30.0), ("Email", 10.0)]), LIGHT)
        for name in ("Social", "Retargeting-campaign subscribers")
    )
    assert layout(short)["yaxis"]["ticktext"] == ["Social", "Email"]
    assert layout(long)["yaxis"]["ticktext"] == ["Retargeting-campaign<br>subscribers", "Email"]
    assert layout(long)["height"] > layout(short)["height"]


def test_names_of_many_remarks_take_two_lines_so_that_the_plot_has_the_height() -> None:
    remarks = [Annotation(date(2026, 3, day), date(2026, 3, day), f"Long remark number {day}") for day in (9, 10, 11)]
    chart = chart_for(result([WEEKS, REVENUE], [(week(at), 10.0 * at) for at in range(4)]), LIGHT, annotations=remarks)
    named = [one for one in layout(chart)["annotations"] if one.get("hovertext")]
    assert layout(chart)["meta"]["names"] <= 33
    assert all("number 10" in one["hovertext"] or "+" not in one["text"] for one in named)
    assert sum(one["hovertext"].count("Long remark") for one in named) == 3


def test_remarks_are_named_in_full_on_two_lines_one_above_the_other() -> None:
    """Both are on 9 March, where a line of 144 pixels fits about 22 letters."""
    named = ["Newsletter every week this quarter", "Prices go up on Thursday"]
    remarks = [Annotation(date(2026, 3, 9), date(2026, 3, 9), text) for text in named]
    rows = [(week(at), 10.0 * at) for at in range(4)]
    chart = chart_for(result([WEEKS, REVENUE], rows), LIGHT, annotations=remarks)
    above = {one["text"]: one["yshift"] for one in layout(chart)["annotations"] if one.get("hovertext")}
    assert [text.replace("<br>", " ") for text in above] == named
    assert all("<br>" in text for text in above)
    first, second = above.values()
    assert second - first >= 2 * 11, "two lines of 11 pixels"
    taken = layout(chart)["margin"]["t"] - layout(chart_for(result([WEEKS, REVENUE], rows), LIGHT))["margin"]["t"]
    assert layout(chart)["meta"]["names"] == taken


def panels_of_short_names() -> Chart:
    return chart_for(result([CHANNEL, ROAS, REVENUE], [("a", 2.0, 10.0), ("b", 3.0, 30.0)]), LIGHT)


def test_the_second_comparison_begins_a_sentence() -> None:
    before, year = (
        replace(REVENUE, name=f"revenue_{name}", label=f"Revenue, {words}", compare=name)
        for name, words in (("previous", "previous period"), ("last_year", "same period last year"))
    )
    chart = chart_for(result([CHANNEL, REVENUE, before, year], [("a", 1.0, 2.0, 3.0), ("b", 2.0, 2.0, 3.0)]), LIGHT)
    assert "Thin bar: previous period. Same period last year: table only." in chart.note


def test_groups_cut_off_by_a_sort_order_are_not_called_small() -> None:
    asked = Query(metrics=("revenue",), order=(Order("channel"),))
    chart = chart_for(result([CHANNEL, REVENUE], [(f"{at:02}", float(at)) for at in range(20)], query=asked), LIGHT)
    assert chart.note == "The first 15 of 20 values of Channel are drawn; the table has all."


def test_a_ratio_draws_the_largest_groups_not_those_with_the_highest_ratio() -> None:
    rows = [(week(at), name, 9.0 - size, 100.0 * size) for at in (0, 1) for size, name in enumerate("abcdefg", 1)]
    chart = chart_for(result([WEEKS, CHANNEL, ROAS, REVENUE], rows), LIGHT)
    lines = {trace["name"] for trace in sent(chart)["data"] if trace.get("mode") != "markers"}
    assert lines == set("cdefg")
    assert chart.note == "The largest 5 of 7 values of Channel by Revenue are drawn; the table has all."


def test_hours_are_in_the_questions_time_zone() -> None:
    instants = DataType(TypeKind.TIMESTAMPTZ)
    hours = ResultColumn(name="date", label="Hour", role="key", type=instants, grain=Granularity.HOUR)
    first = datetime(2026, 10, 24, 22, tzinfo=UTC)  # midnight in Berlin, three hours before its clocks go back
    rows = [(first + timedelta(hours=at), float(at)) for at in range(5)]
    chart = chart_for(result([hours, REVENUE], rows), LIGHT)
    (line,) = traces(chart, "scatter")
    assert [one[11:16] for one in line["x"]] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert line["y"] == [0, 1, 2, 3, 4]
    assert "Lowest: €0.00 at 25 Oct 2026, 00:00." in chart.alt


def test_bars_keep_a_requested_order() -> None:
    asked = Query(metrics=("revenue",), order=(Order("channel"),))
    chart = chart_for(result([CHANNEL, REVENUE], [("a", 10.0), ("b", 5.0), ("c", 30.0)], query=asked), LIGHT)
    assert traces(chart, "bar")[0]["x"] == [10, 5, 30]
    assert "in the order of the question" in chart.reason


def test_negative_bars_go_left_of_zero_with_their_numbers_on_that_side() -> None:
    chart = chart_for(result([CHANNEL, REVENUE], [("a", 100.0), ("b", -50.0)]), LIGHT)
    low, high = layout(chart)["xaxis"]["range"]
    assert low < -50
    assert high > 100
    assert traces(chart, "scatter", "text")[0]["textposition"] == ["middle right", "middle left"]


def test_fifteen_bars_are_drawn_and_the_rest_counted() -> None:
    chart = chart_for(result([CHANNEL, REVENUE], [(f"c{at}", float(at)) for at in range(214)]), LIGHT)
    assert traces(chart, "bar")[0]["x"] == list(range(213, 198, -1))
    assert chart.note == "The largest 15 of 214 values of Channel are drawn; the table has all."


def test_two_breakdowns_are_a_grid_with_every_number() -> None:
    rows = [("a", "x", 1.0), ("a", "y", 4.0), ("b", "x", 2.0)]
    chart = chart_for(result([CHANNEL, COUNTRY, ROAS], rows), LIGHT)
    assert chart.kind == "heat"
    written = traces(chart, "scatter", "markers+text")
    cells = {
        (y, x): said for trace in written for x, y, said in zip(trace["x"], trace["y"], trace["text"], strict=True)
    }
    assert cells == {(0, 0): "4.00", (0, 1): "1.00", (1, 0): "—", (1, 1): "2.00"}
    assert layout(chart)["yaxis"]["ticktext"] == ["a", "b"]
    assert layout(chart)["xaxis"]["ticktext"] == ["y", "x"]


def test_no_breakdown_and_a_single_period_are_numbers_not_charts() -> None:
    alone = chart_for(result([REVENUE, ROAS], [(1_243_210.0, 3.2)]), LIGHT)
    assert (alone.kind, alone.figure) == ("tiles", None)
    assert "Revenue €1.24M, ROAS 3.20" in alone.alt
    assert chart_for(result([WEEKS, REVENUE], [(week(0), 1.0)]), LIGHT).kind == "tiles"
    assert chart_for(result([WEEKS, CHANNEL, REVENUE], [(week(0), "a", 1.0)]), LIGHT).kind == "bar"


@pytest.mark.parametrize("rows", [[], [(week(0), "a", None)], [(None, None, None)]])
def test_without_data_no_chart_is_drawn(rows: list[tuple[Any, ...]]) -> None:
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT)
    assert (chart.kind, chart.figure) == ("none", None)


def test_infinite_and_undefined_numbers_are_not_drawn() -> None:
    chart = chart_for(result([CHANNEL, REVENUE], [("a", float("nan")), ("b", float("inf")), ("c", 1.0)]), LIGHT)
    assert traces(chart, "bar")[0]["x"] == [1]
    assert chart.note == "2 groups without data: table only."


def test_text_from_data_is_plain_text_in_the_browser() -> None:
    rows = [("<b>bold</b>", 2.0), ('<a href="javascript:alert(1)">x</a>', 1.0)]
    chart = chart_for(result([CHANNEL, REVENUE], rows), LIGHT)
    assert layout(chart)["yaxis"]["ticktext"][0] == "&lt;b&gt;bold&lt;/b&gt;"
    assert "<a" not in json.dumps(traces(chart, "bar"))


def test_a_dark_page_gets_dark_colours() -> None:
    rows = result([CHANNEL, REVENUE], [("a", 2.0)])
    assert traces(chart_for(rows, DARK), "bar")[0]["marker"]["color"] == [DARK.series[0]]


def test_days_without_order_in_the_calendar_are_still_drawn() -> None:
    days = replace(WEEKS, grain=DAY)
    chart = chart_for(result([days, REVENUE], [(date(1, 1, 1), 1.0), (date(9999, 12, 31), 2.0)]), LIGHT)
    assert traces(chart, "scatter")[0]["x"] == ["0001-01-01", "9999-12-31"]


# Totals, Other and comparisons in charts


def test_a_total_is_never_drawn() -> None:
    lines = chart_for(result([WEEKS, REVENUE], [(week(0), 1.0), (week(1), 2.0), (None, 3.0)],
                             ["member", "member", "total"]), LIGHT)  # fmt: skip
    assert traces(lines, "scatter")[0]["y"] == [1, 2]
    assert lines.note == ""
    bars = chart_for(result([CHANNEL, REVENUE], [("a", 1.0), (None, 9.0)], ["member", "total"]), LIGHT)
    assert traces(bars, "bar")[0]["x"] == [1]
    grid = chart_for(
        result(
            [CHANNEL, COUNTRY, REVENUE],
            [("a", "x", 1.0), ("a", "y", 2.0), ("b", "x", 3.0), ("a", None, 3.0), (None, None, 6.0)],
            ["member,member"] * 3 + ["member,total", "total,total"],
        ),
        LIGHT,
    )
    assert layout(grid)["yaxis"]["ticktext"] == ["a", "b"]
    assert chart_for(result([CHANNEL, REVENUE], [(None, 9.0)], ["total"]), LIGHT).kind == "none"


def test_other_comes_last_in_grey_and_separate_from_a_member_with_that_name() -> None:
    rows = [("a", 1.0), ("Other", 5.0), (None, 9.0), (None, 3.0)]
    chart = chart_for(result([CHANNEL, REVENUE], rows, ["member", "member", "other", "none"]), LIGHT)
    (bars,) = traces(chart, "bar")
    assert layout(chart)["yaxis"]["ticktext"] == ["Other", "(none)", "a", "Other (the rest)"]
    assert bars["marker"]["color"] == [LIGHT.series[0], LIGHT.other, LIGHT.series[0], LIGHT.other]


def test_other_is_drawn_if_not_every_member_is() -> None:
    rows = [(f"m{at:02}", float(at)) for at in range(20)] + [(None, 500.0)]
    chart = chart_for(result([CHANNEL, REVENUE], rows, ["member"] * 20 + ["other"]), LIGHT)
    assert traces(chart, "bar")[0]["x"] == [*range(19, 5, -1), 500]
    assert chart.note == "The largest 14 of 20 values of Channel are drawn; the table has all."


def test_other_in_a_grid_has_no_tint_and_does_not_affect_the_scale() -> None:
    rows = [("a", "x", 1.0), ("a", "y", 4.0), ("b", "x", 2.0), (None, "x", 900.0)]
    chart = chart_for(result([CHANNEL, COUNTRY, ROAS], rows, ["member,member"] * 3 + ["other,member"]), LIGHT)
    (tints,) = traces(chart, "heatmap")
    assert layout(chart)["yaxis"]["ticktext"] == ["a", "b", "Other (the rest)"]
    assert tints["z"][2] == [None, None]
    assert max(step for row in tints["z"] for step in row if step is not None) == 9
    assert "Highest: 4.00 for a · y." in chart.alt


def test_a_comparison_is_a_dashed_line_of_the_same_colour() -> None:
    rows = [(week(0), 10.0, 8.0), (week(1), 30.0, None), (week(2), None, 5.0)]
    chart = chart_for(result([WEEKS, REVENUE, BEFORE], rows), LIGHT)
    now, then = traces(chart, "scatter")
    assert (now["y"], then["y"]) == ([10, 30, None], [8, None, 5])
    assert (now["line"]["color"], now["line"].get("dash")) == (LIGHT.series[0], None)
    assert (then["line"]["color"], then["line"]["dash"], then["opacity"]) == (LIGHT.series[0], "dash", 0.6)
    assert then["name"] == "Revenue, previous period"
    assert "<b>€30.00</b>" in notes(chart)
    assert chart.note == "Dashed: previous period."
    assert chart.title == "Revenue"


def test_many_compared_groups_have_a_small_chart_each() -> None:
    rows = [(week(at), name, 2.0, 1.0) for at in range(2) for name in "abc"]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE, BEFORE], rows), LIGHT)
    assert chart.kind == "multiples"
    assert [line["name"] for line in traces(chart, "scatter")] == [
        "a", "a, previous period", "b", "b, previous period", "c", "c, previous period",
    ]  # fmt: skip


def test_a_comparison_is_a_thin_light_bar_with_the_change_next_to_it() -> None:
    rows = [("a", 100.0, 80.0), ("b", 60.0, 0.0), ("c", None, 50.0), ("d", None, None)]
    columns = [CHANNEL, replace(REVENUE, direction="down"), BEFORE]
    chart = chart_for(result(columns, rows), LIGHT)
    then, now = traces(chart, "bar")
    assert (now["x"], then["x"]) == ([100, 60, None], [80, 0, 50])
    assert then["opacity"] < 1
    assert then["width"] < now["width"]
    (labels,) = traces(chart, "scatter", "text")
    assert f'<span style="color:{LIGHT.muted}">+25.0%</span>' in labels["text"][0]
    assert "span" not in labels["text"][1]
    assert labels["x"] == [100, 60, 50]  # beyond the longer bar
    assert chart.note == "1 group without data: table only. Thin bar: previous period."


def test_numbers_without_a_breakdown_show_their_change() -> None:
    chart = chart_for(result([replace(REVENUE, direction="up"), BEFORE, YEAR], [(150.0, 100.0, None)]), LIGHT)
    assert chart.kind == "tiles"
    assert "Revenue €150 (+50.0% against previous period) (— against same period last year)" in chart.alt


@pytest.mark.parametrize("grain", [Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR])
def test_fiscal_periods_that_are_missing_are_gaps(grain: Granularity) -> None:
    months = 3 if grain is Granularity.FISCAL_QUARTER else 12
    first = date(2024, 5, 1)
    firsts = [text.add_months(first, months * at) for at in range(4)]
    days = Period(text.add_months(first, 1 - months), firsts[3], "Europe/Berlin", "")
    column = replace(WEEKS, grain=grain)
    chart = chart_for(result([column, REVENUE], [(firsts[0], 1.0), (firsts[2], 3.0)], period=days), LIGHT)
    assert traces(chart, "scatter")[0]["x"] == [str(text.add_months(first, -months)), *map(str, firsts[:3])]
    assert traces(chart, "scatter")[0]["y"] == [None, 1, None, 3]


# Many panels and periods


def test_the_number_of_metric_panels_is_limited() -> None:
    metrics = [replace(REVENUE, name=f"m{at}", label=f"M{at}", unit=f"U{at}") for at in range(9)]
    rows = [(week(at), name, *(float(at + number) for number in range(9))) for at in range(2) for name in "ab"]
    chart = chart_for(result([WEEKS, CHANNEL, *metrics], rows), LIGHT)
    assert sum(name.startswith("yaxis") for name in layout(chart)) == 6
    assert "M6, M7 and M8: table only." in chart.note


@pytest.mark.parametrize("count", [1, 2, 13, 90, 400])
def test_any_number_of_periods_is_drawn(count: int) -> None:
    days = replace(WEEKS, grain=DAY)
    rows = [(date(2024, 1, 1) + timedelta(days=at), float(at % 7)) for at in range(count)]
    chart = chart_for(result([days, REVENUE], rows), LIGHT)
    assert chart.kind == ("tiles" if count == 1 else "line")
    if chart.figure is not None:
        assert len(layout(chart)["xaxis"]["tickvals"]) <= 5


def test_a_target_is_a_thin_favourable_line_with_a_single_metric() -> None:
    months = [date(2026, month, 1) for month in (1, 2, 3)]
    shown = result([MONTHS, REVENUE], [(month, 10.0 + place) for place, month in enumerate(months)])
    chart = chart_for(shown, LIGHT, targets={months[0]: 12.0, months[2]: 20.0})
    (aimed,) = [trace for trace in traces(chart, "scatter") if trace["name"] == "Target"]
    assert (list(aimed["y"]), aimed["line"]["color"], aimed["line"]["width"]) == (
        [12.0, None, 20.0],
        LIGHT.favourable,
        1,
    )
    assert set(rows_behind(aimed)) == {-1}, "a target is no row of the answer"
    assert "Thin line: target." in chart.note
    low, high = layout(chart)["yaxis"]["range"]
    assert low <= 10 < 20 <= high
    without = chart_for(shown, LIGHT)
    assert "Thin" not in without.note
    two = result([MONTHS, REVENUE, ROAS], [(month, 10.0, 2.0) for month in months])
    assert "Thin" not in chart_for(two, LIGHT, targets={months[0]: 12.0}).note
