"""Show numbers of people without revealing anything about individuals.

Numbers from one to four are hidden, and can't be derived from other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FEWEST: Final = 5
"""The smallest number of people that is shown."""


@dataclass(frozen=True, slots=True)
class People:
    """A number of people that is safe to show. `count` is None for one to four people."""

    count: int | None

    @property
    def words(self) -> str:
        if self.count is None:
            return f"Fewer than {FEWEST}"
        return f"{self.count:,}" if self.count else "No one"


def shown_people(count: int) -> People:
    """Return a number of people in a form that is safe to show. Zero is safe to show."""
    return People(count if count >= FEWEST or count <= 0 else None)


@dataclass(frozen=True, slots=True)
class Groups:
    """Numbers of people by group and in total, safe to show together."""

    by_group: Mapping[str, People]
    total: People


def shown_groups(counts: Mapping[str, int]) -> Groups:
    """Return numbers of people by group, and their total, so that they are safe to show together.

    The groups must have no one in common. The total is hidden if it would reveal a hidden group: if the total minus the
    shown groups is below five, belongs to a single hidden group, or is so large that every hidden group must have the
    largest hidden size.

    >>> shown_groups({"viewer": 9, "marketer": 3}).total.count is None
    True
    >>> shown_groups({"viewer": 9, "marketer": 3, "steward": 2}).total.count
    14
    >>> shown_groups({"viewer": 9, "marketer": 4, "steward": 4}).total.count is None
    True
    """
    by_group = {group: shown_people(count) for group, count in counts.items()}
    hidden = [counts[group] for group, people in by_group.items() if people.count is None]
    is_told = not hidden or (len(hidden) > 1 and FEWEST <= sum(hidden) < (FEWEST - 1) * len(hidden))
    total = shown_people(sum(counts.values())) if is_told else People(None)
    return Groups(by_group, total)
