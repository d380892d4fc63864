"""The finding of RFM: how many buyers have each combination of scores, their groups, and what they spent.

Small groups are hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rfm.question import AXES, LABELS, Rfm, group_of
from semantic.results.secondary_suppression import Line, protect


@dataclass(frozen=True, slots=True)
class BuyerNumbers:
    """The numbers for a group of buyers.

    These are how many buyers it has, the sum of days since their last orders, their number of orders, and what they
    spent.
    """

    buyers: int = 0
    days: int = 0
    orders: int = 0
    spent: float = 0.0

    def __add__(self, other: BuyerNumbers) -> BuyerNumbers:
        return BuyerNumbers(
            self.buyers + other.buyers, self.days + other.days, self.orders + other.orders, self.spent + other.spent
        )


NO_ONE = BuyerNumbers()


@dataclass(frozen=True, slots=True)
class ScoreNumbers:
    """The buyers with one score. `bought` is None if hidden.

    `low` and `high` are the lowest and highest value of these buyers, None if unknown.
    """

    bought: BuyerNumbers | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmFound:
    """The finding of RFM. Hidden numbers are None. NO_ONE means that there are no buyers.

    `cells` has the buyers by recency and frequency score, and `groups` the buyers of each named group. `scores` has the
    buyers with each score, in the order of AXES and then by score, starting with 1.
    """

    levels: int
    whole: BuyerNumbers | None
    cells: Mapping[tuple[int, int], BuyerNumbers | None]
    groups: Mapping[str, BuyerNumbers | None]
    scores: tuple[tuple[ScoreNumbers, ...], ...]
    hides: bool


def find_rfm(rfm: Rfm, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> RfmFound:
    """Return the finding from the engine's rows."""
    levels = rfm.levels
    each = range(1, levels + 1)
    found = [(tuple(int(row[f"score{place}"]) for place in range(len(AXES))), _bought(row)) for row in rows]
    found.sort(key=lambda pair: pair[0])  # so that sums don't depend on the engine's order
    cells = {(recency, frequency): NO_ONE for recency in each for frequency in each}
    groups = dict.fromkeys(LABELS, NO_ONE)
    scores = [[NO_ONE] * levels for _ in AXES]
    for (recency, frequency, money), bought in found:
        cells[recency, frequency] += bought
        groups[group_of(recency, frequency, levels)] += bought
        for place, score in enumerate((recency, frequency, money)):
            scores[place][score - 1] += bought
    whole = sum((bought for _, bought in found), NO_ONE)
    every = [whole, *cells.values(), *groups.values(), *(bought for axis in scores for bought in axis)]
    hidden = _hidden(every, list(cells), levels, planned.smallest) if planned.smallest else set[int]()
    shown = iter([None if place in hidden else bought for place, bought in enumerate(every)])
    return RfmFound(
        levels=levels,
        whole=next(shown),
        cells={key: next(shown) for key in cells},
        groups={key: next(shown) for key in groups},
        scores=tuple(
            tuple(ScoreNumbers(next(shown), *_ends(rows, place, score)) for score in each) for place in range(len(AXES))
        ),
        hides=bool(hidden),
    )


def _bought(row: Mapping[str, Any]) -> BuyerNumbers:
    return BuyerNumbers(int(row["buyers"]), int(row["days"]), int(row["orders"]), float(row["spent"]))


def _ends(rows: Sequence[Mapping[str, Any]], place: int, score: int) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value of the buyers with a score.

    Both are None if no buyer has the score, or if the values are hidden.
    """
    mine = [row for row in rows if row[f"score{place}"] == score and f"low{place}" in row]
    if not mine:
        return None, None
    return float(min(row[f"low{place}"] for row in mine)), float(max(row[f"high{place}"] for row in mine))


def _hidden(every: Sequence[BuyerNumbers], cells: Sequence[tuple[int, int]], levels: int, need: int) -> set[int]:
    """Return the positions of the numbers to hide: those with too few buyers, and those that would reveal them.

    Positions refer to `every`, which has the total first, then the cells, the groups, and the scores of each axis. Each
    of these adds up to the total.
    """
    counts = [float(bought.buyers) for bought in every]
    if counts[0] < need:
        return set(range(len(every)))
    at_cell = {key: place for place, key in enumerate(cells, start=1)}
    first_group = 1 + len(cells)
    at_group = {key: first_group + place for place, key in enumerate(LABELS)}
    first_score = first_group + len(LABELS)
    lines: list[Line] = [(0, tuple(at_cell.values())), (0, tuple(at_group.values()))]
    lines += [
        (at, tuple(place for cell, place in at_cell.items() if group_of(*cell, levels) == key))
        for key, at in at_group.items()
    ]
    scores = [tuple(first_score + axis * levels + score for score in range(levels)) for axis in range(len(AXES))]
    lines += [(0, mine) for mine in scores]
    small = {place for place, count in enumerate(counts) if 0 < count < need}
    hidden = protect(small, counts, lines, need)
    # Cells also have scores of recency and frequency, and lines of both would reveal small sets of cells. A score that
    # is the only hidden one of its axis is the whole minus the others, and has all hidden cells.
    return hidden | {
        scores[axis][cell[axis] - 1] for cell, at in at_cell.items() if at in hidden and counts[at] for axis in range(2)
    }
