"""Metrics of every kind explain themselves: the days of a number, its parts there, how it is drawn and totalled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.compile import compile_visible
from semantic.display.charts.charts import chart_for, choices
from semantic.display.tokens import LIGHT
from semantic.display.totals import totals_legend
from semantic.display.words.formula_parts import formula_parts
from semantic.display.words.metrics import adds_words, around_words
from semantic.display.words.passport import Passport, describe_cell
from semantic.display.words.side_by_side import facets, sentences
from semantic.errors import TimeMismatch
from semantic.explore.search import search
from semantic.model.definitions import OverTime
from semantic.model.loading.load import parse_model, read_folder
from semantic.plan.measures.kind_names import kind_group, kind_of, special_kind
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.query.query import Between, Query
from semantic.results.cell import ask_again, cell_of
from semantic.results.formula import asked_in, formula_tree, made_in
from semantic.results.result import Result
from semantic.sql.dialects.table import find_dialect
from tests.copies import copy_shop
from tests.kinds import build_kinds, open_kinds
from tests.shop import SHOP, TODAY, ShopWorkspace, open_shop

WEEK, MONTH = {"dim": "date", "grain": "week"}, {"dim": "date", "grain": "month"}
SEVEN_WEEKS = {"from": "2026-03-02", "to": "2026-04-19"}
MONDAY = date(2026, 4, 20)
"""All days before it are loaded, and none after them."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kinds(tmp_path_factory.mktemp("kinds") / "kinds.duckdb")


@pytest.fixture(scope="module")
def workspace(data: Path) -> Iterator[ShopWorkspace]:
    opened = open_kinds(data)
    yield opened
    opened.close()


def ask(workspace: ShopWorkspace, metric: str, *by: Any, who: str = "steward", **more: Any) -> Result:
    question = {"metrics": [metric], "by": list(by or (WEEK,)), "time": SEVEN_WEEKS} | more
    return workspace.ask(query_from_data(question), workspace.people[who])


def passport(workspace: ShopWorkspace, shown: Result, row: int, who: str = "steward") -> Passport:
    actor = workspace.people[who]
    visible = workspace.visible(actor)
    cell = cell_of(shown, row, shown.values[0].name)
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, visible)
    again = workspace.ask(ask_again(cell, shown.query, tuple(asked_in(tree))), actor, made=made_in(tree))
    return describe_cell(shown, row, cell, tree, again, visible, today=workspace.today())


def truth(data: Path, sql: str) -> tuple[Any, ...]:
    with duckdb.connect(str(data), read_only=True) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row


# Explained


def test_a_rolling_ratio_has_its_parts_of_its_own_window(workspace: ShopWorkspace, data: Path) -> None:
    shown = ask(workspace, "rolling_roas")
    about_cell = passport(workspace, shown, 6)
    window = "BETWEEN DATE '2026-03-23' AND DATE '2026-04-19'"
    revenue, spend = truth(
        data,
        f"SELECT (SELECT sum(amount) FROM orders WHERE ordered_day {window}), "
        f"(SELECT sum(cost) FROM ads WHERE day {window})",
    )
    assert [(line.label, line.value) for line in about_cell.parts] == [
        ("ROAS, 28 days", f"{revenue / spend:.2f}"),
        ("Revenue", f"€{revenue:,.2f}"),
        ("Ad spend", f"€{spend:,.2f}"),
    ]
    assert dict(about_cell.facts)["Counts"] == "23 Mar – 19 Apr 2026, 28 days"
    assert about_cell.parts[1].how == "Over 23 Mar – 19 Apr 2026, 28 days: the sum of amount in orders"
    assert shown.notes == ("Each week shows ROAS, 28 days as of its last day.",)


