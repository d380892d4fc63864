"""Cache values so that each is computed only once, even if several threads need it at the same time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")


class SingleFlightCache(Generic[Value]):
    """The `most` recently used values, each for at most `seconds`. It's safe to use from several threads.

    A key has to include everything that determines the value. Callers wait while a value is being computed. If that
    fails, all of them get the error and nothing is cached.
    """

    def __init__(self, most: int, *, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._most: Final = most
        self._seconds: Final = seconds
        self._clock = clock
        self._lock = threading.Lock()  # never held while something is made
        self._entries: OrderedDict[Hashable, _Entry[Value]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value], *, keeps: Callable[[Value], bool] | None = None) -> Value:
        """Return the value for `key`, computed by `make` if it's missing or too old.

        Values that `keeps` rejects are returned but not cached. `make` can't ask for its own key.
        """
        with self._lock:
            entry = self._entries.get(key)
            is_mine = entry is None or self._is_old(entry)
            if entry is None or is_mine:
                entry = self._entries[key] = _Entry(Future(), self._clock())
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)  # waiters have their own reference
        if is_mine:
            self._make(key, entry, make, keeps)
        return entry.made.result()

    def _make(
        self, key: Hashable, entry: _Entry[Value], make: Callable[[], Value], keeps: Callable[[Value], bool] | None
    ) -> None:
        try:
            made = make()
            if keeps is not None and not keeps(made):
                self._forget(key, entry)
        except BaseException as error:  # noqa: BLE001 (whatever happens, waiters must not wait forever)
            self._forget(key, entry)
            entry.made.set_exception(error)
            return
        entry.made.set_result(made)

    def _forget(self, key: Hashable, entry: _Entry[Value]) -> None:
        with self._lock:
            if self._entries.get(key) is entry:
                del self._entries[key]

    def _is_old(self, entry: _Entry[Value]) -> bool:
        return self._seconds is not None and entry.made.done() and self._clock() - entry.since > self._seconds

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def peek(self, key: Hashable) -> Value | None:
        """Return the value for `key`, or None if it's missing, too old, or still being computed."""
        with self._lock:
            entry = self._entries.get(key)
            is_there = entry is not None and entry.made.done() and not self._is_old(entry)
        return entry.made.result() if entry is not None and is_there else None

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(frozen=True, slots=True, eq=False)
class _Entry(Generic[Value]):
    made: Future[Value]
    since: float
