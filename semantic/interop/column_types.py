"""Convert an engine's column types to types of the model language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

Columns = Callable[[str], "Mapping[str, pa.DataType] | None"]
"""Returns a table's columns by the table's name, or None if there is no such table."""


def no_columns(table: str) -> None:
    """Return None for every table, for imports without an engine."""


def type_text(data_type: pa.DataType) -> str | None:
    """Return a type of the model language, such as `decimal(18,4)`, or None if there is none for this type."""
    # pyarrow's own checks don't narrow types.
    if pa.types.is_boolean(data_type):
        return "boolean"
    if pa.types.is_decimal(data_type):
        # DuckDB returns its 128-bit integers as decimals with scale 0.
        return f"decimal({data_type.precision},{data_type.scale})"
    if pa.types.is_integer(data_type):
        return "integer"
    if pa.types.is_floating(data_type):
        return "double"
    if pa.types.is_date(data_type):
        return "date"
    if pa.types.is_timestamp(data_type):
        return "timestamp" if data_type.tz is None else "timestamptz"
    if pa.types.is_string(data_type) or pa.types.is_large_string(data_type) or pa.types.is_string_view(data_type):
        return "string"
    return None
