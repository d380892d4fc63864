"""Return the rows of a question over a model and one connection's tables, in Samepage's syntax or dbt's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from semantic import Actor, compile_query
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.model.model import Model
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.sql.dialects.table import find_dialect

STEWARD = Actor(id="ana", roles=frozenset({"steward"}))
TODAY = date(2026, 4, 1)
ALL_OVER = date(2027, 1, 1)
"""The day after the shop's last day."""

Rows = list[tuple[Any, ...]]


def columns_of(connection: duckdb.DuckDBPyConnection) -> Callable[[str], Mapping[str, pa.DataType] | None]:
    """Return a function that gives a table's columns with their types, or None if there is no such table."""

    def columns(table: str) -> Mapping[str, pa.DataType] | None:
        try:
            schema = connection.sql(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
        except duckdb.CatalogException:
            return None
        return {field.name: field.type for field in schema}

    return columns


def ask(
    model: Model, connection: duckdb.DuckDBPyConnection, question: Mapping[str, Any], *, today: date = TODAY
) -> Rows:
    """Return the rows of a question in Samepage's syntax, sorted."""
    return rows_of(model, connection, query_from_data(question), today=today)


def ask_dbt(
    names: Names, connection: duckdb.DuckDBPyConnection, metrics: str, by: str = "", *, today: date = TODAY, **more: Any
) -> Rows:
    """Return the rows of a question in dbt's syntax, sorted. `metrics` and `by` can contain several names."""
    questions = Questions(names)
    asked = DbtQuestion(metrics=metrics.split(), by=[questions.reference(word) for word in by.split()], **more)
    return rows_of(names.model, connection, questions.query(asked), today=today)


def rows_of(model: Model, connection: duckdb.DuckDBPyConnection, query: Query, *, today: date = TODAY) -> Rows:
    """Return the rows without the bucket column, sorted with missing values last."""
    compiled = compile_query(model, query, STEWARD, find_dialect("duckdb"), today=today)
    answer = connection.execute(compiled.legs[0].sql, list(compiled.legs[0].params))
    names = [column[0] for column in answer.description]
    keep = [names.index(column.name) for column in compiled.columns]
    rows = [tuple(row[place] for place in keep) for row in answer.fetchall()]
    return sorted(rows, key=lambda row: [(cell is None, cell) for cell in row])
