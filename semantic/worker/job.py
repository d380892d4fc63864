"""The protocol that every job implements, and the object that the worker passes to each run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of a job.

    The worker extends the job's lease automatically. `is_mine` extends it immediately, and returns whether this worker
    still holds it. Call `is_mine` before any step that must not happen twice. `is_stopping` returns whether the worker
    is about to stop.
    """

    now: datetime  # by the store's clock, when the run began
    holder: str  # names this worker in leases
    is_mine: Callable[[], bool]
    is_stopping: Callable[[], bool]


class Job(Protocol):
    """Work that the worker does repeatedly."""

    @property
    def name(self) -> str:
        """The job's unique name, which its row and lease use, and logs and metrics show."""
        ...

    @property
    def every(self) -> timedelta:
        """The time after a run at which the job is due again."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether several workers can run the job at the same time, because its items have their own leases."""
        ...

    def run(self, turn: Turn) -> datetime | None:
        """Do the work that is due. Return when the job is due again, or None for the time that `every` gives.

        A returned time is only used if it's sooner than `every`. A run that ends early because the worker is stopping
        returns `turn.now`, so that the job is due immediately. If a run raises an error, the job is tried again after
        1, 5 and 30 minutes, and then every hour.
        """
        ...
