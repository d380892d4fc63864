"""Comments in the store: written, edited, resolved and removed, with each act in the audit log.

A comment refers to its author and to mentioned people only by number, so that erasing a person removes their name from
comments. The audit log says that someone commented, but not what they wrote. A removed comment loses its text, but
stays in the thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from semantic.annotations.comments import KINDS, MOST_MENTIONS, About, Kind, about_from_json, about_to_json
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.results.receipt import read_receipt_id
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.readers import reader_of

LONGEST: Final = 2_000
MOST_ON_ONE: Final = 2_000  # on one board or question
MOST_REPLIES: Final = 200
MOST_A_DAY: Final = 200  # by one person
_MOST_LISTED: Final = 200  # mentions of one person that a list can start from
GONE: Final = "This comment no longer exists, or you don't have access to it."
_TILE: Final = 40

COMMENTS: Final = Table(
    "comments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("thing", String(32), nullable=False),  # the id of a board or a saved question
    Column("tile", String(40), nullable=False),  # of a board; "" for a question
    Column("parent", String(32), nullable=False),  # the comment it replies to; "" for the first of a thread
    Column("author", String(32), nullable=False),  # a subject
    Column("text", Text, nullable=False),  # people mentioned in it are numbers; "" once removed
    Column("about", Text, nullable=False),  # JSON; "" for a reply, which is about the same as its thread
    Column("receipt", String(32), nullable=False),  # of the answer as its author saw it; "" for none
    Column("access", String(64), nullable=False),  # a keyed digest of what limited its author's rows
    Column("wide", Integer, nullable=False),  # 1: everyone who sees the number can read it
    Column("written_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("removed_at", Instant),
    Column("removed_by", String(32), nullable=False, default=""),
    Column("resolved_at", Instant),
    Column("resolved_by", String(32), nullable=False, default=""),
    Column("revision", Integer, nullable=False, default=1),
    Index("ix_comments_kind_thing", "kind", "thing"),
    Index("ix_comments_author_written_at", "author", "written_at"),
)

COMMENT_MENTIONS: Final = Table(
    "comment_mentions",
    metadata,
    Column("comment", String(32), ForeignKey(COMMENTS.c.id), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_comment_mentions_subject_at", "subject", "at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment:
    """A comment to add. `text` and `mentions` refer to people by number. A reply has a `parent` and no `about`."""

    kind: Kind
    thing: str
    tile: str
    text: str
    about: About | None
    parent: str = ""
    receipt: str = ""
    access: str = ""
    is_wide: bool = False
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredComment:
    """A comment in the store. `about` is None for a reply, or if the stored text is damaged.

    `author` and the keys of `mentions` are people's numbers. Names are "" for people who were erased.
    """

    id: str
    kind: Kind
    thing: str
    tile: str
    parent: str
    author: str
    author_name: str
    is_mine: bool
    text: str
    about: About | None
    receipt: str
    access: str
    is_wide: bool
    written_at: datetime
    edited_at: datetime | None
    removed: Literal["", "author", "steward"]
    resolved_at: datetime | None
    resolved_by_name: str
    mentions: Mapping[str, str]
    revision: int


# Reading


def read_comments(connection: Connection, kind: Kind, things: Collection[str], actor: Actor) -> list[StoredComment]:
    """Return every comment on these boards or questions, oldest first. The caller decides who can read which."""
    wanted = [thing for thing in things if thing.isascii()]
    rows = connection.execute(
        _heads()
        .where(COMMENTS.c.kind == kind, COMMENTS.c.thing.in_(wanted))
        .order_by(COMMENTS.c.written_at, COMMENTS.c.id)
    ).all()
    return _stored_comments(connection, rows, actor)


def find_comment(connection: Connection, comment: str, actor: Actor) -> StoredComment | None:
    """Return the comment with this ID, or None."""
    rows = connection.execute(_heads().where(COMMENTS.c.id == comment)).all() if comment.isascii() else []
    return next(iter(_stored_comments(connection, rows, actor)), None)


def read_mentions_of(connection: Connection, actor: Actor, since: datetime) -> list[StoredComment]:
    """Return other people's comments that mention this person, newest first. Empty while viewing as someone."""
    me = reader_of(connection, actor).subject
    if me is None:
        return []
    rows = connection.execute(
        _heads()
        .join(COMMENT_MENTIONS, COMMENT_MENTIONS.c.comment == COMMENTS.c.id)
        .where(COMMENT_MENTIONS.c.subject == me, COMMENT_MENTIONS.c.at >= since, COMMENTS.c.author != me)
        .order_by(COMMENT_MENTIONS.c.at.desc(), COMMENTS.c.id)
        .limit(_MOST_LISTED)
    ).all()
    return _stored_comments(connection, rows, actor)


