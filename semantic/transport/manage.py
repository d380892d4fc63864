"""Manage sending, for administrators: the mail server, destinations, failed messages and workers."""

from __future__ import annotations

import secrets
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from semantic.config.mail import MailServer, checked_server
from semantic.display.messages.blocks import Button, Footer, Headline, Note
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.errors import HandOverFailed, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.links import audiences
from semantic.services.process import Live
from semantic.store.audit.entries import find_subject, require_subject
from semantic.store.audit.log import Act, record
from semantic.store.destinations.destinations import (
    Destination,
    NewDestination,
    add_destination,
    end_destination,
    find_destination,
    note_outcome,
    open_destination,
    read_destinations,
)
from semantic.store.destinations.mail_server import StoredServer, read_mail_server, write_mail_server
from semantic.store.destinations.mailbox import MailboxRow, read_mail, read_mailbox
from semantic.store.jobs.jobs import JobState, read_jobs
from semantic.store.outbox.counts import count_states
from semantic.store.outbox.sends import Recipient, Send, read_sends
from semantic.transport.hand_over import hand_over, post_message
from semantic.transport.web import Web

FAILURES_DAYS: Final = 7
MOST_FAILURES: Final = 100
UNSEEN: Final = timedelta(minutes=5)
"""If a job is overdue by this much and no job has ended in this time, the page says that no worker is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A message that couldn't be sent, without its content and recipient."""

    at: datetime
    kind: str
    to: str  # "a person", or a destination's name
    why: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The contents of the page about sending.

    `server` is the mail server or None, and `revision` is the value to pass when changing it. `days` are the most
    recent days, newest first, with the numbers of messages that were sent, skipped and failed. `missing_since` is when
    a job became due that no worker has run, or None if workers are running.
    """

    server: MailServer | None
    revision: int
    destinations: tuple[Destination, ...]
    failures: tuple[Failure, ...]
    days: tuple[tuple[date, Counter[str]], ...]
    jobs: tuple[JobState, ...]
    missing_since: datetime | None
    waiting: int  # messages that are due, or being prepared


@dataclass(frozen=True, slots=True)
class TestReader:
    """The administrator as the reader of their own test message."""

    actor: Actor
    recipient: Recipient
    address: str


class SendingWork:
    """Sending, as `actor` manages it. Every method raises NotAllowed for anyone but administrators, and StoreFailed."""

    def __init__(
        self, live: Live, actor: Actor, *, trust: ssl.SSLContext | None = None, web: Web | None = None
    ) -> None:
        self.live, self.actor, self.trust = live, actor, trust
        self.web = web or Web(live.settings.allowed_hosts)

    def read(self) -> Sending:
        """Return the current state of sending."""
        self._check(looks=True)
        live = self.live
        now = live.store.now()
        with live.store.read() as connection:
            stored = read_mail_server(connection, live.keys)
            every = read_destinations(connection, ended=True)
            failed = read_sends(
                connection, state="failed", since=now - timedelta(days=FAILURES_DAYS), most=MOST_FAILURES
            )
            states = count_states(connection, now - timedelta(days=FAILURES_DAYS))
            jobs = read_jobs(connection)
        names = {destination.id: destination.name for destination in every}
        return Sending(
            server=live.settings.mail or stored.server,
            revision=stored.revision,
            destinations=tuple(destination for destination in every if destination.ended_at is None),
            failures=tuple(
                Failure(
                    at=send.ended_at or send.slot,
                    kind=send.kind,
                    to=names.get(send.recipient.id, "a destination that was removed")
                    if send.recipient.kind == "destination"
                    else "a person",
                    why=send.why,
                    attempts=send.attempts,
                )
                for send in failed
            ),
            days=_by_day(states),
            jobs=tuple(sorted(jobs.values(), key=lambda job: job.name)),
            missing_since=_missing_since(list(jobs.values()), now),
            waiting=sum(count for state, _, count in states if state in ("due", "leased", "rendered")),
        )

    # The mail server

    def set_server(
        self, *, host: str, port: str, security: str, user: str, password: str | None, sender: str, revision: int
    ) -> MailServer:
        """Set the mail server. If `password` is None, the stored one stays, unless host, port or user change.

        If `password` is None, the stored password stays, as long as host, port and user don't change. Raises
        InvalidQuery and ChangedMeanwhile.
        """
        self._check()
        if self.live.settings.mail is not None:
            raise InvalidQuery("The mail server is set in the server's settings, so it can't be changed here.")
        with self.live.store.write() as transaction:
            stored = read_mail_server(transaction.connection, self.live.keys)
            try:
                server = checked_server(
                    host=host, port=port, security=security, user=user, password=password or "", sender=sender,
                    is_of_settings=False,
                )  # fmt: skip
            except ValueError as error:
                text = str(error)
                raise InvalidQuery(text[:1].upper() + text[1:]) from None
            if password is None:
                server = _with_password(server, stored)
            write_mail_server(transaction, self.live.keys, server, self.actor, revision=revision)
        return server

    def remove_server(self, revision: int) -> None:
        """Remove the mail server that was set in the app. Raises ChangedMeanwhile."""
        self._check()
        with self.live.store.write() as transaction:
            write_mail_server(transaction, self.live.keys, None, self.actor, revision=revision)

    def test_mail(self, address: str) -> str:
        """Send a test message to the administrator's own address, and return the server's response.

        Raises HandOverFailed.
        """
        self._check()
        live = self.live
        with live.store.write() as transaction:
            record(
                transaction, Act(kind="mail_server.tested", actor=self.actor, about="setting:mail.server"), live.keys
            )
            subject = require_subject(transaction.connection, self.actor.id)
        reader = TestReader(self.actor, Recipient(kind="person", id=subject), address)
        message = message_for_test(live, f"Sent by {self.actor.short_name} to see whether email from Samepage arrives.")
        return hand_over(live, send_for_test(live, reader.recipient), reader, message, trust=self.trust)

    # Destinations

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences from which a destination's audience is chosen."""
        return audiences(self.live.workspace().model)

    def add(self, wanted: NewDestination) -> tuple[str, str]:
        """Add a destination. Return its ID and, for a webhook, the signing secret, which is never shown again.

        Raises InvalidQuery, and HandOverFailed for an address to which sending isn't allowed.
        """
        self._check()
        if wanted.audience and wanted.audience not in self.audiences:
            raise InvalidQuery(f"Choose an audience: {', '.join(self.audiences) or 'no policy names an audience yet'}.")
        self.web.check(wanted.address.strip())
        with self.live.store.write() as transaction:
            return add_destination(transaction, self.live.keys, wanted, self.actor)

    def test_destination(self, number: str) -> str:
        """Send a test message to a destination, and return the response. Raises InvalidQuery, HandOverFailed."""
        self._check()
        live = self.live
        with live.store.write() as transaction:
            opened = open_destination(transaction.connection, live.keys, number)
            if opened is None:
                raise InvalidQuery("This destination can't be used any more. Remove it and add it again.")
            details = {"name": opened.destination.name}
            about = f"destination:{number}"
            record(
                transaction, Act(kind="destination.tested", actor=self.actor, about=about, details=details), live.keys
            )
        message = message_for_test(live, f"Sent by {self.actor.short_name} to see whether messages arrive here.")
        why = ""
        try:
            send = send_for_test(live, Recipient(kind="destination", id=number))
            return post_message(live, opened, message, send=send, web=self.web)
        except HandOverFailed as error:
            why = str(error)
            raise
        finally:
            with live.store.write(recorded=False) as transaction:
                note_outcome(transaction, number, why)

    def remove(self, number: str) -> Destination | None:
        """Remove a destination, and return it. Raises ChangedMeanwhile."""
        self._check()
        with self.live.store.write() as transaction:
            end_destination(transaction, self.live.keys, number, self.actor)
            return find_destination(transaction.connection, number)

    def _check(self, *, looks: bool = False) -> None:
        viewing = self.actor.viewed_by is not None and not looks
        if viewing or self.actor.kind != "person" or not self.actor.is_at_least("administrator"):
            raise NotAllowed("Only administrators can manage sending. Ask one of them.")


