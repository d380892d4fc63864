"""Lines of a breakdown: their colours, names, legend and leader lines, small multiples, and where their axis begins."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from semantic.display import format as text
from semantic.display.charts.charts import Chart, chart_for
from semantic.display.template import value_axis
from semantic.display.tokens import DARK, LIGHT, Tokens, contrast, readable
from semantic.model.definitions import NumberFormat
from semantic.results.result import ResultColumn
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, ROAS, WEEKS, layout, notes, result, sent, traces, week

# One chart


def by_channel(count: int, **changes: Any) -> Chart:
    """Return a chart with three weeks of the channels g00, g01 and so on.

    Each channel is larger than the one before, and grows by 1 a week.
    """
    rows = [(week(at), f"g{number:02}", 10.0 * (number + 1) + at) for at in range(3) for number in range(count)]
    return chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, **changes)


def test_five_lines_have_their_names_at_their_ends_in_their_own_colours() -> None:
    chart = by_channel(5)
    assert chart.kind == "line"
    lines = {line["name"]: line["line"]["color"] for line in traces(chart, "scatter")}
    ends = {note["text"]: note["font"]["color"] for note in layout(chart)["annotations"]}
    assert ends == {name: readable(colour, LIGHT) for name, colour in lines.items()}
    assert len(set(lines.values())) == 5
    assert "legend" not in layout(chart)


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_every_colour_of_a_line_can_be_read_as_text(tokens: Tokens) -> None:
    for colour in tokens.series:
        assert contrast(readable(colour, tokens), tokens.page) >= 4.5
    assert readable(tokens.ink, tokens) == tokens.ink


def test_a_name_moved_off_its_line_is_joined_to_it() -> None:
    """Two lines end at 100 and 101, where a label needs 17 of 300 pixels. The third line is far away."""
    ends = {"a": 100.0, "b": 101.0, "c": 10.0}
    rows = [(week(at), name, end if at else end / 2) for at in range(2) for name, end in ends.items()]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT)
    leaders = {shape["y0"]: shape["y1"] for shape in layout(chart)["shapes"]}
    labels = {note["text"]: note["y"] for note in layout(chart)["annotations"]}
    assert set(leaders) <= {100, 101}
    assert leaders
    assert set(leaders.values()) <= set(labels.values())
    assert labels["c"] == 10


def test_six_to_eight_lines_have_a_legend_sorted_by_last_values_that_can_isolate_one() -> None:
    for count in (6, 8):
        chart = by_channel(count)
        assert chart.kind == "line"
        assert len({line["line"]["color"] for line in traces(chart, "scatter")}) == count
        entries = [one["name"] for one in sent(chart)["data"] if one["x"] == [None]]
        assert entries == [f"g{number:02}" for number in reversed(range(count))]
        assert layout(chart)["legend"]["itemclick"] == "toggleothers"
        assert notes(chart) == []
        grouped = [one["legendgroup"] for one in sent(chart)["data"]]
        assert all(grouped.count(name) == 2 for name in entries), "a line hides with its entry"


def test_among_nine_to_twelve_lines_the_largest_four_have_a_colour_and_a_name() -> None:
    chart = by_channel(9)
    lines = traces(chart, "scatter")
    coloured = {line["name"] for line in lines if line["line"]["color"] != LIGHT.other}
    assert coloured == {"g08", "g07", "g06", "g05"}
    assert set(notes(chart)) == coloured
    assert {line["name"] for line in lines[-4:]} == coloured, "in front of the grey ones"
    assert chart.note == "In color: the largest 4. Point at a gray line for its name."


def test_small_multiples_state_last_values_and_changes_with_the_largest_first() -> None:
    """g05 has 60, 61 and 62, so it ends 3.3% higher than it began."""
    chart = by_channel(6, wanted="multiples")
    assert chart.kind == "multiples"
    titles = notes(chart)
    assert titles[0] == f'<b>g05</b><br><span style="color:{LIGHT.muted}">€62.00 +3.3%</span>'
    assert [text[3:6] for text in titles] == ["g05", "g04", "g03", "g02", "g01", "g00"]
    assert "In titles: week of 16 Mar 2026, compared with week of 2 Mar 2026." in chart.note
    assert len({tuple(layout(chart)[axis]["range"]) for axis in layout(chart) if axis.startswith("yaxis")}) == 1


def test_titles_of_small_multiples_use_the_requested_comparison() -> None:
    rows = [(week(at), name, 30.0, 20.0) for at in range(2) for name in "abc"]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE, BEFORE], rows), LIGHT)
    assert "€30.00 +50.0%" in notes(chart)[0]
    assert "In titles: week of 9 Mar 2026, compared with previous period." in chart.note


def test_more_groups_than_can_be_drawn_are_counted() -> None:
    chart = by_channel(20)
    assert len(traces(chart, "scatter")) == 12
    assert chart.note.startswith("The largest 12 of 20 values of Channel are drawn; the table has all.")


def test_small_charts_have_their_whole_names_on_two_lines() -> None:
    rows = [(week(at), name, 1.0) for at in range(2) for name in ("Paid search generic", *"abcdef")]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, wanted="multiples")
    assert any(text.startswith("<b>Paid search<br>generic</b>") for text in notes(chart))


# Names at the ends of lines


def test_names_at_line_ends_never_overlap_and_stay_in_the_plot() -> None:
    rows = [
        (week(at), f"A channel of a long name {number}", 100.0 + number / 10) for at in range(3) for number in range(5)
    ]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT)
    ends = sorted(
        annotation["y"] for annotation in layout(chart)["annotations"] if annotation["text"].startswith("A channel")
    )
    low, high = layout(chart)["yaxis"]["range"]
    step = 17 * (high - low) / 300
    assert len(ends) == 5
    assert min(after - before for before, after in itertools.pairwise(ends)) >= step * 0.999
    assert low <= ends[0]
    assert ends[-1] <= high
    assert layout(chart)["margin"]["r"] <= 145
    names = [text for text in notes(chart) if not text.startswith("Axis starts")]
    assert all(text.endswith("\N{HORIZONTAL ELLIPSIS}") for text in names)


# Axes


AT_LEAST_THREE = [[0.0, 100.0], [90.0, 100.0], [0.0], [1.0], [0.0, 1.0], [3.0, 4.0], [0.031, 0.0312], [1e6, 1.001e6]]


@pytest.mark.parametrize("values", [*AT_LEAST_THREE, [-1.0, 0.0], [-5.0, 5.0]])
@pytest.mark.parametrize("few", [False, True])
@pytest.mark.parametrize("column", [REVENUE, ROAS, replace(REVENUE, format=NumberFormat.COUNT, unit="")])
def test_an_axis_has_three_labels_that_differ(values: list[float], few: bool, column: ResultColumn) -> None:
    about = value_axis(values, text.writer(column, values), LIGHT, few=few, foot=0.1)
    assert len(about["ticktext"]) >= 3
    assert len(set(about["ticktext"])) == len(about["ticktext"])
    assert about["range"][0] <= min(values)
    assert about["range"][1] >= max(values)


def test_a_line_that_starts_above_zero_has_a_break_at_the_foot_of_its_axis_and_says_where_it_starts() -> None:
    chart = chart_for(result([WEEKS, REVENUE], [(week(0), 90.0), (week(1), 100.0)]), LIGHT)
    assert "Axis starts at €90" in notes(chart)
    low, high = layout(chart)["yaxis"]["range"]
    assert 0 < low < layout(chart)["yaxis"]["tickvals"][0] == 90 < 100 <= high
    zigzag = [shape for shape in layout(chart)["shapes"] if shape.get("ysizemode") == "pixel"]
    assert [(one["x1"], one["y1"]) for one in zigzag[:-1]] == [(one["x0"], one["y0"]) for one in zigzag[1:]]
    assert all(shape["yanchor"] == low for shape in zigzag)


@pytest.mark.parametrize(
    ("values", "wanted"), [([10.0, 100.0], "line"), ([90.0, 100.0], "bar"), ([-90.0, -100.0], "line")]
)
def test_an_axis_with_zero_and_one_of_columns_has_no_break(values: list[float], wanted: str) -> None:
    chart = chart_for(
        result([WEEKS, REVENUE], [(week(at), value) for at, value in enumerate(values)]), LIGHT, wanted=wanted
    )
    assert not any("Axis starts" in text for text in notes(chart))
    assert not layout(chart).get("shapes")


def test_small_charts_on_a_broken_axis_say_so_in_the_note() -> None:
    rows = [(week(at), name, 90.0 + 10 * at) for at in range(2) for name in "abcdef"]
    chart = chart_for(result([WEEKS, CHANNEL, REVENUE], rows), LIGHT, wanted="multiples")
    assert "The axis starts at €90, not at 0." in chart.note
    feet = {shape["yref"] for shape in layout(chart)["shapes"] if shape.get("ysizemode") == "pixel"}
    assert feet == {"y", "y4"}, "in the first column, which has the numbers of the axis"
