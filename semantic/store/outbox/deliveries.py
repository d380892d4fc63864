"""Deliveries: a board, a question or the digest that is sent on a schedule.

A row decides what Samepage sends, so it is sealed. Write access to the store isn't enough to send a message, restore a
removed delivery, or resume a paused one. A delivery with an invalid seal is never sent.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from sqlalchemy import Column, Connection, Integer, Row, Select, String, Table, Text, func, insert, select, update
from sqlalchemy import type_coerce as coerced
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.row_seals import seal_row

What = Literal["board", "question", "digest"]
Condition = Literal["always", "changed", "behind", "alert"]
Attached = Literal["pdf", "excel"]

LONGEST_TITLE: Final = 200
LONGEST_SETTINGS: Final = 4_000

DELIVERIES: Final = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),  # a keyed digest of what is sent, and whether
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("what", String(20), nullable=False),
    Column("about", String(32), nullable=False, index=True),  # a board's or question's ID; "" for the digest
    Column("title", String(200), nullable=False),
    Column("settings", Text, nullable=False),  # a board's tab and filters, as shared links have them, as JSON
    Column("cron", String(200), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("condition", String(20), nullable=False),
    Column("attached", String(40), nullable=False),
    Column("next_at", Instant, index=True),  # the next slot; null while paused and once removed
    Column("paused_at", Instant),
    Column("why_paused", Text, nullable=False),
    Column("removed_at", Instant),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
)
_SEALED: Final = ("id", "owner", "what", "about", "title", "settings", "cron", "zone", "condition", "attached")
"""The columns that, with `paused_at` and `removed_at`, determine what is sent and whether."""
_MOMENTS: Final = ("next_at", "paused_at", "removed_at", "made_at", "changed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """The content, schedule and condition of a new delivery.

    `settings` are a board's tab and filters, in the format of shared links. `about` is the ID of a board or a question,
    or "" for the digest.
    """

    what: What
    about: str
    title: str
    cron: str
    zone: str
    condition: Condition = "always"
    attached: tuple[Attached, ...] = ()
    settings: Mapping[str, Plain] = field(default_factory=lambda: MappingProxyType(dict[str, Plain]()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery in the store. `owner` is a subject. `owner_id` and `owner_name` are "" if the owner was erased.

    `next_at` is None while the delivery is paused. `is_sealed` means that the row is unchanged since Samepage wrote it.
    """

    id: str
    owner: str
    owner_id: str
    owner_name: str
    what: What
    about: str
    title: str
    settings: Mapping[str, Plain]
    cron: str
    zone: str
    condition: Condition
    attached: tuple[Attached, ...]
    next_at: datetime | None
    paused_at: datetime | None
    why_paused: str
    removed_at: datetime | None
    made_at: datetime
    changed_at: datetime
    revision: int
    is_sealed: bool

    @property
    def is_active(self) -> bool:
        """Whether the delivery can be sent: it isn't paused or removed, and its seal is valid."""
        return self.is_sealed and self.paused_at is None and self.removed_at is None


def content_of(delivery: Delivery) -> NewDelivery:
    """Return a delivery's content, schedule and condition, without its owner and state."""
    return NewDelivery(
        what=delivery.what, about=delivery.about, title=delivery.title, cron=delivery.cron, zone=delivery.zone,
        condition=delivery.condition, attached=delivery.attached, settings=delivery.settings,
    )  # fmt: skip


# Changing: the caller has checked that the actor can


def make_delivery(
    transaction: Transaction, keys: Keys, wanted: NewDelivery, actor: Actor, *, next_at: datetime
) -> Delivery:
    """Add a delivery without recipients, whose first slot is `next_at`."""
    id_ = secrets.token_hex(8)
    row = _content(wanted) | {"id": id_, "owner": subject_of(transaction, actor.id, actor.name)}
    row |= {"next_at": next_at, "paused_at": None, "why_paused": "", "removed_at": None, "revision": 1}
    row |= {"made_at": transaction.now, "changed_at": transaction.now}
    transaction.connection.execute(insert(DELIVERIES).values(**row, seal=_seal(keys, row)))
    _record(transaction, keys, "delivery.made", id_, wanted.title, actor)
    return require_delivery(transaction.connection, keys, id_)


def change_delivery(
    transaction: Transaction,
    keys: Keys,
    delivery: Delivery,
    wanted: NewDelivery,
    actor: Actor,
    *,
    next_at: datetime,
) -> Delivery:
    """Change what a delivery sends and when. Raises ChangedMeanwhile."""
    values = _content(wanted) | {"next_at": None if delivery.paused_at else next_at}
    _write(transaction, keys, delivery, values)
    _record(transaction, keys, "delivery.changed", delivery.id, wanted.title, actor)
    return require_delivery(transaction.connection, keys, delivery.id)


