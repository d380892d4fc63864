"""Find the differences between two versions of a board, tile by tile, to review before publishing or merging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from semantic.boards.board import Board, BoardState, Tile, TileKind, ValueFilter
from semantic.query.query import Operator, Query

KIND_WORDS = {
    TileKind.NUMBER: "number", TileKind.CHART: "chart", TileKind.TABLE: "table", TileKind.PIVOT: "pivot",
    TileKind.TEXT: "text", TileKind.ANALYSIS: "analysis",
}  # fmt: skip
HEIGHT_WORDS = {"small": "low", "medium": "medium", "large": "high"}

Change = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class TileChange:
    """One tile that changed. `tile` is its current state, or its last state if it was removed.

    `details` has a sentence for each change. `before` and `after` are the questions if they differ.
    """

    tile: Tile
    change: Change
    details: tuple[str, ...] = ()
    before: Query | None = None
    after: Query | None = None


@dataclass(frozen=True, slots=True)
class BoardDifference:
    """The differences between two versions.

    `tiles` are in the order of the later board, with removed tiles last. `others` are sentences about all other
    changes.
    """

    tiles: tuple[TileChange, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not self.tiles and not self.others


def all_values(choice: ValueFilter) -> str:
    """Return a filter's values as text, such as `DE, AT` or `not DE`, for people who can see all values."""
    said = ", ".join("(none)" if value is None else str(value) for value in choice.values)
    return f"not {said}" if choice.op is Operator.NOT_IN else said


def compare_boards(
    before: Board, after: Board, name: Callable[[str], str] = str, values: Callable[[ValueFilter], str] = all_values
) -> BoardDifference:
    """Return the differences between `before` and `after`.

    `name` returns a dimension's label, and `values` returns the values of a filter as text, limited to what the reader
    can see.
    """
    old, new = {tile.id: tile for tile in before.tiles}, {tile.id: tile for tile in after.tiles}
    tile_changes: list[TileChange] = []
    for tile in after.tiles:
        was = old.get(tile.id)
        if was is None:
            tile_changes.append(TileChange(tile, "added"))
        elif details := tuple(_details(was, tile, name)):
            asked = (was.question, tile.question) if was.question != tile.question else (None, None)
            tile_changes.append(TileChange(tile, "changed", details, *asked))
    tile_changes += [TileChange(tile, "removed") for tile in before.tiles if tile.id not in new]
    return BoardDifference(tuple(tile_changes), tuple(_others(before, after, name, values)))


def _details(was: Tile, tile: Tile, name: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each change in one tile."""
    if was.title != tile.title:
        yield f"Title: {tile.title or 'from its question'}, before: {was.title or 'from its question'}"
    if was.note != tile.note:
        yield "Note changed" if tile.note and was.note else "Note added" if tile.note else "Note removed"
    if was.kind is not tile.kind:
        yield f"Shown as {KIND_WORDS[tile.kind]}, before: {KIND_WORDS[was.kind]}"
    elif was.chart != tile.chart:
        yield "Chart type changed"
    if was.question != tile.question:
        yield "Question changed"
    if was.analysis != tile.analysis:
        yield "Analysis changed"
    if was.text != tile.text:
        yield "Text changed"
    if was.width != tile.width:
        yield "Width changed"
    if kept := sorted(name(part) for part in tile.keeps - was.keeps):
        yield f"Ignores the board's {', '.join(kept)}"
    if given := sorted(name(part) for part in was.keeps - tile.keeps):
        yield f"Follows the board's {', '.join(given)}"
    if was.origin != tile.origin and was.question == tile.question:
        yield "Based on another saved question"


def _others(
    before: Board, after: Board, name: Callable[[str], str], values: Callable[[ValueFilter], str]
) -> Iterator[str]:
    """Yield a line for each change in the board outside its tiles."""
    if before.title != after.title:
        yield f"Title: {after.title}, before: {before.title}"
    if before.note != after.note:
        yield "Note below the title changed"
    both = {tile.id for tile in before.tiles} & {tile.id for tile in after.tiles}
    if _arranged(before, both) != _arranged(after, both):
        yield "Layout changed"
    if _heights(before, both) != _heights(after, both):
        yield "Row heights changed"
    yield from _tabs(before, after)
    old, new = (tuple(condition.dim for condition in board.filters) for board in (before, after))
    yield from (f"Filter added: {name(dim)}" for dim in new if dim not in old)
    yield from (f"Filter removed: {name(dim)}" for dim in old if dim not in new)
    if before.filters != after.filters and set(old) == set(new):
        yield "Filter order changed"
    if before.start != after.start:
        texts = list(_start(before.start, after.start, name, values))
        yield from texts or ["Default view changed"]


def _start(
    was: BoardState, now: BoardState, name: Callable[[str], str], values: Callable[[ValueFilter], str]
) -> Iterator[str]:
    """Yield a line for each change in the board's default view."""
    if was.period != now.period:
        yield "Default period changed"
    if was.compare != now.compare:
        yield "Default comparison changed"
    if was.grain is not now.grain:
        yield (
            f"Shown by {now.grain.words} by default" if now.grain is not None else "Each tile's own periods by default"
        )
    old, new = ({(choice.dim, choice.via): choice for choice in state.chosen} for state in (was, now))
    for key in {**new, **old}:
        choice, before = new.get(key), old.get(key)
        if choice != before:
            said, it_was = (
                values(each_choice) if each_choice is not None else "all" for each_choice in (choice, before)
            )
            yield f"Default {name(key[0])}: {said}, before: {it_was}"
    if was.chosen != now.chosen and old == new:
        yield "Order of the default filters changed"


def _tabs(before: Board, after: Board) -> Iterator[str]:
    """Yield a line for each added or removed tab, by title, and another line if the order changed.

    Tabs without a title are ignored.
    """
    old, new = ([tab.title for tab in board.tabs if tab.title] for board in (before, after))
    yield from (f"Tab added: {title}" for title in new if title not in old)
    yield from (f"Tab removed: {title}" for title in old if title not in new)
    if old != new and sorted(old) == sorted(new):
        yield "Tab order changed"


def _arranged(board: Board, both: set[str]) -> list[list[list[str]]]:
    """Return the tiles that both versions have, by tab and row. Empty tabs and rows are left out."""
    tabs = [[[tile.id for tile in row.tiles if tile.id in both] for row in tab.rows] for tab in board.tabs]
    rows = [[row for row in tab if row] for tab in tabs]
    return [tab for tab in rows if tab]


def _heights(board: Board, both: set[str]) -> dict[str, str]:
    """Return the row height of each tile that both versions have."""
    return {tile.id: row.height for tab in board.tabs for row in tab.rows for tile in row.tiles if tile.id in both}
