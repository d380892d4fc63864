"""No small number can be computed from the shown totals. All equations are checked together, by their rank."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

from semantic.results.secondary_suppression import Line, protect
from tests.proof import part_of

SIZE, NEED = 4, 5
CELLS = {place: row for row, place in enumerate(product(range(SIZE), range(SIZE)))}
FIRST_TOTAL = len(CELLS)
DOWN = [FIRST_TOTAL + place for place in range(SIZE)]
ACROSS = [FIRST_TOTAL + SIZE + place for place in range(SIZE)]
ALL = FIRST_TOTAL + 2 * SIZE
LINES: list[Line] = [
    *((DOWN[number], tuple(CELLS[other, number] for other in range(SIZE))) for number in range(SIZE)),
    *((ACROSS[number], tuple(CELLS[number, other] for other in range(SIZE))) for number in range(SIZE)),
    *((ALL, tuple(rows)) for rows in (CELLS.values(), DOWN, ACROSS)),
]


def counts_of(cells: Iterable[int]) -> list[float]:
    """Return the number of things behind each cell and each total."""
    counts = [*map(float, cells), *[0.0] * (2 * SIZE + 1)]
    for total, parts in LINES[: 2 * SIZE]:
        counts[total] = sum(counts[row] for row in parts)
    counts[ALL] = sum(counts[row] for row in DOWN)
    return counts


def told(hidden: set[int], counts: list[float]) -> set[int]:
    """Return the hidden numbers that the shown ones determine.

    Fixing such a number doesn't raise the rank of the equations.
    """
    unknown = sorted(row for row in hidden if counts[row])
    equations = np.array([[(row in parts) - (row == total) for row in unknown] for total, parts in LINES], dtype=float)
    rank = np.linalg.matrix_rank(equations) if unknown else 0
    alone = np.eye(len(unknown))
    return {
        row for place, row in enumerate(unknown) if np.linalg.matrix_rank(np.vstack([equations, alone[place]])) == rank
    }


def test_a_number_that_several_totals_together_reveal_stays_hidden() -> None:
    """Each total covers two or more hidden numbers, but together they reveal the one between the two squares."""
    squares = [
        CELLS[each_corner, other]
        for corner in (0, 2)
        for each_corner in (corner, corner + 1)
        for other in (corner, corner + 1)
    ]
    small = {*squares, CELLS[0, 2]}
    counts = counts_of(3 if row in small else 50 for row in CELLS.values())
    assert told(small, counts) == {CELLS[0, 2]}
    hidden = protect(small, counts, LINES, NEED)
    assert small < hidden
    assert not told(hidden, counts) & small


def test_shown_parts_of_a_hidden_total_are_subtracted() -> None:
    """All, minus the first total and the shown parts of the hidden third total, would be two parts with three
    things.
    """
    #          all, three totals, parts of the first, of the second, and of the third
    counts = [79.0, 48.0, 2.0, 29.0, *(40.0, 6.0, 2.0), 2.0, *(8.0, 1.0, 20.0)]
    lines: list[Line] = [(0, (1, 2, 3)), (0, tuple(range(4, 11))), (1, (4, 5, 6)), (2, (7,)), (3, (8, 9, 10))]
    hidden = protect({2, 6, 7, 9}, counts, lines, NEED)
    assert {1, 2, 3} <= hidden


def test_nothing_more_is_hidden_if_no_total_reveals_a_number() -> None:
    square = {CELLS[number, other] for number in (0, 1) for other in (0, 1)}
    counts = counts_of(3 if row in square else 50 for row in CELLS.values())
    assert not told(square, counts)
    assert protect(square, counts, LINES, NEED) == square


@pytest.mark.parametrize("seed", part_of(range(300)))
def test_no_small_number_can_be_derived_from_shown_ones(seed: int) -> None:
    chance = random.Random(seed)
    share = chance.choice((0.1, 0.3, 0.6))
    counts = counts_of(
        chance.choice((1, 2, 4)) if chance.random() < share else chance.choice((0, 5, 9, 200)) for _ in CELLS
    )
    small = {row for row, count in enumerate(counts) if 0 < count < NEED}
    hidden = protect(small, counts, LINES, NEED)
    assert small <= hidden
    assert not told(hidden, counts) & small
