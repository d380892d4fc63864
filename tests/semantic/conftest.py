"""Fixtures for tests of everything below the pages.

They include the demo company, which is built once and shared by every test that reads it, an empty store of each kind
with a clock that tests can move, and a sign-in provider.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from tests.browser.visitor import free_port
from tests.companies import LARGE, PAST, shared_company
from tests.copies import empty_store
from tests.provider import TestProvider, running_provider
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import Process

UNTIL, ORDERS = PAST, LARGE


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's folder, which no test writes to."""
    return shared_company(tmp_path_factory, orders=ORDERS, until=UNTIL)


@pytest.fixture(scope="session")
def company(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The company's tables, read-only."""
    connection = duckdb.connect(folder / "company.duckdb", read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=stores.kinds())
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.address(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    opened = empty_store(address, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return keys_of(stores.SECRET)


@pytest.fixture
def process(store: Store, keys: Keys) -> Process:
    return Process(store, keys)


@pytest.fixture
def another(address: str, clock: Clock, keys: Keys) -> Iterator[Process]:
    """Open a second server over the same store until the block ends."""
    opened = Store(connect_store(address), clock=clock)
    yield Process(opened, keys)
    opened.close()


@pytest.fixture(scope="package")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestProvider]:
    log = tmp_path_factory.mktemp("provider") / "log"
    with running_provider(
        log, (free_port(), free_port()), ["http://127.0.0.1:9", "https://samepage.example.com"]
    ) as running:
        yield running
