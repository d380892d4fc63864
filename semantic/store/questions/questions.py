"""Saved questions: a name, a sentence, an owner and a space, with every version of the question.

A question in its owner's own space is theirs alone: it is in no list, search, count or warning of anyone else. One in a
shared space can be read by everyone who can sign in, and changed by its owner and stewards. A missing question and a
hidden one give the same message.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    insert,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.query.upgrades import salvage
from semantic.store.audit.log import NOTHING, Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.questions.text import digest_of
from semantic.store.questions.versions import (
    QUESTION_VERSIONS,
    Content,
    QuestionVersion,
    add_version,
    json_of,
    read_versions,
)
from semantic.store.spaces.rights import check_move, is_open_to, latest_of_everyone, may_change, reader_of
from semantic.store.spaces.spaces import SPACES, one_line

ACTIVE, ARCHIVED = "active", "archived"
LONGEST_NAME, LONGEST_SENTENCE = 200, 2_000
MOST_LISTED: Final = 2_000
UNKNOWN: Final = "There's no saved question at this link, or you don't have access to it."

QUESTIONS: Final = Table(
    "questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("sentence", Text, nullable=False, default=""),
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("space", String(32), nullable=False, index=True),  # "" is the owner's own
    Column("state", String(20), nullable=False, default=ACTIVE),
    Column("current", Integer, nullable=False, default=1),
    Column("asked", String(64), nullable=False, index=True),  # a keyed digest of the current version's question
    Column("metrics", Text, nullable=False),  # JSON: names of the current version's metrics
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuestion:
    """A saved question as one person finds it, without its content. `space` is "" for the owner's own."""

    id: str
    name: str
    sentence: str
    space: str
    space_name: str
    owner_name: str  # "" if they have left
    is_mine: bool
    may_change: bool
    is_archived: bool
    version: int
    metrics: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    revision: int


# Reading


def find_question(connection: Connection, question: str, actor: Actor) -> SavedQuestion:
    """A saved question by its id, even if archived. Raises UnknownQuestion."""
    me = reader_of(connection, actor)
    wanted = _heads().where(QUESTIONS.c.id == question, is_open_to(QUESTIONS, me))
    row = connection.execute(wanted).one_or_none() if question.isascii() else None  # half a character asks nothing
    if row is None:
        raise UnknownQuestion(UNKNOWN)
    return _head(row, actor, me)


def list_questions(connection: Connection, actor: Actor, *, archived: bool = False) -> list[SavedQuestion]:
    """This person's own questions and all in shared spaces, most recently changed first."""
    me = reader_of(connection, actor)
    wanted = and_(QUESTIONS.c.state == (ARCHIVED if archived else ACTIVE), is_open_to(QUESTIONS, me))
    rows = connection.execute(_heads().where(wanted).order_by(*latest_of_everyone(QUESTIONS)).limit(MOST_LISTED)).all()
    rows = sorted(sorted(rows, key=lambda row: row.id), key=lambda row: row.changed_at, reverse=True)
    return [_head(row, actor, me) for row in rows]


def find_same(connection: Connection, query: Query, actor: Actor, keys: Keys) -> list[SavedQuestion]:
    """The questions this person can open that ask the same, without archived ones."""
    me = reader_of(connection, actor)
    asked = and_(QUESTIONS.c.asked == digest_of(query, keys), QUESTIONS.c.state == ACTIVE, is_open_to(QUESTIONS, me))
    rows = connection.execute(_heads().where(asked).order_by(QUESTIONS.c.changed_at.desc(), QUESTIONS.c.id).limit(20))
    return [_head(row, actor, me) for row in rows]


def read_version(
    connection: Connection, question: str, actor: Actor, keys: Keys, *, number: int | None = None
) -> QuestionVersion:
    """One version, by default the current one. Raises UnknownQuestion."""
    head = find_question(connection, question, actor)
    owner, me = _owner(connection, question), reader_of(connection, actor)
    found = read_versions(connection, question, keys, owner=owner, me=me, number=number or head.version)
    if not found:
        raise UnknownQuestion(f"This question has no version {number}.")
    return found[0]


