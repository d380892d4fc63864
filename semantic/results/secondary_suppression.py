"""Hide further numbers next to small ones, so that totals don't reveal the small numbers (decision 36).

A total minus its shown parts is also a number. It must be neither a hidden number nor one with too few members behind
it. Several totals can reveal more together than each one alone. This module computes everything that can be derived
from the totals, and hides numbers until no hidden number can be derived.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from semantic.plan.tree.nodes import Plan
from semantic.query.resolve import BUCKET

Line = tuple[int, tuple[int, ...]]
"""A total's row, and the rows that add up to it."""
MOST_UNKNOWN = 400
"""The most hidden numbers that are checked by equations. If there are more, every total of a hidden number is
hidden.
"""
NEARLY_ZERO = 1e-9
"""The count of a number whose members aren't known, so that it doesn't look like an empty one."""
_PRIME = 2**61 - 1


def find_lines(table: pa.Table, plan: Plan) -> list[Line]:
    """Return every shown total with the rows of each finer level that add up to it."""
    names = [key.name for key in plan.keys]
    if not plan.totals or not names:
        return []
    kinds = [str(value).split(",") for value in table.column(BUCKET).to_pylist()]
    values: list[list[Any]] = [table.column(name).to_pylist() for name in names]  # Any: members of any type
    levels: dict[frozenset[int], list[int]] = {}
    for row, kind in enumerate(kinds):
        places = frozenset(place for place, part in enumerate(kind) if part != "total")
        levels.setdefault(places, []).append(row)

    def place(row: int, kept: frozenset[int]) -> object:
        """Return the values of a row in the breakdowns that a total keeps."""
        return tuple((kinds[row][each_place], values[each_place][row]) for each_place in sorted(kept))

    lines: list[Line] = []
    for places, totals in levels.items():
        for rows in (rows for finer, rows in levels.items() if places < finer):
            parts: dict[object, list[int]] = {}
            for row in rows:
                parts.setdefault(place(row, places), []).append(row)
            lines += [(total, tuple(parts.get(place(total, places), ()))) for total in totals]
    return lines


def protect(small: set[int], counts: Sequence[float], lines: Sequence[Line], need: int) -> set[int]:
    """Return the rows to hide: those in `small`, and others if needed.

    `counts` has the number of members behind each row. A row without members can't protect other rows, because readers
    would guess correctly that it's empty.
    """
    hidden = set(small)
    _along_each(hidden, counts, lines, need)
    rows = [row for _, parts in lines for row in parts]
    if len(rows) == len(set(rows)):
        return hidden  # no number is part of two totals, so combining totals reveals nothing more
    while following := _following(hidden, counts, lines) & small:
        row = min(following)
        mine = [place for total, parts in lines if row == total or row in parts for place in (*parts, total)]
        rest = [cell for cell in mine if cell not in hidden and counts[cell]]
        if not rest:
            _hide_totals(hidden, lines)
            return hidden
        hidden.add(min(rest, key=lambda cell: (counts[cell], cell)))
        _along_each(hidden, counts, lines, need)
    if len(hidden) > MOST_UNKNOWN:
        _hide_totals(hidden, lines)
    return hidden


def _along_each(hidden: set[int], counts: Sequence[float], lines: Sequence[Line], need: int) -> None:
    """Hide more rows until no total reveals a hidden number.

    A shown total over hidden numbers must have at least two of them, with enough members behind them together.
    """
    by_total: dict[int, list[tuple[int, ...]]] = {}
    for total, parts in lines:
        by_total.setdefault(total, []).append(parts)

    def unseen(row: int) -> float:
        """Return the number of members behind a hidden number.

        For a hidden total, subtract the members of its shown parts.
        """
        seen = [sum(counts[part] for part in parts if part not in hidden) for parts in by_total.get(row, ())]
        return counts[row] - max(seen, default=0)

    waiting = True
    while waiting:
        waiting = False
        for total, parts in lines:
            unknown = [row for row in (*parts, total) if row in hidden and counts[row]]
            if not unknown or (len(unknown) > 1 and (total in hidden or sum(map(unseen, unknown)) >= need)):
                continue
            rest = [row for row in parts if row not in hidden and counts[row]]
            more = min(rest, key=lambda row: (counts[row], row)) if rest else total
            if more not in hidden:
                hidden.add(more)
                waiting = True


def _following(hidden: set[int], counts: Sequence[float], lines: Sequence[Line]) -> set[int]:
    """Return the hidden numbers that can be derived from the shown ones.

    Each line is an equation, and the equations are solved as far as possible. They are solved modulo a large prime,
    which is fast and exact, and finds everything that can be derived with fractions.
    """
    if len(hidden) > MOST_UNKNOWN:
        return set()
    solved: dict[int, dict[int, int]] = {}  # each by the unknown that it determines, in terms of undetermined ones
    for equation in _equations(hidden, counts, lines):
        for row in [unknown for unknown in equation if unknown in solved]:
            _less(equation, solved[row], equation[row])
        if equation:
            first = next(iter(equation))
            by = pow(equation[first], -1, _PRIME)
            equation = {row: value * by % _PRIME for row, value in equation.items()}
            for other in solved.values():
                if first in other:
                    _less(other, equation, other[first])
            solved[first] = equation
    return {row for row, equation in solved.items() if len(equation) == 1}


def _equations(hidden: set[int], counts: Sequence[float], lines: Sequence[Line]) -> Iterator[dict[int, int]]:
    for total, parts in lines:
        equation = {row: 1 for row in parts if row in hidden and counts[row]}
        if total in hidden and counts[total]:
            equation[total] = _PRIME - 1
        if equation:
            yield equation


def _less(equation: dict[int, int], other: dict[int, int], times: int) -> None:
    for row, value in other.items():
        left = (equation.get(row, 0) - times * value) % _PRIME
        if left:
            equation[row] = left
        else:
            equation.pop(row, None)


def _hide_totals(hidden: set[int], lines: Sequence[Line]) -> None:
    """Hide every total of a hidden number.

    Nothing can be derived then, because the hidden parts could have any values.
    """
    before = -1
    while before != len(hidden):
        before = len(hidden)
        hidden.update(total for total, parts in lines if not hidden.isdisjoint(parts))
