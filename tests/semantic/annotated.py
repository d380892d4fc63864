"""A small company with dated remarks: a model of sales, the remarks, and people with different access to them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

TODAY = date(2026, 4, 20)
MODEL = """
datasets:
  - name: sales
    table: sales
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, amount: "decimal(18,2)"}
    dimensions:
      - {name: day, kind: time}
      - {name: market}
    measures: [{name: amount, agg: sum, sql: amount}, {name: lines, agg: count}]
  - name: remarks
    table: remarks
    grain: [id]
    columns: {id: integer, from_day: date, to_day: date, market: string, said: string, sort: string}
    dimensions:
      - {name: remark, sql: said}
      - {name: remark_kind, sql: sort}
      - {name: remark_from, kind: time, sql: from_day}
      - {name: remark_to, kind: time, sql: to_day}
      - {name: market}
metrics:
  - {name: revenue, measure: sales.amount, format: money, unit: EUR}
  - {name: sales_lines, measure: sales.lines, format: count}
annotations:
  - name: happened
    dataset: remarks
    text: remark
    kind: remark_kind
    starts: remark_from
    ends: remark_to
    concerns: [market]
    metrics: [revenue]
policies:
  - name: all_rows
    who: {people: [ana]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dora]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: sales, where: "market IN (:markets)"}
      - {dataset: remarks, where: "market IS NULL OR market IN (:markets)"}
  - name: sales_alone
    who: {people: [sam]}
    grant: {metrics: all, dimensions: all}
    whole: [sales]
  - name: no_markets
    who: {people: [nora]}
    grant: {metrics: all, dimensions: [day, remark, remark_kind, remark_from, remark_to]}
    whole: all
  - name: masked
    who: {people: [mia]}
    grant: {metrics: all, dimensions: all}
    whole: all
    masks: [{dimension: remark, kind: hash}]
people:
  - {id: ana, name: Ana, roles: [viewer]}
  - {id: dora, name: Dora, roles: [viewer], attributes: {markets: [DE]}}
  - {id: sam, name: Sam, roles: [viewer]}
  - {id: nora, name: Nora, roles: [viewer]}
  - {id: mia, name: Mia, roles: [viewer]}
"""
DATA = """
CREATE TABLE sales AS SELECT * FROM (VALUES
    (1, DATE '2026-03-03', 'DE', 10.00::DECIMAL(18,2)), (2, DATE '2026-03-12', 'FR', 20),
    (3, DATE '2026-03-20', 'DE', 30)
) AS t(id, day, market, amount);
CREATE TABLE remarks AS SELECT * FROM (VALUES
    (1, DATE '2026-02-20', DATE '2026-03-02', NULL, 'Sale', 'price'),
    (2, DATE '2026-03-10', NULL, 'DE', 'New shop', 'site'),
    (3, DATE '2026-03-11', DATE '2026-03-15', 'FR', 'Strike', 'outage'),
    (4, DATE '2026-02-01', DATE '2026-02-28', NULL, 'Too early', 'site'),
    (5, DATE '2026-03-31', NULL, NULL, 'Too late', 'site'),
    (6, DATE '2026-02-27', NULL, NULL, 'One day too early', 'site')
) AS t(id, from_day, to_day, market, said, sort);
"""
MARCH = "m=revenue&by=day:week&t=2026-03-01..2026-03-30"


def open_annotated(folder: Path, *changes: str) -> Workspace:
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        for sql in (DATA, *changes):
            connection.execute(sql)
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    return Workspace.open(Settings(data=str(file), model=folder / "model"))
