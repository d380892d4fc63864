"""The chart of an alert: its line, its band, its marks and its words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go

from semantic.annotations.annotation import Annotation
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import Writer
from semantic.display.tokens import DARK, LIGHT
from semantic.model.definitions import Granularity, NumberFormat

FIRST = date(2026, 11, 1)
EUROS = Writer(NumberFormat.MONEY, "EUR", 0, True)


def day(
    place: int, value: float | None, outcome: Outcome = "", *, band: tuple[float, float] | None = (90, 110)
) -> Watched:
    low, high = band or (None, None)
    return Watched(
        first=FIRST + timedelta(days=place), value=value, low=low, high=high, outcome=outcome,
        why="below its usual range" if outcome else "",
    )  # fmt: skip


def drawn(*days: Watched, remarks: tuple[Annotation, ...] = ()) -> dict[str, Any]:
    chart = watched_chart(days, "Revenue", Granularity.DAY, EUROS, LIGHT, remarks=remarks)
    assert chart.figure is not None
    return go.Figure(chart.figure.to_dict()).to_dict()  # validated, unlike the figure itself


def test_the_line_breaks_where_a_value_is_missing_and_the_band_where_a_range_is() -> None:
    figure = drawn(day(0, 100), day(1, None), day(2, 102, band=None), day(3, 99))
    band, line = figure["data"]
    assert list(line["y"]) == [100, None, 102, 99]
    assert line["connectgaps"] is False
    # The first two days there and back, then the fourth alone.
    assert [str(x)[-2:] if x else None for x in band["x"]] == ["01", "02", "02", "01", None, "04", "04", None]
    assert list(band["y"]) == [90, 90, 110, 110, None, 90, 110, None]


def test_fired_and_held_days_are_marked_differently_even_without_colour() -> None:
    figure = drawn(day(0, 100), day(1, 60, "fired"), day(2, 61, "held"), day(3, None, "held"))
    fired, held = figure["data"][2:]
    assert (fired["name"], list(fired["y"])) == ("Fired", [60])
    assert (held["name"], list(held["y"])) == ("Held", [61])  # a day without a value has no place
    assert fired["marker"]["color"] == LIGHT.unfavourable  # filled
    assert held["marker"]["color"] == LIGHT.page  # hollow
    assert "Fired: below its usual range" in fired["customdata"][0]
    assert "€90 to €110" in fired["customdata"][0]


def test_a_limit_on_one_side_is_a_dotted_line_that_the_scale_reaches() -> None:
    limits = [Watched(first=FIRST + timedelta(days=place), value=100, high=240) for place in range(2)]
    figure = drawn(*limits)
    limit, line = figure["data"]
    assert (list(limit["y"]), limit["line"]["dash"]) == ([240, 240], "dot")
    low, high = figure["layout"]["yaxis"]["range"]
    assert low <= 100
    assert high >= 240
    assert "€240 or less" in line["customdata"][0]


def test_remarks_are_named_above() -> None:
    remark = Annotation(first=FIRST, last=FIRST, text="Tracking <outage>")
    figure = drawn(day(0, 100), day(1, 60), remarks=(remark,))
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Tracking &lt;outage&gt;"]


def test_the_chart_is_described_in_words() -> None:
    days = [day(0, 100), day(1, 60, "fired"), day(2, 61, "held"), day(3, 99, "fired")]
    chart = watched_chart(days, "Revenue", Granularity.DAY, EUROS, DARK)
    assert chart.alt == "Revenue, 1 Nov 2026 to 4 Nov 2026. Fired 2 times: 2 Nov 2026 and 4 Nov 2026. Held 1 day."
    quiet = watched_chart([day(0, 100), day(1, 101)], "Revenue", Granularity.DAY, EUROS, DARK)
    assert quiet.alt == "Revenue, 1 Nov 2026 to 2 Nov 2026. Never fired."


def test_many_firings_name_the_last() -> None:
    days = [day(place, 60, "fired") for place in range(6)]
    chart = watched_chart(days, "Revenue", Granularity.DAY, EUROS, LIGHT)
    assert "Fired 6 times: last on 3 Nov 2026, 4 Nov 2026, 5 Nov 2026 and 6 Nov 2026." in chart.alt


def test_one_value_has_no_chart() -> None:
    chart = watched_chart([day(0, 100), day(1, None)], "Revenue", Granularity.DAY, EUROS, LIGHT)
    assert chart.figure is None
    assert "not enough values" in chart.alt