@pytest.mark.parametrize(
    ("metric", "row", "label", "days"),
    [
        ("rolling_revenue", 0, "Counts", "2 – 8 Mar 2026, 7 days"),
        ("revenue_to_date", 4, "Counts", "1 – 5 Apr 2026, the month to date"),
        ("revenue_so_far", 0, "Counts", "All time until 8 Mar 2026"),
        ("mrr", 0, "Day used", "The last with rows, up to 8 Mar 2026"),
        ("mean_mrr", 0, "Day used", "The average of 2 – 8 Mar 2026"),
    ],
)
def test_the_days_of_a_number(workspace: ShopWorkspace, metric: str, row: int, label: str, days: str) -> None:
    assert dict(passport(workspace, ask(workspace, metric), row).facts)[label] == days


def test_a_part_from_before_says_from_when_and_is_of_then(workspace: ShopWorkspace, data: Path) -> None:
    about_cell = passport(workspace, ask(workspace, "growth", MONTH), 1)
    now, before = truth(
        data,
        "SELECT sum(amount) FILTER (ordered_day >= DATE '2026-04-01'), "
        "sum(amount) FILTER (ordered_day BETWEEN DATE '2026-03-01' AND DATE '2026-03-19') FROM orders",
    )
    assert [line.value for line in about_cell.parts] == [f"{now / before - 1:.1%}", f"€{now:,.2f}", f"€{before:,.2f}"]
    assert about_cell.parts[2].how.startswith("From 1 month before, 1 – 19 Mar 2026: ")
    start = passport(workspace, ask(workspace, "since_start", MONTH), 1)
    (first,) = truth(data, "SELECT sum(monthly) FROM subscription_days WHERE day = DATE '2026-04-01'")
    assert start.parts[2].value == f"€{first:,.2f}"
    assert start.parts[2].how.startswith("From the start of the month, 1 Apr 2026: ")


def test_a_cohort_names_its_date_and_its_open_part(workspace: ShopWorkspace, data: Path) -> None:
    shown = ask(workspace, "visit_to_order")
    closed, running = passport(workspace, shown, 5), passport(workspace, shown, 6)
    assert closed.remark == ""
    assert dict(closed.facts)["Still open"] == "No: all visits have had their time"
    assert running.remark == "Not final: visits since 13 Apr 2026 can still convert, until 26 Apr 2026."
    assert dict(running.facts)["Dated by"] == "Date of the visit: a cohort is all visits of its days"
    converted, visits = truth(
        data,
        """
        SELECT count(*) FILTER (EXISTS (
          SELECT 1 FROM orders AS o WHERE o.visitor = v.visitor AND o.ordered_at >= v.visited_at
            AND o.ordered_at < v.visited_at + INTERVAL 7 DAY
            AND NOT EXISTS (SELECT 1 FROM visits AS later WHERE later.visitor = v.visitor
              AND later.visited_at > v.visited_at AND later.visited_at <= o.ordered_at)
        )), count(*) FROM visits AS v WHERE visit_day BETWEEN DATE '2026-04-06' AND DATE '2026-04-12'
        """,
    )
    assert [(line.label, line.value) for line in closed.parts][1:] == [
        ("Visits that led to orders", str(converted)),
        ("Visits", str(visits)),
    ]
    assert shown.notes == ("Visit to order uses the date of the visit; visits of the last 7 days can still convert.",)
    by_period = ask(workspace, "orders_led_to")
    assert by_period.notes == ("Orders after visits uses the date of the conversion, whenever the visit was.",)
    assert passport(workspace, by_period, 6).remark == ""


def test_hidden_components_are_not_revealed(workspace: ShopWorkspace) -> None:
    """Mia may not know visits nor spend; what rests on them she may."""
    for metric in ("rolling_roas", "visit_to_order"):
        about_cell = passport(workspace, ask(workspace, metric, who="mia"), 0, who="mia")
        said = " ".join([*(f"{line.label} {line.value}" for line in about_cell.parts), about_cell.computed_as])
        assert "Visits" not in said
        assert "spend" not in said
        assert "A metric outside your scope" in said


