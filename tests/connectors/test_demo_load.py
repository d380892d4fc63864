"""`demo --load` copies a small company into another engine, with the numbers that hand-written SQL finds in its
file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from semantic.commands import demo
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.demo.tables.tables import TABLES
from semantic.workspace import Workspace
from tests.engines import ENGINES
from tests.semantic.marketing.test_marketing import ALL, HALF_YEAR, MARKETS, QUESTIONS, rows
from tests.test_cases import differences, ordered

ORDERS, UNTIL = 2_000, "2026-06-30"
PEOPLE = ("lena", "jonas")
# A part of the questions, of every topic; on one engine all of them.
PARTS, EVERY, ALL_ON = 5, 4, "postgres"


def step(engine: str) -> int:
    return 1 if engine == ALL_ON else EVERY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small")
    assert demo.run(["--out", str(out), "--orders", str(ORDERS), "--until", UNTIL]) == 0
    return out


@pytest.fixture(scope="module")
def by_hand(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(folder / "company.duckdb", read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def loaded(engine_name: str, folder: Path) -> Iterator[str]:
    """Yield the address of the company on the engine, loaded by the command."""
    if engine_name == "duckdb":
        yield str(folder / "company.duckdb")
        return
    remedy = f"`demo --load` can't fill {engine_name}. Add it to semantic/demo/load.py, or mark these tests with `gap`."
    with contextmanager(ENGINES[engine_name].filled)("", folder) as url:
        assert demo.run(["--out", str(folder), "--load", url]) == 0, remedy
        yield url


@pytest.fixture(scope="module")
def workspace(loaded: str) -> Iterator[Workspace]:
    opened = Workspace.open(
        Settings(data=loaded, model=MARKETING_MODEL, mask_key="a key of the tests", timeout_seconds=200)
    )
    yield opened
    opened.close()


def test_tables_have_their_rows_and_the_declared_columns(
    engine_name: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    for table in TABLES[:: step(engine_name)]:
        counted = by_hand.execute(f"SELECT count(*) FROM {table.name}").fetchall()
        run = workspace.connector.start(f"SELECT count(*) AS n FROM {table.name}", limits=workspace._limits)
        assert [tuple(row.values()) for row in run.result().to_pylist()] == counted, table.name
        assert list(workspace.connector.columns(table.name)) == [name for name, _ in table.columns]


@pytest.mark.parametrize("part", range(PARTS))
def test_questions_give_the_numbers_of_the_sql_by_hand(
    part: int, engine_name: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    wrong: dict[tuple[str, str], list[str]] = {}
    asked = QUESTIONS[:: step(engine_name)][part::PARTS]
    for title, ask, sql in asked:
        for person in PEOPLE:
            truth = by_hand.execute(sql.replace("{m}", MARKETS[person]).replace("{all}", ALL[person])).fetchall()
            mine = rows(workspace, {"time": HALF_YEAR} | ask, person)
            if texts := differences(ordered(mine, False), ordered(truth, False)):
                wrong[title, person] = texts
    assert not wrong
    assert asked


def test_loaded_again_it_is_the_company_of_now_with_another_version(
    engine_name: str, folder: Path, loaded: str, workspace: Workspace, tmp_path: Path
) -> None:
    if engine_name == "duckdb":
        assert demo.run(["--out", str(folder), "--load", loaded]) == 1  # a DuckDB file is built, not loaded
        return
    before = workspace.connector.data_version(["fct_order"])
    with duckdb.connect(shutil.copy(folder / "company.duckdb", tmp_path / "company.duckdb")) as connection:
        connection.execute("DELETE FROM fct_order WHERE order_id NOT IN (SELECT order_id FROM fct_order LIMIT 7)")
    assert demo.run(["--out", str(tmp_path), "--load", loaded]) == 0
    assert workspace.connector.data_version(["fct_order"]) not in (None, before)
    run = workspace.connector.start("SELECT count(*) AS n FROM fct_order", limits=workspace._limits)
    assert run.result()["n"].to_pylist() == [7]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:hidden@127.0.0.1:1/x", "PostgreSQL cannot be reached"),
        ("sc://127.0.0.1:1/;token=hidden", "cannot be reached"),
        ("mysql://me:hidden@127.0.0.1/x", "PostgreSQL .* or Spark"),
    ],
)
def test_where_it_cannot_be_loaded_a_sentence_says_so(
    url: str, says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(["--out", str(folder), "--load", url]) == 1
    said = capsys.readouterr().err
    assert re.search(says, said)
    assert "hidden" not in said
