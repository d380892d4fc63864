"""Changing a board one step at a time: tiles, rows and tabs added, moved, changed and taken away; each gives a new one.

A row is there for its tiles: it comes with the first and goes with the last. What a board has no room for is refused
with InvalidQuery and a sentence. A tile or place that is not there any more leaves the board as it is, since another
window may have taken it away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from semantic.boards.board import (
    MOST_TABS,
    MOST_TILES,
    MOST_TILES_IN_A_ROW,
    UNITS,
    Board,
    BoardState,
    Chosen,
    Height,
    Row,
    Shared,
    Tab,
    Tile,
)
from semantic.errors import InvalidQuery

Way = Literal["up", "down", "left", "right"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, each counted from 0: the tab, the row in it, the tile in that."""

    tab: int
    row: int
    tile: int = 0


def place_of(board: Board, tile: str) -> Place | None:
    """Where a tile stands, by its id."""
    return next((place for place, one in _placed(board) if one.id == tile), None)


def find_tile(board: Board, tile: str) -> Tile | None:
    """A tile by its id."""
    return next((one for one in board.tiles if one.id == tile), None)


# Tiles


def add_tile(board: Board, tile: Tile, *, tab: int, row: int | None = None) -> Board:
    """At the end of a row, or without one in a row of its own at the end of the tab. A board without tabs gets one."""
    if len(board.tiles) >= MOST_TILES:
        raise InvalidQuery(f"A board can have at most {MOST_TILES} tiles. Remove one, or create another board.")
    if not board.tabs:
        board, tab, row = replace(board, tabs=(Tab(),)), 0, None
    rows = board.tabs[tab].rows
    if row is None or not 0 <= row < len(rows):
        return _with_rows(board, tab, (*rows, Row(tiles=(tile,))))
    _check_room(rows[row])
    return _with_rows(board, tab, _put(rows, row, fit_widths(replace(rows[row], tiles=(*rows[row].tiles, tile)))))


def change_tile(board: Board, tile: Tile) -> Board:
    """The tile in place of the one with its id."""

    def change(row: Row) -> Row:
        if all(one.id != tile.id for one in row.tiles):
            return row
        changed = replace(row, tiles=tuple(tile if one.id == tile.id else one for one in row.tiles))
        return fit_widths(changed, keep=tile.id)

    return _each_row(board, change)


def remove_tile(board: Board, tile: str) -> Board:
    """Without the tile, and without its row where it was the last."""
    return _each_row(board, lambda row: replace(row, tiles=tuple(one for one in row.tiles if one.id != tile)))


def duplicate_tile(board: Board, tile: str, id: str) -> Board:
    """A second one, called `id`, beside it; below it where its row is full."""
    place, one = place_of(board, tile), find_tile(board, tile)
    if place is None or one is None:
        return board
    if len(board.tiles) >= MOST_TILES:
        raise InvalidQuery(f"A board can have at most {MOST_TILES} tiles. Remove one, or create another board.")
    twin = replace(one, id=id)
    rows = board.tabs[place.tab].rows
    tiles = rows[place.row].tiles
    if len(tiles) < MOST_TILES_IN_A_ROW:
        beside = replace(rows[place.row], tiles=(*tiles[: place.tile + 1], twin, *tiles[place.tile + 1 :]))
        return _with_rows(board, place.tab, _put(rows, place.row, fit_widths(beside)))
    below = replace(rows[place.row], tiles=(replace(twin, width=0),))
    return _with_rows(board, place.tab, (*rows[: place.row + 1], below, *rows[place.row + 1 :]))


