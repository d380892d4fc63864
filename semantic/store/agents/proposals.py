"""Proposals in the store: actions that an agent asks a person to approve.

A row decides what is done in a person's name, so it is signed against tampering, as alerts are: write access to the
store isn't enough to approve or change a proposal, or to reuse an approval. The content and the reason for a denial are
encrypted with the person's key, because they can contain the person's questions.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast, get_args

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, NotAllowed
from semantic.store.audit.log import Plain, canonical, parse_words
from semantic.store.database import Instant, Transaction, metadata, parse_moment
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import key_of, read_key
from semantic.store.row_seals import seal_row

ProposalKind = Literal["question", "save", "alert", "subscription", "request"]
StoredState = Literal["pending", "running", "approved", "denied"]
State = Literal["pending", "running", "approved", "denied", "expired"]
Grant = Literal["", "once", "day"]

LIFE: Final = timedelta(hours=24)
"""How long a proposal can be approved, and how long an approved question can be asked."""
KEPT: Final = timedelta(days=90)
"""How long a proposal is stored."""
MOST_PENDING: Final = 20
MOST_LISTED: Final = 200
DAMAGED: Final = (
    "This proposal was changed outside Samepage, so it can't be approved. Ask the agent to propose it again."
)
DECIDED: Final = "This proposal has already been decided. Reload the page."

PROPOSALS: Final = Table(
    "proposals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),  # a keyed digest of what can be done
    Column("agent", String(32), nullable=False),  # the number of the connected agent
    Column("subject", String(32), nullable=False),  # the person it asks for
    Column("kind", String(20), nullable=False),
    Column("model", String(64), nullable=False),  # the digest of the definitions it was made under
    Column("digest", String(64), nullable=False),  # keyed, of the content, the definitions, the agent and the person
    Column("content", LargeBinary, nullable=False),  # JSON, encrypted with the person's key
    Column("state", String(20), nullable=False),
    Column("granted", String(20), nullable=False),  # for a question: once, or for a day
    Column("made", String(200), nullable=False),  # the ID of what the approval created; "" for none
    Column("reason", LargeBinary, nullable=False),  # why it was denied, encrypted with the person's key
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("until", Instant),  # when the approval of a question ends
    Column("used_at", Instant),  # when an approval for one time was used
    Column("revision", Integer, nullable=False),
    Index("ix_proposals_subject_made_at", "subject", "made_at"),
    Index("ix_proposals_digest", "digest"),
)
_SEALED: Final = ("id", "agent", "subject", "kind", "model", "digest", "state", "granted", "made")
_MOMENTS: Final = ("made_at", "expires_at", "decided_at", "until", "used_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProposal:
    """What an agent proposes. `content` is JSON-ready data, and `model` is a digest of the definitions that it uses."""

    agent: str
    subject: str
    kind: ProposalKind
    model: str
    digest: str
    content: Mapping[str, Plain] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal in the store. `content` is None if it can no longer be read.

    `is_sealed` means that the row is unchanged since Samepage wrote it. `running` means that an approved proposal is
    being carried out.
    """

    id: str
    agent: str
    subject: str
    kind: ProposalKind
    model: str
    digest: str
    content: Mapping[str, Plain] | None = field(repr=False)
    state: StoredState
    granted: Grant
    made: str
    reason: str = field(repr=False)
    made_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    until: datetime | None
    used_at: datetime | None
    revision: int
    is_sealed: bool

    def state_at(self, now: datetime) -> State:
        """Return the proposal's state at a moment. A proposal that wasn't decided in time is `expired`."""
        return "expired" if self.state == "pending" and now >= self.expires_at else self.state


# Writing: the caller has checked that the actor can


def add_proposal(transaction: Transaction, keys: Keys, new: NewProposal) -> str:
    """Add a proposal, and return its ID. Raises NotAllowed if the person was erased."""
    id_, now = secrets.token_hex(8), transaction.now
    row: dict[str, object] = {
        "id": id_, "agent": new.agent, "subject": new.subject, "kind": new.kind, "model": new.model,
        "digest": new.digest, "content": _encrypted(transaction, keys, new.subject, canonical(new.content), id_),
        "state": "pending", "granted": "", "made": "", "reason": b"", "made_at": now, "expires_at": now + LIFE,
        "decided_at": None, "until": None, "used_at": None, "revision": 1,
    }  # fmt: skip
    transaction.connection.execute(insert(PROPOSALS).values(**row, seal=_seal(keys, row)))
    return id_


def change_proposal(transaction: Transaction, keys: Keys, kept: Proposal, **values: object) -> None:
    """Save changes to a proposal, unless it has changed since it was read.

    Raises ChangedMeanwhile, and NotAllowed if the proposal is damaged.
    """
    if not kept.is_sealed:
        raise NotAllowed(DAMAGED)
    connection = transaction.connection
    chosen = (PROPOSALS.c.id == kept.id) & (PROPOSALS.c.revision == kept.revision)
    if connection.execute(update(PROPOSALS).where(chosen).values(**values, revision=kept.revision + 1)).rowcount != 1:
        raise ChangedMeanwhile(DECIDED)
    (row,) = connection.execute(_rows().where(PROPOSALS.c.id == kept.id)).mappings().all()
    seal = _seal(keys, {str(name): value for name, value in row.items()})
    connection.execute(update(PROPOSALS).where(PROPOSALS.c.id == kept.id).values(seal=seal))


