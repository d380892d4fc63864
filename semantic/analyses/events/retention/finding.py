"""The finding of retention: how many subjects could come back in each cell, how many did, and how long it took.

A subject is eligible for a cell once it has been followed long enough. A cell of a cohort by date is open until
everyone in the cohort is eligible. Cells of groups and of all subjects count the subjects who are already eligible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.retention.hiding import Counts, hide, safe_periods
from semantic.analyses.events.retention.lower import CELLS
from semantic.analyses.events.retention.question import Measured, Retention, Slot, attribute_of
from semantic.analyses.events.retention.survival import Waiting, waiting
from semantic.results.secondary_suppression import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The number of subjects who are eligible for a cell, the number who came back, and their returns and amounts.

    Numbers are None if they are hidden or open. With `is_open`, too few periods have ended, so there are no numbers
    yet.
    """

    eligible: int | None
    came: int | None
    times: int | None
    amount: float | None
    is_open: bool = False

    @property
    def share(self) -> float | None:
        """The share of the eligible subjects who came back, or None."""
        return self.came / self.eligible if self.came is not None and self.eligible else None

    def value(self, measure: Measured) -> float | None:
        """Return the share who came back, or the number of returns or the amount per eligible subject, or None."""
        if measure == "subjects":
            return self.share
        part = self.times if measure == "events" else self.amount
        return part / self.eligible if part is not None and self.eligible else None


