"""Boards in the store: their owner, their space, and which version readers see.

Rights are those of saved questions. A board in its owner's own space is theirs alone; one in a shared space can be read
by everyone who can sign in, and changed by its owner and stewards. Unpublished boards are visible to those who can
change them. A missing board and a hidden one give the same message.
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

from semantic.boards.board import Board
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownBoard
from semantic.policy.actor import Actor
from semantic.store.audit.log import NOTHING, Act, Plain, record
from semantic.store.boards.drafts import BOARD_DRAFTS, add_draft
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.rights import check_move, is_open_to, latest_of_everyone, may_change, reader_of
from semantic.store.spaces.spaces import SPACES

ACTIVE, ARCHIVED = "active", "archived"
MOST_LISTED: Final = 2_000
UNKNOWN: Final = "There's no board at this link, or you don't have access to it."

BOARDS: Final = Table(
    "boards",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(200), nullable=False),  # of the published version, or of the draft before there is one
    Column("owner", String(32), nullable=False, index=True),  # a subject
    Column("space", String(32), nullable=False, index=True),  # "" is the owner's own
    Column("state", String(20), nullable=False, default=ACTIVE),
    Column("published", Integer, nullable=False, default=0),  # the number of the version that readers see; 0 for none
    Column("metrics", Text, nullable=False),  # JSON: names in that version, or in the draft before there is one
    Column("tiles", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardHead:
    """A board as one person finds it, without its content. `space` is "" for the owner's own, `version` 0 if it was
    never published; `has_draft` is only known for boards that this person can change."""

    id: str
    title: str
    space: str
    space_name: str
    owner_name: str  # "" if they have left
    is_mine: bool
    may_change: bool
    is_archived: bool
    version: int
    metrics: tuple[str, ...]
    tiles: int
    has_draft: bool
    created_at: datetime
    changed_at: datetime
    revision: int


# Reading


def find_board(connection: Connection, board: str, actor: Actor) -> BoardHead:
    """A board by its id, even if archived. Raises UnknownBoard."""
    me = reader_of(connection, actor)
    wanted = _heads().where(BOARDS.c.id == board, is_open_to(BOARDS, me))
    row = connection.execute(wanted).one_or_none() if board.isascii() else None  # half a character asks nothing
    head = _head(row, actor, me) if row is not None else None
    if head is None or not (head.version or head.may_change):
        raise UnknownBoard(UNKNOWN)
    return head


def list_boards(connection: Connection, actor: Actor, *, archived: bool = False) -> list[BoardHead]:
    """This person's own boards and all in shared spaces, most recently changed first."""
    me = reader_of(connection, actor)
    wanted = and_(BOARDS.c.state == (ARCHIVED if archived else ACTIVE), is_open_to(BOARDS, me))
    rows = connection.execute(_heads().where(wanted).order_by(*latest_of_everyone(BOARDS)).limit(MOST_LISTED)).all()
    rows = sorted(sorted(rows, key=lambda row: row.id), key=lambda row: row.changed_at, reverse=True)
    heads = [_head(row, actor, me) for row in rows]
    return [one for one in heads if one.version or one.may_change]


# Writing


