"""How to read an answer: every kind of chart has its sentences, which describe what is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest

from semantic.annotations.annotation import Annotation
from semantic.display.charts.chart import Kind
from semantic.display.charts.charts import chart_for, choices
from semantic.display.charts.reading_aid import what_is_drawn
from semantic.display.tokens import LIGHT
from semantic.display.words.how_to_read import KINDS, DrawnAnswer, pivot_sentences, sections, table_sentences
from semantic.model.definitions import Additivity, Enough, Interval
from semantic.plan.time.period_aggregation import Timing
from semantic.query.query import Calculation, CalculationKind, Query, Top
from semantic.results.result import ColumnSupport, Period, Result, ResultColumn
from tests.semantic import made_results
from tests.semantic.display.charts.test_chart_choices import RESULTS
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, ROAS, WEEKS, YEAR, result, week

SPEND = made_results.SPEND
REVENUE = replace(made_results.REVENUE, additivity=Additivity.FULL)
TO_WEDNESDAY = Period(week(0), week(3) + timedelta(days=3), "Europe/Berlin", "to Wednesday")


def read(shown: Result, kind: str | None = None, **more: Any) -> dict[str, tuple[str, ...]]:
    """Return the sentences about a chart, by the heading above them."""
    targets = more.get("targets", {})
    chart = chart_for(shown, LIGHT, wanted=kind, **more)
    assert kind is None or chart.kind == kind
    return {part.title: part.sentences for part in sections(what_is_drawn(chart, shown, targets))}


def test_every_kind_of_chart_has_its_sentences() -> None:
    assert set(KINDS) == set(get_args(Kind))


@pytest.mark.parametrize("name", RESULTS)
def test_every_chart_says_how_to_read_it(name: str) -> None:
    shown = RESULTS[name]
    for kind in [None, *(choice.kind for choice in choices(shown) if not choice.reason)]:
        first, *_ = read(shown, kind).values()
        assert first
        assert all(sentence.endswith(".") and "  " not in sentence for sentence in first)


CHART = {
    ("weeks", "line"): ("The line is Revenue, week by week.",),
    ("weeks, two metrics", "line"): (
        "Each line is a metric, week by week.",
        "Each panel has its own scale, so compare shapes between panels, not heights.",
    ),
    ("weeks compared", "line"): (
        "The line is Revenue, week by week.",
        "The dashed line is the previous period, moved so that its weeks line up.",
    ),
    ("weeks by channel", "line"): ("Each line is one value of Channel, such as Mail, week by week.",),
    ("weeks by channel and country", "multiples"): (
        "Each small chart shows one value of Channel, with a line for each value of Country.",
        "The largest comes first. All charts have the same scale, so heights can be compared between them.",
    ),
    ("weeks by channel", "multiples"): (
        "Each small chart is one value of Channel, such as Mail, week by week.",
        "Its title shows the number for the last complete week and its change.",
        "The largest comes first. All charts have the same scale, so heights can be compared between them.",
    ),
    ("weeks", "area"): ("The height of the area is Revenue, week by week.",),
    ("weeks by channel", "area"): (
        "Each layer is one value of Channel, such as Mail. Layers are stacked, so the top edge is the total.",
        "Compare layers by their thickness. Only the lowest starts at 0.",
    ),
    ("weeks", "bar"): (
        "Each column is a week, and its height is Revenue.",
        "All columns start at 0, so one that is twice as long is twice as much.",
    ),
    ("channels", "bar"): (
        "Each bar is one value of Channel, such as b, and its length is Revenue.",
        "Bars are ordered by Revenue, largest first.",
        "All bars start at 0, so one that is twice as long is twice as much.",
    ),
    ("weeks by channel", "stacked"): (
        "Each column is a week, and each of its parts is one value of Channel, such as Mail."
        " The whole column is the total.",
        "Only the first part starts at 0. Compare that one and the totals; the table has the rest.",
    ),
    ("channels by country", "stacked"): (
        "Each bar is one value of Channel, and its parts are values of Country.",
        "Only the first part starts at 0. Compare that one and the totals; the table has the rest.",
    ),
    ("weeks by channel", "share"): (
        "Each column is a week and adds up to 100%. Each part is one value of Channel, such as Mail, with its share.",
        "A share can fall while its number rises, if the others rise more.",
    ),
    ("channels", "share"): (
        "Each bar is one value of Channel, such as b, and its length is its share of all Revenue.",
        "A share can fall while its number rises, if the others rise more.",
    ),
    ("channels by country", "heat"): (
        "Each row is one value of Channel, and each column one value of Country. A cell shows Revenue for both.",
        "The stronger the tint, the larger the number.",
    ),
    ("weeks by channel", "heat"): (
        "Each row is one value of Channel, and each column a week. A cell shows Revenue for both.",
        "The stronger the tint, the larger the number.",
    ),
    ("channels, two metrics", "scatter"): (
        "Each point is one value of Channel, such as b. Further right means more Revenue; further up, more Spend.",
        "Look for points far from the others. Two numbers that rise together don't prove a cause.",
    ),
    ("channels compared", "waterfall"): (
        "The first bar is Revenue in the previous period, the last one Revenue in this period.",
        "Each bar between them is the part of the change from one value of Channel, such as b. Small changes share"
        " one bar.",
        "Each bar begins where the one above it ends, so the steps add up exactly.",
        "Steps up and steps down have their own colors. Gray bars are totals.",
    ),
    ("many channels", "distribution"): (
        "Each column is a range of Revenue. Its height is the number of values of Channel in it.",
        "The dotted line is the median: half of the values are below it. Each value counts once, large or small.",
    ),
    ("channels", "pie"): (
        "Each slice is one value of Channel, such as b, and the whole pie is all Revenue.",
        "Slices of similar size are hard to tell apart. Choose bars to compare them.",
    ),
}


@pytest.mark.parametrize(("name", "kind"), CHART)
def test_the_sentences_name_what_is_drawn(name: str, kind: str) -> None:
    assert read(RESULTS[name], kind)["Chart"] == CHART[name, kind]


def test_a_scatter_names_the_marks_besides_its_points() -> None:
    shown = result([CHANNEL, REVENUE, ROAS, SPEND], [("a", 1.0, 2.0, 3.0), ("b", 4.0, 4.0, 1.0), (None, 5.0, 3.0, 4.0)],
                   ["member", "member", "total"])  # fmt: skip
    said = read(shown, "scatter")["Chart"]
    assert "Larger points have more Spend." in said
    assert "A dotted line marks the total of its metric." in said


def test_bars_with_a_comparison_name_it_and_say_what_green_means_only_if_a_change_is_judged() -> None:
    rows = [("a", 10.0, 4.0), ("b", 30.0, 20.0)]
    thin = "The thin bar below it is the same period last year, and the percentage is the change."
    judged = "A green change is better, a red one worse. A gray one is about the same, or can't be judged."
    neutral = read(result([CHANNEL, REVENUE, YEAR], rows))["Chart"]
    assert (thin in neutral, judged in neutral) == (True, False)
    assert judged in read(result([CHANNEL, replace(REVENUE, direction="up"), YEAR], rows))["Chart"]


def test_single_numbers_explain_the_text_below_them() -> None:
    shown = result([REVENUE, BEFORE], [(1.0, 2.0)])
    drawn = what_is_drawn(chart_for(shown, LIGHT), shown)
    (part,) = sections(replace(drawn, has_trend=True, has_pace=True))
    assert part.sentences == (
        "The number covers the whole period.",
        "Below it is the change from the previous period.",
        "The small line is the same number over time.",
        "The thin bar shows how much of the target has been reached. The tick marks 100%.",
    )


# Marks, each explained only where it is


def test_an_answer_without_marks_has_no_explanation_of_marks() -> None:
    assert "Marks" not in read(RESULTS["weeks"])


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("line", "A dotted end with a hollow point marks a partial week (to 25 Mar)."),
        ("bar", "A hatched column marks a partial week (to 25 Mar)."),
        ("area", "A hatched end marks a partial week (to 25 Mar)."),
    ],
)
def test_a_partial_period_is_named_by_its_look_and_days(kind: str, sentence: str) -> None:
    shown = result([WEEKS, REVENUE], [(week(at), 10.0 + at) for at in range(4)], period=TO_WEDNESDAY)
    assert read(shown, kind)["Marks"] == (sentence,)


def test_numbers_that_can_still_change_name_the_day_until_which_they_can() -> None:
    """29 March is the last day. It's final once the three days after it are loaded, on the day after 1 April."""
    late = replace(REVENUE, timing=Timing(final_after=3), loaded_to=date(2026, 3, 30), counted_to=date(2026, 3, 30))
    weeks = Period(week(0), week(4), "Europe/Berlin", "four weeks")
    shown = result([WEEKS, late], [(week(at), 10.0 + at) for at in range(4)], period=weeks)
    said = "end can still change until 2 Apr 2026, because some data arrives late."
    assert read(shown, "line")["Marks"] == (f"The dotted {said}",)
    assert read(shown, "bar")["Marks"] == (f"The hatched {said}",)


