"""The audit log: who did what, and when. Each entry is chained to the previous one with a key outside the store.

An entry is written in the same transaction as its act, so neither exists without the other. The personal part is sealed
with the acting person's own key, so erasing the person doesn't break the chain.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from semantic.errors import NotAllowed, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.database import Instant, Transaction, hold_log, metadata, parse_moment, storable
from semantic.store.keys import Keys, seal
from semantic.store.people import key_of, subject_of

AUDIT: Final = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3, ... without gaps
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String(60), nullable=False),
    Column("about", String(200), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("behind", String(32), nullable=False),  # who views as the subject, is acted for, or asks for them; ""
    Column("said", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("mac", String(64), nullable=False),
    # Each finds the newest entries of one item without sorting all of them.
    Index("ix_audit_kind_number", "kind", "number"),
    Index("ix_audit_about_number", "about", "number"),
    Index("ix_audit_subject_number", "subject", "number"),
    Index("ix_audit_behind_number", "behind", "number"),
)

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
NOTHING: Final[Mapping[str, Plain]] = MappingProxyType({})
NOTED_EVERY: Final = 100
"""How many entries are between two heads that are written to the server's log."""

_LOG = logging.getLogger("samepage.audit")
_WIDTHS: Final = {"kind": 60, "about": 200}
SAMEPAGE: Final = Actor(id="samepage", name="Samepage", kind="system")
"""The actor for acts without a person: effects of settings, and gaps in this log."""

LOOKS: Final = frozenset(
    {"question.asked", "analysis.run", "values.offered", "receipt.opened", "access.explained", "draft.previewed"}
)
"""What someone can do while viewing as another person."""

OF_AGENTS: Final = LOOKS - {"draft.previewed"} | {"proposal.made"}
"""What an agent can do for its person. Everything else is proposed, and done by the person themselves."""

AGENT: Final = "agent:"
"""The prefix of `behind` in an entry about what an agent did, before the agent's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act by a person.

    `kind` is `noun.verb`, such as `question.saved`, and `about` is the item, such as `question:7f`. `details` aren't
    encrypted and don't name anyone. `personal` is sealed, together with the acting person and the one they act for. A
    person that the act is about is identified by number: `person:5d2c`.
    """

    kind: str
    actor: Actor
    about: str = ""
    details: Mapping[str, Plain] = field(default_factory=lambda: NOTHING)
    personal: Mapping[str, Plain] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        """Raise NotAllowed if an act isn't allowed while viewing as someone (decision 14), or for an agent (76).

        All changes and exports are recorded, so this checks every one of them.
        """
        if self.actor.kind == "agent" and self.kind not in OF_AGENTS:
            raise NotAllowed(
                "An agent can't change or export anything. It can propose this, and you then approve it in Samepage."
            )
        if self.actor.viewed_by is not None and self.kind not in LOOKS:
            raise NotAllowed(
                "You're viewing as someone else, so you can't change or export anything. Stop viewing to do "
                "this as yourself."
            )


def record(transaction: Transaction, act: Act, keys: Keys) -> int:
    """Append an entry for `act`, and return its number.

    Call this last in a transaction, because other transactions wait for the end of the log. Raises StoreFailed if the
    log's end or the person's key isn't what this server wrote.
    """
    (number,) = record_all(transaction, (act,), keys)
    return number


def record_all(transaction: Transaction, acts: Sequence[Act], keys: Keys) -> range:
    """Append an entry for each act, in order, and return the entries' numbers.

    The end of the log and each person are read only once, because a page can record a dozen questions together. As with
    `record`, call this last. Raises StoreFailed.
    """
    for act in acts:
        for name, width in _WIDTHS.items():
            if len(getattr(act, name)) > width:
                raise ValueError(f"An act's {name} can have at most {width} characters: {getattr(act, name)[:20]}...")
    connection = transaction.connection
    hold_log(connection)
    who = _Acting(transaction, keys)
    named = [who.named(act.actor) for act in acts]
    last = connection.execute(
        select(AUDIT.c.number, AUDIT.c.mac).order_by(AUDIT.c.number.desc()).limit(1)
    ).one_or_none()
    first, mac = _next(last)
    rows: list[dict[str, object]] = []
    for number, (act, (subject, key, viewer, acted_for)) in enumerate(zip(acts, named, strict=True), first):
        actor = act.actor
        person: dict[str, Plain] = {"id": actor.id, "name": actor.name, "kind": actor.kind}
        person |= {"viewed_by": viewer, "for_person": acted_for}
        if actor.agent:
            person |= {"agent": actor.agent, "agent_name": storable(actor.agent_name)}
        personal: dict[str, Plain] = {"who": person, "act": dict(act.personal)}
        entry = Sealed(
            number=number,
            at=transaction.now,
            kind=act.kind,
            about=act.about,
            subject=subject,
            behind=viewer or acted_for or (f"{AGENT}{actor.agent}" if actor.agent else ""),
            said=canonical(act.details).decode(),
            sealed=seal(key, canonical(personal), place_of(number)),
        )
        mac = mac_of(entry, mac, keys)
        rows.append({**asdict(entry), "mac": mac})
        if number % NOTED_EVERY == 0:
            transaction.afterwards.append(partial(note, number, mac))
    if rows:
        connection.execute(insert(AUDIT), rows)
        transaction.is_recorded = True
    return range(first, first + len(rows))


