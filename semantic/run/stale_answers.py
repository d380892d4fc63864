"""Keep the last answer to each question and policy, to show while a newer one is computed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import Final

from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.result import Result

_ENTRY_BYTES: Final = 6144  # words and key of one answer, so that tiny ones aren't free
_COLUMN_BYTES: Final = 1024  # description of each column


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """An answer and the day of its question. Its dates, words and data version are from that day."""

    result: Result
    today: date


class EarlierAnswers:
    """The most recent answers, as many as fit into `max_bytes`. It's safe to use from several threads.

    An answer larger than a sixty-fourth of `max_bytes` isn't stored.
    """

    def __init__(self, max_bytes: int = 64 * 1024**2) -> None:
        self._max_bytes: Final = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, EarlierAnswer] = OrderedDict()
        self._bytes = 0

    def keep(self, key: Hashable, answer: EarlierAnswer) -> None:
        """Store an answer in place of the previous one. An answer that is too large isn't stored."""
        with self._lock:
            self._drop(key)
            if _size(answer) <= self._max_bytes // 64:
                self._entries[key] = answer
                self._bytes += _size(answer)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def find(self, key: Hashable) -> EarlierAnswer | None:
        with self._lock:
            answer = self._entries.get(key)
            if answer is not None:
                self._entries.move_to_end(key)
            return answer

    @property
    def bytes(self) -> int:
        """The bytes in use, at most `max_bytes`."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size(entry)


def earlier_key(query: Query, seen: VisibleModel, versions: tuple[str, ...]) -> Hashable:
    """Return a key for everything that determines a person's answer, except the day and the data.

    `versions` are those of the models that define its numbers and its policies. The question is stored as text, because
    1, True and 1.0 are equal but not the same question.
    """
    return versions, seen.access_key, repr(query)


def _size(answer: EarlierAnswer) -> int:
    result = answer.result
    texts = len(result.sql) + len(result.readable_sql)
    return result.table.get_total_buffer_size() + texts + _ENTRY_BYTES + _COLUMN_BYTES * result.table.num_columns
