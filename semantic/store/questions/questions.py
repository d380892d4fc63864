"""Saved questions: a name, a sentence, an owner and a space, with every version of the question.

A question in its owner's own space belongs to the owner alone, and appears in no one else's lists, searches, counts or
warnings. Everyone who can sign in can read a question in a shared space, and its owner and stewards can change it.
Missing and hidden questions give the same message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, Text, and_, select

from semantic.errors import InvalidQuery, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.query.upgrades import salvage
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.questions.text import digest_of
from semantic.store.questions.versions import (
    QUESTION_VERSIONS,
    Content,
    QuestionVersion,
    add_version,
    chart_of,
    read_versions,
)
from semantic.store.spaces.items import ACTIVE, with_names
from semantic.store.spaces.readers import Reader, reader_of
from semantic.store.spaces.rights import is_open_to
from semantic.store.spaces.saved import UNWRITABLE, Saved, SavedItems, saved_of

UNKNOWN: Final = "There's no saved question at this link, or you don't have access to it."

QUESTIONS: Final = Table(
    "questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("sentence", Text, nullable=False, default=""),
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("space", String(32), nullable=False, index=True),  # "" is the owner's own
    Column("folder", String(60)),  # a name within the space; null outside any
    Column("state", String(20), nullable=False, default=ACTIVE),
    Column("current", Integer, nullable=False, default=1),
    Column("asked", String(64), nullable=False, index=True),  # a keyed digest of the current version's question
    Column("metrics", Text, nullable=False),  # JSON: names of the current version's metrics
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuestion(Saved):
    """A saved question as one person sees it in a list, without its content."""


def _head(row: Row[Any], actor: Actor, me: Reader) -> SavedQuestion:  # Any: a row of any columns
    return SavedQuestion(**saved_of(row, actor, me))


QUESTION_ITEMS: Final = SavedItems(
    table=QUESTIONS,
    noun="question",
    heads=with_names(QUESTIONS),
    head=_head,
    unknown=lambda: UnknownQuestion(UNKNOWN),
    no_role=UNWRITABLE,
    not_yours="Only its owner and stewards can change a shared question. Save your own copy.",
)
find_question, list_questions = QUESTION_ITEMS.find, QUESTION_ITEMS.find_all
move_question, file_question, archive_question = QUESTION_ITEMS.move, QUESTION_ITEMS.file, QUESTION_ITEMS.archive
rename_question = QUESTION_ITEMS.rename
read_private_questions = QUESTION_ITEMS.private_owners


# Reading


def find_same(connection: Connection, query: Query, actor: Actor, keys: Keys) -> list[SavedQuestion]:
    """Return the saved questions that this person can open and that ask the same thing, without archived ones."""
    me = reader_of(connection, actor)
    asked = and_(QUESTIONS.c.asked == digest_of(query, keys), QUESTIONS.c.state == ACTIVE, is_open_to(QUESTIONS, me))
    latest = QUESTION_ITEMS.heads.where(asked).order_by(QUESTIONS.c.changed_at.desc(), QUESTIONS.c.id).limit(20)
    return [_head(row, actor, me) for row in connection.execute(latest)]


def read_version(
    connection: Connection, question: str, actor: Actor, keys: Keys, *, number: int | None = None
) -> QuestionVersion:
    """Return a version of a question, by default the current one. Raises UnknownQuestion."""
    head = find_question(connection, question, actor)
    owner, me = QUESTION_ITEMS.owner(connection, question), reader_of(connection, actor)
    versions = read_versions(connection, question, keys, owner=owner, me=me.subject, number=number or head.version)
    if not versions:
        raise UnknownQuestion(f"This question has no version {number}.")
    return versions[0]


def read_contents(connection: Connection, questions: Sequence[str], actor: Actor) -> dict[str, Content]:
    """Return the content of these questions' current versions, by ID, if it can be read.

    Questions that this person can't open are omitted, and so are questions that name people, because they are sealed.
    """
    me = reader_of(connection, actor)
    is_current = and_(QUESTION_VERSIONS.c.question == QUESTIONS.c.id, QUESTION_VERSIONS.c.number == QUESTIONS.c.current)
    wanted = select(QUESTION_VERSIONS.c.question, QUESTION_VERSIONS.c.query, QUESTION_VERSIONS.c.display).join(
        QUESTIONS, is_current
    )
    contents: dict[str, Content] = {}
    for start in range(0, len(questions), 500):
        chosen = and_(QUESTIONS.c.id.in_(questions[start : start + 500]), is_open_to(QUESTIONS, me))
        for row in connection.execute(wanted.where(chosen)):
            if row.query:
                contents[row.question] = Content(query=salvage(row.query)[0], chart=chart_of(row.display))
    return contents


def read_asked(connection: Connection, questions: Sequence[str]) -> dict[str, str]:
    """Return these questions' keyed digests by ID, which can be compared with `digest_of` for a query."""
    asked: dict[str, str] = {}
    for start in range(0, len(questions), 500):
        chosen = QUESTIONS.c.id.in_(questions[start : start + 500])
        rows = connection.execute(select(QUESTIONS.c.id, QUESTIONS.c.asked).where(chosen))
        asked |= {row.id: row.asked for row in rows}
    return asked