def test_every_metric_can_be_asked_again_with_its_parts(workspace: ShopWorkspace) -> None:
    """By week and month, with totals, a comparison, a breakdown: the parts stand beside the same number."""
    steward = workspace.people["steward"]
    for metric in workspace.visible(steward).metrics:
        alone: Any = {"by": []}
        if metric.name == "growth":  # seven weeks have no month before them that is not partly their own
            with pytest.raises(TimeMismatch, match="overlap"):
                ask(workspace, metric.name, **alone)
            alone |= {"time": {"from": "2026-03-01", "to": "2026-03-31"}}
        changes: Any = ({"totals": ["grand"]}, {"compare": [{"to": "previous"}]}, {"by": [MONTH]}, alone)
        for more in changes:
            by = (MONTH,) if metric.name == "growth" else (WEEK,)  # a week has no month before it
            shown = ask(workspace, metric.name, *by, **more)
            for row in range(shown.table.num_rows):
                about_cell = passport(workspace, shown, row)
                assert not about_cell.no_parts, (metric.name, more, row)
                assert about_cell.parts[0].value == about_cell.value


def test_comparisons_of_windows_are_of_equal_days(workspace: ShopWorkspace, data: Path) -> None:
    """The month to 19 April beside March to the 19th; 28 days beside 28."""
    to_date = {"from": "2026-04-01", "to": "2026-04-19"}
    back = {"to": {"back": 1, "unit": "month"}}
    shown = ask(workspace, "revenue_to_date", MONTH, time=to_date, compare=[back])
    now, before = truth(
        data,
        "SELECT sum(amount) FILTER (ordered_day >= DATE '2026-04-01'), "
        "sum(amount) FILTER (ordered_day BETWEEN DATE '2026-03-01' AND DATE '2026-03-19') FROM orders",
    )
    row = shown.rows()[0]
    assert [float(row[column.name]) for column in shown.values] == [float(now), float(before)]  # type: ignore[arg-type]


# Drawn


def test_windows_and_conversions_and_medians_never_stack(workspace: ShopWorkspace) -> None:
    reasons = {
        "rolling_revenue": "Revenue, 7 days is counted over overlapping days",
        "revenue_so_far": "Revenue so far is counted over overlapping days",
        "rolling_roas": "ROAS, 28 days is a ratio",
        "median_order": "Median order is a median or percentile",
        "visit_to_order": "Visit to order is a conversion rate",
        "growth": "Revenue growth is calculated from another period too",
    }
    for metric, reason in reasons.items():
        shown = ask(workspace, metric, MONTH if metric == "growth" else WEEK, "channel")
        refused = {choice.kind: choice.reason for choice in choices(shown)}
        for kind in ("stacked", "share", "area"):
            assert refused[kind].startswith(reason), (metric, kind, refused[kind])
        assert chart_for(shown, LIGHT).kind == "line"


def test_an_area_is_for_what_only_gathers(workspace: ShopWorkspace) -> None:
    allowed = {
        metric: {choice.kind: not choice.reason for choice in choices(ask(workspace, metric))}["area"]
        for metric in ("revenue_so_far", "revenue_to_date", "rolling_revenue", "mrr", "revenue")
    }
    assert allowed == {
        "revenue_so_far": True, "revenue_to_date": False, "rolling_revenue": False, "mrr": False, "revenue": True,
    }  # fmt: skip


def test_a_balance_is_not_stacked_along_time_but_is_a_part_of_one_day(workspace: ShopWorkspace) -> None:
    along = {choice.kind: choice.reason for choice in choices(ask(workspace, "mrr", WEEK, "plan"))}
    assert along["stacked"].startswith("Recurring revenue (MRR) is an end-of-period value")
    assert along["bar"].endswith("too thin to compare. Choose small multiples.")
    revenue = {choice.kind: choice.reason for choice in choices(ask(workspace, "revenue", WEEK, "channel"))}
    assert revenue["bar"].endswith("too thin to compare. Stack them, or choose small multiples.")
    assert not {choice.kind: choice.reason for choice in choices(ask(workspace, "mrr", "plan"))}["share"]
    assert not {choice.kind: choice.reason for choice in choices(ask(workspace, "mrr"))}["bar"]