class Mailbox:
    """The demo's mailbox as one person sees it: their own messages, or for administrators, everyone's."""

    def __init__(self, live: Live, actor: Actor) -> None:
        self.live, self.actor = live, actor

    def messages(self) -> list[MailboxRow]:
        """Return the messages, newest first. Raises StoreFailed."""
        subject = self._subject()
        if subject == "":
            return []
        with self.live.store.read() as connection:
            return read_mailbox(connection, subject)

    def content(self, number: int) -> bytes | None:
        """Return a message as bytes, or None if this person can't read it. Raises StoreFailed."""
        subject = self._subject()
        if subject == "":
            return None
        with self.live.store.read() as connection:
            return read_mail(connection, number, subject)

    def _subject(self) -> str | None:
        """Return the number of the person whose messages are shown, None for everyone's, or "" for none."""
        # A message has text that is only for its reader, and a link that acts on the reader's behalf.
        if not self.live.settings.demo or self.actor.only_looks:
            return ""
        if self.actor.is_at_least("administrator"):
            return None
        with self.live.store.read() as connection:
            return find_subject(connection, self.actor.id) or ""


def message_for_test(live: Live, text: str) -> Message:
    """Return a test message, which says so and contains no numbers."""
    letter = MessageContent(
        title="Test from Samepage",
        subject="Test from Samepage",
        blocks=(
            Headline("It works."),
            Note(text),
            Button("Open Samepage", live.settings.address),
            Footer(("This is a test that an administrator sent.",)),
        ),
    )
    return replace(write_letter(letter), headline="Test from Samepage", bullets=(text,))


