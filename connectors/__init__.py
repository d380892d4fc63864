"""Opens an engine by its address; the table says which module handles it and which driver that needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, cast

from connectors.connector import Connector, Unavailable


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine we can open: the module here, the driver it imports, the command that installs the driver."""

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
    """The engine at this address, open and locked down.

    `duckdb:///data/shop.duckdb`, or a plain path to a DuckDB file, to a Parquet or CSV file, or to a folder of these;
    `postgresql://user:secret@host:5432/shop` for PostgreSQL; `sc://host:15002` for Spark Connect.
    Raises Unavailable; its sentence never repeats an address that could hold a password.
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
