"""Sends: one row per message to one recipient for one slot, from queueing to its end.

A send's number is a digest of its kind, subject, slot and recipient, so each combination exists only once, no matter
how often it is queued. A worker claims a send with a lease, and can record its outcome only while it holds the lease.
The Message-ID is derived from the number, so a message that is sent twice after a crash has the same Message-ID.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile
from semantic.store.audit.log import Plain
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, parse_moment, storable

Kind = Literal["delivery", "alert", "comment", "definition", "certification", "notice", "request", "test"]
State = Literal["due", "leased", "rendered", "handed_over", "failed", "skipped"]

KEPT: Final = timedelta(days=400)
"""How long sends stay in the history."""
AHEAD: Final = timedelta(days=1)
"""A time this far ahead comes from a process with a wrong clock. It is ignored."""
MOST_CLAIMS: Final = 40
"""After this many claims without an outcome, a send isn't tried again.

It seems to stop the process that prepares it.
"""
LONGEST_WHY: Final = 400
AT_ONCE: Final = "at_once"
"""The key in `details` of a message that its recipient asked for, which ignores the delivery's condition."""

SENDS: Final = Table(
    "sends",
    metadata,
    Column("number", String(32), primary_key=True),  # a digest of the next five
    Column("kind", String(20), nullable=False),
    Column("about", String(64), nullable=False),  # the ID of a delivery, an alert's event, a comment
    Column("slot", Instant, nullable=False, index=True),
    Column("recipient_kind", String(20), nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("details", Text, nullable=False),  # small JSON without values of rows
    Column("state", String(20), nullable=False),
    Column("due_at", Instant, index=True),  # when it can be claimed, or the end of its lease; null after it ended
    Column("holder", String(64), nullable=False),  # who has the lease; "" is no one
    Column("claims", Integer, nullable=False),  # how often it was claimed since its last outcome
    Column("attempts", Integer, nullable=False),  # how often preparing it, or handing it over, failed
    Column("message_id", String(300), nullable=False),  # "" until it is first claimed
    Column("receipts", Text, nullable=False),
    Column("why", Text, nullable=False),  # why it failed, was skipped, or is tried again
    Column("answer", Text, nullable=False),  # of the server that accepted it
    Column("queued_at", Instant, nullable=False),
    Column("rendered_at", Instant),
    Column("ended_at", Instant, index=True),
    Index("ix_sends_about_slot", "about", "slot"),
    Index("ix_sends_recipient_slot", "recipient", "slot"),
)
_MOMENTS: Final = ("slot", "due_at", "queued_at", "rendered_at", "ended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person, by their number in the store, or a destination, by its ID."""

    kind: Literal["person", "destination"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSend:
    """A message to queue. `details` is small JSON for the composer, without values from rows."""

    kind: Kind
    about: str
    slot: datetime
    recipient: Recipient
    details: Mapping[str, Plain] = field(default_factory=lambda: MappingProxyType(dict[str, Plain]()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A send in the store. `due_at` is None after it has ended, and `ended_at` is None before."""

    number: str
    kind: Kind
    about: str
    slot: datetime
    recipient: Recipient
    details: Mapping[str, Plain]
    state: State
    attempts: int
    message_id: str
    receipts: tuple[str, ...]
    why: str
    answer: str
    queued_at: datetime
    due_at: datetime | None
    rendered_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in ("handed_over", "failed", "skipped")


def send_number(kind: str, about: str, slot: datetime, recipient: Recipient) -> str:
    """Return a send's number, which is the same wherever and whenever the send is queued."""
    moment = str(int(slot.timestamp() * 1_000_000))
    text = json.dumps([kind, about, moment, recipient.kind, recipient.id])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Queueing


def queue_send(transaction: Transaction, new: NewSend) -> bool:
    """Queue a message. Returns False if it was queued or sent before."""
    return insert_if_missing(transaction.connection, SENDS, _row(transaction, new))


def note_not_sent(transaction: Transaction, new: NewSend, why: str) -> bool:
    """Add a message that isn't sent to the history, with the reason. Returns False if it's already there."""
    row = _row(transaction, new) | {"state": "skipped", "due_at": None, "ended_at": transaction.now, "why": _short(why)}
    return insert_if_missing(transaction.connection, SENDS, row)


def _row(transaction: Transaction, new: NewSend) -> dict[str, object]:
    recipient = new.recipient
    return {
        "number": send_number(new.kind, new.about, new.slot, recipient), "kind": new.kind, "about": new.about,
        "slot": new.slot, "recipient_kind": recipient.kind, "recipient": recipient.id,
        "details": json.dumps(dict(new.details)), "state": "due", "due_at": transaction.now, "holder": "", "claims": 0,
        "attempts": 0, "message_id": "", "receipts": "[]", "why": "", "answer": "", "queued_at": transaction.now,
        "rendered_at": None, "ended_at": None,
    }  # fmt: skip


# Sending


def claim_send(transaction: Transaction, holder: str, lease: timedelta, *, host: str = "localhost") -> Send | None:
    """Claim the send that has been due longest, and return it, or None if none is due.

    The claim by `holder` ends with the lease. `host` completes the Message-ID, and is only used when a send is first
    claimed. A send with a damaged row ends as failed.
    """
    connection, now = transaction.connection, transaction.now
    while True:
        # On PostgreSQL, rows that another worker is claiming at this moment are skipped; on SQLite, writers take turns.
        found = connection.execute(
            select(SENDS.c.number, SENDS.c.message_id, SENDS.c.claims)
            .where(_is_due(now))
            .order_by(SENDS.c.due_at, SENDS.c.number)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if found is None:
            return None
        if _count(found.claims) >= MOST_CLAIMS:
            _end(transaction, found.number, "failed", "Samepage stopped each time it prepared this message.")
            continue
        message_id = found.message_id or f"<{found.number}@{host}>"
        values = {"state": "leased", "holder": holder, "due_at": now + lease, "message_id": message_id}
        values["claims"] = _count(found.claims) + 1
        connection.execute(update(SENDS).where(SENDS.c.number == found.number).values(**values))
        send = read_send(connection, found.number)
        if send is not None:
            return send
        _end(transaction, found.number, "failed", "The stored message is damaged.")


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (SENDS.c.due_at <= now) | (SENDS.c.due_at > now + AHEAD)


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """Return when a send can next be claimed, or None if none is queued. If one is due, that is `now`."""
    if connection.execute(select(SENDS.c.number).where(_is_due(now)).limit(1)).first() is not None:
        return now
    return parse_moment(connection.execute(select(_plain(func.min(SENDS.c.due_at)))).scalar())


def note_rendered(
    transaction: Transaction, send: Send, holder: str, lease: timedelta, *, receipts: Sequence[str] = ()
) -> None:
    """Record that a message was rendered, and extend the lease for sending it. Raises ChangedMeanwhile."""
    values = {"state": "rendered", "receipts": json.dumps(list(receipts)), "rendered_at": transaction.now}
    _go_on(transaction, send, holder, due_at=transaction.now + lease, **values)


def note_handed_over(transaction: Transaction, send: Send, holder: str, answer: str) -> None:
    """Record that the receiving server accepted a message, with the server's response. Raises ChangedMeanwhile."""
    _go_on(transaction, send, holder, answer=_short(answer), **_over(transaction, "handed_over", ""))


def note_failed(transaction: Transaction, send: Send, holder: str, why: str) -> None:
    """Give up on a message, and record the reason. Raises ChangedMeanwhile."""
    _go_on(transaction, send, holder, attempts=send.attempts + 1, **_over(transaction, "failed", why))


def note_skipped(transaction: Transaction, send: Send, holder: str, why: str) -> None:
    """Record why a message isn't sent. Raises ChangedMeanwhile."""
    _go_on(transaction, send, holder, **_over(transaction, "skipped", why))


def retry_send(transaction: Transaction, send: Send, holder: str, why: str, at: datetime) -> None:
    """Schedule another attempt for a message, and record the reason. Raises ChangedMeanwhile."""
    values = {
        "state": "due",
        "holder": "",
        "attempts": send.attempts + 1,
        "why": _short(why),
        "due_at": at,
        "claims": 0,
    }
    _go_on(transaction, send, holder, **values)


def give_back_send(transaction: Transaction, send: Send, holder: str) -> None:
    """Release a claimed send, because its worker is stopping. Raises ChangedMeanwhile."""
    _go_on(transaction, send, holder, state="due", holder="", due_at=transaction.now, claims=0)


def _go_on(transaction: Transaction, send: Send, mine: str, /, **values: object) -> None:
    is_mine = (SENDS.c.number == send.number) & (SENDS.c.holder == mine) & SENDS.c.state.in_(("leased", "rendered"))
    if transaction.connection.execute(update(SENDS).where(is_mine).values(**values)).rowcount != 1:
        raise ChangedMeanwhile("Another worker has taken over this message. Nothing was recorded.")


def _end(transaction: Transaction, number: str, state: State, why: str) -> None:
    values = _over(transaction, state, why)
    transaction.connection.execute(update(SENDS).where(SENDS.c.number == number).values(**values))


def _over(transaction: Transaction, state: State, why: str) -> dict[str, object]:
    return {"state": state, "why": _short(why), "holder": "", "due_at": None, "ended_at": transaction.now, "claims": 0}


def _short(text: str) -> str:
    return storable(text)[:LONGEST_WHY]


# History


def read_send(connection: Connection, number: str) -> Send | None:
    """Return the send with this number, or None if it doesn't exist or its row is damaged."""
    row = connection.execute(_rows().where(SENDS.c.number == number)).one_or_none()
    return _send(row) if row is not None else None


def read_sends(
    connection: Connection,
    *,
    kind: Kind | None = None,
    about: str | None = None,
    recipient: Recipient | None = None,
    state: State | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = 200,
) -> list[Send]:
    """Return the sends that match all filters, newest slot first. Damaged rows are omitted.

    The slots include `since`, but not `until`.
    """
    rows = _rows().order_by(SENDS.c.slot.desc(), SENDS.c.queued_at.desc(), SENDS.c.number).limit(most)
    if kind is not None:
        rows = rows.where(SENDS.c.kind == kind)
    if about is not None:
        rows = rows.where(SENDS.c.about == about)
    if recipient is not None:
        rows = rows.where(SENDS.c.recipient == recipient.id, SENDS.c.recipient_kind == recipient.kind)
    if state is not None:
        rows = rows.where(SENDS.c.state == state)
    if since is not None:
        rows = rows.where(SENDS.c.slot >= since)
    if until is not None:
        rows = rows.where(SENDS.c.slot < until)
    return [send for row in connection.execute(rows) if (send := _send(row)) is not None]


def count_handed_over(connection: Connection, send: Send, since: datetime) -> int:
    """Return the number of other messages that the recipient of a claimed send got since a moment.

    Messages that are being sent at this moment count if their number is smaller, so that several workers together don't
    exceed a limit.
    """
    recipient = send.recipient
    chosen = (SENDS.c.recipient == recipient.id) & (SENDS.c.recipient_kind == recipient.kind)
    was_handed_over = (SENDS.c.state == "handed_over") & (SENDS.c.ended_at >= since)
    is_ahead = SENDS.c.state.in_(("leased", "rendered")) & (SENDS.c.number < send.number)
    chosen &= was_handed_over | is_ahead
    return int(connection.execute(select(func.count()).select_from(SENDS).where(chosen)).scalar_one())


def forget_sends(transaction: Transaction, *, most: int = 5_000) -> int:
    """Delete up to `most` sends that ended longer than `KEPT` ago, and return how many were deleted."""
    old = select(SENDS.c.number).where(SENDS.c.ended_at < transaction.now - KEPT).limit(most)
    return transaction.connection.execute(delete(SENDS).where(SENDS.c.number.in_(old))).rowcount


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a time column in the driver's format, because converting a damaged time would raise an error."""
    return type_coerce(column, NullType())


def _rows() -> Select[Any]:  # Any: the table's columns, each with its own type
    columns = (_plain(column).label(column.name) if column.name in _MOMENTS else column for column in SENDS.c)
    return select(*columns)


def _send(row: Row[Any]) -> Send | None:  # Any: SQLite can contain anything
    details, receipts = _parsed(row.details), _parsed(row.receipts)
    slot, queued_at = parse_moment(row.slot), parse_moment(row.queued_at)
    is_known = row.kind in get_args(Kind) and row.state in get_args(State)
    if not is_known or slot is None or queued_at is None or row.recipient_kind not in ("person", "destination"):
        return None
    if not isinstance(details, dict) or not isinstance(receipts, list):
        return None
    recipient = Recipient(kind=row.recipient_kind, id=str(row.recipient))
    if row.number != send_number(row.kind, row.about, slot, recipient):
        return None
    return Send(
        number=row.number,
        kind=row.kind,
        about=row.about,
        slot=slot,
        recipient=recipient,
        details=MappingProxyType(details),
        state=row.state,
        attempts=_count(row.attempts),
        message_id=str(row.message_id),
        receipts=tuple(receipt for receipt in receipts if isinstance(receipt, str)),
        why=str(row.why),
        answer=str(row.answer),
        queued_at=queued_at,
        due_at=parse_moment(row.due_at),
        rendered_at=parse_moment(row.rendered_at),
        ended_at=parse_moment(row.ended_at),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _parsed(text: object) -> Plain:
    try:
        parsed: Plain = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return parsed
