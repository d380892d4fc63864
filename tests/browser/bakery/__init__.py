"""A made-up bakery for cases that the demo company doesn't have: data that is slow, large, sparse or restricted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tests.browser.warm import warm_server

HERE = Path(__file__).parent
ENDLESS, SHORT = 1_000_000, 3
"""Two sizes of the old books, which are joined with themselves: ENDLESS takes days, and SHORT has nine rows that add up
to 9.
"""
MOST_ROWS = 300


@dataclass(frozen=True, slots=True)
class Bakery:
    """A server over the bakery's data, with one worker and one thread, so that a query that keeps running blocks
    everyone.
    """

    address: str
    data: Path

    def publish(self, old_books: int) -> None:
        """Replace the data the way a company does: with a whole new file."""
        build(self.data, old_books)


@contextmanager
def open_bakery(folder: Path, *, timeout_seconds: float) -> Iterator[Bakery]:
    """Serve the bakery until the block ends, with old books so large that no question finishes reading them."""
    data = folder / "bakery.duckdb"
    build(data, ENDLESS)
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=f"duckdb://{data}?threads=1", SAMEPAGE_MODEL=str(HERE),
        SAMEPAGE_WORKERS="1", SAMEPAGE_MAX_ROWS=str(MOST_ROWS), SAMEPAGE_TIMEOUT_SECONDS=str(timeout_seconds),
    ) as port:  # fmt: skip
        yield Bakery(f"http://127.0.0.1:{port}", data)


def build(path: Path, old_books: int) -> None:
    """Write the bakery's data to a file, replacing any file that exists."""
    made = path.with_suffix(".new")
    sql = (HERE / "bakery.sql").read_text(encoding="utf-8")
    sql = sql.replace("$today", datetime.now(UTC).date().isoformat()).replace("$size", str(old_books))
    with duckdb.connect(made) as connection:
        connection.execute(sql)
    os.replace(made, path)
