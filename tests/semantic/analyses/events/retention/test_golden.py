"""Retention of the customers of a real shop, the UCI Online Retail set, equals figures that were computed elsewhere.

The set isn't part of the project: SAMEPAGE_SETS names the folder that has it, as `.ci/run` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.retention.finding import RetentionFound
from semantic.config.settings import Settings
from semantic.services.analyzing.run import analyze
from semantic.workspace import Workspace

FOLDER = os.environ.get("SAMEPAGE_SETS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SAMEPAGE_SETS names no folder with public data sets")
RETENTION = EVENT_KINDS["retention"]
YEAR_END = date(2012, 1, 1)
"""The set ends on 9 December 2011. On this day, December counts as known, as in the expected figures."""

MODEL = """
model: {name: Shop, time_zone: UTC}
datasets:
  - name: lines
    label: Lines
    table: lines
    grain: [id]
    time: sold
    columns: {id: integer, customer: integer, moment: timestamp, quantity: integer, price: double, amount: double}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: sold, label: Sold, kind: time, sql: moment}, {name: customer, label: Customer}]
    measures: [{name: lines, agg: count}, {name: amount, agg: sum, sql: amount}]
metrics:
  - {name: lines, label: Lines, measure: lines.lines, format: count}
  - {name: sales, label: Sales, measure: lines.lines, filter: quantity > 0 AND price > 0, format: count}
  - {name: revenue, label: Revenue, measure: lines.amount, filter: quantity > 0 AND price > 0, format: count}
policies: [{name: all, who: {people: [ana]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [marketer]}]
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("retail")
    file = Path(FOLDER or "") / "online_retail" / "online_retail_2010_2011.parquet"
    with duckdb.connect(folder / "shop.duckdb") as connection:
        connection.execute(
            "CREATE TABLE lines AS SELECT row_number() OVER () AS id, CAST(CustomerID AS BIGINT) AS customer,"
            " InvoiceDate AS moment, Quantity AS quantity, UnitPrice AS price, Quantity * UnitPrice AS amount"
            f" FROM read_parquet('{file}')"
        )
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = Workspace.open(Settings(data=str(folder / "shop.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


def found(shop: Workspace, today: date = YEAR_END, **asked: Any) -> RetentionFound:
    data = {"subject": "customer", "unit": "month", "over": "month"} | asked
    return analyze(shop, RETENTION, RETENTION.read(data), shop.people["ana"], today=today).found


def test_the_first_cohort_equals_the_expected_figures(shop: Workspace) -> None:
    first = found(shop, first="lines").cohorts[0]
    assert (first.over, first.size) == (date(2010, 12, 1), 948)
    assert [cell.came for cell in first.cells] == [362, 317, 367, 341, 376, 360, 336, 336, 374, 354, 474, 260]
    assert [cell.eligible for cell in first.cells] == [948] * 12


def test_a_filter_decides_who_is_in_a_cohort(shop: Workspace) -> None:
    first = found(shop, first="sales", periods=3).cohorts[0]
    assert (first.size, *(cell.came for cell in first.cells)) == (885, 324, 286, 340)


def test_over_all_cohorts_only_people_observed_long_enough_count(shop: Workspace) -> None:
    cells = found(shop, first="sales", periods=3).whole.cells
    assert [(cell.came, cell.eligible) for cell in cells] == [(976, 4_297), (942, 3_974), (927, 3_616)]
    assert [f"{100 * (cell.share or 0):.3f}" for cell in cells] == ["22.714", "23.704", "25.636"]


def test_a_month_that_is_not_over_has_no_number(shop: Workspace) -> None:
    """On the day after the last rows, December isn't over, so the last month of each cohort is open."""
    as_it_was = found(shop, today=date(2011, 12, 10), first="sales")
    first, *_, last = as_it_was.cohorts
    assert [cell.came for cell in first.cells][:3] == [324, 286, 340]
    assert first.cells[11].is_open
    assert (last.over, last.size, {cell.is_open for cell in last.cells}) == (date(2011, 12, 1), 41, {True})
    month, second = as_it_was.whole.cells[:2]
    assert (month.eligible, second.eligible) == (3_974, 3_616)


def test_retention_equals_hand_written_sql(shop: Workspace) -> None:
    """A separate statement counts the whole triangle and its revenue."""
    sql = """
    WITH sold AS (SELECT customer, CAST(date_trunc('month', moment) AS DATE) AS month, amount FROM lines
                  WHERE customer IS NOT NULL AND quantity > 0 AND price > 0),
         starts AS (SELECT customer, min(month) AS cohort FROM sold GROUP BY 1)
    SELECT cohort, date_diff('month', cohort, month) AS later, count(DISTINCT customer), sum(amount)
    FROM starts JOIN sold USING (customer) WHERE month > cohort GROUP BY 1, 2 ORDER BY 1, 2
    """
    with duckdb.connect(shop.settings.data, read_only=True) as connection:
        by_hand = {(cohort, later): rest for cohort, later, *rest in connection.execute(sql).fetchall()}
    asked: dict[str, Any] = {"return": "revenue", "measure": "amount"}  # Any: as in JSON
    whole = found(shop, YEAR_END, first="sales", **asked)
    cells = {
        (row.over, later): [cell.came, pytest.approx(cell.amount)]
        for row in whole.cohorts
        for later, cell in enumerate(row.cells, start=1)
        if cell.came
    }
    assert len(cells) == 78
    assert {place: [came, float(amount)] for place, (came, amount) in by_hand.items()} == cells