def _heads() -> Any:  # Any: a select of more columns than its type has room for
    author, resolver = PEOPLE.alias("author_of"), PEOPLE.alias("resolver_of")
    return (
        select(
            COMMENTS,
            author.c.name.label("author_name"),
            author.c.id.label("author_id"),
            resolver.c.name.label("resolver_name"),
        )
        .outerjoin(author, author.c.subject == COMMENTS.c.author)
        .outerjoin(resolver, resolver.c.subject == COMMENTS.c.resolved_by)
    )


def _stored_comments(connection: Connection, rows: Sequence[Row[Any]], actor: Actor) -> list[StoredComment]:
    mentions = _mentions(connection, [row.id for row in rows])
    return [_comment(row, mentions.get(row.id, {}), actor) for row in rows if row.kind in KINDS]


def _mentions(connection: Connection, comments: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the names of mentioned people by number, for each comment."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(comments), 500):
        chosen = COMMENT_MENTIONS.c.comment.in_(comments[start : start + 500])
        named = (
            select(COMMENT_MENTIONS.c.comment, COMMENT_MENTIONS.c.subject, PEOPLE.c.name)
            .outerjoin(PEOPLE, PEOPLE.c.subject == COMMENT_MENTIONS.c.subject)
            .where(chosen)
            .order_by(COMMENT_MENTIONS.c.comment, PEOPLE.c.name, COMMENT_MENTIONS.c.subject)
        )
        for row in connection.execute(named):
            found.setdefault(row.comment, {})[row.subject] = row.name or ""
    return found


def _comment(row: Row[Any], mentions: Mapping[str, str], actor: Actor) -> StoredComment:  # Any: a row of any columns
    removed: Literal["", "author", "steward"] = ""
    if row.removed_at is not None:
        removed = "author" if row.removed_by == row.author else "steward"
    return StoredComment(
        id=row.id,
        kind=row.kind,
        thing=row.thing,
        tile=row.tile,
        parent=row.parent,
        author=row.author,
        author_name=row.author_name or "",
        is_mine=actor.viewed_by is None and row.author_id == actor.id,
        text="" if removed else row.text,
        about=about_from_json(row.about) if row.about else None,
        receipt=read_receipt_id(row.receipt) or "",
        access=row.access,
        is_wide=row.wide == 1,
        written_at=row.written_at,
        edited_at=row.edited_at,
        removed=removed,
        resolved_at=row.resolved_at,
        resolved_by_name=row.resolver_name or "",
        mentions={} if removed else mentions,
        revision=row.revision,
    )


# Writing


def add_comment(transaction: Transaction, new: NewComment, actor: Actor, keys: Keys) -> str:
    """Add a comment, and return its ID. Raises NotAllowed, InvalidQuery."""
    check_may_write(actor)
    text = _checked(new.text)
    connection = transaction.connection
    author = subject_of(transaction, actor.id, actor.name)
    _check_room(transaction, new, author)
    token = secrets.token_hex(16)
    row = {"id": token, "kind": new.kind, "thing": new.thing, "tile": new.tile[:_TILE], "parent": new.parent}
    row |= {"author": author, "text": text, "receipt": new.receipt, "access": new.access}
    about = about_to_json(new.about) if new.about is not None else ""
    if storable(about) != about:
        raise InvalidQuery("A value in this answer has invalid characters, so a comment about it can't be saved.")
    connection.execute(
        insert(COMMENTS).values(
            **row, about=about, wide=int(new.is_wide), written_at=transaction.now, removed_by="", resolved_by="",
            revision=1,
        )
    )  # fmt: skip
    _mention(transaction, token, new.mentions)
    _record(transaction, "written", token, actor, keys, {"on": new.kind, "mentions": len(set(new.mentions))})
    return token


def change_comment(
    transaction: Transaction, kept: StoredComment, text: str, mentions: Sequence[str], actor: Actor, keys: Keys
) -> tuple[str, ...]:
    """Change the text of the actor's own comment, and return the people it mentions for the first time.

    Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
    """
    if not may_edit(kept, actor):
        raise NotAllowed("Only its author can edit a comment.")
    _change(transaction, kept, {"text": _checked(text), "edited_at": transaction.now})
    added = tuple(subject for subject in dict.fromkeys(mentions) if subject not in kept.mentions)
    gone = set(kept.mentions) - set(mentions)
    is_gone = (COMMENT_MENTIONS.c.comment == kept.id) & COMMENT_MENTIONS.c.subject.in_(sorted(gone))
    transaction.connection.execute(delete(COMMENT_MENTIONS).where(is_gone))
    _mention(transaction, kept.id, added)
    _record(transaction, "changed", kept.id, actor, keys)
    return added


def remove_comment(transaction: Transaction, kept: StoredComment, actor: Actor, keys: Keys) -> None:
    """Delete a comment's text and mentions. Raises NotAllowed, ChangedMeanwhile."""
    if not may_remove(kept, actor):
        raise NotAllowed("Only its author and stewards can remove a comment.")
    me = subject_of(transaction, actor.id, actor.name)
    _change(transaction, kept, {"text": "", "removed_at": transaction.now, "removed_by": me})
    transaction.connection.execute(delete(COMMENT_MENTIONS).where(COMMENT_MENTIONS.c.comment == kept.id))
    _record(transaction, "removed", kept.id, actor, keys)


def resolve_comment(transaction: Transaction, kept: StoredComment, actor: Actor, keys: Keys, *, on: bool) -> None:
    """Resolve a thread, or reopen it if `on` is false. Raises NotAllowed, ChangedMeanwhile."""
    check_may_write(actor)
    if kept.parent:
        raise NotAllowed("A reply can't be resolved. Resolve its thread.")
    me = subject_of(transaction, actor.id, actor.name)
    values = {"resolved_at": transaction.now if on else None, "resolved_by": me if on else ""}
    _change(transaction, kept, values)
    _record(transaction, "resolved" if on else "reopened", kept.id, actor, keys)


def may_write(actor: Actor) -> bool:
    """Whether someone can comment. People need a role, and can't comment while viewing as someone else."""
    return actor.viewed_by is None and actor.kind == "person" and actor.is_at_least("viewer")


def may_edit(kept: StoredComment, actor: Actor) -> bool:
    return may_write(actor) and kept.is_mine and not kept.removed


def may_remove(kept: StoredComment, actor: Actor) -> bool:
    return may_write(actor) and not kept.removed and (kept.is_mine or actor.is_at_least("steward"))


def check_may_write(actor: Actor) -> None:
    """Raise NotAllowed if someone can't comment."""
    if actor.viewed_by is not None:
        raise NotAllowed("You can't comment while viewing as someone else. Stop viewing first.")
    if not may_write(actor):
        raise NotAllowed("Comments need at least the viewer role. An administrator can give it to you.")


def _checked(text: str) -> str:
    text = storable(text).strip()
    if not text:
        raise InvalidQuery("A comment needs a text.")
    if len(text) > LONGEST + 40 * MOST_MENTIONS:  # numbers of people can be longer than their names
        raise InvalidQuery(f"A comment can have at most {LONGEST:,} characters. Shorten it.")
    return text


def _check_room(transaction: Transaction, new: NewComment, author: str) -> None:
    """Raise InvalidQuery if a comment is too long or a limit on comments is reached."""

    def count(*wanted: Any) -> int:  # Any: conditions on columns
        return transaction.connection.execute(select(func.count()).select_from(COMMENTS).where(*wanted)).scalar_one()

    here = (COMMENTS.c.kind == new.kind, COMMENTS.c.thing == new.thing)
    if len(set(new.mentions)) > MOST_MENTIONS:
        raise InvalidQuery(f"A comment can mention at most {MOST_MENTIONS} people. Remove some.")
    if count(COMMENTS.c.author == author, COMMENTS.c.written_at > transaction.now - timedelta(days=1)) >= MOST_A_DAY:
        raise InvalidQuery(f"One person can write at most {MOST_A_DAY} comments a day. Try again tomorrow.")
    if new.parent and count(*here, COMMENTS.c.parent == new.parent) >= MOST_REPLIES:
        raise InvalidQuery(f"A thread can have at most {MOST_REPLIES} replies. Start another.")
    if count(*here) >= MOST_ON_ONE:
        raise InvalidQuery(f"A {new.kind} can have at most {MOST_ON_ONE:,} comments.")


def _change(transaction: Transaction, kept: StoredComment, values: Mapping[str, object]) -> None:
    changed = transaction.connection.execute(
        update(COMMENTS)
        .where(COMMENTS.c.id == kept.id, COMMENTS.c.revision == kept.revision, COMMENTS.c.removed_at.is_(None))
        .values(**values, revision=kept.revision + 1)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this comment. Close the comments and open them again.")


def _mention(transaction: Transaction, comment: str, subjects: Iterable[str]) -> None:
    rows = [{"comment": comment, "subject": subject, "at": transaction.now} for subject in dict.fromkeys(subjects)]
    if rows:
        transaction.connection.execute(insert(COMMENT_MENTIONS), rows)


def _record(
    transaction: Transaction,
    verb: str,
    comment: str,
    actor: Actor,
    keys: Keys,
    details: Mapping[str, Plain] | None = None,
) -> None:
    record(
        transaction, Act(kind=f"comment.{verb}", actor=actor, about=f"comment:{comment}", details=details or {}), keys
    )
