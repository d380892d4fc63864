"""The store's database: its engine, transactions that don't lose updates, and the types of columns.

SQLite is a file next to the app and serves several processes. PostgreSQL serves several machines. A write takes the
lock first (`BEGIN IMMEDIATE`), because a transaction that reads first and locks later loses updates. Everything that
two people can change at the same time has a `revision`, which only increases: see `ChangedMeanwhile`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    MetaData,
    RootTransaction,
    Table,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from semantic.errors import NotStorable, StoreFailed

WAIT_SECONDS: Final = 30.0  # how long a write waits for another process's
CONNECT_SECONDS: Final = 10
IDLE_SECONDS: Final = 60.0  # a process idle for this long inside a transaction loses it, with its locks
_WRITES: Final = "samepage_writes"
_SYNCED: Final = "samepage_synced"
_LOG_LOCK: Final = 0x5A3E_9A6E  # any number that nothing else in the database locks

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the store. Each module that stores something adds its own."""


class Instant(TypeDecorator[datetime]):
    """A column for times, always in UTC and with a zone. SQLite itself would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone can't be stored. Give it one: datetime.now(UTC).")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_moment(value: object) -> datetime | None:
    """Return a driver's value as a time, or None if it isn't one.

    SQLite returns text without a zone, and PostgreSQL a time with a zone. Use this for values that may be damaged,
    because a column of type Instant would raise an error.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_day(value: object) -> date | None:
    """Return a driver's value as a day: text from SQLite, or a date from PostgreSQL. None for other values."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


@dataclass(slots=True)
class Transaction:
    """One write in progress. Either all of it is saved, or nothing.

    The audit log sets `is_recorded`. An act that isn't recorded is a bug in Samepage, and raises an error. The
    functions in `afterwards` run after the commit.
    """

    connection: Connection
    now: datetime
    is_recorded: bool = field(default=False)
    afterwards: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])


def utc_now() -> datetime:
    """Return the current time in UTC. Tests use their own clock instead."""
    return datetime.now(UTC)


class Store:
    """An open store. Several threads can use it safely, and several processes can have it open at the same time."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self._clock = clock

    @property
    def kind(self) -> str:
        """The kind of database: `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def now(self) -> datetime:
        return self._clock()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Open a snapshot for reading, which doesn't include later commits. Raises StoreFailed."""
        with _plain_errors(), self.engine.connect() as connection:
            if self.kind == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def write(self, *, recorded: bool = True, synced: bool = True) -> Generator[Transaction]:
        """Open a transaction that is committed when the `with` block ends, or rolled back if it raises.

        Raises StoreFailed. `recorded=False` is for writes that aren't a person's act, such as a lease, a migration or a
        checkpoint of the log. `synced=False` is for many small writes, such as counts, for which SQLite doesn't wait
        for the disk. All processes see them immediately and they survive a killed process, but the latest can be lost
        if the machine loses power.
        """
        with _plain_errors(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True, _SYNCED: synced})
            with connection.begin() as begun:
                transaction = Transaction(connection, self._clock())
                yield transaction
                if recorded and not transaction.is_recorded:
                    raise AssertionError("A change to the store wasn't written to the audit log, so it was undone.")
                _commit(begun)
        for act in transaction.afterwards:
            act()

    def close(self) -> None:
        self.engine.dispose()


def _commit(begun: RootTransaction) -> None:
    try:
        begun.commit()
    except DBAPIError as error:
        if error.connection_invalidated:  # the database may have committed, with only its answer lost
            raise StoreFailed(
                "The connection to the store broke while saving, so it isn't known whether this was saved. Reload the "
                "page and check before you try again."
            ) from error
        raise


def hold_log(connection: Connection) -> None:
    """Lock the audit log and the people that it names until the transaction ends.

    Transactions that change both take this lock first. Otherwise, two transactions that each lock a person's row and
    wait for the other's would deadlock. SQLite has only one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOG_LOCK})


def insert_if_missing(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Add a row unless its key or another unique value already exists, and return whether it was added."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(**row).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def insert_all_missing(
    connection: Connection, key: Column[str], rows: Sequence[Mapping[str, object]]
) -> frozenset[str]:
    """Add each row to the key's table unless its key already exists, and return the keys of the added rows."""
    if not rows:
        return frozenset()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(key.table).on_conflict_do_nothing().returning(key)
    return frozenset(connection.execute(statement, [dict(row) for row in rows]).scalars())


def connect_store(address: str) -> Engine:
    """Return an engine for a store's address: a path for SQLite, or `postgresql://user:password@host/database`.

    Raises StoreFailed for an invalid address. No connection is opened yet.
    """
    url = _url_of(address)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgres(url)


