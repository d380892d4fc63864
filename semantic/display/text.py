"""A result as plain text and as JSON-ready data, for the shell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width

from semantic.display.format import key_text, writer
from semantic.result import Result, ResultColumn

MOST_WIDTH = 60


def result_table(result: Result) -> str:
    """The rows as an aligned table: numbers to the right, written as on screen."""
    cells: list[list[str]] = []
    for column in result.columns:
        values = result.table.column(column.name).to_pylist()
        write = (lambda value, one=column: key_text(value, one)) if column.role == "key" else _writer(column, values)
        cells.append([write(value) for value in values])
    rows = [list(row) for row in zip(*cells, strict=True)]
    right = [column.role == "value" for column in result.columns]
    return text_table([column.label for column in result.columns], rows, right)


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> str:
    """Columns in line, two blanks between; `right` names those set to the right."""
    sides = list(right) or [False] * len(heads)
    shown = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(heads, *shown, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (width - _width(cell)) + cell if side else cell + " " * (width - _width(cell))
            for cell, width, side in zip(cells, widths, sides, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return "\n".join([line(heads), line(["-" * width for width in widths]), *(line(row) for row in shown)])


def json_data(result: Result) -> dict[str, Any]:
    """Everything a program needs to use and to trust the rows. Days and instants are ISO text, decimals numbers."""
    return {
        "title": result.title,
        "period": {
            "start": result.period.start.isoformat() if result.period.start else None,
            "end": result.period.end.isoformat() if result.period.end else None,
            "time_zone": result.period.time_zone,
            "words": result.period.words,
        },
        "filters": result.filters,
        "scope": result.scope,
        "notes": list(result.notes),
        "columns": [
            {"name": one.name, "label": one.label, "role": one.role, "type": str(one.type), "unit": one.unit}
            for one in result.columns
        ],
        "rows": json_rows(result),
        "sql": result.sql,
        "model_version": result.model_version,
        "computed_at": result.computed_at.isoformat(),
    }


def json_rows(result: Result) -> list[dict[str, Any]]:
    return [{name: _json(value) for name, value in row.items()} for row in result.rows()]


def _json(value: object) -> object:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _writer(column: ResultColumn, values: Sequence[Any]):
    return writer(column, values, short=False)


def _cut(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return plain if len(plain) <= MOST_WIDTH else plain[: MOST_WIDTH - 1] + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
