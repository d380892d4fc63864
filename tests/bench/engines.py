"""Ask the same questions on DuckDB and on Spark over 20 million orders: python -m tests.bench.engines.

Builds the dirty star schema (20,000,000 orders and a tenth as many rows of ad spend, or SAMEPAGE_BENCH_ORDERS) in
.samepage/bench, starts the Spark of deploy/spark.sh (install it first), copies the tables there, and asks. Prints as
Markdown the time of each engine's first answer, the best of the following ones in seconds and in CPU seconds of the
engine's own processes, the rows that each executor read according to Spark, and the answers per minute with several
questions at once. The rows of the two engines are compared, and any difference ends the run.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import pyarrow as pa

from connectors import connect
from connectors.connector import Connector, Limits
from connectors.spark import Spark
from semantic import compile_query, load_model
from semantic.compile import Compiled
from semantic.demo.load_spark import load
from semantic.model.loading.load import read_folder
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.results.result import typed_table
from semantic.sql.dialects.table import DIALECTS
from tests.bench.shapes import MODEL, PERSON, TODAY
from tests.star.questions import QUESTIONS
from tests.star.star import StarSize, build_star

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".samepage" / "bench"
ORDERS = int(os.environ.get("SAMEPAGE_BENCH_ORDERS", "20000000"))
ASKED = {
    "q12": "a small table and a fact: revenue and customers by country",
    "q01": "one key: revenue by month",
    "q02": "a join: revenue, orders and their ratio by channel and month",
    "q05": "two joins and filters, one year of four: by country",
    "q04": "distinct customers by country and channel",
    "q11": "two facts, nine metrics, one year: by channel",
}
ROUNDS = {"duckdb": 5, "spark": 3}
AT_ONCE = {"duckdb": (1, 4, 16), "spark": (1, 4)}
ASKED_AT_ONCE, SECONDS_AT_ONCE = "q02", 20.0
LIMITS = Limits(max_rows=1_000_000, timeout_seconds=600)


@dataclass(frozen=True)
class Engine:
    """An engine with the star schema in it, and the CPU that its processes have used so far."""

    name: str
    connector: Connector
    cpu: Callable[[], float]

    def ask(self, question: str, tag: str = "bench") -> pa.Table:
        made = compiled(question, self.name)
        statement = made.legs[0]
        run = self.connector.start(statement.sql, statement.params, limits=LIMITS, tag=tag)
        return typed_table(run.result(), made)


@dataclass(frozen=True)
class Taken:
    """The wall-clock seconds and CPU seconds of one answer."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f})"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Spark is stopped then too
    built = build()
    began = time.monotonic()
    with spark_server() as (url, processes):
        print(f"Spark started in {time.monotonic() - began:.0f} s", flush=True)
        address = f"{url}/;schema=bench"
        began = time.monotonic()
        load(address, built)
        print(f"tables copied to Spark in {time.monotonic() - began:.0f} s\n", flush=True)
        opened = [
            Engine("duckdb", connect(str(built)), own_seconds),
            Engine("spark", connect(address), lambda: seconds_of(processes())),
        ]
        print_versions(opened)
        print_questions(opened)
        print_executors(opened[1])
        print_at_once(opened)
        for engine in opened:
            engine.connector.close()


# The tables