def move_tile(board: Board, tile: str, way: Way) -> Board:
    """A step on.

    Left and right change places with the neighbour. Up and down first take a tile out of its row, into one of its own;
    a tile that has its row to itself goes into the next row where there is room, else changes places with it.
    """
    place, one = place_of(board, tile), find_tile(board, tile)
    if place is None or one is None or not can_move(board, tile, way):
        return board
    rows = board.tabs[place.tab].rows
    tiles = rows[place.row].tiles
    if way in ("left", "right"):
        order = _swapped(tiles, place.tile, place.tile + (1 if way == "right" else -1))
        return _with_rows(board, place.tab, _put(rows, place.row, replace(rows[place.row], tiles=order)))
    if len(tiles) > 1:
        rest = replace(rows[place.row], tiles=tuple(other for other in tiles if other.id != tile))
        alone = replace(rows[place.row], tiles=(replace(one, width=0),))
        both = (alone, rest) if way == "up" else (rest, alone)
        return _with_rows(board, place.tab, (*rows[: place.row], *both, *rows[place.row + 1 :]))
    to = place.row + (1 if way == "down" else -1)
    if len(rows[to].tiles) >= MOST_TILES_IN_A_ROW:
        return _with_rows(board, place.tab, _swapped(rows, place.row, to))
    joined = fit_widths(replace(rows[to], tiles=(*rows[to].tiles, replace(one, width=0))))
    return _with_rows(board, place.tab, tuple(row for at, row in enumerate(_put(rows, to, joined)) if at != place.row))


def can_move(board: Board, tile: str, way: Way) -> bool:
    """Whether there is a step that way."""
    place = place_of(board, tile)
    if place is None:
        return False
    rows = board.tabs[place.tab].rows
    count = len(rows[place.row].tiles)
    match way:
        case "left":
            return place.tile > 0
        case "right":
            return place.tile < count - 1
        case "up":
            return place.row > 0 or count > 1
        case "down":
            return place.row < len(rows) - 1 or count > 1


def put_tile(board: Board, tile: str, *, tab: int, row: int | None) -> Board:
    """A tile into another row, at its end; without a row, into one of its own at the end of the tab."""
    place, one = place_of(board, tile), find_tile(board, tile)
    if place is None or one is None or not 0 <= tab < len(board.tabs) or (place.tab, place.row) == (tab, row):
        return board
    rows = board.tabs[tab].rows
    beside = rows[row].tiles[0].id if row is not None and 0 <= row < len(rows) else None
    if row is not None and beside is not None:
        _check_room(rows[row])
    rest = remove_tile(board, tile)
    found = place_of(rest, beside) if beside is not None else None  # rows count anew where one has gone
    return add_tile(rest, replace(one, width=0), tab=tab, row=found.row if found else None)


def fit_widths(row: Row, *, keep: str = "") -> Row:
    """The row with widths that fill it: where they do not, all share it, and `keep` has what it was given."""
    given = sum(one.width for one in row.tiles)
    shared = sum(1 for one in row.tiles if not one.width)
    if given + shared <= UNITS if shared else given == UNITS:
        return row
    kept = min(next((one.width for one in row.tiles if one.id == keep), 0), UNITS - (len(row.tiles) - 1))
    return replace(row, tiles=tuple(replace(one, width=kept if one.id == keep else 0) for one in row.tiles))


# Rows


def set_height(board: Board, place: Place, height: Height) -> Board:
    """Another height for a row."""
    if not _is_row(board, place):
        return board
    rows = board.tabs[place.tab].rows
    return _with_rows(board, place.tab, _put(rows, place.row, replace(rows[place.row], height=height)))


def move_row(board: Board, place: Place, way: Literal["up", "down"]) -> Board:
    """A row past its neighbour."""
    to = place.row + (1 if way == "down" else -1)
    if not _is_row(board, place) or not _is_row(board, Place(place.tab, to)):
        return board
    return _with_rows(board, place.tab, _swapped(board.tabs[place.tab].rows, place.row, to))


def remove_row(board: Board, place: Place) -> Board:
    """Without a row and the tiles in it."""
    if not _is_row(board, place):
        return board
    return _with_rows(
        board, place.tab, tuple(row for at, row in enumerate(board.tabs[place.tab].rows) if at != place.row)
    )


