"""Describe the rows and columns of a result: members, "(none)", Other and totals, and the change of each number.

All code that lists rows uses this module, which relies on the table's `bucket` column. A value never identifies a row,
because a member can be named Other, Total or (none).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, cast

from semantic.display.change import Verdict, change_between, exact, judge_change, verdict
from semantic.display.evidence import evidence_of
from semantic.display.format import NO_MARKS, Marks, Rest, counted, key_text
from semantic.query.resolve import BUCKET
from semantic.results.change import Movement
from semantic.results.result import Result, ResultColumn

MOST_EARLIER = 8
"""The number of earlier periods that decide which changes are usual."""

Kinds = tuple[str, ...]
"""The kind of each key in a row: member, none, other or total."""


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """One column of the table on screen. A change belongs to a metric's value and the value that it's compared with."""

    kind: Literal["key", "value", "change"]
    column: ResultColumn
    label: str
    before: ResultColumn | None = None

    @property
    def name(self) -> str:
        """The column's unique name. The name of a change contains a space, which no column of a result does."""
        return self.column.name if self.before is None else f"{self.before.name} change"


def row_kinds(result: Result) -> list[Kinds]:
    """Return the kind of each key (member, none, Other or total), for each row."""
    if not result.keys:
        return [()] * result.table.num_rows
    buckets = cast("list[str]", result.table.column(BUCKET).to_pylist())
    known = {bucket: tuple(bucket.split(",")) for bucket in set(buckets)}
    return [known[bucket] for bucket in buckets]


def is_total(kinds: Kinds) -> bool:
    return "total" in kinds


def is_of_all(kinds: Kinds) -> bool:
    """Whether a row is the grand total."""
    return bool(kinds) and all(kind == "total" for kind in kinds)


def is_other(kinds: Kinds) -> bool:
    return "other" in kinds


def key_value(value: object, kind: str) -> object:
    """Return a key's value: the member, None for "(none)", or a marker for Other and totals."""
    match kind:
        case "other":
            return Rest.OTHER
        case "total":
            return Rest.TOTAL
        case _:
            return value


def key_cells(
    values: Sequence[object], kinds: Kinds, keys: Sequence[ResultColumn], marks: Marks = NO_MARKS
) -> list[str]:
    """Return a row's keys as people see them. If a period is in `marks`, its counted days follow.

    In a total, the first key says what is added up: "Total" or "Total of Search".
    """
    cells = [key_text(key_value(value, kind), key, marks) for value, kind, key in zip(values, kinds, keys, strict=True)]
    if not is_total(kinds):
        return cells
    texts = [cell for cell, kind in zip(cells, kinds, strict=True) if kind != "total"]
    total = f"{Rest.TOTAL.value} of {', '.join(texts)}" if texts else Rest.TOTAL.value
    return [total, *("" for _ in cells[1:])]


def shown_columns(result: Result) -> tuple[ShownColumn, ...]:
    """Return the columns in screen order: the keys, then each metric with its comparisons and their changes."""
    columns = [ShownColumn("key", key, key.label) for key in result.keys]
    for value in main_values(result):
        partners = compared_with(value, result)
        columns.append(ShownColumn("value", value, value.label))
        for before in partners:
            columns.append(ShownColumn("value", before, before.label))
            since = f" from {comparison_words(value, before)}" if len(partners) > 1 else ""
            columns.append(ShownColumn("change", value, f"{value.label}, change{since}", before))
    return tuple(columns)


def main_values(result: Result) -> tuple[ResultColumn, ...]:
    """Return the metrics for the question's own period."""
    return tuple(value for value in result.values if not value.compare)


def compared_with(value: ResultColumn, result: Result) -> tuple[ResultColumn, ...]:
    """Return a metric's columns for each of the question's comparison periods."""
    return tuple(
        column for column in result.values if column.compare and column.name == f"{value.name}_{column.compare}"
    )


