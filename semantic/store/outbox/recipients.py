"""Recipients of deliveries: people, groups and destinations, including those who unsubscribed.

A row decides who receives a delivery, so it is signed against tampering, as deliveries are. A row stays after it ends,
with who ended it, because only people themselves can undo unsubscribing. A group's member gets their own row when they
unsubscribe or their messages are paused.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import Column, Connection, Row, Select, String, Table, Text, select, type_coerce, update
from sqlalchemy.types import NullType

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.outbox.deliveries import DELIVERIES, Delivery
from semantic.store.people import PEOPLE, subject_of
from semantic.store.row_seals import seal_row

RecipientKind = Literal["person", "group", "destination"]
EndedBy = Literal["", "owner", "recipient"]

DELIVERY_RECIPIENTS: Final = Table(
    "delivery_recipients",
    metadata,
    Column("delivery", String(32), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("recipient", String(400), primary_key=True, index=True),  # a subject, a group's name, or a destination's ID
    Column("seal", String(64), nullable=False),
    Column("added_by", String(32), nullable=False),  # a subject; "" for someone who only receives it through a group
    Column("added_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(20), nullable=False),  # "owner" or "recipient", who unsubscribed
    Column("paused_at", Instant),
    Column("why_paused", Text, nullable=False),
)
_SEALED: Final = ("delivery", "kind", "recipient", "added_by", "ended_by")
_MOMENTS: Final = ("added_at", "ended_at", "paused_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecipient:
    """One recipient of one delivery. `name` is a person's or group's name, or "" for destinations and erased people.

    `added_by` is a subject, or "" for a person who receives the delivery only through a group. `is_sealed` means that
    the row is unchanged since Samepage wrote it.
    """

    delivery: str
    kind: RecipientKind
    id: str
    name: str
    added_by: str
    added_by_name: str
    added_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy
    paused_at: datetime | None
    why_paused: str
    is_sealed: bool

    @property
    def is_receiving(self) -> bool:
        """Whether this row makes Samepage send messages."""
        return self.is_sealed and self.ended_at is None and self.paused_at is None and bool(self.added_by)

    @property
    def is_kept_out(self) -> bool:
        """Whether this row also prevents a person from receiving the delivery as a member of a group."""
        return not self.is_sealed or self.has_unsubscribed or self.paused_at is not None

    @property
    def has_unsubscribed(self) -> bool:
        return self.ended_at is not None and self.ended_by == "recipient"


# Changing: the caller has checked that the actor can


def add_recipient(
    transaction: Transaction, keys: Keys, delivery: Delivery, kind: RecipientKind, id_: str, name: str, actor: Actor
) -> None:
    """Add a recipient to a delivery. Changes nothing if they already receive it.

    Raises NotAllowed for a person who has unsubscribed, unless they add themselves.
    """
    before = find_recipient(transaction.connection, keys, delivery.id, kind, id_)
    by = subject_of(transaction, actor.id, actor.name)
    if before is not None and before.has_unsubscribed and by != id_:
        raise NotAllowed(f"{name or 'This recipient'} has unsubscribed. Only they can subscribe again.")
    if before is not None and before.is_receiving:
        return
    row: dict[str, object] = {"delivery": delivery.id, "kind": kind, "recipient": id_, "added_by": by}
    row |= {"added_at": transaction.now, "ended_at": None, "ended_by": "", "paused_at": None, "why_paused": ""}
    _put(transaction, keys, row)
    _record(transaction, keys, "delivery.recipient_added", delivery, actor, name)


def remove_recipient(
    transaction: Transaction, keys: Keys, delivery: Delivery, kind: RecipientKind, id_: str, name: str, actor: Actor
) -> None:
    """Remove a recipient from a delivery, at the owner's request.

    Changes nothing if they don't receive it.
    """
    before = find_recipient(transaction.connection, keys, delivery.id, kind, id_)
    if before is None or before.ended_at is not None or not before.added_by:
        return
    _put(transaction, keys, _row(before) | {"ended_at": transaction.now, "ended_by": "owner"})
    _record(transaction, keys, "delivery.recipient_removed", delivery, actor, name)


def end_recipient(
    transaction: Transaction, keys: Keys, delivery: Delivery, kind: RecipientKind, id_: str, actor: Actor
) -> bool:
    """Unsubscribe a recipient, and return whether they were subscribed until now.

    Someone that the owner removed can still receive the delivery through a group. If they unsubscribe and subscribe
    again, they receive it only through the group.
    """
    before = find_recipient(transaction.connection, keys, delivery.id, kind, id_)
    is_over = before is not None and before.is_sealed and before.ended_at is not None
    if (
        before is not None
        and is_over
        and (before.has_unsubscribed or not has_groups(transaction.connection, keys, delivery.id))
    ):
        return False
    _put(transaction, keys, _own(transaction, delivery, kind, id_, before, ended_at=transaction.now, by="recipient"))
    _record(transaction, keys, f"delivery.unsubscribed{_by_link(actor)}", delivery, actor)
    return True


def begin_recipient_again(
    transaction: Transaction, keys: Keys, delivery: Delivery, kind: RecipientKind, id_: str, actor: Actor
) -> bool:
    """Subscribe a recipient again, or resume their messages after a pause. Return whether either was needed."""
    before = find_recipient(transaction.connection, keys, delivery.id, kind, id_)
    if before is None or not before.is_sealed or not (before.has_unsubscribed or before.paused_at is not None):
        return False
    if before.ended_by == "owner":
        return False
    _put(transaction, keys, _row(before) | {"ended_at": None, "ended_by": "", "paused_at": None, "why_paused": ""})
    _record(transaction, keys, f"delivery.subscribed_again{_by_link(actor)}", delivery, actor)
    return True


def pause_recipient(
    transaction: Transaction, keys: Keys, delivery: Delivery, kind: RecipientKind, id_: str, why: str, actor: Actor
) -> bool:
    """Pause a delivery for one recipient, and return whether it wasn't paused before."""
    before = find_recipient(transaction.connection, keys, delivery.id, kind, id_)
    if before is not None and (before.paused_at is not None or before.has_unsubscribed):
        return False
    row = _own(transaction, delivery, kind, id_, before, ended_at=None, by="")
    _put(transaction, keys, row | {"paused_at": transaction.now, "why_paused": storable(why)})
    _record(transaction, keys, "delivery.recipient_paused", delivery, actor)
    return True