def list_versions(connection: Connection, question: str, actor: Actor, keys: Keys) -> list[QuestionVersion]:
    """Return every version of a question, newest first. Raises UnknownQuestion."""
    find_question(connection, question, actor)
    owner, me = QUESTION_ITEMS.owner(connection, question), reader_of(connection, actor)
    return read_versions(connection, question, keys, owner=owner, me=me.subject)


# Writing


def save_question(
    transaction: Transaction, content: Content, actor: Actor, keys: Keys, *, name: str, sentence: str, space: str
) -> str:
    """Save a question under a name, as version 1, and return its ID.

    Raises NotAllowed, UnknownQuestion, InvalidQuery.
    """
    return QUESTION_ITEMS.add(
        transaction,
        actor,
        keys,
        name=name,
        sentence=sentence,
        space=space,
        found_by=_found_by(content.query, keys),
        add_version=partial(add_version, transaction, content=content, keys=keys),
    )


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
    """Save changes as the next version, and return its number. Raises UnknownQuestion, NotAllowed, ChangedMeanwhile."""
    return QUESTION_ITEMS.add_next(
        transaction,
        question,
        actor,
        keys,
        revision=revision,
        note=note,
        restores=restores,
        found_by=_found_by(content.query, keys),
        add_version=partial(add_version, transaction, content=content, keys=keys),
    )


def restore_version(
    transaction: Transaction, question: str, number: int, actor: Actor, keys: Keys, *, revision: int
) -> int:
    """Save an earlier version as the newest one, and return its number.

    Raises the same errors as `save_version`, and InvalidQuery if the version can no longer be read.
    """
    head = QUESTION_ITEMS.to_change(transaction, question, actor)
    connection = transaction.connection
    version = read_version(connection, question, actor, keys, number=number)
    query, is_whole = salvage(version.text or "")
    if not is_whole:
        raise InvalidQuery(f"Version {number} can't be read any more, so it can't be restored.")
    text = select(QUESTION_VERSIONS.c.sealed).where(
        QUESTION_VERSIONS.c.question == question, QUESTION_VERSIONS.c.number == number
    )
    content = Content(query=query, chart=version.chart, is_personal=bool(connection.execute(text).scalar_one()))
    return save_version(
        transaction, head.id, content, actor, keys, revision=revision, note=f"As version {number}", restores=number
    )


# Helpers


def _found_by(query: Query, keys: Keys) -> dict[str, str]:
    return {"asked": digest_of(query, keys), "metrics": json.dumps(query.metrics)}
