"""Run PostgreSQL over ADBC. Each statement has a read-only transaction, whose snapshot is the data's version."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors.connector import (
    Cancelled,
    Capabilities,
    Connector,
    ConnectorError,
    Estimate,
    Limits,
    Listed,
    Params,
    Progress,
    StatementFailed,
    StatementRefused,
    TimedOut,
    TooManyRows,
    Unavailable,
    check_statement,
    spell_table,
)
from connectors.postgres_session import Address, Failure, Pool, Session, failure
from connectors.postgres_values import plain_schema, plain_table, plan_rows

# How soon a lost machine is noticed. In the address, so that it can be overridden there.
_NOTICE: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_OPTIONS: Final = frozenset(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "target_session_attrs", "passfile"}
    | {"application_name", "gssencmode", "krbsrvname", *_NOTICE}
)
# Of the login user, not the role that a superuser's session steps down to.
_WRITABLE: Final = """
SELECT given.value AS name
FROM json_each_text(CAST($1 AS json)) AS given(key, value)
WHERE has_table_privilege(session_user, CAST(to_regclass(given.key) AS oid), 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY 1
"""
# Without partitions, which are read through their table, and without what extensions bring.
_TABLES: Final = """
SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('v', 'm') AS is_view,
    pg_table_is_visible(c.oid) AS is_visible,
    CASE WHEN c.relkind <> 'v' AND c.reltuples >= 0 THEN CAST(c.reltuples AS bigint) END AS rows
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend AS d
        WHERE d.classid = CAST('pg_catalog.pg_class' AS regclass) AND d.objid = c.oid AND d.deptype = 'e')