def make_board(transaction: Transaction, board: Board, actor: Actor, keys: Keys, *, space: str) -> str:
    """Create a board with a draft and nothing published; its id. Raises NotAllowed, UnknownQuestion for an unknown
    space."""
    check_may_write(actor)
    check_move(transaction.connection, actor, space, is_mine=True, noun="board")
    me, made = subject_of(transaction, actor.id, actor.name), secrets.token_hex(16)
    row = {"id": made, "owner": me, "space": space, "state": ACTIVE, "published": 0}
    row |= {"created_at": transaction.now, "changed_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(BOARDS).values(**row, **found_by(board)))
    add_draft(transaction, made, board, based_on=0, author=me)
    record_act(transaction, "made", made, actor, keys, {"space": space}, {"name": board.title})
    return made


def move_board(transaction: Transaction, board: str, actor: Actor, keys: Keys, *, space: str, revision: int) -> None:
    """Move into a shared space, or back to the owner's own, which only the owner can do.

    Raises UnknownBoard, NotAllowed, ChangedMeanwhile, UnknownQuestion for an unknown space.
    """
    head = to_change(transaction, board, actor)
    check_move(transaction.connection, actor, space, is_mine=head.is_mine, noun="board")
    change_head(transaction, head, revision, {"space": space})
    record_act(transaction, "moved", board, actor, keys, {"from": head.space, "to": space})


def archive_board(
    transaction: Transaction, board: str, actor: Actor, keys: Keys, *, revision: int, back: bool = False
) -> None:
    """Archive, or bring `back`; its address opens it either way. Raises as move_board does."""
    head = to_change(transaction, board, actor)
    change_head(transaction, head, revision, {"state": ACTIVE if back else ARCHIVED})
    record_act(transaction, "brought_back" if back else "archived", board, actor, keys)


# Helpers, for boards only


def _heads() -> Any:  # Any: a select of more columns than its type has room for
    return (
        select(
            BOARDS,
            PEOPLE.c.name.label("owner_name"),
            SPACES.c.name.label("space_name"),
            BOARD_DRAFTS.c.revision.label("draft"),
        )
        .outerjoin(PEOPLE, PEOPLE.c.subject == BOARDS.c.owner)
        .outerjoin(SPACES, SPACES.c.id == BOARDS.c.space)
        .outerjoin(BOARD_DRAFTS, BOARD_DRAFTS.c.board == BOARDS.c.id)
    )


def _head(row: Row[Any], actor: Actor, me: str | None) -> BoardHead:  # Any: any columns
    is_mine = row.owner == me
    is_changeable = may_change(actor, is_mine=is_mine, space=row.space)
    return BoardHead(
        id=row.id,
        title=row.title,
        space=row.space,
        space_name=row.space_name or "",
        owner_name=row.owner_name or "",
        is_mine=is_mine,
        may_change=is_changeable,
        is_archived=row.state == ARCHIVED,
        version=row.published,
        metrics=_names_of(row.metrics),
        tiles=row.tiles,
        has_draft=is_changeable and row.draft is not None,
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )


def _names_of(text: str) -> tuple[str, ...]:
    """The metrics; for a damaged row, one that no one can see."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return tuple(str(one) for one in found) if isinstance(found, list) else ("",)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def check_may_write(actor: Actor) -> None:
    """Raises NotAllowed for people who can't save anything here."""
    if actor.viewed_by is not None:
        raise NotAllowed("You can't save while viewing as someone else. Stop viewing first.")
    if not actor.is_at_least("viewer"):
        raise NotAllowed("Boards need at least the viewer role. An administrator can give it to you.")


def to_change(transaction: Transaction, board: str, actor: Actor) -> BoardHead:
    """A board that this person can change. Raises UnknownBoard, NotAllowed."""
    check_may_write(actor)
    head = find_board(transaction.connection, board, actor)
    if not head.may_change:
        raise NotAllowed("Only its owner and stewards can change a shared board. You can make a copy.")
    return head


def change_head(
    transaction: Transaction, head: BoardHead, revision: int, values: Mapping[str, object], *, past: int = 0
) -> None:
    """Only if it is still at `revision`; the row then belongs to this transaction until it ends.

    `past` is the revision of a removed draft: the next one starts after it, so that someone still holding the removed
    one never mistakes the next for it.
    """
    now = {"changed_at": transaction.now, **values, "revision": max(revision, past) + 1}
    changed = transaction.connection.execute(
        update(BOARDS).where(BOARDS.c.id == head.id, BOARDS.c.revision == revision).values(**now)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this board. Nothing of yours is lost.")


def found_by(board: Board) -> dict[str, object]:
    """The columns by which lists find a board."""
    if not board.title:
        raise InvalidQuery("A board needs a title.")
    metrics = dict.fromkeys(name for tile in board.tiles if tile.question for name in tile.question.metrics)
    return {"title": board.title, "metrics": json.dumps([*metrics]), "tiles": len(board.tiles)}


def record_act(
    transaction: Transaction,
    verb: str,
    board: str,
    actor: Actor,
    keys: Keys,
    said: Mapping[str, Plain] = NOTHING,
    personal: Mapping[str, Plain] = NOTHING,
) -> None:
    """One act in the audit log."""
    act = Act(kind=f"board.{verb}", actor=actor, about=f"board:{board}", said=said, personal=personal)
    record(transaction, act, keys)