def test_a_gap_in_a_line_a_target_and_a_remark_are_explained() -> None:
    shown = result([WEEKS, REVENUE], [(week(0), 1.0), (week(2), 3.0)])
    remark = Annotation(first=week(1), last=week(1), text="Sale")
    assert read(shown, "line", targets={week(2): 5.0}, annotations=(remark,))["Marks"] == (
        "A gap in a line is a week without a number. It isn't 0.",
        "The thin green line is the target of each week.",
        "A dotted vertical line is a remark: it says what happened on that day.",
    )


def test_other_and_none_are_explained_with_the_size_of_the_top() -> None:
    rows = [("a", 10.0), (None, 5.0), (None, 3.0)]
    top = Query(metrics=("revenue",), top=Top(1, "channel", "revenue"))
    shown = result([CHANNEL, REVENUE], rows, ["member", "none", "other"], query=top)
    assert read(shown)["Marks"] == (
        "Other is everything outside the top 1, calculated from its own rows.",
        "“(none)” groups the rows without a value of Channel.",
    )


def test_too_little_data_and_hidden_for_privacy_are_explained_separately() -> None:
    few = ColumnSupport(
        need=Enough(30), is_enough=(True, False, True), what="sessions", counts=(90.0, 12.0, 40.0), beside=()
    )
    rows = [("a", 1.0), ("b", 2.0), ("c", None)]
    shown = result([CHANNEL, REVENUE], rows, support={"revenue": replace(few, beside=(1.0, 1.0, 1.0))})
    little = "A pale bar has too little data to rely on: fewer than 30 sessions."
    assert read(shown)["Marks"] == (little,)
    hidden = replace(shown, hidden={"revenue": (False, False, True)})
    assert read(hidden)["Marks"] == (
        little,
        "“Hidden” is a number that a policy hides for privacy, because it covers too few cases. It isn't 0.",
    )


