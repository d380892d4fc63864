"""A small company whose last week is unusual, for digests. The changes of the followed metrics were computed by hand.

    each of the 12 weeks before            week from Monday 12 January
    DE web   40 orders of 10   400         DE web   60 orders of 10   600
    DE mail  30 orders of 5    150         DE mail  30 orders of 5    150
    FR shop  60 orders of 10   600         FR app   90 orders of 10   900

Every other week before had one more order of 10 in DE web, so a week had 130.5 orders and 1,155 of revenue on average,
and DE alone 70.5 and 555. Two of the last week's returns aren't loaded yet.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.workspace import Workspace

DATA = """
CREATE TABLE weeks AS SELECT w, (DATE '2026-01-12' - INTERVAL 7 DAY * w)::DATE AS monday FROM range(15) AS t(w);
CREATE TABLE lines AS SELECT * FROM (VALUES
    ('DE', 'web', 40, 60, 10), ('DE', 'mail', 30, 30, 5), ('FR', 'shop', 60, 0, 10), ('FR', 'app', 0, 90, 10)
) AS t(market, channel, earlier, later, amount);
CREATE TABLE orders AS
SELECT (monday + CAST(n % 7 AS INTEGER))::DATE AS day, market, channel, amount::DECIMAL(18,2) AS amount,
    TIMESTAMPTZ '2026-01-19 04:00:00+00' AS loaded_at
FROM weeks, lines, range(90) AS r(n) WHERE n < CASE WHEN w = 0 THEN later ELSE earlier END;
INSERT INTO orders SELECT monday, 'DE', 'web', 10, TIMESTAMPTZ '2026-01-19 04:00:00+00'
FROM weeks WHERE w > 0 AND w % 2 = 0;
CREATE TABLE returned AS
SELECT day, market, channel, TIMESTAMPTZ '2026-01-16 04:00:00+00' AS loaded_at FROM orders
WHERE day < DATE '2026-01-16' OR amount > 5;
"""
_COLUMNS = "day: date, market: string, channel: string, loaded_at: timestamptz"
_DIMENSIONS = "[{name: day, kind: time}, {name: market, label: Market}, {name: channel, label: Channel}]"
_COPIES = "".join(
    f"""
  - name: copy_{number}
    table: orders
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures: [{{name: rows, agg: count}}]
"""
    for number in range(9)
)
_COUNTS = "".join(f"\n  - {{name: copies_{number}, measure: copy_{number}.rows, format: count}}" for number in range(9))
_RULES = "".join(f"\n      - {{dataset: copy_{number}, where: \"market = 'DE'\"}}" for number in range(9))
MODEL = f"""
datasets:
  - name: orders
    table: orders
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}, amount: "decimal(18,2)"}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures:
      - {{name: amount, agg: sum, sql: amount}}
      - {{name: gross, agg: sum, sql: amount * 2}}
      - {{name: rows, agg: count}}
{_COPIES}
  - name: returned
    table: returned
    grain: [day, market, channel]
    time: day
    columns: {{{_COLUMNS}}}
    dimensions: {_DIMENSIONS}
    freshness: {{column: loaded_at}}
    measures: [{{name: rows, agg: count}}]
metrics:
  - {{name: revenue, label: Revenue, measure: orders.amount, format: money, unit: EUR, direction: up}}
  - {{name: gross, label: Gross revenue, measure: orders.gross, format: money, unit: EUR, direction: up}}
  - {{name: orders, label: Orders, measure: orders.rows, format: count, direction: up}}
  - {{name: value, label: Order value, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}}
{_COUNTS}
  - {{name: returns, label: Returns, measure: returned.rows, format: count, direction: down}}
policies:
  - {{name: all_rows, who: {{people: [ana]}}, grant: {{metrics: all, dimensions: all}}, whole: all}}
  - {{name: revenue_alone, who: {{people: [nora]}}, grant: {{metrics: [revenue], dimensions: all}}, whole: all}}
  - name: germany
    who: {{people: [dora]}}
    grant: {{metrics: all, dimensions: all}}
    rows:
      - {{dataset: orders, where: "market = 'DE'"}}
      - {{dataset: returned, where: "market = 'DE'"}}
{_RULES}
people:
  - {{id: ana, name: Ana, roles: [marketer]}}
  - {{id: dora, name: Dora, roles: [marketer]}}
  - {{id: nora, name: Nora, roles: [viewer]}}
"""


class OnMonday(Workspace):
    """A workspace in which today is the Monday after that week."""

    def today(self) -> date:
        return date(2026, 1, 19)


def open_company(folder: Path) -> OnMonday:
    """Create the company in a new file in this folder, and open it."""
    with duckdb.connect(folder / "data.duckdb") as connection:
        connection.execute(DATA)
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = OnMonday.open(Settings(data=str(folder / "data.duckdb"), model=folder / "model"))
    assert isinstance(opened, OnMonday)
    return opened
