"""Ask the star schema's questions over many orders, with a memory limit for DuckDB: python -m tests.bench.large FILE.

Builds FILE if it doesn't exist: 100,000,000 orders (--orders) and a tenth as many rows of ad spend, clean, stored by
day (--no-order: unordered). Then asks each question through a Workspace on two threads (--threads) over all years, one
year and one month, in a separate process for each memory limit (--memory 1GB --memory 4GB). Prints as Markdown:
seconds, CPU seconds, peak memory of the process, and the most that was spilled to disk next to FILE; then what DuckDB
reports that it read for each: rows, row groups, bytes. Answers under different limits are compared, and any difference
ends the run. A process starts with about 200 MB of Python and its libraries. Peak memory is only available on Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from connectors.duckdb import SESSION_SETTINGS
from semantic import compile_query
from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.workspace import Workspace
from tests.bench.shapes import MODEL, PERSON, TODAY
from tests.star.questions import QUESTIONS
from tests.star.star import StarSize, build_star

PERIODS = {
    "all years": {"from": "2022-01-01", "to": "2025-12-31"},
    "one year": {"from": "2025-01-01", "to": "2025-12-31"},
    "one month": {"from": "2025-06-01", "to": "2025-06-30"},
}
MEGABYTE = 1_000_000
Measured = dict[str, Any]  # Any: JSON, from the process that measured


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    options.add_argument("--orders", type=int, default=100_000_000)
    options.add_argument("--no-order", action="store_true", help="build it with the facts in no order")
    options.add_argument("--memory", action="append", metavar="1GB", help="a memory limit; can be given several times")
    options.add_argument("--question", action="append", choices=list(QUESTIONS), help="that one alone, or several")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    file, limits = chosen.file.absolute(), chosen.memory or ["1GB", "2GB", "4GB"]
    names = chosen.question or list(QUESTIONS)
    if chosen.alone:
        for measured in ask_all(file, names, limits[0], chosen.threads):
            print(json.dumps(measured), flush=True)
        return
    if not file.exists():
        build(file, StarSize(chosen.orders, chosen.orders // 10), by_day=not chosen.no_order)
    measured_by_limit = {limit: list(in_a_process(file, names, limit, chosen.threads)) for limit in limits}
    compare(measured_by_limit)
    print_read(file, names, limits[-1], chosen.threads)


def build(file: Path, size: StarSize, *, by_day: bool) -> None:
    unfinished, began = file.with_suffix(".new"), time.monotonic()
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(unfinished) as connection:
        connection.execute("SET memory_limit = '4GB'")
        build_star(connection, size, dirty=False, by_day=by_day)
    unfinished.rename(file)
    print(f"{size.orders:,} orders: {file.stat().st_size / MEGABYTE:,.0f} MB, {time.monotonic() - began:.0f} s\n")


# Asked


def in_a_process(file: Path, names: list[str], limit: str, threads: int) -> Iterator[Measured]:
    """Measure under one memory limit in a separate process, and yield each measurement as it arrives."""
    command = [sys.executable, "-m", "tests.bench.large", str(file), "--alone", "--memory", limit]
    command += ["--threads", str(threads), *(word for name in names for word in ("--question", name))]
    print(f"DuckDB {duckdb.__version__}, {threads} threads, memory_limit {limit}, load {os.getloadavg()[0]:.1f}\n")
    print(f"| question | {' | '.join(f'{period}: s (CPU s), MB held, MB spilled' for period in PERIODS)} |")
    print("|---|" + "---|" * len(PERIODS))
    cells: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            measured = json.loads(line)
            cells.append(cell(measured))
            if len(cells) == len(PERIODS):
                print(f"| {measured['question']} | {' | '.join(cells)} |", flush=True)
                cells = []
            yield measured
    if process.returncode:
        raise SystemExit(f"The process under {limit} ended with {process.returncode}.")
    print()


def cell(measured: Measured) -> str:
    if measured["refused"]:
        return str(measured["refused"])
    spilled = f", {measured['spilled']:,.0f}" if measured["spilled"] else ""
    return f"{measured['wall']:.2f} ({measured['cpu']:.2f}), {measured['held']:,.0f}{spilled}"


def ask_all(file: Path, names: list[str], limit: str, threads: int) -> Iterator[Measured]:
    """Yield the measurement of each question over each period. Each is asked once, so no cache can answer it."""
    spill = file.parent / f"spill-{limit}"
    shutil.rmtree(spill, ignore_errors=True)
    address = f"duckdb://{file}?memory_limit={limit}&threads={threads}&temp_directory={spill}"
    workspace = Workspace.open(Settings(data=address, model=MODEL, timeout_seconds=3_600, mask_key="of no use here"))
    workspace.proofs.look(workspace.connector.data_version(()) or "")  # as a server does beside the first questions
    workspace.proofs.begin()
    for name in names:
        for period in PERIODS:
            forget_peak()
            wall, cpu = time.perf_counter(), time.process_time()
            with most_spilled(spill) as spilled:
                rows, refused = answered(workspace, question(name, period))
            yield {
                "question": name,
                "period": period,
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "held": peak() / MEGABYTE,
                "spilled": max(spilled) / MEGABYTE,
                "rows": rows,
                "refused": refused,
            }
    workspace.close()
    shutil.rmtree(spill, ignore_errors=True)


def question(name: str, period: str) -> Query:
    return query_from_data({**QUESTIONS[name], "time": PERIODS[period]})


def answered(workspace: Workspace, asked: Query) -> tuple[str, str]:
    """Return a digest of the rows, or the reason why there are none."""
    try:
        table = workspace.ask(asked, workspace.people[PERSON], today=TODAY).table
    except SemanticError as error:
        return "", str(error)
    return hashlib.sha256(repr(table.to_pylist()).encode()).hexdigest(), ""


@contextmanager
def most_spilled(folder: Path) -> Iterator[list[float]]:
    """Yield a list with the largest size of the folder, which is checked twenty times a second while the block runs."""
    sizes, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            sizes.append(sum(size_of(path) for path in folder.glob("*")))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield sizes
    finally:
        ended.set()
        watching.join()


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # removed since it was listed
        return 0


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> int:
    """Return this process's peak memory since `forget_peak`, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [text] = [line for line in lines if line.startswith("VmHWM:")]
    return int(text.split()[1]) * 1024


