"""Look up columns in an engine's tables, for models that don't declare them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from connectors import connect
from connectors.connector import ConnectorError
from semantic.errors import Unavailable


@contextmanager
def engine_columns(url: str) -> Generator[Callable[[str], Mapping[str, pa.DataType] | None]]:
    """Yield a function that returns a table's columns with their Arrow types, or None for an unknown table.

    Raises Unavailable if the engine at `url` doesn't respond.
    """
    try:
        connector = connect(url)
    except ConnectorError as error:
        raise Unavailable(str(error), place=error.place) from error

    def columns(table: str) -> Mapping[str, pa.DataType] | None:
        try:
            return connector.columns(table)
        except ConnectorError:
            return None

    try:
        yield columns
    finally:
        connector.close()
