"""A small company whose numbers changed from one week to the next: sales, spend, stock, and who sees which of them.

    week from Monday 5 January             week from Monday 12 January
    DE web   40 orders of 10.10   404      DE web   60 orders of 10.10   606
    DE mail  30 orders of 5       150      DE mail  30 orders of 5       150
    FR web   50 orders of 8       400      FR web   50 orders of 8       400
    FR shop  10 orders of 20      200      FR shop  none
    FR app   none                          FR app   40 orders of 15      600
             130 orders         1,154               180 orders         1,756

Spend was 100 in DE and 50 in FR, then 150 and 50. On the last day of each week, 70 and 30 were in stock, then 90 and 5.
The 13 weeks before were like the first, except that every second one had one more order of 10.10.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

TODAY = date(2026, 1, 19)

MODEL = """
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, channel: string, buyer: integer, amount: "decimal(18,2)"}
    entities: [{name: buyer, kind: foreign, columns: [buyer]}]
    dimensions: [{name: day, kind: time}, {name: market, label: Market}, {name: channel, label: Channel}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: buyers, agg: count_distinct, sql: buyer}
      - {name: middle, agg: median, sql: amount}
      - {name: latest, agg: max, sql: day}
  - name: buyers
    table: buyers
    grain: [buyer]
    columns: {buyer: integer}
    entities: [{name: buyer, kind: primary, columns: [buyer]}]
  - name: ads
    label: Ads
    table: ads
    grain: [day, market]
    time: day
    columns: {day: date, market: string, cost: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}, {name: market}]
    measures: [{name: cost, agg: sum, sql: cost}]
  - name: stock
    label: Stock
    table: stock
    grain: [day, market]
    time: day
    columns: {day: date, market: string, pieces: integer}
    dimensions: [{name: day, kind: time}, {name: market}]
    measures: [{name: pieces, agg: sum, sql: pieces, additivity: semi, over_time: last}]
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount, format: money, unit: EUR, direction: up}
  - {name: orders, label: Orders, measure: orders.orders, format: count, direction: up}
  - {name: buyers, label: Buyers, measure: orders.buyers, format: count, direction: up}
  - {name: middle, label: Median order, measure: orders.middle, format: money, unit: EUR}
  - {name: latest, label: Latest order, measure: orders.latest}
  - {name: spend, label: Spend, measure: ads.cost, format: money, unit: EUR}
  - {name: pieces, label: Pieces in stock, measure: stock.pieces, format: count}
  - {name: per_order, label: Per order, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}
  - {name: return_on_ads, label: Return on ads, kind: ratio, numerator: revenue, denominator: spend, format: ratio}
  - name: margin
    label: Margin
    kind: derived
    expression: revenue - spend
    inputs: [{name: revenue, metric: revenue}, {name: spend, metric: spend}]
    format: money
    unit: EUR
  - {name: recent, label: Recent revenue, kind: cumulative, metric: revenue, window: 3 days, format: money, unit: EUR}
policies:
  - name: all_rows
    who: {people: [ana]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dora, gina]}
    grant: {metrics: all, dimensions: all}
    whole: [buyers]
    rows:
      - {dataset: orders, where: "market IN (:markets)"}
      - {dataset: ads, where: "market IN (:markets)"}
      - {dataset: stock, where: "market IN (:markets)"}
  - name: no_orders
    who: {people: [nora]}
    grant: {metrics: [revenue, per_order], dimensions: all}
    whole: all
  - name: large_groups
    who: {people: [gus]}
    grant: {metrics: all, dimensions: all}
    whole: all
    min_group: {entity: buyer, at_least: 3}
  - name: no_channels
    who: {people: [mia]}
    grant: {metrics: all, dimensions: all}
    whole: all
    masks: [{dimension: channel, kind: "null"}]
  - name: few_in_market
    who: {people: [gina]}
    min_group: {entity: buyer, at_least: 3}
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: dora, name: Dora, roles: [marketer], attributes: {markets: [DE]}}
  - {id: gina, name: Gina, roles: [viewer], attributes: {markets: [DE]}}
  - {id: mia, name: Mia, roles: [viewer]}
  - {id: nora, name: Nora, roles: [viewer]}
  - {id: gus, name: Gus, roles: [viewer]}
"""

DATA = """
CREATE TABLE weeks AS SELECT w, (DATE '2026-01-12' - INTERVAL 7 DAY * w)::DATE AS monday FROM range(15) AS t(w);
CREATE TABLE lines AS SELECT * FROM (VALUES
    ('DE', 'web', 40, 60, 10.10), ('DE', 'mail', 30, 30, 5.00), ('FR', 'web', 50, 50, 8.00),
    ('FR', 'shop', 10, 0, 20.00), ('FR', 'app', 0, 40, 15.00)
) AS t(market, channel, earlier, later, amount);
CREATE TABLE orders AS
SELECT CAST(row_number() OVER (ORDER BY w, market, channel, n) AS INTEGER) AS id,
    (monday + CAST(n % 7 AS INTEGER))::DATE AS day, market, channel,
    CAST(CASE WHEN channel = 'shop' THEN n % 2 ELSE n % 9 END AS INTEGER) AS buyer, amount::DECIMAL(18,2) AS amount
FROM weeks, lines, range(60) AS r(n)
WHERE n < CASE WHEN w = 0 THEN later ELSE earlier END;
INSERT INTO orders SELECT 100000 + w, monday, 'DE', 'web', 1, 10.10 FROM weeks WHERE w > 1 AND w % 2 = 0;
CREATE TABLE buyers AS SELECT CAST(b AS INTEGER) AS buyer FROM range(9) AS t(b);
CREATE TABLE ads AS
SELECT monday AS day, market, CASE WHEN market = 'FR' THEN 50 WHEN w = 0 THEN 150 ELSE 100 END::DECIMAL(18,2) AS cost
FROM weeks, (VALUES ('DE'), ('FR')) AS m(market);
CREATE TABLE stock AS
SELECT (monday + 6)::DATE AS day, market,
    CAST(
        CASE WHEN market = 'DE' AND w = 0 THEN 90 WHEN market = 'DE' THEN 70 WHEN w = 0 THEN 5 ELSE 30 END AS INTEGER
    ) AS pieces
FROM weeks, (VALUES ('DE'), ('FR')) AS m(market);
"""


class ExplainedWorkspace(Workspace):
    """A workspace in which today is the Monday after both weeks."""

    day = TODAY

    def today(self) -> date:
        return self.day


def open_explained(folder: Path, *changes: str) -> ExplainedWorkspace:
    """Write the company to a file in this folder, run further SQL on it, and open it."""
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        for sql in (DATA, *changes):
            connection.execute(sql)
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = ExplainedWorkspace.open(Settings(data=str(file), model=folder / "model"))
    assert isinstance(opened, ExplainedWorkspace)
    return opened