class _Acting:
    """The people involved in a group of acts, with their numbers and keys, each read once."""

    def __init__(self, transaction: Transaction, keys: Keys) -> None:
        self._transaction, self._keys = transaction, keys
        self._subjects: dict[tuple[str, str], str] = {}
        self._held: dict[str, bytes] = {}

    def named(self, actor: Actor) -> tuple[str, bytes, str, str]:
        """Return an actor's number and key, and the numbers of the person viewing as them and the one they act for.

        A number is "" if there is no such person.
        """
        subject = self._subject(actor.id, actor.name)
        viewer = self._subject(actor.viewed_by, "") if actor.viewed_by else ""
        acted_for = self._subject(actor.for_person, "") if actor.for_person else ""
        if behind := viewer or acted_for:
            self._key(behind)  # proves from now on whose number it is
        return subject, self._key(subject), viewer, acted_for

    def _subject(self, person: str, name: str) -> str:
        if (person, name) not in self._subjects:
            self._subjects[person, name] = subject_of(self._transaction, person, name)
        return self._subjects[person, name]

    def _key(self, subject: str) -> bytes:
        if subject not in self._held:
            key = key_of(self._transaction, subject, self._keys)
            if key is None:
                raise AssertionError(
                    "A person who was erased can't act: they get a new number when they sign in again."
                )
            self._held[subject] = key
        return self._held[subject]


def is_agent(behind: str) -> bool:
    """Whether the `behind` of an act is an agent rather than a person."""
    return behind.startswith(AGENT)


def note(number: int, mac: str) -> None:
    """Write the chain's head to the server's log. That log is stored elsewhere, so it reveals a truncated store."""
    _LOG.info("Head of the audit log: %s:%s", number, mac)


def _next(last: Row[Any, Any] | None) -> tuple[int, str]:  # Any: SQLite can contain anything
    if last is None:
        return 1, ""
    number, mac = last.number, last.mac
    if not isinstance(number, int) or not isinstance(mac, str):
        raise StoreFailed(
            "The audit log's last entry is damaged, so nothing can be recorded and nothing was changed. "
            "`python -m semantic audit verify` says what is wrong."
        )
    return number + 1, mac


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An entry in the form in which it is stored."""

    number: int
    at: datetime
    kind: str
    about: str
    subject: str
    behind: str
    said: str
    sealed: bytes


def mac_of(entry: Sealed, before: str, keys: Keys) -> str:
    """Return the MAC that chains an entry to the previous one."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (str(entry.number), at, entry.kind, entry.about, entry.subject, entry.behind, entry.said)
    return keys.sign(b"audit entry", before.encode(), *(part.encode() for part in parts), entry.sealed)


def sealed_entries() -> Select[Any]:  # Any: what a damaged store holds in these columns is of any type
    """Return a query for the log's columns, with times as the database driver returns them.

    This way, reading a damaged time doesn't raise an error.
    """
    return select(
        *(type_coerce(column, NullType()).label("at") if column is AUDIT.c.at else column for column in AUDIT.c)
    )


def parse_sealed(row: Row[Any]) -> tuple[Sealed, str] | None:  # Any: see sealed_entries
    """Return a row as an entry with its MAC, or None if a value has a type that Samepage never writes."""
    at = parse_moment(row.at)
    texts = (row.kind, row.about, row.subject, row.behind, row.said, row.mac)
    if at is None or not isinstance(row.number, int) or not isinstance(row.sealed, bytes):
        return None
    if not all(isinstance(text, str) for text in texts):
        return None
    entry = Sealed(
        number=row.number,
        at=at,
        kind=row.kind,
        about=row.about,
        subject=row.subject,
        behind=row.behind,
        said=row.said,
        sealed=row.sealed,
    )
    return entry, row.mac


def place_of(number: int) -> str:
    """Return the text that binds a sealed part to its entry, so that it can't be moved to another entry."""
    return f"audit {number}"


def parse_words(text: str | bytes) -> Mapping[str, Plain] | None:
    """Parse the readable or unsealed part of an entry, or return None if it's damaged."""
    try:
        document: Plain = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def canonical(value: Mapping[str, Plain]) -> bytes:
    """Return a mapping as canonical JSON, so that equal mappings give equal bytes."""
    # In ASCII: half of a surrogate pair, which a link can contain, has no bytes of its own.
    return json.dumps(dict(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
