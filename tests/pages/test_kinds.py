"""Metrics over time in Explore, over a small company: picked in the builder, answered, drawn, with what to know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from semantic.query.query import DATE
from semantic.workspace import Workspace
from tests.kinds import build_kinds, open_kinds
from tests.pages import test_explore
from tests.pages.test_explore import Open, asked, picker, rows, words

who, explore = test_explore.who, test_explore.explore

APRIL, MARCH = "BETWEEN DATE '2026-04-01' AND DATE '2026-04-19'", "BETWEEN DATE '2026-03-01' AND DATE '2026-03-19'"
LAST_WEEK, FOUR_WEEKS = (f"BETWEEN DATE '{first}' AND DATE '2026-04-19'" for first in ("2026-04-13", "2026-03-23"))
FOLLOWED = """
    EXISTS (SELECT 1 FROM orders AS o WHERE o.visitor = v.visitor AND o.ordered_at >= v.visited_at
      AND o.ordered_at < v.visited_at + INTERVAL 7 DAY
      AND NOT EXISTS (SELECT 1 FROM visits AS later WHERE later.visitor = v.visitor
        AND later.visited_at > v.visited_at AND later.visited_at <= o.ordered_at))
"""
"""Whether an order within seven days belongs to the visit, the latest one before it. Shares are in per cent."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kinds(tmp_path_factory.mktemp("kinds") / "kinds.duckdb")


@pytest.fixture(scope="module")
def workspace(data: Path) -> Iterator[Workspace]:
    opened = open_kinds(data)
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
            "Each month shows revenue so far as of its last day.",
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
def test_one_of_each_kind_is_picked_answered_and_drawn(
    metric: str, grain: str, last_row: str, said: str, explore: Open, data: Path
) -> None:
    app = explore()
    picker(app, "Metric").set_value([metric]).run()
    picker(app, "Over time by").set_value(grain).run()
    assert not app.exception
    assert asked(app).metrics == (metric,)
    assert [one.dim for one in asked(app).by] == [DATE]
    with duckdb.connect(str(data), read_only=True) as connection:
        truth = connection.execute(last_row).fetchone()
    assert truth is not None
    assert float(rows(app)[-1][-1]) == pytest.approx(float(truth[0]))
    assert len(app.get("plotly_chart")) == 1
    assert said in words(app)


def test_a_ratio_stands_beside_itself_over_a_window(explore: Open) -> None:
    app = explore()
    picker(app, "Metric").set_value(["roas", "rolling_roas"]).run()
    picker(app, "Over time by").set_value("Week").run()
    assert not app.exception
    assert [len(row) for row in rows(app)] == [3] * 13
    assert app.title[0].value == "ROAS and ROAS, 28 days, weekly"
