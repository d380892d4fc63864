"""Maintenance jobs: a heartbeat, data checks, following the synced folder, and removing old data."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from semantic.agents.transcripts import forget_old_calls
from semantic.errors import ChangedMeanwhile
from semantic.services.campaign_names import expire_names
from semantic.services.check_runner import DATA_SECONDS
from semantic.services.process import Live
from semantic.services.synced.offer import follow
from semantic.store.agents.days import KEPT_DAYS, expire_days
from semantic.store.agents.proposals import forget_old_proposals
from semantic.store.numbers.outcomes import forget_old_outcomes
from semantic.store.questions.conversations import forget_old_conversations
from semantic.store.requests.requests import forget_old_requests
from semantic.store.upkeep.retention import tend_log
from semantic.worker.job import Turn

PRESENCE: Final = "presence"


@dataclass(frozen=True, slots=True)
class Presence:
    """A heartbeat without any work. Its runs show that a worker is running and isn't stuck."""

    name: str = PRESENCE
    every: timedelta = timedelta(minutes=1)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        return None


@dataclass(frozen=True, slots=True)
class DataChecks:
    """Runs data checks soon after the data or the model has changed, or at a fixed interval.

    `wait_seconds` delays the first run, so that a process can do other work first after it starts.
    """

    live: Live
    wait_seconds: float = 0.0
    name: str = "data checks"
    every: timedelta = timedelta(seconds=DATA_SECONDS)
    is_shared: bool = False
    begun: float = field(default_factory=monotonic)

    def run(self, turn: Turn) -> datetime | None:
        wait = self.wait_seconds - (monotonic() - self.begun)
        if wait > 0:
            return turn.now + timedelta(seconds=wait)
        checks, minutes = self.live.checks, self.live.settings.check_minutes
        checks.run_if_due(minutes, is_stopping=turn.is_stopping)
        return None


@dataclass(frozen=True, slots=True)
class SyncedFolder:
    """Reads the synced folder, and offers its changes to stewards."""

    live: Live
    folder: Path
    name: str = "synced folder"
    every: timedelta = timedelta(minutes=1)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        follow(self.live, self.folder)
        return None


@dataclass(frozen=True, slots=True)
class Retention:
    """Once a day, deletes old audit log entries, transcripts, requests, proposals, conversations and counts.

    The retention of audit log entries and transcripts is set in the settings.
    """

    live: Live
    name: str = "retention"
    every: timedelta = timedelta(days=1)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        tend_log(self.live.store, self.live.keys)
        with self.live.store.write(recorded=False) as transaction:
            forget_old_requests(transaction, transaction.now)
            forget_old_outcomes(transaction, transaction.now.date())
            expire_days(transaction, transaction.now.date() - timedelta(days=KEPT_DAYS))
            forget_old_proposals(transaction, transaction.now)
            forget_old_conversations(transaction)
        forget_old_calls(self.live)
        return None


@dataclass(frozen=True, slots=True)
class MappedNames:
    """Removes mapped names whose last day has passed."""

    live: Live
    name: str = "mapped names"
    every: timedelta = timedelta(minutes=10)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        with suppress(ChangedMeanwhile):  # someone is publishing, so the next run removes them
            expire_names(self.live)
        return None
