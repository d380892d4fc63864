"""The made-up worlds: the same rows in Python and DuckDB, a model that loads, and seeded random questions."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from semantic.query.data import query_from_data, query_to_data
from tests.law.agreement import questions, rows_of
from tests.law.metrics import METRICS
from tests.law.oracle import Oracle, RowKey
from tests.law.questions import KINDS, draw
from tests.law.world import World, build_world, make_world, open_world

AMOUNTS = {
    "orders": "amount", "ads": "spend", "stock": "pieces", "mrr": "closing", "plan": "planned", "budgets": "amount",
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(0)


def test_a_seed_makes_the_same_world(world: World) -> None:
    assert make_world(0) == world
    assert make_world(1) != world


def test_rows_in_the_file_are_the_rows_in_python(world: World, tmp_path: Path) -> None:
    with duckdb.connect(build_world(world, tmp_path / "world.duckdb"), read_only=True) as connection:
        for name, fact in world.facts.items():
            amount = {"orders": "amount", "ads": "spend", "stock": "pieces", "mrr": "closing", "plan": "planned"}.get(
                name, "amount"
            )
            found_row = connection.execute(f"SELECT count(*), sum({amount}), min(day), max(day) FROM {name}").fetchone()
            days = [row["day"] for row in fact.rows]
            assert found_row == (len(days), sum(row[amount] for row in fact.rows), min(days), max(days))


def test_the_model_has_every_metric_and_can_be_asked(world: World, tmp_path: Path) -> None:
    with open_world(world, tmp_path) as workspace:
        assert set(METRICS) <= set(workspace.model.metrics) | {"revenue_month_before"}
        query = query_from_data(
            {"metrics": ["orders"], "by": ["channel"], "time": {"from": "2025-01-01", "to": "2025-03-31"}}
        )
        result = workspace.ask(query, workspace.people["steward"], today=world.end)
        expected = Oracle(world, world.end).answer(query)
        rows = rows_of(result, 1)
        assert {key: cells["orders"] for key, cells in rows.items()} == {
            key: cells["orders"].value for key, cells in expected.rows.items()
        }


@pytest.mark.parametrize("kind", KINDS)
def test_questions_of_each_kind_are_reproducible_and_can_be_written(world: World, kind: str) -> None:
    drawn = [draw(world, random.Random(seed), kind) for seed in range(20)]
    assert drawn == [draw(world, random.Random(seed), kind) for seed in range(20)]
    for one in drawn:
        assert query_from_data(query_to_data(one.query)) == one.query


def test_groups_and_rows_add_up_to_their_totals(world: World) -> None:
    """This holds for additive metrics in the question's period.

    For compared days, it holds only if no total counts more than its rows.
    """
    tried = 0
    for _, one in questions([world], 400):
        query = one.query
        if not query.totals or "revenue" not in query.metrics or query.calc:
            continue
        answer = Oracle(world, one.today).answer(query)
        grand = RowKey((None,) * len(query.by), frozenset(range(len(query.by))))
        rows = [cells["revenue"].value for key, cells in answer.rows.items() if not key.totalled]
        assert grand in answer.rows or not rows
        if rows:
            expected = answer.rows[grand]["revenue"].value
            assert sum(value for value in rows if value) == pytest.approx(expected or 0)
            tried += 1
    assert tried > 5


def test_a_number_does_not_depend_on_the_metrics_asked_with_it(world: World) -> None:
    for _, one in questions([world], 200):
        query = one.query
        if len(query.metrics) < 2 or query.every_period:
            continue
        together = Oracle(world, one.today).answer(query)
        for metric in query.metrics:
            alone = Oracle(world, one.today).answer(replace(query, metrics=(metric,)))
            for key, cells in alone.rows.items():
                if not together.refused and not alone.refused:
                    assert {name: cell.value for name, cell in cells.items()} == {
                        name: together.rows[key][name].value for name in cells
                    }
