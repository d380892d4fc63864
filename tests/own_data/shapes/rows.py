"""Create tables from plain rows. The contents of a platform's rows belong in its own module."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import duckdb
import polars as pl

from tests.own_data.shapes.declared import COLUMNS

# All shapes cover these days. The last one is only loaded until noon.
FIRST = date(2026, 9, 1)
LAST = date(2026, 11, 29)
Row = Mapping[str, object]


def when(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """Return a datetime without a time zone, as these tables have them."""
    return datetime.combine(date(year, month, day), time(hour))


LOADED_AT = when(2026, 11, 29, 12)


def create(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Create a table with these columns, written as in CREATE TABLE. A column that no row has is null."""
    connection.execute(f'create table "{table}" ({columns})')
    if rows:
        frame = pl.DataFrame(list(rows), infer_schema_length=None)
        connection.register("frame", frame.to_arrow())
        connection.execute(f'insert into "{table}" by name select * from frame')
        connection.unregister("frame")


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Create a table with the columns that its package documents."""
    create(connection, table, COLUMNS[table], rows)


def generator(kind: str) -> random.Random:
    return random.Random(f"shape of {kind}")


def days(first: date = FIRST, last: date = LAST) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def moment(day: date, chance: random.Random) -> datetime:
    """Return a random second of the day, before noon on the last day."""
    seconds = 43_200 if day == LAST else 86_400
    return datetime.combine(day, time()) + timedelta(seconds=chance.randrange(seconds))


def cents(amount: float) -> float:
    return round(amount, 2)


def summed(rows: Iterable[Row], by: Sequence[str], sums: Sequence[str]) -> list[dict[str, object]]:
    """Return one row per combination of `by`, with sums rounded to cents."""
    totals: dict[tuple[object, ...], list[float]] = {}
    for row in rows:
        total = totals.setdefault(tuple(row.get(name) for name in by), [0.0] * len(sums))
        for position, name in enumerate(sums):
            total[position] += float(str(row.get(name) or 0))
    return [
        {
            **dict(zip(by, group, strict=True)),
            **{name: round(value, 2) for name, value in zip(sums, total, strict=True)},
        }
        for group, total in totals.items()
    ]
