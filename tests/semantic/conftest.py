"""The demo company, built once for all tests that read it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.companies import LARGE, PAST, shared_company

UNTIL, ORDERS = PAST, LARGE


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company stands. Nobody writes here."""
    return shared_company(tmp_path_factory, orders=ORDERS, until=UNTIL)


@pytest.fixture(scope="session")
def company(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's tables, to read."""
    connection = duckdb.connect(folder / "company.duckdb", read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()
