"""The demo companies that tests read: each is built once a run, by the process that needs it first, and then shared."""

from __future__ import annotations

import fcntl
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from semantic.demo import build_company

PAST = date(2026, 6, 30)
"""The last day of a company whose numbers never move."""
SMALL = 2_000
"""Orders enough for every page, metric and question to have rows."""
CURRENT = 3_000
"""Orders enough for the newest weeks of every metric to have rows too."""
LARGE = 20_000
"""Orders enough for the truths planted in the company to show in its numbers."""


def yesterday() -> date:
    """The last day of a company that a running server takes for up to date."""
    return datetime.now(UTC).date() - timedelta(days=1)


def shared_company(factory: pytest.TempPathFactory, *, orders: int = SMALL, until: date = PAST) -> Path:
    """The folder with `company.duckdb` and `parquet`. Read it in place and never write to it or open it read-write."""
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
    """A copy of the company's DuckDB file, for a test that writes to it or opens it with settings of its own."""
    shared = shared_company(factory, orders=orders, until=until) / "company.duckdb"
    return Path(shutil.copyfile(shared, factory.mktemp("company") / "company.duckdb"))


def current_company(factory: pytest.TempPathFactory) -> Path:
    """The file of a company until yesterday, as a server opens it; large enough for weeks that aren't final."""
    return own_company(factory, orders=CURRENT, until=yesterday())
