"""Stores that can't be written to for a while: a full disk or a read-only database, with the database's own errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, event, text

from semantic.store.database import Store

_FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
END $$;
"""


@contextmanager
def full(store: Store) -> Iterator[None]:
    """Prevent the database from growing: no page can be added or, on PostgreSQL, no row to any table that the app
    writes to.
    """
    if store.kind == "sqlite":
        with store.read() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        with _at_each_transaction(store, f"PRAGMA max_page_count = {pages}"):
            yield
        return
    with store.engine.begin() as connection:
        connection.execute(text(_FULL))
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"))
        for table in [*tables.scalars()]:
            stop = f'CREATE TRIGGER full_disk BEFORE INSERT ON "{table}" EXECUTE FUNCTION disk_is_full()'
            connection.execute(text(stop))
    yield
    with store.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION disk_is_full CASCADE"))


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    """Make the database refuse all writes."""
    statement = "PRAGMA query_only = ON" if store.kind == "sqlite" else "SET TRANSACTION READ ONLY"
    with _at_each_transaction(store, statement):
        yield


FAULTS: dict[str, Callable[[Store], AbstractContextManager[None]]] = {"full": full, "read_only": read_only}


@contextmanager
def _at_each_transaction(store: Store, statement: str) -> Iterator[None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(store.engine, "begin", begin)
    yield
    event.remove(store.engine, "begin", begin)
    store.engine.dispose()  # pragmas stay with a connection
