"""Sessions with PostgreSQL. Their settings are set and verified on opening, and their transactions are read-only."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from connectors.connector import (
    Cancelled,
    ConnectorError,
    Params,
    StatementFailed,
    StatementRefused,
    Unavailable,
)

# What decides the meaning of a statement, whatever the defaults of the server, the database or the role.
SETTINGS: Final[Mapping[str, str]] = {
    "standard_conforming_strings": "on",  # off lets a backslash end a literal
    "transform_null_equals": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "default_transaction_read_only": "on",
    "row_security": "on",
}
# How the server drops us if we, or the connection, are gone. Not every system supports each, and no answer depends on
# them, so a rejected one doesn't matter.
_LEAVING: Final[Mapping[str, str]] = {
    "idle_in_transaction_session_timeout": "10s",  # an abandoned transaction
    "client_connection_check_interval": "2s",  # a statement whose client has disconnected
    "tcp_user_timeout": "30s",  # rows that no one reads: no timeout ends a statement that waits to send
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_READER: Final = "pg_read_all_data"  # the built-in role that a superuser's sessions step down to
_MOST_READY: Final = 4
_WHOLE: Final = {"adbc.postgresql.use_copy": "false"}  # COPY doesn't support EXPLAIN and gives no code with its errors
_OLDEST: Final = 140000

Failure = (dbapi.Error, OSError, pa.ArrowException, UnicodeError, OverflowError)
"""The errors that the driver raises, including Arrow's, which can contain parameters and rows."""

# A listed table that is a view or foreign, unlogged or with row security can change without a trace in the snapshot. So
# can all tables on a replica: its snapshot doesn't list what is in progress there.
_VERSION: Final = """
WITH RECURSIVE parts(id) AS (
    SELECT CAST(to_regclass(name) AS oid) FROM json_array_elements_text(CAST($1 AS json)) AS given(name)
    UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN parts ON inhparent = id)
SELECT CAST(pg_current_snapshot() AS text) AS snapshot, CAST(pg_postmaster_start_time() AS text) AS started,
    pg_is_in_recovery() OR EXISTS (
        SELECT 1 FROM parts JOIN pg_catalog.pg_class AS c ON c.oid = parts.id
        WHERE c.relkind NOT IN ('r', 'p', 'm') OR c.relpersistence <> 'p' OR c.relrowsecurity) AS is_untold,
    set_config('statement_timeout', $2, true) AS timeout
"""


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address and search path.

    `uri` is for libpq and can contain a password, so it's never part of a message, log or digest.
    """

    uri: str = field(repr=False)
    search_path: str


class Session:
    """One connection to the server, with a single cursor. One thread uses it, and others can call `cancel`."""

    def __init__(self, address: Address) -> None:
        try:
            self._connection = dbapi.connect(address.uri, autocommit=True)
        except Failure as error:
            raise failure(error) from None
        self._cursor = self._connection.cursor(adbc_stmt_kwargs=_WHOLE)
        try:
            self.settings, self.version = self._pin(address.search_path)
        except Failure as error:
            self.close()
            raise failure(error) from None
        except ConnectorError:
            self.close()
            raise

    def ask(self, sql: str, params: Params = ()) -> pa.Table | None:
        """Run a statement and return its rows in the driver's types, or None for a statement without columns."""
        self._cursor.execute(sql, list(params) or None)
        return self._cursor.fetch_arrow_table() if self._cursor.description else None

    def one(self, sql: str, params: Params = ()) -> dict[str, Any]:  # Any: a row
        table = self.ask(sql, params)
        assert table is not None
        return table.to_pylist()[0]

    def read_version(self, tables: Sequence[str], timeout: str) -> str | None:
        """Return this transaction's snapshot as text, or None if it doesn't determine the rows of `tables`.

        The snapshot begins with this call. Transactions with the same text see the same rows. The server stops later
        statements of the transaction after `timeout` milliseconds.
        """
        row = self.one(_VERSION, [json.dumps(list(tables)), timeout])
        return None if row["is_untold"] else f"{row['snapshot']} {row['started']}"

    def cancel(self) -> None:
        self._cursor.adbc_cancel()

    def close(self) -> None:
        self._cursor.close()
        self._connection.close()

    def _pin(self, search_path: str) -> tuple[Mapping[str, str], int]:
        wanted = {**SETTINGS, **({"search_path": search_path} if search_path else {})}
        self._set(wanted)
        self._wish(_LEAVING)
        settings = self._settings()
        if int(settings["server_version_num"]) < _OLDEST:
            raise Unavailable("This PostgreSQL is older than 14, the oldest supported version.")
        if settings["is_superuser"] == "on":
            self._set({"role": _READER})
            wanted |= {"role": _READER, "is_superuser": "off"}
            settings = self._settings()
        if wrong := sorted(name for name in wanted if settings[name] != wanted[name]):
            raise Unavailable(f"PostgreSQL did not keep these settings: {', '.join(wrong)}.")
        texts = sorted({"search_path", "role", *SETTINGS})
        return {name: settings[name] for name in texts}, int(settings["server_version_num"])

    def _settings(self) -> Mapping[str, str]:
        names = ["server_version_num", "is_superuser", "role", "search_path", *SETTINGS]
        return self.one("SELECT " + ", ".join(f"current_setting('{name}') AS \"{name}\"" for name in names))

    def _wish(self, settings: Mapping[str, str]) -> None:
        """Set optional settings all at once.

        If the server rejects that, set each one by itself, and skip those that it rejects.
        """
        try:
            self._set(settings)
        except dbapi.Error as error:
            if isinstance(failure(error), Unavailable):
                raise
            for name in settings if len(settings) > 1 else ():
                self._wish({name: settings[name]})

    def _set(self, settings: Mapping[str, str]) -> None:
        pairs = [part for pair in settings.items() for part in pair]
        calls = (f"set_config(${2 * at + 1}, ${2 * at + 2}, false) AS s{at}" for at in range(len(settings)))
        self.one(f"SELECT {', '.join(calls)}", pairs)


