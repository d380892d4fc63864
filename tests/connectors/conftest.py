"""An open engine for each test of the contract. The table `orders` is created on it once per suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors import connect
from connectors.connector import Connector
from tests.engines import ENGINES, chosen, spelled, write_orders


@dataclass(frozen=True)
class Opened:
    """An engine under test, its address, and a statement that keeps it busy for minutes."""

    name: str
    url: str
    connector: Connector
    slow: str

    def spell(self, sql: str) -> str:
        """Return a statement with $1, $2 … in this engine's syntax."""
        return spelled(sql, self.name)


@pytest.fixture(name="write_orders")
def orders_writer() -> Callable[..., Path]:
    """Returns a function that writes a DuckDB file with `orders`, and runs more statements on it."""
    return write_orders


@pytest.fixture(scope="module")
def orders_url(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of `orders` on this engine."""
    yield from ENGINES[engine_name].orders(tmp_path_factory.mktemp(engine_name))


@pytest.fixture
def opened(engine_name: str, orders_url: str) -> Iterator[Opened]:
    connector = connect(orders_url)
    yield Opened(engine_name, orders_url, connector, ENGINES[engine_name].slow)
    connector.close()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore files about a single engine unless that engine was requested."""
    engine = collection_path.stem.removeprefix("test_")
    return True if engine in ENGINES and engine not in chosen(config) else None
