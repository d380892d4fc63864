"""No small group can be computed from what a funnel shows. All equations between shown numbers are solved together."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.funnel.finding import FunnelFound, find_funnel
from semantic.analyses.events.funnel.question import Funnel
from semantic.analyses.events.read import PlannedEvents
from tests.proof import part

NEED, STEPS = 4, 3
Stopped = tuple[int, ...]
"""How many people of one group stopped at each step."""


def found_for(groups: Sequence[Stopped], within: Sequence[int] = (), *, of: object = None) -> FunnelFound:
    """Return the funnel of these groups for someone who can't see small groups. `within` converted in a minute."""
    funnel: Funnel = EVENT_KINDS["funnel"].read(
        {"subject": "person", "steps": ["views", "carts", "checkouts"][:STEPS], "by": "device", "within": "9 days"}
    )
    planned = SimpleNamespace(smallest=NEED, reads=SimpleNamespace(population=SimpleNamespace(of=of)))
    rows: list[dict[str, Any]] = []
    for place, stopped in enumerate(groups):
        row: dict[str, Any] = {"k0": f"group {place}", "young": 0}
        row |= {f"c{step}": sum(stopped[step - 1 :]) for step in range(1, STEPS + 1)}
        row |= {f"{what}{step}": 0 for what in "tqp" for step in range(2, STEPS + 1)}
        row |= {f"w{edge}": within[place] if within else stopped[-1] for edge in range(13)}
        rows.append(row)
    return find_funnel(funnel, cast(PlannedEvents, planned), rows)


def revealed(groups: Sequence[Stopped], found: FunnelFound) -> list[tuple[int, ...]]:
    """Return the small sets of atoms whose sum follows from the shown numbers.

    An atom is the people who stopped at one step in one group.
    """
    atoms = [(group, step) for group in range(len(groups)) for step in range(STEPS)]
    shown: list[list[int]] = []
    for row in (found.whole, *found.rows):
        for step, count in enumerate(row.counts):
            if count is not None:
                is_mine = [row is found.whole or row.by == f"group {group}" for group, _ in atoms]
                shown.append([int(mine and at >= step) for mine, (_, at) in zip(is_mine, atoms, strict=True)])
    if not shown:
        return []
    sets = np.array(list(product((0, 1), repeat=len(atoms))), dtype=float)
    sizes = sets @ np.array([groups[group][step] for group, step in atoms], dtype=float)
    small = sets[(sizes > 0) & (sizes < NEED)]
    basis = np.linalg.svd(np.array(shown, dtype=float), full_matrices=False)
    space = basis[2][basis[1] > 1e-9]
    apart = np.abs(small - small @ space.T @ space).max(axis=1, initial=0)
    return [tuple(int(each) for each in line) for line, far in zip(small, apart, strict=True) if far < 1e-9]


def test_groups_in_which_few_people_stopped_reveal_nothing() -> None:
    groups = [(3, 0, 97), (0, 0, 60), (200, 0, 300)]
    found = found_for(groups)
    assert found.hides
    assert revealed(groups, found) == []  # all minus the third group would be 3 of 160


def test_few_people_who_converted_soon_are_not_revealed() -> None:
    groups = [(20, 0, 50), (20, 0, 50)]
    found = found_for(groups, within=(3, 40))
    assert found.whole.within[0] == 43
    assert {each for row in found.rows for each in row.within} == {None}  # 43 − 40 would be 3


def test_times_of_a_set_are_not_compared_with_everyone() -> None:
    found = found_for([(20, 0, 50)], within=(40,), of=object())
    assert (set(found.whole.within), found.young) == ({None}, None)


def test_no_small_group_follows_from_shown_numbers() -> None:
    hid = showed = 0
    for seed in range(part(4_000)):
        chance = random.Random(seed)
        sizes = chance.choice(((0, 1, 3, 50), (0, 0, 2, 9, 30), (0, 5, 6, 2)))
        groups = [tuple(chance.choice(sizes) for _ in range(STEPS)) for _ in range(chance.randint(1, 4))]
        groups = [group for group in groups if any(group)] or [(9, 9, 9)]
        found = found_for(groups)
        assert revealed(groups, found) == [], (seed, groups)
        hid += found.hides
        showed += any(count is not None for row in found.rows for count in row.counts)
    assert hid
    assert showed
