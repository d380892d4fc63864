"""Filters by long lists: one parameter on DuckDB, with the same rows as one parameter per value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from semantic.compile import compile_visible
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.sql.dialects.table import find_dialect
from semantic.sql.dialects.values import LONG_LIST
from semantic.workspace import Workspace

STEWARD = Actor(id="steward", roles=frozenset({"steward"}))
MODEL = """
datasets:
  - name: buys
    table: buys
    grain: [buy]
    columns: {buy: integer, city: string, shop: integer, born: date, price: "decimal(9,2)"}
    dimensions: [{name: city}, {name: shop}, {name: born, kind: time}, {name: price}]
    measures: [{name: buys, agg: count}]
metrics:
  - {name: buys, measure: buys.buys}
policies:
  - {name: all, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
"""
FIRST = date(2020, 1, 1)
# Every seventh is missing; of the others, half are in the lists below.
ROWS = [
    (n, *((None, None, None, None) if n % 7 == 0 else (f"o'{n}", n, FIRST + timedelta(n), n / 4))) for n in range(400)
]
LISTS: dict[str, list[object]] = {
    "city": [f"o'{n}" for n in range(0, 1200, 2)],
    "shop": [*range(0, 1200, 2)],
    "born": [str(FIRST + timedelta(n)) for n in range(0, 1200, 2)],
    "price": [n / 4 for n in range(0, 1200, 2)],
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute("CREATE TABLE buys (buy BIGINT, city VARCHAR, shop BIGINT, born DATE, price DECIMAL(9, 2))")
        connection.executemany("INSERT INTO buys VALUES (?, ?, ?, ?, ?)", ROWS)
    opened = Workspace.open(Settings(data=str(folder / "d.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


def asked(dim: str, op: str, values: list[object]) -> Query:
    return query_from_data({"metrics": ["buys"], "where": {"dim": dim, "op": op, "values": values}})


@pytest.mark.parametrize("count", [LONG_LIST - 1, LONG_LIST, 600])
@pytest.mark.parametrize("with_missing", [False, True])
@pytest.mark.parametrize("dim", LISTS)
def test_a_long_list_finds_the_rows_that_are_in_it(
    dim: str, with_missing: bool, count: int, workspace: Workspace
) -> None:
    values = LISTS[dim][:count]
    inside = sum(n % 7 != 0 and n % 2 == 0 and n < 2 * count for n, *_ in ROWS)
    missing = sum(n % 7 == 0 for n, *_ in ROWS)
    listed: list[object] = [*values, None] if with_missing else values
    buys = workspace.ask(asked(dim, "in", listed), STEWARD).rows()[0]["buys"]
    left_out = workspace.ask(asked(dim, "not_in", listed), STEWARD).rows()[0]["buys"]
    assert buys == inside + missing * with_missing
    assert left_out == len(ROWS) - inside - missing * with_missing, (
        "a row without a value is outside of a list that doesn't name it"
    )


@pytest.mark.parametrize("dim", ["city", "shop", "born"])
def test_the_sql_of_a_long_list_is_no_longer_than_that_of_a_short_one(dim: str, workspace: Workspace) -> None:
    statements = [
        compile_visible(
            workspace.visible(STEWARD), asked(dim, "in", LISTS[dim][:count]), workspace.dialect, today=date(2026, 1, 1)
        ).legs[0]
        for count in (LONG_LIST, 600)
    ]
    assert statements[0].sql == statements[1].sql
    assert [len(leg.params) for leg in statements] == [len(statements[0].params)] * 2


def test_other_engines_get_each_value(workspace: Workspace) -> None:
    compiled = compile_visible(
        workspace.visible(STEWARD), asked("city", "in", LISTS["city"]), find_dialect("postgres"), today=date(2026, 1, 1)
    )
    assert set(LISTS["city"]) <= set(compiled.legs[0].params)


def test_a_long_list_of_another_question_has_its_own_answer(workspace: Workspace) -> None:
    """Neither the cache of answers nor the cache of plans mistakes one list for another."""
    truths = [sum(n % 7 != 0 and n % 2 == 0 and low <= n < low + 200 for n, *_ in ROWS) for low in (0, 100, 200)]
    results = [
        workspace.ask(asked("city", "in", [f"o'{n}" for n in range(low, low + 200, 2)]), STEWARD).rows()[0]["buys"]
        for low in (0, 100, 200)
    ]
    assert results == truths
