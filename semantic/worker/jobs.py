"""The list of all jobs."""

from __future__ import annotations

import logging
from typing import Final

from semantic.agents.drift import Drift
from semantic.agents.engines import configured_model
from semantic.observability import logs
from semantic.services.alerts.job import Alerts
from semantic.services.announcing.job import Announcements, Reminders
from semantic.services.check_runner import FIRST_SECONDS
from semantic.services.outbox.sending import SendRetention, Sends, Slots
from semantic.services.process import Live
from semantic.store.audit.verify import is_of_key
from semantic.worker.job import Job
from semantic.worker.upkeep import DataChecks, MappedNames, Presence, Retention, SyncedFolder

OTHER_KEY: Final = "This worker sends nothing, because SAMEPAGE_AUDIT_KEY isn't the key of this store."


def jobs_of(live: Live, *, is_app: bool = False) -> tuple[Job, ...]:
    """Return all jobs of this installation. To add a job, add a line.

    In the app (`is_app`), heavy jobs wait a little at the start, because pages have to be prepared first. If the key
    isn't the store's own, no messages are sent, because every delivery would look damaged and everyone would seem to
    have left. Raises StoreFailed.
    """
    jobs: list[Job] = [Presence(), Retention(live), MappedNames(live)]
    with live.store.read() as connection:
        is_own = is_of_key(connection, live.keys)
    if is_own:
        jobs += [Slots(live), Sends(live), SendRetention(live), Alerts(live), Announcements(live), Reminders(live)]
        jobs.append(Drift(live, model=configured_model))
    else:
        logs.tell("start", OTHER_KEY, level=logging.ERROR)
    if live.settings.check_minutes:
        jobs.append(DataChecks(live, wait_seconds=FIRST_SECONDS if is_app else 0))
    folder = live.settings.synced_folder
    if folder is not None and live.settings.model_source == "store":
        jobs.append(SyncedFolder(live, folder))
    return tuple(jobs)
