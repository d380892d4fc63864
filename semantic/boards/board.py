"""A board as plain frozen data: tabs of rows of tiles, each with a question of its own, and what readers may change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from semantic.model.definitions import Granularity
from semantic.query.query import Comparison, Operator, Period, Query, Value

UNITS = 12
"""The width of a row, which its tiles share."""

MOST_TILES_IN_A_ROW, MOST_TILES, MOST_TABS = 4, 40, 8

PERIOD, COMPARE, GRAIN = "period", "compare", "grain"
"""What a tile may keep as its own, beside the names of dimensions."""


class TileKind(StrEnum):
    """What a tile shows of its question's answer; text has no question."""

    NUMBER = "number"  # one metric large, with its change, its pace and its course
    CHART = "chart"
    TABLE = "table"
    PIVOT = "pivot"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile. `id` stays the same through every version, so that what refers to the tile finds it again.

    `keeps` are the things of the board that this tile does not take: `period`, `compare`, `grain`, or a dimension. What
    else the board sets stands in place of the question's own. `title` is "" for the question's own.
    """

    id: str
    kind: TileKind
    title: str = ""
    note: str = ""
    question: Query | None = None  # None for text
    chart: str = ""  # the kind of chart that was chosen, "" for the rule's
    text: str = ""  # of a text tile; Markdown's emphasis and lists alone
    width: int = 0  # units of UNITS; 0 shares what the others leave
    keeps: frozenset[str] = frozenset()
    origin: str = ""  # the saved question it was made of, by id


Height = Literal["small", "medium", "large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One to four tiles beside each other."""

    tiles: tuple[Tile, ...]
    height: Height = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """Rows under a heading; a board with one tab shows no heading for it."""

    title: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A dimension in the filter bar; `via` is the entity role to go through."""

    dim: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Values of one dimension that a board is narrowed to, or goes without; null is "(none)".

    `tile` is where it was picked, by id: that tile is not narrowed by it. "" for what the filter bar says.
    """

    dim: str
    values: tuple[Value, ...]
    op: Operator = Operator.IN  # or NOT_IN
    via: str | None = None
    tile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardState:
    """What a reader has set. None leaves every tile its own.

    `chosen` are the filter bar's, one for each dimension and way; `picked` came from clicks on marks; both hold
    together. `tab` is a place among the board's tabs.
    """

    period: Period | None = None
    compare: tuple[Comparison, ...] | None = None
    grain: Granularity | None = None
    chosen: tuple[Chosen, ...] = ()
    picked: tuple[Chosen, ...] = ()
    tab: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What one version of a board holds.

    `start` is what is set for whoever opens it without a state of their own: nothing is picked in it, and its tab is
    the first.
    """

    title: str
    note: str = ""
    tabs: tuple[Tab, ...] = ()
    filters: tuple[Shared, ...] = ()
    start: BoardState = BoardState()

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Every tile in reading order."""
        return tuple(tile for tab in self.tabs for row in tab.rows for tile in row.tiles)
