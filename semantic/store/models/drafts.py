"""Drafts of the model: a person's work in progress, saved as they type, even if it isn't a valid model yet."""

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
from semantic.policy.acting import require_not_agent
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
    Column("files", Text, nullable=False),  # JSON: path -> text, only those that differ; null for a removed one
    Column("note", Text, nullable=False, default=""),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("name", String(200), nullable=False, default=""),
    Column("opened_at", Instant),  # when its author last chose it
)

LARGEST: Final = 20_000_000  # characters of all files of a draft

Changes = Mapping[str, str | None]
"""The files that differ from the version that a draft is based on, by path. A removed file is None."""

LONGEST_NAME: Final = 200
MOST_DRAFTS: Final = 100  # of one person
_GONE: Final = "This draft was discarded or published in another window."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A person's work in progress. `based_on` is the number of the draft's base version."""

    id: str
    author: str
    based_on: int
    changes: Changes = field(repr=False)
    note: str
    changed_at: datetime
    revision: int
    name: str = ""
    opened_at: datetime | None = None

    @property
    def title(self) -> str:
        """The draft's title on screen: its name, or else the reason it was started."""
        return self.name or self.note or "Untitled draft"

    @property
    def used_at(self) -> datetime:
        """When the author last changed or opened the draft."""
        return max(self.changed_at, self.opened_at or self.changed_at)

    def applied_to(self, files: Files) -> dict[str, str]:
        """Return the files of the draft's base version with the draft's changes."""
        changed = {path: self.changes.get(path, text) for path, text in {**files, **self.changes}.items()}
        return {path: text for path, text in sorted(changed.items()) if text is not None}


def begin_draft(
    transaction: Transaction, keys: Keys, actor: Actor, *, based_on: int, note: str = "", name: str = ""
) -> Draft:
    """Start an empty draft, and return it. Raises UnknownVersion, and NotAllowed if the actor has too many drafts."""
    read_version(transaction.connection, based_on)
    if len(drafts_of(transaction.connection, actor)) >= MOST_DRAFTS:
        raise NotAllowed(f"You have {MOST_DRAFTS} drafts. Discard one to start another.")
    row = {
        "id": secrets.token_hex(16),
        "author": subject_of(transaction, actor.id, actor.name),
        "based_on": based_on,
        "files": "{}",
        "note": storable(note),
        "changed_at": transaction.now,
        "revision": 1,
        "name": _checked_name(name),
    }
    transaction.connection.execute(insert(DRAFTS).values(**row))
    act = Act(kind="draft.begun", actor=actor, about=f"draft:{row['id']}", details={"based_on": based_on})
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
    """Save the actor's work on a draft that is at `revision`, and return its new revision.

    The draft doesn't have to be a valid model, or even YAML. It isn't logged, because it has no effect before it is
    published and every pause in typing saves it: write with `recorded=False`. Raises ChangedMeanwhile if the draft was
    saved or discarded elsewhere, and NotAllowed while viewing as someone else.
    """
    require_not_agent(actor)
    if actor.viewed_by is not None:  # no act is recorded here, which would refuse people viewing as someone else
        raise NotAllowed("You can't edit a draft while viewing as someone else. Stop viewing first.")
    if sum(len(text or "") for text in changes.values()) > LARGEST:
        raise StoreFailed(f"A draft can have at most {LARGEST:,} characters. The last saved version is unchanged.")
    row = transaction.connection.execute(_of(draft, actor)).one_or_none()
    # Escaped, so that any typed text can be saved: no database accepts every character.
    values = {"files": json.dumps(dict(changes)), "changed_at": transaction.now, "revision": revision + 1}
    values |= {} if note is None else {"note": storable(note)}
    values |= {} if based_on is None else {"based_on": read_version(transaction.connection, based_on).number}
    is_same = (DRAFTS.c.id == draft) & (DRAFTS.c.revision == revision)
    if row is None or transaction.connection.execute(update(DRAFTS).where(is_same).values(**values)).rowcount != 1:
        raise ChangedMeanwhile(
            "This draft was changed or discarded in another window. Your text is still on this page. Copy it, and open "
            "the draft again."
        )
    return revision + 1


