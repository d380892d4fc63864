"""Small groups among counts that contain one another: those of a funnel's steps, or those who were old enough for each
period and came back (decision 36).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain, combinations

from semantic.results.secondary_suppression import Line, protect


def hide_between(
    hidden: Sequence[set[int]],
    counts: Sequence[Sequence[int]],
    marks: Sequence[int],
    lines: Sequence[Line],
    need: int,
    at: int | None = None,
) -> None:
    """Hide more counts, so that those between two counts in hidden rows aren't few together.

    `counts` have a list for each mark, with the count of each row. Those of a row become smaller from one mark to the
    next, as each contains the next, and the last one contains no one who isn't counted. A count is hidden if its mark
    is in `hidden` of its row. `lines` say which rows add up to which. What a row shows of the counts in between can be
    subtracted too. With `at`, only pairs with this count are looked at.
    """
    _Between(hidden, counts, marks, lines, need).hide(at)


class _Between:
    def __init__(
        self,
        hidden: Sequence[set[int]],
        counts: Sequence[Sequence[int]],
        marks: Sequence[int],
        lines: Sequence[Line],
        need: int,
    ) -> None:
        self.hidden, self.marks, self.lines, self.need = hidden, marks, lines, need
        self.places = len(marks)
        self.counts: list[Sequence[int]] = [*counts, [0] * len(hidden)]  # the end contains no one
        self.hiding = {mark: {row for row, of_row in enumerate(hidden) if mark in of_row} for mark in marks}
        self.shown: dict[int, list[int]] = {}  # by row, the places of shown counts; the end is always shown
        self.lines_of: dict[int, list[int]] = {}
        for place, (total, parts) in enumerate(lines):
            for row in (*parts, total):
                self.lines_of.setdefault(row, []).append(place)
        every = [row for _, parts in lines for row in parts]
        self.is_simple = len(every) == len(set(every))
        self.totals = {total for total, _ in lines}

    def hide(self, at: int | None) -> None:
        """Look at every pair of counts, or at those with one of them."""
        for first, later in combinations(range(self.places + 1), 2):
            if at is not None and at not in (first, later):
                continue
            at_first = self.hiding[self.marks[first]]
            at_later = self.hiding[self.marks[later]] if later < self.places else set[int]()
            if not at_first and not at_later:
                continue
            if self.is_simple and self._is_enough(first, later, at_first, at_later):
                continue
            unknown = at_first | at_later
            between = [float(left - right) for left, right in zip(self.counts[first], self.counts[later], strict=True)]
            for row in unknown:
                between[row] = self._unseen(row, first, later)
            mark = self.marks[later] if later < self.places else self.marks[first]
            for row in protect(unknown, between, self.lines, self.need) - unknown:
                self.hidden[row].add(mark)
                self.hiding[mark].add(row)
                self.shown.pop(row, None)

    def _unseen(self, row: int, first: int, later: int) -> int:
        """How many are between two counts of a row, without those between the first and the last that are shown."""
        if row not in self.shown:
            mine = self.hidden[row]
            self.shown[row] = [place for place, mark in enumerate(self.marks) if mark not in mine] + [self.places]
        shown, counts = self.shown[row], self.counts
        between = counts[first][row] - counts[later][row]
        after = shown[bisect_left(shown, first)]
        if after > later:
            return between
        before = shown[bisect_right(shown, later) - 1]
        return between - (counts[after][row] - counts[before][row])

    def _is_enough(self, first: int, later: int, at_first: set[int], at_later: set[int]) -> bool:
        """Whether each line has several unknown numbers with enough behind them together, or none: `protect` would then
        find nothing to hide. It is decided by the first rows in most cases.
        """
        numbers, sums, enough = dict[int, int](), dict[int, int](), set[int]()
        for row in chain(at_first, (row for row in at_later if row not in at_first)):
            mine = [line for line in self.lines_of.get(row, ()) if line not in enough]
            if not mine or not (count := self._unseen(row, first, later)):
                continue
            for line in mine:
                total = self.lines[line][0]
                is_total_hidden = total in at_first or total in at_later
                if row in self.totals and row != total and not is_total_hidden:
                    return False  # its shown parts can be subtracted
                numbers[line] = numbers.get(line, 0) + 1
                sums[line] = sums.get(line, 0) + count
                if numbers[line] > 1 and (is_total_hidden or sums[line] >= self.need):
                    enough.add(line)
            if len(enough) == len(self.lines):
                return True
        return len(enough) == len(numbers)
