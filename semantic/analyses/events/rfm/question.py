"""RFM: scores all buyers by the days since their last order, their number of orders, and what they spent.

Each combination of a recency and a frequency score belongs to one named group, so each buyer is in exactly one group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown

Axis = Literal["recency", "frequency", "money"]
AXES: Final[tuple[Axis, ...]] = ("recency", "frequency", "money")
QUINTILES: Final = (20, 40, 60, 80)
LEVELS: Final = (3, 5)
Third = Literal["low", "middle", "high"]
_THIRDS: Final[Mapping[int, tuple[Third, ...]]] = {
    3: ("low", "middle", "high"),
    5: ("low", "low", "middle", "high", "high"),
}
GROUPS: Final[Mapping[tuple[Third, Third], tuple[str, str]]] = {
    ("high", "high"): ("champions", "Champions"),
    ("high", "middle"): ("promising", "Promising"),
    ("high", "low"): ("new", "New or occasional"),
    ("middle", "high"): ("loyal", "Loyal"),
    ("middle", "middle"): ("regular", "Regular"),
    ("middle", "low"): ("fading", "Fading"),
    ("low", "high"): ("at_risk", "At risk"),
    ("low", "middle"): ("slipping", "Slipping away"),
    ("low", "low"): ("lost", "Lost"),
}
"""The key and label of each group, by the third of its recency score and the third of its frequency score."""
LABELS: Final[Mapping[str, str]] = dict(GROUPS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rfm:
    """The question of an RFM analysis.

    Each row of `orders` is an order. With `order`, each distinct value of this dimension is one instead. `money` is the
    event whose amounts are added up. Scores are cut at percentages, so that equal values have the same score, or at the
    values of `cuts`, by AXES. Recency is counted from the day after the period.
    """

    population: Population
    orders: Event
    money: Event
    order: Breakdown | None = None
    percent: tuple[int, ...] = QUINTILES
    cuts: tuple[tuple[Decimal, ...], ...] = ()

    @property
    def levels(self) -> int:
        """The number of scores on each axis."""
        return len(self.cuts[0] if self.cuts else self.percent) + 1


def rfm_reads(rfm: Rfm) -> Reads:
    """Return what an RFM analysis reads: orders with their days, and money with its amounts."""
    orders = frozenset([0])
    order = [Attribute(rfm.order, orders)] if rfm.order is not None else []
    return Reads(
        population=rfm.population,
        events=(rfm.orders, rfm.money),
        begins=frozenset([0, 1]),
        attributes=(Attribute(Breakdown(DATE, Granularity.DAY), orders), *order),
        follow=Span(1, Granularity.SECOND),
        valued=1,
    )


def group_of(recency: int, frequency: int, levels: int) -> str:
    """Return the key of the group for these scores.

    >>> group_of(5, 4, 5), group_of(3, 3, 5), group_of(1, 3, 3)
    ('champions', 'regular', 'at_risk')
    """
    thirds = _THIRDS[levels]
    return GROUPS[thirds[recency - 1], thirds[frequency - 1]][0]


def scores_of(key: str, levels: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the recency scores and the frequency scores of a group."""
    recency, frequency = next(thirds for thirds, (name, _) in GROUPS.items() if name == key)
    each = range(1, levels + 1)
    thirds = _THIRDS[levels]
    return (
        tuple(score for score in each if thirds[score - 1] == recency),
        tuple(score for score in each if thirds[score - 1] == frequency),
    )
