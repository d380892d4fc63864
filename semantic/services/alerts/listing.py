"""List a person's alerts with their states, and the recipients that they can choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.services.alerts.work import AlertWork
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.store.alerts.alerts import AlertRecipient, StoredAlert, read_alerts
from semantic.store.alerts.runs import AlertReader, AlertRun, read_newest_runs, read_readers
from semantic.store.audit.entries import find_subject
from semantic.store.destinations.destinations import read_destinations
from semantic.store.outbox.sends import Recipient
from semantic.store.people import read_names, subject_of

NOT_READ: Final = AlertReader()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNow:
    """An alert with its state for one person, and its outcome for them in the newest period."""

    kept: StoredAlert
    is_mine: bool
    is_told: bool
    reader: AlertReader
    newest: AlertRun | None

    def snoozed_until(self, today: date) -> date | None:
        """Return the day on which this person's snooze ends, or None if the alert isn't snoozed."""
        days = [day for day in (self.kept.snoozed_until, self.reader.snoozed_until) if day is not None and day > today]
        return max(days, default=None)

    @property
    def firing_since(self) -> date | None:
        """The first period of the current episode, or None if the alert isn't firing."""
        return self.reader.memory.open_since if self.kept.is_active else None

    @property
    def is_acknowledged(self) -> bool:
        """Whether someone has acknowledged the alert since it started firing."""
        since, known = self.firing_since, self.kept.acknowledged_for
        return since is not None and known is not None and known >= since


def alerts_now(work: AlertWork) -> list[AlertNow]:
    """Return the alerts that a person created, and those that they receive and haven't left, oldest first.

    Raises StoreFailed.
    """
    with work.store.read() as connection:
        subject = find_subject(connection, work.actor.id) if work.actor.viewed_by is None else None
        if subject is None:
            return []
        me = Recipient(kind="person", id=subject)
        every, readers = read_alerts(connection, work.keys), read_readers(connection, me)
        newest = read_newest_runs(connection, me)
    found = (_now(work, kept, subject, readers.get(kept.id, NOT_READ), newest.get(kept.id)) for kept in every)
    return [one for one in found if one.is_mine or (one.is_told and one.reader.ended_at is None)]


def alert_now(work: AlertWork, id_: str) -> AlertNow:
    """Return one alert that a person owns or receives. Raises NotAllowed, also for an alert that doesn't exist."""
    kept = work.find(id_)
    newest = next(iter(work.history(kept)), None)
    with work.store.read() as connection:
        subject = find_subject(connection, work.actor.id) or ""
        readers = read_readers(connection, Recipient(kind="person", id=subject))
    return _now(work, kept, subject, readers.get(kept.id, NOT_READ), newest)


def _now(work: AlertWork, kept: StoredAlert, subject: str, reader: AlertReader, newest: AlertRun | None) -> AlertNow:
    is_told = any(
        one.id == subject if one.kind == "person" else one.kind == "group" and one.id in work.actor.groups
        for one in kept.recipients
    )
    return AlertNow(kept=kept, is_mine=work.is_mine(kept), is_told=is_told, reader=reader, newest=newest)


# Recipients


@dataclass(frozen=True, slots=True)
class NamedRecipient:
    """A recipient that a page offers, with their name, or "" if the person was erased."""

    chosen: ChosenRecipient
    name: str


def named_recipients(work: AlertWork, alerts: Iterable[StoredAlert]) -> Mapping[AlertRecipient, NamedRecipient]:
    """Return the recipients of alerts with their names, "" for people who were erased. Raises StoreFailed."""
    every = dict.fromkeys(recipient for kept in alerts for recipient in kept.recipients)
    with work.store.read() as connection:
        people = read_names(connection, [one.id for one in every if one.kind == "person"])
        destinations = {one.id: one.name for one in read_destinations(connection)}
    named: dict[AlertRecipient, NamedRecipient] = {}
    for one in every:
        match one.kind:
            case "person":
                id_, name = people.get(one.id, ("", ""))
                named[one] = NamedRecipient(ChosenRecipient("person", id_), name)
            case "group":
                named[one] = NamedRecipient(ChosenRecipient("group", one.id), one.id)
            case "destination":
                named[one] = NamedRecipient(ChosenRecipient("destination", one.id), destinations.get(one.id, ""))
    return named


def chosen_recipients(
    work: AlertWork, people: Mapping[str, Actor], chosen: Sequence[ChosenRecipient]
) -> list[AlertRecipient]:
    """Return the people, groups and destinations that someone chose on a page, as recipients to store.

    `people` are those who can sign in. Raises InvalidQuery, StoreFailed.
    """
    found: list[AlertRecipient] = []
    with work.store.write(recorded=False) as transaction:
        for one in chosen:
            if one.kind != "person":
                found.append(AlertRecipient(one.kind, one.id))
                continue
            person = work.actor if one.id == work.actor.id else people.get(one.id)
            if person is None:
                raise InvalidQuery("Only people who can sign in can receive this. Choose someone from the list.")
            found.append(AlertRecipient("person", subject_of(transaction, person.id, person.name)))
    return found