def rename_draft(transaction: Transaction, actor: Actor, draft: str, name: str) -> None:
    """Rename the actor's own draft. This doesn't conflict with text being typed in another window.

    Names aren't logged: write with `recorded=False`. Raises ChangedMeanwhile, NotAllowed.
    """
    _set(transaction, actor, draft, {"name": _checked_name(name)})


def note_opened(transaction: Transaction, actor: Actor, draft: str) -> None:
    """Record that the actor opened a draft. Write with `recorded=False`. Raises ChangedMeanwhile, NotAllowed."""
    _set(transaction, actor, draft, {"opened_at": transaction.now})


def discard_draft(transaction: Transaction, keys: Keys, actor: Actor, draft: str) -> None:
    """Discard the actor's own draft. Raises ChangedMeanwhile if they no longer have a draft with this ID."""
    row = transaction.connection.execute(_of(draft, actor)).one_or_none()
    if row is None:
        raise ChangedMeanwhile(_GONE)
    transaction.connection.execute(delete(DRAFTS).where(DRAFTS.c.id == row.id))
    record(transaction, Act(kind="draft.discarded", actor=actor, about=f"draft:{row.id}"), keys)


def end_draft(transaction: Transaction, actor: Actor, draft: str, *, revision: int) -> None:
    """Remove a draft in the same transaction that publishes it.

    Raises ChangedMeanwhile if the draft is no longer at `revision`, so that no text typed in another window is lost.
    """
    row = transaction.connection.execute(_of(draft, actor)).one_or_none()
    if row is None:
        raise ChangedMeanwhile(_GONE)
    is_same = (DRAFTS.c.id == row.id) & (DRAFTS.c.revision == revision)
    if transaction.connection.execute(delete(DRAFTS).where(is_same)).rowcount != 1:
        raise ChangedMeanwhile(
            "This draft was changed in another window, so nothing was published. Open the draft again to see all of it."
        )


def read_draft(connection: Connection, actor: Actor, draft: str) -> Draft | None:
    """Return the actor's own draft with this ID, or None. Raises StoreFailed if the draft is damaged.

    Returns None while viewing as someone else, because only its author sees a draft before it is published.
    """
    row = connection.execute(_of(draft, actor)).one_or_none()
    return _draft(row) if row else None


def drafts_of(connection: Connection, actor: Actor) -> list[Draft]:
    """Return an actor's drafts, most recently used first. A damaged draft has no changes."""
    drafts = [_draft(row, is_strict=False) for row in connection.execute(_own(actor).order_by(DRAFTS.c.id))]
    return sorted(drafts, key=lambda draft: draft.used_at, reverse=True)


def _set(transaction: Transaction, actor: Actor, draft: str, values: Mapping[str, object]) -> None:
    require_not_agent(actor)
    if actor.viewed_by is not None:
        raise NotAllowed("You can't edit a draft while viewing as someone else. Stop viewing first.")
    row = transaction.connection.execute(_of(draft, actor)).one_or_none()
    if row is None:
        raise ChangedMeanwhile(_GONE)
    transaction.connection.execute(update(DRAFTS).where(DRAFTS.c.id == row.id).values(**values))


def _checked_name(name: str) -> str:
    return " ".join(storable(name).split())[:LONGEST_NAME]


def _own(actor: Actor) -> Select[Any]:
    is_own = PEOPLE.c.id == actor.id if actor.viewed_by is None else false()
    return select(DRAFTS).join_from(DRAFTS, PEOPLE, DRAFTS.c.author == PEOPLE.c.subject).where(is_own)


def _of(draft: str, actor: Actor) -> Select[Any]:
    return _own(actor).where(DRAFTS.c.id == draft)


def _draft(row: Row[Any], *, is_strict: bool = True) -> Draft:  # Any: the columns of the table above
    changes = read_changes(row.files)
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
        name=row.name,
        opened_at=row.opened_at,
    )


def read_changes(text: str) -> dict[str, str | None] | None:
    """Parse the changes in a stored text, or return None if the text isn't valid."""
    try:
        document: object = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    changes: dict[str, str | None] = {}
    for path, content in document.items():  # type: ignore[misc]  # what JSON holds is looked at here
        if not isinstance(path, str) or not (content is None or isinstance(content, str)):
            return None
        changes[path] = content
    return changes
