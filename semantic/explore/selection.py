"""Translate a selection in an answer, which is some rows or one cell, into the members and days that it represents.

Only members that a filter can express are included. A total selects only the breakdowns that it keeps, and Other is
everything outside the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from semantic.model.definitions import DatePart, Granularity
from semantic.query.periods import shift
from semantic.query.query import Value
from semantic.query.resolve import BUCKET, Asked
from semantic.results.result import Result, ResultColumn


class Rest(Enum):
    """A marker for Other as the selected group."""

    OTHER = "other"


Span = tuple[date, date]
"""A range of days as [first, last + 1)."""

Pin = Value | Span | Rest
"""A row's value in one breakdown: a value, None for (none), a range of days for a time dimension, or Other."""

Group = tuple[tuple[int, Pin], ...]
"""The values of a row that are selected, each with the position of its breakdown in the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedRows:
    """The selected rows of an answer. Rows with the same members in different periods form one group.

    `days` are the days that the rows cover on the question's own date, limited to the question's period, or None if the
    rows have no date.
    """

    rows: tuple[int, ...]
    groups: tuple[Group, ...]
    days: Span | None = None
    periods: int = 0  # the number of selected periods of the question's date
    is_undated: bool = False  # some row has no date
    is_hour: bool = False  # less than a day was selected
    compare: str = ""  # the comparison of the selected number, whose days aren't the question's own

    @property
    def is_everything(self) -> bool:
        """Whether the selection has no members, as for a total or a period of all groups."""
        return () in self.groups


def select_rows(result: Result, rows: Sequence[int], asked: Asked, *, column: str = "") -> SelectedRows | None:
    """Return the members and days that rows of an answer represent, or None if a question can't express them.

    `column` is the clicked column: if it's a breakdown, only that breakdown is selected.
    """
    try:
        return _pick(result, rows, asked, column)
    except (OverflowError, ValueError):
        return None  # a period that ends after the last possible day: 31 December 9999


def _pick(result: Result, rows: Sequence[int], asked: Asked, column: str) -> SelectedRows | None:
    table = result.table.take(list(rows)) if rows else result.table.slice(0, 0)
    keys = [(place, key, table.column(key.name).to_pylist()) for place, key in enumerate(result.keys)]
    kinds = [str(value).split(",") for value in table.column(BUCKET).to_pylist()] if keys else [[""] for _ in rows]
    groups: dict[Group, None] = {}
    spans: set[Span] = set()
    undated = hour = False
    for row, kind in enumerate(kinds):
        pins: list[tuple[int, Pin]] = []
        dated: list[Span] = []
        for place, key, values in keys:
            value = values[row]
            if not _is_pinned(key, kind[place], column, result, kind):
                continue
            if key.name in asked.dates:
                undated, hour = undated or value is None, hour or isinstance(value, datetime)
                dated += [_within(_span(value, key.grain, asked), result)] if value is not None else []
                continue
            pin = Rest.OTHER if kind[place] == "other" else _pin(value, key, asked)
            if pin is ...:
                return None
            pins.append((place, pin))
        groups[tuple(pins)] = None
        if dated:  # by week and by quarter, a row covers the days in both
            spans.add((max(first for first, _ in dated), min(end for _, end in dated)))
    days = (min(first for first, _ in spans), max(end for _, end in spans)) if spans else None
    compare = next((value.compare for value in result.values if value.name == column), "")
    return SelectedRows(
        rows=tuple(rows), groups=tuple(groups), days=days, periods=len(spans), is_undated=undated, is_hour=hour,
        compare=compare,
    )  # fmt: skip


def _is_pinned(key: ResultColumn, kind: str, column: str, result: Result, row: Sequence[str]) -> bool:
    """Whether a row selects a value of this breakdown. A total over the breakdown doesn't."""
    alone = "total" not in row and any(each_column.name == column for each_column in result.keys)
    return kind != "total" and (not alone or key.name == column)


def _pin(value: object, key: ResultColumn, asked: Asked) -> Any:
    """Return a value in the form that a question uses, or `...` if a question can't contain it.

    The type is Any because the ellipsis has no type of its own.
    """
    if key.part is DatePart.DAY_NUMBER:
        return ...  # a numbered day exists only in the question's period
    if key.is_period and isinstance(value, date):
        return value.isoformat()
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value == value and abs(value) < 1e30 else ...
        case Decimal():
            near = float(value)
            return near if Decimal(str(near)) == value and abs(near) < 1e30 else ...
        case date() if key.grain is not None and not isinstance(value, datetime):
            return _span(value, key.grain, asked)
        case _:
            return ...


def _span(value: date, grain: Granularity | None, asked: Asked) -> Span:
    """Return the days of the period that starts on `value`.

    An hour counts as its whole day, in the question's time zone.
    """
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(asked.time_zone)).date() if value.tzinfo else value.date()
    if grain is None or grain.is_clock:
        return value, value + timedelta(days=1)
    return value, shift(value, grain, 1)


def _within(span: Span, result: Result) -> Span:
    """Return the part of a period that lies within the question's period."""
    start, end = result.period.start, result.period.end
    first = max(span[0], start) if start else span[0]
    return first, max(min(span[1], end) if end else span[1], first)
