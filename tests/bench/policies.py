"""Measure what policies cost: python -m tests.bench.policies.

Builds 1,000,000 orders (or SAMEPAGE_BENCH_ORDERS) of 200,000 customers and asks for revenue and orders by country,
channel and month: with everything visible; with one row rule; with twenty policies, each with a row rule, and two
masks; with small groups hidden. Every rule allows all rows, so that only its own cost shows. Prints CPU milliseconds
(medians) of compiling and of the statement, taking turns on one connection with two threads, each compared with the
first.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from semantic.compile import Compiled, compile_visible
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import DIALECTS
from tests.bench.shapes import compare, prepare
from tests.bench.table import cpu_ms, head, line

TURNS, COMPILED = 3, 20
DATASETS = """
datasets:
  - name: customers
    table: customers
    grain: [customer]
    columns: {customer: integer, country: string, birth_year: integer}
    entities: [{name: customer, kind: primary, columns: [customer]}]
    dimensions: [{name: country}, {name: birth_year}]
  - name: orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, customer: integer, day: date, channel: string, amount: "decimal(18,4)"}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: day, kind: time}, {name: channel}]
    measures: [{name: amount, agg: sum, sql: amount}, {name: orders, agg: count}]
metrics: [{name: revenue, measure: orders.amount}, {name: order_count, measure: orders.orders}]
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
  - {name: one, who: {groups: [one]}, rows: [{dataset: customers, where: "country IN (:countries)"}]}
  - {name: small, who: {groups: [small]}, min_group: {entity: customer, at_least: 5}}
  - name: masks
    who: {groups: [many]}
    masks: [{dimension: birth_year, kind: bucket, width: 10}, {dimension: country, kind: last_four}]
"""
MANY = '  - {name: many_NUMBER, who: {groups: [many]}, rows: [{dataset: orders, where: "id >= 0 - NUMBER"}]}\n'
TABLES = """
CREATE TABLE customers AS SELECT n AS customer, 'country ' || (hash(n) % 12) AS country,
  1940 + hash(n + 1) % 60 AS birth_year
FROM range(200000) AS r(n);
CREATE TABLE orders AS SELECT n AS id, hash(n) % 200000 AS customer,
  CAST(DATE '2024-01-01' + CAST(hash(n + 1) % 1096 AS INTEGER) AS DATE) AS day,
  'channel ' || (hash(n + 2) % 12) AS channel, CAST(hash(n + 3) % 100000 / 100 AS DECIMAL(18,4)) AS amount
FROM range({orders}) AS r(n);
"""
ASKED = {"metrics": ["revenue", "order_count"], "by": ["country", "channel", {"dim": "date", "grain": "month"}]}
PEOPLE = ("nothing but a grant", "one row rule", "twenty policies, rules and masks", "small groups hidden")


def main() -> None:
    orders = int(os.environ.get("SAMEPAGE_BENCH_ORDERS", "1000000"))
    model = parse_model({"model.yml": DATASETS + "".join(MANY.replace("NUMBER", str(number)) for number in range(19))})
    countries = tuple(f"country {number}" for number in range(12))
    plain = Actor(id="a", roles=frozenset({"viewer"}), attributes={"countries": countries})
    actors = [plain, *(replace(plain, groups=frozenset({group})) for group in ("one", "many", "small"))]
    asks = [_compiling(model, actor) for actor in actors]
    for ask in asks:
        ask()
    by_turns = list(zip(*([cpu_ms(ask, COMPILED) for ask in asks] for _ in range(TURNS)), strict=True))
    compiling = [statistics.median(turn) for turn in by_turns]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policies.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute(TABLES.replace("{orders}", str(orders)))
        with duckdb.connect(path, read_only=True) as connection:
            prepare(connection)
            running = compare(connection, *(ask().legs[0] for ask in asks))
    head(f"policies, over {orders:,} orders: narrowing and compiling, then the statement")
    for name, compiled, ran in zip(PEOPLE, compiling, running, strict=True):
        beside = f"{compiled / compiling[0]:.2f} and {ran / running[0]:.2f} times the first"
        line(name, f"{compiled:.1f} / {ran:.0f} ms", beside)


def _compiling(model: Model, actor: Actor) -> Callable[[], Compiled]:
    query, dialect = query_from_data(ASKED), DIALECTS["duckdb"]
    return lambda: compile_visible(narrow(model, actor), query, dialect, today=date(2027, 1, 1))


if __name__ == "__main__":
    main()
