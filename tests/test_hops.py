"""What a hop may need beside its key, on a model of its own: parts, versions, shares; the cases of tests/cases/hops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from semantic.errors import SemanticError
from semantic.query.data import query_from_data, query_to_data
from semantic.settings import Settings
from tests.shop import ShopWorkspace
from tests.test_cases import CASES, Case, differences, expected_buckets, name, ordered, read_cases

HOPS = CASES / "hops"
ALL = list(read_cases(HOPS))
ANSWERED = [case for case in ALL if case.refused is None]
REFUSED = [case for case in ALL if case.refused is not None]


def build_hops(path: Path, *changes: str) -> Path:
    """The tables of hops as a DuckDB file, with further SQL run on it."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in ((HOPS / "hops.sql").read_text(encoding="utf-8"), *changes):
            connection.execute(sql)
    return path


def open_hops(path: Path) -> ShopWorkspace:
    opened = ShopWorkspace.open(Settings(data=str(path), model=HOPS / "model", mask_key="a key of the tests"))
    assert isinstance(opened, ShopWorkspace)
    return opened


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_hops(build_hops(tmp_path_factory.mktemp("hops") / "hops.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = build_hops(tmp_path_factory.mktemp("by_hand") / "hops.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_rows_are_what_the_sql_by_hand_gives(case: Case, by_hand: duckdb.DuckDBPyConnection) -> None:
    assert case.check is not None
    assert case.rows is not None
    found = by_hand.execute(case.check).fetchall()
    assert not differences(ordered(found, case.is_ordered), ordered(case.rows, case.is_ordered))


@pytest.mark.parametrize("case", ANSWERED, ids=name)
def test_our_answer_is_the_truth(case: Case, workspace: ShopWorkspace) -> None:
    assert case.rows is not None
    query = query_from_data(case.ask)
    assert query_from_data(query_to_data(query)) == query
    result = workspace.ask(query, workspace.people[case.person])
    truth = [list(row) for row in case.rows]
    if case.ask.get("by") and not case.ask.get("ranges"):
        truth = [[*row, bucket] for row, bucket in zip(truth, expected_buckets(case), strict=True)]
    found = [list(row.values()) for row in result.table.to_pylist()]
    wrong = differences(ordered(found, case.is_ordered), ordered(truth, case.is_ordered))
    assert not wrong, "\n".join(["our answer and the truth:", *wrong, result.readable_sql])
    said = " ".join(result.notes).casefold()
    missing = [word for word in case.notes if str(word).casefold() not in said]
    assert not missing, f"{missing} is not said: {result.notes}"


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_refusal_has_its_code_and_says_the_names(case: Case, workspace: ShopWorkspace) -> None:
    assert case.refused is not None
    with pytest.raises(SemanticError) as caught:
        workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    message = str(caught.value)
    assert caught.value.code == case.refused["code"], message
    missing = [str(word) for word in case.refused["says"] if str(word).casefold() not in message.casefold()]
    assert not missing, f"{missing} is not said: {message}"
