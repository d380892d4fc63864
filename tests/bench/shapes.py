"""Compare Samepage's SQL with hand-written SQL, on a clean star schema and a dirty one: python -m tests.bench.shapes.

Builds both with 2,000,000 orders (or SAMEPAGE_BENCH_ORDERS) and a tenth as many rows of ad spend, or uses the files
SAMEPAGE_BENCH_CLEAN and SAMEPAGE_BENCH_DIRTY. The statements take turns on a connection with two threads. Prints for
each question the CPU milliseconds (medians), and Samepage's divided by the hand-written SQL's. On the clean star schema
the hand-written SQL is the fastest possible, and relies on every key having a member and every day having rows
(tests/star/hand_best). On the dirty one it's correct without that (tests/star/hand_safe), as Samepage's SQL is on both.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from connectors import connect
from connectors.duckdb import SESSION_SETTINGS
from semantic import load_model
from semantic.compile import Statement, compile_visible
from semantic.model.loading.load import read_folder
from semantic.plan.tree.known import Known
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.run.proofs import Proofs
from semantic.sql.dialects.table import DIALECTS
from tests.bench.table import head, line
from tests.star.questions import HAND_BEST, HAND_SAFE, QUESTIONS, sql_by_hand
from tests.star.star import StarSize, build_star

MODEL = Path(__file__).parents[1] / "star" / "model"
PERSON, TODAY = "stella", date(2026, 1, 15)
ROUNDS, THREADS = 7, 2


@dataclass(frozen=True, slots=True)
class Star:
    """One star schema: its connection, the hand-written SQL to compare with, and what is known about its keys."""

    connection: duckdb.DuckDBPyConnection
    by_hand: Path
    proven: Known


def main() -> None:
    orders = int(os.environ.get("SAMEPAGE_BENCH_ORDERS", "2000000"))
    print(f"DuckDB {duckdb.__version__}, load {os.getloadavg()[0]:.1f}")
    print(f"{'CPU ms':<10}{'clean':>8}{'best':>8}{'ratio':>8}{'dirty':>10}{'safe':>8}{'ratio':>8}")
    ratios = measured(orders, print_row)
    means = [statistics.geometric_mean(column) for column in zip(*ratios.values(), strict=True)]
    print(f"{'geometric mean':<26}{means[0]:>8.2f}{means[1]:>26.2f}")


def print_means(orders: int) -> None:
    """Print two lines for each star schema in the table of all benchmarks."""
    head(f"Execution beside SQL by hand, CPU, {orders:,} orders")
    ratios = measured(orders, lambda *_: None)
    parts = (("clean, keys proven / the fastest by hand", "1.05"), ("dirty / right by hand", "1.10"))
    for place, (what, limit) in enumerate(parts):
        ratio_by_name = {name: pair[place] for name, pair in ratios.items()}
        worst = max(ratio_by_name, key=lambda name: ratio_by_name[name])
        line(what, f"{statistics.geometric_mean(ratio_by_name.values()):.2f}", f"{limit} wanted")
        line("the most", f"{ratio_by_name[worst]:.2f}", f"1.30 wanted; {worst}")


def measured(orders: int, tell: Callable[[str, Sequence[Sequence[float]]], None]) -> dict[str, list[float]]:
    """Return Samepage's time divided by the hand-written SQL's for each question, on the clean star schema and the
    dirty one. `tell` receives milliseconds.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        clean, dirty = (
            Path(given) if given else built(Path(folder) / f"{name}.duckdb", orders, dirty=name == "dirty")
            for name, given in (
                ("clean", os.environ.get("SAMEPAGE_BENCH_CLEAN")),
                ("dirty", os.environ.get("SAMEPAGE_BENCH_DIRTY")),
            )
        )
        stars = [
            Star(opened.enter_context(duckdb.connect(path, read_only=True)), by_hand, proven(path))
            for path, by_hand in ((clean, HAND_BEST), (dirty, HAND_SAFE))
        ]
        for star in stars:
            prepare(star.connection)
        return {name: one_question(stars, name, tell) for name in QUESTIONS}


def built(path: Path, orders: int, *, dirty: bool) -> Path:
    with duckdb.connect(path) as connection:
        build_star(connection, StarSize(orders=orders, spend=orders // 10), dirty=dirty)
    return path


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply the connector's settings to both connections."""
    for name, value in {**SESSION_SETTINGS, "threads": str(THREADS)}.items():
        connection.execute(f"SET GLOBAL {name} = '{value}'")


def proven(path: Path) -> Known:
    """Return the hops that lose no row, found in the way a server finds them."""
    connector = connect(str(path))
    proofs = Proofs(load_model(MODEL), connector, DIALECTS["duckdb"])
    proven = proofs.look(connector.data_version(()) or "")
    connector.close()
    return proven.known


def one_question(
    stars: Sequence[Star], name: str, tell: Callable[[str, Sequence[Sequence[float]]], None]
) -> list[float]:
    comparisons = [
        compare(star.connection, compiled(name, star.proven), Statement(sql_by_hand(name, star.by_hand), ()))
        for star in stars
    ]
    tell(name, comparisons)
    return [mine / theirs for mine, theirs in comparisons]


def print_row(name: str, comparisons: Sequence[Sequence[float]]) -> None:
    cells = [f"{mine:>8.1f}{theirs:>8.1f}{mine / theirs:>8.2f}" for mine, theirs in comparisons]
    print(f"{name:<10}{'  '.join(cells)}", flush=True)


def compiled(name: str, known: Known) -> Statement:
    model, people = load_model(MODEL), read_people(read_folder(MODEL))
    query, seen = query_from_data(QUESTIONS[name]), narrow(model, people[PERSON])
    return compile_visible(seen, query, DIALECTS["duckdb"], today=TODAY, proven=known).legs[0]


def compare(connection: duckdb.DuckDBPyConnection, *statements: Statement) -> list[float]:
    """Return the median CPU milliseconds of each statement.

    They take turns, and the first round is a warm-up that doesn't count.
    """
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