def compare(measured_by_limit: dict[str, list[Measured]]) -> None:
    first, *others = measured_by_limit.values()
    for other in others:
        for measured, two in zip(first, other, strict=True):
            if measured["rows"] and two["rows"] and measured["rows"] != two["rows"]:
                raise SystemExit(f"{measured['question']}, {measured['period']}: rows differ between memory limits")


# Read


def print_read(file: Path, names: list[str], limit: str, threads: int) -> None:
    """Print DuckDB's own report of what each statement read, on a connection opened for that statement."""
    print(f"| question | {' | '.join(f'{period}: million rows, row groups, MB read' for period in PERIODS)} |")
    print("|---|" + "---|" * len(PERIODS))
    workspace = Workspace.open(Settings(data=f"duckdb://{file}", model=MODEL, mask_key="of no use here"))
    for name in names:
        cells = [read(file, workspace, question(name, period), limit, threads) for period in PERIODS]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    workspace.close()


def read(file: Path, workspace: Workspace, asked: Query, limit: str, threads: int) -> str:
    person = workspace.people[PERSON]
    [statement] = compile_query(workspace.model, asked, person, workspace.dialect, today=TODAY).legs
    with duckdb.connect(file, read_only=True) as connection:
        for name, value in {**SESSION_SETTINGS, "memory_limit": limit, "threads": str(threads)}.items():
            connection.execute(f"SET GLOBAL {name} = '{value}'")
        connection.execute("PRAGMA enable_profiling = 'no_output'")
        connection.execute(statement.sql, list(statement.params)).fetchall()
        document = json.loads(connection.get_profiling_information(format="json"))
    query, read_bytes = document["query"], document["io"]["total_bytes_read"]
    groups = f"{query['total_row_groups_scanned']:,} of {query['total_row_groups_to_scan']:,}"
    return f"{query['total_rows_scanned'] / 1e6:,.1f}, {groups}, {read_bytes / MEGABYTE:,.0f}"


if __name__ == "__main__":
    main()
