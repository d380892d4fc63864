"""Compare the answers to one question under the published definitions and under a draft's.

The comparison shows which values change, the first day that changes, and the largest change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isfinite

from semantic.display.change import change_between, change_text
from semantic.display.format import counted, writer
from semantic.display.rows import key_cells
from semantic.governance.compare_people import RowPair, pair_rows
from semantic.query.describe import describe_day
from semantic.results.result import Result, ResultColumn

NO_VALUE = "No value"


class Effect(StrEnum):
    """The effect of a draft on one item. The first effect is the worst."""

    BREAKS = "breaks"
    LOST = "lost"
    HISTORY = "history"
    FROM = "from"
    SILENT = "silent"
    FIRES = "fires"
    RATE = "rate"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    NONE = "none"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Effect.BREAKS: "Breaks",
    Effect.LOST: "Its owner loses access",
    Effect.HISTORY: "Restates history",
    Effect.FROM: "Changes from a date on",
    Effect.SILENT: "Goes silent",
    Effect.FIRES: "Starts firing",
    Effect.RATE: "Fires differently",
    Effect.HIDDEN: "Changes; not shown to you",
    Effect.UNKNOWN: "Can't be compared",
    Effect.WAITING: "Not compared",
    Effect.NONE: "None",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one item's values change. `old`, `new` and `change` describe the value that changes most.

    `where` says which value that is, and how many values change. `first` is the first day that differs, if earlier days
    are equal. `why` is the reason if no values could be compared.
    """

    effect: Effect
    old: str = ""
    new: str = ""
    change: str = ""
    where: str = ""
    first: date | None = None
    why: str = ""


NOTHING = Outcome(effect=Effect.NONE)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A value's numbers in both answers."""

    column: ResultColumn
    key: tuple[object, ...]
    old: float | None
    new: float | None

    @property
    def size(self) -> float:
        """The size of the change, for ranking: relative to the old value, or for shares, the difference."""
        if self.old is None or self.new is None or not (isfinite(self.old) and isfinite(self.new)):
            return float("inf")
        change = change_between(self.new, self.old, self.column)
        return abs(change) if change is not None else float("inf")


def compare(before: Result, after: Result) -> Outcome:
    """Return how the values in the answer to one question change between two models."""
    if [column.name for column in before.columns] != [column.name for column in after.columns]:
        return Outcome(effect=Effect.UNKNOWN, why="Its columns differ.")
    pairs = [pair for pair in pair_rows(before, after) if _has_value(pair)]
    moved = [each for pair in pairs for each in _moved(pair, before, after)]
    if not moved:
        return NOTHING
    total = sum(len(before.values) for _ in pairs)
    # Of several equal changes, the first by name: the order of rows depends on what else is asked.
    moved.sort(key=lambda each: (each.column.name, str(each.key)))
    largest = max(moved, key=lambda each: (each.size, _magnitude(each)))
    write = writer(largest.column, [value for value in (largest.old, largest.new) if value is not None])
    change = change_between(largest.new, largest.old, largest.column)
    first = _first_moved(before, [pair.key for pair in pairs], {each.key for each in moved})
    return Outcome(
        effect=Effect.FROM if first is not None else Effect.HISTORY,
        old=write(largest.old) if largest.old is not None else NO_VALUE,
        new=write(largest.new) if largest.new is not None else NO_VALUE,
        change=change_text(change, largest.column, (largest.old, largest.new)) if change is not None else "",
        where=_where(largest, before, len(moved), total),
        first=first,
    )


def with_start(outcome: Outcome, first: date | None) -> Outcome:
    """Return the outcome with `first` as the first changed day, if it says that every value changes."""
    if outcome.effect is not Effect.HISTORY or first is None:
        return outcome
    return Outcome(
        effect=Effect.FROM, old=outcome.old, new=outcome.new, change=outcome.change, where=outcome.where, first=first
    )


def effect_words(outcome: Outcome) -> str:
    """Return an effect as text, with the first changed day."""
    if outcome.effect is Effect.FROM and outcome.first is not None:
        return f"Changes from {describe_day(outcome.first)} on"
    return outcome.effect.words


def _has_value(pair: RowPair) -> bool:
    """Whether a group has a number before or after the change.

    A group can lack a number and appear only because of the question's other metrics.
    """
    sides = [side for side in (pair.left, pair.right) if side is not None]
    return any(value is not None for side in sides for value in side.values())


def _moved(pair: RowPair, before: Result, after: Result) -> Iterator[_Moved]:
    for column in before.values:
        if pair.left is not None and pair.right is not None:
            if column.name in pair.differing:
                yield _Moved(column, pair.key, pair.left[column.name], pair.right[column.name])
            continue
        old = pair.left[column.name] if pair.left is not None else None
        new = pair.right[column.name] if pair.right is not None else None
        if old is not None or new is not None:  # a row that appears or disappears without a value changes nothing
            yield _Moved(column, pair.key, old, new)


def _magnitude(each: _Moved) -> float:
    values = [abs(value) for value in (each.old, each.new) if value is not None and isfinite(value)]
    return max(values, default=0.0)


def _first_moved(before: Result, keys: Sequence[tuple[object, ...]], moved: Set[tuple[object, ...]]) -> date | None:
    """Return the first day whose values differ, or None if the answer has no earlier days that are equal."""
    place = next((at for at, column in enumerate(before.keys) if column.grain is not None), None)
    if place is None:
        return None
    days = [day for key in keys if isinstance(day := key[place], date)]
    changed = [day for key in moved if isinstance(day := key[place], date)]
    return min(changed) if changed and min(changed) > min(days) else None


def _where(largest: _Moved, result: Result, count: int, total: int) -> str:
    """Return which value is shown: "Market DE, largest of 7 of 12 values"."""
    parts = [largest.column.label] if len(result.values) > 1 else []
    if result.keys:
        *values, bucket = largest.key
        parts += [cell for cell in key_cells(values, tuple(str(bucket).split(",")), result.keys) if cell]
    if total == 1:
        return ", ".join(parts)
    what = f"{count:,} of {counted(total, 'value')} {'changes' if count == 1 else 'change'}"
    place = ", ".join(parts)
    if not place:
        return what
    return f"{what}, most in {place}" if count > 1 else f"{what}: {place}"
