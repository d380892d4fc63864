"""Retention counted by engines equals a walk through the rows.

`make proof` compares 2,000 random definitions, and `make test` a seeded tenth of them on DuckDB and fewer elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.retention.finding import RetentionRow
from semantic.services.analyzing.run import analyze
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.logged import FIRST, LoggedWorkspace, Row, make_log, open_at, statements, tables_of
from tests.semantic.analyses.events.retention.by_hand import Cohort, added, cells_of, make_retention, walk

RETENTION = EVENT_KINDS["retention"]
DEFINITIONS, EACH = 2_000, 200


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return longer(make_log(7))


def longer(rows: Sequence[Row]) -> list[Row]:
    """Return the log with some of its rows weeks earlier, so that it includes several months and a clock change."""
    chance, moved = random.Random(3), list[Row]()
    for row in rows:
        earlier = timedelta(days=chance.choice((0, 0, 3, 7, 20, 45, 80))) if row.table != "letters" else timedelta()
        moved.append(replace(row, at=row.at - earlier))
    return moved


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"retained_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def numbers(row: RetentionRow, asked: dict[str, object]) -> list[object]:
    """Return the numbers of a row: its size, and each cell, with its amounts if these were requested."""
    cells: list[object] = [row.size]
    for cell in row.cells:
        measured = {"events": cell.times, "amount": cell.amount}.get(str(asked.get("measure")))
        cells.append(None if cell.is_open else (cell.eligible, cell.came, measured))
    return cells


def expected_of(cohort: Cohort, asked: dict[str, object], *, is_dated: bool) -> list[object]:
    """Return the numbers of a row, computed by hand.

    A cell is open if no one is old enough for it or, in a dated cohort, if someone isn't.
    """
    cells: list[object] = [cohort.size]
    for at, eligible in enumerate(cohort.eligible):
        measured = {"events": cohort.times[at], "amount": float(cohort.amounts[at])}.get(str(asked.get("measure")))
        is_open = not eligible or (is_dated and eligible < cohort.size)
        cells.append(None if is_open else (eligible, cohort.came[at], measured))
    return cells


@pytest.mark.parametrize("first", range(0, DEFINITIONS, EACH))
def test_retention_equals_that_counted_by_hand(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    for seed in range(first, first + part(EACH, one_in)):
        asked = make_retention(random.Random(seed))
        cohorts = walk(asked, log)
        found = analyze(workspace, RETENTION, RETENTION.read(asked), workspace.people["ana"]).found
        if not cohorts:
            assert found.whole.size == 0, (seed, asked)
            continue
        whole = added([*cohorts.values()])
        assert numbers(found.whole, asked) == expected_of(whole, asked, is_dated=False), (seed, asked)
        curve = [(each.at_risk, each.came) for each in found.whole.waiting]
        by_hand = [(left, back) for left, back in zip(whole.at_risk, whole.back, strict=True) if left]
        assert curve == by_hand[: len(curve)], (seed, asked)
        assert len(curve) == len(by_hand), (seed, asked)
        if "over" in asked:
            rows = {((row.by,) if "by" in asked else ()) + (row.over,): numbers(row, asked) for row in found.cohorts}
            by_date = {group: expected_of(cohort, asked, is_dated=True) for group, cohort in cohorts.items()}
            assert rows == by_date, (seed, asked)
        if "by" in asked:
            rows = {row.by: numbers(row, asked) for row in found.groups}
            pooled = {
                by: added([cohort for group, cohort in cohorts.items() if group[0] == by])
                for by in {group[0] for group in cohorts}
            }
            grouped = {by: expected_of(cohort, asked, is_dated=False) for by, cohort in pooled.items()}
            assert rows == grouped, (seed, asked)


def test_most_random_definitions_have_a_result(log: list[Row]) -> None:
    full = 0
    for seed in range(part(DEFINITIONS)):
        asked = make_retention(random.Random(seed))
        cohorts = [*walk(asked, log).values()]
        full += any(any(cohort.came) for cohort in cohorts) and any(any(cohort.back) for cohort in cohorts)
        assert len(cells_of(asked)) == len(cohorts[0].came) if cohorts else True
    assert full > part(DEFINITIONS) // 2


def test_the_log_reaches_back_over_months(log: list[Row]) -> None:
    assert min(row.at for row in log) < FIRST - timedelta(days=40)
