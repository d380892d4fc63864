"""Open an engine by its address. `ENGINES` lists, for each kind of address, the module and driver that it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, cast

from connectors.connector import Connector, Unavailable


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that can be opened: its module, that module's driver, and the command that installs the driver."""

    module: str
    driver: str
    install: str


_INSTALL: Final = "python -m pip install -r requirements-engines.txt"
ENGINES: Final = {
    "duckdb": Engine("connectors.duckdb", "duckdb", "python -m pip install duckdb"),
    "postgresql": Engine("connectors.postgres", "adbc_driver_postgresql", _INSTALL),
    "postgres": Engine("connectors.postgres", "adbc_driver_postgresql", _INSTALL),
    "sc": Engine("connectors.spark", "pyspark", _INSTALL),
}


def connect(url: str) -> Connector:
    """Open the engine at this address, for reading only.

    The address is `duckdb:///data/shop.duckdb` or a plain path to a DuckDB, Parquet or CSV file, or to a folder of
    Parquet and CSV files; `postgresql://user:secret@host:5432/shop` for PostgreSQL; or `sc://host:15002` for Spark
    Connect. Raises Unavailable with a message that never repeats an address that could contain a password.
    """
    scheme, separator, _ = url.partition("://")
    engine = ENGINES.get(scheme.lower() if separator else "duckdb")
    if engine is None:
        raise Unavailable(f"There is no connector for {scheme!r}. There is one for: {', '.join(sorted(ENGINES))}.")
    try:
        module = import_module(engine.module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != engine.driver:
            raise
        raise Unavailable(
            f"The driver for {scheme if separator else 'duckdb'} is not installed. Install it with: {engine.install}"
        ) from None
    open_engine = cast(Callable[[str], Connector], module.connect)  # a module imported by name is untyped
    return open_engine(url)
