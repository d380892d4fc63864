"""Facts that are proven about the data, which make the SQL cheaper without changing a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from semantic.model.join_graph import Edge

Hop = tuple[str, ...]
"""A hop: a dataset, its role, the dataset that the role leads to, and the key columns there."""

Matches = frozenset[Hop]
"""Hops for which every row has a match, because no key is missing or unknown."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts proven for one version of the data.

    They don't include row counts, so two versions with the same facts are equal.
    """

    matches: Matches = frozenset()
    dates: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a dataset and a column whose dates are all missing or normal: finite, with a four-digit year."""
    few: frozenset[tuple[str, ...]] = frozenset()
    """Hops, each followed by a date column, where grouping by key and month gives few groups for the number of rows."""


NOTHING_KNOWN = Known()


def hop_of(edge: Edge) -> Hop:
    """Return the hop that identifies an edge among proven facts."""
    return edge.source, edge.role, edge.target, *edge.target_columns


class Months(Enum):
    """What is proven about the months of a leg's dates.

    Either nothing, or that they all have numbers, or also that grouping by key and month gives few groups.
    """

    UNKNOWN, NUMBERED, FEW = range(3)
