"""Types of columns from the engine, in the model language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

Columns = Callable[[str], "Mapping[str, pa.DataType] | None"]
"""The columns of a table by name, or None if unknown."""


def no_columns(table: str) -> None:
    """There is no engine to ask."""


def type_text(found: pa.DataType) -> str | None:
    """`decimal(18,4)`, or a plain type of the model language; None if it has no such type."""
    # pyarrow's own checks don't narrow types.
    if pa.types.is_boolean(found):
        return "boolean"
    if pa.types.is_decimal(found):
        # DuckDB returns its 128-bit integers as decimals with scale 0.
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
