"""Metrics of every kind explain themselves: a number's days and parts, its chart and its totals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.display.charts.charts import chart_for, choices
from semantic.display.tokens import LIGHT
from semantic.display.totals import totals_legend
from semantic.display.words.formula_parts import formula_parts
from semantic.display.words.metrics import adds_words, modifier_words
from semantic.display.words.side_by_side import facets, sentences
from semantic.errors import TimeMismatch
from semantic.explore.search import search
from semantic.model.loading.load import read_folder
from semantic.plan.measures.kind_names import kind_group, kind_of, special_kind
from semantic.query.data import query_from_data
from semantic.results.cell import cell_of
from semantic.results.formula import formula_tree
from semantic.results.result import Result
from tests.copies import copy_shop
from tests.semantic.plan.measures.seven_weeks import MONTH, SEVEN_WEEKS, WEEK, ask, passport, truth
from tests.shop import SHOP, ShopWorkspace, open_shop

# Explained


def test_a_rolling_ratio_has_the_parts_of_its_own_window(workspace: ShopWorkspace, data: Path) -> None:
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
def test_a_number_states_its_days(workspace: ShopWorkspace, metric: str, row: int, label: str, days: str) -> None:
    assert dict(passport(workspace, ask(workspace, metric), row).facts)[label] == days


def test_a_part_from_an_earlier_period_states_and_uses_its_own_days(workspace: ShopWorkspace, data: Path) -> None:
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


def test_a_cohort_states_its_date_and_its_open_part(workspace: ShopWorkspace, data: Path) -> None:
    shown = ask(workspace, "visit_to_order")
    closed, running = passport(workspace, shown, 5), passport(workspace, shown, 6)
    assert closed.remark == ""
    assert dict(closed.facts)["Still open"] == "No: the time to convert has passed for all visits"
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
    """Mia can't see visits or spend, but can see metrics based on them."""
    for metric in ("rolling_roas", "visit_to_order"):
        about_cell = passport(workspace, ask(workspace, metric, who="mia"), 0, who="mia")
        said = " ".join([*(f"{line.label} {line.value}" for line in about_cell.parts), about_cell.computed_as])
        assert "Visits" not in said
        assert "spend" not in said
        assert "A metric outside your scope" in said


def test_every_metric_can_be_asked_again_with_its_parts(workspace: ShopWorkspace) -> None:
    """By week and month, with totals, a comparison and a breakdown, the parts are returned with the same number."""
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


def test_compared_windows_have_the_same_number_of_days(workspace: ShopWorkspace, data: Path) -> None:
    """The month to 19 April is compared with March to the 19th, and 28 days with 28 days."""
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


def test_windows_conversions_and_medians_are_never_stacked(workspace: ShopWorkspace) -> None:
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


def test_an_area_is_offered_only_for_totals_that_grow(workspace: ShopWorkspace) -> None:
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
def test_balances_and_running_totals_get_their_own_panel(
    metrics: list[str], panels: list[str], workspace: ShopWorkspace
) -> None:
    """Next to a balance or a running total, a weekly amount would be a flat line. A single panel has no title."""
    asked = {"metrics": metrics, "by": [WEEK], "time": SEVEN_WEEKS}
    drawn = chart_for(workspace.ask(query_from_data(asked), workspace.people["steward"]), LIGHT)
    assert drawn.figure is not None
    sent: Any = drawn.figure.to_plotly_json()
    assert [
        annotation["text"] for annotation in sent["layout"]["annotations"] if annotation.get("yref") == "paper"
    ] == [f"<b>{panel}</b>" for panel in panels]


def test_a_number_that_is_not_final_is_not_bold(workspace: ShopWorkspace) -> None:
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


