"""Alerts in the store.

A row decides what Samepage sends and who gets it, so it is signed against tampering, as deliveries are. Write access to
the store isn't enough to send a message, restore a removed alert, or resume a paused one. An alert with an invalid seal
is never judged.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast, get_args

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.alerts.alert import Alert
from semantic.alerts.codec import RULES, alert_from_json, alert_to_json
from semantic.errors import ChangedMeanwhile, InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.alerts.runs import begin_reader_again, end_reader, read_reader
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, parse_day, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.outbox.recipients import RecipientKind
from semantic.store.outbox.sends import Recipient
from semantic.store.people import PEOPLE, subject_of
from semantic.store.row_seals import seal_row

MOST_RECIPIENTS: Final = 50
LONGEST_ID: Final = 400

ALERTS: Final = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),  # a keyed digest of what is sent, whether, and who gets it
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("metric", String(200), nullable=False, index=True),  # the alert's, for searching
    Column("content", Text, nullable=False),  # the alert as JSON
    Column("recipients", Text, nullable=False),  # kinds and IDs as JSON
    Column("paused_at", Instant),
    Column("why_paused", Text, nullable=False),
    Column("removed_at", Instant),
    Column("snoozed_until", Date),  # for everyone
    Column("acknowledged_for", Date),  # the period, until the alert fires again
    Column("acknowledged_by", String(32), nullable=False),  # a subject; "" for no one
    Column("acknowledged_at", Instant),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
)
_SEALED: Final = ("id", "owner", "content", "recipients")
_MOMENTS: Final = ("paused_at", "removed_at", "acknowledged_at", "made_at", "changed_at")
_DAYS: Final = ("snoozed_until", "acknowledged_for")


@dataclass(frozen=True, slots=True)
class AlertRecipient:
    """A recipient of an alert: a person by number, a group by name, or a destination by ID."""

    kind: RecipientKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """An alert in the store. `owner` is a subject. `owner_id` and `owner_name` are "" if the owner was erased.

    `acknowledged_for` is the period that someone last acknowledged. `is_sealed` means that the row is unchanged since
    Samepage wrote it.
    """

    id: str
    owner: str
    owner_id: str
    owner_name: str
    alert: Alert
    recipients: tuple[AlertRecipient, ...]
    paused_at: datetime | None
    why_paused: str
    removed_at: datetime | None
    snoozed_until: date | None
    acknowledged_for: date | None
    acknowledged_by: str  # their name
    acknowledged_at: datetime | None
    made_at: datetime
    changed_at: datetime
    revision: int
    is_sealed: bool

    @property
    def is_active(self) -> bool:
        """Whether the alert can be judged: it isn't paused or removed, and its seal is valid."""
        return self.is_sealed and self.paused_at is None and self.removed_at is None


# Changing: the caller has checked that the actor can


def make_alert(
    transaction: Transaction, keys: Keys, alert: Alert, recipients: Sequence[AlertRecipient], actor: Actor
) -> str:
    """Add an alert, and return its ID. Raises InvalidQuery."""
    id_ = secrets.token_hex(8)
    row = _content(alert, recipients) | {"id": id_, "owner": subject_of(transaction, actor.id, actor.name)}
    row |= {"paused_at": None, "why_paused": "", "removed_at": None, "snoozed_until": None, "acknowledged_for": None}
    row |= {"acknowledged_by": "", "acknowledged_at": None, "revision": 1}
    row |= {"made_at": transaction.now, "changed_at": transaction.now}
    transaction.connection.execute(insert(ALERTS).values(**row, seal=_seal(keys, row)))
    _record(transaction, keys, "made", id_, alert, actor)
    return id_


def change_alert(
    transaction: Transaction,
    keys: Keys,
    kept: StoredAlert,
    alert: Alert,
    recipients: Sequence[AlertRecipient],
    actor: Actor,
) -> None:
    """Change an alert's definition and its recipients. Raises ChangedMeanwhile, InvalidQuery."""
    _write(transaction, keys, kept, _content(alert, recipients))
    _record(transaction, keys, "changed", kept.id, alert, actor)


def pause_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, actor: Actor, *, why: str = "") -> None:
    """Stop judging an alert until it is resumed. Raises ChangedMeanwhile."""
    _write(transaction, keys, kept, {"paused_at": transaction.now, "why_paused": storable(why)})
    _record(transaction, keys, "paused", kept.id, kept.alert, actor, why=why)


