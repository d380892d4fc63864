"""The rows and columns of a file: all rows of the answer, in the columns of the table on screen.

Numbers aren't rounded. Keys have types that every reader supports (text, days, instants, whole numbers). If a row isn't
a group, such as a total, its keys say so, as on screen. A share is a fraction of 1. The change of a share is in
percentage points, and any other change is a fraction of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from semantic.display.change import Verdict
from semantic.display.format import NONE, Rest, key_text
from semantic.display.rows import (
    Kinds,
    ShownColumn,
    changes,
    is_other,
    is_total,
    key_cells,
    key_value,
    row_kinds,
    shown_columns,
    verdicts,
)
from semantic.model.definitions import Granularity, NumberFormat
from semantic.query.member_labels import NO_LABELS, label_of
from semantic.results.result import Result, ResultColumn

ROW = "Row"
"""The header of the column that says whether a row is a group, Other or a total."""


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a file. `cells` has a value for each row, or None if it's missing. `label` excludes the unit."""

    kind: Literal["key", "value", "change", "row"]
    label: str
    cells: Sequence[object]
    column: ResultColumn | None = None  # None for the row kind column
    name: str = ""  # as in ShownColumn
    verdicts: Sequence[Verdict] = ()  # of a change, row by row

    @property
    def is_points(self) -> bool:
        """Whether the column is the change of a share, in percentage points."""
        return self.kind == "change" and self.column is not None and self.column.format is NumberFormat.SHARE


def file_columns(result: Result, *, judged: bool = True, labelled: bool = False) -> list[FileColumn]:
    """Return the columns in screen order: keys, values, comparisons and changes.

    If keys alone don't identify the rows, the last column has the kind of each row. With `judged`, each change has its
    verdict. With `labelled`, members have their labels, for files that people read.
    """
    kinds = row_kinds(result)
    keys = {key.name: cells for key, cells in zip(result.keys, _key_columns(result, kinds, labelled), strict=True)}
    file_columns: list[FileColumn] = []
    for column in shown_columns(result):
        cells = keys[column.name] if column.kind == "key" else _numbers(column, result)
        has_verdict = judged and column.kind == "change"
        said = verdicts(column.column, column.before, result) if has_verdict and column.before is not None else ()
        file_columns.append(FileColumn(column.kind, _label(column), cells, column.column, column.name, said))
    if needs_kinds(result, kinds):
        file_columns.append(FileColumn("row", ROW, [_kind_word(row_kind) for row_kind in kinds]))
    return file_columns


def is_grown(kinds: Kinds) -> bool:
    """Whether a row isn't a group of the answer: Other or a total."""
    return is_total(kinds) or is_other(kinds)


def needs_kinds(result: Result, kinds: Sequence[Kinds]) -> bool:
    """Whether the file needs a column for the kind of each row.

    It does if there are Other or totals, or a member with the name of one of these.
    """
    if any(is_grown(one) for one in set(kinds)):
        return True
    special = {NONE, Rest.OTHER.value, Rest.TOTAL.value}
    return any(
        isinstance(value, str) and value in special
        for key in result.keys
        for value in result.table.column(key.name).unique().to_pylist()
    )


def _kind_word(kinds: Kinds) -> str:
    if is_total(kinds):
        return "total"
    if is_other(kinds):
        return "Other"
    return "no value" if "none" in kinds else "group"


def _label(column: ShownColumn) -> str:
    """Return a column's header. The header of a week column says "week", because its cells have only the first day."""
    is_week = column.kind == "key" and column.column.grain is Granularity.WEEK
    return "Week of" if is_week and column.label == "Week" else column.label


def _numbers(column: ShownColumn, result: Result) -> Sequence[object]:
    if column.before is None:
        return result.table.column(column.column.name).to_pylist()
    numbers = changes(column.column, column.before, result)
    if column.column.format is not NumberFormat.SHARE:
        return numbers
    return [None if change is None else 100 * change for change in numbers]


def _key_columns(result: Result, kinds: Sequence[Kinds], labelled: bool) -> list[list[object]]:
    """Return the cells of each key: a member's label or typed value, or words for any other row."""
    if not result.keys:
        return []
    zone = ZoneInfo(result.period.time_zone)
    columns = [result.table.column(key.name).to_pylist() for key in result.keys]
    rows = zip(*columns, kinds, strict=True)
    keys = [key if labelled else replace(key, labels=NO_LABELS) for key in result.keys]
    cells = [_key_row(values, kind, keys, zone) for *values, kind in rows]
    return [list(column) for column in zip(*cells, strict=True)] if cells else [[] for _ in result.keys]


def _key_row(values: Sequence[object], kinds: Kinds, keys: Sequence[ResultColumn], zone: ZoneInfo) -> list[object]:
    if is_total(kinds):
        return list(key_cells(values, kinds, keys))
    return [
        _typed(value, zone, key) if kind == "member" else key_text(key_value(value, kind), key)
        for value, kind, key in zip(values, kinds, keys, strict=True)
    ]


def _typed(value: object, zone: ZoneInfo, key: ResultColumn) -> object:
    """Return a member's label or value.

    Instants are in the question's time zone. Booleans and empty text are written as on screen.
    """
    if label_of(value, key.labels) is not None:
        return key_text(value, key)
    match value:
        case datetime():
            return value.astimezone(zone) if value.tzinfo else value
        case bool():
            return key_text(value, key)
        case date() | int() | float() | Decimal():
            return value
        case _:
            return key_text(value, key)