def comparison_words(value: ResultColumn, before: ResultColumn) -> str:
    """Return the name of a comparison in lower case: "previous period"."""
    return before.label.removeprefix(f"{value.label}, ")


def numbers_beside(column: ResultColumn, result: Result) -> list[float | None]:
    """Return a metric's numbers in all periods. Numbers that are shown together have the same decimals."""
    name = column.name.removesuffix(f"_{column.compare}") if column.compare else column.name
    (value,) = (main_value for main_value in main_values(result) if main_value.name == name)
    columns = (value, *compared_with(value, result))
    return [number for each_column in columns for number in result.table.column(each_column.name).to_pylist()]


def changes(value: ResultColumn, before: ResultColumn, result: Result) -> list[float | None]:
    """Return the change of each row (see `change_between`)."""
    pairs = zip(result.table.column(value.name).to_pylist(), result.table.column(before.name).to_pylist(), strict=True)
    return [change_between(now, then, value) for now, then in pairs]


def sorted_rows(result: Result, name: str, *, falls: bool) -> Result | None:
    """Return the result sorted by a column as shown. Missing values come last, followed by Other and totals.

    None if no column has this name.
    """
    column = next((column for column in shown_columns(result) if column.name == name), None)
    if column is None:
        return None
    values = _sortable(column, result)
    missing = [row for row, value in enumerate(values) if value is None or value != value]
    known = sorted({*range(len(values))}.difference(missing), key=values.__getitem__, reverse=falls)
    kinds = row_kinds(result)
    places = [*known, *missing]
    places.sort(key=lambda row: (is_total(kinds[row]), is_other(kinds[row])))
    return result.in_order(places, name)


def _sortable(column: ShownColumn, result: Result) -> list[Any]:
    """Return a column's cells in the form in which people compare them, such as labels instead of codes.

    The type is Any because cells are numbers, days or texts. All cells of a column have the same type.
    """
    if column.before is not None:
        return list(changes(column.column, column.before, result))
    cells: list[Any] = result.table.column(column.column.name).to_pylist()
    if column.kind != "key" or not any(isinstance(cell, str) for cell in cells):
        return cells
    return [None if cell is None else key_text(cell, column.column).casefold() for cell in cells]


Usual = Mapping[str, Sequence[Fraction]]
"""The changes of the same number between earlier periods, latest first, by the name of the comparison's column."""

NO_USUAL: Usual = MappingProxyType({})


def judge_row_change(
    value: ResultColumn, before: ResultColumn, result: Result, row: int, usual: Usual = NO_USUAL
) -> Movement:
    """Return whether and how a row's number changed.

    For an answer of one row, the usual range comes from `usual`. For an answer by date, it comes from earlier periods.
    Intervals come from the numbers' evidence.
    """
    now, then = (_number(result.table.column(column.name)[row].as_py()) for column in (value, before))
    earlier = usual.get(before.name, ()) if not result.keys else _Course.of(value, before, result).before(row)
    return judge_change(now, then, value, earlier=earlier, is_apart=are_apart(value, before, result, row))


def row_verdict(
    value: ResultColumn, before: ResultColumn, result: Result, row: int, usual: Usual = NO_USUAL
) -> Verdict:
    """Return whether a row's change is better or worse.

    "" if the periods aren't comparable, or if the change may be within the usual range.
    """
    if not _can_be_judged(value, result, usual) or not result.is_judged(before, row):
        return ""
    now, then = (_number(result.table.column(column.name)[row].as_py()) for column in (value, before))
    return verdict(now, then, value, judge_row_change(value, before, result, row, usual))


