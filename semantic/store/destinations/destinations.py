"""Destinations: the Slack, Teams and other web addresses to which messages can be sent.

Each destination is bound to an audience (decision 51). Its address is secret, because anyone who has it can post there.
It is encrypted with the key outside the store, together with the destination's kind and audience. So write access to
the store isn't enough to change where a destination sends, or to widen its access. Removing a destination deletes its
address.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import Column, Connection, LargeBinary, Row, String, Table, Text, func, insert, inspect, select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import subject_of
from semantic.store.spaces.spaces import one_line

Kind = Literal["slack", "teams", "webhook"]
KINDS: Final[Mapping[Kind, str]] = {"slack": "Slack", "teams": "Teams", "webhook": "Webhook"}
ROLE: Final = "administrator"
MOST_DESTINATIONS: Final = 200
LONGEST_NAME: Final = 80
LONGEST_ADDRESS: Final = 2_000
LONGEST_WHY: Final = 300

DESTINATIONS: Final = Table(
    "destinations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(100), nullable=False),
    Column("host", String(255), nullable=False),  # the only part of the address that is shown
    Column("sealed_address", LargeBinary, nullable=False),  # empty once removed
    Column("sealed_secret", LargeBinary, nullable=False),  # signs what a webhook gets; empty for other kinds
    Column("audience", String(100), nullable=False, default=""),
    Column("added_by", String(32), nullable=False),  # a subject
    Column("added_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("last_ok_at", Instant),
    Column("last_failed_at", Instant),
    Column("why", Text, nullable=False, default=""),  # why the last failure happened
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A destination without its secrets.

    `audience` is "" for a destination that gets only titles and links, never numbers.
    """

    id: str
    kind: Kind
    name: str
    host: str
    audience: str
    added_by: str
    added_at: datetime
    ended_at: datetime | None
    last_ok_at: datetime | None
    last_failed_at: datetime | None
    why: str

    @property
    def is_failing(self) -> bool:
        """Whether the last message to the destination couldn't be sent."""
        failed, ok = self.last_failed_at, self.last_ok_at
        return failed is not None and (ok is None or ok < failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDestination:
    """A destination with its address and its signing secret, which only the code that sends messages uses."""

    destination: Destination
    address: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDestination:
    """The details of a destination to add."""

    kind: Kind
    name: str
    address: str = field(repr=False)
    audience: str = ""


def add_destination(transaction: Transaction, keys: Keys, wanted: NewDestination, actor: Actor) -> tuple[str, str]:
    """Add a destination. Return its ID and, for a webhook, the signing secret, which is never shown again.

    The caller checks that the address is allowed and that policies name the audience. Raises NotAllowed and
    InvalidQuery.
    """
    _check_may(actor)
    connection = transaction.connection
    active = select(func.count()).select_from(DESTINATIONS).where(DESTINATIONS.c.ended_at.is_(None))
    if connection.execute(active).scalar_one() >= MOST_DESTINATIONS:
        raise NotAllowed(f"There are {MOST_DESTINATIONS} destinations, which is the limit. Remove one first.")
    name, address = one_line(wanted.name), wanted.address.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidQuery(f"A destination needs a name of 1 to {LONGEST_NAME} characters, such as #marketing.")
    if wanted.kind not in KINDS:
        raise InvalidQuery(f"Choose what the destination is: {', '.join(KINDS.values())}.")
    host = host_of(address)
    number = secrets.token_hex(8)
    place = _place(number, wanted.kind, wanted.audience)
    secret = f"whsec_{secrets.token_urlsafe(32)}" if wanted.kind == "webhook" else ""
    row: dict[str, object] = {
        "id": number,
        "kind": wanted.kind,
        "name": name,
        "host": host,
        "sealed_address": seal(keys.wrapping, address.encode(), f"{place} address"),
        "sealed_secret": seal(keys.wrapping, secret.encode(), f"{place} secret") if secret else b"",
        "audience": wanted.audience,
        "added_by": subject_of(transaction, actor.id, actor.name),
        "added_at": transaction.now,
        "why": "",
    }
    connection.execute(insert(DESTINATIONS).values(**row))
    details: dict[str, Plain] = {"name": name, "kind": KINDS[wanted.kind], "host": host, "audience": wanted.audience}
    record(
        transaction, Act(kind="destination.added", actor=actor, about=f"destination:{number}", details=details), keys
    )
    return number, secret


def end_destination(transaction: Transaction, keys: Keys, number: str, actor: Actor) -> None:
    """Remove a destination and delete its address. No more messages are sent there.

    Raises NotAllowed, and ChangedMeanwhile if the destination is unknown or already removed.
    """
    _check_may(actor)
    destination = find_destination(transaction.connection, number)
    chosen = (DESTINATIONS.c.id == number) & DESTINATIONS.c.ended_at.is_(None)
    changed = transaction.connection.execute(
        update(DESTINATIONS).where(chosen).values(ended_at=transaction.now, sealed_address=b"", sealed_secret=b"")
    )
    if destination is None or changed.rowcount != 1:
        raise ChangedMeanwhile("This destination is already removed. Nothing was changed.")
    details: dict[str, Plain] = {"name": destination.name}
    record(
        transaction, Act(kind="destination.ended", actor=actor, about=f"destination:{number}", details=details), keys
    )


def read_destinations(connection: Connection, *, ended: bool = False) -> list[Destination]:
    """Return the destinations, sorted by name.

    Removed ones are included only if `ended` is true. Damaged rows are omitted.
    """
    chosen = _columns().order_by(DESTINATIONS.c.name, DESTINATIONS.c.id)
    if not ended:
        chosen = chosen.where(DESTINATIONS.c.ended_at.is_(None))
    destinations = (_destination(row) for row in connection.execute(chosen))
    return [destination for destination in destinations if destination is not None]


def find_destination(connection: Connection, number: str) -> Destination | None:
    """Return the destination with this ID, even a removed one, or None."""
    row = connection.execute(_columns().where(DESTINATIONS.c.id == number)).one_or_none()
    return _destination(row) if row is not None else None


def open_destination(connection: Connection, keys: Keys, number: str) -> OpenDestination | None:
    """Return a destination with its secrets, or None if it was removed or its row was changed outside Samepage."""
    row = connection.execute(select(DESTINATIONS).where(DESTINATIONS.c.id == number)).one_or_none()
    destination = _destination(row) if row is not None else None
    if row is None or destination is None or destination.ended_at is not None:
        return None
    place = _place(number, destination.kind, destination.audience)
    address = _unsealed(keys, row.sealed_address, f"{place} address")
    secret = _unsealed(keys, row.sealed_secret, f"{place} secret") if destination.kind == "webhook" else ""
    if not address or secret is None:
        return None
    return OpenDestination(destination=destination, address=address, secret=secret)


def note_outcome(transaction: Transaction, number: str, why: str = "") -> None:
    """Record that a message was sent to a destination, or why it couldn't be.

    Not logged, because it isn't a person's act.
    """
    values = {"last_failed_at": transaction.now, "why": why[:LONGEST_WHY]} if why else {"last_ok_at": transaction.now}
    transaction.connection.execute(update(DESTINATIONS).where(DESTINATIONS.c.id == number).values(**values))


def read_ended_destinations(connection: Connection) -> Mapping[str, datetime]:
    """Return when each removed destination was removed, by ID. Empty for a store without the table."""
    if not inspect(connection).has_table(DESTINATIONS.name):
        return {}
    columns = (DESTINATIONS.c.id, DESTINATIONS.c.ended_at)
    rows = connection.execute(select(*columns).where(DESTINATIONS.c.ended_at.is_not(None)))
    return {row.id: row.ended_at for row in rows}


def end_destinations_again(transaction: Transaction, ended: Mapping[str, datetime]) -> None:
    """Remove destinations again in a restored store. The caller records this in the audit log."""
    for number, at in ended.items():
        chosen = (DESTINATIONS.c.id == number) & DESTINATIONS.c.ended_at.is_(None)
        values = {"ended_at": at, "sealed_address": b"", "sealed_secret": b""}
        transaction.connection.execute(update(DESTINATIONS).where(chosen).values(**values))


def host_of(address: str) -> str:
    """Return the host of a web address. Raises InvalidQuery if the address can't be used, without repeating it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidQuery(_BAD_ADDRESS) from None
    is_plain = address.isascii() and address.isprintable() and not any(sign in address for sign in ' \\"<>')
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not is_plain:
        raise InvalidQuery(_BAD_ADDRESS)
    if len(address) > LONGEST_ADDRESS or len(host) > 253:
        raise InvalidQuery(f"The address is longer than {LONGEST_ADDRESS:,} characters. Copy it again.")
    return host


_BAD_ADDRESS: Final = "This isn't a web address. Copy the whole address, beginning with https://."


def _check_may(actor: Actor) -> None:
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least(ROLE):
        raise NotAllowed("Only administrators can add and remove destinations. Ask one of them.")


def _place(number: str, kind: str, audience: str) -> str:
    return f"destination {number} {kind} {audience}"


def _unsealed(keys: Keys, sealed: object, place: str) -> str | None:
    text = unseal(keys.wrapping, sealed, place) if isinstance(sealed, bytes) else None
    try:
        return None if text is None else text.decode()
    except UnicodeDecodeError:
        return None


def _columns() -> Any:  # Any: the columns of a table, each with its own type
    return select(*(column for column in DESTINATIONS.c if not column.name.startswith("sealed")))


def _destination(row: Row[Any]) -> Destination | None:  # Any: as above
    if row.kind not in KINDS:
        return None
    return Destination(
        id=row.id,
        kind=row.kind,
        name=str(row.name),
        host=str(row.host),
        audience=str(row.audience),
        added_by=str(row.added_by),
        added_at=row.added_at,
        ended_at=row.ended_at,
        last_ok_at=row.last_ok_at,
        last_failed_at=row.last_failed_at,
        why=str(row.why),
    )
