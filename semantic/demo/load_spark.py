"""Load the demo company into Spark: new tables replace those in use one by one."""

from __future__ import annotations

import logging
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import duckdb
import grpc
import pyarrow as pa
from pyspark.errors import PySparkException
from sqlglot import exp

from semantic.demo.company import read_company

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns about a Pandas that we don't use
    from pyspark.sql import DataFrame
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

# About retries; our own sentence says what a person should know.
warnings.filterwarnings("ignore", module=r"pyspark\.sql\.connect\.client\.retries")

Progress = Callable[[float, str], None]

# The connector reads from this view which load the tables are from. A view of values: reading it starts no job.
MARKER: Final = "samepage_load"
_BATCH_ROWS: Final = 200_000
_SAME_MACHINE: Final = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the company with Spark's column types."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: int

    @property
    def staging(self) -> str:
        return f"{self.name}__loading"

    @property
    def selected(self) -> list[str]:
        return [f"CAST({_quoted(name)} AS {kind}) AS {_quoted(name)}" for name, kind in self.columns]


def load(url: str, company: Path, progress: Progress | None = None) -> None:
    """Copy every table of the DuckDB file to Spark at `sc://host:port/;schema=…`, in place of tables of the same name.

    Raises ConnectionError with a plain sentence. The tables in use don't change until all new tables are complete.
    """
    tell = progress or (lambda part, step: None)
    address, schema = _without_schema(url)
    place = urlsplit(address).netloc
    logging.getLogger("SQLQueryContextLogger").disabled = True  # it would write statements to standard error
    try:
        spark = SparkSession(connection=DefaultChannelBuilder(address))
    except (PySparkException, ValueError):
        raise ConnectionError(
            "A Spark address is sc://host:15002, with options as in sc://host:15002/;schema=shop."
        ) from None
    spark.client.set_retry_policies([DefaultPolicy(max_retries=4, max_backoff=2000)])
    try:
        _prepare(spark, schema)
        with read_company(company) as source:
            tables = list(_tables(source))
            for number, table in enumerate(tables):
                tell(number / len(tables), f"{table.name}: {table.rows:,} rows")
                _fill(spark, source, table, _parquet(place, company, table))
        tell(1.0, "Publishing")
        _publish(spark, tables)
    except (PySparkException, grpc.RpcError) as error:
        if getattr(error, "getGrpcStatusCode", lambda: None)() is grpc.StatusCode.UNAVAILABLE:
            spark.release_session_on_close = False  # the server may be gone
            raise ConnectionError(f"Spark at {place} cannot be reached. Look whether it runs there.") from None
        raise ConnectionError(
            f"Spark at {place} refused: {str(error).partition('JVM stacktrace')[0].strip()}"
        ) from None
    finally:
        spark.stop()


def _without_schema(url: str) -> tuple[str, str]:
    """Return the address without its schema, which Spark's client doesn't support, and the schema."""
    start, *options = url.split(";")
    schema = "".join(option.partition("=")[2] for option in options if option.startswith("schema="))
    return ";".join([start, *(option for option in options if not option.startswith("schema="))]), schema


def _prepare(spark: SparkSession, schema: str) -> None:
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.variable.substitute", "false")
    if schema:
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
        spark.sql(f"USE {_quoted(schema)}")


def _tables(source: duckdb.DuckDBPyConnection) -> Iterator[_Table]:
    for (name,) in source.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name"
    ).fetchall():
        described = source.execute(f'DESCRIBE "{name}"').fetchall()
        columns = tuple((str(row[0]), _spark_type(str(row[1]))) for row in described)
        ((counted,),) = source.execute(f'SELECT count(*) FROM "{name}"').fetchall()
        yield _Table(str(name), columns, int(counted))


def _spark_type(kind: str) -> str:
    """Return the Spark type for a DuckDB type. A TIMESTAMP has no time zone in DuckDB, but is an instant in Spark."""
    match kind:
        case "TIMESTAMP":
            return "TIMESTAMP_NTZ"
        case "TIMESTAMP WITH TIME ZONE":
            return "TIMESTAMP"
        case _:
            return exp.DataType.build(kind, dialect="duckdb").sql("spark")


def _parquet(place: str, company: Path, table: _Table) -> Path | None:
    """Return the table's Parquet file next to the company.

    None if it's missing or if Spark is on another machine.
    """
    file = (company.parent / "parquet" / f"{table.name}.parquet").absolute()
    return file if urlsplit(f"//{place}").hostname in _SAME_MACHINE and file.exists() else None


def _fill(spark: SparkSession, source: duckdb.DuckDBPyConnection, table: _Table, file: Path | None) -> None:
    columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in table.columns)
    spark.sql(f"DROP TABLE IF EXISTS {_quoted(table.staging)}")
    spark.sql(f"CREATE TABLE {_quoted(table.staging)} ({columns}) USING parquet")
    if file is None or not _insert_file(spark, table, file):
        for batch in source.sql(f'FROM "{table.name}"').to_arrow_reader(_BATCH_ROWS):
            if batch.num_rows:
                _insert(spark.createDataFrame(_with_zone(pa.Table.from_batches([batch]))), table)
    written = spark.table(_quoted(table.staging)).count()
    if written != table.rows:
        raise ConnectionError(f"Spark has {written:,} rows of {table.name}, not {table.rows:,}. Load it again.")
    spark.sql(f"ANALYZE TABLE {_quoted(table.staging)} COMPUTE STATISTICS")  # so that it knows how many rows it reads


def _insert_file(spark: SparkSession, table: _Table, file: Path) -> bool:
    """Insert a file's rows, or return False if the server can't read this machine's files, as in a container."""
    with suppress(PySparkException):
        _insert(spark.read.parquet(file.as_uri()), table)
        return True
    return False


def _insert(frame: DataFrame, table: _Table) -> None:
    frame.selectExpr(*table.selected).write.insertInto(_quoted(table.staging))


def _with_zone(table: pa.Table) -> pa.Table:
    """Return a table in which times without a time zone are instants in UTC.

    The client would otherwise take them to be in this machine's time zone.
    """
    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz is None:
            table = table.set_column(place, column.name, table.column(place).cast(pa.timestamp("us", "UTC")))
    return table


def _publish(spark: SparkSession, tables: list[_Table]) -> None:
    # The mark is removed first and added last: in between no answer is cached.
    spark.sql(f"DROP VIEW IF EXISTS {MARKER}")
    for table in tables:
        spark.sql(f"DROP TABLE IF EXISTS {_quoted(table.name)}")
        spark.sql(f"ALTER TABLE {_quoted(table.staging)} RENAME TO {_quoted(table.name)}")
    version = uuid.uuid4().hex
    rows = ", ".join(f"('{table.name}', '{version}')" for table in tables)
    spark.sql(f"CREATE VIEW {MARKER} AS SELECT * FROM VALUES {rows} AS loaded (table_name, version)")


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("spark")
