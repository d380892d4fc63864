"""The protocol of jobs, and what a job gets when its turn comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of a job.

    The worker extends the job's lease by itself. `is_mine` checks and extends it immediately. Call it before doing
    something that must not happen twice. `is_stopping` tells whether the worker is about to stop.
    """

    now: datetime  # by the store's clock, when the run began
    holder: str  # names this worker in leases
    is_mine: Callable[[], bool]
    is_stopping: Callable[[], bool]


class Job(Protocol):
    """Something to do repeatedly."""

    @property
    def name(self) -> str:
        """The unique name of its row and lease. It appears in logs and metrics."""
        ...

    @property
    def every(self) -> timedelta:
        """The time after a run until it is due again."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether several workers may run it at the same time, because the items it works on have their own leases."""
        ...

    def run(self, turn: Turn) -> datetime | None:
        """Do the work that is due, and return when the job is due again if that is earlier than after `every`.

        A run that stops early because the worker is stopping returns `turn.now`, so that it is due at once. If it
        raises, the job is tried again after 1, 5 and 30 minutes, and then every hour.
        """
        ...
