"""Record people's recent questions. Several are written together in the background, so that people don't wait."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from semantic.errors import NotStorable, StoreFailed
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.questions.recents import MOST, keep_recent, read_recents

MOST_WAITING: Final = 2_000
AT_ONCE: Final = 100  # so that other writers don't wait long
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    actor: Actor
    query: Query
    at: datetime


class Recents:
    """Records people's recent questions. Each process has one instance.

    `asked` returns immediately. The thread that follows the store calls `write` from time to time.
    """

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[str, str], _Asked] = OrderedDict()

    def asked(self, actor: Actor, query: Query) -> None:
        """Add a question to this person's recent ones. Ignores scripts, and people viewing as someone else."""
        if actor.viewed_by is not None or actor.kind != "person":
            return
        with self._lock:
            key = actor.id, repr(query)
            self._waiting[key] = _Asked(actor, query, self._store.now())
            self._waiting.move_to_end(key)
            while len(self._waiting) > MOST_WAITING:  # the store is unavailable; the oldest matter least
                self._waiting.popitem(last=False)

    def of(self, actor: Actor) -> dict[Query, datetime]:
        """Return a person's recent questions with their times, newest first. Raises StoreFailed.

        This includes questions that aren't written yet.
        """
        with self._lock:
            mine = [(asked.query, asked.at) for asked in self._waiting.values() if asked.actor.id == actor.id]
        with self._store.read() as connection:
            recents = read_recents(connection, actor)
        newest: dict[Query, datetime] = {}
        for query, at in [*(reversed(mine) if actor.viewed_by is None else ()), *recents]:
            newest.setdefault(query, at)
        return dict([*newest.items()][:MOST])

    def now(self) -> datetime:
        """Return the store's current time, at which a question asked now is recorded."""
        return self._store.now()

    def write(self) -> None:
        """Write the waiting questions. Questions that can't be stored are dropped. Raises StoreFailed."""
        while True:
            with self._lock:
                some = dict([*self._waiting.items()][:AT_ONCE])
            if not some:
                return
            try:
                self._keep([*some.values()])
            except Exception as error:
                if _is_of_the_store(error):
                    raise
                for asked in some.values():
                    self._keep_alone(asked)
            with self._lock:
                for key, asked in some.items():
                    if self._waiting.get(key) is asked:
                        del self._waiting[key]

    def _keep_alone(self, asked: _Asked) -> None:
        """Write one question, or drop it and log that. Raises StoreFailed."""
        try:
            self._keep([asked])
        except Exception as error:
            if _is_of_the_store(error):
                raise
            _LOG.info("Couldn't save a question to the recent questions. %s", type(error).__name__)

    def _keep(self, some: Sequence[_Asked]) -> None:
        with self._store.write(recorded=False) as transaction:
            for asked in some:
                keep_recent(transaction, asked.actor, asked.query, asked.at, self._keys)


def _is_of_the_store(error: Exception) -> bool:
    """Whether the whole store can't be written to, rather than just this question."""
    return isinstance(error, OSError | MemoryError) or (
        isinstance(error, StoreFailed) and not isinstance(error, NotStorable)
    )