@pytest.mark.parametrize(
    ("metrics", "panels"),
    [
        (["mrr", "revenue"], ["Recurring revenue (MRR)", "Revenue"]),
        (["revenue", "revenue_to_date"], ["Revenue", "Revenue to date"]),
        (["revenue", "rolling_revenue"], []),
        (["roas", "rolling_roas"], []),
    ],
)
def test_actuals_are_separate_from_plans(metrics: list[str], panels: list[str], workspace: ShopWorkspace) -> None:
    """Beside a balance or what gathers, what comes in a week would be a line along the axis. One panel has no title."""
    asked = {"metrics": metrics, "by": [WEEK], "time": SEVEN_WEEKS}
    drawn = chart_for(workspace.ask(query_from_data(asked), workspace.people["steward"]), LIGHT)
    assert drawn.figure is not None
    sent: Any = drawn.figure.to_plotly_json()
    assert [
        annotation["text"] for annotation in sent["layout"]["annotations"] if annotation.get("yref") == "paper"
    ] == [f"<b>{panel}</b>" for panel in panels]


def test_a_number_that_is_not_final_is_not_in_bold(workspace: ShopWorkspace) -> None:
    def ends(metric: str, by: Any = WEEK) -> list[bool]:
        drawn = chart_for(ask(workspace, metric, by), LIGHT)
        assert drawn.figure is not None
        sent: Any = drawn.figure.to_plotly_json()
        return [
            "<b>" in annotation["text"]
            for annotation in sent["layout"]["annotations"]
            if annotation.get("xshift") == 10
        ]

    april = ends("revenue", MONTH)  # counted to the 19th
    assert (ends("visit_to_order"), april, ends("rolling_roas")) == ([False], [False], [True])


def test_a_cohorts_axis_and_its_open_end(workspace: ShopWorkspace) -> None:
    drawn = chart_for(ask(workspace, "visit_to_order"), LIGHT)
    assert drawn.figure is not None
    sent: Any = drawn.figure.to_plotly_json()
    assert any(annotation["text"] == "By week of the visit" for annotation in sent["layout"]["annotations"])
    dotted = [trace for trace in sent["data"] if trace.get("line", {}).get("dash") == "dot"]
    assert [list(trace["x"]) for trace in dotted] == [["2026-04-06", "2026-04-13"]]
    assert drawn.note == "Dotted: not final, visits since 13 Apr 2026 can still convert within 7 days."
    assert "16" not in drawn.alt.partition("Lowest")[2]  # the open cohort is neither highest nor lowest
    bars = chart_for(ask(workspace, "visit_to_order"), LIGHT, wanted="bar")
    assert bars.figure is not None
    shapes = bars.figure.to_plotly_json()["data"][0]["marker"]["pattern"]["shape"]
    assert list(shapes) == ["", "", "", "", "", "", "/"]


def test_a_cohort_of_days_is_open_for_its_whole_window(workspace: ShopWorkspace) -> None:
    """Known to the end of 19 April: what was visited on the 12th had its seven days, the 13th has not."""
    shown = ask(workspace, "visit_to_order", {"dim": "date", "grain": "day"})
    drawn = chart_for(shown, LIGHT)
    assert drawn.figure is not None
    dotted = [one for one in drawn.figure.to_plotly_json()["data"] if one.get("line", {}).get("dash") == "dot"]
    assert list(dotted[0]["x"]) == [f"2026-04-{day:02}" for day in range(12, 20)]


# Totalled


@pytest.mark.parametrize(
    ("metric", "kind", "said"),
    [
        ("rolling_revenue", "day", "Revenue, 7 days is the last day's value, never summed over time"),
        ("mrr", "day", "Recurring revenue (MRR) is the last day's value, never summed over time"),
        ("mean_mrr", "day", "Mean recurring revenue is the average of the days, never summed over time"),
        ("visit_to_order", "recomputed", "Visit to order is recalculated from all rows, never summed"),
        ("median_order", "recomputed", "Median order is recalculated from all rows, never summed"),
        ("revenue", "summed", "Revenue adds up"),
    ],
)
def test_a_total_says_what_it_is(workspace: ShopWorkspace, metric: str, kind: str, said: str) -> None:
    shown = ask(workspace, metric, totals=["grand"])
    assert totals_legend(shown) == [(kind, said)]
    rows = [row[metric] for row in shown.rows()]
    if kind == "day" and metric != "mean_mrr":
        assert rows[-1] == rows[-2]  # the total of all weeks is the last day's value


