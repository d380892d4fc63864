"""Days that several numbers share are read only once, and each number has the same rows as when asked alone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from semantic import compile_query
from semantic.model.loading.load import parse_model
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import DIALECTS
from tests.proof import part_of
from tests.semantic.asked import STEWARD, TODAY, ask

MODEL = parse_model(
    {
        "shop.yml": """
datasets:
  - name: shops
    table: shops
    grain: [shop]
    columns: {shop: string, region: string}
    entities: [{name: shop, kind: primary, columns: [shop]}]
    dimensions: [{name: region}]
  - name: orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, sent: date, shop: string, device: string, amount: "decimal(9,2)"}
    entities: [{name: shop, kind: foreign, columns: [shop]}]
    dimensions: [{name: day, kind: time}, {name: sent, kind: time}, {name: device}]
    measures:
      - {name: revenue, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: least, agg: min, sql: amount}
      - {name: most, agg: max, sql: amount}
metrics:
  - {name: revenue, measure: orders.revenue}
  - {name: orders, measure: orders.orders, fill: 0}
  - {name: large, measure: orders.revenue, filter: amount > 10}
  - {name: least, measure: orders.least}
  - {name: so_far, kind: cumulative, metric: revenue}
  - {name: this_month, kind: cumulative, metric: revenue, to_date: month}
  - {name: this_week, kind: cumulative, metric: revenue, to_date: week}
  - {name: this_year, kind: cumulative, metric: revenue, to_date: year}
  - {name: last_days, kind: cumulative, metric: revenue, window: 3 days}
  - {name: last_week, kind: cumulative, metric: revenue, window: 7 days}
  - {name: last_month, kind: cumulative, metric: revenue, window: 1 month}
  - {name: first_of_days, kind: cumulative, metric: revenue, window: 3 days, at: first}
  - {name: mean_of_days, kind: cumulative, metric: revenue, window: 3 days, at: average}
  - {name: orders_so_far, kind: cumulative, metric: orders}
  - {name: large_so_far, kind: cumulative, metric: large}
  - {name: least_so_far, kind: cumulative, metric: least}
  - {name: month_before, kind: derived, expression: b, inputs: [{name: b, metric: revenue, offset: 1 month}]}
  - {name: week_before, kind: derived, expression: b, inputs: [{name: b, metric: revenue, offset: 7 days}]}
  - {name: at_start, kind: derived, expression: b, inputs: [{name: b, metric: revenue, offset_to: month}]}
