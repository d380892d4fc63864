"""START HERE: export an answer as a file that equals the screen. Takes a result and returns bytes.

No page is involved.

    a spreadsheet    typed cells, and sheets with definitions and facts about the answer
    CSV              headers and rows, and notes in a last column
    Parquet          typed columns, and the same facts as metadata
All of them contain every row of the answer, with Other and totals marked. The same result gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from semantic.annotations.annotation import Annotation
from semantic.display.export.about import about, limit_words
from semantic.display.export.to_csv import to_csv
from semantic.display.export.to_parquet import to_parquet
from semantic.display.export.to_xlsx import to_xlsx, why_no_sheet
from semantic.display.rows import count_words
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result

Kind = Literal["xlsx", "csv", "parquet"]
LONGEST = 120  # characters of a file's name; some systems allow 255 bytes


@dataclass(frozen=True, slots=True)
class FileKind:
    """A file format to choose for an export."""

    label: str
    mime: str


KINDS: Mapping[Kind, FileKind] = {
    "xlsx": FileKind("Spreadsheet (XLSX)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": FileKind("CSV", "text/csv"),
    "parquet": FileKind("Parquet", "application/vnd.apache.parquet"),
}


def export(
    result: Result, visible: VisibleModel, kind: Kind, *, link: str = "", remarks: Sequence[Annotation] = ()
) -> bytes:
    """Return the answer as a file for the person who sees `visible`. Raises TooManyRows, which `why_not` predicts.

    If there are `remarks`, a spreadsheet has a sheet for them, Parquet a list in its metadata, and CSV a last column.
    """
    match kind:
        case "xlsx":
            return to_xlsx(result, about(result, visible, link=link), remarks)
        case "csv":
            return to_csv(result, remarks)
        case "parquet":
            return to_parquet(result, about(result, visible, link=link), remarks)


def why_not(result: Result, kind: Kind) -> str:
    """Return why an answer doesn't fit in this format, as a sentence, or "" if it fits."""
    return why_no_sheet(result) if kind == "xlsx" else ""


def file_name(result: Result, ending: str) -> str:
    """Return a file name that is safe on every system, made from the title and the days.

    If a limit leaves out groups, the name includes the number of groups.

    For example, "Net revenue by channel, 2026-06-29 to 2026-09-27.xlsx". The name of a CSV file includes the receipt,
    because the file itself has no place for it.
    """
    start, end = result.period.start, result.period.end
    first = start.isoformat() if start else ""
    last = (end - timedelta(days=1)).isoformat() if end else ""
    days = " to ".join(text for text in (first, last) if text) if first != last else first
    rows = count_words(result) if limit_words(result) else ""
    tail = ", ".join(part for part in (days, rows, result.receipt if ending == "csv" else "") if part)
    return named(result.title, tail, ending, "Answer")


def named(title: str, tail: str, ending: str, instead: str) -> str:
    """Return a file name for a title. If no character of the title is allowed, `instead` is used."""
    title = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+', " ", title)
    title = re.sub(r"\s+", " ", title).strip(" .-=+@~")[: LONGEST - len(tail)].rstrip(" .") or instead
    return ", ".join(part for part in (title, tail) if part) + f".{ending}"