def encrypted_reason(transaction: Transaction, keys: Keys, kept: Proposal, text: str) -> bytes:
    """Return the reason for a denial, encrypted for the store. Raises NotAllowed if the person was erased."""
    return _encrypted(transaction, keys, kept.subject, text.encode(errors="replace"), f"{kept.id} denied")


def forget_old_proposals(transaction: Transaction, now: datetime) -> int:
    """Delete proposals older than `KEPT`, and return how many were deleted."""
    return transaction.connection.execute(delete(PROPOSALS).where(PROPOSALS.c.made_at < now - KEPT)).rowcount


def forget_proposals(transaction: Transaction, subject: str) -> None:
    """Delete a person's proposals."""
    transaction.connection.execute(delete(PROPOSALS).where(PROPOSALS.c.subject == subject))


def end_all_proposals(transaction: Transaction) -> None:
    """Delete every proposal that could still be approved or used. The caller records this in the audit log.

    A restored store needs this, because it doesn't have the decisions made since its backup.
    """
    transaction.connection.execute(delete(PROPOSALS).where(PROPOSALS.c.state != "denied"))


# Reading


def find_proposal(connection: Connection, keys: Keys, id_: str) -> Proposal | None:
    """Return a proposal, or None if it doesn't exist or its row can't be read."""
    row = connection.execute(_rows().where(PROPOSALS.c.id == id_)).one_or_none() if id_.isascii() else None
    return _proposal(connection, row, keys) if row is not None else None


def read_proposals(
    connection: Connection, keys: Keys, *, subject: str, agent: str | None = None, digest: str | None = None,
    most: int = MOST_LISTED,
) -> list[Proposal]:  # fmt: skip
    """Return a person's proposals, newest first. Unreadable rows are omitted."""
    rows = _rows().where(PROPOSALS.c.subject == subject)
    if agent is not None:
        rows = rows.where(PROPOSALS.c.agent == agent)
    if digest is not None:
        rows = rows.where(PROPOSALS.c.digest == digest)
    listed = connection.execute(rows.order_by(PROPOSALS.c.made_at.desc(), PROPOSALS.c.id).limit(most)).all()
    return [kept for row in listed if (kept := _proposal(connection, row, keys)) is not None]


def count_pending(
    connection: Connection, now: datetime, *, subject: str | None = None, agent: str | None = None
) -> int:
    """Return the number of proposals that can still be approved: everyone's, or those of one person or agent."""
    chosen = (PROPOSALS.c.state == "pending") & (PROPOSALS.c.expires_at > now)
    if subject is not None:
        chosen &= PROPOSALS.c.subject == subject
    if agent is not None:
        chosen &= PROPOSALS.c.agent == agent
    return int(connection.execute(select(func.count()).select_from(PROPOSALS).where(chosen)).scalar_one())


# Helpers


def _encrypted(transaction: Transaction, keys: Keys, subject: str, text: bytes, place: str) -> bytes:
    key = key_of(transaction, subject, keys)
    if key is None:
        raise NotAllowed("This agent's person has left, so it can't make proposals.")
    return seal(key, text, f"proposal {place}")


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    # The content is bound by its digest, and the encryption ties it to this row.
    return seal_row(keys, b"proposal row", row, columns=_SEALED, moments=("expires_at", "until", "used_at"))


def _rows() -> Select[Any]:  # Any: SQLite can contain anything
    return select(
        *(type_coerce(column, NullType()).label(column.name) if column.name in _MOMENTS else column
          for column in PROPOSALS.c)
    )  # fmt: skip


def _proposal(connection: Connection, row: Row[Any], keys: Keys) -> Proposal | None:  # Any: as above
    made_at, expires_at = parse_moment(row.made_at), parse_moment(row.expires_at)
    is_known = (
        row.kind in get_args(ProposalKind) and row.state in get_args(StoredState) and row.granted in get_args(Grant)
    )
    if made_at is None or expires_at is None or not is_known or not isinstance(row.content, bytes):
        return None
    key = read_key(connection, str(row.subject), keys)
    content = unseal(key, row.content, f"proposal {row.id}") if key is not None else None
    reason = unseal(key, row.reason, f"proposal {row.id} denied") if key is not None and row.reason else None
    # A time that can't be read would make an approval last longer.
    damaged = any(getattr(row, name) is not None and parse_moment(getattr(row, name)) is None for name in _MOMENTS)
    expected = _seal(keys, {name: getattr(row, name) for name in (*_SEALED, *_MOMENTS)})
    return Proposal(
        id=row.id,
        agent=str(row.agent),
        subject=str(row.subject),
        kind=cast(ProposalKind, row.kind),
        model=str(row.model),
        digest=str(row.digest),
        content=parse_words(content) if content is not None else None,
        state=cast(StoredState, row.state),
        granted=cast(Grant, row.granted),
        made=str(row.made),
        reason=reason.decode(errors="replace") if reason is not None else "",
        made_at=made_at,
        expires_at=expires_at,
        decided_at=parse_moment(row.decided_at),
        until=parse_moment(row.until),
        used_at=parse_moment(row.used_at),
        revision=row.revision,
        is_sealed=hmac.compare_digest(expected.encode(), str(row.seal).encode()) and not damaged,
    )
