"""No small set of cells can be computed from the shown scores, groups and cells.

All equations between them are solved together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations, product
from types import SimpleNamespace
from typing import cast

import numpy as np

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rfm.finding import BuyerNumbers, RfmFound, find_rfm
from semantic.analyses.events.rfm.question import Rfm, group_of
from tests.proof import part

NEED, LEVELS = 4, 3
Scores = tuple[int, int, int]
EACH = range(1, LEVELS + 1)
ATOMS: list[Scores] = [(recency, frequency, money) for recency, frequency, money in product(EACH, EACH, EACH)]


def found_for(counts: dict[Scores, int]) -> RfmFound:
    """Return the finding for this many people with each score, as seen by someone who can't see small groups."""
    rows = [
        {f"score{place}": score for place, score in enumerate(scores)}
        | {"buyers": count, "days": count, "orders": count, "spent": count}
        for scores, count in counts.items()
        if count
    ]
    rfm, planned = SimpleNamespace(levels=LEVELS), SimpleNamespace(smallest=NEED)
    return find_rfm(cast(Rfm, rfm), cast(PlannedEvents, planned), rows)


def revealed(counts: dict[Scores, int], found: RfmFound) -> list[list[float]]:
    """Return the small sets of at most three cells whose sum follows from the shown numbers."""
    shown: list[list[float]] = []

    def add(bought: BuyerNumbers | None, test: Callable[[Scores], bool]) -> None:
        if bought is not None:
            shown.append([float(test(atom)) for atom in ATOMS])

    add(found.whole, lambda _: True)
    for cell, bought in found.cells.items():
        add(bought, lambda atom, cell=cell: atom[:2] == cell)
    for key, bought in found.groups.items():
        add(bought, lambda atom, key=key: group_of(atom[0], atom[1], LEVELS) == key)
    for axis, scores in enumerate(found.scores):
        for score, scored in enumerate(scores, start=1):
            add(scored.bought, lambda atom, axis=axis, score=score: atom[axis] == score)
    if not shown:
        return []
    basis = np.linalg.svd(np.array(shown), full_matrices=False)
    space = basis[2][basis[1] > 1e-9]
    chosen = [cells for number in (1, 2, 3) for cells in combinations(found.cells, number)]
    sets = np.array([[float(atom[:2] in cells) for atom in ATOMS] for cells in chosen])
    sizes = sets @ np.array([float(counts.get(atom, 0)) for atom in ATOMS])
    is_small = (sizes > 0) & (sizes < NEED)
    apart = np.abs(sets - sets @ space.T @ space).max(axis=1)
    return [list(line) for line, few, far in zip(sets, is_small, apart, strict=True) if few and far < 1e-9]


def test_scores_of_two_axes_reveal_no_set_of_cells() -> None:
    """Three rows of scores would reveal that two cells have three people together."""
    cells = {(1, 1): 1, (1, 2): 9, (2, 1): 32, (2, 2): 10, (2, 3): 2, (3, 1): 3, (3, 2): 32, (3, 3): 2}
    counts: dict[Scores, int] = {(*cell, 1): count for cell, count in cells.items()}
    found = found_for(counts)
    assert found.whole is not None
    assert revealed(counts, found) == []


def test_no_small_group_follows_from_shown_numbers() -> None:
    told = 0
    for seed in range(part(2_000)):
        chance = random.Random(seed)
        counts = {atom: chance.choice((0, 0, 0, 1, 2, 9, 30)) for atom in ATOMS}
        found = found_for(counts)
        assert revealed(counts, found) == [], (seed, counts)
        told += any(bought is not None and bought.buyers for bought in found.groups.values())
    assert told
