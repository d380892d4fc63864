"""A company whose numbers arrive late: orders with load times, and ad costs that grow for three days.

Orders are only ever added. The job that loads a day runs at 03:00 in Berlin in the following night, but some rows
arrive later. The newest load is from 19 January, so 18 January is the last known day.

    week from Monday 5 January                              week from Monday 12 January
    DE web   10 orders of 10   100                          DE web    9 orders of 10    90
    DE mail   4 orders of 20    80  2 loaded late, 40       DE mail   3 orders of 20    60
    FR web    2 orders of 50   100  1 loaded late, 50       FR web    2 orders of 50   100
             16 orders         280  3 loaded late, 90                14 orders         250

Ads cost 10 a day in both markets, and 20 in DE from 12 January on. For the last three days, 19, 18 and 12 are known in
DE, and half as much in FR.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

TODAY = date(2026, 1, 19)

MODEL = """
model: {time_zone: Europe/Berlin}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns:
      id: integer
      company: integer
      day: date
      market: string
      channel: string
      buyer: integer
      amount: "decimal(18,2)"
      is_gift: boolean
      loaded_at: timestamptz
    entities: [{name: buyer, kind: foreign, columns: [buyer]}]
    dimensions:
      - {name: day, kind: time}
      - {name: market, label: Market}
      - {name: channel, label: Channel}
      - {name: company, label: Company}
      - {name: buyer, label: Buyer}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: buyers, agg: count_distinct, sql: buyer}
    freshness: {column: loaded_at, append_only: true}
  - name: ads
    label: Ads
    table: ads
    grain: [company, day, market, channel]
    time: day
    columns: {company: integer, day: date, market: string, channel: string, cost: "decimal(18,2)", clicks: integer}
    dimensions:
      - {name: day, kind: time}
      - {name: market}
      - {name: channel}
      - {name: company}
    measures:
      - name: cost
        agg: sum
        sql: cost
        final_after: 3 days
        completeness: {1 day: 50% to 70%, 2 days: 80% to 100%, 3 days: 95% to 95%}
      - {name: clicks, agg: sum, sql: clicks, final_after: 3 days}
      - {name: shown, agg: count}
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount, format: money, unit: EUR, direction: up}
  - {name: gifts, label: Gifts, measure: orders.amount, filter: is_gift OR amount < 0, format: money, unit: EUR}
  - {name: orders, label: Orders, measure: orders.orders, format: count, direction: up}
  - {name: buyers, label: Buyers, measure: orders.buyers, format: count}
  - {name: spend, label: Spend, measure: ads.cost, format: money, unit: EUR}
  - {name: clicks, label: Clicks, measure: ads.clicks, format: count}
  - {name: shown, label: Ads shown, measure: ads.shown, format: count}
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
    who: {people: [dora]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: orders, where: "market IN (:markets)"}
      - {dataset: ads, where: "market IN (:markets)"}
  - name: large_groups
    who: {people: [gus]}
    grant: {metrics: all, dimensions: all}
    whole: all
    min_group: {entity: buyer, at_least: 2}
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: dora, name: Dora, roles: [marketer], attributes: {markets: [DE]}}
  - {id: gus, name: Gus, roles: [viewer]}
