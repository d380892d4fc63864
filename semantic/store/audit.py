"""The audit log: who did what, when, each entry chained to the one before by a key that is not in the store.

An entry is written in the transaction of the act it tells of, so neither is there without the other. What is personal
in it is sealed with that person's own key: erasing the person keeps the chain whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table, Text, insert, select, text

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys, seal
from semantic.store.people import key_of, subject_of

AUDIT: Final = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String(60), nullable=False, index=True),
    Column("about", String(200), nullable=False, index=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("said", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("mac", String(64), nullable=False),
)

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
NOTHING: Final[Mapping[str, Plain]] = MappingProxyType({})
LOOKS: Final = frozenset({"question.asked", "receipt.opened", "access.explained"})
"""What may be done by who views as somebody."""
_CHAIN_LOCK: Final = 0x5A3E_9A6E  # any number that nothing else in the database locks


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something somebody did. `kind` is `noun.verb`, such as `question.saved`; `about` names the thing: `question:7f`.

    `said` is kept readable and names nobody; `personal` is sealed, together with who acted and for whom.
    """

    kind: str
    actor: Actor
    about: str = ""
    said: Mapping[str, Plain] = field(default_factory=lambda: NOTHING)
    personal: Mapping[str, Plain] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        """Raises NotAllowed for who views as somebody and does more than look (decision D18).

        Whatever is changed or handed out is recorded, so this is the one place that all of it passes.
        """
        if self.actor.viewed_by is not None and self.kind not in LOOKS:
            raise NotAllowed(
                "You are viewing as somebody else, and meanwhile nothing can be changed or exported. "
                "Stop viewing to do this as yourself."
            )


def record(transaction: Transaction, act: Act, keys: Keys) -> int:
    """Append an entry for `act`; its number. The last step of a transaction, since others wait for the log's end."""
    connection = transaction.connection
    subject = subject_of(transaction, act.actor.id, act.actor.name)
    key = key_of(transaction, subject, keys)
    if connection.dialect.name == "postgresql":  # SQLite's writers are one after another anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = connection.execute(
        select(AUDIT.c.number, AUDIT.c.mac).order_by(AUDIT.c.number.desc()).limit(1)
    ).one_or_none()
    number, before = (last.number + 1, last.mac) if last else (1, "")
    personal = {
        "id": act.actor.id,
        "name": act.actor.name,
        "viewed_by": act.actor.viewed_by,
        "for_person": act.actor.for_person,
        **act.personal,
    }
    entry = Sealed(
        number=number,
        at=transaction.now,
        kind=act.kind,
        about=act.about,
        subject=subject,
        said=canonical(act.said).decode(),
        sealed=seal(key, canonical(personal), place_of(number)) if key is not None else b"",
    )
    connection.execute(insert(AUDIT).values(**asdict(entry), mac=mac_of(entry, before, keys)))
    transaction.is_recorded = True
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An entry as it is kept."""

    number: int
    at: datetime
    kind: str
    about: str
    subject: str
    said: str
    sealed: bytes


def mac_of(entry: Sealed, before: str, keys: Keys) -> str:
    """What chains an entry to the one before it."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (str(entry.number), at, entry.kind, entry.about, entry.subject, entry.said)
    return keys.sign(before.encode(), *(part.encode() for part in parts), entry.sealed)


def place_of(number: int) -> str:
    """What ties a sealed part to its entry, so that it cannot be moved to another."""
    return f"audit {number}"


def canonical(value: Mapping[str, Plain]) -> bytes:
    """The one way a mapping is written, so that equal ones have equal bytes."""
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
