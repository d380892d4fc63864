"""Convert PostgreSQL's answers to plain Arrow types. Values that would be misread raise errors."""

# PyArrow makes its functions as it is loaded, unseen by the checker.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from connectors.connector import StatementFailed, StatementRefused

_TYPE, _SIZE = b"POSTGRESQL:type", b"POSTGRESQL:typmod"
_MOST_DIGITS: Final = 76
_UNSIZED: Final = pa.decimal128(38, 10)  # reported for a column that is plain `numeric`
_AS_TEXT: Final = frozenset({"json", "jsonb"})
# Infinity arrives as a number far outside this range, from year 1 to the end of 9999.
_DAYS: Final = (-719162, 2932896)
_MICROSECONDS: Final = (-719162 * 86_400_000_000, 2932897 * 86_400_000_000 - 1)


def plain_schema(schema: pa.Schema) -> Mapping[str, pa.DataType]:
    """Return the types that a table's columns have in answers. An unsupported column keeps the driver's type."""
    data_types: dict[str, pa.DataType] = {}
    for field in schema:
        if _name(field) == "numeric":
            data_types[field.name] = _declared(field) or _UNSIZED
        else:
            data_types[field.name] = pa.string() if _name(field) in _AS_TEXT else field.type
    return data_types


def plain_table(table: pa.Table) -> pa.Table:
    """Return an answer in plain types.

    Raises StatementRefused for an unsupported type, and StatementFailed for an unsupported value.
    """
    columns = [_plain(field, column) for field, column in zip(table.schema, table.columns, strict=True)]
    return pa.table(columns, names=table.column_names)


def _plain(field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    name = _name(field)
    if name == "numeric":
        return _decimals(field, _storage(column))
    if name in _AS_TEXT:
        return _storage(column)
    if name == "money" or isinstance(field.type, pa.BaseExtensionType) or "interval" in str(field.type):
        what = "an interval" if name == "interval" else f"of the type {name}"
        raise StatementRefused(f"Column {field.name!r} of the answer is {what}. Cast it to a number or text.")
    if pa.types.is_date(field.type):
        _check_range(field.name, column.cast(pa.int32()), _DAYS)
    elif pa.types.is_timestamp(field.type):
        _check_range(field.name, column.cast(pa.int64()), _MICROSECONDS)
    return column


def _decimals(field: pa.Field, texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of decimals, which the driver returns as text, as Arrow decimals.

    Without a declared size, the scale is that of the value with the most decimal places. Raises StatementFailed if a
    value doesn't fit.
    """
    declared = _declared(field)
    try:
        return texts.cast(declared or _sized(texts))
    except pa.ArrowInvalid as error:
        raise StatementFailed(
            f"Column {field.name!r} has a value that doesn't fit a decimal of {_MOST_DIGITS} digits. "
            "Cast it to double precision.",
            detail=str(error),
        ) from None


def _sized(texts: pa.ChunkedArray) -> pa.DataType:
    points = pc.find_substring(texts, ".")
    lengths = pc.utf8_length(texts)
    places = pc.if_else(pc.less(points, 0), 0, pc.subtract(pc.subtract(lengths, points), 1))
    scale = pc.max(places).as_py() or 0
    whole = pc.max(pc.subtract(lengths, places)).as_py() or 0  # with sign and point: at least the number of digits
    digits = whole + scale
    return pa.decimal128(38, scale) if digits <= 38 else pa.decimal256(_MOST_DIGITS, min(scale, _MOST_DIGITS))


def _declared(field: pa.Field) -> pa.DataType | None:
    """Return decimal128(18, 4) for a column declared as numeric(18, 4), or None for plain numeric.

    It's also None for a size that Arrow's decimals don't support. PostgreSQL packs precision and scale into one number.
    """
    packed = int((field.metadata or {}).get(_SIZE, b"-1")) - 4
    if packed < 0:
        return None
    precision, scale = packed >> 16, ((packed & 0x7FF) ^ 1024) - 1024
    if precision > _MOST_DIGITS or scale > precision:
        return None
    if scale < 0:
        precision, scale = precision - scale, 0
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    chunks = [chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk for chunk in column.chunks]
    return pa.chunked_array(chunks, type=pa.string())


def _check_range(name: str, numbers: pa.ChunkedArray, allowed: tuple[int, int]) -> None:
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is not None and (ends["min"] < allowed[0] or ends["max"] > allowed[1]):
        raise StatementFailed(f"Column {name!r} contains infinity, or a day outside the years 1 to 9999.")


def _name(field: pa.Field) -> str:
    return (field.metadata or {}).get(_TYPE, b"").decode()


def plan_rows(text: str) -> tuple[int, int]:
    """Return how many rows EXPLAIN's JSON expects to be read from tables, and to be in the answer."""
    top = json.loads(text)[0]["Plan"]
    return round(_read_rows(top, 1.0)), int(top["Plan Rows"])


def _read_rows(node: Mapping[str, object], processes: float) -> float:
    """Return how many rows the leaves of a plan read.

    Below a Gather, the plan counts the rows of one process. `processes` is their number, to which the leader adds a
    fraction.
    """
    planned = node.get("Workers Planned")
    if isinstance(planned, int):
        processes = planned + max(0.0, 1 - 0.3 * planned)
    below = node.get("Plans")
    if isinstance(below, list) and below:
        return sum(_read_rows(child, processes) for child in below)
    if "Relation Name" not in node and "Function Name" not in node:
        return 0.0
    rows = node["Plan Rows"]
    assert isinstance(rows, int)
    return rows * (processes if node.get("Parallel Aware") else 1.0)
