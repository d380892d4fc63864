"""The draft of a board, shared by everyone who can change the board.

Drafts are saved while people work. Each save states the revision that it changes, so that no one overwrites someone
else's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, Text, delete, insert, select, update

from semantic.boards.board import Board
from semantic.boards.data import LONGEST, board_from_json, board_to_json
from semantic.errors import ChangedMeanwhile, InvalidBoard, InvalidQuery
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.people import PEOPLE

BOARD_DRAFTS: Final = Table(
    "board_drafts",
    metadata,
    Column("board", String(32), ForeignKey("boards.id"), primary_key=True),
    Column("content", Text, nullable=False),  # the board's JSON
    Column("based_on", Integer, nullable=False),  # the version it was started from; 0 for none
    Column("author", String(32), nullable=False),  # a subject: who changed it last
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)
MEANWHILE: Final = (
    "This draft was changed or published in another window. Your changes are still on this page. Copy them, "
    "and open the draft again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """A draft in the store. `text` is the board's JSON."""

    text: str
    based_on: int
    author_name: str
    changed_at: datetime
    revision: int


def read_draft(connection: Connection, board: str) -> StoredDraft | None:
    """Return the draft of a board, or None if it has none. The caller checks access."""
    wanted = select(BOARD_DRAFTS, PEOPLE.c.name.label("author_name")).outerjoin(
        PEOPLE, PEOPLE.c.subject == BOARD_DRAFTS.c.author
    )
    row = connection.execute(wanted.where(BOARD_DRAFTS.c.board == board)).one_or_none()
    if row is None:
        return None
    return StoredDraft(
        text=row.content,
        based_on=row.based_on,
        author_name=row.author_name or "",
        changed_at=row.changed_at,
        revision=row.revision,
    )


def add_draft(
    transaction: Transaction, board: str, content: Board, *, based_on: int, author: str, revision: int = 1
) -> None:
    """Add a draft. Its `revision` must be higher than that of any earlier draft of the board.

    Raises ChangedMeanwhile if the board already has one.
    """
    row = {"board": board, "content": text_of(content), "based_on": based_on, "author": author}
    row |= {"changed_at": transaction.now, "revision": revision}
    if not based_on:
        transaction.connection.execute(insert(BOARD_DRAFTS).values(**row))
    elif not insert_if_missing(transaction.connection, BOARD_DRAFTS, row):
        raise ChangedMeanwhile(MEANWHILE)


def change_draft(
    transaction: Transaction, board: str, content: Board, *, revision: int, author: str, based_on: int | None = None
) -> int:
    """Save a draft that is at `revision`, and return its new revision.

    `based_on` is the draft's base version, if that has changed. Raises ChangedMeanwhile.
    """
    values = {"content": text_of(content), "author": author, "changed_at": transaction.now, "revision": revision + 1}
    values |= {} if based_on is None else {"based_on": based_on}
    is_same = (BOARD_DRAFTS.c.board == board) & (BOARD_DRAFTS.c.revision == revision)
    if transaction.connection.execute(update(BOARD_DRAFTS).where(is_same).values(**values)).rowcount != 1:
        raise ChangedMeanwhile(MEANWHILE)
    return revision + 1


def remove_draft(transaction: Transaction, board: str, *, revision: int) -> None:
    """Discard a draft that is at `revision`. Raises ChangedMeanwhile."""
    is_same = (BOARD_DRAFTS.c.board == board) & (BOARD_DRAFTS.c.revision == revision)
    if transaction.connection.execute(delete(BOARD_DRAFTS).where(is_same)).rowcount != 1:
        raise ChangedMeanwhile(MEANWHILE)


def text_of(content: Board) -> str:
    """Return a board as JSON. Raises InvalidQuery if no one could open a board with this JSON later.

    That is the case if the JSON is too long or can't be parsed again.
    """
    text = board_to_json(content)
    if len(text) > LONGEST:
        raise InvalidQuery(f"A board can have at most {LONGEST:,} characters. Split it into two boards.")
    try:
        board_from_json(text)
    except InvalidBoard as error:
        raise InvalidQuery(f"This can't be saved. {error.problems[0].message}") from error
    return text
