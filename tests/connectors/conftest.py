"""The engines that the contract is tested on: `--engines duckdb`, or several with commas between.

An engine joins with a function in ENGINES that opens it with the table `orders` (id BIGINT, country VARCHAR,
amount DECIMAL(18,2), ordered_on DATE): 1 DE 10.00, 2 DE 20.50, 3 FR null, 4 null 5.00, on 1 to 4 January 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from connectors import connect
from connectors.connector import Connector

ORDERS = """
CREATE TABLE orders (id BIGINT, country VARCHAR, amount DECIMAL(18, 2), ordered_on DATE);
INSERT INTO orders VALUES
    (1, 'DE', 10.00, DATE '2026-01-01'), (2, 'DE', 20.50, DATE '2026-01-02'),
    (3, 'FR', NULL, DATE '2026-01-03'), (4, NULL, 5.00, DATE '2026-01-04');
"""


@dataclass(frozen=True)
class Opened:
    """An engine under test, and a statement that keeps it busy for minutes."""

    connector: Connector
    slow: str


def write_orders(path: Path, *more: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(ORDERS)
        for statement in more:
            connection.execute(statement)
    return path


def open_duckdb(folder: Path) -> Opened:
    connector = connect(str(write_orders(folder / "shop.duckdb")))
    return Opened(connector, "SELECT count(*) AS n FROM range(10000000) AS a, range(1000000) AS b")


ENGINES: dict[str, Callable[[Path], Opened]] = {"duckdb": open_duckdb}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engines", default="duckdb", help="the engines of the connector contract, with commas between")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "opened" in metafunc.fixturenames:
        names = str(metafunc.config.getoption("--engines", "duckdb")).split(",")
        if unknown := sorted(set(names) - set(ENGINES)):
            raise pytest.UsageError(f"No engine named {', '.join(unknown)}. There is: {', '.join(ENGINES)}.")
        metafunc.parametrize("opened", names, indirect=True)


@pytest.fixture(name="write_orders")
def orders_writer() -> Callable[..., Path]:
    """Writes a DuckDB file with `orders`, and runs more statements on it."""
    return write_orders


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    engine = ENGINES[request.param](tmp_path)
    yield engine
    engine.connector.close()