# Tabs


def add_tab(board: Board, title: str) -> Board:
    """A further tab at the end."""
    if len(board.tabs) >= MOST_TABS:
        raise InvalidQuery(f"A board can have at most {MOST_TABS} tabs. Create another board.")
    return replace(board, tabs=(*board.tabs, Tab(title=title)))


def name_tab(board: Board, tab: int, title: str) -> Board:
    """Another heading for a tab."""
    if not 0 <= tab < len(board.tabs):
        return board
    return replace(board, tabs=_put(board.tabs, tab, replace(board.tabs[tab], title=title)))


def move_tab(board: Board, tab: int, way: Literal["left", "right"]) -> Board:
    """A tab past its neighbour."""
    to = tab + (1 if way == "right" else -1)
    if not 0 <= tab < len(board.tabs) or not 0 <= to < len(board.tabs):
        return board
    return replace(board, tabs=_swapped(board.tabs, tab, to))


def remove_tab(board: Board, tab: int) -> Board:
    """Without a tab and the tiles in it."""
    return replace(board, tabs=tuple(one for at, one in enumerate(board.tabs) if at != tab))


# The bar


def set_filters(board: Board, filters: tuple[str, ...]) -> Board:
    """The dimensions of the filter bar by name. What the board begins with of one that goes is not set any more."""
    kept = {one.dim: one for one in board.filters}
    shared = tuple(kept[name] if name in kept else Shared(name) for name in filters)
    chosen = tuple(one for one in board.start.chosen if one.dim in filters)
    return replace(board, filters=shared, start=replace(board.start, chosen=chosen))


def set_start(board: Board, start: BoardState) -> Board:
    """What is set for whoever opens the board: never a click of somebody, and always the first tab."""
    return replace(board, start=replace(start, picked=(), tab=0))


def begin_with(board: Board, shared: Shared, chosen: Chosen | None) -> Board:
    """What the board is narrowed to of one dimension for whoever opens it, None for all of it; in its place among the
    others, else at their end."""
    current = next((one for one in board.start.chosen if (one.dim, one.via) == (shared.dim, shared.via)), None)
    kept = [one for one in board.start.chosen if one != current]
    place = board.start.chosen.index(current) if current is not None else len(kept)
    if chosen is not None:
        kept.insert(place, chosen)
    return set_start(board, replace(board.start, chosen=tuple(kept)))


# What it is made of


def _placed(board: Board) -> Iterator[tuple[Place, Tile]]:
    for tab, one in enumerate(board.tabs):
        for row, line in enumerate(one.rows):
            for at, tile in enumerate(line.tiles):
                yield Place(tab, row, at), tile


def _is_row(board: Board, place: Place) -> bool:
    return 0 <= place.tab < len(board.tabs) and 0 <= place.row < len(board.tabs[place.tab].rows)


def _check_room(row: Row) -> None:
    if len(row.tiles) >= MOST_TILES_IN_A_ROW:
        raise InvalidQuery(f"A row can have at most {MOST_TILES_IN_A_ROW} tiles. Use another row.")


def _with_rows(board: Board, tab: int, rows: tuple[Row, ...]) -> Board:
    return replace(board, tabs=_put(board.tabs, tab, replace(board.tabs[tab], rows=rows)))


def _each_row(board: Board, change: Callable[[Row], Row]) -> Board:
    """Every row as changed; those without tiles are gone."""
    tabs = (replace(tab, rows=tuple(row for one in tab.rows if (row := change(one)).tiles)) for tab in board.tabs)
    return replace(board, tabs=tuple(tabs))


Thing = TypeVar("Thing")


def _put(things: tuple[Thing, ...], at: int, thing: Thing) -> tuple[Thing, ...]:
    return (*things[:at], thing, *things[at + 1 :])


def _swapped(things: tuple[Thing, ...], one: int, other: int) -> tuple[Thing, ...]:
    return _put(_put(things, one, things[other]), other, things[one])
