"""Build a made-up warehouse: as a DuckDB file, or in a PostgreSQL database.

`python -m tests.own_data.warehouses.build retail FILE` writes a DuckDB file; with the address of an empty PostgreSQL
database instead of FILE, it fills that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from sqlglot import exp, transpile

from tests.engines import postgres_database, run_on_postgres
from tests.own_data.warehouses.leads import leads
from tests.own_data.warehouses.made import Made
from tests.own_data.warehouses.retail_erp import erp
from tests.own_data.warehouses.retail_marketing import marketing
from tests.own_data.warehouses.retail_shop import shop


def retail() -> list[Made]:
    """Return the 40 tables of the retailer."""
    return [*shop(), *marketing(), *erp()]


WAREHOUSES: dict[str, Callable[[], list[Made]]] = {"retail": retail, "leads": leads}


def build_duckdb(name: str, path: Path) -> Path:
    """Build the warehouse as a new DuckDB file, and return its path."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for schema in dict.fromkeys(made.schema for made in WAREHOUSES[name]()):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for made in WAREHOUSES[name]():
            connection.execute(_creates(made))
            if made.rows:
                rows = connection.from_arrow(_texts(made))
                rows.insert_into(f"{quoted(made.schema)}.{quoted(made.name)}")
    return path


def build_postgres(name: str, url: str) -> str:
    """Build the warehouse with the same rows in an empty PostgreSQL database, and return its address."""
    tables = WAREHOUSES[name]()
    schemas = dict.fromkeys(made.schema for made in tables if made.schema != "main")
    run_on_postgres(url, [f"CREATE SCHEMA {quoted(schema)}" for schema in schemas])
    with duckdb.connect() as memory, dbapi.connect(url) as connection, connection.cursor() as cursor:
        memory.execute("SET TimeZone = 'UTC'")
        for made in tables:
            run_on_postgres(url, transpile(_creates(made), read="duckdb", write="postgres"))
            if made.rows:
                casts = ", ".join(f"CAST({quoted(n)} AS {kind}) AS {quoted(n)}" for n, kind in made.columns.items())
                rows = memory.from_arrow(_texts(made)).project(casts).to_arrow_table()
                schema = "public" if made.schema == "main" else made.schema
                cursor.adbc_ingest(made.name, rows, mode="append", db_schema_name=schema)
                connection.commit()
    run_on_postgres(url, ["ANALYZE"])
    return url


@contextmanager
def postgres_warehouse(name: str) -> Iterator[str]:
    """Yield the address of a new PostgreSQL database with the warehouse. The database is dropped afterwards."""
    with postgres_database("") as url:
        yield build_postgres(name, url)


def quoted(name: str) -> str:
    """Return a name as a quoted identifier. It can contain any character."""
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def _creates(made: Made) -> str:
    name = f"{quoted(made.schema)}.{quoted(made.name)}"
    name = quoted(made.name) if made.schema == "main" else name
    if made.view:
        return f"CREATE VIEW {name} AS {made.view}"
    return f"CREATE TABLE {name} ({', '.join(f'{quoted(column)} {kind}' for column, kind in made.columns.items())})"


def _texts(made: Made) -> pa.Table:
    """Return the rows as text, which the engine parses into the columns' types."""
    values = [[None if row[n] is None else str(row[n]) for row in made.rows] for n in range(len(made.columns))]
    return pa.table([pa.array(column, pa.string()) for column in values], names=list(made.columns))


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in WAREHOUSES:
        print(f"usage: python -m tests.own_data.warehouses.build {{{','.join(WAREHOUSES)}}} FILE|URL", file=sys.stderr)
        return 2
    name, place = arguments
    if "://" in place:
        build_postgres(name, place)
    else:
        build_duckdb(name, Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
