"""Boards in the store: their owner, their space, and the version that viewers see.

The rules of saved questions apply. A board in its owner's own space belongs to the owner alone. Everyone who can sign
in can read boards in shared spaces, and their owners and stewards can change them. Only people who can change a board
see it before it is published. Missing and hidden boards give the same message.
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
)

from semantic.boards.analysis_tiles import named_by
from semantic.boards.board import Board
from semantic.errors import InvalidQuery, UnknownBoard
from semantic.policy.actor import Actor
from semantic.store.boards.drafts import BOARD_DRAFTS, add_draft
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import subject_of
from semantic.store.spaces.items import ACTIVE, ARCHIVED, Items, metric_names, with_names
from semantic.store.spaces.readers import Reader
from semantic.store.spaces.rights import check_move, may_change
from semantic.store.spaces.spaces import MINE

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
    Column("folder", String(60)),  # a name within the space; null outside any
    Column("note", Text),  # of that version, or of the draft before there is one; null for none
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardHead:
    """A board as one person sees it in lists, without its content.

    `space` is "" for the owner's own space, and `folder` is "" outside folders. `version` is 0 if the board was never
    published. `has_draft` is only set for boards that this person can change.
    """

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
    folder: str
    note: str
    created_at: datetime
    changed_at: datetime
    revision: int


def _head(row: Row[Any], actor: Actor, me: Reader) -> BoardHead | None:  # Any: any columns
    is_mine = row.owner == me.subject
    is_changeable = may_change(actor, is_mine=is_mine, space=row.space, is_led=row.space_domain in me.led)
    if not row.published and not is_changeable:
        return None
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
        metrics=metric_names(row.metrics),
        tiles=row.tiles,
        has_draft=is_changeable and row.draft is not None,
        folder=row.folder or "",
        note=row.note or "",
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )


BOARD_ITEMS: Final = Items(
    table=BOARDS,
    noun="board",
    heads=(
        with_names(BOARDS)
        .add_columns(BOARD_DRAFTS.c.revision.label("draft"))
        .outerjoin(BOARD_DRAFTS, BOARD_DRAFTS.c.board == BOARDS.c.id)
    ),
    head=_head,
    unknown=lambda: UnknownBoard(UNKNOWN),
    no_role="Boards need at least the viewer role. An administrator can give it to you.",
    not_yours="Only its owner and stewards can change a shared board. You can make a copy.",
)
find_board, list_boards = BOARD_ITEMS.find, BOARD_ITEMS.find_all
move_board, file_board, archive_board = BOARD_ITEMS.move, BOARD_ITEMS.file, BOARD_ITEMS.archive
check_may_write, to_change, record_act = BOARD_ITEMS.check_may_write, BOARD_ITEMS.to_change, BOARD_ITEMS.record


def read_private_boards(connection: Connection, metric: str, me: str) -> list[str]:
    """Return the owners of boards in other people's own spaces that show a metric, one for each board."""
    chosen = and_(BOARDS.c.space == MINE, BOARDS.c.owner != me, BOARDS.c.state == ACTIVE)
    rows = connection.execute(select(BOARDS.c.owner, BOARDS.c.metrics).where(chosen))
    return [row.owner for row in rows if metric in metric_names(row.metrics)]


def make_board(transaction: Transaction, board: Board, actor: Actor, keys: Keys, *, space: str) -> str:
    """Create an unpublished board with a draft, and return its ID.

    Raises NotAllowed, and UnknownQuestion for an unknown space.
    """
    check_may_write(actor)
    check_move(transaction.connection, actor, space, is_mine=True, noun="board")
    me, token = subject_of(transaction, actor.id, actor.name), secrets.token_hex(16)
    row = {"id": token, "owner": me, "space": space, "state": ACTIVE, "published": 0}
    row |= {"created_at": transaction.now, "changed_at": transaction.now, "revision": 1}
    transaction.connection.execute(insert(BOARDS).values(**row, **found_by(board)))
    add_draft(transaction, token, board, based_on=0, author=me)
    record_act(transaction, "made", token, actor, keys, {"space": space}, {"name": board.title})
    return token


def change_head(
    transaction: Transaction, head: BoardHead, revision: int, values: Mapping[str, object], *, past: int = 0
) -> None:
    """Change a board if its revision is still `revision`, and lock the row until the transaction ends.

    `past` is the revision of a removed draft. The next draft gets a higher revision, so that someone who still has the
    removed draft open can't overwrite the next one.
    """
    BOARD_ITEMS.change(transaction, head.id, revision, {"revision": max(revision, past) + 1, **values})


def found_by(board: Board) -> dict[str, object]:
    """Return the columns by which lists search and filter boards."""
    if not board.title:
        raise InvalidQuery("A board needs a title.")
    named = [tile.question or named_by(tile) for tile in board.tiles if tile.question or tile.analysis]
    metrics = dict.fromkeys(name for query in named for name in query.metrics)
    metrics_text = json.dumps([*metrics])
    return {"title": board.title, "note": board.note, "metrics": metrics_text, "tiles": len(board.tiles)}
