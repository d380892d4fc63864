"""Numbers on a chart: one format, distinct ticks, counts as whole numbers, currency signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from semantic.display.charts.charts import chart_for
from semantic.display.charts.figures.frame import spread
from semantic.display.format import MINUS, writer
from semantic.display.template import value_axis
from semantic.display.tokens import LIGHT
from semantic.model.definitions import NumberFormat
from semantic.results.result import ResultColumn
from tests.semantic.made_results import CHANNEL, REVENUE, ROAS, WEEKS, layout, numbers, result, traces, week

RATE = replace(ROAS, name="rate", label="Rate", format=NumberFormat.SHARE)
ORDERS = replace(ROAS, name="orders", label="Orders", format=NumberFormat.COUNT)


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        (RATE, [0.0231, 0.0236], ["2.31%", "2.32%", "2.33%", "2.34%", "2.35%", "2.36%"]),
        (ROAS, [4.001, 4.003], ["4.0010", "4.0015", "4.0020", "4.0025", "4.0030"]),
        (REVENUE, [88_401.0, 88_449.0], ["€88.40K", "€88.41K", "€88.42K", "€88.43K", "€88.44K", "€88.45K"]),
    ],
)  # fmt: skip
def test_ticks_that_would_read_the_same_have_more_digits(
    column: ResultColumn, values: list[float], texts: list[str]
) -> None:
    axis = value_axis(values, writer(column, values), LIGHT)
    assert [one.rstrip() for one in axis["ticktext"]] == texts
    assert len(set(axis["ticktext"])) == len(axis["tickvals"])


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        (RATE, [0.0097, 0.011], ["0.975%", "1.000%", "1.025%", "1.050%", "1.075%", "1.100%"]),
        (ROAS, [1.18, 1.25], ["1.18", "1.20", "1.22", "1.24", "1.26"]),
        (REVENUE, [0, 11_000.0], ["€0", "€2.5K", "€5.0K", "€7.5K", "€10.0K", "€12.5K"]),
        (REVENUE, [0, 1_900_000.0], ["€0", "€500K", "€1.0M", "€1.5M", "€2.0M"]),
        (REVENUE, [-60_000.0, 50_000.0], [f"{MINUS}€75K", f"{MINUS}€50K", f"{MINUS}€25K", "€0", "€25K", "€50K"]),
    ],
)  # fmt: skip
def test_ticks_have_the_decimals_that_their_step_needs_and_all_the_same(
    column: ResultColumn, values: list[float], texts: list[str]
) -> None:
    assert value_axis(values, writer(column, values), LIGHT)["ticktext"] == texts


@pytest.mark.parametrize("most", [0, 1, 2, 3, 7, 10, 11])
def test_an_axis_of_counts_has_no_halves(most: int) -> None:
    axis = value_axis([0, most], writer(ORDERS), LIGHT)
    assert all(float(tickval) == round(tickval) for tickval in axis["tickvals"])
    assert len(axis["tickvals"]) >= 2


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("EUR", 950.0, "€950"),
        ("GBP", -1500.0, "\N{MINUS SIGN}£1.50K"),
        ("CHF", 1200.0, "CHF\N{NO-BREAK SPACE}1.20K"),
        ("SEK", 12.0, "SEK\N{NO-BREAK SPACE}12.00"),
        ("JPY", 12.0, "¥12"),
        ("CAD", 12.5, "CA$12.50"),
    ],
)
def test_money_has_the_sign_of_the_metrics_own_unit(unit: str, value: float, text: str) -> None:
    column = replace(REVENUE, unit=unit)
    assert writer(column, [value])(value) == text
    chart = chart_for(result([CHANNEL, column], [("a", value), ("b", value)]), LIGHT)
    assert all(label.startswith(f"&nbsp;{text}&nbsp;") for label in traces(chart, "scatter", "text")[0]["text"])


def test_an_axis_and_a_label_have_the_same_format_and_a_tooltip_every_digit() -> None:
    shown = result([WEEKS, REVENUE], [(week(at), 1_200.0 + 300 * at) for at in range(3)])
    chart = chart_for(shown, LIGHT)
    (line,) = traces(chart, "scatter")
    assert numbers(line) == ["€1,200", "€1,500", "€1,800"]
    assert "<b>€1.80K</b>" in [annotation["text"] for annotation in layout(chart)["annotations"]]
    assert layout(chart)["yaxis"]["ticktext"][-1] == "€1.8K"
    assert "+50.0%" in chart.alt


def test_a_rising_share_rises_by_percentage_points() -> None:
    chart = chart_for(result([WEEKS, RATE], [(week(0), 0.031), (week(1), 0.035)]), LIGHT)
    assert "From 3.1% to 3.5% in week of 9 Mar 2026, +0.4 pp." in chart.alt


def test_equal_values_are_a_level_line_on_a_scale_from_zero() -> None:
    chart = chart_for(result([WEEKS, REVENUE], [(week(at), 500.0) for at in range(4)]), LIGHT)
    assert layout(chart)["yaxis"]["range"][0] == 0
    assert "From €500 to €500 in week of 23 Mar 2026, 0.0%." in chart.alt


def test_a_name_at_the_end_of_an_axis_stays_within_it() -> None:
    """Plotly doesn't draw a name that extends even slightly beyond the axis."""
    low, middle, high = spread([-40.37, 100, 500], 10, -40.37, 500)
    assert -40.37 < low < -39 < middle < 499 < high < 500


def test_few_ticks_keep_the_zero_that_the_values_cross() -> None:
    axis = value_axis([-40, 380], lambda number: f"{number:g}", LIGHT, few=True)
    assert 0 in axis["tickvals"]
