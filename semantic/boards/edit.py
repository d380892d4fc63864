"""Edit a board one step at a time.

Each step adds, moves, changes or removes tiles, rows or tabs, and returns a new board.

A row is created with its first tile and removed with its last one. If the board has no room for a new part, the step
raises InvalidQuery with a sentence. If a tile or place no longer exists, the board doesn't change, because it may have
been removed in another window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from semantic.boards.board import (
    MOST_TABS,
    MOST_TILES,
    MOST_TILES_IN_A_ROW,
    UNITS,
    Board,
    BoardState,
    Height,
    Row,
    Shared,
    Tab,
    Tile,
    ValueFilter,
)
from semantic.errors import InvalidQuery

LEAST_WIDTH = 2
"""The smallest width to which a tile can be resized, in UNITS."""

Way = Literal["up", "down", "left", "right"]


@dataclass(frozen=True, slots=True)
class Place:
    """A position on a board: the tab, the row in the tab, and the tile in the row, each counted from 0."""

    tab: int
    row: int
    tile: int = 0


def place_of(board: Board, tile: str) -> Place | None:
    """Return the position of the tile with this ID, or None."""
    return next((place for place, candidate in _placed(board) if candidate.id == tile), None)


def find_tile(board: Board, tile: str) -> Tile | None:
    """Return the tile with this ID, or None."""
    return next((board_tile for board_tile in board.tiles if board_tile.id == tile), None)


# Tiles


def add_tile(board: Board, tile: Tile, *, tab: int, row: int | None = None) -> Board:
    """Add a tile at the end of a row or, if no row is given, in a new row at the end of the tab.

    A board without tabs gets one.
    """
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
    """Replace the tile that has the same ID."""

    def change(row: Row) -> Row:
        if all(row_tile.id != tile.id for row_tile in row.tiles):
            return row
        changed = replace(row, tiles=tuple(tile if row_tile.id == tile.id else row_tile for row_tile in row.tiles))
        return fit_widths(changed, keep=tile.id)

    return _each_row(board, change)


def remove_tile(board: Board, tile: str) -> Board:
    """Remove the tile, and also its row if that leaves the row empty."""
    return _each_row(
        board, lambda row: replace(row, tiles=tuple(row_tile for row_tile in row.tiles if row_tile.id != tile))
    )


def duplicate_tile(board: Board, tile: str, id: str) -> Board:
    """Add a copy of the tile with the given ID, next to it or, if its row is full, in a row below."""
    place, moved = place_of(board, tile), find_tile(board, tile)
    if place is None or moved is None:
        return board
    if len(board.tiles) >= MOST_TILES:
        raise InvalidQuery(f"A board can have at most {MOST_TILES} tiles. Remove one, or create another board.")
    twin = replace(moved, id=id)
    rows = board.tabs[place.tab].rows
    tiles = rows[place.row].tiles
    if len(tiles) < MOST_TILES_IN_A_ROW:
        beside = replace(rows[place.row], tiles=(*tiles[: place.tile + 1], twin, *tiles[place.tile + 1 :]))
        return _with_rows(board, place.tab, _put(rows, place.row, fit_widths(beside)))
    below = replace(rows[place.row], tiles=(replace(twin, width=0),))
    return _with_rows(board, place.tab, (*rows[: place.row + 1], below, *rows[place.row + 1 :]))


def move_tile(board: Board, tile: str, way: Way) -> Board:
    """Move a tile one step.

    Left and right swap the tile with its neighbour. Up and down first move the tile into a new row. A tile alone
    in its row moves into the next row if there is room, and otherwise swaps with that row.
    """
    place, moved = place_of(board, tile), find_tile(board, tile)
    if place is None or moved is None or not can_move(board, tile, way):
        return board
    rows = board.tabs[place.tab].rows
    tiles = rows[place.row].tiles
    if way in ("left", "right"):
        order = _swapped(tiles, place.tile, place.tile + (1 if way == "right" else -1))
        return _with_rows(board, place.tab, _put(rows, place.row, replace(rows[place.row], tiles=order)))
    if len(tiles) > 1:
        rest = replace(rows[place.row], tiles=tuple(other for other in tiles if other.id != tile))
        alone = replace(rows[place.row], tiles=(replace(moved, width=0),))
        both = (alone, rest) if way == "up" else (rest, alone)
        return _with_rows(board, place.tab, (*rows[: place.row], *both, *rows[place.row + 1 :]))
    to = place.row + (1 if way == "down" else -1)
    if len(rows[to].tiles) >= MOST_TILES_IN_A_ROW:
        return _with_rows(board, place.tab, _swapped(rows, place.row, to))
    joined = fit_widths(replace(rows[to], tiles=(*rows[to].tiles, replace(moved, width=0))))
    return _with_rows(board, place.tab, tuple(row for at, row in enumerate(_put(rows, to, joined)) if at != place.row))


def can_move(board: Board, tile: str, way: Way) -> bool:
    """Whether a tile can move one step in that direction."""
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
    """Move a tile to the end of another row. Without a row, add a new row for it at the end of the tab."""
    place, moved = place_of(board, tile), find_tile(board, tile)
    if place is None or moved is None or not 0 <= tab < len(board.tabs) or (place.tab, place.row) == (tab, row):
        return board
    rows = board.tabs[tab].rows
    beside = rows[row].tiles[0].id if row is not None and 0 <= row < len(rows) else None
    if row is not None and beside is not None:
        _check_room(rows[row])
    rest = remove_tile(board, tile)
    place = place_of(rest, beside) if beside is not None else None  # row numbers change if one was removed
    return add_tile(rest, replace(moved, width=0), tab=tab, row=place.row if place else None)


def place_tile(board: Board, tile: str, *, tab: int, row: int, place: int = 0, new_row: bool = False) -> Board:
    """Move a tile to where it was dropped: in front of the tile at `place` in a row, or at the end of the row.

    With `new_row`, the tile gets its own row above `row`, or below the last row.

    Rows and places are counted on the board as it was when the tile was picked up, with the tile still in it. The tile
    shares the width of its new row, and the remaining tiles fill the old row.
    """
    start, moved = place_of(board, tile), find_tile(board, tile)
    if start is None or moved is None or not 0 <= tab < len(board.tabs):
        return board
    rows = board.tabs[tab].rows
    if new_row:
        return _place_in_new_row(board, moved, start, tab, row) if 0 <= row <= len(rows) else board
    if not 0 <= row < len(rows) or not 0 <= place <= len(rows[row].tiles):
        return board
    if (start.tab, start.row) == (tab, row):
        order = [other for other in rows[row].tiles if other.id != tile]
        order.insert(place - (place > start.tile), moved)
        return _with_rows(board, tab, _put(rows, row, replace(rows[row], tiles=tuple(order))))
    _check_room(rows[row])
    tiles = rows[row].tiles
    joined = replace(rows[row], tiles=(*tiles[:place], replace(moved, width=0), *tiles[place:]))
    return _leave(_with_rows(board, tab, _put(rows, row, fit_widths(joined))), start)


def _place_in_new_row(board: Board, moved: Tile, start: Place, tab: int, row: int) -> Board:
    rows = board.tabs[tab].rows
    was = board.tabs[start.tab].rows[start.row]
    alone = Row(tiles=(replace(moved, width=0),), height=was.height)
    below = start.tab == tab and row <= start.row  # the new row pushes the old one down
    placed = _with_rows(board, tab, (*rows[:row], alone, *rows[row:]))
    return _leave(placed, replace(start, row=start.row + below))


def _leave(board: Board, place: Place) -> Board:
    """Remove the tile at a position, and also its row if that leaves the row empty.

    The tile was copied elsewhere before.
    """
    rows = board.tabs[place.tab].rows
    rest = tuple(tile for at, tile in enumerate(rows[place.row].tiles) if at != place.tile)
    left = (fit_widths(replace(rows[place.row], tiles=rest)),) if rest else ()
    return _with_rows(board, place.tab, (*rows[: place.row], *left, *rows[place.row + 1 :]))


def step_tile(board: Board, tile: str, way: Literal["up", "down"]) -> Board:
    """Move a tile one step in reading order, as on a phone, where a row's tiles are stacked.

    Within its row, it changes places with its neighbour. At the end of the row, a tile with its own row moves past the
    whole next row. Any other tile joins the next row behind its first tile, or in front of its last, if that row has
    several tiles and room. Otherwise it moves to a new row on the far side of that row.
    """
    start = place_of(board, tile)
    if start is None:
        return board
    rows = board.tabs[start.tab].rows
    step = 1 if way == "down" else -1
    count, to = len(rows[start.row].tiles), start.row + step
    if 0 <= start.tile + step < count:
        place = start.tile + (2 if way == "down" else -1)
        return place_tile(board, tile, tab=start.tab, row=start.row, place=place)
    if not 0 <= to < len(rows):
        if count == 1:
            return board
        return place_tile(board, tile, tab=start.tab, row=start.row + (way == "down"), new_row=True)
    others = len(rows[to].tiles)
    if count > 1 and 1 < others < MOST_TILES_IN_A_ROW:
        return place_tile(board, tile, tab=start.tab, row=to, place=1 if way == "down" else others - 1)
    return place_tile(board, tile, tab=start.tab, row=to + (way == "down"), new_row=True)


def set_width(board: Board, tile: str, width: int) -> Board:
    """Set a tile's width, and resize its neighbour to compensate.

    The neighbour is the next tile or, for the last tile, the previous one. Other tiles of the row keep their widths.
    Both tiles stay at least LEAST_WIDTH wide. If all widths of the row become equal, its tiles have automatic widths
    again.
    """
    place = place_of(board, tile)
    if place is None:
        return board
    rows = board.tabs[place.tab].rows
    tiles = rows[place.row].tiles
    if len(tiles) < 2:
        return board
    widths = list(widths_of(tiles))
    other = place.tile + 1 if place.tile + 1 < len(tiles) else place.tile - 1
    both = widths[place.tile] + widths[other]
    widths[place.tile] = max(LEAST_WIDTH, min(width, both - LEAST_WIDTH))
    widths[other] = both - widths[place.tile]
    if len(set(widths)) == 1:
        widths = [0] * len(widths)
    sized = tuple(replace(row_tile, width=each) for row_tile, each in zip(tiles, widths, strict=True))
    return _with_rows(board, place.tab, _put(rows, place.row, replace(rows[place.row], tiles=sized)))


def widths_of(tiles: Sequence[Tile]) -> tuple[int, ...]:
    """Return each tile's width in twelfths of a row: its own width, or an equal part of the space left by the others.

    If the space doesn't divide evenly, the first tiles are wider. If the widths don't fit the row, all become equal.

    >>> from semantic.boards.board import TileKind
    >>> widths_of([Tile(id="a", kind=TileKind.CHART, width=8), Tile(id="b", kind=TileKind.TEXT)])
    (8, 4)
    """
    free = [tile for tile in tiles if not tile.width]
    left = UNITS - sum(tile.width for tile in tiles)
    if left < len(free) or (not free and left):
        return _equal(UNITS, len(tiles))
    parts = iter(_equal(left, len(free)) if free else ())
    return tuple(tile.width or next(parts) for tile in tiles)


def _equal(units: int, count: int) -> tuple[int, ...]:
    return tuple(units // count + (place < units % count) for place in range(count))


def fit_widths(row: Row, *, keep: str = "") -> Row:
    """Return the row with widths that fill it.

    If the current widths don't fill it, all tiles except `keep` get automatic widths.
    """
    total = sum(tile.width for tile in row.tiles)
    shared = sum(1 for tile in row.tiles if not tile.width)
    if total + shared <= UNITS if shared else total == UNITS:
        return row
    kept = min(next((tile.width for tile in row.tiles if tile.id == keep), 0), UNITS - (len(row.tiles) - 1))
    return replace(row, tiles=tuple(replace(tile, width=kept if tile.id == keep else 0) for tile in row.tiles))


# Rows


def set_height(board: Board, place: Place, height: Height) -> Board:
    """Set the height of a row."""
    if not _is_row(board, place):
        return board
    rows = board.tabs[place.tab].rows
    return _with_rows(board, place.tab, _put(rows, place.row, replace(rows[place.row], height=height)))


def move_row(board: Board, place: Place, way: Literal["up", "down"]) -> Board:
    """Swap a row with the row above or below it."""
    to = place.row + (1 if way == "down" else -1)
    if not _is_row(board, place) or not _is_row(board, Place(place.tab, to)):
        return board
    return _with_rows(board, place.tab, _swapped(board.tabs[place.tab].rows, place.row, to))


def remove_row(board: Board, place: Place) -> Board:
    """Remove a row and its tiles."""
    if not _is_row(board, place):
        return board
    return _with_rows(
        board, place.tab, tuple(row for at, row in enumerate(board.tabs[place.tab].rows) if at != place.row)
    )


# Tabs


def add_tab(board: Board, title: str) -> Board:
    """Add a tab at the end."""
    if len(board.tabs) >= MOST_TABS:
        raise InvalidQuery(f"A board can have at most {MOST_TABS} tabs. Create another board.")
    return replace(board, tabs=(*board.tabs, Tab(title=title)))


def name_tab(board: Board, tab: int, title: str) -> Board:
    """Rename a tab."""
    if not 0 <= tab < len(board.tabs):
        return board
    return replace(board, tabs=_put(board.tabs, tab, replace(board.tabs[tab], title=title)))


def move_tab(board: Board, tab: int, way: Literal["left", "right"]) -> Board:
    """Swap a tab with the tab to its left or right."""
    to = tab + (1 if way == "right" else -1)
    if not 0 <= tab < len(board.tabs) or not 0 <= to < len(board.tabs):
        return board
    return replace(board, tabs=_swapped(board.tabs, tab, to))


def remove_tab(board: Board, tab: int) -> Board:
    """Remove a tab and its tiles."""
    return replace(board, tabs=tuple(board_tab for at, board_tab in enumerate(board.tabs) if at != tab))


# The filter bar


def set_filters(board: Board, filters: tuple[str, ...]) -> Board:
    """Set the dimensions of the filter bar by name. The default values of a removed dimension are removed too."""
    current = {condition.dim: condition for condition in board.filters}
    shared = tuple(current[name] if name in current else Shared(name) for name in filters)
    chosen = tuple(choice for choice in board.start.chosen if choice.dim in filters)
    return replace(board, filters=shared, start=replace(board.start, chosen=chosen))


def set_start(board: Board, start: BoardState) -> Board:
    """Set the default view. Selections by clicks aren't part of it, and it always opens the first tab."""
    return replace(board, start=replace(start, picked=(), tab=0))


