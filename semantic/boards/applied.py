"""A tile's question with the board's state applied, and the parts of the state that the tile can't use."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.analyses.events.definition import Analysis
from semantic.boards.board import Chosen, Tile
from semantic.query.query import Query


@dataclass(frozen=True, slots=True)
class Ignored:
    """A setting that a tile ignores: its label ("Market"), and the reason in a sentence."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TileQuestion:
    """The question of a tile, or its `analysis`.

    `query` is None for text and analyses, and if the actor can't ask any part of the question. In that case `missing`
    says so without revealing what is hidden (decision 34). `marked` was selected in this tile, so it doesn't filter the
    tile.
    """

    tile: Tile
    query: Query | None
    ignored: tuple[Ignored, ...] = ()
    missing: str = ""
    analysis: Analysis | None = None
    marked: tuple[Chosen, ...] = ()
