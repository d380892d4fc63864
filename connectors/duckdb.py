"""Run DuckDB inside this process: read-only data, no external access, and every run on its own cursor.

New data comes as a new file at the same path, which the next run opens as a new instance. Runs in progress finish on
the old instance, which is freed after the last of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import pyarrow as pa
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
from connectors.duckdb_source import Source, source_at
from connectors.duckdb_watch import Watch

# What decides the meaning of a statement. Global, so that every cursor has it, and locked, so that none loses it.
SESSION_SETTINGS: Final[Mapping[str, str]] = {
    "TimeZone": "UTC",
    "Calendar": "gregorian",
    "default_collation": "",
    "default_null_order": "NULLS_LAST",
    "default_order": "ASC",
    "ieee_floating_point_ops": "true",
    "integer_division": "false",
}
_BATCH_ROWS: Final = 50_000
_MOST_READY_CURSORS: Final = 16
_TABLES: Final = """
SELECT schema_name, table_name AS name, estimated_size AS rows, false AS is_view FROM duckdb_tables()
WHERE database_name = 'data' AND NOT internal
UNION ALL
SELECT schema_name, view_name, NULL, true FROM duckdb_views() WHERE database_name = 'data' AND NOT internal
"""
_WATCH: Final = Watch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What one instance can use of this machine. The address can set each option (`?threads=2&memory_limit=4GB`)."""

    memory_limit: str = "60%"
    threads: str = ""  # empty: all cores
    temp_directory: str = ""  # empty: a new one, removed with the instance
    max_temp_directory_size: str = "20GB"


def connect(location: str) -> Connector:
    """Open `duckdb:///absolute/path?options` or a plain path. Raises Unavailable."""
    if "://" not in location:
        return DuckDB(source_at(Path(location).expanduser().absolute()), Options())
    address = urlsplit(location)
    if address.netloc:
        raise Unavailable("A DuckDB address has no host: write three slashes, duckdb:///folder/file.duckdb.")
    given = dict(parse_qsl(address.query, keep_blank_values=True))
    known = [field.name for field in fields(Options)]
    if unknown := sorted(set(given) - set(known)):
        raise Unavailable(f"A DuckDB address has no option {', '.join(unknown)}. Options: {', '.join(known)}.")
    return DuckDB(source_at(Path(unquote(address.path))), Options(**given))


