"""The engines that tests run on: `--engines duckdb,postgres`, the table `orders` on each, and the small shop.

A test that takes `engine_name` runs once for each of them. Tests that an engine can't pass are marked, strictly:

    @pytest.mark.gap("spark", "theirs", "why")     ours: to be fixed here; theirs: the engine's or its driver's;
                                                   never: it cannot be otherwise

`orders` is (id BIGINT, country VARCHAR, amount DECIMAL(18,2), ordered_on DATE): 1 DE 10.00, 2 DE 20.50, 3 FR null, 4
null 5.00, on 1 to 4 January 2026.
"""

from __future__ import annotations

import os
import re
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pytest
import sqlglot

from tests.shop import shop_sql

ORDERS = """
CREATE TABLE orders (id BIGINT, country VARCHAR, amount DECIMAL(18, 2), ordered_on DATE);
INSERT INTO orders VALUES
    (1, 'DE', 10.00, DATE '2026-01-01'), (2, 'DE', 20.50, DATE '2026-01-02'),
    (3, 'FR', NULL, DATE '2026-01-03'), (4, NULL, 5.00, DATE '2026-01-04');
"""
WHOSE = ("ours", "theirs", "never")


@dataclass(frozen=True, slots=True)
class TestEngine:
    """How tests reach an engine: its address, how to fill it, and a statement that keeps it busy for minutes."""

    __test__ = False

    slow: str
    orders: Callable[[Path], Iterator[str]]  # the address of a new database or schema with `orders`, removed afterwards
    filled: Callable[[str, Path], Iterator[str]]  # the address of a new database or schema with these tables
    variable: str = ""  # that holds the server's address
    remedy: str = ""

    def shop(self, folder: Path) -> Iterator[str]:
        """Yield the address of a new database or schema with the small shop."""
        return self.filled(shop_sql(), folder)

    def problem(self) -> str | None:
        """Return why this engine can't be asked and what to do, or None if it can."""
        if not self.variable:
            return None
        address = os.environ.get(self.variable, "")
        if not address:
            return f"{self.variable} is not set. {self.remedy}"
        parts = urlsplit(address)
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5).close()
        except OSError:
            return f"nothing answers at {parts.hostname}:{parts.port}, where {self.variable} leads. {self.remedy}"
        return None


def spelled(sql: str, engine: str) -> str:
    """Return a statement of the contract, whose values are $1, $2 …, in this engine's syntax."""
    if engine != "spark":
        return sql
    return re.sub(r"\$(\d+)", r":p\1", sql).replace("VARCHAR", "STRING")


def translated(sql: str, dialect: str) -> list[str]:
    """Return DuckDB's statements in another engine's syntax. A comment after the last semicolon isn't a statement."""
    return [
        statement for statement in sqlglot.transpile(sql, read="duckdb", write=dialect, comments=False) if statement
    ]


def write_orders(path: Path, *more: str) -> Path:
    """Write a DuckDB file with `orders`, run more statements on it, and return its path."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(ORDERS)
        for statement in more:
            connection.execute(statement)
    return path


def _duckdb_orders(folder: Path) -> Iterator[str]:
    yield str(write_orders(folder / f"{uuid.uuid4().hex}.duckdb"))


def duckdb_file(sql: str, folder: Path) -> Path:
    """Return a new DuckDB file in which this SQL was run, with UTC as its time zone."""
    path = folder / f"{uuid.uuid4().hex}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(sql)
    return path


def _duckdb_filled(sql: str, folder: Path) -> Iterator[str]:
    yield str(duckdb_file(sql, folder))


# PostgreSQL: a database for each address. Its defaults and sort order differ from ours as much as a server's can.

HOSTILE = {
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "TimeZone": "America/New_York",
    "DateStyle": "German",
    "IntervalStyle": "sql_standard",
    "extra_float_digits": "0",
    "statement_timeout": "1h",
}


def run_on_postgres(url: str, statements: Sequence[str]) -> None:
    """Run each statement by itself, outside of a transaction."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ask_postgres(url: str, sql: str) -> list[tuple[object, ...]]:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@contextmanager
def postgres_database(sql: str) -> Iterator[str]:
    """Yield the address of a new PostgreSQL database in which this DuckDB SQL was run. The database is dropped
    afterwards.
    """
    server = os.environ["SAMEPAGE_POSTGRES"]
    name = f"test_{uuid.uuid4().hex}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    version = ask_postgres(server, "SELECT CAST(current_setting('server_version_num') AS INT)")[0][0]
    sorts = "LOCALE_PROVIDER icu ICU_LOCALE 'de'" if isinstance(version, int) and version >= 150000 else ""
    run_on_postgres(server, [f"CREATE DATABASE {name} TEMPLATE template0 ENCODING UTF8 {sorts}"])
    try:
        run_on_postgres(url, [*translated(sql, "postgres"), "ANALYZE"])
        run_on_postgres(server, [f"ALTER DATABASE {name} SET {key} TO '{value}'" for key, value in HOSTILE.items()])
        yield url
    finally:
        run_on_postgres(server, [f"DROP DATABASE {name} WITH (FORCE)"])


