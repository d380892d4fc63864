"""Facts proven about the data, which make the SQL cheaper without changing a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from semantic.model.join_graph import Edge

Hop = tuple[str, ...]
"""A hop as a dataset, its role, the dataset to which the role leads, and the key columns there."""

Matches = frozenset[Hop]
"""Hops for which every row of the dataset has a match: no key is missing or unknown."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts proven for one version of the data. They don't include row counts, so versions with the same facts are
    equal.
    """

    matches: Matches = frozenset()
    dates: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a dataset and a column in which every date is either missing or normal: finite, with a four-digit
    year.
    """
    few: frozenset[tuple[str, ...]] = frozenset()
    """Hops, each followed by a date column, for which grouping by key and month makes few groups relative to the
    dataset's rows.
    """


NOTHING_KNOWN = Known()


def hop_of(edge: Edge) -> Hop:
    """Return an edge as the hop that identifies it among proven facts."""
    return edge.source, edge.role, edge.target, *edge.target_columns


class Months(Enum):
    """What is proven about the months of a leg's dates: nothing, that all have numbers, or also that key and month make
    few groups.
    """

    UNKNOWN, NUMBERED, FEW = range(3)
