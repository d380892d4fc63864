"""Charts that other programs draw have the groups, order, colours and numbers of the figure on screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from semantic.display.charts.charts import chart_for
from semantic.display.charts.native import MOST_PANELS, NativeChart, native_charts
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Additivity
from semantic.results.result import Period, Result
from tests.semantic import made_results
from tests.semantic.made_results import CHANNEL, COUNTRY, ROAS, WEEKS, result, week
from tests.semantic.shown_boards import CHANNELS, COURSE, GRID

REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL)


def natives(shown: Result, wanted: str = "") -> tuple[NativeChart, ...]:
    return native_charts(chart_for(shown, LIGHT, wanted=wanted or None), shown)


def only(shown: Result, wanted: str = "") -> NativeChart:
    (chart,) = natives(shown, wanted)
    return chart


def numbers(chart: NativeChart) -> dict[str, tuple[Any, ...]]:
    return {series.name: series.values for series in chart.series}


def test_a_line_has_its_comparison_and_reads_the_answers_rows() -> None:
    chart = only(COURSE)
    assert (chart.kind, chart.is_stacked, chart.days[0]) == ("line", False, week(0))
    assert numbers(chart) == {
        "Revenue": tuple(100.0 + 7 * place for place in range(13)),
        "Revenue, previous period": tuple(90.0 + 5 * place for place in range(13)),
    }
    assert [series.is_before for series in chart.series] == [False, True]
    assert chart.series[0].places == tuple(range(13))
    assert chart.series[0].column is not None
    assert chart.series[0].column.name == "revenue"


def test_bars_are_ranked_and_named_in_full_with_other_colours_where_they_differ() -> None:
    name = "A name that is far too long for the room next to a bar of a chart on screen"
    shown = result([CHANNEL, REVENUE], [("Small", 1.0), (name, 3.0), (None, 2.0)])
    chart = only(shown)
    assert chart.categories == (name, "(none)", "Small")
    assert chart.series[0].values == (3.0, 2.0, 1.0)
    assert chart.series[0].places == (1, 2, 0)
    assert chart.series[0].colours == (LIGHT.series[0], LIGHT.other, LIGHT.series[0])


def test_each_metric_has_its_own_plot_with_its_name() -> None:
    plots = natives(CHANNELS, "bar")
    assert [(plot.title, plot.categories) for plot in plots] == [
        ("Revenue", ("Search", "Social", "(none)")),
        ("ROAS", ("Search", "Social", "(none)")),
    ]
    assert plots[1].series[0].values == (3.5, 2.25, None)


def test_panels_of_a_second_breakdown_are_named_by_it_and_their_bars_by_the_first() -> None:
    plots = natives(GRID, "multiples")
    assert [(plot.title, plot.categories) for plot in plots] == [
        ("DE", ("Search", "Social")),
        ("FR", ("Search", "Social")),
    ]
    assert plots[1].series[0].values == (300.0, None)


def test_a_stack_has_a_series_for_each_part() -> None:
    rows = [("Search", "DE", 4.0), ("Search", "FR", 3.0), ("Social", "DE", 2.0)]
    chart = only(result([CHANNEL, COUNTRY, REVENUE], rows), "stacked")
    assert (chart.kind, chart.is_stacked, chart.categories) == ("bar", True, ("Search", "Social"))
    assert numbers(chart) == {"DE": (4.0, 2.0), "FR": (3.0, None)}


def test_shares_are_fractions_and_have_no_column() -> None:
    chart = only(result([CHANNEL, REVENUE], [("A", 3.0), ("B", 1.0)]), "share")
    assert chart.series[0].values == (0.75, 0.25)
    assert chart.series[0].column is None


def test_a_ring_has_a_colour_for_each_part() -> None:
    chart = only(result([CHANNEL, REVENUE], [("A", 3.0), ("B", 1.0)]), "pie")
    assert (chart.kind, chart.categories, chart.series[0].values) == ("ring", ("A", "B"), (3.0, 1.0))
    assert len(set(chart.series[0].colours)) == 2


def test_a_scatter_has_both_numbers_and_its_points_names() -> None:
    chart = only(CHANNELS, "scatter")
    assert (chart.categories, chart.series[0].across, chart.series[0].values) == (
        ("Search", "Social"),
        (700.0, 480.5),
        (3.5, 2.25),
    )


def test_periods_that_arent_over_are_marked() -> None:
    """The question's days end on a Wednesday, so the second week has three of its seven days."""
    period = Period(week(0), week(1).replace(day=12), "Europe/Berlin", "2 – 11 Mar 2026")
    counted = replace(REVENUE, counted_to=period.end)
    shown = result([WEEKS, counted], [(week(0), 7.0), (week(1), 3.0)], period=period)
    assert only(shown).series[0].unfinished == {1}


@pytest.mark.parametrize("wanted", ["heat", "table"])
def test_chart_types_that_other_programs_lack_have_no_native_chart(wanted: str) -> None:
    assert natives(GRID, wanted) == ()


def test_a_chart_of_too_many_panels_is_a_picture() -> None:
    def panels(count: int) -> tuple[NativeChart, ...]:
        rows = [(week(place), f"C{group:02}", 1.0 + place) for place in range(3) for group in range(count)]
        return natives(result([WEEKS, CHANNEL, REVENUE], rows), "multiples")

    assert len(panels(MOST_PANELS)) == MOST_PANELS
    assert panels(MOST_PANELS + 1) == ()


def test_numbers_of_two_metrics_keep_their_own_columns() -> None:
    plots = natives(result([WEEKS, REVENUE, ROAS], [(week(0), 10.0, 3.0), (week(1), 11.0, 2.0)]))
    assert [plot.series[0].column.name for plot in plots if plot.series[0].column] == ["revenue", "roas"]
