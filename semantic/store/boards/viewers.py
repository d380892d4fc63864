"""Count the people who recently opened each board, without its owner.

Only counts are ever read. The table has a keyed digest of each person that differs between boards, so it reveals
neither who opened a board nor which other boards they opened. Rows older than `DAYS` days are deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Date, String, Table, delete, func, select, update

from semantic.policy.actor import Actor
from semantic.store.boards.boards import BOARDS
from semantic.store.database import Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE

DAYS: Final = 30

BOARD_VIEWERS: Final = Table(
    "board_viewers",
    metadata,
    Column("board", String(32), primary_key=True),
    Column("viewer", String(64), primary_key=True),  # a keyed digest of the board and the subject
    Column("seen_on", Date, nullable=False),  # the last day they opened it, UTC
)


def count_viewers(connection: Connection, today: date) -> Mapping[str, int]:
    """Return the number of people who opened each board in the last `DAYS` days.

    Boards that no one opened are omitted.
    """
    wanted = (
        select(BOARD_VIEWERS.c.board, func.count().label("viewers"))
        .where(BOARD_VIEWERS.c.seen_on > today - timedelta(days=DAYS))
        .group_by(BOARD_VIEWERS.c.board)
    )
    return {row.board: row.viewers for row in connection.execute(wanted)}


def note_viewer(transaction: Transaction, board: str, actor: Actor, day: date, keys: Keys) -> None:
    """Count a person who opened a board, unless it's their own. Not logged: write with `recorded=False`.

    Unknown people and boards aren't counted. This runs in the background, so either can be gone by then.
    """
    connection = transaction.connection
    me = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id)).scalar()
    owner = connection.execute(select(BOARDS.c.owner).where(BOARDS.c.id == board)).scalar()
    if me is None or owner is None or me == owner:
        return
    viewer = _viewer(board, me, keys)
    if not insert_if_missing(connection, BOARD_VIEWERS, {"board": board, "viewer": viewer, "seen_on": day}):
        is_it = (BOARD_VIEWERS.c.board == board) & (BOARD_VIEWERS.c.viewer == viewer) & (BOARD_VIEWERS.c.seen_on < day)
        connection.execute(update(BOARD_VIEWERS).where(is_it).values(seen_on=day))


def forget_old_viewers(transaction: Transaction, today: date) -> None:
    """Delete rows that are too old to count, including those of boards that no one opens any more."""
    too_old = BOARD_VIEWERS.c.seen_on <= today - timedelta(days=DAYS)
    transaction.connection.execute(delete(BOARD_VIEWERS).where(too_old))


def forget_viewer(transaction: Transaction, subject: str, keys: Keys) -> None:
    """Delete a person's rows for all boards."""
    for board in transaction.connection.execute(select(BOARD_VIEWERS.c.board).distinct()).scalars().all():
        is_it = (BOARD_VIEWERS.c.board == board) & (BOARD_VIEWERS.c.viewer == _viewer(board, subject, keys))
        transaction.connection.execute(delete(BOARD_VIEWERS).where(is_it))


def _viewer(board: str, subject: str, keys: Keys) -> str:
    return keys.sign(b"board viewer", board.encode(), subject.encode())