def test_a_balance_adds_up_over_dimensions_other_than_time(workspace: ShopWorkspace) -> None:
    assert totals_legend(ask(workspace, "mrr", "plan", totals=["grand"])) == [
        ("summed", "Recurring revenue (MRR) adds up")
    ]


# Rows behind


def records_of(workspace: ShopWorkspace, shown: Result, row: int, metric: str) -> Any:
    return workspace.records(
        shown.query, cell_of(shown, row, shown.values[0].name), metric, workspace.people["steward"]
    )


@pytest.mark.parametrize(
    ("metric", "of", "said"),
    [
        ("rolling_roas", "revenue", "Ask for revenue over these days, and view the rows behind it."),
        ("mrr", "mrr", "Break down by day, and view the rows behind one day."),
        ("visit_to_order", "orders", "Ask for orders over these days"),
    ],
)
def test_rows_of_other_days_are_refused_with_a_way_on(
    workspace: ShopWorkspace, metric: str, of: str, said: str
) -> None:
    with pytest.raises(TimeMismatch, match=said):
        records_of(workspace, ask(workspace, metric), 2, of)


def test_rows_that_are_of_the_days_shown_are_listed(workspace: ShopWorkspace, data: Path) -> None:
    day = ask(workspace, "mrr", {"dim": "date", "grain": "day"})
    (count,) = truth(data, "SELECT count(*) FROM subscription_days WHERE day = DATE '2026-03-02'")
    assert records_of(workspace, day, 0, "mrr").count == count
    assert records_of(workspace, ask(workspace, "visit_to_order"), 0, "visits").count == 28
    assert records_of(workspace, ask(workspace, "growth", MONTH), 1, "revenue").count > 0


# Named and found


def test_kinds_have_names(workspace: ShopWorkspace) -> None:
    model = workspace.model
    names = {metric.name: kind_of(metric, model) for metric in model.metrics.values()}
    assert names["rolling_roas"] == "Rolling 28 days"
    assert names["revenue_to_date"] == "Month to date"
    assert names["revenue_so_far"] == "All time to date"
    assert names["visit_to_order"] == "Conversion rate by cohort"
    assert names["orders_led_to"] == "Conversions by period"
    assert names["mrr"] == "Balance"
    assert names["median_order"] == "Median"
    assert names["growth"] == "Compared with an earlier period"
    assert [special_kind(model.metrics[name], model) for name in ("revenue", "roas")] == ["", ""]
    assert kind_group(model.metrics["rolling_revenue"], model) == "Rolling"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rolling", {"rolling_roas", "rolling_revenue"}),
        ("cumulative", {"rolling_roas", "rolling_revenue", "revenue_to_date", "revenue_so_far"}),
        ("mtd", {"revenue_to_date"}),
        ("cohort", {"visit_to_order"}),
        ("conversion", {"visit_to_order", "orders_led_to"}),
        ("balance", {"mrr", "mean_mrr"}),
        ("p90", {"high_order"}),
    ],
)
def test_kinds_are_found_by_what_people_call_them(workspace: ShopWorkspace, typed: str, first: set[str]) -> None:
    hits = search(workspace.visible(workspace.people["steward"]), typed, kinds=("metric",))
    assert {hit.name for hit in hits[: len(first)]} == first


def test_why_a_metric_was_found_by_its_kind(workspace: ShopWorkspace) -> None:
    hit = search(workspace.visible(workspace.people["steward"]), "mtd", kinds=("metric",))[0]
    assert hit.why == "Kind: month to date"


