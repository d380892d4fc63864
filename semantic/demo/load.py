"""Copy the demo company from its DuckDB file to another engine, chosen by the scheme of the address."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

Progress = Callable[[float, str], None]

# The module that writes there, and the driver it imports.
_LOADERS: Final = {
    "postgresql": ("semantic.demo.load_postgres", "adbc_driver_postgresql"),
    "postgres": ("semantic.demo.load_postgres", "adbc_driver_postgresql"),
    "sc": ("semantic.demo.load_spark", "pyspark"),
}


def load_company(url: str, company: Path, progress: Progress) -> None:
    """Copy every table of the DuckDB file to the address, in place of the tables of an earlier load.

    Raises ConnectionError with a message that contains no secret. The earlier tables then remain in PostgreSQL. In
    Spark, some can already be replaced if the error occurs at the very end.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in _LOADERS:
        raise ConnectionError(
            "The company is loaded into PostgreSQL (postgresql://user@host/database) or Spark (sc://host:15002). "
            "A DuckDB file is built by --out."
        )
    module, driver = _LOADERS[scheme]
    try:
        loader = import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != driver:
            raise
        raise ConnectionError(
            f"The driver for {scheme} is not installed. Install it with: "
            "python -m pip install -r requirements-engines.txt"
        ) from None
    load = cast(Callable[[str, Path, Progress], None], loader.load)  # a module imported by name has no types
    load(url, company, progress)
