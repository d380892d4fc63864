"""The two jobs that send messages: one queues messages when a delivery is due, the other prepares and sends them.

Each message is sent at least once. A transaction queues it and sets the delivery's next slot, so no message is lost or
queued twice. A message is recorded as sent only after its receiver accepts it. If a worker is killed in between, the
message is sent again with the same Message-ID. A failure for one recipient doesn't affect others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from semantic.display.messages.message import Message
from semantic.errors import ChangedMeanwhile, HandOverFailed, InvalidQuery, SemanticError, StoreFailed
from semantic.observability import logs
from semantic.run.cpu_turns import cpu_turns
from semantic.schedules.schedule import Schedule, next_slot, slots_between
from semantic.services.outbox.composer import Composer, Skipped
from semantic.services.outbox.composers import composer_of
from semantic.services.outbox.notices import Code, queue_notice
from semantic.services.outbox.reader import NotNow, Reader, notice_reader_of, reader_of
from semantic.services.outbox.receiving import NO_ACCESS, check_delivery, expand
from semantic.services.process import Live
from semantic.store.audit.log import SAMEPAGE, Plain
from semantic.store.database import Transaction
from semantic.store.outbox.deliveries import (
    Delivery,
    drop_slot,
    find_delivery,
    move_on,
    pause_delivery,
    read_due,
    read_next_slot,
)
from semantic.store.outbox.recipients import pause_recipient
from semantic.store.outbox.sends import (
    Kind,
    NewSend,
    Send,
    claim_send,
    count_handed_over,
    forget_sends,
    give_back_send,
    next_due,
    note_failed,
    note_handed_over,
    note_not_sent,
    note_rendered,
    note_skipped,
    queue_send,
    read_sends,
    retry_send,
)
from semantic.store.outbox.unsubscribe import unsubscribe_link
from semantic.transport.hand_over import hand_over
from semantic.worker.job import Turn

LEASE: Final = timedelta(minutes=10)
"""How long a killed worker keeps its messages."""
RETRY: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
LATE: Final = timedelta(hours=1)
AT_ONCE: Final = 2
MOST_NOTED: Final = 20  # missed slots of one delivery that get a line in the history
MOST_PER_DAY: Final = 100  # messages to one person
OLDEST: Final = timedelta(days=400)
NOT_RUNNING: Final = "No worker was running"
OWNER_GONE: Final = "Paused: its owner can no longer sign in"
LIMIT: Final = f"Limit reached: {MOST_PER_DAY} messages in 24 hours"


class HandOver(Protocol):
    """Sends a message to its receiver, and returns the receiver's response. Raises HandOverFailed."""

    def __call__(self, live: Live, send: Send, reader: Reader, message: Message, *, unsubscribe: str = "") -> str: ...


# Queueing what is due


@dataclass(frozen=True, slots=True)
class Slots:
    """Queues the messages for each delivery's newest slot that is due."""

    live: Live
    name: str = "slots"
    every: timedelta = timedelta(seconds=20)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        with self.live.store.read() as connection:
            due = read_due(connection, self.live.store.now())
        for id_ in due:
            if turn.is_stopping():
                return turn.now
            queue_slot(self.live, id_)
        with self.live.store.read() as connection:
            return read_next_slot(connection)


def queue_slot(live: Live, id_: str) -> None:
    """Queue the messages for a delivery's newest slot, and record slots that were missed, in one transaction.

    If the delivery's owner can no longer sign in, the delivery is paused. Raises StoreFailed.
    """
    now = live.store.now()
    with live.store.read() as connection:
        delivery = find_delivery(connection, live.keys, id_)
    if delivery is None or not delivery.is_active or delivery.next_at is None:
        with live.store.write(recorded=False) as transaction:
            drop_slot(transaction, id_)
        return
    if delivery.next_at > now:  # another worker queued it first
        return
    people = live.people()
    owner = people.get(delivery.owner_id)
    if owner is None:
        _pause(live, delivery, OWNER_GONE)
        return
    schedule = Schedule(cron=delivery.cron, zone=delivery.zone)
    since = max(delivery.next_at - timedelta(seconds=1), now - OLDEST)
    try:
        slots, next_at = slots_between(schedule, since, now), next_slot(schedule, now)
    except InvalidQuery:  # such as a time zone that this machine doesn't know
        _pause(live, delivery, "Paused: its schedule can't be read")
        return
    with live.store.write(recorded=False) as transaction:
        if not move_on(transaction, delivery, next_at) or not slots:
            return
        recipients = expand(transaction, live, delivery, people, owner)
        for slot in slots[-1 - MOST_NOTED : -1]:
            for recipient in recipients:
                new = NewSend(kind="delivery", about=id_, slot=slot, recipient=recipient)
                note_not_sent(transaction, new, NOT_RUNNING)
        details: dict[str, Plain] = {"title": delivery.title, "late": now - slots[-1] > LATE}
        for recipient in recipients:
            new = NewSend(kind="delivery", about=id_, slot=slots[-1], recipient=recipient, details=details)
            queue_send(transaction, new)