def test_people_who_cannot_see_the_counted_thing_get_no_explanation_of_it() -> None:
    secret = ColumnSupport(need=Enough(30), is_enough=(True, False), what="sessions", counts=None)
    shown = result([CHANNEL, REVENUE], [("a", 1.0), ("b", 2.0)], support={"revenue": secret})
    said = " ".join((*read(shown)["Marks"], *table_sentences(shown)))
    assert "too few cases" in said
    assert "sessions" not in said
    assert "30" not in said


def test_an_interval_is_explained_by_its_look() -> None:
    rate = replace(ROAS, name="rate")
    sure = ColumnSupport(
        need=Enough(30, Interval.WILSON), is_enough=(True, True), what="visits", counts=(90.0, 40.0), beside=(9.0, 8.0)
    )
    shown = result([CHANNEL, rate], [("a", 0.1), ("b", 0.2)], support={"rate": sure})
    band = "is the 95% interval: how far chance alone could move the number."
    assert read(shown)["Marks"] == (f"The thin line at the end of a bar {band}",)
    over_time = result([WEEKS, rate], [(week(0), 0.1), (week(1), 0.2)], support={"rate": sure})
    assert read(over_time)["Marks"] == (f"The faint band {band}",)


def test_a_grid_with_numbers_on_both_sides_of_0_is_read_from_0() -> None:
    shown = result([CHANNEL, COUNTRY, REVENUE], [("a", "DE", 1.0), ("a", "FR", -1.0), ("b", "DE", 2.0), ("b", "FR", 3)])
    assert read(shown)["Chart"][1] == "The stronger the tint, the further a number is from 0."


