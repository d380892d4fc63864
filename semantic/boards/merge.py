"""Merge two people's changes to a board, part by part. If both changed a part differently, report a conflict.

The parts are each tile's content (by ID), each tile's width, the arrangement of tiles, each row's height, each filter
with its default values, and the board's own fields. A part that only one side changed comes from that side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from semantic.boards.arrangement import RowOf, arrange
from semantic.boards.board import (
    MOST_TABS,
    MOST_TILES,
    MOST_TILES_IN_A_ROW,
    UNITS,
    Board,
    BoardState,
    Row,
    Shared,
    Tab,
    Tile,
    ValueFilter,
)
from semantic.boards.data import MOST_FILTERS

Part = TypeVar("Part")
Way = tuple[str, str | None]
"""A dimension, and the entity role through which it is reached."""


@dataclass(frozen=True, slots=True)
class MergedBoard:
    """The merged board. If there are conflicts, `board` is None and each conflict is a sentence."""

    board: Board | None
    conflicts: tuple[str, ...] = ()


def merge_boards(
    base: Board,
    mine: Board,
    theirs: Board,
    *,
    called: Callable[[Tile], str] = lambda tile: tile.title or tile.id,
    name: Callable[[str], str] = str,
) -> MergedBoard:
    """Merge the changes of both sides to `base`.

    The order of the sides only affects the wording of conflicts. `called` returns a tile's name, and `name` a
    dimension's label.
    """
    if theirs == base or mine == theirs:
        return MergedBoard(mine)
    if mine == base:
        return MergedBoard(theirs)
    texts: list[str] = []
    tiles = _tiles(base, mine, theirs, called, texts)
    arranged = arrange(base, mine, theirs, frozenset(tiles), lambda tile_id: called(tiles[tile_id]))
    texts += arranged.conflicts
    filters, chosen = _filters(base, mine, theirs, name, texts)
    start = BoardState(
        period=_part(base.start.period, mine.start.period, theirs.start.period, PERIOD, texts),
        compare=_part(base.start.compare, mine.start.compare, theirs.start.compare, COMPARISON, texts),
        grain=_part(base.start.grain, mine.start.grain, theirs.start.grain, GRAIN, texts),
        chosen=chosen,
    )
    title = f"You both changed the title: yours is “{mine.title}”, theirs “{theirs.title}”."
    board = Board(
        title=_part(base.title, mine.title, theirs.title, title, texts),
        note=_part(base.note, mine.note, theirs.note, NOTE, texts),
        tabs=tuple(Tab(title=tab.title, rows=tuple(_row(row, tiles) for row in tab.rows)) for tab in arranged.tabs),
        filters=filters,
        start=start,
    )
    if not texts:
        texts += _too_much(board, called)
    return MergedBoard(None, tuple(texts)) if texts else MergedBoard(board)


def _row(row: RowOf, tiles: Mapping[str, Tile]) -> Row:
    return Row(tiles=tuple(tiles[tile_id] for tile_id in row.ids), height=row.height)


NOTE = "You both changed the note below the title."
PERIOD = "You both changed the default period."
COMPARISON = "You both changed the default comparison."
ORDER = "You both changed the order of the filters."
GRAIN = "You both changed the default periods of the tiles."


def _part(base: Part, mine: Part, theirs: Part, sentence: str, conflicts: list[str]) -> Part:
    """Return a part from the side that changed it.

    If both sides changed it differently, append `sentence` to `conflicts`.
    """
    if mine not in (base, theirs) and theirs != base:
        conflicts.append(sentence)
    return mine if theirs == base else theirs


# Tiles


def _tiles(base: Board, mine: Board, theirs: Board, called: Callable[[Tile], str], texts: list[str]) -> dict[str, Tile]:
    """Return the merged tiles by ID. Removed tiles are left out."""
    sides = [{tile.id: tile for tile in board.tiles} for board in (base, mine, theirs)]
    tiles: dict[str, Tile] = {}
    for id in sorted({id for side in sides for id in side}):
        before, ours, others = (side.get(id) for side in sides)
        why = _conflict_words(before, ours, others, called)
        outcome = _part(_content(before), _content(ours), _content(others), why, texts)
        if outcome is None:
            continue
        widths = [tile.width for tile in (before, ours, others) if tile is not None]
        if before is not None and ours is not None and others is not None:
            sentence = f"You both changed the width of “{called(ours)}”."
            tiles[id] = replace(outcome, width=_part(before.width, ours.width, others.width, sentence, texts))
        else:
            if ours is not None and others is not None and ours.width != others.width:
                texts.append(f"You both added the tile “{called(ours)}”, with different widths.")
            tiles[id] = replace(outcome, width=widths[-1])
    return tiles


def _content(tile: Tile | None) -> Tile | None:
    """Return a tile without its width, which is merged separately."""
    return None if tile is None else replace(tile, width=0)


def _conflict_words(before: Tile | None, ours: Tile | None, others: Tile | None, called: Callable[[Tile], str]) -> str:
    """Return the sentence for a conflict between two versions of a tile."""
    tile = ours or others or before
    assert tile is not None  # its id is that of a tile on one of the sides
    if before is None:
        return f"You both added a tile “{called(tile)}”, with differences."
    if ours is None or others is None:
        who, other = ("You", "they") if ours is None else ("They", "you")
        return f"{who} removed the tile “{called(tile)}”, and {other} changed it."
    return f"You both changed the tile “{called(tile)}”."


# Filters, and their start values


def _filters(
    base: Board, mine: Board, theirs: Board, name: Callable[[str], str], texts: list[str]
) -> tuple[tuple[Shared, ...], tuple[ValueFilter, ...]]:
    """Return the merged filters and their default values.

    A filter and its values are one part: if one side removes a filter that the other side changed, that's a conflict.
    """
    before, ours, others = (_filters_by_path(board) for board in (base, mine, theirs))
    absent: tuple[Shared | None, ValueFilter | None] = (None, None)
    parts: dict[Way, tuple[Shared | None, ValueFilter | None]] = {}
    for way in {**before, **ours, **others}:
        sentence = f"You both changed the filter {name(way[0])} or its default."
        parts[way] = _part(
            *(side.get(way, absent) for side in (before, ours, others)), sentence=sentence, conflicts=texts
        )
    shared = _in_order(*map(_filter_order, (base, mine, theirs)), conflicts=texts)
    begun = _in_order(*map(_start_order, (base, mine, theirs)), conflicts=texts)
    filters = tuple(shared_filter for way in shared if (shared_filter := parts[way][0]) is not None)
    return filters, tuple(choice for way in begun if (choice := parts[way][1]) is not None)


def _filters_by_path(board: Board) -> dict[Way, tuple[Shared | None, ValueFilter | None]]:
    shared = {(condition.dim, condition.via): condition for condition in board.filters}
    begun = {(choice.dim, choice.via): choice for choice in board.start.chosen}
    return {way: (shared.get(way), begun.get(way)) for way in {**shared, **begun}}


def _filter_order(board: Board) -> list[Way]:
    return [(condition.dim, condition.via) for condition in board.filters]


def _start_order(board: Board) -> list[Way]:
    return [(choice.dim, choice.via) for choice in board.start.chosen]


def _in_order(base: Sequence[Way], mine: Sequence[Way], theirs: Sequence[Way], conflicts: list[str]) -> list[Way]:
    """Return all items in the order of the side that reordered them.

    Items added by the other side keep their positions.
    """
    turned = [side for side in (mine, theirs) if _of(side, base) != _of(base, side)]
    if len(turned) == 2 and _of(mine, theirs) != _of(theirs, mine):
        conflicts.append(ORDER)
    first = turned[0] if len(turned) == 1 else min(mine, theirs, key=repr)  # independent of the sides
    other = theirs if first is mine else mine
    order = list(first)
    for place, way in enumerate(other):
        if way not in order and way not in base:
            before = next((it for it in reversed(other[:place]) if it in order), None)
            order.insert(0 if before is None else order.index(before) + 1, way)
    return order


def _of(one: Sequence[Way], other: Sequence[Way]) -> list[Way]:
    """Return the items of `one` that `other` also has, in the order of `one`."""
    return [it for it in one if it in other]


# Room


def _too_much(board: Board, called: Callable[[Tile], str]) -> list[str]:
    """Return a sentence for each limit that the merged board exceeds, such as the number of tiles."""
    texts: list[str] = []
    if len(board.tiles) > MOST_TILES:
        texts.append(f"Combined, the board would have {len(board.tiles)} tiles, and it can have at most {MOST_TILES}.")
    if len(board.tabs) > MOST_TABS:
        texts.append(f"Combined, the board would have {len(board.tabs)} tabs, and it can have at most {MOST_TABS}.")
    if len(board.filters) > MOST_FILTERS or len(board.start.chosen) > MOST_FILTERS:
        texts.append(f"Combined, the board would have more than {MOST_FILTERS} filters.")
    for row in (row for tab in board.tabs for row in tab.rows):
        names = ", ".join(f"“{called(tile)}”" for tile in row.tiles)
        if len(row.tiles) > MOST_TILES_IN_A_ROW:
            texts.append(f"A row has room for {MOST_TILES_IN_A_ROW} tiles, and together you have more: {names}.")
        elif sum(tile.width or 1 for tile in row.tiles) > UNITS:
            texts.append(f"{names} are too wide together for one row.")
    return texts
