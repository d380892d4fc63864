"""Add the remarks on an answer's days to a file: next to the rows of these days, and as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from semantic.annotations.annotation import Annotation
from semantic.display.format import next_period
from semantic.display.rows import row_kinds
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_range
from semantic.results.result import Result

REMARKS = "Remarks"


def remark_cells(result: Result, remarks: Sequence[Annotation]) -> list[str] | None:
    """Return the remarks that overlap the period of each row. None if the answer has no periods."""
    dated = [place for place, key in enumerate(result.keys) if key.grain is not None and not key.grain.is_clock]
    if not dated or not remarks:
        return None
    key = result.keys[dated[0]]
    kinds, cells = row_kinds(result), list[str]()
    for kind, value in zip(kinds, result.table.column(key.name).to_pylist(), strict=True):
        is_day = kind[dated[0]] == "member" and isinstance(value, date) and not isinstance(value, datetime)
        cells.append(_touching(remarks, value, key.grain) if is_day else "")
    return cells


def _touching(remarks: Sequence[Annotation], first: date, grain: Granularity | None) -> str:
    end = next_period(first, grain)
    return "; ".join(remark_words(remark) for remark in remarks if remark.first < end and remark.last >= first)


def remark_words(annotation: Annotation) -> str:
    """Return a remark in words, such as "Autumn launch on social (Paid social)"."""
    return f"{annotation.text} ({annotation.about})" if annotation.about else annotation.text


def remark_rows(remarks: Sequence[Annotation]) -> list[tuple[str, str, str, str]]:
    """Return each remark as its days, text, subject, and kind."""
    return [(describe_range(remark.first, remark.last), remark.text, remark.about, remark.kind) for remark in remarks]


def remark_data(remarks: Sequence[Annotation]) -> list[dict[str, str]]:
    """Return the remarks as data for programs. Days are ISO text, and the last day is included."""
    return [
        {
            "from": remark.first.isoformat(),
            "to": remark.last.isoformat(),
            "text": remark.text,
            "about": remark.about,
            "kind": remark.kind,
        }
        for remark in remarks
    ]
