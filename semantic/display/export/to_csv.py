"""An answer as CSV: header and rows, for Excel, scripts and other programs (RFC 4180, UTF-8).

Nothing is above or below the rows. Notes are in a last column, in the first row. No text in the file can run as a
formula: an apostrophe is added before text that a spreadsheet would take for one.
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
    """Return the CSV file with a UTF-8 byte order mark and standard line ends.

    Remarks and notes are the last columns.
    """
    return (MARK + csv_text(result, line_end="\r\n", remarks=remarks)).encode()


def csv_text(result: Result, *, line_end: str = "\n", remarks: Sequence[Annotation] = ()) -> str:
    """Return the rows of the CSV file as text, for a terminal or a pipe."""
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
    """Return the answer's notes as one text, or "" if there are none.

    They include its incomplete periods, and how many groups a limit leaves out.
    """
    return " ".join(filter(None, (*result.notes, partial_words(result), limit_words(result))))


def harmless(text: str) -> str:
    """Return text that spreadsheets don't take for a formula, even one that splits it at semicolons.

    >>> harmless("=1+1"), harmless("Search"), harmless("a;@b")
    ("'=1+1", 'Search', "a;'@b")
    """
    safe = "".join(f"'{part}" if starts_formula(part) else part for part in _PARTS.split(text))
    return f"'{safe}" if text[:1] in ("\t", "\r", "\n") else safe


def starts_formula(text: str) -> bool:
    """Whether the first visible character starts a formula in any spreadsheet, even as a full-width character."""
    for letter in text:
        if letter.isspace() or category(letter) in ("Cf", "Cc"):
            continue
        return normalize("NFKC", letter)[:1] in ("=", "+", "-", "@")
    return False


def _head(file_column: FileColumn) -> str:
    """Return the label with the unit in brackets, because a cell has only a number."""
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
    """Return the headers, made unique with a number."""
    texts: list[str] = []
    for head in heads:
        place = 2
        text = head
        while text in texts:
            text, place = f"{head} ({place})", place + 1
        texts.append(text)
    return texts


def _text(value: object) -> str:
    """Return a cell: days and instants as ISO text, numbers with all their digits."""
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
