"""Where the tiles of a board stand, as two have arranged them: brought together, or what of it cannot be both.

Rows and tabs have no names of their own, so a row is known by the tiles in it and a tab by its place. Tiles of both are
put beside what they stood beside; only one of the two may have moved what was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from semantic.boards.board import Board, Height, Tab

MOVED = "You both changed the layout."


@dataclass(slots=True)
class RowOf:
    """A row being put together: its tiles by id."""

    ids: list[str]
    height: Height = "medium"


@dataclass(slots=True)
class TabOf:
    """A tab being put together."""

    title: str
    rows: list[RowOf] = field(default_factory=list[RowOf])


@dataclass(slots=True)
class Arranged:
    """Where everything stands; of no use where there are conflicts."""

    tabs: list[TabOf]
    conflicts: list[str] = field(default_factory=list[str])

    def row_with(self, id: str) -> tuple[TabOf, RowOf] | None:
        """Where a tile stands."""
        return next(((tab, row) for tab in self.tabs for row in tab.rows if id in row.ids), None)


def arrange(base: Board, mine: Board, theirs: Board, kept: Collection[str], called: Callable[[str], str]) -> Arranged:
    """The tiles of `kept`, each somewhere in mine or theirs, as both have arranged them. `called` names a tile.

    Whose is whose decides nothing.
    """
    if _shape(mine) == _shape(base) or _shape(mine) == _shape(theirs):
        return _of(theirs, kept)
    if _shape(theirs) == _shape(base):
        return _of(mine, kept)
    moved = [one for one in (mine, theirs) if not keeps_places(base, one)]
    if len(moved) == 2:
        return Arranged([], [MOVED])
    first = moved[0] if moved else min(mine, theirs, key=lambda one: repr(_shape(one)))
    other = theirs if first is mine else mine
    found = _of(first, kept)
    places = {} if moved else dict(enumerate(found.tabs[: len(base.tabs)]))
    _name_tabs(found, base, other, places)
    further = [] if moved else found.tabs[len(base.tabs) :]
    for place, tab in enumerate(other.tabs):
        to = (
            _further(tab, further, found) if place >= len(base.tabs) else places.get(place) or _titled(found, tab.title)
        )
        _add_from(tab, to, found, kept, called)
    _set_heights(found, base, other, called)
    if not all(_stands(side, found) for side in (moved or (first, other))):
        found.conflicts.append(MOVED)  # both added one tile, each in another place
    return found


def keeps_places(base: Board, side: Board) -> bool:
    """Whether what was there before stands as it did, in the same tabs, whatever came or went beside it."""
    if len(side.tabs) < len(base.tabs):
        return False
    both = {one.id for one in base.tiles} & {one.id for one in side.tiles}
    before = [_rows(tab, both) for tab in base.tabs]
    return [_rows(tab, both) for tab in side.tabs] == before + [[]] * (len(side.tabs) - len(base.tabs))


def _rows(tab: Tab, ids: Collection[str]) -> list[list[str]]:
    return [row.ids for row in _rows_of(tab, ids)]


def _shape(board: Board) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Titles, heights and ids: all that is arranged."""
    return [(tab.title, [(row.height, [one.id for one in row.tiles]) for row in tab.rows]) for tab in board.tabs]


def _of(board: Board, kept: Collection[str]) -> Arranged:
    """A board's own arrangement of the tiles that are kept."""
    return Arranged([TabOf(tab.title, list(_rows_of(tab, kept))) for tab in board.tabs])


def _rows_of(tab: Tab, kept: Collection[str]) -> Iterator[RowOf]:
    for row in tab.rows:
        ids = [one.id for one in row.tiles if one.id in kept]
        if ids:
            yield RowOf(ids, row.height)


# Tabs


def _name_tabs(found: Arranged, base: Board, other: Board, places: dict[int, TabOf]) -> None:
    """The headings that the other one gave."""
    for place, (before, after) in enumerate(zip(base.tabs, other.tabs, strict=False)):
        if before.title == after.title:
            continue
        here = places.get(place) or _titled(found, before.title) or _titled(found, after.title)
        if here is None or here.title not in (before.title, after.title):
            found.conflicts.append(f"You both changed the tab “{before.title or 'without a title'}”.")
        else:
            here.title = after.title


