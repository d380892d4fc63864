"""What a tile asks once the board's state is laid over its question, and which of it the tile cannot take."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.boards.board import Chosen, Tile
from semantic.query.query import Query


@dataclass(frozen=True, slots=True)
class Ignored:
    """One thing of the state that a tile does not take: its label ("Market") and why, in a sentence."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TileQuestion:
    """What a tile asks. `query` is None for text, and where nothing of the question may be asked: then `missing` says
    so, in words that tell nothing of what is hidden (decision 34). `marked` was picked in this tile, which is not
    narrowed by it."""

    tile: Tile
    query: Query | None
    ignored: tuple[Ignored, ...] = ()
    missing: str = ""
    marked: tuple[Chosen, ...] = ()
