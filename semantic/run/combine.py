"""Combine groups from several connections in an in-memory DuckDB.

It contains only these groups, and can't read anything else.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from connectors.connector import ConnectorError, Limits, TimedOut, TooManyRows, check_statement
from connectors.duckdb import SESSION_SETTINGS
from semantic.errors import Cancelled, EngineFailed
from semantic.run.execute import translate

_CONFIG: Final[Mapping[str, Any]] = {  # Any: the driver's own signature
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": "1GB",
    "max_temp_directory_size": "0B",
    "threads": "1",
}
_LOCKS: Final = ("SET GLOBAL enable_external_access = false", "SET GLOBAL lock_configuration = true")


class CombineQuery:
    """One SELECT over the groups of several connections. Any thread can call `cancel` at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._reason: EngineFailed | None = None

    def result(self, tables: Mapping[str, pa.Table], sql: str, params: Sequence[object], limits: Limits) -> pa.Table:
        """Return the rows of the SELECT. Raises EngineFailed and its subclasses."""
        timer = threading.Timer(limits.timeout_seconds, self._stop, [_took_too_long(limits)])
        timer.daemon = True
        try:
            check_statement(sql, "duckdb")
            with duckdb.connect(":memory:", config=dict(_CONFIG)) as connection:
                for name, value in SESSION_SETTINGS.items():
                    connection.execute(f"SET GLOBAL {name} = '{value}'")
                for name, table in tables.items():
                    connection.register(name, table)
                for lock in _LOCKS:
                    connection.execute(lock)
                self._begin(connection)
                try:
                    timer.start()
                    return self._read(connection, sql, params, limits)
                finally:
                    self._end()  # before it closes: a closed one can't be interrupted
        except ConnectorError as error:
            raise translate(error) from error
        except duckdb.Error as error:
            raise self._reason or EngineFailed("What the connections returned can't be combined.") from error
        finally:
            timer.cancel()

    def cancel(self) -> None:
        self._stop(Cancelled("This was cancelled."))

    def _begin(self, connection: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if self._reason is not None:
                raise self._reason
            self._connection = connection

    def _end(self) -> None:
        with self._lock:
            self._connection = None

    def _stop(self, reason: EngineFailed) -> None:
        with self._lock:
            self._reason = self._reason or reason
            if self._connection is not None:
                self._connection.interrupt()

    @staticmethod
    def _read(connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[object], limits: Limits) -> pa.Table:
        table = connection.sql(sql, params=list(params)).to_arrow_table()
        if table.num_rows > limits.max_rows:
            raise TooManyRows.over(limits.max_rows)
        return table


def _took_too_long(limits: Limits) -> EngineFailed:
    return translate(TimedOut.after(limits.timeout_seconds))
