"""Nothing in an explanation changes when only rows or values that are hidden from its reader change.

Each twin is the company with other hidden rows or other masked values, and another question. `make proof` compares
2,000 twins, and `make test` a seeded tenth of them.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors import connect
from semantic.display.words.why import about_sentences, change_sentence, part_rows
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.query.query import Condition, Filter, Last, Named, NotAny, Operator, Period, Previous, Query
from semantic.services.why import Why, explain
from tests import proof
from tests.semantic.explained import ExplainedWorkspace, open_explained

TWINS = 2_000
SEEDS = range(proof.part(TWINS))
METRICS = ("revenue", "orders", "buyers", "middle", "spend", "pieces", "per_order", "return_on_ads", "margin", "recent")
PERIODS = (Last(1, Granularity.WEEK), Last(2, Granularity.WEEK), Last(3, Granularity.DAY))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplainedWorkspace]:
    opened = open_explained(tmp_path_factory.mktemp("original"))
    yield opened
    opened.close()


def of_france(chance: random.Random) -> str:
    """Return SQL that changes orders, ads or stock in France, which Dora and Gina can't see."""
    size, part = chance.choice((0, 1, 3, 1000)), chance.randint(2, 4)
    some = f"market = 'FR' AND hash(id, {chance.randint(1, 99)}) % {part} = 0"
    day = f"DATE '2026-01-{chance.randint(5, 18):02}'"
    return chance.choice(
        (
            f"DELETE FROM orders WHERE {some}",
            f"UPDATE orders SET amount = amount * {size} + 7 WHERE {some}",
            f"UPDATE orders SET channel = '{chance.choice(('web', 'mail', 'hidden'))}', buyer = 4 WHERE {some}",
            f"UPDATE orders SET day = {day} WHERE {some}",
            f"INSERT INTO orders SELECT 700000 + n, {day}, 'FR', 'mail', {chance.randint(0, 8)}, {size}"
            f" FROM range({chance.choice((1, 50))}) AS t(n)",
            f"UPDATE orders SET channel = NULL WHERE {some}",
            f"UPDATE ads SET cost = {size} WHERE market = 'FR'",
            f"UPDATE stock SET pieces = {size} WHERE market = 'FR'",
            "DELETE FROM ads WHERE market = 'FR'",
        )
    )


def of_channels(chance: random.Random) -> str:
    """Return SQL that replaces the channels, which are masked for Mia."""
    return f"UPDATE orders SET channel = 'c' || (hash(id, {chance.randint(1, 99)}) % {chance.randint(1, 20)})"


HIDDEN: dict[str, Callable[[random.Random], str]] = {"dora": of_france, "gina": of_france, "mia": of_channels}


def asked(chance: random.Random) -> tuple[Query, tuple[str, ...]]:
    """Return a question about a change, and the breakdowns to look at. () means the nearest breakdowns."""
    condition = Condition("market", Operator.IN, chance.choice((("DE",), ("FR",), ("DE", "FR"))))
    where: Filter | None = chance.choice((None, None, condition, NotAny(condition)))
    period: Period = chance.choice(PERIODS)
    named = Named(date(2025, 12, chance.randint(1, 20)), date(2025, 12, 24))
    by = chance.choice(((), (), (), ("channel",), ("market", "channel"), ("date",)))
    return Query(
        metrics=(chance.choice(METRICS),), where=where, time=period, compare=(chance.choice((Previous(), named)),)
    ), by


def told(workspace: ExplainedWorkspace, person: str, query: Query, by: tuple[str, ...]) -> object:
    """Return everything that a person sees of an explanation, or the reason why there is none."""
    try:
        found = explain(query, workspace, workspace.people[person], by=by)
    except SemanticError as error:
        return type(error).__name__, error.code, str(error)
    return shown(found)


def shown(found: Why) -> object:
    explanation, column = found.explanation, found.column
    return (
        explanation,
        (found.reason, found.why_not, found.late, dict(found.left_out), found.remarks),
        change_sentence(explanation, column, found.keys),
        about_sentences(explanation, column),
        [part_rows(parts, explanation, column, found.keys[parts.dim]) for parts in explanation.by],
        (found.result.scope, found.result.filters, found.result.notes, found.result.rows()),
    )


@pytest.mark.long
def test_an_explanation_never_changes_with_hidden_rows(workspace: ExplainedWorkspace, tmp_path: Path) -> None:
    explained = moved = seen = 0
    for seed in SEEDS:
        chance = random.Random(f"why {seed}")
        person = chance.choice((*HIDDEN,))
        query, by = asked(chance)
        changes = [HIDDEN[person](chance) for _ in range(chance.randint(1, 3))]
        twin = make_twin(workspace, tmp_path / f"{seed}.duckdb", changes)
        try:
            mine = told(workspace, person, query, by)
            assert told(twin, person, query, by) == mine, f"seed {seed}: {person} asks {query}"
            if seed % 5 == 0:  # Ana sees all rows
                seen += 1
                moved += told(twin, "ana", query, ()) != told(workspace, "ana", query, ())
        finally:
            close_twin(twin, tmp_path / f"{seed}.duckdb")
        explained += not isinstance(mine[0], str) if isinstance(mine, tuple) else 0
    assert explained > len(SEEDS) // 3, "Most questions have an explanation."
    assert moved > seen // 5, "Many twins change what someone who sees everything is told."


def make_twin(workspace: ExplainedWorkspace, file: Path, changes: list[str]) -> ExplainedWorkspace:
    """Return a company in which only these rows differ.

    It shares its workers and compiled questions with the original.
    """
    shutil.copyfile(workspace.settings.data, file)
    with duckdb.connect(file) as connection:
        for sql in changes:
            connection.execute(sql)
    return ExplainedWorkspace(
        workspace.settings, workspace.model, workspace.people, connect(str(file)), beside=workspace
    )


def close_twin(twin: ExplainedWorkspace, file: Path) -> None:
    twin.proofs.close()
    twin.connector.close()
    file.unlink()
