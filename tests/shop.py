"""The small shop of tests/cases/shop: built as a DuckDB file, and opened as a workspace on a day that the test
chooses.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.config.settings import Settings
from semantic.model.definitions import Granularity
from semantic.query.query import Breakdown
from semantic.workspace import Workspace

SHOP = Path(__file__).parent / "cases" / "shop"
TODAY = date(2026, 11, 2)


class ShopWorkspace(Workspace):
    """A workspace in which today is `day`."""

    day = TODAY

    def today(self) -> date:
        return self.day

    def take_extents_of(self, other: ShopWorkspace) -> None:
        """Use the days that another shop's data covers as this shop's own."""
        self._extents = other._extents


def shop_sql() -> str:
    """Return the statements that create the shop, in DuckDB's SQL."""
    return (SHOP / "shop.sql").read_text(encoding="utf-8")


def build_shop(path: Path, *changes: str) -> Path:
    """Create the shop as a DuckDB file, run further SQL on it, and return its path."""
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in (shop_sql(), *changes):
            connection.execute(sql)
    return path


def open_shop(data: Path | str, timeout_seconds: float = 30) -> ShopWorkspace:
    """Open the shop in a file, or at the address of another engine."""
    settings = Settings(data=str(data), model=SHOP, mask_key="a key of the tests", timeout_seconds=timeout_seconds)
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    return workspace


def breakdowns(workspace: Workspace) -> list[Breakdown]:
    """Return every dimension in every role, and times at several granularities."""
    breakdowns = [Breakdown("date", grain) for grain in (Granularity.DAY, Granularity.WEEK, Granularity.QUARTER)]
    for name, group in workspace.model.dimensions.items():
        if group[0].dataset == "countries":
            breakdowns += [Breakdown(name, via=role) for role in ("billing", "shipping")]
        elif group[0].kind != "time":
            breakdowns.append(Breakdown(name))
    return breakdowns