"""

TABLES = """
CREATE TABLE orders (
    id INTEGER, company INTEGER, day DATE, market VARCHAR, channel VARCHAR, buyer INTEGER, amount DECIMAL(18,2),
    is_gift BOOLEAN, loaded_at TIMESTAMPTZ
);
CREATE TABLE ads (company INTEGER, day DATE, market VARCHAR, channel VARCHAR, cost DECIMAL(18,2), clicks INTEGER);
"""

DATA = """
INSERT INTO orders VALUES
    (1, 0, '2026-01-05', 'DE', 'web', 1, 10, false, '2026-01-06 03:00:00+01'),
    (2, 0, '2026-01-05', 'DE', 'web', 2, 10, false, '2026-01-06 03:00:00+01'),
    (3, 0, '2026-01-06', 'DE', 'web', 1, 10, false, '2026-01-07 03:00:00+01'),
    (4, 0, '2026-01-06', 'DE', 'web', 3, 10, false, '2026-01-07 03:00:00+01'),
    (5, 0, '2026-01-07', 'DE', 'web', 4, 10, false, '2026-01-10 03:00:00+01'),  -- three days late, but in time by now
    (6, 0, '2026-01-08', 'DE', 'web', 1, 10, false, NULL),                       -- it isn't known when
    (7, 0, '2026-01-09', 'DE', 'web', 1, 10, false, '2026-01-10 03:00:00+01'),
    (8, 0, '2026-01-10', 'DE', 'web', 1, 10, false, '2026-01-11 03:00:00+01'),
    (9, 0, '2026-01-11', 'DE', 'web', 1, 10, true, '2026-01-12 03:00:00+01'),
    (10, 0, '2026-01-11', 'DE', 'web', 1, 10, false, '2026-01-12 23:59:59+01'),  -- the last moment that counts
    (11, 0, '2026-01-05', 'DE', 'mail', 5, 20, false, '2026-01-06 03:00:00+01'),
    (12, 0, '2026-01-06', 'DE', 'mail', 5, 20, false, '2026-01-07 03:00:00+01'),
    (13, 0, '2026-01-10', 'DE', 'mail', 6, 20, true, '2026-01-13 00:00:00+01'),  -- late from here on
    (14, 0, '2026-01-11', 'DE', 'mail', 7, 20, false, '2026-01-14 03:00:00+01'),
    (15, 0, '2026-01-08', 'FR', 'web', 8, 50, false, '2026-01-09 03:00:00+01'),
    (16, 0, '2026-01-11', 'FR', 'web', 8, 50, true, '2026-01-13 03:00:00+01'),
    (21, 0, '2026-01-12', 'DE', 'web', 1, 10, true, '2026-01-15 03:00:00+01'),
    (22, 0, '2026-01-12', 'DE', 'web', 2, 10, false, '2026-01-13 03:00:00+01'),
    (23, 0, '2026-01-13', 'DE', 'web', 1, 10, false, '2026-01-14 03:00:00+01'),
    (24, 0, '2026-01-13', 'DE', 'web', 3, 10, false, '2026-01-14 03:00:00+01'),
    (25, 0, '2026-01-14', 'DE', 'web', 4, 10, false, '2026-01-15 03:00:00+01'),
    (26, 0, '2026-01-15', 'DE', 'web', 1, 10, false, '2026-01-16 03:00:00+01'),
    (27, 0, '2026-01-16', 'DE', 'web', 1, 10, false, '2026-01-17 03:00:00+01'),
    (28, 0, '2026-01-17', 'DE', 'web', 1, 10, false, '2026-01-18 03:00:00+01'),
    (29, 0, '2026-01-18', 'DE', 'web', 1, 10, false, '2026-01-19 03:00:00+01'),
    (31, 0, '2026-01-12', 'DE', 'mail', 5, 20, false, '2026-01-13 03:00:00+01'),
    (32, 0, '2026-01-13', 'DE', 'mail', 5, 20, false, '2026-01-14 03:00:00+01'),
    (33, 0, '2026-01-17', 'DE', 'mail', 6, 20, true, '2026-01-18 03:00:00+01'),
    (34, 0, '2026-01-15', 'FR', 'web', 8, 50, false, '2026-01-16 03:00:00+01'),
    (35, 0, '2026-01-18', 'FR', 'web', 8, 50, false, '2026-01-19 03:00:00+01');
INSERT INTO ads
SELECT 0, day, market, 'web', CASE WHEN market = 'DE' AND day >= DATE '2026-01-12' THEN 20 ELSE 10 END
    * CASE day WHEN DATE '2026-01-16' THEN 0.95 WHEN DATE '2026-01-17' THEN 0.9 WHEN DATE '2026-01-18' THEN 0.6
        ELSE 1 END, 5
FROM (SELECT (DATE '2026-01-05' + CAST(n AS INTEGER))::DATE AS day FROM range(14) AS t(n)),
    (VALUES ('DE'), ('FR')) AS m(market);
"""


class LateWorkspace(Workspace):
    """A workspace in which today is the Monday after both weeks."""

    def today(self) -> date:
        return TODAY


def create_late(folder: Path, *changes: str) -> Path:
    """Create the company's file in this folder, run further SQL on it, and return its path."""
    file = folder / "data.duckdb"
    with duckdb.connect(file) as connection:
        for sql in (TABLES, DATA, *changes):
            connection.execute(sql)
    return file


def open_late(folder: Path, *changes: str, model: str = MODEL, file: Path | None = None) -> LateWorkspace:
    """Open the company over `file`, or over a new file in this folder."""
    file = file or create_late(folder, *changes)
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "all.yml").write_text(model, encoding="utf-8")
    opened = LateWorkspace.open(Settings(data=str(file), model=folder / "model"))
    assert isinstance(opened, LateWorkspace)
    return opened