def verdicts(value: ResultColumn, before: ResultColumn, result: Result, usual: Usual = NO_USUAL) -> list[Verdict]:
    """Return whether each row's change is better or worse (see `row_verdict`)."""
    rows = range(result.table.num_rows)
    if not _can_be_judged(value, result, usual):
        return [""] * len(rows)
    if not _is_by_date(result):
        return [row_verdict(value, before, result, row, usual) for row in rows]
    now, then = (result.table.column(column.name).to_pylist() for column in (value, before))
    course, said = _Course.of(value, before, result), list[Verdict]()
    for row in rows:
        apart = are_apart(value, before, result, row)
        change = judge_change(now[row], then[row], value, earlier=course.before(row), is_apart=apart)
        said.append(verdict(now[row], then[row], value, change) if result.is_judged(before, row) else "")
    return said


def _can_be_judged(value: ResultColumn, result: Result, usual: Usual) -> bool:
    """Whether a metric's changes can be judged.

    It needs a good direction, and a usual range or an interval.
    """
    return value.direction != "none" and (_is_by_date(result) or value.name in result.support or bool(usual))


@dataclass(frozen=True, slots=True)
class _Course:
    """The comparable changes of an answer by date, in order of time."""

    days: Sequence[object]  # by row
    changes: Sequence[tuple[date, Fraction]]

    @classmethod
    def of(cls, value: ResultColumn, before: ResultColumn, result: Result) -> _Course:
        if not _is_by_date(result) or result.hides(value) or result.hides(before):
            return cls((), ())
        names = (result.keys[0].name, value.name, before.name)
        days, now, then = (result.table.column(name).to_pylist() for name in names)
        known = [
            (day, after - ahead)
            for row, day in enumerate(days)
            if isinstance(day, date) and result.is_judged(before, row)
            if (after := exact(_number(now[row]))) is not None and (ahead := exact(_number(then[row]))) is not None
        ]
        return cls(days, sorted(known))

    def before(self, row: int) -> list[Fraction]:
        """Return the changes of the periods before a row's period, latest first."""
        day = self.days[row] if row < len(self.days) else None
        if not isinstance(day, date):
            return []
        end = bisect_left(self.changes, day, key=lambda change: change[0])
        return [change for _, change in self.changes[max(0, end - MOST_EARLIER) : end]][::-1]


def are_apart(value: ResultColumn, before: ResultColumn, result: Result, row: int) -> bool | None:
    """Whether the intervals of a row's two numbers don't overlap, or None if they have none."""
    if value.name not in result.support or before.name not in result.support:
        return None
    now, then = (evidence_of(column.name, row, result) for column in (value, before))
    if now is None or then is None or now.low is None or now.high is None or then.low is None or then.high is None:
        return None
    return now.low > then.high or then.low > now.high


def _is_by_date(result: Result) -> bool:
    return len(result.keys) == 1 and result.keys[0].grain is not None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def count_words(result: Result) -> str:
    """Return the number of groups in words: "12 rows", or "50 of 214 rows" if a limit leaves out some."""
    if not result.keys:
        return counted(result.table.num_rows, "row")
    limit = result.query.limit
    if limit is not None and limit < result.groups:
        return f"{limit:,} of {counted(result.groups, 'row')}"
    return counted(result.groups, "row")


def rows_words(result: Result) -> str:
    """Return the number of rows in a file in words: "5 rows and Other, total at the end".

    Neither Other nor a total counts as a row.
    """
    return ", ".join(part for part in (group_words(result), totals_words(result)) if part)


def group_words(result: Result) -> str:
    """Return the number of listed groups in words: "5 rows and Other". Neither Other nor a total counts as a row."""
    others = sum(is_other(row_kind) and not is_total(row_kind) for row_kind in row_kinds(result))
    rest = {0: "", 1: " and Other"}.get(others, f" and {others:,} Others")
    return count_words(result) + rest


def totals_words(result: Result) -> str:
    """Return where a file has its totals, such as "totals at the end", or "" if it has none."""
    totals = sum(map(is_total, row_kinds(result)))
    return f"{'total' if totals == 1 else 'totals'} at the end" if totals else ""
