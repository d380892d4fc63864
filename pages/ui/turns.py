"""One person's tabs take turns: however many load pages at once, one of them runs, and others' pages run beside it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from weakref import WeakValueDictionary

PATIENCE: Final = 2.0
"""Seconds that a tab waits for its turn at most: a run that hangs must not hold up its owner's other tabs."""


class _Turn:
    def __init__(self) -> None:
        self.lock = threading.Lock()


_guard = threading.Lock()
_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()


@contextmanager
def turn_of(sign_in: str) -> Generator[None]:
    """Enters the block once no other page of this sign-in runs. Without a sign-in nobody waits."""
    if not sign_in:
        yield
        return
    with _guard:
        turn = _turns.setdefault(sign_in, _Turn())
    has_it = turn.lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if has_it:
            turn.lock.release()
