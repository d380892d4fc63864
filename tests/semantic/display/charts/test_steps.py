"""Waterfalls: each step is a cell or a difference of two cells, and together they add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.display.charts.chart import Chart, rows_behind
from semantic.display.charts.charts import chart_for, choices
from semantic.display.charts.reading_aid import what_is_drawn
from semantic.display.charts.steps import MOST_STEPS
from semantic.display.tokens import LIGHT
from semantic.display.words.how_to_read import sections
from semantic.model.definitions import Additivity
from semantic.query.query import MetricFilter, Query, Top
from semantic.results.result import Result, ResultColumn
from tests.semantic import made_results
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, ROAS, YEAR, layout, numbers, result, tooltips, traces

REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL, direction="up")
SPEND = replace(made_results.SPEND, additivity=Additivity.FULL, direction="down")


def money(name: str, label: str, direction: Any = "up") -> ResultColumn:
    return replace(REVENUE, name=name, label=label, direction=direction)


START, NEW, LOST, END = (
    money("opening", "MRR at the start"), money("new", "New MRR"), money("lost", "Churned MRR", "down"),
    money("mrr", "MRR"),
)  # fmt: skip


def waterfall(shown: Result) -> Chart:
    chart = chart_for(shown, LIGHT, wanted="waterfall")
    assert chart.kind == "waterfall", chart.note
    return chart


def reason(shown: Result) -> str:
    return next(choice.reason for choice in choices(shown) if choice.kind == "waterfall")


def bars(chart: Chart) -> dict[str, Any]:
    return traces(chart, "bar")[0]


def names(chart: Chart) -> list[str]:
    return [lines[0].partition("</b> \N{MIDDLE DOT} ")[2] for lines in tooltips(bars(chart))]


def test_a_waterfall_leads_from_before_to_now_by_member_with_the_largest_first() -> None:
    chart = waterfall(result([CHANNEL, REVENUE, BEFORE], [("a", 10.0, 4.0), ("b", 30.0, 50.0), ("c", 7.0, None)]))
    drawn = bars(chart)
    assert names(chart) == ["Previous period", "b", "c", "a", "This period"]
    assert drawn["x"] == [54, -20, 7, 6, 47]
    assert drawn["base"] == [0, 54, 34, 41, 0]
    assert numbers(drawn) == ["€54.00", "\N{MINUS SIGN}€20.00", "+€7.00", "+€6.00", "€47.00"]
    assert rows_behind(drawn) == [-1, 1, 2, 0, -1]
    assert tooltips(drawn)[1][1] == "€30.00, previous period €50.00"
    assert chart.alt.endswith(
        "Waterfall from Previous period €54.00 to This period €47.00: b \N{MINUS SIGN}€20.00, c +€7.00 and a +€6.00."
    )


def test_colours_say_what_is_good_for_the_metric_and_totals_are_grey() -> None:
    rows = [("a", 10.0, 4.0), ("b", 30.0, 50.0)]
    good, bad, total = LIGHT.favourable, LIGHT.unfavourable, LIGHT.muted
    before = replace(BEFORE, name="spend_previous", label="Spend, previous period")
    assert bars(waterfall(result([CHANNEL, REVENUE, BEFORE], rows)))["marker"]["color"] == [total, bad, good, total]
    assert bars(waterfall(result([CHANNEL, SPEND, before], rows)))["marker"]["color"] == [total, good, bad, total]
    plain = bars(waterfall(result([CHANNEL, replace(REVENUE, direction="none"), BEFORE], rows)))["marker"]["color"]
    assert plain == [total, LIGHT.series[1], LIGHT.series[0], total]


def test_the_smallest_of_many_members_are_one_step_and_other_comes_last() -> None:
    members = [(f"c{at}", 100.0 + at, 100.0) for at in range(1, 13)]
    shown = result([CHANNEL, REVENUE, BEFORE], [*members, (None, 5.0, 6.0)], ["member"] * 12 + ["other"])
    chart = waterfall(shown)
    assert names(chart) == [
        "Previous period", "c12", "c11", "c10", "c9", "c8", "c7", "c6", "Other (the rest)", "5 others", "This period",
    ]  # fmt: skip
    assert bars(chart)["x"][8:] == [-1, 1 + 2 + 3 + 4 + 5, 1200 + 78 + 5]
    assert len(names(chart)) == MOST_STEPS - 1 + 2 + 2


def test_additive_metrics_lead_from_the_first_to_the_last_with_losses_subtracted() -> None:
    chart = waterfall(result([START, NEW, LOST, END], [(100.0, 30.0, 20.0, 110.0)]))
    assert names(chart) == ["MRR at the start", "New MRR", "Churned MRR", "MRR"]
    assert bars(chart)["x"] == [100, 30, -20, 110]
    assert bars(chart)["base"] == [0, 100, 130, 0]
    assert rows_behind(bars(chart)) == [0, 0, 0, 0]
    assert bars(chart)["marker"]["color"][2] == LIGHT.unfavourable


def test_losses_stored_below_zero_are_added() -> None:
    chart = waterfall(result([START, NEW, LOST, END], [(100.0, 30.0, -20.0, 110.0)]))
    assert bars(chart)["x"] == [100, 30, -20, 110]


def test_a_metric_without_a_number_is_a_step_of_zero() -> None:
    assert bars(waterfall(result([START, NEW, LOST, END], [(100.0, None, 20.0, 80.0)])))["x"] == [100, 0, -20, 80]


def test_small_steps_between_large_totals_are_drawn_large_and_a_note_says_where_bars_start() -> None:
    chart = waterfall(result([CHANNEL, REVENUE, BEFORE], [("a", 1010.0, 1000.0), ("b", 1000.0, 1000.0)]))
    assert chart.note.startswith("Bars start at €1,990, not at 0")
    blocks, gaps = traces(chart, "bar")
    assert blocks["x"] == [2000, 10, 0, 2010]
    assert gaps["y"] == [0, 3]
    far = waterfall(result([CHANNEL, REVENUE, BEFORE], [("a", 1500.0, 1000.0)]))
    assert (far.note, len(traces(far, "bar"))) == ("", 1)


FITS = result([CHANNEL, REVENUE, BEFORE], [("a", 10.0, 4.0), ("b", 30.0, 50.0)], query=Query(metrics=("revenue",)))


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (result([CHANNEL, REVENUE], [("a", 1.0)]), "A waterfall shows a change. Compare with another period."),
        (result([CHANNEL, ROAS], [("a", 1.0)]), "ROAS doesn't add up over Channel"),
        (result([CHANNEL, COUNTRY, REVENUE, BEFORE], [("a", "DE", 1.0, 2.0)]), "one breakdown"),
        (result([CHANNEL, REVENUE, BEFORE], [("a", 1.0, None)]), "no number in the previous period"),
        (replace(FITS, hidden={"revenue_previous": (True, False)}), "hidden for privacy"),
        (replace(FITS, hidden={"revenue": (True, False)}), "hidden for privacy"),
        (replace(FITS, groups=9, query=replace(FITS.query, limit=2)), "The limit hides groups"),
        (replace(FITS, query=replace(FITS.query, having=(MetricFilter("revenue", ">", (1,)),))), "A filter on a"),
        (replace(FITS, query=replace(FITS.query, top=Top(2, "channel", "revenue", other=False))), "beyond the top"),
        (result([START, NEW, LOST, END], [(100.0, 30.0, 20.0, 111.0)]), "don't add up to MRR"),
        (result([START, NEW, LOST, END], [(100.0, 30.0, 20.0, None)]), "MRR has no number"),
        (result([START, NEW, ROAS], [(100.0, 30.0, 2.0)]), "the same unit"),
        (result([REVENUE, BEFORE], [(1.0, 2.0)]), "compared metric with one breakdown"),
    ],
)  # fmt: skip
def test_a_waterfall_that_cannot_be_drawn_says_why(shown: Result, says: str) -> None:
    assert says in reason(shown)
    assert chart_for(shown, LIGHT, wanted="waterfall").kind != "waterfall"


def test_only_the_first_metric_that_adds_up_and_its_first_comparison_are_drawn() -> None:
    columns = [CHANNEL, ROAS, REVENUE, BEFORE, YEAR]
    chart = waterfall(result(columns, [("a", 2.0, 10.0, 4.0, 3.0), ("b", 2.0, 30.0, 50.0, 3.0)]))
    assert "Shows Revenue. ROAS: table only." in chart.note
    assert "Same period last year: table only." in chart.note
    assert chart.title == "Revenue"


def test_a_waterfall_of_metrics_is_explained() -> None:
    shown = result([START, NEW, LOST, END], [(100.0, 30.0, 20.0, 110.0)])
    first, *_ = sections(what_is_drawn(waterfall(shown), shown))
    assert first.sentences == (
        "The last bar is MRR. Each bar above it shows how much one metric adds or subtracts.",
        "Each bar begins where the one above it ends, so the steps add up exactly.",
        "Green steps are for the better, red ones for the worse. Gray bars are totals.",
    )


cents = st.one_of(st.none(), st.integers(-1_000_000, 1_000_000).map(lambda value: value / 100))


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=30))
def test_each_step_begins_where_the_last_one_ends_and_the_last_is_the_sum_of_the_cells(
    pairs: list[tuple[float | None, float | None]],
) -> None:
    shown = result([CHANNEL, REVENUE, BEFORE], [(f"c{at}", *pair) for at, pair in enumerate(pairs)])
    chart = chart_for(shown, LIGHT, wanted="waterfall")
    if all(then is None for _, then in pairs):
        assert chart.kind != "waterfall"
        return
    drawn = bars(chart)
    ends = [start + value for start, value in zip(drawn["base"], drawn["x"], strict=True)]
    assert drawn["base"][1:-1] == pytest.approx(ends[:-2], abs=1e-6)
    assert ends[-2:] == pytest.approx([sum(now or 0 for now, _ in pairs)] * 2, abs=1e-6)
    assert ends[0] == pytest.approx(sum(then or 0 for _, then in pairs), abs=1e-6)
    for value, row in zip(drawn["x"], rows_behind(drawn), strict=True):
        if row >= 0:
            now, then = pairs[row]
            assert value == pytest.approx((now or 0) - (then or 0), abs=1e-9)


def test_a_name_from_the_data_is_plain_text() -> None:
    chart = waterfall(result([CHANNEL, REVENUE, BEFORE], [("<b>x</b>", 10.0, 4.0)]))
    assert names(chart)[1] == "&lt;b&gt;x&lt;/b&gt;"
    assert layout(chart)["yaxis"]["ticktext"][1] == "&lt;b&gt;x&lt;/b&gt;"
