"""A small company with a metric of each kind (tests/cases/kinds), loaded on 20 April 2026 and opened as a workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from tests.shop import ShopWorkspace

KINDS = Path(__file__).parent / "cases" / "kinds"


LAST_DAY = date(2026, 4, 19)


def kinds_sql(last: date = LAST_DAY) -> str:
    """Return the statements that create the tables, in DuckDB's SQL, with all days shifted so that `last` is the last
    day.
    """
    text = (KINDS / "kinds.sql").read_text(encoding="utf-8")
    for day in (date(2026, 1, 5), LAST_DAY, date(2026, 4, 20)):
        text = text.replace(f"'{day}", f"'{day + (last - LAST_DAY)}")
    return text


def build_kinds(path: Path, last: date = LAST_DAY) -> Path:
    """Write the tables into a DuckDB file, and return its path."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        connection.execute(kinds_sql(last))
    return path


def open_kinds(data: Path | str) -> ShopWorkspace:
    """Open a workspace over the file."""
    settings = Settings(data=str(data), model=KINDS / "model", mask_key="a key of the tests")
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    return workspace
