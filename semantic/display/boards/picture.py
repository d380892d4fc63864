"""Draw a board as a small picture for lists: its first rows, with the reader's own answers if they exist.

A sketch contains no answers, so it's the same for everyone who can see the metrics of its tiles. A picture contains
only a few points of each answer, and the text of number tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final, Literal, TypeGuard

from semantic.boards.board import Board, Height, Tab, Tile, TileKind
from semantic.display.boards.shown import TileShown, row_widths
from semantic.display.charts.chart import Kind
from semantic.display.charts.kinds import LABELS
from semantic.display.rows import is_other, is_total, main_values, row_kinds
from semantic.display.words.kpi import only_row, read_headline
from semantic.query.query import DATE, Query
from semantic.results.result import Result, ResultColumn

MOST_ROWS: Final = 6
MOST_LINES, MOST_POINTS, MOST_BARS = 3, 24, 6

Shape = Literal["number", "line", "bars", "columns", "cells", "dots", "table", "text", "plain"]
_SHAPES: Final[Mapping[str, Shape]] = {
    "line": "line", "area": "line", "multiples": "line", "stacked": "columns", "waterfall": "columns",
    "distribution": "columns", "heat": "cells", "scatter": "dots", "tiles": "number", "table": "table",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TilePicture:
    """A tile in the picture, with its width in twelfths and its shape.

    `lines` has the heights of the tile's points or bars, from 0 to 1, and `text` is its number. Both are empty in a
    sketch.
    """

    width: int
    shape: Shape
    lines: tuple[tuple[float, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class RowPicture:
    height: Height
    tiles: tuple[TilePicture, ...]


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """The first rows of a board's first tab. `seen_at` is when its answers were shown, or None for a sketch."""

    rows: tuple[RowPicture, ...]
    headline: str = ""
    seen_at: datetime | None = None


def sketch_of(board: Board, known: Collection[str] | None = None) -> BoardPicture:
    """Return a sketch of a board.

    A tile is drawn plain unless all its metrics are in `known`. None means all metrics.
    """
    first = board.tabs[0] if board.tabs else Tab()
    return BoardPicture(_rows(first, lambda tile, width: _sketched(tile, width, known)))


def picture_of(tab: Tab, shown: Mapping[str, TileShown], headline: str, seen_at: datetime) -> BoardPicture:
    """Return the picture of a tab. `shown` has the answered tiles by ID."""

    def drawn(tile: Tile, width: int) -> TilePicture:
        answered = shown.get(tile.id)
        if answered is None or answered.result is None:
            return TilePicture(width, "text" if tile.kind is TileKind.TEXT else "plain")
        return _answered(answered, answered.result, width)

    return BoardPicture(_rows(tab, drawn), headline, seen_at)


def kind_of(query: Query, chart: str) -> Kind:
    """Return the chosen kind of chart, or the usual one for a question of this shape."""
    for kind in LABELS:
        if kind == chart:
            return kind
    if any(breakdown.dim == DATE or breakdown.grain is not None for breakdown in query.by):
        return "line"
    return "heat" if len(query.by) == 2 else "bar" if query.by else "tiles"


def _rows(tab: Tab, drawn: Callable[[Tile, int], TilePicture]) -> tuple[RowPicture, ...]:
    return tuple(
        RowPicture(row.height, tuple(map(drawn, row.tiles, row_widths(row.tiles)))) for row in tab.rows[:MOST_ROWS]
    )


def _sketched(tile: Tile, width: int, known: Collection[str] | None) -> TilePicture:
    asks = tile.question
    if asks is not None and known is not None and not set(asks.metrics).issubset(known):
        return TilePicture(width, "plain")
    return TilePicture(width, _shape(tile, asks))


def _shape(tile: Tile, asks: Query | None) -> Shape:
    match tile.kind:
        case TileKind.TEXT:
            return "text"
        case TileKind.NUMBER:
            return "number"
        case TileKind.CHART if asks is not None:
            return _SHAPES.get(kind_of(asks, tile.chart), "bars")
        case _:
            return "table"


def _answered(shown: TileShown, result: Result, width: int) -> TilePicture:
    values = main_values(result)
    if not values or not result.table.num_rows:
        return TilePicture(width, "plain")
    shape = _shape(shown.tile, result.query)
    match shape:
        case "number":
            number = read_headline(values[0], only_row(result), result, shown.usual)
            return TilePicture(width, shape, _scaled(_lines(shown.line)), "" if number.missing else number.value)
        case "line":
            return TilePicture(width, shape, _scaled(_lines(result)))
        case "bars":
            sizes = sorted(map(abs, _sizes(result, values[0])), reverse=True)
            return TilePicture(width, shape, _of_largest(sizes[:MOST_BARS]))
        case "columns":
            return TilePicture(
                width, shape, _of_largest([abs(size) for size in _sizes(result, values[0])[:MOST_POINTS]])
            )
        case _:
            return TilePicture(width, shape)


def _sizes(result: Result, value: ResultColumn) -> list[float]:
    """Return a column's numbers in row order. Totals, Other and missing values are left out."""
    kinds, numbers = row_kinds(result), result.table.column(value.name).to_pylist()
    return [
        float(number)
        for number, kind in zip(numbers, kinds, strict=True)
        if _is_number(number) and not is_total(kind) and not is_other(kind)
    ]


def _lines(result: Result | None) -> list[list[float]]:
    """Return the first metric's numbers over time. There is one line for each group, largest group first."""
    values = main_values(result) if result is not None else ()
    dated = next((key for key in result.keys if key.is_dated), None) if result is not None else None
    if result is None or dated is None or not values:
        return []
    groups = [result.table.column(key.name).to_pylist() for key in result.keys if key is not dated]
    days, numbers = (result.table.column(name).to_pylist() for name in (dated.name, values[0].name))
    lines: dict[tuple[object, ...], list[tuple[Any, float]]] = {}  # Any: days, instants or whole numbers, one type each
    for row, (day, number, kind) in enumerate(zip(days, numbers, row_kinds(result), strict=True)):
        if day is not None and _is_number(number) and not is_total(kind) and not is_other(kind):
            lines.setdefault(tuple(group[row] for group in groups), []).append((day, float(number)))
    in_order = [[number for _, number in sorted(line)] for line in lines.values()]
    return sorted(in_order, key=lambda line: -sum(map(abs, line)))[:MOST_LINES]


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float | Decimal) and isfinite(value)


def _scaled(lines: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Return the lines with at most MOST_POINTS points each, scaled to a common range.

    0 is the lowest and 1 the highest value of all lines.
    """
    every = [number for line in lines for number in line]
    low, high = min(every, default=0.0), max(every, default=0.0)
    return tuple(
        tuple(round((number - low) / (high - low), 3) if high > low else 0.5 for number in _thinned(line))
        for line in lines
        if len(line) > 1
    )


def _thinned(line: Sequence[float]) -> list[float]:
    """Return at most MOST_POINTS of a line's points, evenly spaced and including the first and the last."""
    count = min(len(line), MOST_POINTS)
    return [line[place * (len(line) - 1) // (count - 1)] for place in range(count)]


def _of_largest(sizes: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    largest = max(sizes, default=0.0)
    return (tuple(round(size / largest, 3) for size in sizes),) if largest else ()
