"""Measure how long DuckDB takes to plan the largest questions; planning can't be interrupted: python -m
tests.bench.planning DATA.

Prints, for questions of growing size, their tables and terms (semantic/plan/size.py), the seconds to write their SQL
and the seconds that DuckDB takes to plan it, and which questions are refused. The limits are right as long as every
question that isn't refused is planned quickly.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from semantic.compile import lower_statement, plan_question
from semantic.config.settings import Settings
from semantic.errors import InvalidQuery, TooLarge
from semantic.plan.size import size_of
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.bench.table import head, line

TODAY = date(2026, 7, 1)
TIME = {"from": "2025-01-06", "to": "2026-06-28"}
COMPARED = [{"to": "previous"}, {"to": "last_year"}, {"to": {"back": 3, "unit": "month"}}]


def main(arguments: Sequence[str]) -> None:
    settings = Settings(data=arguments[0], model=Path("semantic/marketing"), mask_key="a key of this bench")
    workspace = Workspace.open(settings)
    seen = workspace.visible(next(person for person in workspace.people.values() if "steward" in person.roles))
    engine = duckdb.connect(arguments[0], read_only=True)
    head("Tables, terms; seconds to make the SQL, and to plan it")
    for what, data in _questions(workspace):
        began = time.perf_counter()
        try:
            plan = plan_question(seen, query_from_data(data), today=TODAY).plan
            statement = lower_statement(plan, workspace.dialect)
        except (InvalidQuery, TooLarge):
            line(what, "refused", f"{time.perf_counter() - began:.2f}")
            continue
        start, size = time.perf_counter(), size_of(plan)
        engine.execute(f"EXPLAIN {statement.sql}", list(statement.params))
        seconds = f"{start - began:.2f}  {time.perf_counter() - start:.2f}"
        line(what, f"{size.tables:,}  {size.terms:,}", seconds)
    workspace.close()


def _questions(workspace: Workspace) -> Iterator[tuple[str, dict[str, Any]]]:
    names = _by_length(workspace)
    for count in (1, 10, 50):
        yield f"{count} of the largest metrics", _asked(names[-count:])
        yield f"{count} of the largest metrics, compared 3 times", _asked(names[-count:], compare=COMPARED)
    for count in (1, 10, 20, 21):
        filters = {"and": [_per_customer(place) for place in range(count)]}
        yield f"1 metric, {count} filters by a metric", _asked(["orders"], where=filters)
        yield f"5 metrics, {count} filters by a metric", _asked(names_of_orders(), where=filters)
        yield (
            f"5 metrics, {count} filters, compared 3 times",
            _asked(names_of_orders(), where=filters, compare=COMPARED),
        )
    for count in (5_000, 20_000):
        lists = [{"dim": "country", "op": "in", "values": [f"{n}" for n in range(start, start + 5_000)]}
                 for start in range(0, count, 5_000)]  # fmt: skip
        yield f"1 metric, {count:,} values", _asked(["orders"], where={"or": lists})
        yield f"5 metrics, {count:,} values", _asked(names_of_orders(), where={"or": lists})


def names_of_orders() -> list[str]:
    return ["orders", "net_revenue", "units", "repeat_customers", "refunded_amount"]


def _by_length(workspace: Workspace) -> list[str]:
    """Return the metrics that have data for these days, shortest SQL first."""
    person = next(actor for actor in workspace.people.values() if "steward" in actor.roles)
    lengths: dict[str, int] = {}
    for name in workspace.model.metrics:
        preflight = workspace.preflight(query_from_data(_asked([name])), person, today=TODAY)
        if preflight.compiled is not None:
            lengths[name] = len(preflight.compiled.legs[0].sql)
    return sorted(lengths, key=lengths.__getitem__)


def _asked(metrics: Sequence[str], **more: object) -> dict[str, Any]:
    return {"metrics": [*metrics], "time": TIME, **more}


def _per_customer(place: int) -> dict[str, object]:
    where = {"dim": "country", "op": "in", "values": [f"country {place}"]}
    return {"metric": "orders", "per": "customer", "op": ">", "value": 1, "where": where}


if __name__ == "__main__":
    main(sys.argv[1:])
