"""Look up the columns of an engine's tables by name, for models that don't state them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from connectors import connect
from connectors.connector import ConnectorError
from semantic.errors import Unavailable


@contextmanager
def engine_columns(url: str) -> Generator[Callable[[str], Mapping[str, pa.DataType] | None]]:
    """Yield a function that returns a table's columns and Arrow types from the engine at `url`, or None for an unknown
    table.

    Raises Unavailable if the engine doesn't respond.
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
