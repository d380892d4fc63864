"""Tables of uploads on disk: a reader has the old tables or the new ones, even if the writer is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors import connect
from connectors.connector import Limits
from semantic.run.upload_tables import UploadTables
from semantic.uploads.rows import parquet_of

NAME, OTHER = "up_0123456789ab", "up_ba9876543210"
ROOT = Path(__file__).parents[3]


def kept(tables: UploadTables, name: str, number: int, *values: int) -> None:
    tables.keep(name, number, parquet_of(pl.DataFrame({"v": values})))


def seen(tables: UploadTables, name: str = NAME) -> list[int]:
    with duckdb.connect(tables.address, read_only=True) as connection:
        return [row[0] for row in connection.execute(f"SELECT v FROM {name} ORDER BY v").fetchall()]


def test_the_current_versions_are_read(tmp_path: Path) -> None:
    tables = UploadTables(tmp_path / "uploads")
    kept(tables, NAME, 1, 1, 2)
    kept(tables, NAME, 2, 3)
    kept(tables, OTHER, 1, 9)
    assert tables.show(lambda: {NAME: 1, OTHER: 1})
    assert (seen(tables), seen(tables, OTHER)) == ([1, 2], [9])
    assert not tables.show(lambda: {NAME: 1, OTHER: 1})  # nothing to do
    assert tables.show(lambda: {NAME: 2})
    assert seen(tables) == [3]
    with pytest.raises(duckdb.CatalogException):
        seen(tables, OTHER)


def test_an_open_reader_continues_and_the_next_question_reads_the_new_table(tmp_path: Path) -> None:
    tables = UploadTables(tmp_path)
    kept(tables, NAME, 1, 1)
    kept(tables, NAME, 2, 2)
    tables.show(lambda: {NAME: 1})
    reader, limits = connect(tables.address), Limits(max_rows=10, timeout_seconds=60)
    running = reader.start(f"SELECT v FROM {NAME}", limits=limits)
    tables.show(lambda: {NAME: 2})
    assert running.result().to_pydict() == {"v": [1]}
    assert reader.start(f"SELECT v FROM {NAME}", limits=limits).result().to_pydict() == {"v": [2]}
    reader.close()


def test_an_outdated_version_is_never_shown_after_anothers_update(tmp_path: Path) -> None:
    tables = UploadTables(tmp_path)
    kept(tables, NAME, 1, 1)
    kept(tables, NAME, 2, 2)
    is_reading, may_go_on = threading.Event(), threading.Event()

    def read_slowly() -> dict[str, int]:
        is_reading.set()
        assert may_go_on.wait(60)
        return {NAME: 1}

    first = threading.Thread(target=tables.show, args=[read_slowly])
    second = threading.Thread(target=tables.show, args=[lambda: {NAME: 2}])
    first.start()
    assert is_reading.wait(60)
    second.start()
    second.join(0.3)
    may_go_on.set()
    first.join()
    second.join()
    assert seen(tables) == [2]


def test_a_writer_that_is_killed_leaves_the_old_tables(tmp_path: Path) -> None:
    tables = UploadTables(tmp_path)
    kept(tables, NAME, 1, 1)
    kept(tables, NAME, 2, 2)
    tables.show(lambda: {NAME: 1})
    code = """
        import os, sys
        from pathlib import Path
        from semantic.run.upload_tables import UploadTables

        def die(*_):
            os.kill(os.getpid(), 9)

        os.replace = die  # the moment before the new file takes its place
        UploadTables(Path(sys.argv[1])).show(lambda: {sys.argv[2]: 2})
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path), NAME]
    assert subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode == -signal.SIGKILL
    assert seen(tables) == [1]
    assert tables.show(lambda: {NAME: 2})  # the killed process holds no lock
    assert seen(tables) == [2]


@pytest.mark.parametrize("name", ["../../etc/passwd", "up_1; DROP TABLE x", "", "up_0123456789ab/../x"])
def test_no_name_from_outside_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        UploadTables(tmp_path).keep(name, 1, b"")


def test_others_on_the_machine_cannot_read_the_folder(tmp_path: Path) -> None:
    tables = UploadTables(tmp_path / "uploads")
    kept(tables, NAME, 1, 1)
    tables.show(lambda: {NAME: 1})
    assert (tmp_path / "uploads").stat().st_mode & 0o077 == 0