def _own(
    transaction: Transaction, delivery: Delivery, kind: RecipientKind, id_: str, before: DeliveryRecipient | None, *,
    ended_at: datetime | None, by: EndedBy,
) -> dict[str, object]:  # fmt: skip
    """Return a recipient's changed row, or a first row for someone who receives the delivery only through a group.

    The owner may have removed this recipient earlier.
    """
    row: dict[str, object] = {"delivery": delivery.id, "kind": kind, "recipient": id_, "added_by": ""}
    row |= {"added_at": transaction.now, "paused_at": None, "why_paused": ""}
    # A row that wasn't sealed isn't trusted, and mustn't be sealed by this.
    if before is not None and before.is_sealed and before.ended_by != "owner":
        row = _row(before)
    return row | {"ended_at": ended_at, "ended_by": by}


def _row(recipient: DeliveryRecipient) -> dict[str, object]:
    return {
        "delivery": recipient.delivery, "kind": recipient.kind, "recipient": recipient.id,
        "added_by": recipient.added_by, "added_at": recipient.added_at, "ended_at": recipient.ended_at,
        "ended_by": recipient.ended_by, "paused_at": recipient.paused_at, "why_paused": recipient.why_paused,
    }  # fmt: skip


def _put(transaction: Transaction, keys: Keys, row: Mapping[str, object]) -> None:
    sealed = {**row, "seal": _seal(keys, row)}
    if not insert_if_missing(transaction.connection, DELIVERY_RECIPIENTS, sealed):
        chosen = _is(str(row["delivery"]), str(row["kind"]), str(row["recipient"]))
        transaction.connection.execute(update(DELIVERY_RECIPIENTS).where(chosen).values(**sealed))


def _by_link(actor: Actor) -> str:
    """Return how the audit log describes someone who used an unsubscribe link.

    Anyone with the message can use its link, so the log doesn't say that the recipient did.
    """
    return "_by_link" if actor is SAMEPAGE else ""


def _record(transaction: Transaction, keys: Keys, kind: str, delivery: Delivery, actor: Actor, name: str = "") -> None:
    personal: dict[str, Plain] = {"to": storable(name)} if name else {}
    details: dict[str, Plain] = {"name": delivery.title}
    about = f"delivery:{delivery.id}"
    record(transaction, Act(kind=kind, actor=actor, about=about, details=details, personal=personal), keys)


# Reading