def send_for_test(live: Live, recipient: Recipient) -> Send:
    """Return a send for a test, without saving it, because a test has no delivery and isn't retried."""
    now, number = live.store.now(), secrets.token_hex(16)
    return Send(
        number=number,
        kind="test",
        about="test",
        slot=now,
        recipient=recipient,
        details=MappingProxyType({}),
        state="rendered",
        attempts=0,
        message_id=f"<test.{number}@{urlsplit(live.settings.address).hostname or 'localhost'}>",
        receipts=(),
        why="",
        answer="",
        queued_at=now,
        due_at=None,
        rendered_at=now,
        ended_at=None,
    )


def _with_password(server: MailServer, stored: StoredServer) -> MailServer:
    """Return a mail server with the stored password, which is used only if host, port and user are the same."""
    before = stored.server
    if before is None or not server.user or not before.password:
        return server
    if (before.host, before.port, before.user) != (server.host, server.port, server.user):
        raise InvalidQuery("Type the password again, because it was for another host, port or user.")
    return replace(server, password=before.password)


def _by_day(states: Sequence[tuple[str, date, int]]) -> tuple[tuple[date, Counter[str]], ...]:
    days: dict[date, Counter[str]] = {}
    for state, day, count in states:
        days.setdefault(day, Counter())[state] += count
    return tuple(sorted(days.items(), reverse=True))


def _missing_since(jobs: Sequence[JobState], now: datetime) -> datetime | None:
    """Return when the longest overdue job became due, or None if no job is overdue or a job has ended recently.

    The overdue job can be one that is switched off.
    """
    if any(job.last_ended_at is not None and job.last_ended_at > now - UNSEEN for job in jobs):
        return None
    late = [job.next_at for job in jobs if not job.is_running(now) and job.next_at < now - UNSEEN]
    return min(late, default=None)
