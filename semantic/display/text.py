"""A result as plain text and as JSON-ready data, for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from semantic.display.change import change_words
from semantic.display.format import writer
from semantic.display.groups import in_zone
from semantic.display.in_part import marks_of
from semantic.display.rows import (
    ShownColumn,
    changes,
    count_words,
    is_total,
    key_cells,
    numbers_beside,
    row_kinds,
    shown_columns,
    verdicts,
)
from semantic.query.describe import upper_first
from semantic.results.result import Result

MOST_WIDTH = 60


def result_table(result: Result, *, bold: bool = False) -> str:
    """Return the rows as an aligned table. Numbers are as on screen, aligned to the right, and totals are below a line.

    If a limit leaves out groups, the last line has the number of groups. `bold` uses a terminal's escape codes.
    """
    columns, kinds = shown_columns(result), row_kinds(result)
    zone = ZoneInfo(result.period.time_zone)
    keys = [[in_zone(value, zone) for value in result.table.column(key.name).to_pylist()] for key in result.keys]
    marks = marks_of(result)
    heads = [key_cells(values, kind, result.keys, marks) for *values, kind in zip(*keys, kinds, strict=True)]
    cells = [_numbers(column, result) for column in columns if column.kind != "key"]
    rows = [[*head, *numbers] for head, *numbers in zip(heads, *cells, strict=True)]
    first_total = next((place for place, row_kind in enumerate(kinds) if is_total(row_kind)), None)
    right = [column.kind != "key" for column in columns]
    lines = text_table([column.label for column in columns], rows, right, rule_before=first_total).split("\n")
    if bold and first_total is not None:
        lines[3 + first_total :] = [f"\x1b[1m{line}\x1b[0m" for line in lines[3 + first_total :]]
    words = count_words(result)
    return "\n".join(
        [*lines, f"{upper_first(words)} {'is' if words.startswith('1 ') else 'are'} shown." if " of " in words else ""]
    ).rstrip("\n")


def _numbers(column: ShownColumn, result: Result) -> list[str]:
    if column.before is not None:
        columns = changes(column.column, column.before, result), verdicts(column.column, column.before, result)
        return [change_words(change, column.column, said) for change, said in zip(*columns, strict=True)]
    write = writer(column.column, numbers_beside(column.column, result), short=False)
    return [write(value) for value in result.table.column(column.column.name).to_pylist()]


def text_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool] = (), *, rule_before: int | None = None
) -> str:
    """Return aligned columns, separated by two spaces.

    `right` marks the columns that are aligned to the right. `rule_before` is the row that has a line above it.
    """
    sides = list(right) or [False] * len(heads)
    shown = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(heads, *shown, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (width - _width(cell)) + cell if side else cell + " " * (width - _width(cell))
            for cell, width, side in zip(cells, widths, sides, strict=True)
        ]
        return "  ".join(padded).rstrip()

    rule = line(["-" * width for width in widths])
    lines = [line(row) for row in shown]
    if rule_before is not None:
        lines.insert(rule_before, rule)
    return "\n".join([line(heads), rule, *lines])


def json_data(result: Result) -> dict[str, Any]:
    """Return everything that a program needs to use and trust the rows.

    Values aren't formatted. Days and instants are ISO text, and decimals are numbers. With a breakdown, each row also
    has `bucket`, which identifies totals and Other.
    """
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
            {
                "name": column.name,
                "label": column.label,
                "role": column.role,
                "type": str(column.type),
                "unit": column.unit,
            }
            | ({"compare": column.compare} if column.compare else {})
            for column in result.columns
        ],
        "groups": result.groups,
        "rows": json_rows(result),
        "sql": result.sql,
        "model_version": result.model_version,
        "version": result.version_number,
        "computed_at": result.computed_at.isoformat(),
    } | ({"receipt": result.receipt} if result.receipt else {})


def json_rows(result: Result) -> list[dict[str, Any]]:
    return [{name: _json(value) for name, value in row.items()} for row in result.rows()]


def _json(value: object) -> object:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _cut(text: str) -> str:
    # The space between an amount and its currency isn't a printable character, but it is expected.
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return plain if len(plain) <= MOST_WIDTH else plain[: MOST_WIDTH - 1] + "…"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
