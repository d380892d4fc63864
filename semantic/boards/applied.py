"""A tile's question with the board's settings applied, and the settings that the tile can't use."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.analyses.events.definition import Analysis
from semantic.boards.board import COMPARE, GRAIN, PERIOD, Tile, ValueFilter
from semantic.query.query import Query

NOT_AVAILABLE = "This tile shows something that isn't available to you."
LABELS = {PERIOD: "Period", COMPARE: "Compare", GRAIN: "Grain"}


@dataclass(frozen=True, slots=True)
class Ignored:
    """A setting that a tile ignores: the setting's label ("Market"), and the reason in a sentence."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TileQuestion:
    """A tile's question or `analysis` after applying the board's settings.

    `query` is None for text and analyses, and if the person can't ask any part of the question. In the last case,
    `missing` explains this without revealing what is hidden (decision 34). `marked` contains the values selected in
    this tile, which filter only the other tiles.
    """

    tile: Tile
    query: Query | None
    ignored: tuple[Ignored, ...] = ()
    missing: str = ""
    analysis: Analysis | None = None
    marked: tuple[ValueFilter, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether this person can ask at least part of the tile's question or analysis."""
        return self.query is not None or self.analysis is not None


def kept_reason(key: str, label: str) -> str:
    """Return the sentence that explains why a tile ignores a board setting: it keeps its own."""
    if key in LABELS:
        return f"This tile keeps its own {label.casefold()}."
    return f"The board's author set this tile to ignore {label}, whatever its value."
