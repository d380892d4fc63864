"""Reproducible random numbers: macros that compute them from a row's number, a purpose and the seed."""

from collections.abc import Sequence

import duckdb


def create_draws(connection: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Create the macros bits, chance (0 to 1) and pick (0 to many - 1).

    The purpose keeps several random numbers of one row independent.
    """
    connection.execute(
        f"CREATE MACRO bits(number, purpose) AS hash(xor(hash(number::BIGINT), hash(purpose || '/{seed}')))"
    )
    connection.execute(
        "CREATE MACRO chance(number, purpose) AS (bits(number, purpose) >> 11)::DOUBLE / 9007199254740992"
    )
    connection.execute("CREATE MACRO pick(number, purpose, many) AS (bits(number, purpose) % many)::INTEGER")


def insert(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Create a staging table with `columns` ("name TYPE, ...") and hand-written rows."""
    connection.execute(f"CREATE TABLE {table} ({columns})")
    marks = ", ".join("?" * len(rows[0]))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    connection.execute("COMMIT")
