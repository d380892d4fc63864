"""A small company with a metric of each kind, tests/cases/kinds: opened as a workspace on Monday 20 April 2026."""

from __future__ import annotations

from pathlib import Path

import duckdb

from semantic.settings import Settings
from tests.shop import ShopWorkspace

KINDS = Path(__file__).parent / "cases" / "kinds"


def build_kinds(path: Path) -> Path:
    """The tables as a DuckDB file."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        connection.execute((KINDS / "kinds.sql").read_text(encoding="utf-8"))
    return path


def open_kinds(data: Path | str) -> ShopWorkspace:
    """A workspace over the file."""
    settings = Settings(data=str(data), model=KINDS / "model", mask_key="a key of the tests")
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    return workspace
