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
    ended = [[*line, 0] for line in counts]
    shown = [_shown_beside(of_row, marks) for of_row in hidden]
    for first, later in combinations(range(places + 1), 2):
        if at is not None and at not in (first, later):
            continue
        ends = {marks[first]} | ({marks[later]} if later < places else set())
        unknown = {place for place, of_row in enumerate(hidden) if not of_row.isdisjoint(ends)}
        if not unknown:
            continue
        between = [float(line[first] - line[later]) for line in ended]
        for place in unknown:
            after, before = shown[place]
            if after[first] <= later:
                between[place] -= ended[place][after[first]] - ended[place][before[later]]
        for place in protect(unknown, between, lines, need) - unknown:
            hidden[place].add(marks[later] if later < places else marks[first])
            shown[place] = _shown_beside(hidden[place], marks)


def _shown_beside(hidden: set[int], marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """For each count of a row, the next one and the one before it that is shown, or itself. The end is always shown."""
    places = len(marks)
    after, before = [places] * (places + 1), [0] * (places + 1)
    for place in reversed(range(places)):
        after[place] = after[place + 1] if marks[place] in hidden else place
    for place in range(places + 1):
        is_shown = place == places or marks[place] not in hidden
        before[place] = place if is_shown or not place else before[place - 1]
    return after, before
