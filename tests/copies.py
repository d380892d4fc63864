"""The small shop and an empty store, built once per process and then copied, which takes about a millisecond."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import psycopg
from sqlalchemy import event

from semantic.store.database import Store, connect_store, utc_now
from semantic.store.migrate import upgrade
from tests.shop import build_shop


def copy_shop(path: Path, *changes: str) -> Path:
    """Copy the shop into the test's own DuckDB file, changed by this SQL, and return its path."""
    path.write_bytes(_shop())
    if changes:
        with duckdb.connect(path) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for sql in changes:
                connection.execute(sql)
    return path


@cache
def _shop() -> bytes:
    with TemporaryDirectory() as folder:
        return build_shop(Path(folder) / "shop.duckdb").read_bytes()


def empty_store(address: str, *, clock: Callable[[], datetime] = utc_now) -> Store:
    """Return an open store with the current tables, at an address that has no store yet.

    The migrations run once for each kind of database. tests/semantic/store/test_migrate.py tests the migrations
    themselves.
    """
    store = Store(connect_store(address), clock=clock)
    if store.kind == "sqlite":
        assert store.engine.url.database
        Path(store.engine.url.database).write_bytes(_sqlite_store())
    elif not _postgres_steps:
        _postgres_steps.extend(_upgrade_and_record(store))
    else:
        with psycopg.connect(address) as connection:
            for statement, values in _postgres_steps:
                connection.execute(statement.encode(), values)
    return store


@cache
def _sqlite_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        store = Store(connect_store(str(path)))
        upgrade(store)
        store.close()  # moves the write-ahead log into the file
        return path.read_bytes()


Step = tuple[str, Any]  # Any: a statement's values, as the driver takes them
_postgres_steps: list[Step] = []
"""The statements that the migrations send to PostgreSQL. The list is empty until they have run in this process."""


def _upgrade_and_record(store: Store) -> list[Step]:
    sent: list[Step] = []

    def note(_: object, __: object, statement: str, values: Any, ___: object, ____: object) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            sent.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    upgrade(store)
    event.remove(store.engine, "before_cursor_execute", note)
    return sent
