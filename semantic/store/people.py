"""The people in the store: a number for each, a display name, and the key that seals their personal data.

Other tables refer to a person by number. The key is encrypted with the secret outside the store, and bound to the
person's number and ID. If someone changes a number's ID in the store, the key can't be opened any more. Erasing a
person deletes the name and replaces the key with a mark that only the secret can make. Data sealed with the key can no
longer be read, and references to the number stay valid.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, Row, String, Table, select, update

from semantic.errors import NotStorable
from semantic.store.database import Instant, Transaction, hold_log, insert_if_missing, metadata, storable
from semantic.store.keys import Keys, make_key, seal, unseal

_LONGEST_NAME: Final = 400
PEOPLE: Final = Table(
    "people",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("id", String(200), unique=True),  # null once erased
    Column("name", String(_LONGEST_NAME), nullable=False, default=""),
    Column("sealed_key", LargeBinary),  # null until needed; a mark once erased
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("erased_at", Instant),
    Column("revision", Integer, nullable=False, default=1),
    # The account they sign in with and its claims: see accounts.py. Null in the demo and once erased.
    Column("issuer", String(400)),
    Column("provider_subject", String(400)),
    Column("claims", LargeBinary),  # sealed with their key
    Column("claims_at", Instant),
    Column("deactivated_at", Instant),
    Column("given", LargeBinary),  # access given here, sealed with their key: see given.py
    Index("ix_people_issuer_provider_subject", "issuer", "provider_subject", unique=True),
)
FORGOTTEN: Final[Mapping[str, None]] = MappingProxyType(
    {"issuer": None, "provider_subject": None, "claims": None, "claims_at": None, "given": None}
)
"""The values that clear a person's account columns, because the account is no longer theirs."""
_ERASED: Final = b"erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPerson:
    """A person in the store. `id` and `name` are "" if they were erased."""

    subject: str
    id: str
    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """The person with a number in the store. `damaged` means that the stored key wasn't made with this secret.

    A valid key proves `id`. `name` is as stored, without proof.
    """

    subject: str
    id: str
    name: str
    state: Literal["known", "erased", "damaged"]
    key: bytes | None = field(repr=False)


def subject_of(transaction: Transaction, person: str, name: str) -> str:
    """Return a person's number, and add the person first if needed. `name` is updated unless it is "".

    Characters that databases don't accept are removed from the name, so that everyone's acts can be recorded.
    """
    connection, name = transaction.connection, storable(name)[:_LONGEST_NAME]
    row = connection.execute(select(PEOPLE.c.subject, PEOPLE.c.name).where(PEOPLE.c.id == person)).one_or_none()
    if row is not None:
        if name and row.name != name:
            hold_log(connection)
            connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(name=name))
        return row.subject
    hold_log(connection)
    row = {"subject": secrets.token_hex(16), "id": person, "name": name, "revision": 1}
    row |= {"first_seen_at": transaction.now, "last_seen_at": transaction.now}
    insert_if_missing(connection, PEOPLE, row)  # another process may add the person at the same moment
    return connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == person)).scalar_one()


def key_of(transaction: Transaction, subject: str, keys: Keys) -> bytes | None:
    """Return a person's key, creating it when first needed, or None if the person was erased.

    Raises NotStorable if the stored key isn't valid for this person, because data sealed with it could never be read.
    """
    connection = transaction.connection
    holder = read_key_holders(connection, [subject], keys).get(subject)
    if holder is not None and holder.state == "known" and holder.key is None:
        hold_log(connection)
        sealed = seal(keys.wrapping, make_key(), _place(subject, holder.id))
        unset = PEOPLE.c.sealed_key.is_(None)  # another process may have made a key at the same moment
        connection.execute(update(PEOPLE).where(PEOPLE.c.subject == subject, unset).values(sealed_key=sealed))
        holder = read_key_holders(connection, [subject], keys).get(subject)
    if holder is None or holder.state == "damaged":
        raise NotStorable(
            "This server's audit log key doesn't open a person's key in the store, so nothing can be recorded "
            "about them, and nothing was changed. Start Samepage with the SAMEPAGE_AUDIT_KEY, or the key file, with "
            "which this store was created. If you already do, something else changed the store."
        )
    return holder.key


def read_key(connection: Connection, subject: str, keys: Keys) -> bytes | None:
    """Return a person's key, or None if they have none yet, were erased, or this secret can't open it."""
    holder = read_key_holders(connection, [subject], keys).get(subject)
    return holder.key if holder is not None else None


def read_key_holders(connection: Connection, subjects: Iterable[str], keys: Keys) -> dict[str, KeyHolder]:
    """Return the people with these numbers, by number. Unknown numbers are omitted."""
    wanted, key_holders = sorted(set(subjects)), dict[str, KeyHolder]()
    columns = (PEOPLE.c.subject, PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.sealed_key)
    for start in range(0, len(wanted), 500):
        chosen = PEOPLE.c.subject.in_(wanted[start : start + 500])
        key_holders |= {row.subject: _holder(row, keys) for row in connection.execute(select(*columns).where(chosen))}
    return key_holders


def _holder(row: Row[Any, Any, Any, Any], keys: Keys) -> KeyHolder:  # Any: SQLite can contain anything
    sealed, person, key = row.sealed_key, str(row.id or ""), None
    state: Literal["known", "erased", "damaged"] = "damaged"
    if person and sealed is None:
        state = "known"
    elif isinstance(sealed, bytes) and not person:
        is_sign = unseal(keys.wrapping, sealed, _erased_place(row.subject)) == _ERASED
        state = "erased" if is_sign else "damaged"
    elif isinstance(sealed, bytes):
        key = unseal(keys.wrapping, sealed, _place(row.subject, person))
        state = "known" if key is not None else "damaged"
    return KeyHolder(subject=row.subject, id=person, name=str(row.name), state=state, key=key)


def read_stored_people(connection: Connection) -> list[StoredPerson]:
    """Return all people in the store, sorted by name."""
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


def read_names(connection: Connection, subjects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return these people's IDs and names by number. Unknown and erased people are omitted."""
    wanted, names = sorted(set(subjects)), dict[str, tuple[str, str]]()
    columns = (PEOPLE.c.subject, PEOPLE.c.id, PEOPLE.c.name)
    for start in range(0, len(wanted), 500):
        chosen = PEOPLE.c.subject.in_(wanted[start : start + 500]) & PEOPLE.c.id.is_not(None)
        rows = connection.execute(select(*columns).where(chosen))
        names |= {row.subject: (row.id, row.name) for row in rows}
    return names


def erase_person(transaction: Transaction, person: str, keys: Keys) -> str | None:
    """Delete a person's name, ID, key and claims, and return their number, or None if no one has this ID.

    Everything that the person created stays, without their name.
    """
    connection = transaction.connection
    hold_log(connection)
    subject = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == person)).scalar()
    if subject is None:
        return None
    sign = seal(keys.wrapping, _ERASED, _erased_place(subject))
    connection.execute(
        update(PEOPLE)
        .where(PEOPLE.c.subject == subject)
        .values(
            id=None, name="", sealed_key=sign, erased_at=transaction.now, revision=PEOPLE.c.revision + 1, **FORGOTTEN
        )
    )
    return subject


def _place(subject: str, person: str) -> str:
    return f"person {subject} {person}"


def _erased_place(subject: str) -> str:
    return f"erased {subject}"
