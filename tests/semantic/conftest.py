"""The demo company, built once for all tests that read it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.demo import build_company

UNTIL = date(2026, 6, 30)
ORDERS = 20_000


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company stands. Nobody writes here."""
    out = tmp_path_factory.mktemp("company")
    build_company(out, orders=ORDERS, until=UNTIL)
    return out


@pytest.fixture(scope="session")
def company(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's tables, to read."""
    connection = duckdb.connect(folder / "company.duckdb", read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()