OPEN = Cell(eligible=None, came=None, times=None, amount=None, is_open=True)
HIDDEN = replace(OPEN, is_open=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRow:
    """One cohort, one group, or all subjects. `size` is None if hidden.

    `waiting` is the curve of the time until the first return. Only groups and all subjects have it.
    """

    by: object = None
    over: date | None = None
    size: int | None
    cells: tuple[Cell, ...]
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionFound:
    """The finding of retention.

    `groups` are sorted by size, largest first. `cohorts` are sorted by group, then by date. `hides` is whether any
    number is hidden because it counts too few subjects.
    """

    asked: Retention
    whole: RetentionRow
    groups: tuple[RetentionRow, ...]
    cohorts: tuple[RetentionRow, ...]
    hides: bool

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The periods that each cell covers."""
        return self.asked.slots

    @property
    def lines(self) -> tuple[RetentionRow, ...]:
        """All rows: the row of all subjects, then groups, then cohorts."""
        return (self.whole, *self.groups, *self.cohorts)


def find_retention(retention: Retention, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> RetentionFound:
    """Return the finding from the engine's rows. If there are no rows, all numbers are 0."""
    tallies: dict[tuple[object, date | None], _Tally] = {}
    for row in rows:
        place = _place(retention, row)
        if place not in tallies:
            tallies[place] = _Tally(retention)
        tallies[place].add(row)
    whole = _Tally(retention).with_all(tallies.values())
    groups: list[tuple[object, _Tally]] = []
    if retention.by is not None:
        values = list(dict.fromkeys(by for by, _ in tallies))
        pooled = {
            by: _Tally(retention).with_all(each for (of, _), each in tallies.items() if of == by) for by in values
        }
        groups = sorted(pooled.items(), key=lambda item: (-item[1].size, item[0] is None, str(item[0])))
    order = {by: place for place, (by, _) in enumerate(groups)}
    dated = sorted(tallies.items(), key=lambda item: (order.get(item[0][0], 0), item[0][1] or date.min))
    cohorts = [(place, tally) for place, tally in dated if retention.over is not None]
    found = RetentionFound(
        asked=retention,
        whole=whole.row(waits=True),
        groups=tuple(replace(tally.row(waits=True), by=by) for by, tally in groups),
        cohorts=tuple(replace(tally.row(is_dated=True), by=by, over=over) for (by, over), tally in cohorts),
        hides=False,
    )
    if not planned.smallest:
        return found
    every = [whole, *(tally for _, tally in groups), *(tally for _, tally in cohorts)]
    lines = _lines([order.get(by, 0) for (by, _), _ in cohorts], len(groups))
    return _without_small(found, every, lines, planned.smallest)


def _place(retention: Retention, row: Mapping[str, Any]) -> tuple[object, date | None]:
    by = row[f"k{attribute_of(retention, 'by')}"] if retention.by is not None else None
    over = row[f"k{attribute_of(retention, 'over')}"] if retention.over is not None else None
    return by, over if isinstance(over, date) else None


def _lines(group_of: Sequence[int], groups: int) -> list[Line]:
    """Return which rows add up to which: cohorts to their group, and groups to all subjects."""
    first = 1 + groups
    if not groups:
        return [(0, tuple(range(1, first + len(group_of))))] if group_of else []
    lines: list[Line] = [(0, tuple(range(1, first)))]
    if group_of:
        lines += [
            (1 + group, tuple(first + place for place, of in enumerate(group_of) if of == group))
            for group in range(groups)
        ]
    return lines


@dataclass
class _Tally:
    """The numbers of one row, used while they are added up."""

    retention: Retention
    slots: tuple[Slot, ...] = ()
    size: int = 0
    eligible: list[int] = field(default_factory=list[int])
    came: list[int] = field(default_factory=list[int])
    times: list[int] = field(default_factory=list[int])
    amounts: list[Any] = field(default_factory=list[Any])  # Any: decimals or fractions
    at_risk: list[int] = field(default_factory=list[int])
    back: list[int] = field(default_factory=list[int])

    def __post_init__(self) -> None:
        self.slots = self.retention.slots
        slots, periods = len(self.slots), self.retention.last + 1
        self.eligible, self.came, self.times, self.amounts = ([0] * slots for _ in range(4))
        self.at_risk, self.back = [0] * periods, [0] * periods

    def add(self, row: Mapping[str, Any]) -> None:
        """Add the numbers of an engine's row."""
        subjects, x = int(row["subjects"]), int(row["x"])
        if row["what"] == CELLS:
            self.came[x - 1] += subjects
            self.times[x - 1] += int(row["times"])
            self.amounts[x - 1] += row.get("amount") or 0
            return
        first, last = int(row["first_back"]), int(row["last_back"])
        self.size += subjects
        for place, slot in enumerate(self.slots):
            if x > slot.needs:
                self.eligible[place] += subjects
                if slot.high is None and last >= slot.low:
                    self.came[place] += subjects
        for period in range(min(x, len(self.at_risk))):
            self.at_risk[period] += subjects if first >= period else 0
            self.back[period] += subjects if first == period else 0

    def with_all(self, others: Iterable[_Tally]) -> _Tally:
        """Add the numbers of other tallies, and return this tally."""
        for other in others:
            self.size += other.size
            for mine, its in (
                (self.eligible, other.eligible), (self.came, other.came), (self.times, other.times),
                (self.amounts, other.amounts), (self.at_risk, other.at_risk), (self.back, other.back),
            ):  # fmt: skip
                mine[:] = [left + right for left, right in zip(mine, its, strict=True)]
        return self

    def row(self, *, is_dated: bool = False, waits: bool = False) -> RetentionRow:
        """Return the row as it's shown if nothing is hidden."""
        least = self.size if is_dated else 1
        cells = [
            Cell(eligible=eligible, came=came, times=times, amount=float(amount)) if eligible >= max(least, 1) else OPEN
            for eligible, came, times, amount in zip(self.eligible, self.came, self.times, self.amounts, strict=True)
        ]
        curve = waiting(self.at_risk, self.back) if waits else ()
        return RetentionRow(size=self.size, cells=tuple(cells), waiting=curve)


# Small groups


def _without_small(
    found: RetentionFound, tallies: Sequence[_Tally], lines: Sequence[Line], need: int
) -> RetentionFound:
    """Return the finding with small numbers hidden, and with numbers hidden that would reveal small ones."""
    counts = [Counts(tally.size, tally.eligible, tally.came) for tally in tallies]
    sizes, cells = hide(counts, lines, need, is_nested=found.asked.count == "on_or_after")
    rows = [
        replace(
            row,
            size=None if place in sizes else row.size,
            cells=tuple(
                HIDDEN if at in cells[place] and not cell.is_open else cell for at, cell in enumerate(row.cells)
            ),
            waiting=(),
        )
        for place, row in enumerate(found.lines)
    ]
    whole, groups = rows[0], len(found.groups)
    if whole.size is not None:
        whole = replace(whole, waiting=_safe_curve(found, whole, tallies[0], need))
    hides = any(row.size is None or HIDDEN in row.cells for row in rows)
    hides = hides or len(whole.waiting) < len(found.whole.waiting)
    return replace(
        found, whole=whole, groups=tuple(rows[1 : 1 + groups]), cohorts=tuple(rows[1 + groups :]), hides=hides
    )


def _safe_curve(found: RetentionFound, whole: RetentionRow, tally: _Tally, need: int) -> tuple[Waiting, ...]:
    """Return the curve of all subjects. It ends before the period that would reveal a small group."""
    shown: list[int | None] = [None] * len(tally.at_risk)
    for slot, cell in zip(found.slots, whole.cells, strict=True):
        if slot.low == slot.high:
            shown[slot.low] = cell.came
    return found.whole.waiting[: safe_periods(tally.size, tally.at_risk, tally.back, shown, need)]
