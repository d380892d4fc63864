"""Metrics over time in Explore, over a small company: each kind is picked, answered and drawn, with its notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.result import selection
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Last, Query
from semantic.workspace import Workspace
from tests.kinds import LAST_DAY, build_kinds, open_kinds
from tests.pages.charts import figures
from tests.pages.explore_page import Open, asked, picker, popovers, rows, words
from tests.pages.pointer_menus import pointer_menu

WEEKLY, MONTHLY = Breakdown(DATE, Granularity.WEEK), Breakdown(DATE, Granularity.MONTH)
LAST_7_WEEKS = Last(7, Granularity.WEEK)
APRIL, MARCH = "BETWEEN DATE '2026-04-01' AND DATE '2026-04-19'", "BETWEEN DATE '2026-03-01' AND DATE '2026-03-19'"
LAST_WEEK, FOUR_WEEKS = (f"BETWEEN DATE '{first}' AND DATE '2026-04-19'" for first in ("2026-04-13", "2026-03-23"))
FOLLOWED = """
    EXISTS (SELECT 1 FROM orders AS o WHERE o.visitor = v.visitor AND o.ordered_at >= v.visited_at
      AND o.ordered_at < v.visited_at + INTERVAL 7 DAY
      AND NOT EXISTS (SELECT 1 FROM visits AS later WHERE later.visitor = v.visitor
        AND later.visited_at > v.visited_at AND later.visited_at <= o.ordered_at))
"""
"""A condition in SQL: an order within seven days belongs to the visit, if that's the latest visit before it. Shares are
in percent.
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kinds(tmp_path_factory.mktemp("kinds") / "kinds.duckdb")


@pytest.fixture(scope="module")
def workspace(data: Path) -> Iterator[Workspace]:
    opened = open_kinds(data)
    opened.day = LAST_DAY + timedelta(days=1)  # on which its tables were loaded
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("metric", "grain", "last_row", "said"),
    [
        (
            "rolling_roas", "Week",
            f"SELECT (SELECT sum(amount) FROM orders WHERE ordered_day {FOUR_WEEKS}) / "
            f"(SELECT sum(cost) FROM ads WHERE day {FOUR_WEEKS})",
            "Each week shows ROAS, 28 days as of its last day.",
        ),
        (
            "rolling_revenue", "Week", f"SELECT sum(amount) FROM orders WHERE ordered_day {LAST_WEEK}",
            "Each week shows revenue, 7 days as of its last day.",
        ),
        (
            "revenue_to_date", "Week", f"SELECT sum(amount) FROM orders WHERE ordered_day {APRIL}",
            "Each week shows revenue to date as of its last day.",
        ),
        (
            "revenue_so_far", "Month", "SELECT sum(amount) FROM orders",
            "Each month shows revenue so far as of its last day, the last one as of 19 Apr 2026.",
        ),
        (
            "mrr", "Week", "SELECT sum(monthly) FROM subscription_days WHERE day = DATE '2026-04-19'",
            "Each week shows recurring revenue (MRR) as of its last day.",
        ),
        (
            "mean_mrr", "Week",
            f"SELECT sum(monthly) / 7 FROM subscription_days WHERE day {LAST_WEEK}",
            "Each week shows mean recurring revenue as the average of its days.",
        ),
        (
            "visit_to_order", "Week",
            f"SELECT 100 * count(*) FILTER ({FOLLOWED}) / count(*) FROM visits AS v WHERE visit_day {LAST_WEEK}",
            "visits of the last 7 days can still convert",
        ),
        (
            "growth", "Month",
            f"SELECT 100 * (sum(amount) FILTER (ordered_day {APRIL}) / sum(amount) FILTER (ordered_day {MARCH}) - 1) "
            "FROM orders",
            "",
        ),
        ("median_order", "Week", f"SELECT median(amount) FROM orders WHERE ordered_day {LAST_WEEK}", ""),
    ],
)  # fmt: skip
def test_a_metric_of_each_kind_is_picked_answered_and_drawn(
    metric: str, grain: str, last_row: str, said: str, explore: Open, data: Path
) -> None:
    app = explore()
    picker(app, "Metric").set_value([metric]).run()
    picker(app, "Show by").set_value(grain).run()
    assert not app.exception
    assert asked(app).metrics == (metric,)
    assert [breakdown.dim for breakdown in asked(app).by] == [DATE]
    with duckdb.connect(str(data), read_only=True) as connection:
        truth = connection.execute(last_row).fetchone()
    assert truth is not None
    assert float(rows(app)[-1][-1]) == pytest.approx(float(truth[0]))
    assert len(figures(app)) == 1
    assert said in words(app)