# The table and the pivot


def test_the_table_says_how_totals_are_made_with_their_marks() -> None:
    shown = result([CHANNEL, REVENUE, ROAS], [("a", 1.0, 2.0), (None, 1.0, 2.0)], ["member", "total"])
    assert table_sentences(shown) == (
        "Each row is one value of Channel.",
        "Total (Σ): Revenue adds up.",
        "Total (↻): ROAS is recalculated from all rows, never summed.",
    )


def test_the_table_explains_only_the_columns_it_has() -> None:
    shown = result([WEEKS, CHANNEL, REVENUE, BEFORE], [(week(0), "a", None, 1.0)])
    assert table_sentences(shown) == (
        "Each row is one combination of Week and Channel.",
        "Next to each number are the one it's compared with and the change.",
        "A dash means that there's no number. It isn't 0.",
    )
    added = table_sentences(RESULTS["channels"], shares=True, scale=True, intervals=True)
    assert added == (
        "Each row is one value of Channel.",
        "Share is each row's part of the total. A full bar is 100%.",
        "The stronger the tint, the larger the number in its column.",
        "The 95% interval says how far chance alone could move a number.",
    )


CALCULATED = {
    CalculationKind.DIFFERENCE: "Extra is revenue minus ROAS.",
    CalculationKind.RATIO: "Extra is revenue divided by ROAS; totals divide the totals.",
    CalculationKind.PERCENT_OF_TOTAL: "Extra is the share of the total of revenue, over all groups, including those"
    " that aren't shown.",
    CalculationKind.RANK: "Extra is the rank by revenue, from the largest, among all groups; equal values share a"
    " rank.",
    CalculationKind.RUNNING_TOTAL: "Extra is the sum of revenue from the first period to this one, separately in each"
    " group.",
    CalculationKind.MOVING_AVERAGE: "Extra is the average of revenue over 3 calendar periods, ending with this one.",
    CalculationKind.INDEX: "Extra is revenue for every 100 of the first period that has a value.",
}


@pytest.mark.parametrize("kind", CalculationKind)
def test_every_calculation_is_explained(kind: CalculationKind) -> None:
    extra = Calculation(name="extra", do=kind, of="revenue", to="roas", along="date", periods=3)
    column = ResultColumn(name="extra", label="Extra", role="value", type=REVENUE.type, calculation=extra)
    shown = result([WEEKS, REVENUE, ROAS, column], [(week(0), 1.0, 2.0, 3.0)])
    assert CALCULATED[kind] in table_sentences(shown)


def test_the_pivot_names_its_rows_and_columns() -> None:
    shown = RESULTS["weeks by channel"]
    assert pivot_sentences(shown, ("date",)) == (
        "Rows are Channel, columns Week.",
        "Each cell is Revenue for its row and column.",
    )


def test_headings_are_left_out_if_nothing_is_below_them() -> None:
    assert [part.title for part in sections(DrawnAnswer(kind="table", metrics=()))] == ["Chart"]
