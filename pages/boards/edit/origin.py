"""Tiles based on saved questions: which of these questions have changed since, and how to update the tiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, change
from pages.shell import session
from pages.shell.parts import plain, quoted
from semantic.boards.board import Tile, TileKind
from semantic.boards.made import ask_instead
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.query.query import Query
    from semantic.services.saved_questions import SavedWork
    from semantic.workspace import Workspace

MOST_LOOKED_AT = 20
"""The maximum number of versions of a saved question to search for a tile's question, newest first."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The saved question of a tile, in its current version.

    If `is_newer` is set, the tile has an earlier version of the question. Otherwise the tile was changed on its board.
    """

    name: str
    version: int
    query: Query
    chart: str
    is_newer: bool


def origin_of(tile: Tile, composing: Composing, workspace: Workspace) -> Origin | None:
    """Return the saved question of a tile, or None if it equals the tile's question or isn't available.

    Each question is looked up once while a board is being edited. Later changes to it appear the next time.
    """
    if not tile.origin or tile.question is None:
        return None
    key = (tile.origin, tile.question)
    if key not in composing.origins:
        composing.origins[key] = _found(tile, session.saved_work(workspace, composing.actor))
    origin = composing.origins[key]
    return origin if isinstance(origin, Origin) else None


def _found(tile: Tile, work: SavedWork) -> Origin | None:
    try:
        opened = work.open(tile.origin)
        if opened.messages or opened.query == tile.question:  # part of it is hidden, or nothing changed
            return None
        earlier = work.versions(tile.origin)[1 : MOST_LOOKED_AT + 1]
        is_newer = any(work.read(version).query == tile.question for version in earlier)
    except SemanticError:  # The owner archived or unshared the question. The tile has its own copy.
        return None
    return Origin(opened.head.name, opened.head.version, opened.query, opened.chart, is_newer)


def origin_line(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw a line that offers to update a tile to the newer version, or to reset the changes made on the board."""
    origin = origin_of(tile, composing, workspace)
    if origin is None:
        return
    with st.container(gap="xxsmall", key=f"compose-origin-{tile.id}"):
        text = (
            f"{quoted(origin.name)} has changed since you added it (now version {origin.version})."
            if origin.is_newer
            else f"Based on {quoted(origin.name)}, edited here."
        )
        icon = ":orange[:material/update:]" if origin.is_newer else ":gray[:material/bookmark:]"
        st.markdown(f":small[{icon} {plain(text)}]")
        st.button(
            "Update to latest" if origin.is_newer else "Reset to saved", key=composing.key(f"newer-{tile.id}"),
            type="tertiary", icon=":material/sync:", on_click=update_tile, args=(composing, tile.id, origin),
        )  # fmt: skip


def update_tile(composing: Composing, tile: str, origin: Origin) -> None:
    """Replace the question of a tile with the saved question."""

    def made(own_tile: Tile) -> Tile:
        taken = ask_instead(own_tile, origin.query)
        return replace(taken, chart=origin.chart) if taken.kind is TileKind.CHART and origin.chart != "table" else taken

    change(composing, tile, made)
    composing.generation += 1


def newer_tiles(composing: Composing, workspace: Workspace) -> list[tuple[Tile, Origin]]:
    """Return the tiles whose saved question has a newer version."""
    origins = [(tile, origin_of(tile, composing, workspace)) for tile in composing.board.tiles]
    return [(tile, origin) for tile, origin in origins if origin is not None and origin.is_newer]
