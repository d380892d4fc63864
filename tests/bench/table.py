"""The lines of the table that every benchmark prints: what was measured, the figure, and its target or a comparison."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def head(what: str) -> None:
    """Print the heading of a part of the table."""
    print(f"\n{what}")


def line(what: str, figure: str, beside: str = "") -> None:
    """Print one figure, with its target or a comparison."""
    print(f"  {what:<46}{figure:>14}   {beside}".rstrip(), flush=True)


def cpu_ms(run: Callable[[], object], times: int) -> float:
    """Return the median CPU of a call in milliseconds; the garbage collector stays on."""
    found_times: list[float] = []
    for _ in range(times):
        began = time.process_time()
        run()
        found_times.append((time.process_time() - began) * 1000)
    return statistics.median(found_times)
