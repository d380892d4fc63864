"""Merge two arrangements of a board's tiles, and report conflicts.

Rows and tabs have no IDs, so a row is identified by its tiles and a tab by its position. Tiles that either side added
keep their neighbours. If both sides moved existing tiles, that's a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from semantic.boards.board import Board, Height, Tab

MOVED = "You both changed the layout."


@dataclass(slots=True)
class RowOf:
    """A row being assembled, with the IDs of its tiles."""

    ids: list[str]
    height: Height = "medium"


@dataclass(slots=True)
class TabOf:
    """A tab being assembled, with its rows."""

    title: str
    rows: list[RowOf] = field(default_factory=list[RowOf])


@dataclass(slots=True)
class Arranged:
    """The merged arrangement. It can't be used if it has conflicts."""

    tabs: list[TabOf]
    conflicts: list[str] = field(default_factory=list[str])

    def row_with(self, id: str) -> tuple[TabOf, RowOf] | None:
        """Return the tab and the row that contain a tile, or None."""
        return next(((tab, row) for tab in self.tabs for row in tab.rows if id in row.ids), None)


def arrange(base: Board, mine: Board, theirs: Board, kept: Collection[str], called: Callable[[str], str]) -> Arranged:
    """Return one arrangement of the tiles in `kept` that includes both sides' changes.

    Each tile exists on at least one side. `called` returns a tile's name. The result doesn't depend on the order of the
    two sides.
    """
    if _shape(mine) == _shape(base) or _shape(mine) == _shape(theirs):
        return _of(theirs, kept)
    if _shape(theirs) == _shape(base):
        return _of(mine, kept)
    moved = [board for board in (mine, theirs) if not keeps_places(base, board)]
    if len(moved) == 2:
        return Arranged([], [MOVED])
    first = moved[0] if moved else min(mine, theirs, key=lambda board: repr(_shape(board)))
    other = theirs if first is mine else mine
    arranged = _of(first, kept)
    places = {} if moved else dict(enumerate(arranged.tabs[: len(base.tabs)]))
    _name_tabs(arranged, base, other, places)
    further = [] if moved else arranged.tabs[len(base.tabs) :]
    for place, tab in enumerate(other.tabs):
        to = (
            _further(tab, further, arranged)
            if place >= len(base.tabs)
            else places.get(place) or _titled(arranged, tab.title)
        )
        _add_from(tab, to, arranged, kept, called)
    _set_heights(arranged, base, other, called)
    if not all(_stands(side, arranged) for side in (moved or (first, other))):
        arranged.conflicts.append(MOVED)  # both added the same tile, in different places
    return arranged


def keeps_places(base: Board, side: Board) -> bool:
    """Whether a side left existing tiles in the same tabs and positions. Added and removed tiles are ignored."""
    if len(side.tabs) < len(base.tabs):
        return False
    both = {tile.id for tile in base.tiles} & {tile.id for tile in side.tiles}
    before = [_rows(tab, both) for tab in base.tabs]
    return [_rows(tab, both) for tab in side.tabs] == before + [[]] * (len(side.tabs) - len(base.tabs))


def _rows(tab: Tab, ids: Collection[str]) -> list[list[str]]:
    return [row.ids for row in _rows_of(tab, ids)]


def _shape(board: Board) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Return everything about a board's arrangement: titles, heights and tile IDs."""
    return [(tab.title, [(row.height, [tile.id for tile in row.tiles]) for row in tab.rows]) for tab in board.tabs]


def _of(board: Board, kept: Collection[str]) -> Arranged:
    """Return the arrangement of one board, limited to the tiles in `kept`."""
    return Arranged([TabOf(tab.title, list(_rows_of(tab, kept))) for tab in board.tabs])


def _rows_of(tab: Tab, kept: Collection[str]) -> Iterator[RowOf]:
    for row in tab.rows:
        ids = [tile.id for tile in row.tiles if tile.id in kept]
        if ids:
            yield RowOf(ids, row.height)


# Tabs


def _name_tabs(arranged: Arranged, base: Board, other: Board, places: dict[int, TabOf]) -> None:
    """Apply the tab titles that the other side changed."""
    for place, (before, after) in enumerate(zip(base.tabs, other.tabs, strict=False)):
        if before.title == after.title:
            continue
        here = places.get(place) or _titled(arranged, before.title) or _titled(arranged, after.title)
        if here is None or here.title not in (before.title, after.title):
            arranged.conflicts.append(f"You both changed the tab “{before.title or 'without a title'}”.")
        else:
            here.title = after.title