def _pause(live: Live, delivery: Delivery, why: str) -> None:
    with suppress(ChangedMeanwhile), live.store.write(recorded=False) as transaction:
        pause_delivery(transaction, live.keys, delivery, SAMEPAGE, why=why)


# Sending what is queued


@dataclass(frozen=True, slots=True)
class Sends:
    """Prepares queued messages under their readers' access, and sends them. Each message has its own lease."""

    live: Live
    hand_over: HandOver = field(default=hand_over)
    composer_of: Callable[[Kind], Composer | None] = field(default=composer_of)
    lease: timedelta = LEASE
    most_per_day: int = MOST_PER_DAY
    name: str = "sends"
    every: timedelta = timedelta(seconds=2)
    is_shared: bool = True

    def run(self, turn: Turn) -> datetime | None:
        if (due := self._next_due()) is None or due > self.live.store.now():
            return due
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send") as pool:
            working = [pool.submit(self._send_all, turn, f"{turn.holder}-{number}") for number in range(AT_ONCE)]
        for each in working:
            each.result()
        return self._next_due()

    def _next_due(self) -> datetime | None:
        with self.live.store.read() as connection:
            return next_due(connection, self.live.store.now())

    def _send_all(self, turn: Turn, holder: str) -> None:
        host = urlsplit(self.live.settings.address).hostname or "localhost"
        while not turn.is_stopping():
            with self.live.store.write(recorded=False) as transaction:
                send = claim_send(transaction, holder, self.lease, host=host)
            if send is None:
                return
            with cpu_turns.work(), suppress(ChangedMeanwhile):  # if the lease is lost, another worker continues
                self.send_one(send, holder, is_stopping=turn.is_stopping)

    def send_one(self, send: Send, holder: str, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Prepare and send a message that `holder` has claimed, and record the outcome.

        Raises ChangedMeanwhile, StoreFailed.
        """
        work = _Work(self.live, send, holder)
        try:
            prepared = self._prepare(send)
        except StoreFailed:
            raise
        except Exception as error:  # noqa: BLE001 (whatever happens to one message, the others are sent)
            work.failed_to_prepare(error)
            return
        if isinstance(prepared, NotNow | Skipped):
            work.skip(prepared)
            return
        reader, message = prepared
        with self.live.store.write(recorded=False) as transaction:
            if is_stopping():  # sending can take longer than stopping is allowed to
                give_back_send(transaction, send, holder)
                return
            note_rendered(transaction, send, holder, self.lease, receipts=message.receipts)
        link = unsubscribe_link(self.live.keys, self.live.settings.address, send)
        try:
            answer = self.hand_over(self.live, send, reader, message, unsubscribe=link)
        except HandOverFailed as error:
            work.failed(str(error), is_final=error.is_final)
            return
        except StoreFailed:
            raise
        except Exception as error:  # noqa: BLE001 (as above)
            _tell(error)
            work.failed("Samepage couldn't hand this message over", is_final=False)
            return
        with self.live.store.write(recorded=False) as transaction:
            note_handed_over(transaction, send, holder, answer)

    def _prepare(self, send: Send) -> tuple[Reader, Message] | NotNow | Skipped:
        live, now = self.live, self.live.store.now()
        is_notice = send.kind == "notice"
        reader = notice_reader_of(live, send.recipient) if is_notice else reader_of(live, send.recipient, now)
        if isinstance(reader, NotNow):
            return reader
        compose = self.composer_of(send.kind)
        if compose is None:
            return Skipped("This version of Samepage doesn't send this")
        if not is_notice and send.recipient.kind == "person":
            with live.store.read() as connection:
                if count_handed_over(connection, send, now - timedelta(days=1)) >= self.most_per_day:
                    return Skipped(LIMIT)
        if send.kind == "delivery":
            checked = check_delivery(live, send, reader, now)
            if isinstance(checked, Skipped):
                return checked
            send = checked
        message = compose(send, reader, live)
        return message if isinstance(message, Skipped) else (reader, message)


@dataclass(frozen=True, slots=True)
class _Work:
    """A claimed message, with methods that record its outcome."""

    live: Live
    send: Send
    holder: str

    def skip(self, why: NotNow | Skipped) -> None:
        """Record why a message isn't sent, and notify people who can fix the cause."""
        send = self.send
        with self.live.store.write(recorded=False) as transaction:
            lost = why.lost if isinstance(why, Skipped) else ""
            note_skipped(transaction, send, self.holder, NO_ACCESS if lost else why.why)
            if lost and send.kind == "delivery":
                self._pause_part(transaction, lost)
            if isinstance(why, NotNow) and why.reason == "sign_in" and send.recipient.kind == "person":
                since, keys = why.since or send.slot, self.live.keys
                queue_notice(transaction, keys, "sign_in", "sign_in", since, send.recipient.id, {})

    def _pause_part(self, transaction: Transaction, lost: str) -> None:
        delivery = find_delivery(transaction.connection, self.live.keys, self.send.about)
        if delivery is None:
            return
        self._tell_owner(transaction, delivery, "no_access", {})
        recipient, why = self.send.recipient, f"Paused: you no longer have access to {lost}"
        pause_recipient(transaction, self.live.keys, delivery, recipient.kind, recipient.id, why, SAMEPAGE)

    def failed_to_prepare(self, error: Exception) -> None:
        """Record that a message couldn't be prepared.

        The error's text isn't saved, because it can contain names that only the reader can see.
        """
        _tell(error)
        what = "the data couldn't be read" if isinstance(error, SemanticError) else "an unexpected error"
        self.failed(f"Samepage couldn't prepare this message: {what}", is_final=False)

    def failed(self, why: str, *, is_final: bool) -> None:
        """Schedule another attempt for a message, or give up and notify the owner once."""
        send = self.send
        with self.live.store.write(recorded=False) as transaction:
            if not is_final and send.attempts < len(RETRY):
                retry_send(transaction, send, self.holder, why, transaction.now + RETRY[send.attempts])
                return
            tried = f"{why.rstrip('.')}. Tried {send.attempts + 1} times" if send.attempts else why
            is_first = not self._failed_before(transaction)
            note_failed(transaction, send, self.holder, tried)
            delivery = None
            if send.kind == "delivery" and is_first:
                delivery = find_delivery(transaction.connection, self.live.keys, send.about)
            if delivery is not None:
                self._tell_owner(transaction, delivery, "failed", {"why": why})

    def _failed_before(self, transaction: Transaction) -> bool:
        """Whether the previous message to the same recipient about the same item failed too."""
        send = self.send
        before = read_sends(
            transaction.connection, kind=send.kind, about=send.about, recipient=send.recipient, until=send.slot, most=1
        )
        return any(earlier.state == "failed" for earlier in before)

    def _tell_owner(
        self, transaction: Transaction, delivery: Delivery, code: Code, details: Mapping[str, Plain]
    ) -> None:
        recipient = self.send.recipient
        if recipient.id == delivery.owner:
            return  # their own message's history says so, and a notice would fail in the same way
        said: dict[str, Plain] = {"title": delivery.title, "kind": recipient.kind, "recipient": recipient.id, **details}
        # One for each recipient and slot, so that two failures at one slot are both reported.
        about = f"{delivery.id}-{self.send.number[:16]}"
        queue_notice(transaction, self.live.keys, code, about, self.send.slot, delivery.owner, said)


def _tell(error: Exception) -> None:
    """Log an error's type and code location, but not its text, which may contain values, addresses or names."""
    kind, at = type(error).__name__, logs.code_of(error) or "an unknown place"
    sentence = "A message couldn't be sent. It will be retried later."
    logs.tell("job", sentence, level=logging.ERROR, job="sends", outcome="failed", kind=kind, at=at)


# Retention


@dataclass(frozen=True, slots=True)
class SendRetention:
    """Once a day, deletes messages from the history that ended more than 400 days ago."""

    live: Live
    name: str = "send history"
    every: timedelta = timedelta(days=1)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        while not turn.is_stopping():
            with self.live.store.write(recorded=False) as transaction:
                if not forget_sends(transaction):
                    return None
        return turn.now
