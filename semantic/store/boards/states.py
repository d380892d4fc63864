"""The state in which each viewer left a board, in one small row that is deleted when the person is erased."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, String, Table, Text, delete, select, update

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.boards.boards import check_may_write, find_board
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.people import PEOPLE, subject_of

LONGEST: Final = 20_000
BOARD_STATES: Final = Table(
    "board_states",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("board", String(32), ForeignKey("boards.id"), primary_key=True),
    Column("state", Text, nullable=False),  # JSON: the parameters of the board's address
    Column("kept_at", Instant, nullable=False),
)


def read_state(connection: Connection, board: str, actor: Actor) -> str:
    """Return the JSON of the state in which this person left a board.

    "" if there is none, or while viewing as someone else.
    """
    if actor.viewed_by is not None:
        return ""
    wanted = select(BOARD_STATES.c.state).join(PEOPLE, PEOPLE.c.subject == BOARD_STATES.c.subject)
    return connection.execute(wanted.where(PEOPLE.c.id == actor.id, BOARD_STATES.c.board == board)).scalar() or ""


def keep_state(transaction: Transaction, board: str, state: str, actor: Actor) -> None:
    """Save the state in which a person leaves a board, or delete it if `state` is "".

    Not logged: write with `recorded=False`. Raises UnknownBoard, NotAllowed, and InvalidQuery if the text is too long.
    """
    check_may_write(actor)
    find_board(transaction.connection, board, actor)
    if len(state) > LONGEST:
        raise InvalidQuery("These settings are too long to save. The address still has all of them.")
    me = subject_of(transaction, actor.id, actor.name)
    mine = (BOARD_STATES.c.subject == me) & (BOARD_STATES.c.board == board)
    if not state:
        transaction.connection.execute(delete(BOARD_STATES).where(mine))
        return
    row = {"subject": me, "board": board, "state": state, "kept_at": transaction.now}
    if not insert_if_missing(transaction.connection, BOARD_STATES, row):
        transaction.connection.execute(update(BOARD_STATES).where(mine).values(state=state, kept_at=transaction.now))


def forget_states(transaction: Transaction, subject: str) -> None:
    """Delete a person's saved states of all boards."""
    transaction.connection.execute(delete(BOARD_STATES).where(BOARD_STATES.c.subject == subject))