def pause_delivery(transaction: Transaction, keys: Keys, delivery: Delivery, actor: Actor, *, why: str = "") -> None:
    """Pause a delivery for all its recipients. Raises ChangedMeanwhile."""
    values: dict[str, object] = {"paused_at": transaction.now, "why_paused": storable(why), "next_at": None}
    _write(transaction, keys, delivery, values)
    _record(transaction, keys, "delivery.paused", delivery.id, delivery.title, actor, why=why)


def resume_delivery(
    transaction: Transaction, keys: Keys, delivery: Delivery, actor: Actor, *, next_at: datetime
) -> None:
    """Resume a paused delivery with the slot `next_at`. Slots during the pause aren't sent. Raises ChangedMeanwhile."""
    values: dict[str, object] = {"paused_at": None, "why_paused": "", "next_at": next_at}
    _write(transaction, keys, delivery, values)
    _record(transaction, keys, "delivery.resumed", delivery.id, delivery.title, actor)


def remove_delivery(transaction: Transaction, keys: Keys, delivery: Delivery, actor: Actor) -> None:
    """Remove a delivery. Its history stays. Raises ChangedMeanwhile."""
    _write(transaction, keys, delivery, {"removed_at": transaction.now, "next_at": None})
    _record(transaction, keys, "delivery.removed", delivery.id, delivery.title, actor)


def move_on(transaction: Transaction, delivery: Delivery, next_at: datetime | None) -> bool:
    """Set a delivery's next slot. Return False if another worker or a change came first. Not logged."""
    chosen = (DELIVERIES.c.id == delivery.id) & (DELIVERIES.c.revision == delivery.revision)
    chosen &= DELIVERIES.c.next_at == delivery.next_at
    return transaction.connection.execute(update(DELIVERIES).where(chosen).values(next_at=next_at)).rowcount == 1


def drop_slot(transaction: Transaction, id_: str) -> None:
    """Clear the slot of a delivery whose row is damaged, so that workers no longer claim it. Not logged."""
    is_due = (DELIVERIES.c.id == id_) & (DELIVERIES.c.next_at <= transaction.now)
    transaction.connection.execute(update(DELIVERIES).where(is_due).values(next_at=None))


def _content(wanted: NewDelivery) -> dict[str, object]:
    settings = json.dumps(dict(wanted.settings), sort_keys=True)
    if len(settings) > LONGEST_SETTINGS:
        raise InvalidQuery("The board's filters are too long to keep with a delivery. Use fewer values.")
    return {
        "what": wanted.what, "about": wanted.about, "title": storable(wanted.title)[:LONGEST_TITLE],
        "settings": settings, "cron": wanted.cron, "zone": wanted.zone, "condition": wanted.condition,
        "attached": " ".join(sorted(set(wanted.attached))),
    }  # fmt: skip


def _write(transaction: Transaction, keys: Keys, delivery: Delivery, values: Mapping[str, object]) -> None:
    connection = transaction.connection
    chosen = (DELIVERIES.c.id == delivery.id) & (DELIVERIES.c.revision == delivery.revision)
    if not delivery.is_sealed and "removed_at" not in values:
        raise InvalidQuery(DAMAGED)
    changed = {**values, "revision": delivery.revision + 1, "changed_at": transaction.now}
    if connection.execute(update(DELIVERIES).where(chosen).values(**changed)).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this delivery. Reload it, then try again.")
    if delivery.is_sealed:  # a row that wasn't sealed mustn't be sealed by this
        (row,) = connection.execute(_rows().where(DELIVERIES.c.id == delivery.id)).mappings().all()
        seal = _seal(keys, {str(name): value for name, value in row.items()})
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery.id).values(seal=seal))


def _record(
    transaction: Transaction, keys: Keys, kind: str, id_: str, title: str, actor: Actor, *, why: str = ""
) -> None:
    details: dict[str, Plain] = {"name": storable(title)}
    if why:
        details["why"] = why
    record(transaction, Act(kind=kind, actor=actor, about=f"delivery:{id_}", details=details), keys)


DAMAGED: Final = "This delivery was changed outside Samepage, so it isn't sent. Remove it, and create it again."


# Reading