def begin_with(board: Board, shared: Shared, chosen: ValueFilter | None) -> Board:
    """Set the default values for one of the board's dimensions. With None, all values are shown by default.

    A dimension that the board already has keeps its position. A new one is added at the end.
    """
    current = next(
        (choice for choice in board.start.chosen if (choice.dim, choice.via) == (shared.dim, shared.via)), None
    )
    choices = [choice for choice in board.start.chosen if choice != current]
    place = board.start.chosen.index(current) if current is not None else len(choices)
    if chosen is not None:
        choices.insert(place, chosen)
    return set_start(board, replace(board.start, chosen=tuple(choices)))


# Helpers


def _placed(board: Board) -> Iterator[tuple[Place, Tile]]:
    for tab, board_tab in enumerate(board.tabs):
        for row, line in enumerate(board_tab.rows):
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
    """Apply a change to every row, and remove rows that are empty afterwards."""
    tabs = (
        replace(tab, rows=tuple(row for tab_row in tab.rows if (row := change(tab_row)).tiles)) for tab in board.tabs
    )
    return replace(board, tabs=tuple(tabs))


Thing = TypeVar("Thing")


def _put(things: tuple[Thing, ...], at: int, thing: Thing) -> tuple[Thing, ...]:
    return (*things[:at], thing, *things[at + 1 :])


def _swapped(things: tuple[Thing, ...], number: int, other: int) -> tuple[Thing, ...]:
    return _put(_put(things, number, things[other]), other, things[number])