def build() -> Path:
    """Return the star schema as a DuckDB file, next to a Parquet file of each table.

    It's built once for each number of orders.
    """
    path = FOLDER / f"{ORDERS}" / "star.duckdb"
    if path.exists():
        return path
    (path.parent / "parquet").mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    began = time.monotonic()
    with duckdb.connect(str(unfinished)) as connection:
        build_star(connection, StarSize(orders=ORDERS, spend=ORDERS // 10), dirty=True)
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall():
            connection.execute(f"COPY {table} TO '{path.parent / 'parquet' / table}.parquet' (FORMAT parquet)")
    unfinished.rename(path)
    print(f"{ORDERS:,} orders built in {time.monotonic() - began:.0f} s", flush=True)
    return path


# The engines


@contextmanager
def spark_server() -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """Start a Spark server with two executors, and yield its address and a function that returns its current
    processes.
    """
    run = FOLDER / "spark"
    environment = {**os.environ, "SPARK_RUN": str(run), "SPARK_NICE": "0"}

    def script(command: str) -> str:
        done = subprocess.run(
            ["sh", "deploy/spark.sh", command], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    url = script("start")
    try:
        yield url, lambda: processes_of(int((run / "pid").read_text()))
    finally:
        script("stop")


def processes_of(group: int) -> list[int]:
    """Return the processes of one group: the driver and its executors."""
    processes: list[int] = []
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if int(fields_of(int(process.name))[2]) == group:
                processes.append(int(process.name))
    return processes


def seconds_of(processes: Sequence[int]) -> float:
    """Return the CPU seconds that these processes have used so far."""
    ticks = 0
    for process in processes:
        with suppress(OSError):
            user, system = fields_of(process)[11:13]
            ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def fields_of(process: int) -> list[str]:
    """Return the fields of /proc/…/stat after the name: state, parent, group …"""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# The questions


@cache
def compiled(question: str, dialect: str) -> Compiled:
    model, people = load_model(MODEL), read_people(read_folder(MODEL))
    return compile_query(model, query_from_data(QUESTIONS[question]), people[PERSON], DIALECTS[dialect], today=TODAY)


def timed(engine: Engine, question: str) -> tuple[Taken, pa.Table]:
    used, began = engine.cpu(), time.monotonic()
    table = engine.ask(question)
    return Taken(time.monotonic() - began, engine.cpu() - used), table


def print_versions(opened: Sequence[Engine]) -> None:
    cores, load_now = os.cpu_count(), os.getloadavg()[0]
    print(f"{' and '.join(engine.connector.identity for engine in opened)}, {cores} cores, load {load_now:.1f}\n")


def print_questions(opened: Sequence[Engine]) -> None:
    """Print the seconds of each question, with CPU seconds in brackets.

    Cold is a server's first answer to a question.
    """
    names = [f"{engine.name} {when}" for engine in opened for when in ("cold", "warm")]
    print(f"| question | rows | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for question, words in ASKED.items():
        cells: list[str] = []
        tables: list[pa.Table] = []
        for engine in opened:
            cold, table = timed(engine, question)
            warm = [timed(engine, question)[0] for _ in range(ROUNDS[engine.name])]
            cells += [str(cold), str(Taken(min(taken.wall for taken in warm), min(taken.cpu for taken in warm)))]
            tables.append(table)
        compare(question, *tables)
        print(f"| {question}: {words} | {tables[0].num_rows} | {' | '.join(cells)} |", flush=True)
    print()


def compare(question: str, mine: pa.Table, theirs: pa.Table) -> None:
    """Stop if the two engines return different rows; doubles may differ by 1e-9."""
    left, right = (sorted((list(row.values()) for row in table.to_pylist()), key=str) for table in (mine, theirs))
    same = len(left) == len(right) and all(
        math.isclose(a, b, rel_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b
        for row, other in zip(left, right, strict=True)
        for a, b in zip(row, other, strict=True)
    )
    if not same:
        raise SystemExit(f"{question}: the engines differ\n{left[:5]}\n{right[:5]}")


# Spark's own account


def print_executors(engine: Engine) -> None:
    """Print the rows that each executor read for one question, from Spark's REST interface."""
    assert isinstance(engine.connector, Spark)
    tag = f"account_{time.monotonic_ns()}"
    engine.ask("q02", tag)
    time.sleep(2)  # the REST interface is updated after the answer
    read: dict[str, list[int]] = {}
    for job in (
        candidate for candidate in monitoring(engine.connector, "jobs") if tag in str(candidate.get("jobTags"))
    ):
        for stage in job["stageIds"]:
            with suppress(OSError):  # a skipped stage has no figures
                for attempt in monitoring(engine.connector, f"stages/{stage}"):
                    for executor, said in attempt.get("executorSummary", {}).items():
                        sums = read.setdefault(executor, [0, 0, 0])
                        for at, name in enumerate(("inputRecords", "taskTime", "shuffleWrite")):
                            sums[at] += said[name]
    print("| executor | rows read | task seconds | shuffled MB |\n|---|---|---|---|")
    for executor, (rows, milliseconds, shuffled) in sorted(read.items()):
        print(f"| {executor} | {rows:,} | {milliseconds / 1000:.1f} | {shuffled / 1e6:.2f} |")
    print(flush=True)


def monitoring(connector: Spark, path: str) -> list[dict[str, Any]]:
    session = connector.session().spark
    port, application = session.conf.get("spark.ui.port"), session.conf.get("spark.app.id")
    with urlopen(f"http://127.0.0.1:{port}/api/v1/applications/{application}/{path}", timeout=20) as answer:
        return json.load(answer)


# Many at once


def print_at_once(opened: Sequence[Engine]) -> None:
    """Print the answers per minute with several questions at once.

    Each answer is computed, because nothing is cached here.
    """
    print(
        f"| {ASKED_AT_ONCE}, asked at once by | {' | '.join(f'{engine.name}: a minute | waits' for engine in opened)} |"
    )
    print("|---|" + "---|---|" * len(opened))
    for askers in sorted({number for numbers in AT_ONCE.values() for number in numbers}):
        cells = [cell for engine in opened for cell in at_once(engine, askers)]
        print(f"| {askers} | {' | '.join(cells)} |", flush=True)


def at_once(engine: Engine, askers: int) -> tuple[str, str]:
    """Return the answers per minute, and the median wait, as text."""
    if askers not in AT_ONCE[engine.name]:
        return "-", "-"
    waits: list[float] = []
    until = time.monotonic() + SECONDS_AT_ONCE

    def work() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            engine.ask(ASKED_AT_ONCE)
            waits.append(time.monotonic() - began)

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.monotonic() - began
    return f"{len(waits) / taken * 60:.0f}", f"{sorted(waits)[len(waits) // 2]:.2f} s"


if __name__ == "__main__":
    main()
