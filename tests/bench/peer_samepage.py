"""Measure Samepage as one of several semantic layers: python -m tests.bench.peer_samepage OUT.

Writes, for each of the star's questions, SQL with its parameters and the cost of compiling it, from the question's JSON
to the SQL text, in the format of a program that runs every layer's SQL on one DuckDB:

    {"peer", "version", "load_ms", "narrow_ms",
     "queries": {"q01": {"sql", "params", "cols", "compile_ms", "compile_cpu_ms", "compile_repeat_ms",
                         "compile_repeat_cpu_ms", "read_back_cpu_ms", "n", "kind", "note"}}}

Costs are medians of `n`, in milliseconds, for a person with a row rule, narrowed once as a workspace does it. Cold: the
plan cache is emptied before each, and limit, years and filter values differ each time. Repeat: the same shape with
other years and filter values each time. The SQL is for a person who sees everything, so that its rows can be compared,
over the data in the file that STAR_DB names, whose keys are checked first as a server does; `cols` are its columns in
the question's order: breakdowns, then metrics. `load_ms` is this process's CPU time up to then, including start-up and
imports; the garbage collector stays on. `read_back_cpu_ms` is the cost of the check that a workspace makes before it
runs SQL that it has written.

The other layers' entries, and the program that runs all the SQL in turns, aren't part of the project, like the outside
cases, because their models were written by others. To repeat the comparison in the folder that has them:

1. A virtual environment for each layer, all with the same Python and DuckDB: sidemantic 0.13.0; boring-semantic-layer
   0.3.18 with pyarrow and pandas; orionbelt-semantic-layer 2.36.0 (Python 3.12 or newer). For Malloy 0.0.431 the
   packages @malloydata/malloy, @malloydata/db-duckdb and antlr4ts@0.5.0-alpha.4 in the folder that
   MALLOY_NODE_MODULES names.
2. A line for Samepage in peers.json, whose command is the interpreter of this project's `.venv` and this file, with
   PYTHONPATH set to the project's folder.
3. That folder's run.py with the interpreter of this project's `.venv`. It makes 10,000,000 orders itself, in tables
   named as those of tests/star/star.py, so that tests/star/model reads them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from connectors import connect
from semantic import Model, load_model
from semantic.answering.plan_cache import PlanCache
from semantic.compile import Compiled, check_read_back, compile_visible
from semantic.model.loading.load import read_folder
from semantic.plan.tree.known import NOTHING_KNOWN, Known
from semantic.policy.narrow import VisibleModel, narrow
from semantic.policy.people import read_people
from semantic.query.codec import query_from_json
from semantic.run.proofs import Proofs
from semantic.sql.dialects.table import DIALECTS
from tests.star.questions import QUESTIONS

MODEL = Path(__file__).parents[1] / "star" / "model"
SEES_ALL, WITH_A_ROW_RULE, TODAY = "stella", "marek", date(2026, 1, 15)
DUCKDB = DIALECTS["duckdb"]
ROUNDS, WARM_UP = 60, 5

Question = dict[str, Any]  # Any: JSON


def main() -> None:
    model, people = load_model(MODEL), read_people(read_folder(MODEL))
    load_ms = time.process_time() * 1000
    began = time.process_time()
    ruled = narrow(model, people[WITH_A_ROW_RULE])
    narrow_ms = (time.process_time() - began) * 1000
    asked = Asking(ruled, narrow(model, people[SEES_ALL]), what_is_known(model), PlanCache())
    report = {
        "peer": "samepage",
        "version": f"Python {sys.version.split()[0]}, sqlglot {version('sqlglot')}",
        "load_ms": round(load_ms, 1),
        "narrow_ms": round(narrow_ms, 2),
        "queries": {name: measured(name, asked) for name in QUESTIONS},
    }
    Path(sys.argv[1]).write_text(json.dumps(report, indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Asking:
    """The model as two people see it, what is known about the data, and the shapes of questions asked so far."""

    ruled: VisibleModel
    whole: VisibleModel
    proven: Known
    plans: PlanCache

    def compile(self, text: str, *, cold: bool) -> Compiled:
        """Compile a question's text for the person with a row rule."""
        if cold:
            self.plans.clear()
        return self.plans.compile(self.ruled, query_from_json(text), DUCKDB, today=TODAY)


def what_is_known(model: Model) -> Known:
    """Return the hops that lose no rows in this data, or none without STAR_DB."""
    if "STAR_DB" not in os.environ:
        return NOTHING_KNOWN
    connector = connect(str(Path(os.environ["STAR_DB"]).resolve()))
    proven = Proofs(model, connector, DUCKDB).look(connector.data_version(()) or "")
    connector.close()
    return proven.known


def measured(name: str, asked: Asking) -> dict[str, Any]:
    question = QUESTIONS[name]
    text = json.dumps(question)
    statement = compile_visible(asked.whole, query_from_json(text), DUCKDB, today=TODAY, proven=asked.proven).legs[0]
    turns = range(ROUNDS + WARM_UP)
    others = [json.dumps(with_other_literals(question, turn) | {"limit": 99_000 + turn}) for turn in turns]
    cold_ms, cold_cpu = median_ms(lambda turn: asked.compile(others[turn], cold=True))
    again = [json.dumps(with_other_literals(question, turn)) for turn in turns]
    repeat_ms, repeat_cpu = median_ms(lambda turn: asked.compile(again[turn], cold=False))
    compiled = asked.compile(text, cold=True)
    _, read_back_cpu = median_ms(lambda _: check_read_back(compiled))
    print(f"{name} compile {cold_cpu:.2f}, repeat {repeat_cpu:.2f}, read back {read_back_cpu:.2f} ms", flush=True)
    return {
        "sql": statement.sql,
        "params": [value.isoformat() if isinstance(value, date) else value for value in statement.params],
        "cols": [column_of(breakdown) for breakdown in question["by"]] + question["metrics"],
        "compile_ms": cold_ms,
        "compile_cpu_ms": cold_cpu,
        "compile_repeat_ms": repeat_ms,
        "compile_repeat_cpu_ms": repeat_cpu,
        "read_back_cpu_ms": read_back_cpu,
        "n": ROUNDS,
        "kind": "metric",
        "note": "",
    }


def with_other_literals(question: Question, turn: int) -> Question:
    """Return the same question with a different first year and other filter values."""
    other = deepcopy(question)
    for condition in other.get("where", {}).get("and", []):
        condition["values"] = [f"{value} {turn}" for value in condition["values"]]
    if "time" in other:
        other["time"]["from"] = f"{1900 + turn}-01-01"
    return other


def column_of(breakdown: str | dict[str, str]) -> str:
    return breakdown if isinstance(breakdown, str) else f"{breakdown['dim']}_{breakdown['grain']}"


def median_ms(run: Callable[[int], object]) -> tuple[float, float]:
    """Return the median wall-clock and CPU milliseconds of each call.

    The calls take turns, and the first few rounds don't count.
    """
    walls: list[float] = []
    used: list[float] = []
    for turn in range(WARM_UP + ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        run(turn)
        used.append((time.process_time() - cpu) * 1000)
        walls.append((time.perf_counter() - wall) * 1000)
    return round(statistics.median(walls[WARM_UP:]), 3), round(statistics.median(used[WARM_UP:]), 3)


if __name__ == "__main__":
    main()
