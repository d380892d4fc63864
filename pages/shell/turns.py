"""One person's tabs take turns: one of their pages runs at a time, while other people's run in parallel."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from weakref import WeakValueDictionary

PATIENCE: Final = 2.0
"""The most seconds a tab waits for its turn: a run that hangs must not hold up its owner's other tabs."""


class _Turn:
    def __init__(self) -> None:
        self.lock = threading.Lock()


_guard = threading.Lock()
_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()


@contextmanager
def turn_of(sign_in: str) -> Generator[None]:
    """Run the block when no other page of this sign-in runs, or after `PATIENCE` seconds; at once without a sign-in."""
    if not sign_in:
        yield
        return
    with _guard:
        turn = _turns.setdefault(sign_in, _Turn())
    has_turn = turn.lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if has_turn:
            turn.lock.release()
