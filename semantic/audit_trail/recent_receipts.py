"""The receipts of the last few minutes, so that the same answer to the same person gets only one receipt."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

SAME_SECONDS: Final = 600.0  # within which the same answer to the same person has one receipt


class RecentReceipts:
    """A cache of recent receipts by answer, valid for a few minutes. Several threads can use it safely."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[str, float, object]] = OrderedDict()

    def get(self, key: Hashable) -> str:
        """Return the receipt cached under a key, or "" if there is none or it's too old."""
        with self._lock:
            entry = self._held.get(key)
            return entry[0] if entry is not None and time.monotonic() - entry[1] < SAME_SECONDS else ""

    def put(self, key: Hashable, receipt: str, of: object = None) -> None:
        """Cache a receipt under a key. The key can contain the `id` of the object `of`.

        The cache keeps a reference to `of`, so that no other object can get the same `id`.
        """
        if receipt:
            with self._lock:
                self._held[key] = receipt, time.monotonic(), of
                self._held.move_to_end(key)
                if len(self._held) > self._most:
                    self._held.popitem(last=False)

    def forget(self, receipt: str) -> None:
        """Remove a receipt that couldn't be recorded, so that no other answer gets it."""
        with self._lock:
            for key in [key for key, entry in self._held.items() if entry[0] == receipt]:
                del self._held[key]
