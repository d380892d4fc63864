"""How questions ended, counted by day and metric: within how many seconds, or without an answer.

The table has only counts, without people, questions or values. Questions without a metric are counted under "".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Column, Connection, Date, Integer, String, Table, delete, func, select, update

from semantic.store.database import Transaction, insert_if_missing, metadata

DAYS: Final = 400
BOUNDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""The upper bounds, in seconds, of the groups in which answers are counted."""
REFUSED, FAILED, CACHED = "refused", "failed", "cached"
NO_SECONDS: Final[Mapping[float, int]] = MappingProxyType({})
EVERY: Final = ""
"""The name for all questions, each counted once, in place of a metric."""

OUTCOMES: Final = Table(
    "outcomes",
    metadata,
    Column("day", Date, primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("outcome", String(20), primary_key=True),  # refused, failed, cached, or a bound in seconds
    Column("count", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many of a metric's questions ended in which way in a period.

    `seconds` has the number of answers by the upper bound of their duration, which is infinite for the slowest.
    """

    refused: int = 0
    failed: int = 0
    cached: int = 0
    seconds: Mapping[float, int] = field(default_factory=lambda: NO_SECONDS)

    def slow(self, share: float = 0.95) -> float | None:
        """Return within how many seconds this share of the computed answers arrived. None if there are no answers."""
        total = sum(self.seconds.values())
        if not total:
            return None
        reached = 0
        for bound in sorted(self.seconds):
            reached += self.seconds[bound]
            if reached >= share * total:
                return bound
        return None


def outcome_of(seconds: float) -> str:
    """Return the name of the group in which an answer that took this long is counted."""
    return next((str(bound) for bound in BOUNDS if seconds <= bound), "inf")


def add_outcomes(transaction: Transaction, counts: Mapping[tuple[date, str, str], int]) -> None:
    """Add counts by day, metric and outcome. Not logged: write with `recorded=False`."""
    for (day, metric, outcome), count in sorted(counts.items()):
        is_it = (OUTCOMES.c.day == day) & (OUTCOMES.c.metric == metric) & (OUTCOMES.c.outcome == outcome)
        row = {"day": day, "metric": metric, "outcome": outcome, "count": count}
        if not insert_if_missing(transaction.connection, OUTCOMES, row):
            more = update(OUTCOMES).where(is_it).values(count=OUTCOMES.c.count + count)
            transaction.connection.execute(more)


def read_outcomes(connection: Connection, first: date, last: date) -> dict[str, Outcomes]:
    """Return how questions on these days ended, by metric. Both days are included.

    Questions without a metric are under "".
    """
    rows = connection.execute(
        select(OUTCOMES.c.metric, OUTCOMES.c.outcome, func.sum(OUTCOMES.c.count).label("times"))
        .where(OUTCOMES.c.day >= first, OUTCOMES.c.day <= last)
        .group_by(OUTCOMES.c.metric, OUTCOMES.c.outcome)
    )
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.metric, Counter())[row.outcome] += int(row.times)
    return {metric: _outcomes(found) for metric, found in counts.items()}


def forget_old_outcomes(transaction: Transaction, today: date) -> None:
    """Delete counts that are too old to be shown."""
    transaction.connection.execute(delete(OUTCOMES).where(OUTCOMES.c.day < today - timedelta(days=DAYS)))


def _outcomes(counts: Counter[str]) -> Outcomes:
    bounds = {str(bound): bound for bound in BOUNDS} | {"inf": float("inf")}
    return Outcomes(
        refused=counts[REFUSED],
        failed=counts[FAILED],
        cached=counts[CACHED],
        seconds=Counter({bounds[name]: count for name, count in counts.items() if name in bounds}),
    )
