"""Small groups among counts that contain one another: those of a funnel's steps, or those who were old enough for each
period and came back (decision 36).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

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

    `counts` of each row become smaller from left to right, as each contains the next, and the last one contains no one
    who isn't counted. A count is hidden if its mark is in `hidden` of its row. `lines` say which rows add up to which.
    What a row shows of the counts in between can be subtracted too. With `at`, only pairs with this count are looked
    at.
    """
    places = len(marks)
    for first, later in combinations(range(places + 1), 2):
        if at is not None and at not in (first, later):
            continue
        ends = {marks[first]} | ({marks[later]} if later < places else set())
        unknown = {place for place, of_row in enumerate(hidden) if not of_row.isdisjoint(ends)}
        if not unknown:
            continue
        between = list[float]()
        for place, (line, of_row) in enumerate(zip(counts, hidden, strict=True)):
            ended = [*line, 0]
            count = ended[first] - ended[later]
            if place in unknown:
                shown = [each for each in range(first, later + 1) if each == places or marks[each] not in of_row]
                count -= ended[shown[0]] - ended[shown[-1]] if shown else 0
            between.append(float(count))
        for place in protect(unknown, between, lines, need) - unknown:
            hidden[place].add(marks[later] if later < places else marks[first])
