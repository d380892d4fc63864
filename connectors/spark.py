"""Run Spark through Spark Connect in a session of our own. Each run has a tag that stops it on the cluster.

The caller's thread waits while another thread talks to the server, so that time limits and cancelling work even if the
server stops slowly or is gone.
"""

from __future__ import annotations

import re
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final

import pyarrow as pa
import sqlglot
from pyspark.errors import AnalysisException
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from connectors.connector import (
    Cancelled,
    Capabilities,
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
from connectors.spark_session import (
    CLIENT_ERRORS,
    SESSION_SETTINGS,
    Address,
    Session,
    failure,
    is_lost,
    is_stale,
    quoted_name,
    read_address,
)

# Written by `demo --load`: a view, because reading it starts no job.
LOADED: Final = "samepage_load"
_LOADED_STATEMENT: Final = f"SELECT table_name, version FROM {LOADED}"
_ABSENT_SECONDS: Final = 60.0
_OWN_LIMITS: Final = Limits(timeout_seconds=60.0)  # the first statement of a freshly started server takes long
_FIRST_INTERRUPT_SECONDS: Final = 0.1
_LAST_INTERRUPT_SECONDS: Final = 2.0


def connect(location: str) -> Spark:
    """Open `sc://host:15002`, with options as in `sc://host:15002/;schema=shop;use_ssl=true`. Raises Unavailable."""
    return Spark(read_address(location))


class Spark:
    """The connector for Spark. If the server lost the session, as in a restart, the next call opens a new one."""

    def __init__(self, address: Address) -> None:
        self.dialect: Final = "spark"
        self.session_settings: Final = SESSION_SETTINGS
        self.uses: Final[Mapping[str, str]] = {}
        self.fingerprint: Final = address.fingerprint
        self._address = address
        self._lock = threading.Lock()
        self._runs: weakref.WeakSet[SparkRun] = weakref.WeakSet()
        self._closed = False
        self._absent_until = 0.0
        self._session = Session(address)
        self.identity: Final = f"spark {self._session.version}"
        self.capabilities: Final = Capabilities(
            cancels=True, estimates=True, reports_progress=False, versions_data=self.data_version(()) is not None
        )

    @property
    def place(self) -> str:
        return self._address.place

    def writable(self, tables: Sequence[str]) -> None:
        """Return None, because a Spark session's write access depends on its catalogue and storage."""

    def tables(self) -> Sequence[Listed]:
        """Return the tables of the address's schema, or of every schema if it names none. Their `rows` are None."""
        here = str(self._answer("SELECT current_schema() AS here")["here"][0].as_py())
        schemas = [here]
        if not self._address.schema:
            schemas = [str(name) for name in self._answer("SHOW SCHEMAS").column(0).to_pylist()]
        listed: list[Listed] = []
        for schema in schemas:
            place = spell_table([schema], self.dialect)
            views = set(self._answer(f"SHOW VIEWS IN {place}")["viewName"].to_pylist())
            for row in self._answer(f"SHOW TABLES IN {place}").to_pylist():
                name = str(row["tableName"])
                if row["isTemporary"] or name == LOADED:
                    continue
                parts = [name] if schema == here else [schema, name]
                listed.append(Listed(spell_table(parts, self.dialect), None, name in views))
        return sorted(listed, key=lambda table: table.name)

    def columns(self, table: str) -> Mapping[str, pa.DataType]:
        """Return the names and Arrow types of a table's columns, in order.

        The table's name can include a schema, as in `mart.orders`. Raises StatementFailed if there is no such table.
        """
        statement = f"SELECT * FROM {quoted_name(table)} LIMIT 0"
        self._check(statement)
        try:
            schema = self._answer(statement).schema
        except StatementFailed as error:
            if "TABLE_OR_VIEW_NOT_FOUND" not in error.detail:
                raise
            raise StatementFailed(f"There is no table named {table!r} in the data.", detail=error.detail) from None
        return {column.name: column.type for column in schema}

    def data_version(self, tables: Sequence[str]) -> str | None:
        """Return the version that the last `demo --load` wrote.

        None if that load didn't write all of `tables`, because other programs could then change them.
        """
        if time.monotonic() < self._absent_until:
            return None
        try:
            rows = self._answer(_LOADED_STATEMENT).to_pylist()
        except StatementFailed:
            # Without the view no answer is cached, so not checking for a minute does no harm.
            self._absent_until = time.monotonic() + _ABSENT_SECONDS
            return None
        loaded = {str(row["table_name"]): str(row["version"]) for row in rows}
        if len(set(loaded.values())) != 1 or not {table.lower() for table in tables} <= set(loaded):
            return None
        return next(iter(loaded.values()))

    def estimate(self, sql: str, params: Params = ()) -> Estimate | None:
        """Return how many rows all tables in the statement have.

        None unless Spark knows this for each table, which it does after ANALYZE TABLE … COMPUTE STATISTICS.
        """
        self._check(sql)
        plan = str(self._answer(f"EXPLAIN COST {sql}", params).column(0)[0].as_py())
        logical = plan.partition("== Physical Plan ==")[0]
        sources = [line for line in logical.splitlines() if re.match(r"[\s:+-]*(Relation|Range|LocalRelation) ", line)]
        rows = [re.search(r"rowCount=([\d.E+]+)", line) for line in sources]
        known = [int(float(match.group(1))) for match in rows if match is not None]
        return Estimate(rows=sum(known)) if sources and len(known) == len(sources) else None

    def start(self, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> SparkRun:
        """Return a run on the current data. Spark's own pages show it with `tag`."""
        self._check(sql)
        tables = tables_of(sql)
        run = SparkRun(self, sql, params, limits, tag, tables=tables, data_version=self.data_version(tables))
        with self._lock:
            self._runs.add(run)
        return run

    def close(self) -> None:
        with self._lock:
            was_closed, self._closed = self._closed, True
            running = list(self._runs)
        for run in running:
            run.cancel()
        if not was_closed:
            for run in running:
                run.wait_until_over(_LAST_INTERRUPT_SECONDS)
            self._session.close()

    def session(self) -> Session:
        """Return the current session, or a new one if it was lost. Raises Unavailable."""
        with self._lock:
            if self._closed:
                raise Unavailable("This connection is closed.")
            if self._session.is_broken:
                self._session.close()
                self._session = Session(self._address)
            return self._session

    def interrupt(self, tag: str) -> None:
        """Stop everything on the cluster that has this tag. Raises CLIENT_ERRORS."""
        self._session.spark.interruptTag(tag)

    def _answer(self, sql: str, params: Params = ()) -> pa.Table:
        """Run a short statement of our own, and return its full result."""
        return SparkRun(self, sql, params, _OWN_LIMITS, "samepage").result()

    def _check(self, sql: str) -> None:
        if self._closed:
            raise Unavailable("This connection is closed.")
        check_statement(sql, self.dialect, native=self._check_natively)

    def _check_natively(self, sql: str) -> None:
        """Raise StatementRefused if Spark can't parse the text as a SELECT.

        The text comes after DESCRIBE QUERY, which only accepts a SELECT. Other errors appear in the run.
        """
        try:
            self._answer(f"DESCRIBE QUERY {sql}")
        except StatementFailed as error:
            if error.detail.lstrip().startswith("[PARSE_"):
                raise StatementRefused("Spark does not accept this SQL as one SELECT.", detail=error.detail) from None


class SparkRun:
    """One statement. `result` waits for it in the calling thread, and any other thread can stop it."""

    def __init__(
        self,
        connector: Spark,
        sql: str,
        params: Params,
        limits: Limits,
        tag: str,
        *,
        tables: Sequence[str] = (),
        data_version: str | None = None,
    ) -> None:
        self.data_version: Final = data_version
        self.started: Final = time.monotonic()
        self._connector, self._sql, self._params, self._limits = connector, sql, tuple(params), limits
        self._tables = tables
        self._tag: Final = f"samepage-{uuid.uuid4()}"
        self._shown_tag: Final = re.sub(r"[^\w.@-]", "_", tag)[:80] or "samepage"
        self._changed = threading.Condition()  # guards the four below
        self._outcome: pa.Table | Exception | None = None
        self._stopped: ConnectorError | None = None
        self._is_interrupting = False
        self._worker: threading.Thread | None = None

    def result(self) -> pa.Table:
        with self._changed:
            if self._worker is not None:
                raise RuntimeError("result() is called once")
            self._worker = threading.Thread(target=self._work, name=self._tag, daemon=True)
            if self._stopped is None:
                self._worker.start()
            left = self.started + self._limits.timeout_seconds - time.monotonic()
            ended = self._changed.wait_for(
                lambda: self._outcome is not None or self._stopped is not None, max(0.0, left)
            )
        if not ended:
            self._stop(TimedOut.after(self._limits.timeout_seconds))
        outcome = self._stopped or self._outcome
        if isinstance(outcome, Exception):
            raise outcome
        assert outcome is not None  # one of the two ended the wait
        return outcome

    def cancel(self) -> None:
        self._stop(Cancelled("This was cancelled."))

    def progress(self) -> Progress:
        return Progress(None, time.monotonic() - self.started)

    def wait_until_over(self, seconds: float) -> None:
        """Wait until the server is done with the statement, for at most this many seconds."""
        if self._worker is not None and self._worker.ident is not None:
            self._worker.join(seconds)

    def _stop(self, reason: ConnectorError) -> None:
        """Stop the run, and interrupt its work on the cluster. `result` raises the first reason given."""
        with self._changed:
            if self._outcome is not None:
                return
            self._stopped = self._stopped or reason
            self._changed.notify_all()
            if self._worker is None or self._is_interrupting:
                return
            self._is_interrupting = True
        threading.Thread(target=self._interrupt, name=f"{self._tag}-stop", daemon=True).start()

    def _interrupt(self) -> None:
        """Interrupt the run repeatedly, because the server ignores interrupts for statements it doesn't know yet."""
        pause = _FIRST_INTERRUPT_SECONDS
        while self._worker is not None and self._worker.is_alive():
            with suppress(*CLIENT_ERRORS, Unavailable):
                self._connector.interrupt(self._tag)
            self._worker.join(pause)
            pause = min(2 * pause, _LAST_INTERRUPT_SECONDS)

    def _work(self) -> None:
        outcome: pa.Table | Exception = RuntimeError("the run ended without an outcome")
        try:
            outcome = self._read()
        except ConnectorError as error:
            outcome = error.with_traceback(None)
        except CLIENT_ERRORS as error:
            outcome = failure(error, self._connector.place)
        finally:
            with self._changed:
                self._outcome = outcome
                self._changed.notify_all()

    def _read(self) -> pa.Table:
        """Return the rows. If the session was lost or files were replaced, try once more."""
        limit, session = self._limits.max_rows, self._connector.session()
        try:
            table = self._ask(session, limit + 1)
        except CLIENT_ERRORS as error:
            if self._stopped is not None or not (is_lost(error) or is_stale(error)):
                raise
            session.give_up(error)
            table = self._ask(self._connector.session(), limit + 1)
        if table.num_rows > limit:
            raise TooManyRows.over(limit)
        if self.data_version is not None and self.data_version != self._connector.data_version(self._tables):
            raise Unavailable("The data was reloaded while it was being read. Ask again.")
        return table

    def _ask(self, session: Session, most_rows: int) -> pa.Table:
        with session.tagged(self._tag, self._shown_tag):
            for table in self._tables if session.caches_files else ():
                # A table that is missing or has no files is the statement's own problem.
                with suppress(AnalysisException, StatementRefused):
                    session.spark.sql(f"REFRESH TABLE {quoted_name(table)}")
            return session.answer(self._sql, self._params, most_rows)


@lru_cache(maxsize=1024)
def tables_of(sql: str) -> tuple[str, ...]:
    """Return the tables that a statement reads, as written, without the names that its WITH defines."""
    tree = sqlglot.parse_one(sql, dialect="spark")
    return tuple(
        sorted(
            {
                ".".join(part.name for part in source.parts)
                for scope in traverse_scope(tree)
                for source in scope.sources.values()
                if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
            }
        )
    )