def resume_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, actor: Actor) -> None:
    """Judge a paused alert again, starting with the newest period. Raises ChangedMeanwhile."""
    _write(transaction, keys, kept, {"paused_at": None, "why_paused": ""})
    _record(transaction, keys, "resumed", kept.id, kept.alert, actor)


def remove_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, actor: Actor) -> None:
    """Remove an alert. Its history stays. Raises ChangedMeanwhile."""
    _write(transaction, keys, kept, {"removed_at": transaction.now})
    _record(transaction, keys, "removed", kept.id, kept.alert, actor)


def bring_back_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, actor: Actor) -> None:
    """Restore a removed alert. Raises ChangedMeanwhile."""
    _write(transaction, keys, kept, {"removed_at": None})
    _record(transaction, keys, "brought_back", kept.id, kept.alert, actor)


def snooze_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, until: date | None, actor: Actor) -> None:
    """Snooze an alert for everyone until a day, or end the snooze if `until` is None."""
    values: dict[str, object] = {"snoozed_until": until}
    transaction.connection.execute(update(ALERTS).where(ALERTS.c.id == kept.id).values(**values))
    kind, said = ("snoozed", {"until": until.isoformat()}) if until is not None else ("woken", dict[str, Plain]())
    _record(transaction, keys, kind, kept.id, kept.alert, actor, **said)


def acknowledge_alert(transaction: Transaction, keys: Keys, kept: StoredAlert, period: date, actor: Actor) -> None:
    """Record that someone is looking into a period for which an alert fired."""
    values: dict[str, object] = {"acknowledged_for": period, "acknowledged_at": transaction.now}
    values["acknowledged_by"] = subject_of(transaction, actor.id, actor.name)
    transaction.connection.execute(update(ALERTS).where(ALERTS.c.id == kept.id).values(**values))
    _record(transaction, keys, "acknowledged", kept.id, kept.alert, actor, period=period.isoformat())


def _content(alert: Alert, recipients: Sequence[AlertRecipient]) -> dict[str, object]:
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise InvalidQuery(f"An alert needs 1 to {MOST_RECIPIENTS} recipients.")
    listed = sorted({(recipient.kind, recipient.id) for recipient in recipients})
    content = alert_to_json(alert)
    if storable(content) != content:
        raise InvalidQuery("The alert has invalid characters, so it can't be saved.")
    return {"metric": alert.metric, "content": content, "recipients": json.dumps(listed)}


def _write(transaction: Transaction, keys: Keys, kept: StoredAlert, values: Mapping[str, object]) -> None:
    connection = transaction.connection
    if not kept.is_sealed and values.get("removed_at") is None:
        raise InvalidQuery("This alert was changed outside Samepage, so it isn't used. Remove it, and create it again.")
    chosen = (ALERTS.c.id == kept.id) & (ALERTS.c.revision == kept.revision)
    changed = {**values, "revision": kept.revision + 1, "changed_at": transaction.now}
    if connection.execute(update(ALERTS).where(chosen).values(**changed)).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this alert. Reload it, then try again.")
    if kept.is_sealed:  # a row that wasn't sealed mustn't be sealed by this
        (row,) = connection.execute(_rows().where(ALERTS.c.id == kept.id)).mappings().all()
        seal = _seal(keys, {str(name): value for name, value in row.items()})
        connection.execute(update(ALERTS).where(ALERTS.c.id == kept.id).values(seal=seal))


def _record(
    transaction: Transaction, keys: Keys, verb: str, id_: str, alert: Alert, actor: Actor, **more: Plain
) -> None:
    details: dict[str, Plain] = {"metrics": [*alert.metrics], "rule": RULES[type(alert.rule)]}
    details |= {name: value for name, value in more.items() if value}
    record(transaction, Act(kind=f"alert.{verb}", actor=actor, about=f"alert:{id_}", details=details), keys)


def leave_alert(transaction: Transaction, keys: Keys, id_: str, subject: str, actor: Actor) -> bool:
    """Unsubscribe a person from an alert, and return whether they were notified until now.

    For an unknown alert, this does nothing.
    """
    recipient = Recipient(kind="person", id=subject)
    kept = find_alert(transaction.connection, keys, id_)
    if kept is None or read_reader(transaction.connection, id_, recipient).ended_at is not None:
        return False
    end_reader(transaction, id_, recipient)
    _record(transaction, keys, "left_by_link" if actor is SAMEPAGE else "left", id_, kept.alert, actor)
    return True