def _titled(found: Arranged, title: str) -> TabOf | None:
    """The one tab of a title; None where there are several."""
    return _only(one for one in found.tabs if one.title == title)


def _only(tabs: Iterable[TabOf]) -> TabOf | None:
    found = list(tabs)
    return found[0] if len(found) == 1 else None


def _further(tab: Tab, further: list[TabOf], found: Arranged) -> TabOf:
    """Where a tab that the other one added is: the one that both added under one title, else a tab at the end."""
    here = _only(one for one in further if one.title == tab.title)
    if here is None:
        here = TabOf(tab.title)
        found.tabs.append(here)
    return here


# Tiles


def _add_from(tab: Tab, to: TabOf | None, found: Arranged, kept: Collection[str], called: Callable[[str], str]) -> None:
    """The tiles that the other one added to a tab, beside what they stand beside there."""
    order = [one.id for row in tab.rows for one in row.tiles]
    for row in tab.rows:
        ids = [one.id for one in row.tiles]
        for id in ids:
            if id not in kept or found.row_with(id) is not None:
                continue
            if _put_beside(id, ids, found):
                continue
            if _put_below(RowOf([id], row.height), id, order, found):
                continue
            if to is None:
                found.conflicts.append(
                    f"One of you added “{called(id)}” to the tab “{tab.title}”, which the other changed."
                )
                return
            to.rows.append(RowOf([id], row.height))


def _put_beside(id: str, ids: list[str], found: Arranged) -> bool:
    """Into the row of the nearest tile of its own row: after one before it, else before one after it."""
    place = ids.index(id)
    for near, step in [*((one, 1) for one in reversed(ids[:place])), *((one, 0) for one in ids[place + 1 :])]:
        here = found.row_with(near)
        if here is not None:
            row = here[1]
            row.ids.insert(row.ids.index(near) + step, id)
            return True
    return False


def _put_below(line: RowOf, id: str, order: list[str], found: Arranged) -> bool:
    """A row of its own, below that of the nearest tile before it in its tab, else above that of one after it."""
    place = order.index(id)
    for near, step in [*((one, 1) for one in reversed(order[:place])), *((one, 0) for one in order[place + 1 :])]:
        here = found.row_with(near)
        if here is not None:
            tab, row = here
            at = next(at for at, one in enumerate(tab.rows) if one is row)
            tab.rows.insert(at + step, line)
            return True
    return False


def _stands(side: Board, found: Arranged) -> bool:
    """Whether what one of the two has stands to each other as it does there."""
    mine = {one.id for one in side.tiles}
    kept = {id for tab in found.tabs for row in tab.rows for id in row.ids}
    now = ([ids for row in tab.rows if (ids := [id for id in row.ids if id in mine])] for tab in found.tabs)
    return [rows for rows in now if rows] == [rows for tab in side.tabs if (rows := _rows(tab, kept))]


# Heights


def _set_heights(found: Arranged, base: Board, other: Board, called: Callable[[str], str]) -> None:
    """The heights that the other one gave to rows that were there."""
    heights = {one.id: (row.height, row) for tab in base.tabs for row in tab.rows for one in row.tiles}
    for row in (row for tab in other.tabs for row in tab.rows):
        stayed = [one.id for one in row.tiles if one.id in heights]
        if not stayed or heights[stayed[0]][0] == row.height:
            continue
        before, was = heights[stayed[0]]
        here = [it[1] for one in stayed if (it := found.row_with(one)) is not None]
        known = {one.id for one in was.tiles}
        for line in here:
            is_another = any(one in heights and one not in known for one in line.ids)
            if line.height == row.height:
                continue
            if line.height != before or is_another:
                found.conflicts.append(f"You both changed the row of “{called(line.ids[0])}”.")
                return
            line.height = row.height