class Pool:
    """A pool of a few sessions that stay open for the next statements."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._ready: list[Session] = []
        self._is_closed = False
        self._losses = 0

    def begin(self) -> Session:
        """Return a session in a new read-only transaction. A session that was lost while idle is replaced."""
        while True:
            with self._lock:
                self.check_open()
                session = self._ready.pop() if self._ready else None
            was_ready = session is not None
            session = session or Session(self._address)
            try:
                session.ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            except Failure as error:
                session.close()
                self.note(error)
                if not was_ready:
                    raise failure(error) from None
            else:
                return session

    def end(self, session: Session) -> None:
        """Commit after a finished statement. If the pool has room, the session stays open for the next statement."""
        try:
            session.ask("COMMIT")
        except Failure as error:
            self.note(error)
            session.close()
            return
        with self._lock:
            is_kept = not self._is_closed and len(self._ready) < _MOST_READY
            if is_kept:
                self._ready.append(session)
        if not is_kept:
            session.close()

    def drop(self, session: Session, error: BaseException | None = None) -> None:
        """Close a session whose statement was stopped or failed with `error`."""
        if error is not None:
            self.note(error)
        session.close()

    def note(self, error: BaseException) -> None:
        """Count an error if it means that the connection was lost.

        After a crash, the server can reuse transaction numbers, so the same snapshot text can mean something else.
        """
        if isinstance(failure(error), Unavailable):
            with self._lock:
                self._losses += 1

    def read_version(self, session: Session, tables: Sequence[str], timeout: str) -> str | None:
        """Return the session's version, or None if it isn't known.

        It never equals a version from before a lost connection.
        """
        version = session.read_version(tables, timeout)
        return None if version is None else f"{version} {self._losses}"

    def check_open(self) -> None:
        """Raise Unavailable if the pool is closed."""
        if self._is_closed:
            raise Unavailable("This connection is closed.")

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            ready, self._ready = self._ready, []
        for session in ready:
            session.close()


_SENTENCES: Final[Mapping[str, tuple[type[ConnectorError], str]]] = {
    "57014": (Cancelled, "This was cancelled."),
    "08P01": (StatementFailed, "The SQL and its parameters don't match."),
    "42P02": (StatementFailed, "The SQL and its parameters don't match."),
    "42P01": (StatementFailed, "The SQL names a table that the data does not have."),
    "3F000": (StatementFailed, "The SQL names a schema that the data does not have."),
    "42703": (StatementFailed, "The SQL names a column that the data does not have."),
    "42883": (
        StatementFailed,
        "The SQL names a function that doesn't exist, or mixes incompatible types.",
    ),
    "42601": (StatementFailed, "PostgreSQL cannot read this SQL."),
    "42501": (StatementFailed, "This connection's user can't read that. Grant it SELECT on the table."),
    "25006": (StatementRefused, "This would change the data, which is not allowed."),
    "22003": (StatementFailed, "A number is too large for its type."),
    "22012": (StatementFailed, "The SQL divides by zero."),
    "53100": (StatementFailed, "The server's disk is full."),
    "53200": (StatementFailed, "This needs more memory than PostgreSQL is allowed. Ask for less at once."),
    "53300": (Unavailable, "PostgreSQL has no free connection. Ask again later."),
    "57P03": (Unavailable, "PostgreSQL is starting or stopping. Ask again later."),
    # A key of two characters is for all other codes that begin with it.
    "22": (StatementFailed, "A value in the data cannot be converted to the type that the SQL asks for."),
    "42": (StatementFailed, "The SQL mixes incompatible types, or names something the data does not have."),
    "40": (StatementFailed, "The server stopped this in favour of another statement. Ask again."),
    "08": (Unavailable, "The connection to PostgreSQL was lost. Ask again."),
    "57": (Unavailable, "The connection to PostgreSQL was lost. Ask again."),
}
# Errors without a code, from the driver or before there is a session.
_WITHOUT_CODE: Final[Sequence[tuple[str, str]]] = (
    ("authentication failed", "PostgreSQL does not accept this user and password."),
    ("no password supplied", "PostgreSQL needs a password. Put it in the address, or set PGPASSWORD."),
    ("no pg_hba.conf entry", "PostgreSQL does not accept this user from here (pg_hba.conf)."),
    ("role", "PostgreSQL does not know this user."),
    ("database", "PostgreSQL has no database with this name."),
    ("too many clients", "PostgreSQL has no free connection. Ask again later."),
    ("remaining connection slots", "PostgreSQL has no free connection. Ask again later."),
    ("starting up", "PostgreSQL is starting or stopping. Ask again later."),
    ("shutting down", "PostgreSQL is starting or stopping. Ask again later."),
    ("translate host name", "The host in the address can't be found."),
    ("SSL", "PostgreSQL and the address do not agree on encryption."),
)


def failure(error: BaseException) -> ConnectorError:
    """Return a driver's error as a plain sentence. Its own message, which can contain values, is only in `detail`."""
    text = str(error)
    code = getattr(error, "sqlstate", None) or ""
    if known := _SENTENCES.get(code) or _SENTENCES.get(code[:2]):
        return known[0](known[1], detail=text)
    if not isinstance(error, dbapi.Error):  # a parameter that fits no type, or contains a broken character
        return StatementFailed("The SQL and its parameters don't match.", detail=text)
    if "Failed to connect" in text:
        sentence = next((said for part, said in _WITHOUT_CODE if part in text), "PostgreSQL cannot be reached.")
        return Unavailable(sentence, detail=text)
    if error.status_code == adbc_driver_manager.AdbcStatusCode.IO:
        return Unavailable("The connection to PostgreSQL was lost. Ask again.", detail=text)
    return StatementFailed("PostgreSQL could not run this.", detail=text)
