"""A whole board with its answers. Every tile of every tab is asked and waited for, as its viewer would see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import TYPE_CHECKING

from pages.boards.read.tile import TileState
from semantic.display.boards.headline import board_headline
from semantic.display.boards.shown import BoardShown, RowShown, TabShown, row_widths

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.boards.board import Board, BoardState
    from semantic.display.boards.shown import TileShown
    from semantic.services.boards import BoardWork
    from semantic.workspace import Workspace

MOST_SECONDS = 120.0
"""Each question has its own limit; this total covers anything without one."""

LATE = "This took too long to load."


@dataclass(frozen=True, slots=True)
class Whole:
    """The board, and by tile the remarks on its chart."""

    shown: BoardShown
    remarks: Mapping[str, tuple[Annotation, ...]]


def whole_board(board: Board, state: BoardState, work: BoardWork, *, words: str, link: str) -> Whole:
    """Return all of a board under a state, for the person exporting it.

    Needs no page, because a file is built after the page's run. A tile that fails says so in its place, and the others
    are complete.
    """
    workspace = work.workspace
    tile_states = {
        tile.id: TileState(work.asked(tile, state), work.actor, workspace.model.version) for tile in board.tiles
    }
    for tile_state in tile_states.values():
        tile_state.ask(workspace)
    until = monotonic() + MOST_SECONDS
    while any(tile_state.is_waiting for tile_state in tile_states.values()) and monotonic() < until:
        for tile_state in tile_states.values():
            tile_state.settle(workspace)
        sleep(0.01)
    for tile_state in tile_states.values():
        tile_state.leave()
    tiles = {name: _shown(tile_state, workspace) for name, tile_state in tile_states.items()}
    tabs = tuple(
        TabShown(
            title=tab.title,
            rows=tuple(
                RowShown(
                    tiles=tuple(tiles[tile.id] for tile in row.tiles), widths=row_widths(row.tiles), height=row.height
                )
                for row in tab.rows
            ),
        )
        for tab in board.tabs
    )
    headline = board_headline(tiles.values())
    shown = BoardShown(title=board.title, headline=headline, note=board.note, words=words, tabs=tabs, link=link)
    return Whole(shown, {name: tile_state.remarks for name, tile_state in tile_states.items()})


def _shown(tile_state: TileState, workspace: Workspace) -> TileShown:
    """What a tile shows, or that it never got an answer."""
    shown = tile_state.shown(workspace)
    is_late = shown.query is not None and shown.result is None and not shown.sentence
    return replace(shown, sentence=LATE) if is_late else shown
