"""Measure what it costs to convert money to another currency: python -m tests.bench.money.

Builds 5,000,000 amounts (or SAMEPAGE_BENCH_AMOUNTS) in five currencies over three years, and asks for their sum by
channel and month: in the stored currency; converted by Samepage; and converted row by row, the obvious way. Then it
checks that every amount has a rate. The statements take turns on one connection with two threads. Prints the CPU
milliseconds (medians), and each divided by the first.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

import duckdb

from semantic import compile_query
from semantic.compile import Statement
from semantic.model.loading.load import parse_model
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import DIALECTS
from tests.bench.shapes import compare, prepare

MODEL = """
model:
  currency: EUR
  rates: {dataset: rates, currency: currency, day: day, rate: rate, currencies: [GBP]}
datasets:
  - name: rates
    table: rates
    grain: [currency, day]
    columns: {currency: string, day: date, rate: "decimal(18,8)"}
  - name: sales
    table: sales
    grain: [id]
    time: day
    columns: {id: integer, day: date, channel: string, currency: string, paid: "decimal(18,4)", amount: "decimal(18,4)"}
    dimensions: [{name: day, kind: time}, {name: channel}]
    measures: [{name: amount, agg: sum, sql: amount, local: paid, currency: currency}]
metrics:
  - {name: revenue, measure: sales.amount, unit: EUR, format: money}
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
people:
  - {id: vera, name: Vera, roles: [viewer]}
"""
TABLES = """
CREATE TABLE rates AS SELECT c.currency, d.day,
  CAST(c.level * (1 + 0.1 * sin(epoch(d.day) / 8e6)) AS DECIMAL(18,8)) AS rate
FROM (VALUES ('EUR', 1.0), ('GBP', 1.17), ('SEK', 0.09), ('NOK', 0.085), ('CHF', 1.05)) AS c(currency, level),
  (SELECT CAST(DATE '2024-01-01' + CAST(n AS INTEGER) AS DATE) AS day FROM range(1096) AS r(n)) AS d;
CREATE TABLE sales AS SELECT n AS id, CAST(DATE '2024-01-01' + CAST(hash(n) % 1096 AS INTEGER) AS DATE) AS day,
  'channel ' || (hash(n + 1) % 12) AS channel,
  ['EUR', 'GBP', 'SEK', 'NOK', 'CHF'][CAST(1 + hash(n + 2) % 5 AS INTEGER)] AS currency,
  CAST(hash(n + 3) % 100000 / 100 AS DECIMAL(18,4)) AS paid, CAST(hash(n + 3) % 100000 / 100 AS DECIMAL(18,4)) AS amount
FROM range({amounts}) AS r(n);
"""
BY_ROW = """
SELECT channel, date_trunc('month', s.day), sum(paid * CAST(r.rate AS DOUBLE) / CAST(g.rate AS DOUBLE))
FROM sales s LEFT JOIN rates r ON r.currency = s.currency AND r.day = s.day
LEFT JOIN rates g ON g.currency = 'GBP' AND g.day = s.day GROUP BY 1, 2
"""


def main() -> None:
    amounts = int(os.environ.get("SAMEPAGE_BENCH_AMOUNTS", "5000000"))
    files = {"model.yml": MODEL}
    model, people = parse_model(files), read_people(files)
    asked = {"metrics": ["revenue"], "by": ["channel", {"dim": "date", "grain": "month"}]}

    def compiled(**more: str) -> list[Statement]:
        query = query_from_data({**asked, **more})
        found_query = compile_query(model, query, people["vera"], DIALECTS["duckdb"], today=date(2027, 1, 1))
        return [*found_query.legs, *(rate_check.statement for rate_check in found_query.rate_checks)]

    (statement,), (exchanged, check), by_row = compiled(), compiled(currency="GBP"), Statement(BY_ROW, ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "money.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(TABLES.replace("{amounts}", str(amounts)))
        with duckdb.connect(path, read_only=True) as connection:
            prepare(connection)
            times = compare(connection, statement, exchanged, by_row, check)
    print(f"{amounts:,} amounts\n{'':<12}{'ms':>8}{'ratio':>8}")
    for name, median in zip(("kept", "exchanged", "row by row", "check"), times, strict=True):
        print(f"{name:<12}{median:>8.0f}{median / times[0]:>8.2f}")


if __name__ == "__main__":
    main()
