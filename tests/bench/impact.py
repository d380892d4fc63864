"""Measure what it costs to compare 500 saved things before and after a change, over a million rows: python -m
tests.bench.impact.

The limit is a ratio in one run: comparing everything takes at most 20 times the slowest single question. Half of the
things ask the same as another, as the tiles and saved questions of a company do. No cache has their answers. The same
is measured with each question asked alone, and against the slowest question when nothing else runs, which is a stricter
limit. The load average shows how busy the machine was.
"""

from __future__ import annotations

import math
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from semantic.config.settings import Settings
from semantic.model.definitions import Granularity
from semantic.model.loading.load import read_folder
from semantic.policy.actor import Actor
from semantic.query.query import DATE, Between, Breakdown, Condition, Operator, Query
from semantic.services.impact.report import Impact, impact_of
from semantic.services.process import Live
from semantic.store.database import Store, connect_store
from semantic.store.keys import keys_of
from semantic.store.migrate import upgrade
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import list_spaces, make_first_space
from semantic.workspace import Workspace
from tests.bench.table import head, line

ROWS: Final = 1_000_000
ITEMS: Final = 500
DISTINCT: Final = 250
LIMIT: Final = 20.0

DATA = f"""
CREATE TABLE orders AS
SELECT CAST(n AS INTEGER) AS id, DATE '2024-01-01' + CAST(n % 900 AS INTEGER) AS day, 'M' || (n * 7 % 11) AS market,
    'C' || (n * 13 % 40) AS channel, 'D' || (n * 17 % 5) AS device, 'P' || (n * 29 % 400) AS campaign,
    CAST(n * 31 % 90000 AS INTEGER) AS customer, CAST((n * 37 % 20000) / 100 AS DECIMAL(18,2)) AS amount
FROM range({ROWS}) AS t(n)
"""
MODEL = """
model: {time_zone: UTC}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, channel: string, device: string, campaign: string,
      customer: integer, amount: "decimal(18,2)"}
    dimensions: [{name: day, kind: time}, {name: market}, {name: channel}, {name: device}, {name: campaign}]
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: customers, agg: count_distinct, sql: customer}
      - {name: median, agg: median, sql: amount}
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount, filter: amount > 1, format: money, unit: EUR}
  - {name: orders, label: Orders, measure: orders.orders, filter: amount > 2, format: count}
  - {name: customers, label: Customers, measure: orders.customers, filter: amount > 3, format: count}
  - {name: typical, label: Typical order, measure: orders.median, filter: amount > 4, format: money, unit: EUR}
  - {name: aov, label: Average order, kind: ratio, numerator: revenue, denominator: orders, format: money, unit: EUR}
  - {name: per_customer, label: Per customer, kind: ratio, numerator: revenue, denominator: customers, format: money,
     unit: EUR}
policies:
  - {name: all, who: {people: [stew]}, grant: {metrics: all, dimensions: all}, whole: all}
people: [{id: stew, name: Stew, roles: [steward]}]
"""
METRICS = ("revenue", "orders", "customers", "typical", "aov", "per_customer")
DIMENSIONS = ("market", "channel", "device", "campaign")
YEAR = Between(date(2025, 1, 1), date(2025, 12, 31))


def month(chance: random.Random) -> Between:
    first = date(chance.choice((2024, 2025)), chance.randint(1, 12), 1)
    return Between(first, first.replace(day=28))


def quarter(chance: random.Random) -> Between:
    first = date(chance.choice((2024, 2025)), chance.choice((1, 4, 7, 10)), 1)
    return Between(first, first.replace(month=first.month + 2, day=28))


def questions(chance: random.Random) -> Iterator[Query]:
    """Yield distinct questions as people save them: most with a breakdown, about months and quarters, some about all
    time.
    """
    seen: set[Query] = set()
    while len(seen) < DISTINCT:
        time = chance.choices((month(chance), quarter(chance), YEAR, None), (4, 3, 2, 1))[0]
        by = chance.choice(((), (Breakdown(DATE, Granularity.WEEK),), *((Breakdown(name),) for name in DIMENSIONS)))
        where = Condition("device", Operator.IN, (f"D{chance.randint(0, 4)}",)) if chance.random() < 0.3 else None
        query = Query(metrics=(chance.choice(METRICS),), by=by, where=where, time=time)
        if query not in seen:
            seen.add(query)
            yield query


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    cpu: float
    compared: int
    slowest: float  # seconds of the slowest single answer in the run


def compare(live: Live, impact: Impact) -> Run:
    """Compare everything, with no answers in the caches."""
    live.workspace().runner.cache.clear()
    run = impact.comparing
    run.budget, run.gone_after = None, math.inf
    began, used = time.perf_counter(), time.process_time()
    run.run()
    return Run(time.perf_counter() - began, time.process_time() - used, len(run.outcomes), run.slowest)


def ask(live: Live, actor: Actor, query: Query) -> float:
    """Return the seconds of one question on the published model, when nothing else runs and its answer isn't cached."""
    live.workspace().runner.cache.clear()
    began = time.perf_counter()
    live.workspace().start(query, actor).unrecorded()
    return time.perf_counter() - began


def main() -> None:
    chance = random.Random(26)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with duckdb.connect(folder / "data.duckdb") as connection:
            connection.execute(DATA)
        (folder / "model").mkdir()
        (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
        settings = Settings(
            data=str(folder / "data.duckdb"), model=folder / "model", demo=True, model_source="folder", mask_key="bench"
        )
        store = Store(connect_store(str(folder / "store.sqlite")))
        upgrade(store)
        make_first_space(store)
        live = Live(settings, store, keys_of("a secret of this benchmark, long"), Workspace.open(settings))
        actor = live.workspace().people["stew"]
        distinct = [*questions(chance)]
        with store.write() as transaction:
            space = list_spaces(transaction.connection)[0].id
            for at in range(ITEMS):
                query = distinct[at] if at < DISTINCT else chance.choice(distinct)
                save_question(
                    transaction, Content(query=query), actor, live.keys, name=f"Question {at}", sentence="", space=space
                )
        files = read_folder(folder / "model")
        changed = {
            name: text.replace("filter: amount >", "filter: amount >= 5 AND amount >") for name, text in files.items()
        }
        live.workspace().start(Query(metrics=("orders",)), actor).unrecorded()  # what any first question finds out
        began = time.perf_counter()
        impact = impact_of(live, actor, files, changed)
        found = time.perf_counter() - began
        together = compare(live, impact)
        again = impact_of(live, actor, files, changed)
        again.comparing.together = None
        apart = compare(live, again)
        assert impact.comparing.outcomes == again.comparing.outcomes
        single = max(ask(live, actor, query) for query in distinct)
        load = os.getloadavg()[0]
        live.close()
    head(f"Impact of a change on {ITEMS} saved questions over {ROWS:,} rows (times the slowest single question)")
    line("found", "", f"{found:.2f} s")
    for name, run in (("compared before and after", together), ("the same, each asked alone", apart)):
        line(
            name, f"{run.seconds / run.slowest:.1f}x",
            f"{run.seconds:.1f} s and {run.cpu:.1f} s of CPU for {run.compared} distinct questions; the slowest took "
            f"{run.slowest:.2f} s; at most {LIMIT:.0f}x",
        )  # fmt: skip
        line(
            "   by the slowest asked alone", f"{run.seconds / single:.1f}x", f"{single:.2f} s; load {load:.1f}"
        )  # fmt: skip


if __name__ == "__main__":
    main()