def _postgres_orders(_: Path) -> Iterator[str]:
    with postgres_database(ORDERS) as url:
        yield url


def _postgres_filled(sql: str, _: Path) -> Iterator[str]:
    with postgres_database(sql) as url:
        yield url


# Spark: a schema for each address.


@contextmanager
def spark_schema(sql: str, *counted: str) -> Iterator[str]:
    """Yield the address of a new Spark schema in which this DuckDB SQL was run. The schema is dropped afterwards."""
    from pyspark.sql.connect.session import SparkSession

    server = os.environ["SAMEPAGE_SPARK"]
    name = f"test_{uuid.uuid4().hex}"
    spark = SparkSession(connection=server)
    try:
        for statement in (f"CREATE SCHEMA {name}", f"USE {name}", "SET spark.sql.session.timeZone = UTC"):
            spark.sql(statement).collect()
        for statement in translated(sql, "spark"):
            spark.sql(statement).collect()
        for table in counted:
            spark.sql(f"ANALYZE TABLE {table} COMPUTE STATISTICS").collect()
        yield f"{server.rstrip('/;')}/;schema={name}"
    finally:
        spark.sql(f"DROP SCHEMA IF EXISTS {name} CASCADE").collect()
        spark.client.close()


def _spark_orders(_: Path) -> Iterator[str]:
    with spark_schema(ORDERS, "orders") as url:
        yield url


def _spark_filled(sql: str, folder: Path) -> Iterator[str]:
    """Fill a schema from a DuckDB file, as `demo --load` does, because Spark doesn't cast text to an instant in an
    INSERT.
    """
    from semantic.demo.load_spark import load

    with spark_schema("") as url:
        if sql:
            load(url, duckdb_file(sql, folder))
        yield url


ENGINES = {
    "duckdb": TestEngine(
        slow="SELECT count(*) AS n FROM range(10000000) AS a, range(1000000) AS b",
        orders=_duckdb_orders,
        filled=_duckdb_filled,
    ),
    "postgres": TestEngine(
        slow="SELECT count(*) AS n FROM generate_series(1, 100000) AS a(x), generate_series(1, 10000000) AS b(x)",
        orders=_postgres_orders,
        filled=_postgres_filled,
        variable="SAMEPAGE_POSTGRES",
        remedy='Run `make test`, or start one: export SAMEPAGE_POSTGRES="$(sh deploy/postgres.sh start)"',
    ),
    "spark": TestEngine(
        slow="SELECT count(*) AS n FROM range(10000000) AS a CROSS JOIN range(1000000) AS b",
        orders=_spark_orders,
        filled=_spark_filled,
        variable="SAMEPAGE_SPARK",
        remedy="Start one with `sh deploy/spark.sh start`, and set SAMEPAGE_SPARK to its address, sc://127.0.0.1:15002.",
    ),
}


def chosen(config: pytest.Config) -> list[str]:
    """Return the engines of `--engines`. Each must be a known one."""
    names = list(dict.fromkeys(str(config.getoption("--engines")).split(",")))
    if unknown := sorted(set(names) - set(ENGINES)):
        raise pytest.UsageError(f"No engine named {', '.join(unknown)}. There is: {', '.join(ENGINES)}.")
    return names


def marked(metafunc: pytest.Metafunc) -> list[object]:
    """Return one parameter for each engine. The test's gaps become strict expected failures."""
    gaps = {mark.args[0]: mark.args for mark in metafunc.definition.iter_markers("gap")}
    parameters: list[object] = []
    for name in chosen(metafunc.config):
        marks: list[pytest.MarkDecorator] = []
        if name in gaps:
            _, whose, why = gaps[name]
            assert whose in WHOSE, f"{whose!r} is none of {', '.join(WHOSE)}."
            marks.append(pytest.mark.xfail(reason=f"{whose}: {why}", strict=True))
        parameters.append(pytest.param(name, marks=marks, id=name))
    return parameters


def stop_without(items: Sequence[pytest.Item]) -> None:
    """Fail the run before the first test if a requested engine is missing."""
    used = {
        item.callspec.params.get("engine_name")
        for item in items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    for name in ENGINES:
        if name in used and (problem := ENGINES[name].problem()):
            raise pytest.UsageError(f"The tests are to run on {name}, and {problem}")
