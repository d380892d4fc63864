"""Sparklines: their ends and extremes in words, filled only if the scale starts at 0."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from semantic.display.charts.sparkline import course_chart
from semantic.display.tokens import LIGHT
from semantic.results.result import Period, Result
from tests.semantic.made_results import MONDAY, REVENUE, WEEKS, result, tooltips


def line(values: Sequence[float | None]) -> Result:
    """Return a line of whole weeks from Monday 2 March 2026 on."""
    weeks = [(MONDAY + timedelta(weeks=place), value) for place, value in enumerate(values)]
    asked = Period(MONDAY, MONDAY + timedelta(weeks=len(values)), "Europe/Berlin", "")
    return result([WEEKS, REVENUE], weeks, period=asked, computed_at=datetime(2027, 1, 1, tzinfo=UTC))


def drawn(values: Sequence[float | None]) -> dict[str, Any]:
    figure = course_chart(line(values), LIGHT).figure
    assert figure is not None
    return figure.to_dict()


def test_a_sparklines_ends_and_extremes_are_in_words() -> None:
    figure = drawn([1_000.0, 1_200.0, 900.0, 1_100.0])
    assert [annotation["text"] for annotation in figure["layout"]["annotations"]] == [
        "2 Mar 2026", "23 Mar 2026", "€1.20K", "€900",
    ]  # fmt: skip
    (trace,) = figure["data"]
    assert list(trace["y"]) == [1_000.0, 1_200.0, 900.0, 1_100.0]
    assert trace["marker"]["opacity"] == [0, 1, 1, 1]  # the highest, the lowest and the last
    assert tooltips(trace)[0] == ["<b>€1,000</b>", "week of 2 Mar 2026"]


def test_a_line_that_does_not_start_at_zero_is_not_filled() -> None:
    assert "fill" not in drawn([1_000.0, 1_200.0, 900.0])["data"][0]
    filled = drawn([1.0, 8.0, 3.0])
    assert filled["data"][0]["fill"] == "tozeroy"
    low, high = filled["layout"]["yaxis"]["range"]
    assert low < 0 < 8 < high  # so that the lowest number has room below it


def test_equal_extremes_are_not_named() -> None:
    assert [annotation["text"] for annotation in drawn([5.0, 5.0, 5.0])["layout"]["annotations"]] == [
        "2 Mar 2026",
        "16 Mar 2026",
    ]


def test_a_sparkline_is_described_in_a_sentence() -> None:
    alt = course_chart(line([1_000.0, 1_200.0, 900.0]), LIGHT).alt
    assert "from €1.00K in week of 2 Mar 2026 to €900 in week of 16 Mar 2026" in alt
    assert "Highest: €1.20K in week of 9 Mar 2026. Lowest: €900 in week of 16 Mar 2026." in alt


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, None, 3.0, 4.0]])
def test_a_series_with_a_gap_or_too_few_points_has_no_chart(values: list[float | None]) -> None:
    assert course_chart(line(values), LIGHT).figure is None
