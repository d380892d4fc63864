"""The versions of a board, one per publication, with who published it, when and why. Versions never change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, Text, and_, insert, select

from semantic.boards.board import Board
from semantic.boards.data import board_from_json
from semantic.errors import ChangedMeanwhile, InvalidBoard, InvalidQuery, UnknownBoard
from semantic.policy.actor import Actor
from semantic.store.boards.boards import BOARDS, change_head, find_board, found_by, record_act, to_change
from semantic.store.boards.drafts import (
    BOARD_DRAFTS,
    MEANWHILE,
    add_draft,
    change_draft,
    read_draft,
    remove_draft,
    text_of,
)
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.readers import reader_of
from semantic.store.spaces.rights import is_open_to, may_change
from semantic.store.spaces.spaces import SPACES, one_line

LONGEST_NOTE: Final = 2_000
BOARD_VERSIONS: Final = Table(
    "board_versions",
    metadata,
    Column("board", String(32), ForeignKey("boards.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),  # the board's JSON
    Column("digest", String(64), nullable=False),  # SHA-256 of it
    Column("author", String(32), nullable=False),  # a subject
    Column("note", Text, nullable=False, default=""),
    Column("published_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardVersion:
    """One version of a board. `text` is the saved JSON."""

    number: int
    text: str
    digest: str
    author_name: str
    note: str
    published_at: datetime


def read_board_versions(
    connection: Connection, board: str, actor: Actor, *, number: int | None = None, most: int | None = None
) -> list[BoardVersion]:
    """Return the versions of a board with their full content, newest first, or only the one with this number.

    Returns at most `most` versions. Raises UnknownBoard.
    """
    find_board(connection, board, actor)
    wanted = select(BOARD_VERSIONS, PEOPLE.c.name.label("author_name")).outerjoin(
        PEOPLE, PEOPLE.c.subject == BOARD_VERSIONS.c.author
    )
    wanted = wanted.where(BOARD_VERSIONS.c.board == board)
    if number is not None:
        wanted = wanted.where(BOARD_VERSIONS.c.number == number)
    board_versions = [
        BoardVersion(
            number=row.number,
            text=row.content,
            digest=row.digest,
            author_name=row.author_name or "",
            note=row.note,
            published_at=row.published_at,
        )
        for row in connection.execute(wanted.order_by(BOARD_VERSIONS.c.number.desc()).limit(most))
    ]
    if number is not None and not board_versions:
        raise UnknownBoard(f"This board has no version {number}.")
    return board_versions


def read_board_texts(connection: Connection, boards: Sequence[str], actor: Actor) -> dict[str, str]:
    """Return these boards' JSON by ID: that of the published version, or of the draft if there is none.

    Boards that this person can't open are omitted, and so are drafts of boards that they can't change.
    """
    me = reader_of(connection, actor)
    wanted = (
        select(BOARDS.c.id, BOARDS.c.owner, BOARDS.c.space, BOARDS.c.published)
        .add_columns(BOARD_VERSIONS.c.content, BOARD_DRAFTS.c.content.label("draft"))
        .add_columns(SPACES.c.domain.label("space_domain"))
        .outerjoin(SPACES, SPACES.c.id == BOARDS.c.space)
        .outerjoin(
            BOARD_VERSIONS, and_(BOARD_VERSIONS.c.board == BOARDS.c.id, BOARD_VERSIONS.c.number == BOARDS.c.published)
        )
        .outerjoin(BOARD_DRAFTS, and_(BOARD_DRAFTS.c.board == BOARDS.c.id, BOARDS.c.published == 0))
        .where(BOARDS.c.id.in_(boards), is_open_to(BOARDS, me))
    )
    texts = dict[str, str]()
    for row in connection.execute(wanted):
        text = row.content if row.published else row.draft
        is_mine, is_led = row.owner == me.subject, row.space_domain in me.led
        if text and (row.published or may_change(actor, is_mine=is_mine, space=row.space, is_led=is_led)):
            texts[row.id] = text
    return texts


def keep_board_draft(
    transaction: Transaction, board: str, content: Board, actor: Actor, *, revision: int, based_on: int | None = None,
    onto: int | None = None,
) -> int:  # fmt: skip
    """Save work on a draft at `revision`, 0 if there was none, and return the new revision.

    If `based_on` is given, the draft must be based on that version. `onto` is the newest version, if its changes were
    merged into the draft, which is then based on it. Not logged, because every change saves the draft: write with
    `recorded=False`. Raises UnknownBoard, NotAllowed, ChangedMeanwhile, InvalidQuery.
    """
    head = to_change(transaction, board, actor)
    author = subject_of(transaction, actor.id, actor.name)
    if onto is not None and onto != head.version:
        raise ChangedMeanwhile(MEANWHILE)
    if revision == 0 and head.version:
        if based_on not in (None, head.version):
            raise ChangedMeanwhile(MEANWHILE)
        first = head.revision + 1  # past those of all earlier drafts: see change_head
        add_draft(transaction, board, content, based_on=head.version, author=author, revision=first)
        return first
    kept = change_draft(transaction, board, content, revision=revision, author=author, based_on=onto)
    if not head.version:  # lists show an unpublished board by its draft
        change_head(transaction, head, head.revision, found_by(content))
    return kept


def drop_board_draft(transaction: Transaction, board: str, actor: Actor, keys: Keys, *, revision: int) -> None:
    """Discard the draft of a board.

    Raises UnknownBoard, NotAllowed, ChangedMeanwhile, and InvalidQuery if the board was never published, because it
    would be empty.
    """
    head = to_change(transaction, board, actor)
    if not head.version:
        raise InvalidQuery("This board was never published, so there's only its draft. Archive the board instead.")
    remove_draft(transaction, board, revision=revision)
    change_head(transaction, head, head.revision, {"changed_at": head.changed_at}, past=revision)
    record_act(transaction, "draft_discarded", board, actor, keys)


def publish_board(
    transaction: Transaction, board: str, actor: Actor, keys: Keys, *, revision: int, note: str = ""
) -> int:
    """Publish a draft at `revision`, and return the version's number.

    Raises UnknownBoard, NotAllowed, ChangedMeanwhile, InvalidQuery for an invalid draft or a note that is too long.
    """
    head = to_change(transaction, board, actor)
    draft = read_draft(transaction.connection, board)
    remove_draft(transaction, board, revision=revision)
    content = readable(draft.text if draft else "")
    return _add(transaction, board, content, actor, keys, revision=head.revision, note=note, past=revision)


def restore_board_version(
    transaction: Transaction, board: str, number: int, actor: Actor, keys: Keys, *, revision: int
) -> int:
    """Publish an earlier version again, and return its number. An existing draft stays.

    Raises the same errors as `publish_board`.
    """
    to_change(transaction, board, actor)
    (version,) = read_board_versions(transaction.connection, board, actor, number=number)
    content = readable(version.text)
    note = f"As version {number}"
    return _add(transaction, board, content, actor, keys, revision=revision, note=note, restores=number)


def readable(text: str) -> Board:
    """Return a board parsed from its stored JSON. Raises InvalidQuery if it can no longer be read."""
    try:
        return board_from_json(text)
    except InvalidBoard as error:
        raise InvalidQuery(f"This board can't be read any more: {error.problems[0]}") from error


def _add(
    transaction: Transaction,
    board: str,
    content: Board,
    actor: Actor,
    keys: Keys,
    *,
    revision: int,
    note: str,
    past: int = 0,
    restores: int | None = None,
) -> int:
    line = one_line(note)
    if len(line) > LONGEST_NOTE:
        raise InvalidQuery(f"The note has more than {LONGEST_NOTE:,} characters. Shorten it.")
    if not content.tiles:
        raise InvalidQuery("Add at least one tile before you publish this board.")
    head = to_change(transaction, board, actor)
    number = head.version + 1
    change_head(transaction, head, revision, {"published": number, **found_by(content)}, past=past)
    text = text_of(content)
    digest, author = hashlib.sha256(text.encode()).hexdigest(), subject_of(transaction, actor.id, actor.name)
    row = {"board": board, "number": number, "content": text, "digest": digest, "author": author, "note": line}
    row |= {"published_at": transaction.now}
    transaction.connection.execute(insert(BOARD_VERSIONS).values(**row))
    verb, more = ("published", {}) if restores is None else ("version_restored", {"restores": restores})
    record_act(
        transaction, verb, board, actor, keys, {"version": number, "digest": digest, **more},
        {"name": content.title, "note": line},
    )  # fmt: skip
    return number
