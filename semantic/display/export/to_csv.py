"""An answer as CSV for Excel, scripts and other programs (RFC 4180, UTF-8).

The file has a header and rows, and nothing above or below them. Notes are in the first row of the last column. No text
can run as a formula: if a spreadsheet would take a text for a formula, an apostrophe is added before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from unicodedata import category, normalize

from semantic.annotations.annotation import Annotation
from semantic.display.export.about import limit_words
from semantic.display.export.remarks import REMARKS, remark_cells
from semantic.display.export.rows import FileColumn, file_columns
from semantic.display.in_part import partial_words
from semantic.model.definitions import NumberFormat
from semantic.results.result import Result

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The byte order mark, which tells Excel that the file is UTF-8. Other programs ignore it."""

NOTES = "Notes"
EXACT = 2**53
_PARTS = re.compile(r"([;\t\r\n]+)")


def to_csv(result: Result, remarks: Sequence[Annotation] = ()) -> bytes:
    """Return the CSV file with a UTF-8 byte order mark and standard line endings.

    The last columns have the remarks and the notes.
    """
    return (MARK + csv_text(result, line_end="\r\n", remarks=remarks)).encode()


def csv_text(result: Result, *, line_end: str = "\n", remarks: Sequence[Annotation] = ()) -> str:
    """Return the content of the CSV file as text, for a terminal or a pipe."""
    columns = file_columns(result, judged=False)
    heads, cells = [_head(file_column) for file_column in columns], [file_column.cells for file_column in columns]
    if (beside := remark_cells(result, remarks)) is not None:
        heads, cells = [*heads, REMARKS], [*cells, beside]
    if notes := notes_of(result):
        rows = max(1, result.table.num_rows)  # without rows, the notes get a row
        cells = [column or [None] for column in cells] if not result.table.num_rows else cells
        heads, cells = [*heads, NOTES], [*cells, [notes, *[None] * (rows - 1)]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow([harmless(head) for head in _unique_heads(heads)])
    writer.writerows(zip(*([_text(cell) for cell in column] for column in cells), strict=True))
    return out.getvalue()


def notes_of(result: Result) -> str:
    """Return all notes of the answer as one text, or "" if there are none.

    These include notes on incomplete periods and on groups that a limit leaves out.
    """
    return " ".join(filter(None, (*result.notes, partial_words(result), limit_words(result))))


def harmless(text: str) -> str:
    """Return a text that spreadsheets don't take for a formula, even if they split it at semicolons.

    >>> harmless("=1+1"), harmless("Search"), harmless("a;@b")
    ("'=1+1", 'Search', "a;'@b")
    """
    safe = "".join(f"'{part}" if starts_formula(part) else part for part in _PARTS.split(text))
    return f"'{safe}" if text[:1] in ("\t", "\r", "\n") else safe


def starts_formula(text: str) -> bool:
    """Whether the first visible character starts a formula in any spreadsheet, including full-width characters."""
    for letter in text:
        if letter.isspace() or category(letter) in ("Cf", "Cc"):
            continue
        return normalize("NFKC", letter)[:1] in ("=", "+", "-", "@")
    return False


def _head(file_column: FileColumn) -> str:
    """Return a column's label with its unit in brackets, because the cells contain only numbers."""
    column = file_column.column
    if column is None or file_column.kind == "key":
        return file_column.label
    if file_column.kind == "change":
        return f"{file_column.label} ({'pp' if file_column.is_points else '1 = 100%'})"
    if column.format is NumberFormat.SHARE:
        return f"{file_column.label} (1 = 100%)"
    is_said = not column.unit or column.unit.casefold() in file_column.label.casefold()
    return file_column.label if is_said else f"{file_column.label} ({column.unit})"


def _unique_heads(heads: list[str]) -> list[str]:
    """Return the headers with a number added to repeated ones."""
    texts: list[str] = []
    for head in heads:
        place = 2
        text = head
        while text in texts:
            text, place = f"{head} ({place})", place + 1
        texts.append(text)
    return texts


def _text(value: object) -> str:
    """Return a cell as text: days and instants in ISO format, numbers with all digits."""
    match value:
        case None:
            return ""
        case str():
            return harmless(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return str(value)
