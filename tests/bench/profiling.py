"""Measure what it costs to draft a model of a large table, and how long questions wait during that time: python -m
tests.bench.profiling.

Makes a table of events and one of their million customers, drafts a model of both within the usual budget, and at the
same time asks questions of another database in the same process, as an app does. `--rows` sets how many events: 100
million take 5 GB of disk and some minutes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.introspection.profile import Budget
from semantic.introspection.profiling import profile_at
from semantic.policy.actor import OWNER
from semantic.query.query import Between, Breakdown, Query
from semantic.services.adding.adding import REST
from semantic.workspace import Workspace
from tests.bench.table import head, line

EVENTS = """
CREATE TABLE events AS SELECT range AS event_id, range % 1000003 AS customer_id,
  TIMESTAMP '2024-01-01' + INTERVAL (range % 60000000) SECOND AS happened_at,
  ['view', 'cart', 'order', 'refund'][1 + range % 4] AS kind, ((range * 7919) % 100000) / 100.0 AS amount,
  'EUR' AS currency, 'https://shop.example/' || range % 5000 AS page FROM range(?);
"""
CUSTOMERS = """
CREATE TABLE customers AS SELECT range AS customer_id, 'person' || range || '@example.com' AS email,
  ['DE', 'AT', 'FR'][1 + range % 3] AS country FROM range(1000003)
"""
ALONE_SECONDS = 15.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", help="the demo company, whose questions are asked")
    options.add_argument("--rows", type=int, default=100_000_000)
    chosen = options.parse_args()
    head(f"Drafting over {chosen.rows:,} rows")
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events.duckdb"
        with duckdb.connect(str(events)) as connection:
            connection.execute(EVENTS, [chosen.rows])
            connection.execute(CUSTOMERS)
        settings = Settings(data=chosen.data, model=MARKETING_MODEL, mask_key="a key of this bench")
        workspace = Workspace.open(settings)
        _measure(workspace, str(events))
        workspace.close()


def _measure(workspace: Workspace, events: str) -> None:
    days = iter(range(1_000_000))
    _asked(workspace, days, lambda seconds: seconds > 2)  # what the first questions find out
    alone = _asked(workspace, days, lambda seconds: seconds > ALONE_SECONDS)
    budget = Budget(rest=REST)
    took: list[float] = []

    def draft() -> None:
        while sum(took) < ALONE_SECONDS:  # one alone is over before enough questions are asked
            began = time.perf_counter()
            profile_at(events, (), budget)
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=draft)
    thread.start()
    beside = _asked(workspace, days, lambda _: not thread.is_alive())
    thread.join()
    line("seconds of profiling, of its budget", f"{max(took):.1f}", f"{budget.seconds:.0f}")
    milliseconds = f"{_p95(beside) * 1000:.0f} and {_p95(alone) * 1000:.0f} ms; at most 2x"
    line("p95 of a question meanwhile, of alone", f"{_p95(beside) / _p95(alone):.2f}x", milliseconds)
    line("p50", f"{statistics.median(beside) / statistics.median(alone):.2f}x", f"{len(beside)} and {len(alone)}")


def _asked(workspace: Workspace, days: Iterator[int], is_over: Callable[[float], bool]) -> list[float]:
    """Return the seconds of each question asked until `is_over`. Each question is different, so no answer is cached."""
    begun, seconds = time.perf_counter(), list[float]()
    while not is_over(time.perf_counter() - begun) or len(seconds) < 20:
        first = date(2025, 1, 1) + timedelta(days=next(days) % 500)
        span = Between(first, first + timedelta(days=30 + next(days) % 97))
        query = Query(metrics=("net_revenue", "orders"), by=(Breakdown("channel"),), time=span)
        began = time.perf_counter()
        workspace.ask(query, OWNER)
        seconds.append(time.perf_counter() - began)
        time.sleep(0.05)
    return seconds


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


if __name__ == "__main__":
    main()
