"""Our SQL beside SQL written by hand, on a dirty star: python -m tests.bench.shapes.

Builds 2,000,000 orders (or SAMEPAGE_BENCH_ORDERS) and a tenth as many rows of ad spend, runs both by turns on one
connection of two threads, and prints for each question the CPU milliseconds (medians) and ours divided by theirs.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from connectors.duckdb import SESSION_SETTINGS
from semantic import compile_query, load_model
from semantic.compile import Statement
from semantic.model.load import read_folder
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.sql.dialects import DIALECTS
from tests.star.questions import QUESTIONS, sql_by_hand
from tests.star.star import StarSize, build_star

MODEL = Path(__file__).parents[1] / "star" / "model"
PERSON, TODAY = "stella", date(2026, 1, 15)
ROUNDS, THREADS = 7, 2


def main() -> None:
    orders = int(os.environ.get("SAMEPAGE_BENCH_ORDERS", "2000000"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "star.duckdb"
        with duckdb.connect(path) as connection:
            build_star(connection, StarSize(orders=orders, spend=orders // 10), dirty=True)
        with duckdb.connect(path, read_only=True) as connection:
            prepare(connection)
            print(f"{orders:,} orders\n{'question':<10}{'ours ms':>10}{'by hand ms':>12}{'ratio':>8}")
            ratios = [print_one(connection, name) for name in QUESTIONS]
    print(f"{'geometric mean':<32}{math.exp(statistics.fmean(map(math.log, ratios))):>8.2f}")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """The settings that the connector runs with, for both."""
    for name, value in {**SESSION_SETTINGS, "threads": str(THREADS)}.items():
        connection.execute(f"SET GLOBAL {name} = '{value}'")


def print_one(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    ours, theirs = compare(connection, compiled(name), Statement(sql_by_hand(name), ()))
    print(f"{name:<10}{ours:>10.1f}{theirs:>12.1f}{ours / theirs:>8.2f}", flush=True)
    return ours / theirs


def compiled(name: str) -> Statement:
    model, people = load_model(MODEL), read_people(read_folder(MODEL))
    query = query_from_data(QUESTIONS[name])
    return compile_query(model, query, people[PERSON], DIALECTS["duckdb"], today=TODAY).legs[0]


def compare(connection: duckdb.DuckDBPyConnection, *statements: Statement) -> list[float]:
    """Median CPU milliseconds of each, run by turns; the first round warms up and does not count."""
    taken: list[list[float]] = [[] for _ in statements]
    for turn in range(ROUNDS + 1):
        for times, statement in zip(taken, statements, strict=True):
            began = time.process_time()
            connection.execute(statement.sql, list(statement.params)).fetchall()
            if turn:
                times.append((time.process_time() - began) * 1000)
    return [statistics.median(times) for times in taken]


if __name__ == "__main__":
    main()
