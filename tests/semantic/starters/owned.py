"""Tables as platforms export them, and the model that the starters make from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from semantic.config.settings import Settings
from semantic.interop.column_types import type_text
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.starters.matching import Match, match_starters
from semantic.starters.writing import starter_files
from semantic.workspace import Workspace
from tests.own_data.shapes import SHAPES, write_shape

ME = Actor(id="ruth", roles=frozenset({"steward"}))
TODAY = date(2026, 11, 30)
ANSWERS = {"currency": "EUR"}
PLATFORMS = ("google_ads", "meta_ads")
"""Starters whose tables have the same spend as ad reporting, so they are tested separately."""

TOGETHER = tuple(kind for kind in SHAPES if kind not in PLATFORMS)

# Rows that the shapes lack, so that every proof has something to compare.
MORE = {
    "klaviyo": ["UPDATE klaviyo__campaigns SET unique_count_marked_email_as_spam = 3 WHERE campaign_id = 'C2'"],
    "ga4_export": [
        "INSERT INTO ga4_export__events_report BY NAME SELECT 'v' || day AS unique_key, '' AS source_relation, "
        "'view_item' AS event_name, 7 AS event_count, day AS event_date FROM (VALUES (DATE '2026-09-30'), "
        "(DATE '2026-10-01'), (DATE '2026-10-31'), (DATE '2026-11-01')) AS days (day)"
    ],
    "stripe": [
        "UPDATE stripe__customer_overview SET first_sale_date = TIMESTAMP '2026-05-30 10:00:00' + INTERVAL 3 DAY * "
        "CAST(substring(customer_id, 5) AS INTEGER) WHERE total_sales_count > 0",
    ],
}


@dataclass(frozen=True, slots=True)
class Owned:
    """A database with platforms' tables, and a workspace over the model that their starters make."""

    tables: duckdb.DuckDBPyConnection
    workspace: Workspace
    matches: tuple[Match, ...]
    files: Mapping[str, str]
    answered: dict[object, Mapping[str, Any]] = field(default_factory=dict[object, Mapping[str, Any]])

    def answers(self, metrics: tuple[str, ...], period: Mapping[str, str], platform: str = "") -> Mapping[str, Any]:
        """Return the values of metrics. Metrics with the same period and platform are asked together, and only once."""
        key = (metrics, tuple(period.values()), platform)
        if key not in self.answered:
            question: dict[str, Any] = {"metrics": [*metrics], "time": period}
            if platform:
                question["where"] = {"dim": "ads_platform", "op": "in", "values": [platform]}
            self.answered[key] = self.workspace.ask(query_from_data(question), ME, today=TODAY).rows()[0]
        return self.answered[key]


def columns_of(tables: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Return every table's columns, with types as a model writes them."""
    names = [name for (name,) in tables.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
    schemas = {name: tables.table(name).limit(0).to_arrow_table().schema for name in names}
    return {name: {field.name: type_text(field.type) or "" for field in schema} for name, schema in schemas.items()}


def shapes(*kinds: str) -> dict[str, dict[str, str]]:
    """Return the columns of these kinds' tables."""
    return {table: dict(columns) for kind in kinds for table, columns in _shape(kind).items()}


@cache
def _shape(kind: str) -> dict[str, dict[str, str]]:
    tables = duckdb.connect()
    write_shape(kind, tables)
    return columns_of(tables)


def open_owned(folder: Path, kinds: Iterable[str], answers: Mapping[str, str] = ANSWERS) -> Owned:
    """Write the kinds' tables and open the model of all starters that match them."""
    file = folder / "owned.duckdb"
    with duckdb.connect(str(file)) as connection:
        for kind in kinds:
            write_shape(kind, connection)
            for statement in MORE.get(kind, ()):
                connection.execute(statement)
        matches = match_starters(columns_of(connection))
    files = starter_files(matches, answers, person=ME.id)
    workspace = Workspace.open(Settings(data=str(file), model=folder / "none"), files)
    return Owned(duckdb.connect(str(file), read_only=True), workspace, matches, files)