def find_recipient(
    connection: Connection, keys: Keys, delivery: str, kind: RecipientKind, id_: str
) -> DeliveryRecipient | None:
    """Return a recipient's row, even an ended one, or None if it doesn't exist or is damaged."""
    row = connection.execute(_rows().where(_is(delivery, kind, id_))).one_or_none()
    return _recipient(row, keys) if row is not None else None


def read_recipients(connection: Connection, keys: Keys, deliveries: Sequence[str]) -> list[DeliveryRecipient]:
    """Return all rows of these deliveries, including ended ones, in the order they were added, then by name."""
    rows = _rows().where(DELIVERY_RECIPIENTS.c.delivery.in_(list(deliveries)[:2_000]))
    table = DELIVERY_RECIPIENTS.c
    rows = rows.order_by(table.delivery, table.added_at, _PERSON.c.name, table.recipient)
    return [recipient for row in connection.execute(rows) if (recipient := _recipient(row, keys)) is not None]


def has_groups(connection: Connection, keys: Keys, delivery: str) -> bool:
    """Whether one of a delivery's recipients is a group."""
    return any(row.kind == "group" and row.is_receiving for row in read_recipients(connection, keys, [delivery]))


def deliveries_to(connection: Connection, subject: str, groups: Sequence[str]) -> list[str]:
    """Return the IDs of deliveries that aren't removed and have a row for a person or one of their groups."""
    table = DELIVERY_RECIPIENTS.c
    is_theirs = (table.kind == "person") & (table.recipient == subject)
    if groups:
        is_theirs |= (table.kind == "group") & table.recipient.in_(list(groups)[:2_000])
    chosen = select(table.delivery).distinct().join(DELIVERIES, DELIVERIES.c.id == table.delivery)
    return list(connection.execute(chosen.where(is_theirs, DELIVERIES.c.removed_at.is_(None))).scalars())


def forget_recipient(transaction: Transaction, subject: str) -> None:
    """Stop sending messages to a person who is being erased. The caller records the erasure."""
    chosen = (DELIVERY_RECIPIENTS.c.kind == "person") & (DELIVERY_RECIPIENTS.c.recipient == subject)
    transaction.connection.execute(DELIVERY_RECIPIENTS.delete().where(chosen))


def _is(delivery: str, kind: str, recipient: str) -> Any:  # Any: a condition of three columns
    table = DELIVERY_RECIPIENTS.c
    return (table.delivery == delivery) & (table.kind == kind) & (table.recipient == recipient)


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return seal_row(keys, b"delivery recipient row", row, columns=_SEALED, moments=("ended_at", "paused_at"))


_PERSON: Final = PEOPLE.alias("recipient_person")
_ADDER: Final = PEOPLE.alias("recipient_adder")


def _rows() -> Select[Any]:  # Any: the columns of three tables
    own = (
        type_coerce(column, NullType()).label(column.name) if column.name in _MOMENTS else column
        for column in DELIVERY_RECIPIENTS.c
    )
    names = _PERSON.c.name.label("person_name"), _ADDER.c.name.label("adder_name")
    is_person = (DELIVERY_RECIPIENTS.c.recipient == _PERSON.c.subject) & (DELIVERY_RECIPIENTS.c.kind == "person")
    return (
        select(*own, *names)
        .join_from(DELIVERY_RECIPIENTS, _PERSON, is_person, isouter=True)
        .join(_ADDER, DELIVERY_RECIPIENTS.c.added_by == _ADDER.c.subject, isouter=True)
    )


def _recipient(row: Row[Any], keys: Keys) -> DeliveryRecipient | None:  # Any: SQLite can contain anything
    added_at = parse_moment(row.added_at)
    if row.kind not in get_args(RecipientKind) or row.ended_by not in get_args(EndedBy) or added_at is None:
        return None
    ended_at, paused_at = parse_moment(row.ended_at), parse_moment(row.paused_at)
    is_damaged = (row.ended_at is not None and ended_at is None) or (row.paused_at is not None and paused_at is None)
    seal = _seal(keys, {name: getattr(row, name) for name in (*_SEALED, "ended_at", "paused_at")})
    return DeliveryRecipient(
        delivery=row.delivery,
        kind=row.kind,
        id=row.recipient,
        name=(row.person_name or "") if row.kind == "person" else row.recipient if row.kind == "group" else "",
        added_by=row.added_by,
        added_by_name=row.adder_name or "",
        added_at=added_at,
        ended_at=ended_at,
        ended_by=row.ended_by,
        paused_at=paused_at,
        why_paused=row.why_paused,
        is_sealed=hmac.compare_digest(seal.encode(), str(row.seal).encode()) and not is_damaged,
    )
