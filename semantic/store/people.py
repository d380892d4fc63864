"""The people the store knows: a number for each, the name shown, and the key that what is personal is sealed with.

What others keep of a person refers to the number. Erasing a person throws the key and the name away: what was sealed
with it cannot be read any more, and nothing that refers to the number breaks.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, String, Table, select, update

from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys, make_key, seal, unseal

PEOPLE: Final = Table(
    "people",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("id", String(200), unique=True),  # null once erased
    Column("name", String(400), nullable=False, default=""),
    Column("sealed_key", LargeBinary),  # null once erased
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("erased_at", Instant),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPerson:
    """One person as the store knows them; `id` and `name` are empty once erased."""

    subject: str
    id: str
    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    erased_at: datetime | None


def subject_of(transaction: Transaction, person: str, name: str) -> str:
    """The number of a person, who is added when seen for the first time. `name` is brought up to date."""
    found = transaction.connection.execute(
        select(PEOPLE.c.subject, PEOPLE.c.name).where(PEOPLE.c.id == person)
    ).one_or_none()
    if found is not None:
        if name and found.name != name:
            transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(name=name))
        return found.subject
    row = {"subject": secrets.token_hex(16), "id": person, "name": name, "revision": 1}
    row |= {"first_seen_at": transaction.now, "last_seen_at": transaction.now}
    insert_if_missing(transaction.connection, PEOPLE, row)  # another process may see them first in this very moment
    return transaction.connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == person)).scalar_one()


def key_of(transaction: Transaction, subject: str, keys: Keys) -> bytes | None:
    """The key of a person, made when it is first needed; None for who was erased."""
    row = transaction.connection.execute(
        select(PEOPLE.c.sealed_key, PEOPLE.c.erased_at).where(PEOPLE.c.subject == subject)
    ).one()
    if row.erased_at is not None:
        return None
    if row.sealed_key is not None:
        return unseal(keys.wrapping, row.sealed_key, subject)
    key = make_key()
    sealed = seal(keys.wrapping, key, subject)
    transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.subject == subject).values(sealed_key=sealed))
    return key


def read_key(connection: Connection, subject: str, keys: Keys) -> bytes | None:
    """The key of a person as far as there is one: None for who was erased, or under another secret."""
    sealed = connection.execute(select(PEOPLE.c.sealed_key).where(PEOPLE.c.subject == subject)).scalar()
    return unseal(keys.wrapping, sealed, subject) if sealed is not None else None


def read_stored_people(connection: Connection) -> list[StoredPerson]:
    """Everybody the store knows, by name."""
    rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name, PEOPLE.c.subject))
    return [
        StoredPerson(
            subject=row.subject,
            id=row.id or "",
            name=row.name,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            erased_at=row.erased_at,
        )
        for row in rows
    ]


def erase_person(transaction: Transaction, person: str) -> bool:
    """Throw a person's name, id and key away; False where nobody has that id. What they made stays, without a name."""
    erased = transaction.connection.execute(
        update(PEOPLE)
        .where(PEOPLE.c.id == person)
        .values(id=None, name="", sealed_key=None, erased_at=transaction.now, revision=PEOPLE.c.revision + 1)
    )
    return erased.rowcount == 1
