"""Measure the test suite's time: CPU and wall seconds per suite, file and fixture, with every process that they start.

    make times                          run `make test` with the recorder, then print the tables
    python -m pytest -p tests.spent …   record any run; rows go to the folder SAMEPAGE_SPENT (.samepage/spent)
    python -m tests.spent [FOLDER]      print the tables of the last recorded run

CPU seconds include the test process and all processes below it: servers, browsers, commands. A shared fixture counts
towards the set-up of the first test that needs it. Linux only, since times are read from /proc.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest

DEFAULT = Path(".samepage/spent")
TICKS = os.sysconf("SC_CLK_TCK")
SHOWN = 25
PR_SET_CHILD_SUBREAPER = 36


# Recording


@dataclass(slots=True)
class Recorder:
    """The seconds slept and the processes started so far in one test process, and the file for its rows."""

    rows: TextIO
    slept: float = 0.0
    started: Counter[str] = field(default_factory=Counter[str])
    open_spans: list[Span] = field(default_factory=list["Span"])


@dataclass(slots=True)
class Span:
    """One phase of a test, or one fixture. `inner_…` is the time of the fixtures inside it."""

    cpu: float
    wall: float
    slept: float
    started: Counter[str]
    inner_cpu: float = 0.0
    inner_wall: float = 0.0


recorder: Recorder | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Open this process's file of rows, and start counting started processes and seconds slept."""
    global recorder
    folder, worker = Path(os.environ.get("SAMEPAGE_SPENT", DEFAULT)).absolute(), os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    # Adopt processes that outlive their parent, so that their time still counts.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    recorder = counting = Recorder((folder / f"{worker or 'main'}.jsonl").open("w", buffering=1))
    sleep = time.sleep

    def counted_sleep(seconds: float) -> None:
        counting.slept += seconds
        sleep(seconds)

    def count_processes(event: str, arguments: tuple[Any, ...]) -> None:  # Any: depends on the event
        if event == "subprocess.Popen":
            counting.started[Path(os.fsdecode(arguments[0])).name] += 1

    time.sleep = counted_sleep
    sys.addaudithook(count_processes)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    return (yield from _span("collection", ""))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    return (yield from _span("setup", item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    return (yield from _span("call", item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    return (yield from _span("teardown", item.nodeid))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:  # Any: whatever a fixture gives
    return (yield from _span("fixture", f"{fixturedef.baseid} {fixturedef.argname}"))


def _span(phase: str, name: str) -> Iterator[Any]:
    assert recorder is not None
    span = Span(cpu_seconds(), time.perf_counter(), recorder.slept, Counter(recorder.started))
    recorder.open_spans.append(span)
    try:
        return (yield)
    finally:
        recorder.open_spans.pop()
        cpu, wall = cpu_seconds() - span.cpu, time.perf_counter() - span.wall
        if recorder.open_spans:
            recorder.open_spans[-1].inner_cpu += cpu
            recorder.open_spans[-1].inner_wall += wall
        row = {
            "phase": phase, "name": name, "cpu": cpu, "wall": wall, "own_cpu": cpu - span.inner_cpu,
            "own_wall": wall - span.inner_wall, "slept": recorder.slept - span.slept,
            "started": dict(recorder.started - span.started),
        }  # fmt: skip
        recorder.rows.write(f"{json.dumps(row)}\n")


def cpu_seconds() -> float:
    """Return the CPU time of this process, its ended children and all processes still running below it."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    return total + sum(_ticks(process) for process in set(_below(os.getpid()))) / TICKS


def _below(process: int) -> Iterator[int]:
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:  # it has just ended
            continue
        for child in children:
            yield child
            yield from _below(child)


def _ticks(process: int) -> int:
    """Return the user and system time of a process and its ended children."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(ticks) for ticks in fields[11:15])


# Reading


@dataclass(slots=True)
class Spent:
    """The total time of one suite, file or fixture."""

    count: int = 0
    cpu: float = 0.0
    setup: float = 0.0
    wall: float = 0.0
    slept: float = 0.0
    started: Counter[str] = field(default_factory=Counter[str])


def main(folder: Path = DEFAULT) -> int:
    """Print the tables of a recorded run, and return 1 if there is none."""
    rows = [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    if not rows:
        print(f"No recorded run in {folder}. Run `make times` first.", file=sys.stderr)
        return 1
    suites, files, fixtures = (
        defaultdict[str, Spent](Spent),
        defaultdict[str, Spent](Spent),
        defaultdict[str, Spent](Spent),
    )
    collection = 0.0
    for row in rows:
        if row["phase"] == "collection":
            collection += row["cpu"]
        elif row["phase"] == "fixture":
            fixture = fixtures[row["name"]]
            fixture.count, fixture.cpu, fixture.wall = (
                fixture.count + 1, fixture.cpu + row["own_cpu"], fixture.wall + row["own_wall"],
            )  # fmt: skip
        else:
            file = row["name"].partition("::")[0]
            for spent in (suites[_suite(file)], files[file]):
                _add(spent, row)
    total = sum((spent.cpu for spent in suites.values()), collection)
    print(f"{total:.0f} CPU seconds in total, {collection:.0f} of them for collecting the tests.\n")
    _print_tests("Suite", suites, len(suites))
    _print_tests("File", files, SHOWN)
    print("| Fixture | times built | CPU s | wall s |\n|---|---:|---:|---:|")
    for name, spent in sorted(fixtures.items(), key=lambda pair: -pair[1].cpu)[:SHOWN]:
        print(f"| {name.strip()} | {spent.count} | {spent.cpu:.0f} | {spent.wall:.0f} |")
    return 0


def _suite(file: str) -> str:
    return "/".join(file.split("/")[:2])


def _add(spent: Spent, row: dict[str, Any]) -> None:  # Any: JSON
    spent.count += row["phase"] == "call"
    spent.cpu += row["cpu"]
    spent.setup += row["cpu"] if row["phase"] == "setup" else 0.0
    spent.wall += row["wall"]
    spent.slept += row["slept"]
    spent.started.update(row["started"])


def _print_tests(heading: str, table: dict[str, Spent], shown: int) -> None:
    print(f"| {heading} | tests | CPU s | set-up CPU s | wall s | slept s | processes started |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, spent in sorted(table.items(), key=lambda pair: -pair[1].cpu)[:shown]:
        numbers = f"{spent.count:,} | {spent.cpu:.0f} | {spent.setup:.0f} | {spent.wall:.0f} | {spent.slept:.0f}"
        print(f"| {name} | {numbers} | {spent.started.total()} |")
    print()


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:2])))
