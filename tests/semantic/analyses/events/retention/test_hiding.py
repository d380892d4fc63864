"""The counts that are hidden are the same as if every pair of counts were checked with all rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations

import pytest

from semantic.analyses.events.hiding import Hidden
from semantic.analyses.events.retention import hiding
from semantic.analyses.events.retention.hiding import Counts, hide
from semantic.config.checkpoint import also_at_checkpoints
from semantic.errors import Cancelled
from semantic.results.secondary_suppression import Line, protect
from tests.proof import part


def plainly(
    all_hidden: Hidden,
    counts: Sequence[Sequence[int]],
    marks: Sequence[int],
    need: int,
    at: int | None = None,
    looked: object = None,
) -> None:
    """Do what `hide_between` does, by calling `protect` for every pair each time."""
    places, hidden, lines = len(marks), all_hidden.rows, all_hidden.lines
    ended = [[*line, 0] for line in zip(*counts, strict=True)]
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
            all_hidden.add(place, marks[later] if later < places else marks[first])
            shown[place] = _shown_beside(hidden[place], marks)


def _shown_beside(hidden: set[int], marks: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return, for each count of a row, the next and the previous shown count, or itself.

    The last count is always shown.
    """
    places = len(marks)
    after, before = [places] * (places + 1), [0] * (places + 1)
    for place in reversed(range(places)):
        after[place] = after[place + 1] if marks[place] in hidden else place
    for place in range(places + 1):
        is_shown = place == places or marks[place] not in hidden
        before[place] = place if is_shown or not place else before[place - 1]
    return after, before


def made(chance: random.Random, *, is_nested: bool) -> tuple[list[Counts], list[Line]]:
    """Return random rows whose counts are subsets of one another, with their total first and with their groups, if
    there are any.
    """
    cells, cohorts, groups = chance.randint(1, 6), chance.randint(1, 7), chance.choice((0, 0, 1, 2, 3))
    rows: list[Counts] = []
    for _ in range(cohorts):
        size = left = chance.choice((0, 1, 3, 12, 40, 500))
        eligible: list[int] = []
        for _ in range(cells):
            left = max(0, left - chance.choice((0, 0, 0, 1, 3, 20)))
            eligible.append(left)
        came = [chance.randint(0, each) for each in eligible]
        if is_nested:
            came = [min(came[: cell + 1]) for cell in range(cells)]
        rows.append(Counts(size, eligible, came))
    if not groups:
        return [added(rows, cells), *rows], [(0, tuple(range(1, cohorts + 1)))]
    group_of = [chance.randrange(groups) for _ in rows]
    first = 1 + groups
    lines: list[Line] = [(0, tuple(range(1, first)))]
    for group in range(groups):
        lines.append((1 + group, tuple(first + place for place, of in enumerate(group_of) if of == group)))
    each = [
        added([row for row, of in zip(rows, group_of, strict=True) if of == group], cells) for group in range(groups)
    ]
    return [added(rows, cells), *each, *rows], lines


def added(rows: Sequence[Counts], cells: int) -> Counts:
    sums = [[sum(of(row)[cell] for row in rows) for cell in range(cells)] for of in (eligible_of, came_of)]
    return Counts(sum(row.size for row in rows), *sums)


def eligible_of(row: Counts) -> Sequence[int]:
    return row.eligible


def came_of(row: Counts) -> Sequence[int]:
    return row.came


def test_the_fast_algorithm_hides_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = 0
    for seed in range(part(4_000)):
        chance = random.Random(seed)
        is_nested = chance.random() < 0.4
        rows, lines = made(chance, is_nested=is_nested)
        need = chance.choice((2, 4, 10))
        quick = hide(rows, lines, need, is_nested=is_nested)
        with monkeypatch.context() as patched:
            patched.setattr(hiding, "hide_between", plainly)
            assert quick == hide(rows, lines, need, is_nested=is_nested), seed
        hidden += sum(map(len, quick[1]))
    assert hidden > part(4_000)


def test_hiding_stops_at_a_checkpoint_once_cancelled() -> None:
    rows, lines = made(random.Random(7), is_nested=False)
    looks = 0

    def stop() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Cancelled("This was cancelled.")

    with also_at_checkpoints(stop), pytest.raises(Cancelled):
        hide(rows, lines, 10, is_nested=False)
    assert looks == 3