def test_how_it_adds_up_in_words(workspace: ShopWorkspace) -> None:
    model = workspace.model
    assert adds_words(model.metrics["mrr"], model) == "over everything but time: of a period the last day counts"
    assert adds_words(model.metrics["rolling_revenue"], model).startswith("never: neighbouring values share days")


def test_a_formula_over_a_window_is_laid_out_with_the_window(workspace: ShopWorkspace) -> None:
    visible = workspace.visible(workspace.people["steward"])

    def parts(name: str) -> list[str]:
        tree = formula_tree(visible.metric(name), visible)
        found_formula_parts = formula_parts(tree, visible.model)
        return [
            f"{formula_part.metric} {around_words(formula_part.node.around)}".strip()
            if formula_part.node
            else formula_part.sign
            for formula_part in found_formula_parts
        ]

    assert parts("rolling_roas") == ["revenue 28 days, to the last day", "÷", "spend 28 days, to the last day"]
    assert parts("growth") == ["(", "revenue", "−", "revenue 1 month before", ") ÷", "revenue 1 month before"]
    assert parts("mrr") == []
    mia = workspace.visible(workspace.people["mia"])
    assert formula_parts(formula_tree(mia.metric("rolling_roas"), mia), mia.model) == ()


def test_side_by_side_says_how_two_kinds_differ(workspace: ShopWorkspace) -> None:
    visible = workspace.visible(workspace.people["steward"])
    metric, other = visible.metric("rolling_revenue"), visible.metric("revenue_to_date")
    said = {facet.name: (facet.one, facet.other) for facet in facets(metric, other, visible)}
    assert said["Kind"] == ("Rolling 7 days", "Month to date")
    _, differs = sentences(metric, other, visible, ([], []))
    assert any("over the 7 days up to and including each day" in text for text in differs)


# Without an end


def test_a_window_ends_on_the_same_day_whatever_rows_a_filter_leaves(tmp_path: Path) -> None:
    """Of a period without an end the last day that is over counts, not the last that some channel has orders on."""
    data = copy_shop(tmp_path / "shop.duckdb")
    shop = open_shop(data)
    shop.day = MONDAY
    steward = shop.people["steward"]
    wide = {"metrics": ["revenue_28d"], "time": {"from": "2026-03-01"}}
    by_channel = shop.ask(query_from_data(wide | {"by": ["channel"]}), steward)
    for name in ("Search", "Social", "Mail"):
        where = {"dim": "channel", "op": "in", "values": [name]}
        alone = shop.ask(query_from_data(wide | {"where": where}), steward)
        (by_hand,) = truth(
            data,
            f"""SELECT sum(amount) FROM orders JOIN channels USING (channel_key) WHERE NOT is_test
            AND channel = '{name}' AND order_day BETWEEN DATE '2026-03-23' AND DATE '2026-04-19'""",
        )
        beside = [row["revenue_28d"] for row in by_channel.table.to_pylist() if row["channel"] == name]
        assert ([row["revenue_28d"] for row in alone.table.to_pylist()], beside[:1] or [None]) == (
            [by_hand],
            [by_hand],
        ), name
    shop.close()


def roas_of(data: Path, first: str, last: str) -> float:
    """Revenue over ad spend of these days."""
    days = f"BETWEEN DATE '{first}' AND DATE '{last}'"
    revenue, spend = truth(
        data,
        f"SELECT (SELECT sum(amount) FROM orders WHERE ordered_day {days}), "
        f"(SELECT sum(cost) FROM ads WHERE day {days})",
    )
    return float(revenue) / float(spend)


