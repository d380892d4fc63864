"""Counts of people that reveal no one: below five they aren't shown, and can't be worked out from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FEWEST: Final = 5
"""The smallest number of people that is shown."""


@dataclass(frozen=True, slots=True)
class People:
    """A number of people as it can be shown: `count` is None for one to four."""

    count: int | None

    @property
    def words(self) -> str:
        if self.count is None:
            return f"Fewer than {FEWEST}"
        return f"{self.count:,}" if self.count else "No one"


def shown_people(count: int) -> People:
    """Return a number of people as it can be shown. Zero is shown as it is."""
    return People(count if count >= FEWEST or count <= 0 else None)


@dataclass(frozen=True, slots=True)
class Groups:
    """Numbers of people by group, and in all, as they can be shown together."""

    by_group: Mapping[str, People]
    total: People


def shown_groups(counts: Mapping[str, int]) -> Groups:
    """Return groups that share no one, and their total, as they can be shown side by side.

    The total is hidden if the difference from the groups shown would be a number below five, or the size of the only
    hidden group, or so large that each hidden group must be as large as a hidden one can be.

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