def find_delivery(connection: Connection, keys: Keys, id_: str) -> Delivery | None:
    """Return a delivery, even a removed one, or None if it doesn't exist or its row is damaged."""
    row = connection.execute(_rows().where(DELIVERIES.c.id == id_)).one_or_none()
    return _delivery(row, keys) if row is not None else None


def require_delivery(connection: Connection, keys: Keys, id_: str) -> Delivery:
    """Return a delivery that isn't removed. Raises InvalidQuery if there is none."""
    delivery = find_delivery(connection, keys, id_)
    if delivery is None or delivery.removed_at is not None:
        raise InvalidQuery("This delivery no longer exists. Reload the list.")
    return delivery


def read_deliveries(
    connection: Connection,
    keys: Keys,
    *,
    owner: str | None = None,
    about: tuple[What, str] | None = None,
    ids: Sequence[str] | None = None,
) -> list[Delivery]:
    """Return the active and paused deliveries that match all filters, sorted by title. `owner` is a subject."""
    rows = _rows().where(DELIVERIES.c.removed_at.is_(None)).order_by(DELIVERIES.c.title, DELIVERIES.c.id)
    if owner is not None:
        rows = rows.where(DELIVERIES.c.owner == owner)
    if about is not None:
        rows = rows.where(DELIVERIES.c.what == about[0], DELIVERIES.c.about == about[1])
    if ids is not None:
        rows = rows.where(DELIVERIES.c.id.in_(list(ids)[:2_000]))
    return [delivery for row in connection.execute(rows) if (delivery := _delivery(row, keys)) is not None]


def read_due(connection: Connection, now: datetime, *, most: int = 100) -> list[str]:
    """Return the IDs of deliveries with a due slot, longest due first."""
    due = select(DELIVERIES.c.id).where(DELIVERIES.c.next_at <= now).order_by(DELIVERIES.c.next_at).limit(most)
    return list(connection.execute(due).scalars())


def read_next_slot(connection: Connection) -> datetime | None:
    """Return the earliest next slot of all deliveries, or None."""
    return parse_moment(connection.execute(select(coerced(func.min(DELIVERIES.c.next_at), NullType()))).scalar())


def count_deliveries(connection: Connection, owner: str) -> int:
    """Return the number of deliveries that a person owns."""
    chosen = (DELIVERIES.c.owner == owner) & DELIVERIES.c.removed_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(DELIVERIES).where(chosen)).scalar_one())


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return seal_row(keys, b"delivery row", row, columns=_SEALED, moments=("paused_at", "removed_at"))


def _rows() -> Select[Any]:  # Any: the columns of two tables
    own = (
        coerced(column, NullType()).label(column.name) if column.name in _MOMENTS else column for column in DELIVERIES.c
    )
    owner = PEOPLE.c.id.label("owner_id"), PEOPLE.c.name.label("owner_name")
    return select(*own, *owner).join_from(DELIVERIES, PEOPLE, DELIVERIES.c.owner == PEOPLE.c.subject, isouter=True)


def _delivery(row: Row[Any], keys: Keys) -> Delivery | None:  # Any: SQLite can contain anything
    try:
        settings: Plain = json.loads(row.settings)
    except (TypeError, ValueError, RecursionError):
        return None
    made_at, changed_at = parse_moment(row.made_at), parse_moment(row.changed_at)
    if not isinstance(settings, dict) or made_at is None or changed_at is None:
        return None
    if row.what not in get_args(What) or row.condition not in get_args(Condition):
        return None
    attached = tuple(name for name in get_args(Attached) if name in str(row.attached).split())
    seal = _seal(keys, {name: getattr(row, name) for name in (*_SEALED, "paused_at", "removed_at")})
    is_sealed = hmac.compare_digest(seal.encode(), str(row.seal).encode())
    # A pause or an end that can't be read still counts.
    damaged = [row.paused_at is not None and parse_moment(row.paused_at) is None,
               row.removed_at is not None and parse_moment(row.removed_at) is None]  # fmt: skip
    return Delivery(
        id=row.id,
        owner=row.owner,
        owner_id=row.owner_id or "",
        owner_name=row.owner_name or "",
        what=row.what,
        about=row.about,
        title=row.title,
        settings=MappingProxyType(settings),
        cron=row.cron,
        zone=row.zone,
        condition=row.condition,
        attached=attached,
        next_at=parse_moment(row.next_at),
        paused_at=parse_moment(row.paused_at),
        why_paused=row.why_paused,
        removed_at=parse_moment(row.removed_at),
        made_at=made_at,
        changed_at=changed_at,
        revision=row.revision,
        is_sealed=is_sealed and not any(damaged),
    )
