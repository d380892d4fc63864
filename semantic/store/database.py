"""The store's database: one engine, transactions that lose no update, and the types its tables are made of.

SQLite stands in a file beside the app and takes several processes; PostgreSQL takes several machines. A write begins by
taking the lock (`BEGIN IMMEDIATE`), since a transaction that reads first and asks for it later loses updates. What two
people may change at once has a `revision` beside it, which only goes up: see `changed_meanwhile`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
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
IDLE_SECONDS: Final = 60.0  # a process that does nothing for this long inside a transaction loses it, and its locks
_WRITES: Final = "samepage_writes"
_LOG_LOCK: Final = 0x5A3E_9A6E  # any number that nothing else in the database locks

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of the store; each noun's file adds its own."""


class Instant(TypeDecorator[datetime]):
    """A moment, always in UTC and always with its zone; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a zone cannot be kept. Give it one: datetime.now(UTC).")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_moment(value: object) -> datetime | None:
    """A moment as a driver gives it: text without a zone on SQLite, one with its zone on PostgreSQL. None for others.

    For what may be damaged: a column of type Instant raises there.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(slots=True)
class Transaction:
    """One write under way. Everything in it is kept, or nothing.

    `is_recorded` is set by the audit log: a write that nothing records is a mistake of ours, and ends in an error.
    `afterwards` is done once everything is kept, and not at all when nothing is.
    """

    connection: Connection
    now: datetime
    is_recorded: bool = field(default=False)
    afterwards: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])


def utc_now() -> datetime:
    """The clock of a store in use; tests give their own."""
    return datetime.now(UTC)


class Store:
    """An open store. Safe from several threads; several processes may have it open at once."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self._clock = clock

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def now(self) -> datetime:
        return self._clock()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A snapshot to read from: what is committed meanwhile is not in it. Raises StoreFailed."""
        with _told(), self.engine.connect() as connection:
            if self.kind == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def write(self, *, recorded: bool = True) -> Generator[Transaction]:
        """One transaction, kept when the block ends and thrown away when it raises. Raises StoreFailed.

        `recorded=False` is for what is no act of anybody: a lease, a migration, a checkpoint of the log itself.
        """
        with _told(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin() as begun:
                transaction = Transaction(connection, self._clock())
                yield transaction
                if recorded and not transaction.is_recorded:
                    raise AssertionError("A change of the store was not written to the audit log, so it was undone.")
                _commit(begun)
        for act in transaction.afterwards:
            act()

    def close(self) -> None:
        self.engine.dispose()


def _commit(begun: RootTransaction) -> None:
    try:
        begun.commit()
    except DBAPIError as error:
        if error.connection_invalidated:  # the database may have committed, and only its answer was lost
            raise StoreFailed(
                "The connection to the store broke while saving, so it isn't known whether this was saved. Reload the "
                "page and look before you try again."
            ) from error
        raise


def hold_log(connection: Connection) -> None:
    """Until the transaction ends, nobody else adds to the audit log or to the people it names.

    Whoever changes both asks for this before anything else of theirs: two who held a person's row each, and waited for
    the other's, would wait for ever. On SQLite writers are one after another anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOG_LOCK})


def insert_if_missing(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Add a row unless one of its key, or of another unique column, is there; whether it was added."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(**row).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def connect_store(address: str) -> Engine:
    """The engine behind an address: a path of SQLite, or `postgresql://user:password@host/database`.

    Raises StoreFailed for an address that is neither; nothing is opened yet.
    """
    url = _url_of(address)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgres(url)


def _postgres(url: URL) -> Engine:
    """Nothing waits forever: for a server that doesn't answer, a host that is gone, or a lock of a frozen process."""
    limits = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": 30, "keepalives_interval": 10}
    limits |= {"keepalives_count": 3, "tcp_user_timeout": int(WAIT_SECONDS * 1000)}
    given = {name: value for name, value in limits.items() if name not in url.query}
    # A connection that a proxy or a restart has closed is noticed before it is used.
    engine = create_engine(
        url, connect_args=given, pool_pre_ping=True, pool_size=8, max_overflow=8, hide_parameters=True
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
    # With options it could be a database in memory, which is gone with the process.
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
        if _file_at(path) is None:  # the driver would make an empty one
            raise StoreFailed(_GONE)

    @event.listens_for(engine, "checkout")
    def _check(_: Any, entry: ConnectionPoolEntry, _fairy: object) -> None:  # Any: as below
        now = _file_at(path)
        if now is None:
            raise StoreFailed(_GONE)
        if now != entry.info["file"]:  # what is written to a file that was replaced is lost
            raise DisconnectionError

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, entry: ConnectionPoolEntry) -> None:  # Any: sqlite3's connection, behind a protocol
        entry.info["file"] = _file_at(path)
        connection.isolation_level = None  # the driver begins no transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives the machine
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _told() -> Generator[None]:
    """The database's own errors as a sentence: their text may hold what somebody wrote, or where the server is."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explain(error) from error


def _explain(error: SQLAlchemyError) -> StoreFailed:
    cause: object = getattr(error, "orig", None) or error
    if _is_refused_value(error):
        return NotStorable(
            "The database can't store a value it was given. Nothing was changed. Remove unusual characters, or "
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
                "The store's file couldn't be read or written: its disk is full or faulty, or the file can't "
                "be opened. Nothing was changed. Ask the person who runs Samepage to check the disk of "
                "SAMEPAGE_STORE."
            )
        case (_, "25006"):
            return StoreFailed(_READ_ONLY)
        case _:
            return StoreFailed(
                f"The store couldn't be read or written ({type(cause).__name__}). Nothing was changed. Try "
                "again; if it keeps happening, ask the person who runs Samepage to check SAMEPAGE_STORE."
            )


_GONE: Final = (
    "The store's file is gone. Nothing was changed. Ask the person who runs Samepage to restore it or its "
    "backup, then try again."
)
_READ_ONLY: Final = (
    "The store is read-only. Nothing was changed. Ask the person who runs Samepage to make it writable, then try again."
)


def _is_refused_value(error: SQLAlchemyError) -> bool:
    """Whether the database refused one value and would take others: a constraint, a length, an encoding.

    Everything else, such as a full disk, an I/O error or a lost connection, is a failure of the store as a whole.
    """
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError) and not isinstance(error.orig, OSError | MemoryError)


def storable(text: str) -> str:
    """A text as every database takes it: without NUL, and with a mark for half of a pair of letters."""
    return text.replace("\0", "").encode(errors="replace").decode()
