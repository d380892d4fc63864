"""How much of a long test runs: a seeded part in `make test`, and all of it in `make proof` (`pytest --proof`).

    @pytest.mark.parametrize("seed", part_of(range(150)))         fifteen seeds, always the same
    @settings(max_examples=part(300))                             thirty examples
    @pytest.mark.proof                                            the whole test runs only in `make proof`

Only repetitions are left out: every kind of question, person and change that a test names stays in every run.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

PART = 10
"""`make test` runs one of this many repetitions."""

is_whole = False
"""Whether the run has all repetitions. conftest.py sets it from `--proof` before it imports any test module."""


def part(count: int, one_in: int = PART) -> int:
    """Return how many of `count` repetitions this run includes, which is at least one."""
    return count if is_whole else max(1, count // one_in)


def part_of(items: Sequence[Item], one_in: int = PART) -> list[Item]:
    """Return the items that this run includes, in order. They are the same in every `make test`."""
    if is_whole or not items:
        return list(items)
    chosen = random.Random(len(items)).sample(range(len(items)), part(len(items), one_in))
    return [items[place] for place in sorted(chosen)]
