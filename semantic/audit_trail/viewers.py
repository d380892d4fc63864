"""Record who opened which board, only for counts. Writes happen in the background, so that pages don't wait."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from typing import Final

from semantic.policy.actor import Actor
from semantic.store.boards.viewers import forget_old_viewers, note_viewer
from semantic.store.database import Store
from semantic.store.keys import Keys

MOST_WAITING: Final = 2_000
MOST_KNOWN: Final = 20_000
AT_ONCE: Final = 200  # so that other writers don't wait long

_Opening = tuple[str, str, date]  # who, which board, and the day


class Viewers:
    """Counts openings of boards. Each process has one instance.

    `opened` returns immediately. The thread that follows the store calls `write` from time to time.
    """

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys
        self._lock = threading.Lock()
        self._waiting: OrderedDict[_Opening, Actor] = OrderedDict()
        self._known: OrderedDict[_Opening, None] = OrderedDict()  # the store has these already

    def opened(self, actor: Actor, board: str) -> None:
        """Count a person among a board's viewers. Ignores scripts, and people viewing as someone else."""
        if actor.viewed_by is not None or actor.kind != "person":
            return
        opening = actor.id, board, self._store.now().date()
        with self._lock:
            if opening in self._known:
                return
            self._waiting[opening] = actor
            while len(self._waiting) > MOST_WAITING:  # the store is unavailable; the oldest matter least
                self._waiting.popitem(last=False)

    def write(self) -> None:
        """Write the waiting openings. Raises StoreFailed, and then the next call tries again."""
        while True:
            with self._lock:
                some = dict([*self._waiting.items()][:AT_ONCE])
            if not some:
                return
            with self._store.write(recorded=False) as transaction:
                forget_old_viewers(transaction, transaction.now.date())
                for (_, board, day), actor in some.items():
                    note_viewer(transaction, board, actor, day, self._keys)
            with self._lock:
                for opening in some:
                    self._waiting.pop(opening, None)
                    self._known[opening] = None
                while len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