policies: [{name: all, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}]
"""
    }
)
PLAIN = ("revenue", "orders", "large", "least")
OVER_TIME = (
    *("so_far", "this_month", "last_days", "first_of_days", "mean_of_days", "orders_so_far", "large_so_far"),
    *("least_so_far", "month_before", "week_before", "at_start", "this_week", "this_year", "last_week", "last_month"),
)
OTHER_KEYS: tuple[Any, ...] = (
    *("region", "device", {"dim": "sent", "grain": "month"}, {"dim": "sent", "grain": "day"}),
    {"dim": "sent", "part": "dow"},
)
PERIODS: tuple[Any, ...] = (
    {"from": "2026-01-10", "to": "2026-03-20"},
    {"from": "2026-02-01", "to": "2026-02-28"},
    {"from": "2025-10-01", "to": "2026-03-31"},
    {"from": "2026-01-05", "to": "2026-03-29"},
    {"from": "2026-01-01"},
    {"to": "2026-03-31"},
    None,
)


def tables(seed: int) -> duckdb.DuckDBPyConnection:
    draw, connection = random.Random(seed), duckdb.connect()
    connection.execute("CREATE TABLE shops (shop VARCHAR, region VARCHAR)")
    connection.execute("INSERT INTO shops VALUES ('a', 'north'), ('b', 'south'), ('c', NULL)")
    connection.execute(
        "CREATE TABLE orders (id INTEGER, day DATE, sent DATE, shop VARCHAR, device VARCHAR, amount DECIMAL(9,2))"
    )
    first = date(2025, 12, 20)
    rows: list[tuple[Any, ...]] = []
    for number in range(60):
        days = [first + timedelta(days=draw.randrange(110)) if draw.random() < 0.93 else None for _ in range(2)]
        shop, device = draw.choice(["a", "b", "c", "z", None]), draw.choice(["phone", "desk", None])
        rows.append((number, *days, shop, device, draw.choice([None, -3, 0, 5, 10.5, 40])))
    places = ", ".join("(?, ?, ?, ?, ?, ?)" for _ in rows)
    connection.execute(f"INSERT INTO orders VALUES {places}", [value for row in rows for value in row])
    return connection


def test_a_second_date_is_shown_with_its_own_period() -> None:
    connection = tables(0)
    connection.execute("DELETE FROM orders")
    connection.execute("INSERT INTO orders VALUES (1, '2026-01-05', '2026-02-10', 'a', 'desk', 5)")
    connection.execute("INSERT INTO orders VALUES (2, '2026-01-06', '2026-02-20', 'a', 'desk', 7)")
    question = {
        "metrics": ["revenue", "this_month"],
        "by": [{"dim": "date", "grain": "year"}, {"dim": "sent", "grain": "month"}],
        "time": {"from": "2026-01-01", "to": "2026-01-31"},
    }
    assert ask(MODEL, connection, question) == [(date(2026, 1, 1), date(2026, 2, 1), 12, 12)]


@pytest.mark.parametrize("seed", part_of(range(150)))
def test_metrics_asked_together_have_the_same_rows_as_alone(seed: int) -> None:
    draw, connection = random.Random(seed), tables(seed)
    grain = draw.choice(["day", "week", "month", "quarter"])
    metrics = [draw.choice(PLAIN), *draw.sample(OVER_TIME, draw.randrange(1, 4))]
    draw.shuffle(metrics)
    question: dict[str, Any] = {"by": [{"dim": "date", "grain": grain}, *draw.sample(OTHER_KEYS, draw.randrange(3))]}
    draw.shuffle(question["by"])
    period = draw.choice(PERIODS)
    question |= {"time": period} if period else {}
    if draw.random() < 0.4:
        question["where"] = {"dim": "region", "op": draw.choice(["in", "not_in"]), "values": ["north", None]}
    if draw.random() < 0.2 and period and len(period) == 2:
        question["compare"] = [{"to": "previous"}]
    if grain == "week":
        metrics = [metric for metric in metrics if metric != "month_before"]
    if grain != "day":
        metrics = [metric for metric in metrics if metric != "week_before"] or ["revenue", "so_far"]
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for metric in metrics:
        for row in named(connection, question | {"metrics": [metric]}):
            merged.setdefault(row[0], {}).update(row[1])
    together = dict(named(connection, question | {"metrics": metrics}))
    assert together.keys() == merged.keys()
    for keys, values in together.items():
        # A count is 0 in every group that is shown, and has no row of its own where another number is.
        assert values == {name: merged[keys].get(name, 0 if name.startswith("orders") else None) for name in values}


def named(
    connection: duckdb.DuckDBPyConnection, question: dict[str, Any]
) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return the keys and the values of each row."""
    compiled = compile_query(MODEL, query_from_data(question), STEWARD, DIALECTS["duckdb"], today=TODAY)
    names = [column.name for column in compiled.columns]
    count = len(question["by"])
    rows = ask(MODEL, connection, question)
    return [(row[:count], dict(zip(names[count:], row[count:], strict=True))) for row in rows]


@pytest.mark.parametrize(
    ("window", "grain", "is_one"),
    [
        *(
            ("so_far", "week", True),
            ("this_year", "month", True),
            ("last_week", "week", True),
            ("last_days", "day", True),
        ),
        *(("last_month", "month", True), ("this_year", "week", False), ("this_month", "quarter", False)),
        *(("last_month", "quarter", False), ("last_week", "month", False), ("last_days", "week", False)),
    ],
)
def test_a_window_that_contains_the_period_counts_the_period_too(window: str, grain: str, is_one: bool) -> None:
    question = query_from_data(
        {
            "metrics": ["revenue", window],
            "by": [{"dim": "date", "grain": grain}],
            "time": {"from": "2026-01-01", "to": "2026-03-31"},
        }
    )
    sql = compile_query(MODEL, question, STEWARD, DIALECTS["duckdb"], today=TODAY).legs[0].sql
    assert ("UNION ALL" not in sql) is is_one


def test_a_fact_with_shared_days_is_read_once() -> None:
    question = query_from_data(
        {
            "metrics": ["revenue", "so_far", "month_before", "last_days"],
            "by": [{"dim": "date", "grain": "month"}, "region"],
        }
    )
    sql = compile_query(MODEL, question, STEWARD, DIALECTS["duckdb"], today=TODAY).legs[0].sql
    assert sql.count("FROM orders") == 1