def _titled(arranged: Arranged, title: str) -> TabOf | None:
    """Return the only tab with this title, or None if no tab or several tabs have it."""
    return _only(tab for tab in arranged.tabs if tab.title == title)


def _only(tabs: Iterable[TabOf]) -> TabOf | None:
    found_tabs = list(tabs)
    return found_tabs[0] if len(found_tabs) == 1 else None


def _further(tab: Tab, further: list[TabOf], arranged: Arranged) -> TabOf:
    """Return the tab that a new tab of the other side is merged into.

    It's the tab with the same title that this side added, if there is exactly one. Otherwise, a new tab is added at the
    end.
    """
    here = _only(candidate for candidate in further if candidate.title == tab.title)
    if here is None:
        here = TabOf(tab.title)
        arranged.tabs.append(here)
    return here


# Tiles


def _add_from(
    tab: Tab, to: TabOf | None, arranged: Arranged, kept: Collection[str], called: Callable[[str], str]
) -> None:
    """Add the tiles that the other side added to a tab, next to their neighbours there."""
    order = [tile.id for row in tab.rows for tile in row.tiles]
    for row in tab.rows:
        ids = [tile.id for tile in row.tiles]
        for id in ids:
            if id not in kept or arranged.row_with(id) is not None:
                continue
            if _put_beside(id, ids, arranged):
                continue
            if _put_below(RowOf([id], row.height), id, order, arranged):
                continue
            if to is None:
                arranged.conflicts.append(
                    f"One of you added “{called(id)}” to the tab “{tab.title}”, which the other changed."
                )
                return
            to.rows.append(RowOf([id], row.height))


def _put_beside(id: str, ids: list[str], arranged: Arranged) -> bool:
    """Put a tile into the row of its nearest neighbour from the same row.

    The tile goes after the previous tile, or before the next one if there is no previous tile.
    """
    place = ids.index(id)
    for near, step in [
        *((tile_id, 1) for tile_id in reversed(ids[:place])),
        *((tile_id, 0) for tile_id in ids[place + 1 :]),
    ]:
        here = arranged.row_with(near)
        if here is not None:
            row = here[1]
            row.ids.insert(row.ids.index(near) + step, id)
            return True
    return False


def _put_below(line: RowOf, id: str, order: list[str], arranged: Arranged) -> bool:
    """Put a tile into a new row.

    The new row goes below the row of the nearest earlier tile in the tab. If there is none, it goes above the row of
    the next tile.
    """
    place = order.index(id)
    for near, step in [
        *((tab_id, 1) for tab_id in reversed(order[:place])),
        *((tab_id, 0) for tab_id in order[place + 1 :]),
    ]:
        here = arranged.row_with(near)
        if here is not None:
            tab, row = here
            at = next(at for at, tab_row in enumerate(tab.rows) if tab_row is row)
            tab.rows.insert(at + step, line)
            return True
    return False


def _stands(side: Board, arranged: Arranged) -> bool:
    """Whether a side's tiles keep their relative positions in the merged arrangement."""
    mine = {tile.id for tile in side.tiles}
    texts = {id for tab in arranged.tabs for row in tab.rows for id in row.ids}
    now = ([ids for row in tab.rows if (ids := [id for id in row.ids if id in mine])] for tab in arranged.tabs)
    return [rows for rows in now if rows] == [rows for tab in side.tabs if (rows := _rows(tab, texts))]


# Heights


def _set_heights(arranged: Arranged, base: Board, other: Board, called: Callable[[str], str]) -> None:
    """Apply the heights that the other side changed to existing rows."""
    heights = {tile.id: (row.height, row) for tab in base.tabs for row in tab.rows for tile in row.tiles}
    for row in (row for tab in other.tabs for row in tab.rows):
        stayed = [tile.id for tile in row.tiles if tile.id in heights]
        if not stayed or heights[stayed[0]][0] == row.height:
            continue
        before, was = heights[stayed[0]]
        here = [it[1] for key in stayed if (it := arranged.row_with(key)) is not None]
        known = {tile.id for tile in was.tiles}
        for line in here:
            is_another = any(tile_id in heights and tile_id not in known for tile_id in line.ids)
            if line.height == row.height:
                continue
            if line.height != before or is_another:
                arranged.conflicts.append(f"You both changed the row of “{called(line.ids[0])}”.")
                return
            line.height = row.height
