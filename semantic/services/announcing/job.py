"""The two jobs that notify people: one about changed definitions, and one before certifications end.

Each person gets a message only once, even with several workers, because the message's ID is derived from its subject.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final

from semantic.model.certification_status import CertificationStatus, certificate, certification_status
from semantic.services.announcing.message import SOON, ends_soon
from semantic.services.certifying.settling import names_of
from semantic.services.process import Live
from semantic.store.accounts.accounts import Account, read_accounts
from semantic.store.certifications.audience import read_uses
from semantic.store.certifications.certifications import read_acts
from semantic.store.models.versions import read_version
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.worker.job import Turn

LATE: Final = timedelta(days=3)
"""How long after its effective date a change is still announced, if no worker was running."""


@dataclass(frozen=True, slots=True)
class Announcements:
    """Queues a message about a changed definition to everyone concerned, once per person and version."""

    live: Live
    name: str = "announcements"
    every: timedelta = timedelta(seconds=20)
    is_shared: bool = False
    done: set[int] = field(default_factory=set[int])

    def run(self, turn: Turn) -> datetime | None:
        by_version: dict[int, list[str]] = {}
        at: dict[int, datetime] = {}
        for changes in self.live.settling.changes.values():
            for change in changes:
                if change.before and change.version not in self.done and change.at > turn.now - LATE:
                    by_version.setdefault(change.version, []).append(change.metric)
                    at[change.version] = change.at
        for version, metrics in sorted(by_version.items()):
            self._queue(version, at[version], metrics)
            self.done.add(version)
        return None

    def _queue(self, version: int, at: datetime, metrics: list[str]) -> None:
        live = self.live
        with live.store.read() as connection:
            author = read_version(connection, version).author
            people = {use.subject for use in read_uses(connection, live.keys, metrics)} - {author, ""}
        with live.store.write(recorded=False) as transaction:
            for subject in sorted(people):
                recipient = Recipient(kind="person", id=subject)
                about = f"version:{version}"
                queue_send(transaction, NewSend(kind="definition", about=about, slot=at, recipient=recipient))


@dataclass(frozen=True, slots=True)
class Reminders:
    """Queues a reminder to the owner and the certifier 30 days before a certification ends."""

    live: Live
    name: str = "certifications"
    every: timedelta = timedelta(hours=1)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        live, workspace = self.live, self.live.workspace()
        today = workspace.today()
        ending = [
            (metric, found.until)
            for metric in workspace.model.metrics.values()
            if (found := certificate(metric)) is not None
            and certification_status(metric, today) is CertificationStatus.CERTIFIED
            and ends_soon(found.until, today)
        ]
        if not ending:
            return None
        with live.store.read() as connection:
            accounts = [each for each in read_accounts(connection, live.keys, live.claimed) if each.is_active]
            acts = read_acts(connection, live.keys)
        with live.store.write(recorded=False) as transaction:
            for metric, until in ending:
                found = certificate(metric)
                decision = acts[metric.name].decision if metric.name in acts else None
                people = _called(metric.owner, accounts) | _called(found.by if found else "", accounts)
                if decision is not None and decision.until == until:
                    people.add(decision.by)
                slot = datetime.combine(until - SOON, time(), UTC)
                about = f"metric:{hashlib.sha256(metric.name.encode()).hexdigest()[:32]}"
                for subject in sorted(people):
                    recipient = Recipient(kind="person", id=subject)
                    details = {"metric": metric.name}
                    new = NewSend(kind="certification", about=about, slot=slot, recipient=recipient, details=details)
                    queue_send(transaction, new)
        return None


def _called(name: str, accounts: list[Account]) -> set[str]:
    """Return the `subject` of the only account with this name or ID. Empty if there is none, or several."""
    wanted = names_of(name)
    found = {each.subject for each in accounts if not wanted.isdisjoint(names_of(each.id, each.name))}
    return found if len(found) == 1 else set()
