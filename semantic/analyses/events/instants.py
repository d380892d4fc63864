"""Convert moments to whole microseconds, which all engines compare and subtract in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Span, TypeKind
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect

SECOND = 1_000_000
_SECONDS: Mapping[Granularity, int] = {
    Granularity.SECOND: 1,
    Granularity.MINUTE: 60,
    Granularity.HOUR: 3_600,
    Granularity.DAY: 86_400,
    Granularity.WEEK: 7 * 86_400,
}
_MICROSECONDS: Mapping[str, str] = {
    "duckdb": "EPOCH_US(CAST(x AS TIMESTAMP))",
    "postgres": "CAST(EXTRACT(EPOCH FROM x) * 1000000 AS BIGINT)",
    "spark": "UNIX_MICROS(CAST(x AS TIMESTAMP))",
    "databricks": "UNIX_MICROS(CAST(x AS TIMESTAMP))",
}
_OF_INSTANTS: Mapping[str, str] = {"duckdb": "EPOCH_US(x)"}


def microseconds(moment: exp.Expr, kind: TypeKind, dialect: Dialect) -> exp.Expr:
    """Return a date, a local time or an instant in microseconds since 1970, as an expression.

    Raises InvalidQuery for engines that don't support this.
    """
    phrase = _OF_INSTANTS.get(dialect.name) if kind is TypeKind.TIMESTAMPTZ else None
    phrase = phrase or _MICROSECONDS.get(dialect.name)
    if phrase is None:
        raise InvalidQuery(f"Analyses of events don't run on {dialect.label} yet. Use DuckDB, PostgreSQL or Spark.")
    return fill(phrase, dialect.name, x=moment)


def length(span: Span) -> int:
    """Return a duration in microseconds. Raises InvalidQuery for months and longer units, whose lengths vary."""
    if span.unit not in _SECONDS:
        raise InvalidQuery(f"A window can't be {span.words}, because months differ in length. Use days or weeks.")
    return span.count * _SECONDS[span.unit] * SECOND


def days_of(span: Span) -> timedelta:
    """Return a duration in whole days, rounded up."""
    return timedelta(days=-(-length(span) // (86_400 * SECOND)))


def start_of(day: date, kind: TypeKind, zone: str) -> int:
    """Return the beginning of a day in microseconds, for a column of this type."""
    known = ZoneInfo(zone) if kind is TypeKind.TIMESTAMPTZ else UTC
    since = datetime(day.year, day.month, day.day, tzinfo=known) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)
