"""Remarks that people write on charts: what happened, on which days, what it concerns, and who can see it.

`semantic.annotations.remarks` decides who can read a remark under their policy. Its author and stewards can change it.
A remark refers to its author by number, so that erasing the author removes their name.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, Integer, Row, String, Table, Text, delete, func, insert, select
from sqlalchemy import update as update_rows

from semantic.annotations.remarks import AUDIENCES, KINDS, Remark
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.members import Member
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of

LONGEST: Final = 500
LONGEST_MEMBER: Final = 200
MOST_REMARKS: Final = 10_000
MOST_OF_ONE: Final = 2_000  # remarks by one person

REMARKS: Final = Table(
    "remarks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("metric", String(200), nullable=False),  # "" is every metric
    Column("dim", String(200), nullable=False),  # "" is everything
    Column("member", Text, nullable=False),  # JSON; "" without a dimension
    Column("audience", String(20), nullable=False),  # the lowest role that can read it
    Column("whole", Integer, nullable=False),  # 1: only for people who see all rows
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("written_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRemark:
    """A remark in the store, as one person sees it."""

    id: str
    remark: Remark
    author_name: str  # "" if they have left
    is_mine: bool
    written_at: datetime
    revision: int


def read_remarks(connection: Connection, *, first: date | None, end: date | None) -> list[tuple[str, Remark]]:
    """Return the remarks that overlap the days [first, end), latest first, with their IDs. None means no limit.

    The caller checks who can see which remark.
    """
    wanted = [REMARKS.c.last >= first] if first is not None else []
    wanted += [REMARKS.c.first < end] if end is not None else []
    # All of them: with a limit, remarks someone can't read would crowd out those they can.
    rows = connection.execute(select(REMARKS).where(*wanted).order_by(REMARKS.c.first.desc(), REMARKS.c.id))
    return [(row.id, _remark(row)) for row in rows]


def find_remark(connection: Connection, remark: str, actor: Actor) -> StoredRemark | None:
    """Return the remark with this ID, or None."""
    row = connection.execute(_heads().where(REMARKS.c.id == remark)).one_or_none() if remark.isascii() else None
    return _stored_remark(row, actor) if row is not None else None


def add_remark(transaction: Transaction, remark: Remark, actor: Actor, keys: Keys) -> str:
    """Add a remark, and return its ID. Raises NotAllowed, InvalidQuery."""
    check_may_write(actor)
    row = _row(remark)
    count = transaction.connection.execute(select(func.count()).select_from(REMARKS)).scalar_one()
    if count >= MOST_REMARKS:
        raise InvalidQuery(f"There can be at most {MOST_REMARKS:,} remarks. Remove old ones first.")
    token = secrets.token_hex(16)
    author = subject_of(transaction, actor.id, actor.name)
    mine = select(func.count()).select_from(REMARKS).where(REMARKS.c.author == author)
    if transaction.connection.execute(mine).scalar_one() >= MOST_OF_ONE:
        raise InvalidQuery(f"One person can write at most {MOST_OF_ONE:,} remarks. Remove some of yours first.")
    row |= {"id": token, "author": author, "written_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(REMARKS).values(**row))
    _record(transaction, "written", token, remark, actor, keys)
    return token


def change_remark(transaction: Transaction, kept: StoredRemark, remark: Remark, actor: Actor, keys: Keys) -> None:
    """Change a remark's text or days. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
    _check_may_change(kept, actor)
    changed = transaction.connection.execute(
        update_rows(REMARKS)
        .where(REMARKS.c.id == kept.id, REMARKS.c.revision == kept.revision)
        .values(**_row(remark), revision=kept.revision + 1)
    )
    _check_changed(changed.rowcount)
    _record(transaction, "changed", kept.id, remark, actor, keys)


def remove_remark(transaction: Transaction, kept: StoredRemark, actor: Actor, keys: Keys) -> None:
    """Remove a remark for everyone. Raises NotAllowed, ChangedMeanwhile."""
    _check_may_change(kept, actor)
    gone = transaction.connection.execute(
        delete(REMARKS).where(REMARKS.c.id == kept.id, REMARKS.c.revision == kept.revision)
    )
    _check_changed(gone.rowcount)
    _record(transaction, "removed", kept.id, kept.remark, actor, keys)


