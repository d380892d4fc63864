"""Sales in several currencies: a few rows on the days around a change of rates, and how to ask about them."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from semantic.compile import compile_query
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.results.missing_rates import check_rates
from semantic.results.result import typed_table
from semantic.sql.dialects.table import DUCKDB

BOOKS = """\
model:
  name: Books
  time_zone: Europe/Berlin
  currency: EUR
  rates: {dataset: rates, currency: code, day: day, rate: rate, currencies: [GBP, SEK]}
datasets:
  - name: rates
    table: rates
    grain: [code, day]
    columns: {code: string, day: date, rate: "decimal(18,8)"}
  - name: sales
    table: sales
    grain: [id]
    time: sold_at
    columns: {id: integer, moment: timestamptz, shop: string, code: string, amount: "decimal(18,4)", whole: integer,
      exact: "decimal(18,6)", rough: double, booked: "decimal(18,4)"}
    entities: [{name: sale, kind: primary, columns: [id]}]
    dimensions: [{name: sold_at, kind: time, sql: moment}, {name: shop}, {name: code}]
    measures:
      - {name: paid, agg: sum, sql: amount, currency: code}
      - {name: whole, agg: sum, sql: whole, currency: code}
      - {name: exact, agg: sum, sql: exact, currency: code}
      - {name: rough, agg: sum, sql: rough, currency: code}
      - {name: mean, agg: avg, sql: amount, currency: code}
      - {name: booked, agg: sum, sql: booked, currency: code, local: amount}
      - {name: pounds, agg: sum, sql: booked, currency: GBP}
      - {name: count, agg: count}
  - name: ties
    table: ties
    grain: [id, seller]
    columns: {id: integer, seller: string, share: "decimal(9,4)"}
    bridge: {weight: share}
    entities: [{name: sale, kind: foreign, columns: [id]}, {name: seller, kind: foreign, columns: [seller]}]
  - name: sellers
    table: sellers
    grain: [seller]
    columns: {seller: string}
    entities: [{name: seller, kind: primary, columns: [seller]}]
    dimensions: [{name: seller}]
metrics:
  - {name: paid, measure: sales.paid, unit: EUR, format: money}
  - {name: whole, measure: sales.whole, unit: EUR, format: money}
  - {name: exact, measure: sales.exact, unit: EUR, format: money}
  - {name: rough, measure: sales.rough, unit: EUR, format: money}
  - {name: mean, measure: sales.mean, unit: EUR, format: money, enough: {rows: 2}}
  - {name: booked, measure: sales.booked, unit: EUR, format: money}
  - {name: pounds, measure: sales.pounds, unit: GBP, format: money}
  - {name: count, measure: sales.count}
  - {name: after_fees, kind: derived, expression: paid - 2 * count, unit: EUR, format: money}
  - {name: in_words, kind: ratio, numerator: paid, denominator: count, unit: EUR per sale}
policies:
  - {name: everything, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: clerk
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    deny: {dimensions: [code, sold_at]}
    whole: all
  - name: keeper
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: sales, where: "shop = 'a'"}]
"""
STEWARD, CLERK, KEEPER = (Actor(id=name, roles=frozenset({name})) for name in ("steward", "marketer", "viewer"))
TABLES = """
CREATE TABLE rates (code VARCHAR, day DATE, rate DECIMAL(18,8));
INSERT INTO rates VALUES ('GBP', '2026-04-01', 1.25), ('GBP', '2026-04-02', 1.5), ('SEK', '2026-04-01', 0.1);
CREATE TABLE sales (id INTEGER, moment TIMESTAMPTZ, shop VARCHAR, code VARCHAR, amount DECIMAL(18,4), whole INTEGER,
  exact DECIMAL(18,6), rough DOUBLE, booked DECIMAL(18,4));
INSERT INTO sales VALUES
  (1, '2026-04-01 10:00+00', 'a', 'GBP', 10, 10, 0.000001, 0.5, 12),
  (2, '2026-04-01 22:30+00', 'a', 'GBP', 20, 20, 0.000003, 0.5, 30), -- in Berlin it is the second already
  (3, '2026-04-01 16:00+00', 'a', 'EUR',  1,  1, 0.000007, 0.5,  1), -- in Tokyo too
  (4, '2026-04-01 10:00+00', 'b', 'SEK', 30,  3, 0.000010, 0.5,  3);
CREATE TABLE ties (id INTEGER, seller VARCHAR, share DECIMAL(9,4));
INSERT INTO ties VALUES (1, 'x', 0.3333), (1, 'y', 0.6667);
CREATE TABLE sellers (seller VARCHAR);
INSERT INTO sellers VALUES ('x'), ('y');
"""


def answer(
    books: duckdb.DuckDBPyConnection, ask: dict[str, Any], person: Actor = STEWARD, *, text: str = BOOKS
) -> list[tuple[object, ...]]:
    """Return an answer's rows, with their keys and numbers. Raises SemanticError."""
    model = parse_model({"books.yml": text})
    compiled = compile_query(model, query_from_data(ask), person, DUCKDB, today=date(2026, 5, 1))

    def run(sql: str, params: tuple[object, ...]) -> pa.Table:
        return books.execute(sql, list(params)).to_arrow_table()

    check_rates(
        (rate_check, run(rate_check.statement.sql, rate_check.statement.params)) for rate_check in compiled.rate_checks
    )
    table = typed_table(run(compiled.legs[0].sql, compiled.legs[0].params), compiled)
    return [tuple(row.values())[: len(compiled.columns)] for row in table.to_pylist()]
