"""Load the demo company into PostgreSQL: new tables, filled by binary COPY, replace those in use in one step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from sqlglot import exp

from semantic.demo.company import read_company
from semantic.demo.tables.table import Table
from semantic.demo.tables.tables import TABLES

Progress = Callable[[float, str], None]

MARKER: Final = "samepage_load"  # which tables a load wrote, so that no other is ever dropped
_BATCH_ROWS: Final = 200_000
_WHOLE: Final = {"adbc.postgresql.use_copy": "false"}


def load(url: str, company: Path, progress: Progress) -> None:
    """Copy every table of the DuckDB file to `postgresql://user:secret@host/database?search_path=schema`.

    Raises ConnectionError with a plain sentence. The tables in use don't change until all new tables are complete.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    schema = given.pop("search_path", "public").split(",")[0].strip()
    try:
        with dbapi.connect(parts._replace(query=urlencode(given)).geturl(), autocommit=True) as connection:
            _Loader(connection, schema).load(company, progress)
    except dbapi.Error as error:
        raise ConnectionError(_sentence(error)) from error


class _Loader:
    """One load over one connection."""

    def __init__(self, connection: dbapi.Connection, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def load(self, company: Path, progress: Progress) -> None:
        self._run("SET TimeZone = 'UTC'")
        if self._schema != "public":
            self._run(f"CREATE SCHEMA IF NOT EXISTS {_quoted(self._schema)}")
        self._run(
            f"CREATE TABLE IF NOT EXISTS {self._name(MARKER)}"
            " (table_name text PRIMARY KEY, version text, rows bigint, loaded_at timestamptz)"
        )
        self._check_tables()
        rows: dict[str, int] = {}
        with read_company(company) as source:
            for number, table in enumerate(TABLES):
                progress(number / len(TABLES), table.name)
                rows[table.name] = self._fill(source, table)
        progress(1.0, "In place")
        self._publish(rows)

    def _check_tables(self) -> None:
        """Raise ConnectionError if a table with one of our names wasn't written by a load."""
        written = {row[0] for row in self._rows(f"SELECT table_name FROM {self._name(MARKER)}")}
        there = "SELECT relname FROM pg_class WHERE relnamespace = CAST(CAST($1 AS text) AS regnamespace)"
        names = {row[0] for row in self._rows(there, [_quoted(self._schema)])}
        if others := sorted({table.name for table in TABLES} & names - written):
            raise ConnectionError(
                f"The schema {self._schema} has {', '.join(others)}, which no load wrote, so nothing was changed. "
                "Load into another schema: add ?search_path=demo to the address."
            )

    def _fill(self, source: duckdb.DuckDBPyConnection, table: Table) -> int:
        """Fill and analyze a new table next to the one in use, and return its number of rows."""
        staging = f"{table.name}__loading"
        self._run(f"DROP TABLE IF EXISTS {self._name(staging)}")
        columns = ", ".join(f"{_quoted(name)} {_type(kind)}" for name, kind in table.columns)
        self._run(f"CREATE TABLE {self._name(staging)} ({columns})")
        reader: pa.RecordBatchReader = source.sql(f"SELECT * FROM {_quoted(table.name)}").to_arrow_reader(_BATCH_ROWS)
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(staging, reader, mode="append", db_schema_name=self._schema)
        self._run(f"ANALYZE {self._name(staging)}")
        return int(str(self._rows(f"SELECT count(*) FROM {self._name(staging)}")[0][0]))

    def _publish(self, rows: dict[str, int]) -> None:
        """Replace the tables in one transaction, so that readers see either the old company or the new one."""
        loaded = datetime.now(UTC)
        self._run("BEGIN")
        try:
            for name, count in rows.items():
                self._run(f"DROP TABLE IF EXISTS {self._name(name)}")
                self._run(f"ALTER TABLE {self._name(f'{name}__loading')} RENAME TO {_quoted(name)}")
                self._run(f"DELETE FROM {self._name(MARKER)} WHERE table_name = $1", [name])
                marker = f"INSERT INTO {self._name(MARKER)} VALUES ($1, $2, $3, CAST($4 AS timestamptz))"
                self._run(marker, [name, loaded.isoformat(), count, loaded])
        except dbapi.Error:
            self._run("ROLLBACK")
            raise
        self._run("COMMIT")

    def _name(self, table: str) -> str:
        return f"{_quoted(self._schema)}.{_quoted(table)}"

    def _run(self, sql: str, params: list[object] | None = None) -> None:
        with self._connection.cursor(adbc_stmt_kwargs=_WHOLE) as cursor:
            cursor.execute(sql, params)

    def _rows(self, sql: str, params: list[object] | None = None) -> list[tuple[object, ...]]:
        with self._connection.cursor(adbc_stmt_kwargs=_WHOLE) as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("postgres")


def _type(kind: str) -> str:
    return exp.DataType.build(kind, dialect="duckdb").sql("postgres")


def _sentence(error: dbapi.Error) -> str:
    """Return a plain sentence for an error. The driver's own message could contain the address."""
    if "Failed to connect" in str(error):
        return "PostgreSQL cannot be reached, or does not accept this user, password or database."
    code = error.sqlstate or ""
    if code == "42501":
        return "The user of this address may not create tables there. Grant it CREATE on the schema."
    if code == "2BP01":
        return "Something in the database depends on a table of the last load, such as a view. Drop that first."
    return f"PostgreSQL stopped the load (code {code or 'unknown'}). The tables in use are unchanged."
