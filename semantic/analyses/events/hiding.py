"""Hide small groups in counts that contain each other, such as the steps of a funnel (decision 36).

Another example is the subjects who were old enough for each period, and those of them who came back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Final

from semantic.config.checkpoint import checkpoint
from semantic.results.secondary_suppression import Line, protect

_END: Final = -2
"""The mark of the empty count at the end, which is always shown."""


class Hidden:
    """The hidden counts of each row. A count is identified by its mark.

    `rows` has the marks of each row's hidden counts. `lines` says which rows add up to which row.
    """

    def __init__(self, rows: Sequence[set[int]], lines: Sequence[Line]) -> None:
        self.rows, self.lines = rows, lines
        self.time = 0
        self._lines_of: dict[int, list[int]] = {}
        for place, (total, parts) in enumerate(lines):
            for row in (*parts, total):
                self._lines_of.setdefault(row, []).append(place)
        self._at: dict[int, set[int]] = {}
        self._on: dict[int, list[set[int]]] = {}
        self._changed: dict[int, int] = {}
        for row, marks in enumerate(rows):
            for mark in marks:
                self._put(row, mark)

    def add(self, row: int, mark: int) -> None:
        """Hide the count with this mark in a row."""
        if mark not in self.rows[row]:
            self.rows[row].add(mark)
            self._put(row, mark)

    def at(self, mark: int) -> set[int]:
        """Return the rows in which the count with this mark is hidden."""
        return self._at.get(mark, _NONE)

    def on(self, mark: int, line: int) -> set[int]:
        """Return the rows of a line, including its total, in which the count with this mark is hidden."""
        return self._on[mark][line] if mark in self._on else _NONE

    def changed(self, mark: int) -> int:
        """Return the time at which a count with this mark was last hidden, as a number of changes."""
        return self._changed.get(mark, 0)

    def _put(self, row: int, mark: int) -> None:
        self.time += 1
        self._changed[mark] = self.time
        self._at.setdefault(mark, set()).add(row)
        if mark not in self._on:
            self._on[mark] = [set() for _ in self.lines]
        for line in self._lines_of.get(row, ()):
            self._on[mark][line].add(row)


_NONE: Final[set[int]] = set()
Looked = dict[tuple[int, int], int]
"""The time at which each pair of counts was last checked, as a number of changes."""


def hide_between(
    hidden: Hidden,
    counts: Sequence[Sequence[int]],
    marks: Sequence[int],
    need: int,
    at: int | None = None,
    looked: Looked | None = None,
) -> None:
    """Hide more counts, so that the subjects between two counts of hidden rows are never few in total.

    `counts` has a list for each mark with the count of each row. From one mark to the next, the counts of a row
    decrease, because each contains the next. A count is hidden if its row in `hidden` has its mark. Shown counts in
    between are subtracted, because a reader can subtract them too. With `at`, only pairs with this count are checked. A
    pair in `looked` is checked again only if a count between the two was hidden in the meantime.
    """
    _Between(hidden, counts, marks, need).hide(at, {} if looked is None else looked)


class _Between:
    def __init__(self, hidden: Hidden, counts: Sequence[Sequence[int]], marks: Sequence[int], need: int) -> None:
        self.hidden, self.marks, self.lines, self.need = hidden, [*marks, _END], hidden.lines, need
        self.places = len(marks)
        self.counts: list[Sequence[int]] = [*counts, [0] * len(hidden.rows)]  # the last count is 0
        self.shown: dict[int, list[int]] = {}  # by row, the positions of shown counts; the last one is always shown
        every = [row for _, parts in self.lines for row in parts]
        self.totals = {total for total, _ in self.lines}
        self.is_simple = len(every) == len(set(every)) and len(self.totals) == len(self.lines)
        self.parts = {total: {*parts} for total, parts in self.lines}

    def hide(self, at: int | None, looked: Looked) -> None:
        """Check every pair of counts, or the pairs with the count `at`."""
        for first, later in self._pairs(at):
            at_first, at_later = self.hidden.at(self.marks[first]), self.hidden.at(self.marks[later])
            if not at_first and not at_later:
                continue
            last = max(map(self.hidden.changed, self.marks[first : later + 1]))
            if looked.get((first, later), -1) >= last:
                continue
            checkpoint()
            looked[first, later] = self.hidden.time
            if self.is_simple and self._is_enough(first, later):
                continue
            unknown = at_first | at_later
            between = [float(left - right) for left, right in zip(self.counts[first], self.counts[later], strict=True)]
            for row in unknown:
                between[row] = self._unseen(row, first, later)
            mark = self.marks[later] if later < self.places else self.marks[first]
            for row in protect(unknown, between, self.lines, self.need) - unknown:
                self.hidden.add(row, mark)
                self.shown.pop(row, None)

    def _pairs(self, at: int | None) -> Iterator[tuple[int, int]]:
        if at is None:
            return combinations(range(self.places + 1), 2)
        return chain(((first, at) for first in range(at)), ((at, later) for later in range(at + 1, self.places + 1)))

    def _unseen(self, row: int, first: int, later: int) -> int:
        """Return how many subjects are between two counts of a row, without those that a reader can compute.

        A reader can compute how many are between the first and the last shown count.
        """
        counts = self.counts
        between = counts[first][row] - counts[later][row]
        if not between:
            return 0
        if row not in self.shown:
            mine = self.hidden.rows[row]
            self.shown[row] = [place for place, mark in enumerate(self.marks) if mark not in mine]
        shown = self.shown[row]
        after = shown[bisect_left(shown, first)]
        if after > later:
            return between
        before = shown[bisect_right(shown, later) - 1]
        return between - (counts[after][row] - counts[before][row])

    def _is_enough(self, first: int, later: int) -> bool:
        """Whether `protect` would find nothing more to hide.

        Each line then has no hidden number, or several with enough subjects in total. Usually, the first rows of a line
        are enough to decide this. They aren't if some rows are totals themselves, because more than its own number can
        be subtracted from a total.
        """
        one, other = self.marks[first], self.marks[later]
        earlier, after = self.counts[first], self.counts[later]
        for line, (total, _) in enumerate(self.lines):
            at_first, at_later = self.hidden.on(one, line), self.hidden.on(other, line)
            is_total_hidden = total in at_first or total in at_later
            number, unseen, has_totals = 0, 0, not self.totals.isdisjoint(self.lines[line][1])
            for row in chain(at_first, (row for row in at_later if row not in at_first)):
                if not (count := self._unseen(row, first, later)):
                    continue
                number += 1
                if row in self.parts and row != total and not is_total_hidden:  # its shown parts can be subtracted
                    shown = self.parts[row] - self.hidden.at(one) - self.hidden.at(other)
                    unseen -= sum(map(earlier.__getitem__, shown)) - sum(map(after.__getitem__, shown))
                unseen += count
                if number > 1 and (is_total_hidden or (unseen >= self.need and not has_totals)):
                    break
            else:
                if number and (number == 1 or unseen < self.need):
                    return False
        return True
