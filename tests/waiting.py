"""Tests wait for a condition, not for a fixed time.

The limit only ends waits that are stuck, and is never too short for a slow machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable

STUCK = 180.0
"""The seconds that a wait lasts before it gives up."""


def until(is_so: Callable[[], object], what: str = "a condition") -> None:
    """Wait until `is_so` returns something true. If it never does, `what` completes the error message."""
    deadline, pause = time.monotonic() + STUCK, 0.002
    while not is_so():
        assert time.monotonic() < deadline, f"Timed out waiting for: {what}."
        time.sleep(pause)
        pause = min(2 * pause, 0.2)
