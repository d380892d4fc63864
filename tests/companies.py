"""The demo companies that tests read. Each is built once per run, by the first process that needs it, and shared."""

from __future__ import annotations

import fcntl
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from semantic.demo import build_company
from tests.days import newest_day

PAST = date(2026, 6, 30)
"""The last day of a company whose numbers never change."""
SMALL = 2_000
"""The fewest orders with which every page, metric and question has rows."""
CURRENT = 3_000
"""The fewest orders with which every metric also has rows in its newest weeks."""
LARGE = 20_000
"""The fewest orders with which the planted patterns show in the company's numbers."""


def shared_company(factory: pytest.TempPathFactory, *, orders: int = SMALL, until: date = PAST) -> Path:
    """Return the folder with `company.duckdb` and `parquet`.

    Treat it as read-only: never write to it or open it read-write.
    """
    base = factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    built = folder / f"company-{orders}-{until}"
    built.mkdir(exist_ok=True)
    with (folder / f"{built.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built / "company.duckdb").exists():
            build_company(built, orders=orders, until=until)
    return built


def own_company(factory: pytest.TempPathFactory, *, orders: int = SMALL, until: date = PAST) -> Path:
    """Return a copy of the company's DuckDB file, for a test that writes to it or opens it with its own settings."""
    shared = shared_company(factory, orders=orders, until=until) / "company.duckdb"
    return Path(shutil.copyfile(shared, factory.mktemp("company") / "company.duckdb"))


def current_company(factory: pytest.TempPathFactory) -> Path:
    """Return the file of an up-to-date company for a server to open, large enough to have weeks that aren't
    final yet.
    """
    return own_company(factory, orders=CURRENT, until=newest_day())