class DuckDB:
    """The connector for DuckDB. Each call that reads data first reopens the file if it was replaced."""

    def __init__(self, source: Source, options: Options) -> None:
        self.dialect: Final = "duckdb"
        self.capabilities: Final = Capabilities(
            cancels=True, estimates=True, reports_progress=True, versions_data=True, publishes=True
        )
        self.identity: Final = f"duckdb {duckdb.__version__}"
        self.session_settings: Final = SESSION_SETTINGS
        self.fingerprint: Final = hashlib.sha256(f"duckdb\0{source.path}".encode()).hexdigest()
        self.place: Final = str(source.path)
        self.uses: Final[Mapping[str, str]] = {
            "memory": options.memory_limit,
            "threads": options.threads or "one for each core",
            "disk when memory is short": options.max_temp_directory_size,
        }
        self._source = source
        self._options = options
        self._lock = threading.Lock()
        self._runs: weakref.WeakSet[DuckDBRun] = weakref.WeakSet()
        self._closed = False
        self._instance: _Instance | None = _open(source, options)

    def refresh(self) -> bool:
        """Reopen the data if the file was replaced or the instance broke, and return whether it was reopened."""
        before = self._instance
        return self._current() is not before

    def tables(self) -> Sequence[Listed]:
        """Return the file's tables and views, or one table for each data file. A view's `rows` are None."""
        try:
            rows = self._current().answer(_TABLES, ()).to_pylist()
        except duckdb.Error as error:
            raise _failure(error) from None
        listed: list[Listed] = []
        for row in rows:
            parts = [row["name"]] if row["schema_name"] == "main" else [row["schema_name"], row["name"]]
            listed.append(Listed(spell_table(parts, self.dialect), row["rows"], row["is_view"]))
        return sorted(listed, key=lambda table: table.name)

    def columns(self, table: str) -> Mapping[str, pa.DataType]:
        """Return the names and Arrow types of a table's columns, in order.

        The table's name can include a schema, as in `mart.orders`. Raises StatementFailed if there is no such table.
        """
        try:
            quoted = exp.to_table(table, dialect=self.dialect).sql(self.dialect, identify=True)
        except (SqlglotError, RecursionError):
            raise StatementRefused(f"{table!r} is not the name of a table.") from None
        statement = f"SELECT * FROM {quoted} LIMIT 0"
        self._check(statement)
        try:
            schema = self._current().answer(statement, ()).schema
        except duckdb.CatalogException as error:
            raise StatementFailed(f"There is no table named {table!r} in the data.", detail=str(error)) from None
        except duckdb.Error as error:
            raise _failure(error) from None
        return {field.name: field.type for field in schema}

    def data_version(self, tables: Sequence[str]) -> str:
        """Return a digest that identifies the file, or all of the files. It doesn't depend on `tables`."""
        return self._current().version

    def writable(self, tables: Sequence[str]) -> Sequence[str]:
        """Return no tables. The file is opened read-only, whatever its permissions on disk are."""
        return ()

    def estimate(self, sql: str, params: Params = ()) -> Estimate | None:
        """Return how many rows DuckDB expects to read and to return."""
        self._check(sql)
        try:
            plans = self._current().answer(f"EXPLAIN (FORMAT json) {sql}", params)
        except duckdb.Error as error:
            raise _failure(error) from None
        top = json.loads(plans.column(1)[0].as_py())[0]
        return Estimate(rows=sum(_rows(leaf) for leaf in _leaves(top)), result_rows=_rows(top))

    def start(self, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> DuckDBRun:
        """Return a run on the current data. `tag` is for engines with a query log, which DuckDB doesn't have."""
        self._check(sql)
        run = DuckDBRun(self._current(), sql, params, limits)
        with self._lock:
            self._runs.add(run)
        return run

    def close(self) -> None:
        with self._lock:
            self._closed, self._instance = True, None
            running = list(self._runs)
        for run in running:
            run.cancel()

    def _current(self) -> _Instance:
        with self._lock:
            if self._closed:
                raise Unavailable("This connection is closed.")
            instance, version = self._instance, self._source.version()
            if instance is None or instance.version != version or instance.is_broken:
                self._instance = None  # a file that can't be opened leaves nothing behind to answer from
                instance = self._instance = _open(self._source, self._options)
            return instance

    def _check(self, sql: str) -> None:
        check_statement(sql, self.dialect, native=self._check_natively)

    def _check_natively(self, sql: str) -> None:
        try:
            statements = self._current().connection.cursor().extract_statements(sql)
        except duckdb.Error as error:
            raise StatementRefused("DuckDB cannot read this SQL.", detail=str(error)) from None
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
            raise StatementRefused("DuckDB does not accept this SQL as one SELECT.")


class DuckDBRun:
    """One statement. It runs in the thread that calls `result`, and any other thread can stop it."""

    def __init__(self, instance: _Instance, sql: str, params: Params, limits: Limits) -> None:
        self.data_version: Final = instance.version
        self.started: Final = time.monotonic()
        self.deadline: Final = self.started + limits.timeout_seconds
        self._instance: _Instance | None = instance
        self._sql, self._params, self._limits = sql, params, limits
        self._lock = threading.Lock()  # guards _cursor and _stopped
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._stopped: ConnectorError | None = None

    def result(self) -> pa.Table:
        outcome = self._outcome()
        if isinstance(outcome, ConnectorError):
            raise outcome
        return outcome

    def cancel(self) -> None:
        self.stop(Cancelled("This was cancelled."))
        _WATCH.look()

    def progress(self) -> Progress:
        with self._lock:
            percent = self._cursor.query_progress() if self._cursor is not None else -1.0
        fraction = min(percent / 100, 1.0) if math.isfinite(percent) and percent >= 0 else None
        return Progress(fraction, time.monotonic() - self.started)

    def time_out(self) -> None:
        self.stop(TimedOut.after(self._limits.timeout_seconds))

    def stop(self, reason: ConnectorError) -> None:
        """Interrupt the statement. `result` then raises the first reason given."""
        with self._lock:
            self._stopped = self._stopped or reason
            if self._cursor is not None:
                self._cursor.interrupt()

    @property
    def is_stopped(self) -> bool:
        return self._stopped is not None

    def _outcome(self) -> pa.Table | ConnectorError:
        """Return the answer or the error.

        The caller raises the error, so that no traceback keeps the instance alive.
        """
        instance, self._instance = self._instance, None  # not kept: an old instance goes with its last run
        if instance is None:
            raise RuntimeError("result() is called once")
        cursor = instance.take_cursor()
        with self._lock:
            self._cursor = cursor
        _WATCH.add(self)
        outcome = None
        try:
            outcome = self._read(cursor)
        except ConnectorError as error:
            outcome = error.with_traceback(None)
        except (duckdb.Error, OSError, pa.ArrowException) as error:  # a stream reports its errors as OSError
            instance.is_broken = instance.is_broken or str(error).startswith(("FATAL", "INTERNAL"))
            outcome = self._stopped or _failure(error)
        finally:
            _WATCH.remove(self)
            with self._lock:
                self._cursor = None  # no interrupt reaches it any more
            if isinstance(outcome, pa.Table):
                instance.return_cursor(cursor)
            else:  # the rest of a stream would stay on it
                cursor.interrupt()
                cursor.close()
        return outcome if isinstance(outcome, ConnectorError) else instance.problem() or outcome

    def _read(self, cursor: duckdb.DuckDBPyConnection) -> pa.Table:
        """Return the answer, read in batches, so that memory never holds more than the row limit and one batch."""
        limit = self._limits.max_rows
        self._raise_if_stopped()
        # Not execute(...).to_arrow_reader(): that collects the whole answer first.
        planned = cursor.sql(self._sql, params=list(self._params))
        self._raise_if_stopped()  # an interrupt doesn't reach DuckDB while it plans
        reader = planned.to_arrow_reader(min(limit + 1, _BATCH_ROWS))
        self._raise_if_stopped()
        _refuse_intervals(reader.schema)
        batches: list[pa.RecordBatch] = []
        count = 0
        for batch in reader:
            count += batch.num_rows
            if count > limit:
                raise TooManyRows.over(limit)
            batches.append(batch)
            self._raise_if_stopped()
        return pa.Table.from_batches(batches, reader.schema)

    def _raise_if_stopped(self) -> None:
        if self._stopped is not None:
            raise self._stopped


class _Instance:
    """One open DuckDB, with the data from when it was opened. It's freed once nothing refers to it."""

    def __init__(self, source: Source, options: Options) -> None:
        self.version = source.version()
        self.is_broken = False
        self._source, self._inode = source, source.inode()
        self._scratch = tempfile.TemporaryDirectory(prefix="samepage-duckdb-", ignore_cleanup_errors=True)
        self.connection = _start(options, self._scratch.name)
        source.load(self.connection)
        for name, value in {
            "allowed_configs": ["enable_progress_bar", "enable_progress_bar_print"],
            "enable_external_access": False,
            "lock_configuration": True,
        }.items():
            self.connection.execute(f"SET GLOBAL {name} = {exp.convert(value).sql('duckdb')}")
        self._ready: list[duckdb.DuckDBPyConnection] = []
        self._verify()

    def take_cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a cursor for one run.

        Reusing the cursor of a finished run saves a third of a small question's time.
        """
        with suppress(IndexError):
            return self._ready.pop()
        try:
            cursor = self.connection.cursor()
            # Cursors inherit no catalogue and no session setting; these are the three they need.
            cursor.execute("USE data")
            cursor.execute("SET enable_progress_bar = true")
            cursor.execute("SET enable_progress_bar_print = false")
        except duckdb.Error as error:
            self.is_broken = True
            raise Unavailable("DuckDB has to be reopened. Ask again.", detail=str(error)) from None
        return cursor

    def return_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make the cursor of a finished run available again, because a SELECT leaves nothing behind on a cursor."""
        if len(self._ready) < _MOST_READY_CURSORS:
            self._ready.append(cursor)

    def answer(self, sql: str, params: Params) -> pa.Table:
        """Run a short statement of our own, and return its full result."""
        cursor = self.take_cursor()
        table = cursor.sql(sql, params=list(params)).to_arrow_table()
        self.return_cursor(cursor)
        return table

    def problem(self) -> Unavailable | None:
        """Return an error if the file was changed in place, because an answer can then mix two versions, or None."""
        if self._inode is None or self._source.inode() != self._inode or self._source.version() == self.version:
            return None
        self.is_broken = True
        sentence = "The data changed while it was being read. Publish a new file instead."
        return Unavailable(sentence, place=str(self._source.path))

    def _verify(self) -> None:
        names = ", ".join(f"current_setting('{name}')::VARCHAR AS {name}" for name in SESSION_SETTINGS)
        value = self.answer(f"SELECT {names}, current_catalog() AS catalogue", ()).to_pylist()[0]
        wanted = {**SESSION_SETTINGS, "catalogue": "data"}
        if wrong := sorted(name for name in wanted if value[name] != wanted[name]):
            raise Unavailable(f"DuckDB did not keep these settings: {', '.join(wrong)}.")


def _open(source: Source, options: Options) -> _Instance:
    """Return an instance of the newest data. If the file changes while it's being opened, try again.

    Raises Unavailable after three attempts.
    """
    for _ in range(3):
        instance = _Instance(source, options)
        if source.version() == instance.version:
            return instance
    sentence = "The data changed while it was being opened. Publish a finished file, then ask again."
    raise Unavailable(sentence, place=str(source.path))


def _start(options: Options, scratch: str) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {  # Any: the driver's own signature
        "allow_persistent_secrets": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,  # a second lock before the variables of Python callers
        "memory_limit": options.memory_limit,
        "temp_directory": options.temp_directory or scratch,
        "max_temp_directory_size": options.max_temp_directory_size,
    }
    if options.threads:
        config["threads"] = options.threads
    try:
        connection = duckdb.connect(":memory:", config=config)
    except duckdb.Error as error:
        raise Unavailable("DuckDB does not accept the options of this address.", detail=str(error)) from None
    # Without a main script (`python -c`, a notebook) DuckDB would draw a progress bar while it reads a large file.
    connection.execute("SET enable_progress_bar = false")
    for name, value in SESSION_SETTINGS.items():
        connection.execute(f"SET GLOBAL {name} = {exp.Literal.string(value).sql('duckdb')}")
    return connection


def _refuse_intervals(schema: pa.Schema) -> None:
    for field in schema:
        if "interval" in str(field.type):
            raise StatementRefused(f"Column {field.name!r} of the answer is an interval. Cast it to a number or text.")


_FAILURES: Final[Sequence[tuple[str, type[ConnectorError], str]]] = (
    ("Out of Memory", StatementFailed, "This needs more memory than DuckDB is allowed. Ask for less at once."),
    ("Catalog", StatementFailed, "The SQL names a table or function that the data does not have."),
    ("Binder", StatementFailed, "The SQL names a column that the data does not have, or mixes incompatible types."),
    ("Parser", StatementFailed, "DuckDB cannot read this SQL."),
    ("Invalid Input", StatementFailed, "The SQL and its parameters don't match."),
    ("Conversion", StatementFailed, "A value in the data cannot be converted to the type that the SQL asks for."),
    ("Out of Range", StatementFailed, "A number is too large for its type."),
    ("Permission", StatementRefused, "This reaches outside the data, which is not allowed."),
    ("IO", Unavailable, "The data or the temporary folder cannot be read or written."),
    ("INTERRUPT", Cancelled, "This was cancelled."),
)


def _failure(error: Exception) -> ConnectorError:
    """Return an error with a plain sentence. DuckDB's own message, which can contain values, is only in `detail`."""
    text = str(error)
    for start, kind, sentence in _FAILURES:
        if text.startswith(start):
            return kind(sentence, detail=text)
    return StatementFailed("DuckDB could not run this.", detail=text)


def _leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:  # Any: JSON
    if not node["children"]:
        yield node
    for child in node["children"]:
        yield from _leaves(child)


def _rows(node: dict[str, Any]) -> int:
    return int(node["extra_info"].get("Estimated Cardinality", 0))