def test_a_ratio_is_shown_next_to_its_windowed_version(explore: Open) -> None:
    app = explore()
    picker(app, "Metric").set_value(["roas", "rolling_roas"]).run()
    picker(app, "Show by").set_value("Week").run()
    assert not app.exception
    assert [len(row) for row in rows(app)] == [3] * 13
    assert app.title[0].value == "ROAS and ROAS, 28 days, weekly"
    assert lines(app) == {"ROAS", "ROAS, 28 days"}


def test_a_balance_is_a_line_above_the_weekly_amounts(explore: Open) -> None:
    app = explore(Query(metrics=("mrr", "revenue"), by=(WEEKLY,), time=LAST_7_WEEKS))
    assert lines(app) == {"Recurring revenue (MRR)", "Revenue"}
    titles = [trace["text"] for trace in figure(app)["layout"]["annotations"] if trace["yref"] == "paper"]
    assert titles == ["<b>Recurring revenue (MRR)</b>", "<b>Revenue</b>"]


def test_a_cohort_that_can_still_convert_is_dotted(explore: Open) -> None:
    app = explore(Query(metrics=("visit_to_order",), by=(WEEKLY,), time=LAST_7_WEEKS))
    dotted = [trace for trace in figure(app)["data"] if trace.get("line", {}).get("dash") == "dot"]
    assert [trace["x"] for trace in dotted] == [["2026-04-06", "2026-04-13"]]
    assert "Dotted: not final, visits since 13 Apr 2026 can still convert within 7 days." in words(app)


def test_a_month_to_date_metric_adds_the_weeks_up(explore: Open) -> None:
    """Only the last five days of the week of 30 March are in April. All later weeks are entirely in April."""
    app = explore(Query(metrics=("revenue", "revenue_to_date"), by=(WEEKLY,), time=LAST_7_WEEKS))
    weeks = rows(app)
    assert len(weeks) == 7
    for before, week in zip(weeks[-3:], weeks[-2:], strict=False):
        assert week[2] == pytest.approx(before[2] + week[1])


def test_the_menu_of_charts_says_why_a_balance_is_not_stacked(explore: Open) -> None:
    app = explore(Query(metrics=("mrr",), by=(WEEKLY, Breakdown("plan")), time=LAST_7_WEEKS))
    assert "Lines" in popovers(app)
    app.session_state["answer-chart-kind-line"] = True
    app.run()
    assert "Not available for this result" in words(app)
    assert "Recurring revenue (MRR) is an end-of-period value" in words(app)
    kinds = [button.label for button in app.button if (button.key or "").startswith("answer-kind-")]
    assert any(label.startswith("Lines") for label in kinds)
    assert not any(label.startswith("Stacked") for label in kinds)


@pytest.mark.parametrize(
    ("metric", "by", "row", "says"),
    [
        ("growth", MONTHLY, 1, "From 1 month before, 1 – 19 Mar 2026"),
        ("rolling_roas", WEEKLY, 6, "Over 23 Mar – 19 Apr 2026, 28 days"),
        ("visit_to_order", WEEKLY, 5, "No: the time to convert has passed for all visits"),
        ("visit_to_order", WEEKLY, 6, "Not final: visits since 13 Apr 2026 can still convert"),
    ],
    ids=["a month before", "28 days", "closed", "open"],
)
def test_clicking_a_number_shows_its_days(metric: str, by: Breakdown, row: int, says: str, explore: Open) -> None:
    app = explore(Query(metrics=(metric,), by=(by,), time=LAST_7_WEEKS))
    shown = app.session_state["answer-drawn"].result
    app.session_state["answer-selection"] = selection.Selection(shown, (row,), metric, "table")
    app = pointer_menu(app.run()).choose("Where it comes from")
    assert not app.exception
    assert "How it's calculated" in words(app)
    assert says in words(app) + app.table[0].value.to_string().replace("\\", "")


def figure(app: AppTest) -> dict[str, Any]:
    """Return the chart as the browser gets it."""
    (figure,) = figures(app)
    return figure


def lines(app: AppTest) -> set[str]:
    """Return the names of the traces that are drawn as a line from point to point."""
    drawn = [
        trace for trace in figure(app)["data"] if trace["type"] == "scatter" and trace.get("fill", "none") == "none"
    ]
    return {trace["name"] for trace in drawn if trace.get("hoverinfo") != "skip"}
