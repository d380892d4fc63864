"""The list of all jobs."""

from __future__ import annotations

from semantic.services.alerts.job import Alerts
from semantic.services.check_runner import FIRST_SECONDS
from semantic.services.outbox.sending import SendRetention, Sends, Slots
from semantic.services.process import Live
from semantic.worker.job import Job
from semantic.worker.upkeep import DataChecks, Presence, Retention


def jobs_of(live: Live, *, is_app: bool = False) -> tuple[Job, ...]:
    """Return every job of this installation. To add one, add a line.

    The app (`is_app`) has pages to prepare when it starts, so heavy jobs wait a little there.
    """
    jobs: list[Job] = [Presence(), Retention(live), Slots(live), Sends(live), SendRetention(live), Alerts(live)]
    if live.settings.check_minutes:
        jobs.append(DataChecks(live, wait_seconds=FIRST_SECONDS if is_app else 0))
    return tuple(jobs)
