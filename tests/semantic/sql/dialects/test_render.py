"""Many threads print SQL at the same time, and each gets its own text."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot.errors import UnsupportedError

from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DIALECTS

LONG = "SELECT " + ", ".join(f"SUM(a{place}) AS b{place}" for place in range(300)) + " FROM t"
SAID = "SELECT a FROM t"
NOT_SAID = f"{LONG} FOR UPDATE"  # DuckDB has no locks
THREADS, TIMES = 8, 6


@pytest.fixture
def hasty() -> Iterator[None]:
    """Make threads switch all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_text_that_one_thread_cannot_render_is_refused_only_there() -> None:
    trees = {text: sqlglot.parse_one(text, read="duckdb") for text in (LONG, SAID, NOT_SAID)}
    wrong: list[str] = []

    def print_all() -> None:
        for _ in range(TIMES):
            for text, tree in trees.items():
                try:
                    printed = render(tree.copy(), DIALECTS["duckdb"])
                except UnsupportedError:
                    printed = "refused"
                if printed != ("refused" if text is NOT_SAID else text):
                    wrong.append(printed)

    threads = [threading.Thread(target=print_all) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
