"""Facts proven about the data, which make the SQL cheaper and change no number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from semantic.model.join_graph import Edge

Hop = tuple[str, ...]
"""A dataset, its role, the dataset the role leads to, and the key columns there."""

Matches = frozenset[Hop]
"""Hops over which every row of the dataset has a match: no key is missing or unknown."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts proven for one version of the data. They don't include row counts, so versions with the same facts are
    equal.
    """

    matches: Matches = frozenset()
    dates: frozenset[tuple[str, str]] = frozenset()
    """Datasets and their columns in which every date is missing or normal: finite, with a four-digit year."""
    few: frozenset[tuple[str, ...]] = frozenset()
    """Hops, each with a date column: by key and month, the dataset has few groups relative to its rows."""


NOTHING_KNOWN = Known()


def hop_of(edge: Edge) -> Hop:
    """Return the key of an edge among the proven properties."""
    return edge.source, edge.role, edge.target, *edge.target_columns


class Months(Enum):
    """The proven facts about the months of a leg's dates: none, that all have numbers, or also that key and month make
    few groups.
    """

    UNKNOWN, NUMBERED, FEW = range(3)
