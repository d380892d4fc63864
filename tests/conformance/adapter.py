"""Run outside cases through the importer and the public names: load a manifest, ask a case, and return its columns and
rows.

This module knows the format of cases, but no case by name.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from semantic import Actor, Model, Query, SemanticError, compile_query
from semantic.errors import ModelError
from semantic.interop.column_types import Columns
from semantic.interop.dbt.importing import import_dbt
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.interop.dbt.read import custom_names
from semantic.interop.dbt.reference import Reference
from semantic.sql.dialects.table import find_dialect

TODAY = date(2020, 1, 1)
OWNER = Actor(id="conformance", roles=frozenset({"administrator"}))
DUCKDB = find_dialect("duckdb")


class Unsupported(Exception):
    """Raised for a case that asks for something that Samepage's questions can't express."""


# A dataclass looks up its own module by name, which a file run by its path doesn't have.
class Layer(NamedTuple):
    """An imported manifest."""

    model: Model
    questions: Questions
    saved: dict[str, DbtQuestion]
    connection: duckdb.DuckDBPyConnection


def load(manifest: str, connection: duckdb.DuckDBPyConnection) -> Layer:
    """Load the model in a folder of YAML. Column types come from the connection."""
    folder = Path(manifest)
    files = {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.y*ml"))}

    imported = import_dbt(files, columns=columns_of(connection), schema=schema_of(connection))
    questions = Questions(imported.names, custom_names(imported.manifest.spines))
    saved = {query.name: questions.saved(query) for query in imported.manifest.queries}
    return Layer(imported.model, questions, saved, connection)


def columns_of(connection: duckdb.DuckDBPyConnection) -> Columns:
    """Return a function that reads a table's columns from the connection."""

    def columns(table: str) -> dict[str, pa.DataType] | None:
        try:
            schema = connection.sql(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
        except duckdb.Error:
            return None
        return {field.name: field.type for field in schema}

    return columns


def schema_of(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the schema of the tables, which dbt's own files don't name."""
    counted = "SELECT table_schema FROM information_schema.tables GROUP BY 1 ORDER BY count(*) DESC"
    rows = connection.execute(counted).fetchall()
    return str(rows[0][0]) if rows else ""


def query(layer: Layer, case: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return a case's columns and rows, with the names that the case uses."""
    asked, query = _asked(layer, case), _question(layer, case)
    compiled = compile_query(layer.model, query, OWNER, DUCKDB, today=TODAY)
    [statement] = compiled.legs
    answer = layer.connection.execute(statement.sql, list(statement.params))
    names = [column[0] for column in answer.description]
    rows = answer.fetchall()
    shown = layer.questions.columns(asked)
    if query.ranges:
        shown = [(f"{breakdown.name}__{end}",) * 2 for breakdown in query.by for end in ("min", "max")]
    places = [names.index(mine) for mine, _ in shown]
    return [theirs for _, theirs in shown], [tuple(row[place] for place in places) for row in rows]


def compile_sql(layer: Layer, case: dict[str, Any]) -> str:
    return compile_query(layer.model, _question(layer, case), OWNER, DUCKDB, today=TODAY).legs[0].sql


def _question(layer: Layer, case: dict[str, Any]) -> Query:
    query = layer.questions.query(_asked(layer, case))
    return replace(query, ranges=case["min_max_only"], each_row=not case["apply_group_by"])


def _asked(layer: Layer, case: dict[str, Any]) -> DbtQuestion:
    """Return the question that a case asks, including its saved query if it has one."""
    ends = [datetime.fromisoformat(text) if text else None for text in case["time_constraint"] or (None, None)]
    more = DbtQuestion(
        metrics=[_metric(layer, metric) for metric in case["metrics"]],
        by=[_named(layer, breakdown) for breakdown in (*case["group_bys"], *case["group_by_objs"])],
        where=case["where"],
        time=(ends[0], ends[1]),
        order=[_named(layer, order) for order in case["order_bys"]],
        limit=case["limit"],
    )
    saved = layer.saved[case["saved_query"]] if case["saved_query"] else DbtQuestion()
    return saved.with_more(more)


def _metric(layer: Layer, data: str | dict[str, Any]) -> str | Reference:
    """Return a metric by its name, or with an alias."""
    if isinstance(data, str):
        return layer.questions.metric(data)
    return Reference(data["name"], kind="Metric", alias=data.get("alias") or "")


def _named(layer: Layer, data: str | dict[str, Any]) -> Reference:
    """Return a breakdown or an order that is given as text, or in parts."""
    if isinstance(data, str):
        return layer.questions.reference(data)
    reference = layer.questions.reference(data["name"])
    return replace(
        reference,
        grain=data.get("grain") or reference.grain,
        part=data.get("date_part") or reference.part,
        alias=data.get("alias") or reference.alias,
        descending=bool(data.get("descending", reference.descending)),
    )


__all__ = ["Layer", "ModelError", "SemanticError", "Unsupported", "compile_sql", "load", "query"]
