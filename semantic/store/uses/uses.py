"""Everyone's saved questions and boards with their contents, and recently asked questions.

This module doesn't check access, so callers must do that before showing anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, select

from semantic.boards.board import Board
from semantic.boards.data import board_from_json
from semantic.errors import InvalidBoard
from semantic.query.query import Query
from semantic.query.upgrades import salvage
from semantic.store.boards.boards import BOARDS
from semantic.store.boards.drafts import BOARD_DRAFTS
from semantic.store.boards.versions import BOARD_VERSIONS
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import RECEIPTS, definitions_from_text
from semantic.store.people import PEOPLE
from semantic.store.questions.questions import QUESTIONS
from semantic.store.questions.versions import QUESTION_VERSIONS, read_versions
from semantic.store.spaces.items import ACTIVE, metric_names
from semantic.store.spaces.spaces import MINE, SPACES

MOST_USES: Final = 200_000
"""How many groups of receipts are read at most. A group has one person and the same definitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedQuestion:
    """A saved question. `query` is None if it can no longer be read, but `metrics` are known even then."""

    id: str
    name: str
    owner: str  # a subject
    owner_name: str
    space: str  # "" is the owner's own
    space_name: str
    metrics: tuple[str, ...]
    query: Query | None

    @property
    def is_shared(self) -> bool:
        return self.space != MINE


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBoard:
    """A board as its readers see it, or its draft if it isn't published yet. `board` is None if it can't be read."""

    id: str
    title: str
    owner: str  # a subject
    owner_name: str
    space: str
    space_name: str
    is_published: bool
    metrics: tuple[str, ...]
    board: Board | None

    @property
    def is_shared(self) -> bool:
        return self.space != MINE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentUse:
    """How often one person asked questions with the same definitions. `definitions` has a digest for each `kind:name`.

    `is_sealed` means that the questions name individuals, so that only the person who asked can read them.
    """

    subject: str
    definitions: Mapping[str, str]
    is_sealed: bool
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentQuestion:
    """A question that doesn't name a person, with the number of times it was asked and of people who asked it."""

    query: Query
    count: int
    people: int
    subjects: frozenset[str]


def read_used_questions(connection: Connection, keys: Keys) -> list[UsedQuestion]:
    """Return everyone's saved questions that aren't archived, by ID."""
    is_current = and_(QUESTION_VERSIONS.c.question == QUESTIONS.c.id, QUESTION_VERSIONS.c.number == QUESTIONS.c.current)
    rows = connection.execute(
        select(QUESTIONS, PEOPLE.c.name.label("owner_name"), SPACES.c.name.label("space_name"))
        .add_columns(QUESTION_VERSIONS.c.query)
        .join(QUESTION_VERSIONS, is_current)
        .outerjoin(PEOPLE, PEOPLE.c.subject == QUESTIONS.c.owner)
        .outerjoin(SPACES, SPACES.c.id == QUESTIONS.c.space)
        .where(QUESTIONS.c.state == ACTIVE)
        .order_by(QUESTIONS.c.id)
    ).all()
    return [
        UsedQuestion(
            id=row.id,
            name=row.name,
            owner=row.owner,
            owner_name=row.owner_name or "",
            space=row.space,
            space_name=row.space_name or "",
            metrics=metric_names(row.metrics),
            query=_query(connection, row, keys),
        )
        for row in rows
    ]


def read_used_boards(connection: Connection) -> list[UsedBoard]:
    """Return everyone's boards that aren't archived, by ID."""
    is_shown = and_(BOARD_VERSIONS.c.board == BOARDS.c.id, BOARD_VERSIONS.c.number == BOARDS.c.published)
    rows = connection.execute(
        select(BOARDS, PEOPLE.c.name.label("owner_name"), SPACES.c.name.label("space_name"))
        .add_columns(BOARD_VERSIONS.c.content, BOARD_DRAFTS.c.content.label("draft"))
        .outerjoin(BOARD_VERSIONS, is_shown)
        .outerjoin(BOARD_DRAFTS, and_(BOARD_DRAFTS.c.board == BOARDS.c.id, BOARDS.c.published == 0))
        .outerjoin(PEOPLE, PEOPLE.c.subject == BOARDS.c.owner)
        .outerjoin(SPACES, SPACES.c.id == BOARDS.c.space)
        .where(BOARDS.c.state == ACTIVE)
        .order_by(BOARDS.c.id)
    ).all()
    return [
        UsedBoard(
            id=row.id,
            title=row.title,
            owner=row.owner,
            owner_name=row.owner_name or "",
            space=row.space,
            space_name=row.space_name or "",
            is_published=bool(row.published),
            metrics=metric_names(row.metrics),
            board=_board(row.content if row.published else row.draft),
        )
        for row in rows
    ]


def read_recent_uses(connection: Connection, since: datetime) -> list[RecentUse]:
    """Return how often each person asked for which definitions since a moment, from receipts, most frequent first."""
    count, is_sealed = func.count().label("uses"), RECEIPTS.c.query.is_(None).label("is_sealed")
    rows = connection.execute(
        select(RECEIPTS.c.subject, RECEIPTS.c.definitions, is_sealed, count, func.max(RECEIPTS.c.at).label("last_at"))
        .where(RECEIPTS.c.at >= since)
        .group_by(RECEIPTS.c.subject, RECEIPTS.c.definitions, is_sealed)
        .order_by(count.desc(), RECEIPTS.c.subject, RECEIPTS.c.definitions)
        .limit(MOST_USES)
    )
    return [
        RecentUse(
            subject=row.subject,
            definitions=definitions_from_text(row.definitions),
            is_sealed=bool(row.is_sealed),
            count=row.uses,
            last_at=row.last_at,
        )
        for row in rows
    ]


def read_recent_questions(connection: Connection, since: datetime) -> list[RecentQuestion]:
    """Return the questions asked since a moment, according to receipts, most frequent first.

    Questions that name people are omitted.
    """
    count = func.count().label("uses")
    rows = connection.execute(
        select(RECEIPTS.c.query, RECEIPTS.c.subject, count)
        .where(RECEIPTS.c.at >= since, RECEIPTS.c.query.is_not(None), RECEIPTS.c.analysis.is_(None))
        .group_by(RECEIPTS.c.query, RECEIPTS.c.subject)
        .order_by(count.desc(), RECEIPTS.c.query, RECEIPTS.c.subject)
        .limit(MOST_USES)
    )
    found: dict[str, tuple[int, set[str]]] = {}
    for row in rows:
        times, subjects = found.get(row.query, (0, set[str]()))
        found[row.query] = times + row.uses, {*subjects, row.subject}
    questions = [
        RecentQuestion(query=salvage(text)[0], count=times, people=len(subjects), subjects=frozenset(subjects))
        for text, (times, subjects) in found.items()
    ]
    return sorted(questions, key=lambda question: (-question.count, repr(question.query)))


def _query(connection: Connection, row: Row[Any], keys: Keys) -> Query | None:  # Any: a row of any columns
    text: str | None = row.query
    if not text:  # sealed, because it names a person
        versions = read_versions(connection, row.id, keys, owner=row.owner, me=None, number=row.current)
        text = versions[0].text if versions else None
    return salvage(text)[0] if text else None


def _board(text: str | None) -> Board | None:
    try:
        return board_from_json(text) if text else None
    except InvalidBoard:
        return None
