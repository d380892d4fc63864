"""Charts of unfinished and unsettled periods: dotted, hollow or hatched, with the reason in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.display.charts.chart import rows_behind
from semantic.display.charts.charts import Chart, chart_for
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity, Cumulative, Granularity, OverTime, Span
from semantic.plan.time.period_aggregation import Timing
from semantic.query.query import Between, Breakdown, Query
from semantic.results.result import Period
from tests.kinds import build_kinds, open_kinds
from tests.semantic.made_results import (
    CHANNEL,
    MONTHS,
    REVENUE,
    SPEND,
    WEEKS,
    layout,
    notes,
    result,
    sent,
    tooltips,
    traces,
    week,
)
from tests.shop import ShopWorkspace

DAYS = replace(WEEKS, label="Day", grain=Granularity.DAY)

# A period that is not over


def running(change: dict[str, Any], kind: str | None = None) -> Chart:
    days = Period(week(0), week(3) + timedelta(days=3), "Europe/Berlin", "to Wednesday")
    rows = [(week(at), 10.0 + at) for at in range(4)]
    arguments: dict[str, Any] = {"period": days} | change
    return chart_for(result([WEEKS, REVENUE], rows, **arguments), LIGHT, wanted=kind)


def test_a_line_into_an_unfinished_period_is_dotted_to_a_hollow_point_with_the_reason() -> None:
    chart = running({})
    points, line, dotted = sent(chart)["data"]
    assert points["mode"] == "markers"
    assert (points["y"], rows_behind(points)) == ([10, 11, 12, 13], [0, 1, 2, 3])
    assert (points["marker"]["color"][3], points["marker"]["opacity"]) == (LIGHT.page, [0, 0, 0, 1])
    assert line["y"] == [10, 11, 12, None]
    assert (dotted["y"], dotted["line"]["dash"]) == ([12, 13], "dot")
    assert line["hoverinfo"] == dotted["hoverinfo"] == "skip"
    assert chart.note == "Dotted: week of 23 Mar 2026 is partial: counted to 25 Mar 2026."


def test_the_column_of_an_unfinished_period_is_hatched() -> None:
    chart = running({}, "bar")
    assert traces(chart, "bar")[0]["marker"]["pattern"]["shape"] == ["", "", "", "/"]
    assert "Hatched: week of 23 Mar 2026 is partial" in chart.note


def test_a_partial_period_states_its_counted_days_on_hover() -> None:
    (points,) = traces(running({}), "scatter", "markers")
    (bars,) = traces(running({}, "bar"), "bar")
    for drawn in (points, bars):
        assert tooltips(drawn)[3][1] == "week of 23 Mar 2026 (3 of 7 days, to 25 Mar)"
        assert tooltips(drawn)[2][1] == "week of 16 Mar 2026"


def test_a_period_cut_at_both_ends_says_how_many_days_are_left() -> None:
    days = Period(date(2026, 3, 10), date(2026, 3, 25), "Europe/Berlin", "")
    rows = [(date(2026, 3, 1), 5.0), (date(2026, 4, 1), 7.0)]
    late = replace(REVENUE, counted_to=date(2026, 3, 25))
    chart = chart_for(result([MONTHS, late], rows, period=days), LIGHT, wanted="bar")
    assert tooltips(traces(chart, "bar")[0])[0][1] == "Mar 2026 (15 of 31 days, 10 – 24 Mar)"


def test_a_window_that_counts_back_to_days_before_the_data_is_dotted_until_it_is_whole() -> None:
    """Data begins on Saturday of the first week, so the first full 14 days end on Friday of the third week."""
    window = Timing(windows=(Cumulative(window=Span(14, Granularity.DAY)),))
    over = replace(REVENUE, timing=window, data_from=week(0) + timedelta(days=5), counted_to=week(4))
    rows = [(week(at), 10.0 + at) for at in range(4)]
    chart = chart_for(result([WEEKS, over], rows, period=Period(week(0), week(4), "Europe/Berlin", "")), LIGHT)
    points, line, dotted = sent(chart)["data"]
    assert points["marker"]["color"][:2] == [LIGHT.page] * 2
    assert (line["y"], dotted["y"]) == ([None, None, 12, 13], [10, 11, 12])
    assert "(9 of 14 days)" in tooltips(points)[1][1]
    assert "(" not in tooltips(points)[2][1]
    assert chart.note == "Dotted: windows that start before 7 Mar 2026, when data starts."
    assert "From €12.00 to €13.00 in week of 23 Mar 2026, +8.3%." in chart.alt


def test_metrics_with_different_days_state_their_own_days_on_hover() -> None:
    """Spend is loaded to Wednesday, and its budget covers the whole week."""
    spend, budget = replace(SPEND, counted_to=week(3) + timedelta(days=3)), replace(REVENUE, counted_to=week(4))
    rows = [(week(at), 10.0, 20.0) for at in range(4)]
    days = Period(week(0), week(4), "Europe/Berlin", "")
    chart = chart_for(result([WEEKS, spend, budget], rows, period=days), LIGHT)
    (points,), (whole,) = traces(chart, "scatter", "markers"), traces(chart, "scatter")
    assert tooltips(points)[3] == ["<b>€10.00</b> · Spend", "week of 23 Mar 2026 (3 of 7 days, to 25 Mar)"]
    assert tooltips(whole)[3] == ["<b>€20.00</b> · Revenue", "week of 23 Mar 2026"]


# Values that aren't known yet


ASKED = datetime(2026, 5, 20, tzinfo=UTC)


def half_empty(weeks: int, kind: str | None = None, **changes: Any) -> Chart:
    """Return the chart of a number of weeks, four of which are loaded on 20 May."""
    days = Period(week(0), week(4), "Europe/Berlin", "", asked_end=week(weeks))
    rows = [(week(at), 10.0 + at) for at in range(4)]
    arguments: dict[str, Any] = {"period": days, "computed_at": ASKED} | changes
    return chart_for(result([WEEKS, REVENUE], rows, **arguments), LIGHT, wanted=kind)


def test_the_empty_half_of_a_chart_says_why_it_is_empty() -> None:
    (word,) = [note for note in layout(half_empty(9))["annotations"] if note["text"] == "not loaded yet"]
    assert str(week(4)) < word["x"] < str(week(8))
    ticks = layout(half_empty(9))["yaxis"]["tickvals"]
    assert min(abs(word["y"] - tickval) for tickval in ticks) > 0.4 * (
        ticks[1] - ticks[0]
    )  # no line of the grid through it
    assert "not over yet" in notes(half_empty(9, computed_at=datetime(2026, 3, 30, tzinfo=UTC)))
    assert "not loaded yet" in notes(half_empty(9, "bar"))
    late = replace(REVENUE, data_from=week(0))
    days = Period(week(-8), week(2), "Europe/Berlin", "")
    begun = chart_for(result([WEEKS, late], [(week(0), 10.0), (week(1), 11.0)], period=days), LIGHT)
    (word,) = [note for note in layout(begun)["annotations"] if note["text"] == "no data yet"]
    assert week(-8).isoformat() < word["x"] < week(-1).isoformat()


def test_text_that_does_not_fit_on_a_phone_is_left_out_or_wrapped() -> None:
    assert "not loaded<br>yet" in notes(half_empty(7))
    assert not any("not loaded" in text for text in notes(half_empty(5)))


def test_a_line_that_ends_with_loaded_data_has_no_such_text() -> None:
    days = Period(week(0), week(9), "Europe/Berlin", "")
    assert not any("not loaded" in text for text in notes(half_empty(9, period=days)))


def test_a_name_is_at_its_lines_last_point_without_touching_other_lines() -> None:
    rows = [(week(at), 10.0 if at < 4 else None, 10.0) for at in range(9)]
    days = Period(week(0), week(9), "Europe/Berlin", "")
    chart = chart_for(result([WEEKS, SPEND, REVENUE], rows, period=days), LIGHT)
    ends = {note["text"]: note for note in layout(chart)["annotations"]}
    assert (ends["Spend"]["x"], ends["Revenue"]["x"]) == (str(week(3)), str(week(8)))
    assert ends["Revenue"]["y"] == 10.0
    assert ends["Spend"]["y"] != 10.0  # the other line runs through there


# Days that are not final: answered on 20 April, so with ten days those after 9 April, that is from the week of 6 April.
LAGGING = replace(REVENUE, timing=Timing(final_after=10))
FIVE_WEEKS = [(week(place + 1), float(place)) for place in range(6)]  # 9 March to 13 April


def test_periods_that_can_still_change_have_amber_hatching_and_a_label() -> None:
    chart = chart_for(result([WEEKS, LAGGING], FIVE_WEEKS), LIGHT)
    hatch, points, line, dotted = sent(chart)["data"]
    assert hatch["fillpattern"]["shape"] == "/"
    assert hatch["fillpattern"]["fgcolor"] == LIGHT.caution
    assert hatch["hoverinfo"] == "skip"
    assert hatch["x"] == ["2026-04-06", "2026-04-13", "2026-04-13", "2026-04-06"]
    assert [hatch["y"][0], hatch["y"][2]] == layout(chart)["yaxis"]["range"]
    assert line["y"] == [0, 1, 2, 3, None, None]
    assert (dotted["y"], dotted["line"]["dash"]) == ([3, 4, 5], "dot")
    assert points["marker"]["color"] == [LIGHT.series[0]] * 4 + [LIGHT.page] * 2
    assert "Hatched and dotted: not final, Revenue after 9 Apr 2026 can still change." in chart.note
    assert "Highest Revenue: €3" in chart.alt


def test_a_last_month_that_can_still_change_is_dotted_without_hatching() -> None:
    rows = [(date(2026, 5, 1), 9_142.0), (date(2026, 6, 1), 6_729.0)]
    june = Period(date(2026, 5, 1), date(2026, 6, 25), "Europe/Berlin", "", asked_end=date(2026, 9, 1))
    shown = result([MONTHS, LAGGING], rows, period=june, asked_on=date(2026, 6, 25))
    chart = chart_for(shown, LIGHT)
    assert not [trace for trace in sent(chart)["data"] if "fillpattern" in trace]
    assert "Dotted: not final, Revenue after 14 Jun 2026 can still change." in chart.note


def test_columns_that_can_still_change_are_hatched_in_amber_and_final_ones_are_not() -> None:
    chart = chart_for(result([WEEKS, LAGGING], FIVE_WEEKS), LIGHT, wanted="bar")
    (marker,) = [trace["marker"] for trace in traces(chart, "bar")]
    assert marker["pattern"]["shape"] == ["", "", "", "", "/", "/"]
    assert marker["pattern"]["fgcolor"] == [LIGHT.series[0]] * 4 + [LIGHT.caution] * 2
    assert marker["line"] == {"color": LIGHT.series[0], "width": [0, 0, 0, 0, 1, 1]}
    assert "Hatched: not final, Revenue after 9 Apr 2026" in chart.note


def test_a_chart_whose_days_are_all_final_has_no_hatch() -> None:
    period = replace(result([], []).period, start=date(2026, 3, 9), end=date(2026, 4, 6))
    chart = chart_for(result([WEEKS, LAGGING], FIVE_WEEKS[:4], period=period), LIGHT)
    assert [trace["mode"] for trace in sent(chart)["data"]] == ["lines+markers"]
    assert "not final" not in chart.note


def test_a_small_chart_is_hatched_like_a_large_one() -> None:
    rows = [(when, name, value) for name in "abcdef" for when, value in FIVE_WEEKS]
    chart = chart_for(result([WEEKS, CHANNEL, LAGGING], rows), LIGHT, wanted="multiples")
    hatched = [trace for trace in sent(chart)["data"] if "fillpattern" in trace]
    assert chart.kind == "multiples"
    assert [trace["xaxis"] for trace in hatched] == ["x", "x2", "x3", "x4", "x5", "x6"]


def test_a_period_is_unfinished_if_the_question_the_data_or_today_ends_in_it() -> None:
    periods = {"period": Period(week(0), week(4), "Europe/Berlin", "four weeks")}
    loaded = {"data_to": datetime(2026, 3, 27, 5, tzinfo=UTC)}
    asked = {"period": Period(None, None, "Europe/Berlin", "all"), "computed_at": datetime(2026, 3, 28, tzinfo=UTC)}
    assert running(periods).note == ""
    assert running(periods | {"data_to": datetime(2026, 3, 30, 5, tzinfo=UTC)}).note == ""
    assert running(periods | loaded).note.endswith("its data was loaded on 27 Mar 2026, 06:00.")
    assert running(asked).note.endswith("counted to 27 Mar 2026.")


def test_an_unfinished_period_is_neither_the_lowest_point_nor_the_end_of_the_change() -> None:
    days = Period(week(0), week(2) + timedelta(days=1), "Europe/Berlin", "")
    rows = [(week(0), 10.0), (week(1), 20.0), (week(2), 1.0)]
    alt = chart_for(result([WEEKS, REVENUE], rows, period=days), LIGHT).alt
    assert "From €10.00 to €20.00 in week of 9 Mar 2026, +100.0%." in alt
    assert "Lowest: €10.00" in alt


def test_a_plan_for_future_days_is_not_called_unfinished() -> None:
    later = [(date(2027, 1, 4) + timedelta(weeks=at), 1.0) for at in range(3)]
    assert chart_for(result([WEEKS, REVENUE], later), LIGHT).note == ""


def test_a_cut_first_period_is_stated() -> None:
    days = Period(week(0) + timedelta(days=2), week(2), "Europe/Berlin", "")
    rows = [(week(0), 4.0), (week(1), 9.0)]
    shown = result([WEEKS, REVENUE], rows, period=days)
    assert chart_for(shown, LIGHT).note == "Dotted: week of 2 Mar 2026 is partial: counted from 4 Mar 2026."
    assert (
        chart_for(shown, LIGHT, wanted="bar").note == "Hatched: week of 2 Mar 2026 is partial: counted from 4 Mar 2026."
    )


CUT_AT_BOTH_ENDS = result(
    [WEEKS, REVENUE], [(week(at), 10.0 + at) for at in range(5)],
    period=Period(week(0) + timedelta(days=2), week(4) + timedelta(days=3), "Europe/Berlin", ""),
)  # fmt: skip


def test_a_line_from_a_cut_first_period_is_dotted_from_a_hollow_point() -> None:
    points, line, out, into = sent(chart_for(CUT_AT_BOTH_ENDS, LIGHT))["data"]
    assert points["mode"] == "markers"
    assert points["y"] == [10, 11, 12, 13, 14]
    assert points["marker"]["color"] == [LIGHT.page, *[LIGHT.series[0]] * 3, LIGHT.page]
    assert points["marker"]["opacity"] == [1, 0, 0, 0, 1]
    assert line["y"] == [None, 11, 12, 13, None]
    assert [(one["y"], one["line"]["dash"]) for one in (out, into)] == [([10, 11], "dot"), ([13, 14], "dot")]


def test_columns_of_cut_periods_are_hatched_at_both_ends() -> None:
    (bars,) = traces(chart_for(CUT_AT_BOTH_ENDS, LIGHT, wanted="bar"), "bar")
    assert bars["marker"]["pattern"]["shape"] == ["/", "", "", "", "/"]


def test_an_area_is_hatched_into_and_out_of_periods_that_are_cut() -> None:
    """The area goes from 10 in the first week to 11 in the second, and from 13 to 14.

    Two stacked layers are hatched as high as their sum.
    """
    rows = [(week(at), name, 10.0 + at) for at in range(5) for name in ("a", "b")]
    stacked = replace(REVENUE, additivity=Additivity.FULL)
    layers = result([WEEKS, CHANNEL, stacked], rows, period=CUT_AT_BOTH_ENDS.period)
    for shown, high in ((replace(CUT_AT_BOTH_ENDS, columns=(WEEKS, stacked)), 1), (layers, 2)):
        chart = chart_for(shown, LIGHT, wanted="area")
        out, into = [trace for trace in sent(chart)["data"] if "fillpattern" in trace]
        assert out["x"] == ["2026-03-02", "2026-03-09", "2026-03-09", "2026-03-02"]
        assert out["y"] == [0, 0, 11 * high, 10 * high]
        assert into["y"] == [0, 0, 14 * high, 13 * high]
        assert chart.note.startswith("Hatched: week of 2 Mar 2026 is partial: counted from 4 Mar 2026.")


def test_a_cut_first_period_is_neither_the_lowest_point_nor_the_start_of_the_change() -> None:
    alt = chart_for(CUT_AT_BOTH_ENDS, LIGHT).alt
    assert "From €11.00 to €13.00 in week of 23 Mar 2026, +18.2%." in alt
    assert "Lowest: €11.00" in alt


def test_a_balance_is_complete_in_a_period_whose_first_days_are_cut() -> None:
    balance = replace(REVENUE, timing=Timing(balances=(OverTime.LAST,)))
    chart = chart_for(replace(CUT_AT_BOTH_ENDS, columns=(WEEKS, balance)), LIGHT)
    assert chart.note == "Dotted: week of 30 Mar 2026 is partial: as of 1 Apr 2026."
    assert traces(chart, "scatter", "markers")[0]["marker"]["opacity"] == [0, 0, 0, 0, 1]


def test_an_included_unfinished_day_is_hollow() -> None:
    today = replace(REVENUE, counted_to=date(2026, 4, 21))
    rows = [(date(2026, 4, day), 5.0) for day in (18, 19, 20)]
    days = Period(date(2026, 4, 18), date(2026, 4, 21), "Europe/Berlin", "")
    chart = chart_for(result([DAYS, today], rows, period=days, asked_on=date(2026, 4, 20)), LIGHT)
    assert chart.note == "Dotted: 20 Apr 2026 is partial: 20 Apr 2026 isn't over yet."


# Answers of metrics that are known to different days


@pytest.fixture(scope="module")
def known_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ShopWorkspace, Path]]:
    """A question asked on 25 April. Orders are loaded to Sunday 19 April, and ads to Friday 10 April."""
    path = build_kinds(tmp_path_factory.mktemp("kinds") / "kinds.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE ads SET loaded_at = TIMESTAMPTZ '2026-04-11 06:00:00+02'")
    opened = open_kinds(path)
    opened.day = date(2026, 4, 25)
    yield opened, path
    opened.close()


def test_each_line_ends_at_its_metrics_last_known_day_and_unknown_days_are_gaps(
    known_apart: tuple[ShopWorkspace, Path],
) -> None:
    workspace, path = known_apart
    weeks, asked = Breakdown("date", Granularity.WEEK), Between(date(2026, 3, 30), date(2026, 5, 3))
    query = Query(metrics=("revenue", "spend"), by=(weeks,), time=asked)
    chart = chart_for(workspace.ask(query, workspace.people["steward"]), LIGHT)
    with duckdb.connect(str(path), read_only=True) as connection:

        def truth(sql: str, first: str, last: str) -> float:
            (row,) = connection.execute(f"{sql} BETWEEN DATE '{first}' AND DATE '{last}'").fetchall()
            return float(row[0])

        revenue = [
            truth("SELECT sum(amount) FROM orders WHERE ordered_day", first, last)
            for first, last in (
                ("2026-03-30", "2026-04-05"),
                ("2026-04-06", "2026-04-12"),
                ("2026-04-13", "2026-04-19"),
            )
        ]
        spend = [
            truth("SELECT sum(cost) FROM ads WHERE day", first, last)
            for first, last in (("2026-03-30", "2026-04-05"), ("2026-04-06", "2026-04-10"))
        ]
    of_revenue, of_spend, line, dotted = sent(chart)["data"]
    assert of_revenue["mode"] == "lines+markers"  # the week to the 19th is whole
    assert of_revenue["y"] == [*revenue, None, None]  # the axis continues to the requested end
    assert of_spend["y"] == [*spend, None, None, None]
    assert line["y"] == [spend[0], None, None, None, None]
    assert (dotted["x"], dotted["y"], dotted["line"]["dash"]) == (["2026-03-30", "2026-04-06"], spend, "dot")
    assert "Dotted: Ad spend, week of 6 Apr 2026 is partial: counted to 10 Apr 2026." in chart.note
    assert "week of 13 Apr" not in chart.note
    (bars,) = [
        one for one in traces(chart_for(workspace.ask(query, workspace.people["steward"]), LIGHT, wanted="bar"), "bar")
        if one["name"] == "Ad spend"
    ]  # fmt: skip
    assert bars["marker"]["pattern"]["shape"] == ["", "/", "", "", ""]


def test_a_stack_ends_where_its_metric_is_known(known_apart: tuple[ShopWorkspace, Path]) -> None:
    """Below the other metric's later weeks, nothing is drawn for the metric, not even a layer at 0."""
    workspace, _ = known_apart
    by = (Breakdown("date", Granularity.WEEK), Breakdown("channel"))
    query = Query(metrics=("spend", "revenue"), by=by, time=Between(date(2026, 3, 23), date(2026, 4, 19)))
    chart = chart_for(workspace.ask(query, workspace.people["steward"]), LIGHT, wanted="area")
    layers = [trace for trace in sent(chart)["data"] if "stackgroup" in trace]
    assert layers
    for layer in layers:
        assert layer["x"] == ["2026-03-23", "2026-03-30", "2026-04-06"]
        assert all(layer["y"])