def may_write(actor: Actor) -> bool:
    """Whether someone can write remarks: marketers and above can, unless they are viewing as someone else."""
    return not actor.only_looks and actor.is_at_least("marketer")


def may_change(kept: StoredRemark, actor: Actor) -> bool:
    return may_write(actor) and (kept.is_mine or actor.is_at_least("steward"))


def check_may_write(actor: Actor) -> None:
    """Raise NotAllowed if someone can't write remarks."""
    if not may_write(actor):
        raise NotAllowed("Remarks need at least the marketer role. Ask someone who has it.")


def _check_may_change(kept: StoredRemark, actor: Actor) -> None:
    if not may_change(kept, actor):
        raise NotAllowed("Only its author and stewards can change a remark.")


def _check_changed(count: int) -> None:
    if count != 1:
        raise ChangedMeanwhile("Someone else changed this remark. Reload it, then try again.")


def _heads() -> Any:  # Any: a select of more columns than its type has room for
    named = select(REMARKS, PEOPLE.c.name.label("author_name"), PEOPLE.c.id.label("author_id"))
    return named.outerjoin(PEOPLE, PEOPLE.c.subject == REMARKS.c.author)


def _stored_remark(row: Row[Any], actor: Actor) -> StoredRemark:  # Any: a row of any columns
    is_mine = actor.viewed_by is None and row.author_id == actor.id
    return StoredRemark(
        id=row.id,
        remark=_remark(row),
        author_name=row.author_name or "",
        is_mine=is_mine,
        written_at=row.written_at,
        revision=row.revision,
    )


def _remark(row: Row[Any]) -> Remark:  # Any: a row of any columns
    return Remark(
        first=row.first,
        last=row.last,
        text=row.text,
        kind=row.kind if row.kind in KINDS else KINDS[0],
        metric=row.metric,
        dim=row.dim,
        member=_member(row.member),
        audience=row.audience if row.audience in AUDIENCES else AUDIENCES[-1],
        whole=bool(row.whole),
    )


def _member(text: str) -> Member:
    document = json.loads(text) if text else None
    return document if document is None or isinstance(document, str | int | bool) else None


def _row(remark: Remark) -> dict[str, object]:
    """Return a remark as columns for the store. Raises InvalidQuery if it can't be saved."""
    text = storable(remark.text).strip()
    if not 0 < len(text) <= LONGEST:
        raise InvalidQuery(f"A remark needs 1 to {LONGEST} characters. Describe what happened.")
    if remark.last < remark.first:
        raise InvalidQuery(f"The end date {remark.last} is before the start date {remark.first}. Swap them.")
    if remark.kind not in KINDS or remark.audience not in AUDIENCES:
        raise InvalidQuery("The kind or audience of this remark is unknown. Choose again.")
    if isinstance(remark.member, str) and len(remark.member) > LONGEST_MEMBER:
        raise InvalidQuery(f"The value {remark.member[:20]!r}… is longer than {LONGEST_MEMBER} characters.")
    member = json.dumps(remark.member, ensure_ascii=False) if remark.dim else ""
    if storable(member) != member:
        raise InvalidQuery("The remark's value has invalid characters, so it can't be saved.")
    return {
        "first": remark.first,
        "last": remark.last,
        "text": text,
        "kind": remark.kind,
        "metric": remark.metric,
        "dim": remark.dim,
        "member": member,
        "audience": remark.audience,
        "whole": int(remark.whole),
    }


def _record(transaction: Transaction, verb: str, text: str, remark: Remark, actor: Actor, keys: Keys) -> None:
    texts: dict[str, Plain] = {"from": remark.first.isoformat(), "to": remark.last.isoformat()}
    act = Act(
        kind=f"remark.{verb}",
        actor=actor,
        about=f"remark:{text}",
        details=texts,
        personal={"text": storable(remark.text).strip()[:LONGEST]},  # remarks may name people
    )
    record(transaction, act, keys)
