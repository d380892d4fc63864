"""Stop runs that exceed their time limit, because DuckDB itself has no time limit.

One thread watches all runs, and sleeps while there is nothing to stop.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Protocol

_REPEAT_SECONDS: Final = 0.01
_IDLE_SECONDS: Final = 5.0


class Stoppable(Protocol):
    """A run that another thread can interrupt. `deadline` is on the monotonic clock."""

    @property
    def deadline(self) -> float: ...
    @property
    def is_stopped(self) -> bool:
        """Whether the run was asked to stop. It might still be working."""
        ...

    def time_out(self) -> None:
        """Interrupt the run. If it was already asked to stop, the first reason stays. It can be called again."""
        ...


class Watch:
    """A thread that interrupts each run that is out of time or was asked to stop, until the run is removed.

    One interrupt isn't enough, because the engine ignores it just before a statement begins.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._runs: set[Stoppable] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0

    def add(self, run: Stoppable) -> None:
        with self._changed:
            self._runs.add(run)
            if self._thread is None:
                self._wakes_at = 0.0
                self._thread = threading.Thread(target=self._stop_runs, name="watch", daemon=True)
                self._thread.start()
            elif run.deadline < self._wakes_at:
                self._changed.notify()

    def remove(self, run: Stoppable) -> None:
        with self._changed:
            self._runs.discard(run)

    def look(self) -> None:
        """Check all runs now, because one of them was asked to stop."""
        with self._changed:
            self._changed.notify()

    def _stop_runs(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                due = [run for run in self._runs if run.is_stopped or run.deadline <= now]
                for run in due:
                    run.time_out()
                if due:
                    self._wakes_at = now + _REPEAT_SECONDS
                else:
                    self._wakes_at = min((run.deadline for run in self._runs), default=now + _IDLE_SECONDS)
                was_called = self._changed.wait(max(0.0, self._wakes_at - now))
                if not was_called and not self._runs:
                    self._thread = None
                    return
