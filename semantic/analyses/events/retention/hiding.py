"""Find the numbers of retention to hide, so that no small group can be seen or computed (decision 36).

In each cell, neither the subjects who came back nor the others can be few. Everyone in a cohort is also in its group
and in the row of all subjects. Everyone who is eligible for a cell is also eligible for the cells before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.analyses.events.hiding import Hidden, Looked, hide_between
from semantic.errors import InvalidQuery
from semantic.results.secondary_suppression import Line, protect

SIZE = -1
"""The mark for the size of a row. The other marks are its cells."""

MOST_CELLS = 200_000
"""The most cells in which small groups can be hidden. These take up to about four seconds, and more would take
minutes.
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one row: its size and, for each cell, the eligible subjects and those who came back."""

    size: int
    eligible: Sequence[int]
    came: Sequence[int]


def hide(
    rows: Sequence[Counts], lines: Sequence[Line], need: int, *, is_nested: bool
) -> tuple[set[int], list[set[int]]]:
    """Return the rows whose size must be hidden, and the cells to hide in each row.

    `lines` says which rows add up to which. With `is_nested`, everyone who came back in a cell also came back in the
    previous cells. Raises InvalidQuery for more than MOST_CELLS cells.
    """
    sizes = [float(row.size) for row in rows]
    if len(rows) * (len(rows[0].came) if rows else 0) > MOST_CELLS:
        raise InvalidQuery(
            "This retention has too many cohorts to know which of them would reveal small groups, which are hidden "
            "from you. Choose longer cohorts, fewer periods or a shorter time, or remove the breakdown."
        )
    small = protect({place for place, row in enumerate(rows) if row.size < need}, sizes, lines, need)
    hidden = [
        set(range(len(row.came))) if place in small else _small_cells(row, need, is_nested=is_nested)
        for place, row in enumerate(rows)
    ]
    cells, before, all_hidden = range(len(rows[0].came)), -1, Hidden(hidden, lines)
    eligible = [[row.size for row in rows], *([row.eligible[cell] for row in rows] for cell in cells)]
    came = [[row.came[cell] for row in rows] for cell in cells]
    looked: list[Looked] = [{} for _ in range(len(cells) + 1)]
    while lines and before != all_hidden.time:
        before = all_hidden.time
        for place in small:
            all_hidden.add(place, SIZE)
        hide_between(all_hidden, eligible, (SIZE, *cells), need, looked=looked[-1])
        for cell in cells:  # the eligible subjects of a cell, then those who came back
            last = len(cells) if is_nested else cell + 1
            counts = [*eligible[: cell + 2], *came[cell:last]]
            marks = (SIZE, *cells[: cell + 1], *cells[cell:last])
            hide_between(all_hidden, counts, marks, need, at=cell + 2, looked=looked[cell])
        small = {place for place, of_row in enumerate(hidden) if SIZE in of_row}
        for place in small:
            for cell in cells:
                all_hidden.add(place, cell)
    for of_row in hidden:
        of_row.discard(SIZE)
    return small, hidden


def _small_cells(row: Counts, need: int, *, is_nested: bool) -> set[int]:
    hidden, whole, before = set[int](), row.size, None
    for cell, (eligible, came) in enumerate(zip(row.eligible, row.came, strict=True)):
        parts = [whole - eligible, eligible - came] + ([before - came] if is_nested and before is not None else [])
        if came < need or any(_is_few(part, need) for part in parts):
            hidden.add(cell)
        else:
            whole, before = eligible, came
    return hidden


def safe_periods(size: int, at_risk: Sequence[int], back: Sequence[int], came: Sequence[int | None], need: int) -> int:
    """Return the number of periods, starting with period 0, for which the time until a first return can be shown.

    `came` has the shown number of subjects who came back in each period, even if it wasn't for the first time.
    """
    before, ever = size, 0
    for period, (left, new) in enumerate(zip(at_risk, back, strict=True)):
        ever += new
        again = came[period]
        parts = [before - left, left - new] + ([abs(again - new), abs(ever - again)] if again is not None else [])
        if new < need or any(_is_few(part, need) for part in parts):
            return period
        before = left - new
    return len(at_risk)


def _is_few(count: int, need: int) -> bool:
    return 0 < count < need