def join_alert_again(transaction: Transaction, keys: Keys, id_: str, subject: str, actor: Actor) -> bool:
    """Subscribe a person again after they left an alert, and return whether they had left."""
    recipient = Recipient(kind="person", id=subject)
    kept = find_alert(transaction.connection, keys, id_)
    if kept is None or read_reader(transaction.connection, id_, recipient).ended_at is None:
        return False
    begin_reader_again(transaction, id_, recipient)
    _record(transaction, keys, "joined_by_link" if actor is SAMEPAGE else "joined", id_, kept.alert, actor)
    return True


# Reading


def find_alert(connection: Connection, keys: Keys, id_: str) -> StoredAlert | None:
    """Return an alert, even a removed one, or None if it doesn't exist or its row is damaged."""
    row = connection.execute(_rows().where(ALERTS.c.id == id_)).one_or_none() if id_.isascii() else None
    return _alert(row, keys) if row is not None else None


def read_alerts(
    connection: Connection, keys: Keys, *, owner: str | None = None, metric: str | None = None
) -> list[StoredAlert]:
    """Return the alerts that aren't removed, oldest first, optionally of one owner (a subject) or metric.

    Damaged rows are omitted.
    """
    rows = _rows().where(ALERTS.c.removed_at.is_(None)).order_by(ALERTS.c.made_at, ALERTS.c.id)
    if owner is not None:
        rows = rows.where(ALERTS.c.owner == owner)
    if metric is not None:
        rows = rows.where(ALERTS.c.metric == metric)
    return [kept for row in connection.execute(rows) if (kept := _alert(row, keys)) is not None]


def count_alerts(connection: Connection, owner: str) -> int:
    """Return the number of alerts that a person owns."""
    chosen = (ALERTS.c.owner == owner) & ALERTS.c.removed_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(ALERTS).where(chosen)).scalar_one())


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return seal_row(keys, b"alert row", row, columns=_SEALED, moments=("paused_at", "removed_at"))


def _rows() -> Select[Any]:  # Any: the columns of two tables
    own = (
        type_coerce(column, NullType()).label(column.name) if column.name in (*_MOMENTS, *_DAYS) else column
        for column in ALERTS.c
    )
    by = PEOPLE.alias("by")
    named = (
        PEOPLE.c.id.label("owner_id"), PEOPLE.c.name.label("owner_name"), by.c.name.label("by_name"),
    )  # fmt: skip
    return (
        select(*own, *named)
        .join_from(ALERTS, PEOPLE, ALERTS.c.owner == PEOPLE.c.subject, isouter=True)
        .join(by, ALERTS.c.acknowledged_by == by.c.subject, isouter=True)
    )


def _alert(row: Row[Any], keys: Keys) -> StoredAlert | None:  # Any: SQLite can contain anything
    made_at, changed_at = parse_moment(row.made_at), parse_moment(row.changed_at)
    recipients = _recipients(row.recipients)
    try:
        alert = alert_from_json(str(row.content))
    except InvalidQuery:
        return None
    if made_at is None or changed_at is None or not recipients:
        return None
    # A pause or an end that can't be read still counts.
    damaged = [
        row.paused_at is not None and parse_moment(row.paused_at) is None,
        row.removed_at is not None and parse_moment(row.removed_at) is None,
        alert.metric != row.metric,
    ]
    seal = _seal(keys, {name: getattr(row, name) for name in (*_SEALED, "paused_at", "removed_at")})
    return StoredAlert(
        id=row.id,
        owner=row.owner,
        owner_id=row.owner_id or "",
        owner_name=row.owner_name or "",
        alert=alert,
        recipients=recipients,
        paused_at=parse_moment(row.paused_at),
        why_paused=str(row.why_paused),
        removed_at=parse_moment(row.removed_at),
        snoozed_until=parse_day(row.snoozed_until),
        acknowledged_for=parse_day(row.acknowledged_for),
        acknowledged_by=row.by_name or "",
        acknowledged_at=parse_moment(row.acknowledged_at),
        made_at=made_at,
        changed_at=changed_at,
        revision=row.revision,
        is_sealed=hmac.compare_digest(seal.encode(), str(row.seal).encode()) and not any(damaged),
    )


def _recipients(text: object) -> tuple[AlertRecipient, ...]:
    try:
        listed: object = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ()
    found: list[AlertRecipient] = []
    for pair in cast(list[object], listed) if isinstance(listed, list) else []:
        match pair:
            case [str(kind), str(id_)] if kind in get_args(RecipientKind) and len(id_) <= LONGEST_ID:
                found.append(AlertRecipient(cast(RecipientKind, kind), id_))
            case _:
                return ()
    return tuple(found[:MOST_RECIPIENTS])
