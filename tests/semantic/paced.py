"""A small company with targets: daily sales in two markets, monthly targets, and people with different access
to both.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

TODAY = date(2026, 1, 11)
"""Ten days of January are over.

Each day's sales were 800 in DE and 400 in FR, and on each day of December half of that.
"""

MODEL = """
datasets:
  - name: sales
    table: sales
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, channel: string, buyer: integer, amount: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}, {name: market}, {name: channel}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: lines, agg: count}
      - {name: buyers, agg: count_distinct, sql: buyer}
  - name: plan
    table: plan
    forward: true
    grain: [month, market]
    time: month
    columns: {month: date, market: string, amount: "decimal(18,2)"}
    dimensions: [{name: month, kind: time, grain: month}, {name: market}]
    measures: [{name: amount, agg: sum, sql: amount}]
metrics:
  - {name: planned, label: Planned revenue, measure: plan.amount, format: money, unit: EUR}
  - {name: revenue, label: Revenue, measure: sales.amount, format: money, unit: EUR, direction: up, target: planned}
  - {name: lines, label: Lines, measure: sales.lines, format: count}
  - {name: buyers, label: Buyers, measure: sales.buyers, format: count, direction: up}
  - {name: per_line, label: Per line, kind: ratio, numerator: revenue, denominator: lines, format: ratio, direction: up}
policies:
  - name: all_rows
    who: {people: [ana, stew, mark]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dora, fred]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: sales, where: "market IN (:markets)"}
      - {dataset: plan, where: "market IN (:markets)"}
  - name: no_plan
    who: {people: [nora]}
    grant: {metrics: [revenue], dimensions: all}
    whole: [sales]
people:
  - {id: ana, name: Ana, roles: [viewer]}
  - {id: mark, name: Mark, roles: [marketer]}
  - {id: stew, name: Stew, roles: [steward]}
  - {id: dora, name: Dora, roles: [marketer], attributes: {markets: [DE]}}
  - {id: fred, name: Fred, roles: [marketer], attributes: {markets: [FR]}}
  - {id: nora, name: Nora, roles: [viewer]}
"""
DATA = """
CREATE TABLE sales AS
SELECT CAST(row_number() OVER () AS INTEGER) AS id, d::DATE AS day, market, 'web' AS channel,
    CAST(row_number() OVER () % 7 AS INTEGER) AS buyer,
    (CASE WHEN market = 'DE' THEN 800 ELSE 400 END * CASE WHEN d < DATE '2026-01-01' THEN 0.5 ELSE 1 END)
        ::DECIMAL(18,2) AS amount
FROM range(DATE '2025-12-01', DATE '2026-01-11', INTERVAL 1 DAY) AS t(d), (VALUES ('DE'), ('FR')) AS m(market);
INSERT INTO sales VALUES (1000, DATE '2026-01-11', 'DE', 'web', 1, 99999);
CREATE TABLE plan AS SELECT * FROM (VALUES
    (DATE '2025-12-01', 'DE', 12400::DECIMAL(18,2)), (DATE '2025-12-01', 'FR', 6200),
    (DATE '2026-01-01', 'DE', 20000), (DATE '2026-01-01', 'FR', 11000),
    (DATE '2026-02-01', 'DE', 20000)
) AS t(month, market, amount);
"""


class PacedWorkspace(Workspace):
    """A workspace in which today is 11 January."""

    day = TODAY

    def today(self) -> date:
        return self.day


def open_paced(folder: Path, *changes: str, model: str = MODEL) -> PacedWorkspace:
    """Write the company to a file in this folder, run further SQL on it, and open it."""
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        for sql in (DATA, *changes):
            connection.execute(sql)
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(model, encoding="utf-8")
    opened = PacedWorkspace.open(Settings(data=str(file), model=folder / "model"))
    assert isinstance(opened, PacedWorkspace)
    return opened