"""
_LOOKING_SECONDS: Final = 10.0  # for statements of our own
_REPEAT_SECONDS: Final = 0.02
_GRACE_SECONDS: Final = 2.0
_LATER_SECONDS: Final = 1.0  # the server's own limit comes after ours, which shows why it stopped
_SERVERS_OWN: Final = re.compile(
    r"pg_|txid_|inet_(client|server)|has_\w+_privilege|(current_)?version$|cursor_to|database_to|schema_to|table_to|to_reg",
    re.IGNORECASE,
)

Found = TypeVar("Found")


def connect(url: str) -> Connector:
    """Open `postgresql://user:secret@host:port/database?search_path=mart,public`. Raises Unavailable.

    Besides `search_path`, the address can set libpq's options for encryption and timeouts, and `application_name`.
    """
    try:
        parts = urlsplit(url)
        host, port, user = parts.hostname or "", parts.port or 5432, unquote(parts.username or "")
        if "@" in parts.path or "/" in parts.path[1:]:  # a password that wasn't escaped
            raise ValueError
    except ValueError:
        raise Unavailable(
            "This is not a PostgreSQL address. Write postgresql://user:password@host:5432/database, "
            "with %40 for @ and %2F for / in the password."
        ) from None
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    search_path = given.pop("search_path", "")
    if unknown := sorted(set(given) - _OPTIONS):
        known = ", ".join(sorted({"search_path", *_OPTIONS}))
        raise Unavailable(f"A PostgreSQL address has no option {', '.join(unknown)}. Options: {known}.")
    options = urlencode({"application_name": "samepage", **_NOTICE, **given})
    uri = urlunsplit(("postgresql", parts.netloc, parts.path, options, ""))
    leads_to = "\0".join(("postgres", host, str(port), user, unquote(parts.path), search_path))
    shown = f"[{host}]" if ":" in host else host
    place = f"{shown}:{port}/{unquote(parts.path[1:])}"
    return Postgres(Address(uri, search_path), hashlib.sha256(leads_to.encode()).hexdigest(), place)


class Postgres:
    """The connector for PostgreSQL. Each statement has its own session, and a few sessions stay open for reuse."""

    def __init__(self, address: Address, fingerprint: str, place: str) -> None:
        self.dialect: Final = "postgres"
        self.capabilities: Final = Capabilities(
            cancels=True, estimates=True, reports_progress=False, versions_data=True
        )
        self.uses: Final[Mapping[str, str]] = {}
        self.fingerprint: Final = fingerprint
        self.place: Final = place
        self._pool = Pool(address)
        self._lock = threading.Lock()
        self._runs: weakref.WeakSet[PostgresRun] = weakref.WeakSet()
        session = self._pool.begin()
        number = session.version
        self.identity: Final = f"postgres {number // 10000}.{number % 10000}"
        self.session_settings: Final[Mapping[str, str]] = session.settings
        self._pool.end(session)

    def tables(self) -> Sequence[Listed]:
        """Return the tables that the connection's user can read.

        `rows` is from the last ANALYZE. It's None before the first ANALYZE, and for an ordinary view.
        """

        def look(session: Session) -> Sequence[Listed]:
            rows = session.ask(_TABLES)
            assert rows is not None
            listed: list[Listed] = []
            for row in rows.to_pylist():
                parts = [row["name"]] if row["is_visible"] else [row["schema"], row["name"]]
                listed.append(Listed(spell_table(parts, self.dialect, folds_case=True), row["rows"], row["is_view"]))
            return sorted(listed, key=lambda table: table.name)

        return self._look(look)

    def columns(self, table: str) -> Mapping[str, pa.DataType]:
        """Return the names and Arrow types of a table's columns, in order.

        The table's name can include a schema, as in `mart.orders`. Raises StatementFailed if there is no such table.
        """
        quoted = _quoted(table)

        def look(session: Session) -> Mapping[str, pa.DataType]:
            if not session.one("SELECT to_regclass($1) IS NOT NULL AS is_there", [quoted])["is_there"]:
                raise StatementFailed(f"There is no table named {table!r} in the data.")
            nothing = session.ask(f"SELECT * FROM {quoted} LIMIT 0")
            return plain_schema(nothing.schema) if nothing is not None else {}

        return self._look(look)

    def data_version(self, tables: Sequence[str]) -> str | None:
        """Return a text that changes whenever a transaction on the server has changed, or could have changed, anything.

        None for a view, a foreign or unlogged table, a table with row security, and on a replica.
        """
        names = [_quoted(table) for table in tables]
        return self._look(lambda session: self._pool.read_version(session, names, _milliseconds(_LOOKING_SECONDS)))

    def writable(self, tables: Sequence[str]) -> Sequence[str]:
        """Return the tables that the address's user can change. A superuser can change all of them."""
        names = json.dumps({_quoted(table): table for table in tables})

        def look(session: Session) -> Sequence[str]:
            table = session.ask(_WRITABLE, [names])
            assert table is not None
            return [str(name) for name in table.column(0).to_pylist()]

        return self._look(look)

    def estimate(self, sql: str, params: Params = ()) -> Estimate | None:
        """Return how many rows PostgreSQL expects to read and to return, based on its last ANALYZE."""
        _check(sql)

        def look(session: Session) -> Estimate:
            plan = session.ask(f"EXPLAIN (FORMAT JSON) {sql}", params)
            assert plan is not None
            rows, result_rows = plan_rows("".join(str(value) for value in plan.column(0).to_pylist()))
            return Estimate(rows=rows, result_rows=result_rows)

        return self._look(look)

    def start(self, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> PostgresRun:
        """Return a run, which gets its session in `result`.

        `tag` isn't sent, because the server would show it to others.
        """
        _check(sql)
        self._pool.check_open()
        run = PostgresRun(self._pool, sql, params, limits, lambda: self.data_version(_tables(sql)))
        with self._lock:
            self._runs.add(run)
        return run

    def close(self) -> None:
        self._pool.close()
        with self._lock:
            running = list(self._runs)
        for run in running:
            run.cancel()

    def _look(self, look: Callable[[Session], Found]) -> Found:
        """Return what `look` reads. Raises Unavailable after `_LOOKING_SECONDS`, because a page is waiting."""
        outcomes: list[Found | ConnectorError] = []

        def work() -> None:
            try:
                outcomes.append(self._seen(look))
            except ConnectorError as error:
                outcomes.append(error.with_traceback(None))

        thread = threading.Thread(target=work, name="postgres-look", daemon=True)
        thread.start()
        thread.join(_LOOKING_SECONDS)
        outcome = outcomes[0] if outcomes else Unavailable("PostgreSQL does not answer. Ask again later.")
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def _seen(self, look: Callable[[Session], Found]) -> Found:
        """Return what `look` reads in a session and snapshot of its own."""
        session = self._pool.begin()
        try:
            answer = look(session)
        except Failure as error:
            self._pool.drop(session, error)
            raise failure(error) from None
        except ConnectorError:
            self._pool.end(session)
            raise
        self._pool.end(session)
        return answer


class PostgresRun:
    """One statement, with a thread of its own for the server, so that a server that hangs blocks nothing else."""

    def __init__(
        self, pool: Pool, sql: str, params: Params, limits: Limits, look_at_version: Callable[[], str | None]
    ) -> None:
        self.started: Final = time.monotonic()
        self._pool, self._sql, self._params, self._limits = pool, sql, params, limits
        self._look_at_version = look_at_version
        self._version: list[str | None] = []  # one, once it is known
        self._changed = threading.Condition()  # guards the three below
        self._outcome: pa.Table | ConnectorError | None = None
        self._is_done = False
        self._stopped: ConnectorError | None = None
        self._using = threading.Lock()  # held by a cancel in progress, so that its session isn't closed
        self._session: Session | None = None
        self._was_asked = False

    @property
    def data_version(self) -> str | None:
        """The version of the current data or, after `result`, of the snapshot that was read."""
        if not self._version:
            self._version.append(self._look_at_version())
        return self._version[-1]

    def result(self) -> pa.Table:
        if self._was_asked:
            raise RuntimeError("result() is called once")
        self._was_asked = True
        with self._changed:
            if self._stopped is not None:
                raise self._stopped
            threading.Thread(target=self._work, name="postgres-run", daemon=True).start()
            left = self.started + self._limits.timeout_seconds - time.monotonic()
            if not self._changed.wait_for(lambda: self._is_done or self._stopped is not None, left):
                self._stopped = TimedOut.after(self._limits.timeout_seconds)
            if not self._is_done:
                threading.Thread(target=self._interrupt, name="postgres-cancel", daemon=True).start()
                # No longer waits for an unresponsive server: its session is closed when it answers.
                self._changed.wait_for(lambda: self._is_done, _GRACE_SECONDS)
            outcome, self._outcome = self._stopped or self._outcome, None
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def cancel(self) -> None:
        with self._changed:
            self._stopped = self._stopped or Cancelled("This was cancelled.")
            self._changed.notify_all()

    def progress(self) -> Progress:
        return Progress(None, time.monotonic() - self.started)

    def _work(self) -> None:
        outcome = self._answer()
        with self._changed:
            self._outcome, self._is_done = outcome, True
            self._changed.notify_all()

    def _interrupt(self) -> None:
        """Interrupt the statement repeatedly, because the server ignores an interrupt between two statements.

        The pauses get longer, up to `_GRACE_SECONDS`.
        """
        pause = _REPEAT_SECONDS
        while True:
            with self._using:
                if self._session is not None:
                    with suppress(*Failure):
                        self._session.cancel()
            with self._changed:
                if self._changed.wait_for(lambda: self._is_done, pause):
                    return
            pause = min(2 * pause, _GRACE_SECONDS)

    def _answer(self) -> pa.Table | ConnectorError:
        try:
            session = self._pool.begin()
        except ConnectorError as error:
            return error.with_traceback(None)
        with self._using:
            self._session = session
        lost: Exception | None = None
        try:
            return self._stopped or self._read(session)
        except ConnectorError as error:
            return error.with_traceback(None)
        except Failure as error:
            lost = error
            return self._failure(error)
        finally:
            with self._using:
                self._session = None
            # A cancel may still be in progress, and would hit the next statement of a session that is kept.
            if lost is None and self._stopped is None:
                self._pool.end(session)
            else:
                self._pool.drop(session, lost)

    def _read(self, session: Session) -> pa.Table:
        limit = self._limits.max_rows
        left = self.started + self._limits.timeout_seconds - time.monotonic()
        version = self._pool.read_version(session, _tables(self._sql), _milliseconds(left + _LATER_SECONDS))
        # The server stops at the limit, however many rows are left.
        table = session.ask(f"SELECT * FROM (\n{_bare(self._sql)}\n) AS answer LIMIT {limit + 1}", self._params)
        self._version.append(version)
        if table is None:
            raise StatementRefused("The answer has no columns.")
        if table.num_rows > limit:
            raise TooManyRows.over(limit)
        return plain_table(table)

    def _failure(self, error: Exception) -> ConnectorError:
        if "due to statement timeout" in str(error):
            return TimedOut.after(self._limits.timeout_seconds)
        return failure(error)


def _check(sql: str) -> None:
    check_statement(sql, "postgres", native=_check_names)


def _check_names(sql: str) -> None:
    """Raise StatementRefused if the SQL reads the server's own tables or calls its own functions.

    They reveal details of the machine and of other people's statements.
    """
    tree = sqlglot.parse_one(sql, dialect="postgres")
    for table in tree.find_all(exp.Table):
        names = {part.name.lower() for part in table.parts}
        if names & {"pg_catalog", "information_schema"} or any(name.startswith("pg_") for name in names):
            raise StatementRefused(f"{table.name!r} belongs to the server, not to the data.")
    for function in tree.find_all(exp.Func):
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if _SERVERS_OWN.match(name):
            raise StatementRefused(f"The function {name.lower()} can't be used.")


@lru_cache(maxsize=1024)
def _tables(sql: str) -> tuple[str, ...]:
    """Return the quoted name of every table in a statement, as PostgreSQL reads it."""
    tree = sqlglot.parse_one(sql, dialect="postgres")
    texts = {_spelled(table) for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)}
    return tuple(sorted(texts))


def _quoted(table: str) -> str:
    """Return a table's name, quoted for a statement. Raises StatementRefused if the text isn't a table's name."""
    try:
        tree = exp.to_table(table, dialect="postgres")
    except (SqlglotError, RecursionError):
        raise StatementRefused(f"{table!r} is not the name of a table.") from None
    if not all(isinstance(part, exp.Identifier) for part in tree.parts) or set(tree.args) - {"this", "db", "catalog"}:
        raise StatementRefused(f"{table!r} is not the name of a table.")
    return _spelled(tree)


def _spelled(table: exp.Table) -> str:
    """Return a table's name with each part quoted. Unquoted parts become lower case."""
    parts = [part.name if part.args.get("quoted") else part.name.lower() for part in table.parts]
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _bare(sql: str) -> str:
    """Return the SQL without a semicolon at the end, which a subquery can't have."""
    return sql.rstrip().removesuffix(";")


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