def test_a_cohorts_axis_marks_its_open_end(workspace: ShopWorkspace) -> None:
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
    """Data is known to the end of 19 April.

    Visits of the 12th have had their seven days, and visits of the 13th haven't.
    """
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
def test_a_total_explains_what_it_is(workspace: ShopWorkspace, metric: str, kind: str, said: str) -> None:
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
def test_rows_of_other_days_are_refused_with_a_repair(
    workspace: ShopWorkspace, metric: str, of: str, said: str
) -> None:
    with pytest.raises(TimeMismatch, match=said):
        records_of(workspace, ask(workspace, metric), 2, of)


def test_rows_of_the_shown_days_are_listed(workspace: ShopWorkspace, data: Path) -> None:
    day = ask(workspace, "mrr", {"dim": "date", "grain": "day"})
    (count,) = truth(data, "SELECT count(*) FROM subscription_days WHERE day = DATE '2026-03-02'")
    assert records_of(workspace, day, 0, "mrr").count == count
    assert records_of(workspace, ask(workspace, "visit_to_order"), 0, "visits").count == 28
    assert records_of(workspace, ask(workspace, "growth", MONTH), 1, "revenue").count > 0


# Named and found


def test_kinds_of_metrics_have_names(workspace: ShopWorkspace) -> None:
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
def test_kinds_of_metrics_are_found_by_everyday_names(workspace: ShopWorkspace, typed: str, first: set[str]) -> None:
    hits = search(workspace.visible(workspace.people["steward"]), typed, kinds=("metric",))
    assert {hit.name for hit in hits[: len(first)]} == first


def test_a_metric_found_by_its_kind_says_why(workspace: ShopWorkspace) -> None:
    hit = search(workspace.visible(workspace.people["steward"]), "mtd", kinds=("metric",))[0]
    assert hit.why == "Kind: month to date"


def test_additivity_is_described_in_words(workspace: ShopWorkspace) -> None:
    model = workspace.model
    assert adds_words(model.metrics["mrr"], model) == "over everything but time: for a period, the last day counts"
    assert adds_words(model.metrics["rolling_revenue"], model).startswith("never: neighboring values share days")


def test_a_formula_over_a_window_is_shown_with_the_window(workspace: ShopWorkspace) -> None:
    visible = workspace.visible(workspace.people["steward"])

    def parts(name: str) -> list[str]:
        tree = formula_tree(visible.metric(name), visible)
        found_formula_parts = formula_parts(tree, visible.model)
        return [
            f"{formula_part.metric} {modifier_words(formula_part.node.around)}".strip()
            if formula_part.node
            else formula_part.sign
            for formula_part in found_formula_parts
        ]

    assert parts("rolling_roas") == ["revenue 28 days, to the last day", "÷", "spend 28 days, to the last day"]
    assert parts("growth") == ["(", "revenue", "−", "revenue 1 month before", ") ÷", "revenue 1 month before"]
    assert parts("mrr") == []
    mia = workspace.visible(workspace.people["mia"])
    assert formula_parts(formula_tree(mia.metric("rolling_roas"), mia), mia.model) == ()


def test_a_comparison_of_metrics_says_how_two_kinds_differ(workspace: ShopWorkspace) -> None:
    visible = workspace.visible(workspace.people["steward"])
    metric, other = visible.metric("rolling_revenue"), visible.metric("revenue_to_date")
    said = {facet.name: (facet.one, facet.other) for facet in facets(metric, other, visible)}
    assert said["Kind"] == ("Rolling 7 days", "Month to date")
    _, differs = sentences(metric, other, visible, ([], []))
    assert any("over the 7 days up to and including each day" in text for text in differs)


# Ways on


def test_an_offset_by_months_is_split_by_month_if_weeks_do_not_align(tmp_path: Path) -> None:
    """March and April 2025 are shown next to the months of 2026: 2,048 on the 31st, then 1,024 + 1 + 2 + 4 + 8."""
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


def test_a_metrics_own_filter_per_member_covers_all_days_and_a_questions_its_own_days(tmp_path: Path) -> None:
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
