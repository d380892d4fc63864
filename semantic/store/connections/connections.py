"""Connections added in the app: databases, folders and files that Samepage reads besides those in its settings.

A connection's address is secret, because it includes a password. It is encrypted with the key outside the store,
together with the connection's name, engine and place. So write access to the store isn't enough to make Samepage read
another database or send a password elsewhere. Removing a connection deletes its address.
"""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import subject_of
from semantic.store.spaces.spaces import one_line

ROLE: Final = "administrator"
ENGINES: Final[Mapping[str, str]] = {
    "postgresql": "PostgreSQL",
    "duckdb": "DuckDB file",
    "files": "Parquet and CSV files",
    "spark": "Spark",
}
"""The display names of engines. For any other engine, the scheme of its addresses is stored and shown."""
MOST_CONNECTIONS: Final = 50
LONGEST_LABEL: Final = 80
LONGEST_NAME: Final = 40
LONGEST_ADDRESS: Final = 4_000
RESERVED: Final = frozenset({"data", "main", "store", "uploads"})
"""Names with a special meaning, which connections made in the app can't have."""
_CHANGED: Final = (
    "Someone else changed this connection. Your change wasn't saved. Check the connection, then try again."
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

CONNECTIONS: Final = Table(
    "connections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("current_name", String(LONGEST_NAME), unique=True),  # null once removed: the name can be used again
    Column("label", String(100), nullable=False),
    Column("engine", String(20), nullable=False),
    Column("place", String(300), nullable=False),  # the only part of the address that is shown
    Column("sealed_address", LargeBinary, nullable=False),  # empty once removed
    Column("added_by", String(32), nullable=False),  # a subject
    Column("added_at", Instant, nullable=False),
    Column("changed_at", Instant),
    Column("ended_at", Instant),
    Column("revision", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConnection:
    """A connection without its address. Datasets refer to its `name`, and people see its `label`."""

    id: str
    name: str
    label: str
    engine: str
    place: str
    added_by: str
    added_at: datetime
    changed_at: datetime | None
    ended_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """The details of a new connection. The caller checks that the address is allowed and works."""

    name: str
    label: str
    engine: str
    place: str
    address: str = field(repr=False)


def add_connection(transaction: Transaction, keys: Keys, wanted: NewConnection, actor: Actor) -> str:
    """Add a connection, and return its ID. Raises NotAllowed and InvalidQuery."""
    _check_may(actor)
    connection = transaction.connection
    current = select(func.count()).select_from(CONNECTIONS).where(CONNECTIONS.c.ended_at.is_(None))
    if connection.execute(current).scalar_one() >= MOST_CONNECTIONS:
        raise NotAllowed(f"There are {MOST_CONNECTIONS} connections, which is the limit. Remove one first.")
    label = _checked_label(wanted.label)
    _check_name(wanted.name)
    if _find_current(connection, wanted.name) is not None:
        raise InvalidQuery(f"There is already a connection named {wanted.name}. Choose another name.")
    number = secrets.token_hex(8)
    row: dict[str, object] = {
        "id": number,
        "name": wanted.name,
        "current_name": wanted.name,
        "label": label,
        "engine": wanted.engine,
        "place": wanted.place,
        "sealed_address": _sealed(keys, number, wanted.name, wanted.engine, wanted.place, wanted.address),
        "added_by": subject_of(transaction, actor.id, actor.name),
        "added_at": transaction.now,
        "revision": 1,
    }
    connection.execute(insert(CONNECTIONS).values(**row))
    details: dict[str, Plain] = {"name": label, "engine": engine_label(wanted.engine), "place": wanted.place}
    record(transaction, Act(kind="connection.added", actor=actor, about=f"connection:{number}", details=details), keys)
    return number


def change_connection(
    transaction: Transaction,
    keys: Keys,
    number: str,
    actor: Actor,
    *,
    engine: str,
    place: str,
    address: str,
    revision: int,
) -> None:
    """Change a connection's address or password. Its name in the model stays the same.

    Raises NotAllowed, InvalidQuery, and ChangedMeanwhile if the connection was removed, or changed since `revision`.
    """
    _check_may(actor)
    before = _require(transaction.connection, number, revision)
    values = {
        "engine": engine,
        "place": place,
        "sealed_address": _sealed(keys, number, before.name, engine, place, address),
    }
    _write(transaction, before, values)
    details: dict[str, Plain] = {"name": before.label, "engine": engine_label(engine), "place": place}
    record(
        transaction, Act(kind="connection.changed", actor=actor, about=f"connection:{number}", details=details), keys
    )


def rename_connection(
    transaction: Transaction, keys: Keys, number: str, actor: Actor, *, label: str, revision: int
) -> None:
    """Change a connection's label. Raises the same errors as `change_connection`."""
    _check_may(actor)
    before, label = _require(transaction.connection, number, revision), _checked_label(label)
    _write(transaction, before, {"label": label})
    details: dict[str, Plain] = {"before": before.label, "name": label}
    record(
        transaction, Act(kind="connection.renamed", actor=actor, about=f"connection:{number}", details=details), keys
    )


def end_connection(transaction: Transaction, keys: Keys, number: str, actor: Actor) -> None:
    """Remove a connection and delete its address. The caller checks that the model doesn't use it.

    Raises NotAllowed, and ChangedMeanwhile if the connection is unknown or already removed.
    """
    _check_may(actor)
    before = find_connection(transaction.connection, number)
    if before is None or before.ended_at is not None:
        raise ChangedMeanwhile("This connection is already removed. Nothing was changed.")
    chosen = (CONNECTIONS.c.id == number) & CONNECTIONS.c.ended_at.is_(None)
    transaction.connection.execute(update(CONNECTIONS).where(chosen).values(**_ended(transaction.now)))
    details: dict[str, Plain] = {"name": before.label}
    record(transaction, Act(kind="connection.ended", actor=actor, about=f"connection:{number}", details=details), keys)


def read_connections(connection: Connection, *, ended: bool = False) -> list[StoredConnection]:
    """Return the connections, sorted by label. Removed ones are included only if `ended` is true."""
    chosen = _columns().order_by(CONNECTIONS.c.label, CONNECTIONS.c.id)
    if not ended:
        chosen = chosen.where(CONNECTIONS.c.ended_at.is_(None))
    return [_connection(row) for row in connection.execute(chosen)]


def find_connection(connection: Connection, number: str) -> StoredConnection | None:
    """Return the connection with this ID, even a removed one, or None."""
    row = connection.execute(_columns().where(CONNECTIONS.c.id == number)).one_or_none()
    return _connection(row) if row is not None else None


def open_address(connection: Connection, keys: Keys, name: str) -> str:
    """Return the address of an active connection, or "" if there is no connection with this name.

    A row that was changed outside Samepage is ignored.
    """
    row = connection.execute(select(CONNECTIONS).where(CONNECTIONS.c.current_name == name)).one_or_none()
    if row is None or row.ended_at is not None or not isinstance(row.sealed_address, bytes):
        return ""
    about = _about(row.id, row.name, row.engine, row.place)
    text = unseal(keys.wrapping, row.sealed_address, about) if row.name == name else None
    try:
        return "" if text is None else text.decode()
    except UnicodeDecodeError:
        return ""


def read_ended_connections(connection: Connection) -> Mapping[str, datetime]:
    """Return when each removed connection was removed, by ID. Empty for a store without the table."""
    if not inspect(connection).has_table(CONNECTIONS.name):
        return {}
    columns = (CONNECTIONS.c.id, CONNECTIONS.c.ended_at)
    rows = connection.execute(select(*columns).where(CONNECTIONS.c.ended_at.is_not(None)))
    return {row.id: row.ended_at for row in rows}


def end_connections_again(transaction: Transaction, ended: Mapping[str, datetime]) -> None:
    """Remove connections again in a restored store. The caller records this in the audit log."""
    for number, at in ended.items():
        chosen = (CONNECTIONS.c.id == number) & CONNECTIONS.c.ended_at.is_(None)
        transaction.connection.execute(update(CONNECTIONS).where(chosen).values(**_ended(at)))


def engine_label(engine: str) -> str:
    """Return an engine's display name."""
    return ENGINES.get(engine, engine)


def free_name(label: str, taken: frozenset[str]) -> str:
    """Return a name for a connection with this label: in lower case, with underscores, and not in `taken`."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    name = "_".join(words)[: LONGEST_NAME - 3].strip("_")
    if not name or not name[0].isalpha():
        name = f"connection_{name}".strip("_")[: LONGEST_NAME - 3]
    unusable, number, free = taken | RESERVED, 2, name
    while free in unusable:
        free, number = f"{name}_{number}", number + 1
    return free


def _check_may(actor: Actor) -> None:
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least(ROLE):
        raise NotAllowed("Only administrators connect data. Ask one of them.")


def _checked_label(text: str) -> str:
    label = one_line(text)
    if not 0 < len(label) <= LONGEST_LABEL:
        raise InvalidQuery(f"A connection needs a name of 1 to {LONGEST_LABEL} characters, such as Shop database.")
    return label


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or name in RESERVED:
        raise InvalidQuery(
            f"A connection can't be named {name!r} in the model. Use up to {LONGEST_NAME} lower-case letters, digits "
            f"and underscores, and none of: {', '.join(sorted(RESERVED))}."
        )


def _require(connection: Connection, number: str, revision: int) -> StoredConnection:
    before = find_connection(connection, number)
    if before is None or before.ended_at is not None:
        raise ChangedMeanwhile("This connection was removed. Nothing was changed.")
    if before.revision != revision:
        raise ChangedMeanwhile(_CHANGED)
    return before


def _write(transaction: Transaction, before: StoredConnection, values: Mapping[str, object]) -> None:
    chosen = (CONNECTIONS.c.id == before.id) & (CONNECTIONS.c.revision == before.revision)
    changed = transaction.connection.execute(
        update(CONNECTIONS)
        .where(chosen & CONNECTIONS.c.ended_at.is_(None))
        .values(**values, changed_at=transaction.now, revision=before.revision + 1)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile(_CHANGED)


def _ended(at: datetime) -> dict[str, Any]:  # Any: the values of columns
    return {"ended_at": at, "current_name": None, "sealed_address": b"", "revision": CONNECTIONS.c.revision + 1}


def _sealed(keys: Keys, number: str, name: str, engine: str, place: str, address: str) -> bytes:
    if not 0 < len(address) <= LONGEST_ADDRESS:
        raise InvalidQuery(f"The address is longer than {LONGEST_ADDRESS:,} characters.")
    return seal(keys.wrapping, address.encode(), _about(number, name, engine, place))


def _about(number: str, name: str, engine: str, place: str) -> str:
    return f"connection {json.dumps([number, name, engine, place])}"


def _find_current(connection: Connection, name: str) -> str | None:
    return connection.execute(select(CONNECTIONS.c.id).where(CONNECTIONS.c.current_name == name)).scalar_one_or_none()


def _columns() -> Any:  # Any: the columns of a table, each with its own type
    return select(*(column for column in CONNECTIONS.c if not column.name.startswith("sealed")))


def _connection(row: Row[Any]) -> StoredConnection:  # Any: as above
    return StoredConnection(
        id=row.id,
        name=str(row.name),
        label=str(row.label),
        engine=str(row.engine),
        place=str(row.place),
        added_by=str(row.added_by),
        added_at=row.added_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        revision=int(row.revision),
    )
