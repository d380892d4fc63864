"""Tiles based on saved questions: which of these have changed since, and how to update."""

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
"""How many versions of a saved question to search for a tile's question, newest first."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The saved question of a tile, as it is now.

    `is_newer` if the tile has an earlier version of it; otherwise the tile was changed on its board.
    """

    name: str
    version: int
    query: Query
    chart: str
    is_newer: bool


def origin_of(tile: Tile, held: Composing, workspace: Workspace) -> Origin | None:
    """The saved question, where the tile's differs from it; None if they're equal, or it isn't available.

    Looked up once for each question while a board is composed: anything saved in the meantime is found next time.
    """
    if not tile.origin or tile.question is None:
        return None
    key = (tile.origin, tile.question)
    if key not in held.origins:
        held.origins[key] = _found(tile, session.saved_work(workspace, held.actor))
    found = held.origins[key]
    return found if isinstance(found, Origin) else None


def _found(tile: Tile, work: SavedWork) -> Origin | None:
    try:
        opened = work.open(tile.origin)
        if opened.said or opened.query == tile.question:  # nothing to update to if it isn't visible as a whole
            return None
        earlier = work.versions(tile.origin)[1 : MOST_LOOKED_AT + 1]
        is_newer = any(work.read(one).query == tile.question for one in earlier)
    except SemanticError:  # archived or unshared by its owner: the tile has its own copy
        return None
    return Origin(opened.head.name, opened.head.version, opened.query, opened.chart, is_newer)


def made_of(held: Composing, workspace: Workspace, tile: Tile) -> None:
    """The line that offers to update to the newer version, or to reset changes made here."""
    found = origin_of(tile, held, workspace)
    if found is None:
        return
    with st.container(gap="xxsmall", key=f"compose-origin-{tile.id}"):
        said = (
            f"{quoted(found.name)} has changed since you added it (now version {found.version})."
            if found.is_newer
            else f"Based on {quoted(found.name)}, edited here."
        )
        icon = ":orange[:material/update:]" if found.is_newer else ":gray[:material/bookmark:]"
        st.markdown(f":small[{icon} {plain(said)}]")
        st.button(
            "Update to latest" if found.is_newer else "Reset to saved", key=held.key(f"newer-{tile.id}"),
            type="tertiary", icon=":material/sync:", on_click=take_newer, args=(held, tile.id, found),
        )  # fmt: skip


def take_newer(held: Composing, tile: str, found: Origin) -> None:
    """Replaces the tile's question with the saved one."""

    def made(one: Tile) -> Tile:
        taken = ask_instead(one, found.query)
        return replace(taken, chart=found.chart) if taken.kind is TileKind.CHART and found.chart != "table" else taken

    change(held, tile, made)
    held.generation += 1


def newer_tiles(held: Composing, workspace: Workspace) -> list[tuple[Tile, Origin]]:
    """The tiles whose saved question has a newer version."""
    found = [(tile, origin_of(tile, held, workspace)) for tile in held.board.tiles]
    return [(tile, origin) for tile, origin in found if origin is not None and origin.is_newer]
