"""Fixtures that the suites here attack: a table with every hostile string, a canary next to it, and a demo server."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.workspace import Workspace
from tests.browser.visitor import free_port, running_server
from tests.companies import current_company
from tests.hostile.strings import CANARY, CANARY_FILE, CANARY_NAME, CANARY_TABLE, STRINGS

METRICS_TOKEN = "a-token-for-the-counters-of-this-server"
MODEL = """
datasets:
  - name: walls
    table: walls
    grain: [id]
    columns: {id: integer, word: string, day: date}
    time: day
    dimensions: [{name: word}, {name: day, kind: time}, {name: number, sql: id}]
    measures: [{name: words, agg: count}, {name: numbers, agg: sum, sql: id}]
metrics:
  - {name: words, measure: walls.words, fill: 0}
  - {name: numbers, measure: walls.numbers}
policies:
  - {name: all, who: {roles: [viewer, marketer, steward]}, grant: {metrics: all, dimensions: all}, whole: all}
people:
  - {id: vera, name: Vera, roles: [viewer]}
  - {id: stew, name: Stew, roles: [steward]}
"""


def can_be_kept(text: str) -> bool:
    """Return whether a string is valid text, so not half a surrogate pair."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


KEPT = tuple(text for text in STRINGS if can_be_kept(text))


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the tests run in, with the canary's file in it and its word in the environment."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / CANARY_FILE).write_text(CANARY, encoding="utf-8")
    _build_wall(folder)
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CANARY_NAME, CANARY)
        os.chdir(folder)
        contents = _contents(folder)
        yield folder
        os.chdir(before)
    assert _contents(folder) == contents, "the files under attack have changed"


@pytest.fixture(scope="package")
def wall(place: Path) -> Iterator[Workspace]:
    """A workspace over the wall, a table in which each valid string has the same position as in KEPT."""
    opened = Workspace.open(Settings(data=str(place / "wall.duckdb"), model=place / "model"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def untouched(place: Path) -> Iterator[None]:
    """Check after each test that the canary and the data are unchanged, and that no file was added."""
    before = _written(place)
    yield
    assert (place / CANARY_FILE).read_text(encoding="utf-8") == CANARY
    assert _written(place) == before


def _written(place: Path) -> dict[str, tuple[int, ...]]:
    """Return the size and times of each file, including the change time, which no program can reset."""
    files = [(str(path.relative_to(place)), path.stat()) for path in place.rglob("*") if path.is_file()]
    return {name: (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns) for name, told in files}


def _contents(place: Path) -> dict[str, str]:
    files = (path for path in place.rglob("*") if path.is_file())
    return {str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="package")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, server_log: Path) -> Iterator[int]:
    """The port of a demo server over a small company."""
    data = current_company(tmp_path_factory)
    with running_server(
        server_log, port=free_port(), SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_TEST_CANARY=CANARY,
        SAMEPAGE_METRICS_TOKEN=METRICS_TOKEN,
    ) as port:  # fmt: skip
        yield port


def _build_wall(folder: Path) -> None:
    with duckdb.connect(folder / "wall.duckdb") as connection:
        connection.execute("CREATE TABLE walls (id BIGINT, word VARCHAR, day DATE)")
        connection.execute("BEGIN")
        rows = [[number, text] for number, text in enumerate(KEPT)]
        connection.executemany("INSERT INTO walls VALUES (?, ?, DATE '2026-01-01')", rows)
        connection.execute("COMMIT")
        connection.execute(f"CREATE TABLE {CANARY_TABLE} AS SELECT '{CANARY}' AS word")
    (folder / "model").mkdir()
    (folder / "model" / "wall.yml").write_text(MODEL, encoding="utf-8")
