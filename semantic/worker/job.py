"""The protocol that every job implements, and what the worker passes to each run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of a job.

    The worker extends the job's lease by itself. `is_mine` extends the lease immediately, and returns whether this
    worker still has it. Call it before doing something that must not happen twice. `is_stopping` tells whether the
    worker is about to stop.
    """

    now: datetime  # by the store's clock, when the run began
    holder: str  # names this worker in leases
    is_mine: Callable[[], bool]
    is_stopping: Callable[[], bool]


class Job(Protocol):
    """A piece of work that the worker does repeatedly."""

    @property
    def name(self) -> str:
        """The unique name of the job. It names the job's row and lease, and appears in logs and metrics."""
        ...

    @property
    def every(self) -> timedelta:
        """How long after a run the job is due again."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether several workers can run the job at once, because the items it works on have their own leases."""
        ...

    def run(self, turn: Turn) -> datetime | None:
        """Do the due work. Return when the job is due again if that is sooner than after `every`, else None.

        A run that stops early because the worker is stopping returns `turn.now`, so that the job is due at once. If a
        run raises, the job is tried again after 1, 5 and 30 minutes, and then every hour.
        """
        ...
