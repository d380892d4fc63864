"""No small group can be computed from the shown cells of retention.

All equations between shown numbers are solved together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import pytest

from semantic.analyses.events.retention.hiding import Counts, hide
from semantic.errors import InvalidQuery
from tests.proof import part

NEED, CELLS = 4, 2
Atom = tuple[int, ...]
"""The people of one group who are old enough for as many cells as the tuple has elements.

Each element says whether they came back.
"""
Test = Callable[[Atom], bool]


def atoms_of(*, is_nested: bool) -> list[Atom]:
    every = [each for cells in range(CELLS + 1) for each in product((0, 1), repeat=cells)]
    return [atom for atom in every if not is_nested or list(atom) == sorted(atom, reverse=True)]


def counts_of(group: Sequence[int], atoms: Sequence[Atom]) -> Counts:
    sized = list(zip(group, atoms, strict=True))
    cells = range(CELLS)
    eligible = [sum(count for count, atom in sized if len(atom) > cell) for cell in cells]
    came = [sum(count for count, atom in sized if len(atom) > cell and atom[cell]) for cell in cells]
    return Counts(sum(group), eligible, came)


def tests_of() -> dict[str, Test]:
    """Return the facts that can be counted about a group's people, each as a test of an atom."""
    found: dict[str, Test] = {"no one": lambda _: False, "all": lambda _: True}
    for cell in range(CELLS):
        found[f"young {cell}"] = lambda atom, cell=cell: len(atom) <= cell
        found[f"old enough {cell}"] = lambda atom, cell=cell: len(atom) > cell
        found[f"came {cell}"] = lambda atom, cell=cell: len(atom) > cell and atom[cell] == 1
        found[f"stayed {cell}"] = lambda atom, cell=cell: len(atom) > cell and not atom[cell]
    found["between"] = lambda atom: len(atom) == 1
    found["last in 0"] = lambda atom: len(atom) > 0 and atom[0] == 1 and (len(atom) == 1 or not atom[1])
    return found


def revealed(groups: Sequence[Sequence[int]], *, is_nested: bool) -> list[tuple[str, ...]]:
    """Return the small sets of people, described for each group, whose size follows from the shown numbers."""
    atoms, cells = atoms_of(is_nested=is_nested), range(CELLS)
    whole = [sum(column) for column in zip(*groups, strict=True)]
    rows = [counts_of(group, atoms) for group in (whole, *groups)]
    small, hidden = hide(rows, [(0, tuple(range(1, len(rows))))], NEED, is_nested=is_nested)
    tests = tests_of()

    def vector(place: int, name: str) -> list[float]:
        mine = [float(tests[name](atom)) for atom in atoms]
        return [
            value for group in range(1, len(rows)) for value in (mine if place in (0, group) else [0.0] * len(mine))
        ]

    shown = [vector(place, "all") for place in range(len(rows)) if place not in small]
    for place, of_row in enumerate(hidden):
        for cell in (each for each in cells if each not in of_row):
            shown += [vector(place, f"old enough {cell}"), vector(place, f"came {cell}")]
    if not shown:
        return []
    basis = np.linalg.svd(np.array(shown), full_matrices=False)
    space = basis[2][basis[1] > 1e-9]
    names = list(product(tests, repeat=len(groups)))
    local = {name: [float(test(atom)) for atom in atoms] for name, test in tests.items()}
    sets = np.array([[value for name in each for value in local[name]] for each in names])
    sizes = sets @ np.array([float(count) for group in groups for count in group])
    is_small = (sizes > 0) & (sizes < NEED)
    apart = np.abs(sets - sets @ space.T @ space).max(axis=1)
    return [name for name, few, far in zip(names, is_small, apart, strict=True) if few and far < 1e-9]


def test_hidden_groups_with_few_young_members_reveal_nothing() -> None:
    groups = [(2, 9, 0, 0, 0, 9), (9, 9, 2, 2, 0, 2), (0, 2, 30, 0, 0, 0)]
    assert revealed(groups, is_nested=True) == []


def test_no_small_group_follows_from_shown_numbers() -> None:
    said = 0
    for seed in range(part(4_000)):
        chance = random.Random(seed)
        is_nested = chance.random() < 0.5
        sizes = chance.choice(((0, 0, 1, 3, 50), (0, 0, 2, 9, 30), (0, 5, 6, 2)))
        groups = [[chance.choice(sizes) for _ in atoms_of(is_nested=is_nested)] for _ in range(chance.randint(1, 3))]
        assert revealed(groups, is_nested=is_nested) == [], (seed, groups)
        said += sum(map(sum, groups)) > 50
    assert said


def test_more_cells_than_can_be_hidden_in_time_are_refused() -> None:
    rows = [Counts(9, [9] * 100, [5] * 100)] * 2_001
    with pytest.raises(InvalidQuery, match="too many cohorts"):
        hide(rows, [(0, tuple(range(1, 2_001)))], NEED, is_nested=False)
