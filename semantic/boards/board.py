"""A board as plain frozen data: tabs with rows of tiles, each with its own question, and the settings of viewers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from semantic.model.definitions import Granularity
from semantic.query.query import Comparison, Operator, Period, Query, Value

UNITS = 12
"""The width of a row in units, which its tiles share."""

MOST_TILES_IN_A_ROW, MOST_TILES, MOST_TABS = 4, 40, 8

PERIOD, COMPARE, GRAIN = "period", "compare", "grain"
"""The settings that a tile can keep as its own. It can also keep dimensions."""


class TileKind(StrEnum):
    """The kinds of tile. A text tile has no question; an analysis tile has a definition in place of one."""

    NUMBER = "number"  # one metric in large type, with its change, pace and sparkline
    CHART = "chart"
    TABLE = "table"
    PIVOT = "pivot"
    TEXT = "text"
    ANALYSIS = "analysis"  # of events: its sentence, chart or table, and counting rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One tile. Its `id` is the same in every version of the board, so references to the tile keep working.

    `keeps` lists the board settings that this tile ignores: `period`, `compare`, `grain`, or a dimension. Other board
    settings replace the question's own. With an empty `title`, the tile shows the question's title.
    """

    id: str
    kind: TileKind
    title: str = ""
    note: str = ""
    question: Query | None = None  # None for text and analyses
    analysis: str = ""  # an analysis's definition as JSON
    chart: str = ""  # the selected kind of chart, "" for automatic
    text: str = ""  # of a text tile; only Markdown's emphasis and lists
    width: int = 0  # in UNITS; 0 for an equal part of the remaining width
    keeps: frozenset[str] = frozenset()
    origin: str = ""  # the ID of the saved question that the tile was made from


Height = Literal["small", "medium", "large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of one to four tiles."""

    tiles: tuple[Tile, ...]
    height: Height = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab with its rows. A board with a single tab doesn't show the tab's title."""

    title: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """A dimension in the filter bar. `via` is the entity role through which the dimension is reached."""

    dim: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Values of one dimension to which a board is filtered, or which it excludes. Null is written as "(none)".

    `tile` is the ID of the tile in which someone selected the values. They filter every other tile. For the filter bar,
    `tile` is "".
    """

    dim: str
    values: tuple[Value, ...]
    op: Operator = Operator.IN  # or NOT_IN
    via: str | None = None
    tile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardState:
    """A viewer's settings. If a setting is None, each tile uses its own.

    `chosen` comes from the filter bar, with one entry for each dimension and path. `picked` comes from clicks on marks.
    Both apply together. `tab` is the position of the open tab.
    """

    period: Period | None = None
    compare: tuple[Comparison, ...] | None = None
    grain: Granularity | None = None
    chosen: tuple[ValueFilter, ...] = ()
    picked: tuple[ValueFilter, ...] = ()
    tab: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The content of one version of a board.

    `start` has the settings for readers without their own: nothing is selected, and the first tab is open.
    """

    title: str
    note: str = ""
    tabs: tuple[Tab, ...] = ()
    filters: tuple[Shared, ...] = ()
    start: BoardState = BoardState()

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Return every tile in reading order."""
        return tuple(tile for tab in self.tabs for row in tab.rows for tile in row.tiles)
