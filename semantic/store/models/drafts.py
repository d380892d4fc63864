"""Drafts of the model: what somebody is writing, kept as they write it, whether or not it makes a model yet."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    false,
    insert,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, NotAllowed, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.models.versions import Files, read_version
from semantic.store.people import PEOPLE, subject_of

DRAFTS: Final = Table(
    "model_drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("based_on", Integer, ForeignKey("model_versions.number"), nullable=False),
    Column("files", Text, nullable=False),  # JSON: path -> text, only those that differ; null for one removed
    Column("note", Text, nullable=False, default=""),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)

LARGEST: Final = 20_000_000  # characters of all files of a draft

Changes = Mapping[str, str | None]
"""The files that differ from those of the version a draft is made from; None for one that is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody is writing; `based_on` is the version that it is to follow."""

    id: str
    author: str
    based_on: int
    changes: Changes = field(repr=False)
    note: str
    changed_at: datetime
    revision: int

    def applied_to(self, files: Files) -> dict[str, str]:
        """The files of the version that this is made from, as the draft has them."""
        changed = {path: self.changes.get(path, text) for path, text in {**files, **self.changes}.items()}
        return {path: text for path, text in sorted(changed.items()) if text is not None}


def begin_draft(transaction: Transaction, keys: Keys, actor: Actor, *, based_on: int, note: str = "") -> Draft:
    """An empty draft of the actor's own. Raises UnknownVersion."""
    read_version(transaction.connection, based_on)
    row = {
        "id": secrets.token_hex(16),
        "author": subject_of(transaction, actor.id, actor.name),
        "based_on": based_on,
        "files": "{}",
        "note": storable(note),
        "changed_at": transaction.now,
        "revision": 1,
    }
    transaction.connection.execute(insert(DRAFTS).values(**row))
    act = Act(kind="draft.begun", actor=actor, about=f"draft:{row['id']}", said={"based_on": based_on})
    record(transaction, act, keys)
    return _draft(transaction.connection.execute(_of(str(row["id"]), actor)).one())


def save_draft(
    transaction: Transaction,
    actor: Actor,
    draft: str,
    changes: Changes,
    *,
    revision: int,
    based_on: int | None = None,
    note: str | None = None,
) -> int:
    """Keep what the actor has written so far, from what it was at `revision`; the revision it has now.

    It need not make a model, nor be YAML. Nothing of it is in force, and every pause in typing saves it, so the log has
    no entry of it: write with `recorded=False`. Raises ChangedMeanwhile when it was saved elsewhere, or thrown away,
    and NotAllowed for who views as somebody.
    """
    if actor.viewed_by is not None:  # no act is recorded, which would refuse it
        raise NotAllowed("You can't edit a draft while viewing as someone else. Stop viewing first.")
    if sum(len(text or "") for text in changes.values()) > LARGEST:
        raise StoreFailed(f"A draft can have at most {LARGEST:,} characters. What was saved before is unchanged.")
    found = transaction.connection.execute(_of(draft, actor)).one_or_none()
    # Escaped, so that whatever was typed can be kept: no database takes every character as it is.
    values = {"files": json.dumps(dict(changes)), "changed_at": transaction.now, "revision": revision + 1}
    values |= {} if note is None else {"note": storable(note)}
    values |= {} if based_on is None else {"based_on": read_version(transaction.connection, based_on).number}
    is_same = (DRAFTS.c.id == draft) & (DRAFTS.c.revision == revision)
    if found is None or transaction.connection.execute(update(DRAFTS).where(is_same).values(**values)).rowcount != 1:
        raise ChangedMeanwhile(
            "This draft was changed or discarded in another window. Your text is still on this page: copy it, and open "
            "the draft again."
        )
    return revision + 1


def discard_draft(transaction: Transaction, keys: Keys, actor: Actor, draft: str) -> None:
    """Throw a draft of the actor's own away. Raises ChangedMeanwhile where they have none of that id any more."""
    found = transaction.connection.execute(_of(draft, actor)).one_or_none()
    if found is None:
        raise ChangedMeanwhile("This draft was discarded or published in another window.")
    transaction.connection.execute(delete(DRAFTS).where(DRAFTS.c.id == found.id))
    record(transaction, Act(kind="draft.discarded", actor=actor, about=f"draft:{found.id}"), keys)


def read_draft(connection: Connection, actor: Actor, draft: str) -> Draft | None:
    """A draft of the actor's own; None where they have none of that id. Raises StoreFailed for a damaged one.

    Who views as somebody has none: what people write is shown to them alone until it is published.
    """
    found = connection.execute(_of(draft, actor)).one_or_none()
    return _draft(found) if found else None


def drafts_of(connection: Connection, actor: Actor) -> list[Draft]:
    """The drafts of an actor, newest first; one that is damaged has no changes."""
    rows = connection.execute(_own(actor).order_by(DRAFTS.c.changed_at.desc(), DRAFTS.c.id))
    return [_draft(row, is_strict=False) for row in rows]


def _own(actor: Actor) -> Select[Any]:
    is_own = PEOPLE.c.id == actor.id if actor.viewed_by is None else false()
    return select(DRAFTS).join_from(DRAFTS, PEOPLE, DRAFTS.c.author == PEOPLE.c.subject).where(is_own)


def _of(draft: str, actor: Actor) -> Select[Any]:
    return _own(actor).where(DRAFTS.c.id == draft)


def _draft(row: Row[Any], *, is_strict: bool = True) -> Draft:  # Any: the columns of the table above
    changes = _read_changes(row.files)
    if changes is None and is_strict:
        raise StoreFailed(
            "This draft can't be read: the store contains something else in its place. Discard it and start "
            "another, or restore a backup of the store."
        )
    return Draft(
        id=row.id,
        author=row.author,
        based_on=row.based_on,
        changes=changes or {},
        note=row.note,
        changed_at=row.changed_at,
        revision=row.revision,
    )


def _read_changes(text: str) -> dict[str, str | None] | None:
    try:
        found: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    changes: dict[str, str | None] = {}
    for path, one in found.items():  # type: ignore[misc]  # what JSON holds is looked at here
        if not isinstance(path, str) or not (one is None or isinstance(one, str)):
            return None
        changes[path] = one
    return changes