def _postgres(url: URL) -> Engine:
    """Return an engine for PostgreSQL.

    It has time limits, so it doesn't wait without end for a slow server, a lost host or another process's lock.
    """
    limits = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": 30, "keepalives_interval": 10}
    limits |= {"keepalives_count": 3, "tcp_user_timeout": int(WAIT_SECONDS * 1000)}
    given_limits = {name: value for name, value in limits.items() if name not in url.query}
    # A connection closed by a proxy or a restart is noticed before it is used.
    engine = create_engine(
        url, connect_args=given_limits, pool_pre_ping=True, pool_size=8, max_overflow=8, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: ConnectionPoolEntry) -> None:  # Any: psycopg's own connection, behind a protocol
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {int(WAIT_SECONDS * 1000)}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {int(IDLE_SECONDS * 1000)}")
        connection.autocommit = False

    return engine


def _url_of(address: str) -> URL:
    if "://" not in address and "\0" not in address:
        return URL.create("sqlite", database=os.fspath(Path(address).absolute()))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is not None and url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    # With options it could be an in-memory database, which is lost with the process.
    is_file = url is not None and url.database not in (None, "", ":memory:") and not url.query
    if url is not None and url.get_backend_name() == "sqlite" and is_file and "\0" not in address:
        return url.set(drivername="sqlite")
    raise StoreFailed(
        "SAMEPAGE_STORE isn't a valid store address. Use the path of a file, or "
        "postgresql://user:password@host:5432/database."
    )


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StoreFailed(f"The store at {path} can't be opened: {error.strerror}. Check SAMEPAGE_STORE.") from None
    if not path.is_file():
        raise StoreFailed(f"The store at {path} isn't a file. Check SAMEPAGE_STORE.")
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, hide_parameters=True, pool_size=8)

    @event.listens_for(engine, "do_connect")
    def _find(_: Dialect, entry: ConnectionPoolEntry, *_given: object) -> None:
        if _file_at(path) is None:  # the driver would create an empty one
            raise StoreFailed(_GONE)

    @event.listens_for(engine, "checkout")
    def _check(_: Any, entry: ConnectionPoolEntry, _fairy: object) -> None:  # Any: as below
        now = _file_at(path)
        if now is None:
            raise StoreFailed(_GONE)
        if now != entry.info["file"]:  # writes to a file that was replaced are lost
            raise DisconnectionError

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, entry: ConnectionPoolEntry) -> None:  # Any: sqlite3's connection, behind a protocol
        entry.info["file"] = _file_at(path)
        connection.isolation_level = None  # the driver starts no transactions itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # acknowledged writes survive a crash of the machine
        entry.info[_SYNCED] = True
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writes, synced = options.get(_WRITES, False), options.get(_SYNCED, True)
        if writes and connection.info[_SYNCED] != synced:  # it can only be set between two transactions
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            connection.info[_SYNCED] = synced
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _file_at(path: Path) -> tuple[int, int] | None:
    """Return a value that identifies the file at a path, or None if there is no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


@contextmanager
def _plain_errors() -> Generator[None]:
    """Raise StoreFailed, with a message written by Samepage, for any database error within a `with` block.

    The database's own message may contain someone's input or the server's address.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise _explain(error) from error


def _explain(error: SQLAlchemyError) -> StoreFailed:
    cause: object = getattr(error, "orig", None) or error
    if _is_refused_value(error):
        return NotStorable(
            "The database can't store one of the values. Nothing was changed. Remove unusual characters, or "
            "shorten the text, then try again."
        )
    match getattr(cause, "sqlite_errorcode", None), getattr(cause, "sqlstate", None):
        case (sqlite3.SQLITE_FULL, _) | (_, "53100"):
            return StoreFailed(
                "The store is out of disk space. Nothing was changed. Ask the person who runs Samepage to free "
                "some, then try again."
            )
        case (int(code), _) if code & 0xFF == sqlite3.SQLITE_READONLY:
            return StoreFailed(_READ_ONLY)
        case (int(code), _) if code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            return StoreFailed(
                "The store's file couldn't be read or written, because its disk is full or faulty, or the file can't "
                "be opened. Nothing was changed. Ask the person who runs Samepage to check the disk of "
                "SAMEPAGE_STORE."
            )
        case (_, "25006"):
            return StoreFailed(_READ_ONLY)
        case _:
            return StoreFailed(
                f"The store couldn't be read or written ({type(cause).__name__}). Nothing was changed. Try "
                "again. If it keeps happening, ask the person who runs Samepage to check SAMEPAGE_STORE."
            )


_GONE: Final = (
    "The store's file is gone. Nothing was changed. Ask the person who runs Samepage to restore it or its "
    "backup, then try again."
)
_READ_ONLY: Final = (
    "The store is read-only. Nothing was changed. Ask the person who runs Samepage to make it writable, then try again."
)


def _is_refused_value(error: SQLAlchemyError) -> bool:
    """Whether the database refused only this value, because of a constraint, its length or its encoding.

    Everything else, such as a full disk, an I/O error or a lost connection, is a failure of the store as a whole.
    """
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError) and not isinstance(error.orig, OSError | MemoryError)


def storable(text: str) -> str:
    """Return a text in a form that every database accepts: without NUL, and with placeholders for lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()
