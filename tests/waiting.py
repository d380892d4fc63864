"""Tests wait for a condition, not for a fixed time. The limit only catches what is stuck, never a slow machine."""

from __future__ import annotations

import time
from collections.abc import Callable

STUCK = 180.0
"""Seconds after which a wait gives up."""


def until(is_so: Callable[[], object], what: str = "a condition") -> None:
    """Wait until `is_so` returns something true; `what` completes the message if it never does."""
    deadline, pause = time.monotonic() + STUCK, 0.002
    while not is_so():
        assert time.monotonic() < deadline, f"Timed out waiting for: {what}."
        time.sleep(pause)
        pause = min(2 * pause, 0.2)
