"""How long tests wait: until something is so. A limit says that something is stuck, never that a machine is slow."""

from __future__ import annotations

import time
from collections.abc import Callable

STUCK = 180.0
"""Seconds after which nothing more is waited for."""


def until(is_so: Callable[[], object], what: str = "What this waits for") -> None:
    """Wait until `is_so` gives something true; `what` begins the sentence that says it never did."""
    deadline, pause = time.monotonic() + STUCK, 0.002
    while not is_so():
        assert time.monotonic() < deadline, f"{what} has not happened."
        time.sleep(pause)
        pause = min(2 * pause, 0.2)
