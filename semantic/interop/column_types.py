"""Types of columns as the engine has them, in the words of the model language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

Columns = Callable[[str], "Mapping[str, pa.DataType] | None"]
"""The columns of a table by its name, or None where nobody can say."""


def no_columns(table: str) -> None:
    """Nobody to ask."""


def type_text(found: pa.DataType) -> str | None:
    """`decimal(18,4)`, or a plain kind of the model language; None for what it has no word for."""
    # pyarrow's own checks carry no types for each kind.
    if pa.types.is_boolean(found):
        return "boolean"
    if pa.types.is_decimal(found):
        # DuckDB gives its 128-bit whole numbers as decimals without places.
        return f"decimal({found.precision},{found.scale})"
    if pa.types.is_integer(found):
        return "integer"
    if pa.types.is_floating(found):
        return "double"
    if pa.types.is_date(found):
        return "date"
    if pa.types.is_timestamp(found):
        return "timestamp" if found.tz is None else "timestamptz"
    if pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found):
        return "string"
    return None