def list_versions(connection: Connection, question: str, actor: Actor, keys: Keys) -> list[QuestionVersion]:
    """Every version, newest first. Raises UnknownQuestion."""
    find_question(connection, question, actor)
    owner, me = _owner(connection, question), reader_of(connection, actor)
    return read_versions(connection, question, keys, owner=owner, me=me)


# Writing


def save_question(
    transaction: Transaction, content: Content, actor: Actor, keys: Keys, *, name: str, sentence: str, space: str
) -> str:
    """Save a question under a name, as version 1; its id. Raises NotAllowed, UnknownQuestion, InvalidQuery."""
    _check_may_write(actor)
    label, said = _checked_name(name), _checked_sentence(sentence)
    check_move(transaction.connection, actor, space, is_mine=True, noun="question")
    me, question = subject_of(transaction, actor.id, actor.name), secrets.token_hex(16)
    row = {"id": question, "name": label, "sentence": said, "owner": me, "space": space, "state": ACTIVE, "current": 1}
    row |= {"created_at": transaction.now, "changed_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(QUESTIONS).values(**row, **_found_by(content.query, keys)))
    add_version(transaction, question, 1, content, keys, owner=me, author=me, note="")
    _record(transaction, "saved", question, actor, keys, {"version": 1, "space": space}, {"name": label})
    return question


def save_version(
    transaction: Transaction,
    question: str,
    content: Content,
    actor: Actor,
    keys: Keys,
    *,
    revision: int,
    note: str = "",
    restores: int | None = None,
) -> int:
    """Save changes as the next version; its number. Raises UnknownQuestion, NotAllowed, ChangedMeanwhile."""
    head = _to_change(transaction, question, actor)
    number, said = head.version + 1, _checked_sentence(note)
    _change(transaction, head, revision, {"current": number, **_found_by(content.query, keys)})
    owner = _owner(transaction.connection, question)
    author = subject_of(transaction, actor.id, actor.name)
    add_version(transaction, question, number, content, keys, owner=owner, author=author, note=said)
    verb, more = ("changed", {}) if restores is None else ("version_restored", {"restores": restores})
    _record(transaction, verb, question, actor, keys, {"version": number, **more}, {"note": said})
    return number


def restore_version(
    transaction: Transaction, question: str, number: int, actor: Actor, keys: Keys, *, revision: int
) -> int:
    """Save an earlier version as the next one; its number. Raises as save_version does, InvalidQuery if it is no
    longer readable."""
    head = _to_change(transaction, question, actor)
    connection = transaction.connection
    version = read_version(connection, question, actor, keys, number=number)
    query, is_whole = salvage(version.text or "")
    if not is_whole:
        raise InvalidQuery(f"Version {number} can't be read any more, so it can't be restored.")
    kept = select(QUESTION_VERSIONS.c.sealed).where(
        QUESTION_VERSIONS.c.question == question, QUESTION_VERSIONS.c.number == number
    )
    content = Content(query=query, chart=version.chart, is_personal=bool(connection.execute(kept).scalar_one()))
    return save_version(
        transaction, head.id, content, actor, keys, revision=revision, note=f"As version {number}", restores=number
    )


def rename_question(
    transaction: Transaction, question: str, actor: Actor, keys: Keys, *, name: str, sentence: str, revision: int
) -> None:
    """Change name and sentence. Raises UnknownQuestion, NotAllowed, ChangedMeanwhile, InvalidQuery."""
    head = _to_change(transaction, question, actor)
    label, said = _checked_name(name), _checked_sentence(sentence)
    _change(transaction, head, revision, {"name": label, "sentence": said})
    _record(transaction, "renamed", question, actor, keys, NOTHING, {"name": label, "before": head.name})


def move_question(
    transaction: Transaction, question: str, actor: Actor, keys: Keys, *, space: str, revision: int
) -> None:
    """Move into a shared space, or back to the owner's own, which only the owner can do. Raises as rename_question
    does."""
    head = _to_change(transaction, question, actor)
    check_move(transaction.connection, actor, space, is_mine=head.is_mine, noun="question")
    _change(transaction, head, revision, {"space": space})
    _record(transaction, "moved", question, actor, keys, {"from": head.space, "to": space})


def archive_question(
    transaction: Transaction, question: str, actor: Actor, keys: Keys, *, revision: int, back: bool = False
) -> None:
    """Archive, or bring `back`; its address opens it either way. Raises as rename_question does."""
    head = _to_change(transaction, question, actor)
    _change(transaction, head, revision, {"state": ACTIVE if back else ARCHIVED})
    _record(transaction, "brought_back" if back else "archived", question, actor, keys)


# Helpers


def _heads() -> Any:  # Any: a select of more columns than its type has room for
    return (
        select(QUESTIONS, PEOPLE.c.name.label("owner_name"), SPACES.c.name.label("space_name"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == QUESTIONS.c.owner)
        .outerjoin(SPACES, SPACES.c.id == QUESTIONS.c.space)
    )


def _head(row: Row[Any], actor: Actor, me: str | None) -> SavedQuestion:  # Any: a row of any columns
    is_mine = row.owner == me
    return SavedQuestion(
        id=row.id,
        name=row.name,
        sentence=row.sentence,
        space=row.space,
        space_name=row.space_name or "",
        owner_name=row.owner_name or "",
        is_mine=is_mine,
        may_change=may_change(actor, is_mine=is_mine, space=row.space),
        is_archived=row.state == ARCHIVED,
        version=row.current,
        metrics=_names_of(row.metrics),
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )


def _owner(connection: Connection, question: str) -> str:
    return connection.execute(select(QUESTIONS.c.owner).where(QUESTIONS.c.id == question)).scalar_one()


def _names_of(text: str) -> tuple[str, ...]:
    """The metrics; for a damaged row, one that no one can see, so that it is only shown to people who can change it."""
    found = json_of(text)
    return tuple(str(one) for one in found) if isinstance(found, list) else ("",)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _check_may_write(actor: Actor) -> None:
    if actor.viewed_by is not None:
        raise NotAllowed("You can't save while viewing as someone else. Stop viewing first.")
    if not actor.is_at_least("viewer"):
        raise NotAllowed("Saving needs at least the viewer role. An administrator can give it to you.")


def _to_change(transaction: Transaction, question: str, actor: Actor) -> SavedQuestion:
    _check_may_write(actor)
    head = find_question(transaction.connection, question, actor)
    if not head.may_change:
        raise NotAllowed("Only its owner and stewards can change a shared question. Save your own copy.")
    return head


def _change(transaction: Transaction, head: SavedQuestion, revision: int, values: Mapping[str, object]) -> None:
    """Only if it is still at `revision`; the row then belongs to this transaction until it ends."""
    changed = transaction.connection.execute(
        update(QUESTIONS)
        .where(QUESTIONS.c.id == head.id, QUESTIONS.c.revision == revision, QUESTIONS.c.current == head.version)
        .values(**values, changed_at=transaction.now, revision=revision + 1)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this question. Nothing of yours is lost.")


def _found_by(query: Query, keys: Keys) -> dict[str, str]:
    return {"asked": digest_of(query, keys), "metrics": json.dumps(query.metrics)}


def _record(
    transaction: Transaction,
    verb: str,
    question: str,
    actor: Actor,
    keys: Keys,
    said: Mapping[str, Plain] = NOTHING,
    personal: Mapping[str, Plain] = NOTHING,
) -> None:
    about = f"question:{question}"
    record(transaction, Act(kind=f"question.{verb}", actor=actor, about=about, said=said, personal=personal), keys)


def _checked_name(name: str) -> str:
    label = one_line(name)
    if not 0 < len(label) <= LONGEST_NAME:
        raise InvalidQuery(f"A saved question needs a name of 1 to {LONGEST_NAME} characters.")
    return label


def _checked_sentence(sentence: str) -> str:
    said = one_line(sentence)
    if len(said) > LONGEST_SENTENCE:
        raise InvalidQuery(f"The description has more than {LONGEST_SENTENCE:,} characters. Shorten it.")
    return said
