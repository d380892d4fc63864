"""Count how often each public link was opened.

Counts are collected in memory and written in the background, so that readers don't wait.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from typing import Final

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.boards.public_links import note_opened
from semantic.store.database import Store
from semantic.store.keys import Keys

MOST_LINKS: Final = 2_000


class LinkOpenings:
    """Counts openings of public links. Each process has one instance.

    The thread that follows the store calls `write` from time to time, and once more when the process ends.
    """

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys
        self._lock = threading.Lock()
        self._counts = Counter[str]()
        self._readers: dict[str, Actor] = {}

    def opened(self, number: str, reader: Actor) -> None:
        """Count an opening of the link with this number."""
        with self._lock:
            if (
                number in self._readers or len(self._readers) < MOST_LINKS
            ):  # the store is unavailable, and many are open
                self._counts[number] += 1
                self._readers[number] = reader

    def write(self) -> None:
        """Write the counts. Raises StoreFailed, and then the next call tries again."""
        with self._lock:
            counts, self._counts = self._counts, Counter[str]()
            readers, self._readers = self._readers, {}
        if not counts:
            return
        try:
            with self._store.write(recorded=False) as transaction:  # only the first opening of a day is recorded
                for number, times in counts.items():
                    with suppress(InvalidQuery):  # a restored store may not have the link
                        note_opened(transaction, self._keys, number, times, readers[number])
        except BaseException:
            with self._lock:
                self._counts.update(counts)
                self._readers = {**readers, **self._readers}
            raise
