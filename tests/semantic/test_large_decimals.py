"""Filters with values that a decimal column can't store find the right rows, and never fail in the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.semantic.asked import STEWARD

MODEL = """
model: {name: Rates}
datasets:
  - name: rates
    table: rates
    grain: [id]
    columns: {id: integer, rate: "decimal(38,18)"}
    entities: [{name: rate, kind: primary, columns: [id]}]
    dimensions: [{name: rate}]
    measures: [{name: rates, agg: count}]
metrics: [{name: rates, measure: rates.rates}]
policies:
  - {name: all, who: {roles: [administrator, steward]}, whole: all, grant: {metrics: all, dimensions: all}}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("rates")
    with duckdb.connect(str(folder / "rates.duckdb")) as connection:
        connection.execute("CREATE TABLE rates (id BIGINT, rate DECIMAL(38, 18))")
        connection.execute("INSERT INTO rates VALUES (1, 0.5), (2, 99999999999999999999.5), (3, -0.5)")
    (folder / "model").mkdir()
    (folder / "model" / "rates.yml").write_text(MODEL)
    opened = Workspace.open(Settings(data=str(folder / "rates.duckdb"), model=folder / "model", mask_key="a key"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("op", "values", "count"), [
    (">", [1e30], 0), ("<", [1e30], 3), (">=", [9e29], 0), ("<=", [9e29], 3), (">", [-1e30], 3), ("<", [-9e29], 0),
    ("between", [-9e29, 9e29], 3), ("between", [0, 1e30], 2), ("in", [1e30, 0.5], 1), ("not_in", [1e30], 3),
    (">=", [99999999999999999999], 1), (">", [99999999999999999999], 1), ("<", [0], 1),
])  # fmt: skip
def test_a_value_beyond_the_columns_range_compares_correctly(
    workspace: Workspace, op: str, values: list[float], count: int
) -> None:
    given = {"values": values} if op in ("in", "not_in", "between") else {"value": values[0]}
    query = query_from_data({"metrics": ["rates"], "where": {"dim": "rate", "op": op} | given})
    answer = workspace.ask(query, STEWARD)
    assert (answer.rows()[0]["rates"] or 0) == count
