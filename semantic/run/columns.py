"""The columns of an engine's tables by name, for models that don't state them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import pyarrow as pa

from connectors import connect
from connectors.connector import ConnectorError
from semantic.errors import Unavailable


@contextmanager
def engine_columns(url: str) -> Generator[Callable[[str], Mapping[str, pa.DataType] | None]]:
    """Return a table's columns and their Arrow types from the engine at `url`, or None for a table it doesn't have.

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