def test_a_window_of_a_running_period_ends_with_the_last_known_day(workspace: ShopWorkspace, data: Path) -> None:
    """April is known to the 19th: its 28 days are those from 23 March, its seven days those from the 13th."""
    april = {"from": "2026-03-01", "to": "2026-04-30"}
    shown = ask(workspace, "rolling_roas", MONTH, time=april, metrics=["rolling_roas", "rolling_revenue"])
    march, running = shown.table.to_pylist()
    (week,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-04-13' AND '2026-04-19'")
    assert float(march["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-04", "2026-03-31"))
    assert float(running["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-23", "2026-04-19"))
    assert running["rolling_revenue"] == week
    assert shown.notes == (
        "Counted to 19 Apr 2026: later days aren't loaded yet.",
        "Each month shows ROAS, 28 days and revenue, 7 days as of its last day, the last one as of 19 Apr 2026.",
    )


@pytest.mark.parametrize(
    ("time", "by"),
    [
        ({"from": "2026-03-01", "to": "2026-04-19"}, [MONTH]),
        ({"from": "2026-03-01"}, [MONTH]),
        ({"from": "2026-03-01", "to": "2026-05-31"}, [MONTH]),
        ({"from": "2026-03-01", "to": "2026-05-31"}, [WEEK]),
        ({"from": "2026-03-01", "to": "2026-04-20"}, []),
    ],
)
def test_a_window_has_all_its_days_however_far_the_question_goes(
    time: dict[str, str], by: list[Any], workspace: ShopWorkspace, data: Path
) -> None:
    shown = ask(workspace, "rolling_roas", by=by, time=time)
    last = shown.table.to_pylist()[-1]["rolling_roas"]
    assert float(last) == pytest.approx(roas_of(data, "2026-03-23", "2026-04-19"))
    said = "Counted to 19 Apr 2026: later days aren't loaded yet." in shown.notes
    assert said == (time.get("to", "2026-11-01") > "2026-04-19")  # without an end it is of all days that are over
    assert "End the period" not in " ".join(shown.notes)


@pytest.mark.parametrize(
    ("today", "said"), [(date(2026, 6, 1), "loaded"), (date(2026, 5, 18), "loaded"), (date(2026, 5, 16), "over")]
)
def test_a_window_of_days_that_are_not_known_is_missing(today: date, said: str, data: Path) -> None:
    workspace = open_kinds(data)
    workspace.day = today
    shown = ask(workspace, "rolling_roas", by=[], time={"from": "2026-05-16", "to": "2026-05-17"})
    assert [row["rolling_roas"] for row in shown.table.to_pylist()] == [None]
    assert shown.notes == (f"No day of the period is {said} yet.",)
    workspace.close()


def test_days_that_the_other_month_lacks_are_compared_with_nothing(workspace: ShopWorkspace, data: Path) -> None:
    """February has no 29th to 31st day."""
    days = {"from": "2026-03-29", "to": "2026-03-31"}
    shown = ask(workspace, "revenue", by=[], time=days, compare=[{"to": {"back": 1, "unit": "month"}}])
    (own,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-03-29' AND '2026-03-31'")
    assert [list(row.values()) for row in shown.table.to_pylist()] == [[own, None]]
    assert shown.notes == ("No day of this period has a matching day to compare with.",)


@pytest.mark.parametrize("by", [[], [WEEK], [MONTH]])
def test_a_window_up_to_a_day_that_is_let_in_says_so(by: list[Any], data: Path) -> None:
    """On 20 April the 28 days up to then are those from 24 March, of which today is not over."""
    workspace = open_kinds(data)
    workspace.day = MONDAY
    time = {"to_date": "month", "complete": False}
    names: Any = ["rolling_roas", "rolling_revenue", "revenue_to_date", "revenue"]
    shown = ask(workspace, "rolling_roas", by=by, time=time, metrics=names)
    last = shown.table.to_pylist()[-1]
    (week,) = truth(data, "SELECT sum(amount) FROM orders WHERE ordered_day BETWEEN DATE '2026-04-14' AND '2026-04-20'")
    assert float(last["rolling_roas"]) == pytest.approx(roas_of(data, "2026-03-24", "2026-04-20"))
    assert last["rolling_revenue"] == week
    assert [note for note in shown.notes if "over." in note] == [
        "ROAS, 28 days counts the 28 days up to 20 Apr 2026, and 27 of them are over. "
        "End the period on 19 Apr 2026 to see all 28.",
        "Revenue, 7 days counts the 7 days up to 20 Apr 2026, and 6 of them are over. "
        "End the period on 19 Apr 2026 to see all 7.",
    ]
    workspace.close()


def test_the_first_day_of_no_first_day_is_not_guessed() -> None:
    shop = parse_model(read_folder(SHOP))
    metric = shop.metrics["revenue_28d"]
    assert metric.cumulative is not None
    first = replace(metric, cumulative=replace(metric.cumulative, at=OverTime.FIRST))
    model = replace(shop, metrics={**shop.metrics, metric.name: first})
    seen = narrow(model, read_people(read_folder(SHOP))["steward"])
    begun = Query(metrics=("revenue_28d",), time=Between(date(2026, 3, 1), None))
    compile_visible(seen, begun, find_dialect("duckdb"), today=TODAY)
    with pytest.raises(TimeMismatch, match="Choose a period with a start date"):
        compile_visible(seen, replace(begun, time=None), find_dialect("duckdb"), today=TODAY)


# Ways on


def test_an_offset_by_months_is_split_by_month_where_weeks_do_not_line_up(tmp_path: Path) -> None:
    """People of March and April 2025 stand beside the months of 2026: 2,048 on the 31st, then 1,024 + 1 + 2 + 4 + 8."""
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    steward = shop.people["steward"]
    by_week = {
        "metrics": ["people", "people_year_before"],
        "by": [WEEK],
        "time": {"from": "2026-03-01", "to": "2026-04-30"},
        "order": [{"by": "date_week", "desc": True}],
        "calc": [{"name": "so_far", "do": "running_total", "of": "people", "along": "date_week"}],
    }
    preflight = shop.preflight(query_from_data(by_week), steward)
    assert isinstance(preflight.error, TimeMismatch)
    (repair,) = [each_repair for each_repair in preflight.repairs if each_repair.label == "Break down by month"]
    rows = shop.ask(repair.query, steward).table.select(["date_month", "people", "people_year_before"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 3, 1), 7 + 9, 2048),
        (date(2026, 4, 1), 32 + 64 + 128 + 256 + 512, 1024 + 1 + 2 + 4 + 8),
    ]
    assert (repair.query.order, repair.query.calc) == ((), ())  # the weeks that they named are gone
    shop.close()


# Rows by a metric of each


def test_a_metrics_own_metric_of_each_is_of_all_days_and_a_questions_of_its_days(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "regulars.yml").write_text(
        """
metrics:
  - {name: of_regulars, measure: orders.amount, filter: NOT is_test, where: "metric_of('order_count', 'customer') > 2"}
""",
        encoding="utf-8",
    )
    for file, text in read_folder(SHOP).items():
        (folder / Path(file).name).write_text(text, encoding="utf-8")
    data = copy_shop(tmp_path / "shop.duckdb")
    plain = open_shop(data)
    plain.close()
    shop = ShopWorkspace.open(replace(plain.settings, model=folder))
    steward = shop.people["steward"]
    march = {"from": "2026-03-01", "to": "2026-03-31"}
    more_than_two = {"metric": "order_count", "per": "customer", "op": ">", "value": 2}

    def of(metric: str, **where: Any) -> object:
        asked = query_from_data({"metrics": [metric], "time": march} | where)
        return shop.ask(asked, steward).table.column(metric)[0].as_py()

    values = [of("of_regulars"), of("revenue", where=more_than_two), of("revenue", where=more_than_two | {"time": {}})]
    shop.close()
    in_march = "AND order_day BETWEEN DATE '2026-03-01' AND DATE '2026-03-31'"
    paid = f"SELECT sum(amount) FROM orders WHERE NOT is_test {in_march} AND customer_id IN"
    regular = "SELECT customer_id FROM orders WHERE NOT is_test"
    (all_days,) = truth(data, f"{paid} ({regular} GROUP BY 1 HAVING count(*) > 2)")
    (its_days,) = truth(data, f"{paid} ({regular} {in_march} GROUP BY 1 HAVING count(*) > 2)")
    assert all_days != its_days
    assert values == [all_days, its_days, all_days]
