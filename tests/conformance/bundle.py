"""The outside cases in the folder SAMEPAGE_CONFORMANCE: their tables, questions, rows and rules of comparison.

None of them are part of the project: their licence and text stay in that folder.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

VARIABLE = "SAMEPAGE_CONFORMANCE"

Case = dict[str, Any]


def folder() -> Path | None:
    """Return the folder of the cases, or None if they weren't requested.

    Raises ValueError for a folder without cases.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return None
    place = Path(named)
    if not (place / "cases.json").exists():
        raise ValueError(f"{VARIABLE} is {named!r}, where there is no cases.json. Point it at the outside cases.")
    return place


def cases(place: Path) -> list[Case]:
    return json.loads((place / "cases.json").read_text(encoding="utf-8"))["cases"]


def manifests(place: Path, envelope: str = "manifests") -> list[Path]:
    return sorted(path for path in (place / envelope).iterdir() if path.is_dir())


def open_tables(place: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with all source tables, in their schemas."""
    connection = duckdb.connect()
    for file in sorted((place / "tables").glob("*/*.parquet")):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {file.parent.name}")
        table = f"{file.parent.name}.{file.stem}"
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet(?)", [str(file)])
    return connection


def comparison(place: Path) -> Callable[[Case, list[str], list[tuple[Any, ...]]], str | None]:
    """Return a function that compares by the cases' own rule: it returns None if the rows are as expected, and else the
    reason.
    """
    spec = importlib.util.spec_from_file_location("outside_compare", place / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)

    def differs(case: Case, columns: list[str], rows: list[tuple[Any, ...]]) -> str | None:
        wanted, expected = module.read_expected(place, case["id"])
        return module.compare(wanted, expected, columns, rows, case["check_order"], case["allow_empty"])

    return differs
