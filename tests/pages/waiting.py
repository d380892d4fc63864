"""How long tests of pages wait: until something is so, and never longer than a slow machine could need."""

from __future__ import annotations

import time
from collections.abc import Callable

STUCK_SECONDS = 120.0
"""What takes this long will never end."""


def until(holds: Callable[[], object]) -> None:
    """Wait until `holds` gives something true."""
    last = time.monotonic() + STUCK_SECONDS
    while not holds():
        assert time.monotonic() < last, "It never came to hold."
        time.sleep(0.01)
