"""Each person's favourite boards."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table

from semantic.store.boards.boards import find_board
from semantic.store.database import Instant, metadata
from semantic.store.spaces.favourites import Favourites

BOARD_FAVOURITES: Final = Table(
    "board_favourites",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("board", String(32), primary_key=True),
    Column("since", Instant, nullable=False),
)

_OF_BOARDS: Final = Favourites(table=BOARD_FAVOURITES, item="board", find=find_board)
read_favourite_boards, set_favourite_board = _OF_BOARDS.read, _OF_BOARDS.set
forget_favourite_boards = _OF_BOARDS.forget
