"""Count how questions ended. Counts are written in the background, so that people don't wait."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Collection
from datetime import date
from typing import Final

from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.store.database import Store
from semantic.store.numbers.outcomes import CACHED, EVERY, FAILED, REFUSED, add_outcomes, outcome_of

MOST_WAITING: Final = 5_000
MOST_SAME: Final = 2_000
SAME_SECONDS: Final = 600.0
PAGE: Final = "page"


class Outcomes:
    """Counts how the questions that people ask on pages ended. Each process has one instance.

    The methods return immediately. The thread that follows the store calls `write` from time to time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: Counter[tuple[date, str, str]] = Counter()
        self._lately: OrderedDict[tuple[str, str], float] = OrderedDict()

    def answered(self, result: Result, surface: str) -> None:
        """Count an answer, as cached or by how long the engine took."""
        self._count(result.query.metrics, CACHED if result.cached else outcome_of(result.elapsed_seconds), surface)

    def refused(self, query: Query, seen: VisibleModel, surface: str, *, has_failed: bool = False) -> None:
        """Count a question without an answer, because it was refused or failed in the engine.

        A page asks the same question again on each click, so repeats count only once. Metrics that the person can't see
        aren't counted.
        """
        key, now = (seen.actor.id, repr(query)), time.monotonic()
        with self._lock:
            is_known = now - self._lately.get(key, -SAME_SECONDS) < SAME_SECONDS
            self._lately[key] = now
            self._lately.move_to_end(key)
            while len(self._lately) > MOST_SAME:
                self._lately.popitem(last=False)
        if not is_known and seen.actor.kind == "person":
            metrics = [metric.name for metric in seen.metrics if metric.name in query.metrics]
            self._count(metrics, FAILED if has_failed else REFUSED, surface)

    def _count(self, metrics: Collection[str], outcome: str, surface: str) -> None:
        if surface != PAGE:
            return
        day = self._store.now().date()
        with self._lock:
            for metric in dict.fromkeys([EVERY, *metrics]):
                self._waiting[day, metric, outcome] += 1
            while len(self._waiting) > MOST_WAITING:  # the store is unavailable
                self._waiting.popitem()

    def write(self) -> None:
        """Write the waiting counts. Raises StoreFailed, and then the next call tries again."""
        with self._lock:
            some, self._waiting = self._waiting, Counter[tuple[date, str, str]]()
        if not some:
            return
        try:
            with self._store.write(recorded=False) as transaction:
                add_outcomes(transaction, some)
        except BaseException:
            with self._lock:
                self._waiting.update(some)
            raise
