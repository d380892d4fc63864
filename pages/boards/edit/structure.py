"""The structure of a board, next to its preview: open, move, add and remove tabs, rows and tiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.boards.edit.composing import Composing
from pages.boards.edit.tile import edit_tile, icon_of, title_of
from pages.shell.parts import plain, unseen
from semantic.boards import edit
from semantic.boards.board import MOST_TABS, MOST_TILES, MOST_TILES_IN_A_ROW, Board, Height, Row, Tile
from semantic.boards.data import LONGEST_TITLE, as_text
from semantic.boards.difference import HEIGHT_WORDS

if TYPE_CHECKING:
    from semantic.workspace import Workspace

ADD, BAR, QUESTION = "add", "bar", "question"
"""The parts of the page that can take the place of the structure."""

END = -1
"""A new row at the end, in place of a row's index."""


def structure(composing: Composing, workspace: Workspace) -> None:
    """Draw the tabs, then the rows of the open tab with their tiles."""
    _tabs(composing)
    rows = composing.board.tabs[composing.tab].rows if composing.board.tabs else ()
    for place, row in enumerate(rows):
        with st.container(border=True, gap="xxsmall", key=f"compose-row-{place}"):
            _row(composing, workspace, row, place, len(rows))
    _add_line(composing, is_empty=not rows)


def tile_panel(composing: Composing, workspace: Workspace) -> None:
    """Draw the fields of the open tile next to the board or, if no tile is open, the available actions."""
    tile = composing.open_tile
    if tile is None:
        _tabs(composing)
        is_empty = not composing.board.tabs or not composing.board.tabs[composing.tab].rows
        _add_line(composing, is_empty=is_empty)
        if not is_empty:
            st.caption("Click a tile to edit it. Drag its handle to move it, or its right edge to resize it.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="compose-tile-head"):
        title = title_of(tile, composing, workspace) or "Text"
        st.markdown(f"**{plain(title)}**", width="stretch")
        st.button(
            unseen("Close"), icon=":material/close:", key=composing.key("tile-close"), help="Close", on_click=_turn,
            args=(composing, tile.id), type="tertiary",
        )  # fmt: skip
    edit_tile(composing, workspace, tile)


def _add_line(composing: Composing, *, is_empty: bool) -> None:
    is_full = len(composing.board.tiles) >= MOST_TILES
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.button(
            "Add the first tile" if is_empty else "Add a tile", icon=":material/add:", key=composing.key("add-tile"),
            on_click=open_part, args=(composing, ADD, END), disabled=is_full,
            help=f"A board can have at most {MOST_TILES} tiles." if is_full else "In a new row",
            type="primary" if is_empty else "secondary",
        )  # fmt: skip
        if not composing.board.tabs or len(composing.board.tabs) == 1:
            _new_tab(composing)


def open_part(composing: Composing, part: str, place: int | None = None) -> None:
    """Open another part of the page in place of the structure, or return to the structure."""
    composing.part, composing.place, composing.refused = part, place, ""


# Tabs


def _tabs(composing: Composing) -> None:
    tabs = composing.board.tabs
    if len(tabs) < 2:
        return
    key = composing.key(f"compose-tab-{len(tabs)}")
    st.session_state.setdefault(key, composing.tab)

    def choose() -> None:
        composing.tab, composing.tile, composing.changed = st.session_state[key], "", True

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.segmented_control(
            "Tab", range(len(tabs)), key=key, required=True, label_visibility="collapsed", width="stretch",
            format_func=lambda place: plain(tabs[place].title or f"Tab {place + 1}"), on_change=choose,
        )  # fmt: skip
        with st.popover(
            unseen("Edit tab"),
            icon=":material/edit:",
            key=composing.key("tab-edit"),
            help="Edit tab",
            on_change="rerun",
        ) as menu:
            if menu.open:
                with st.container(width=280, gap="small"):
                    _edit_tab(composing)
        _new_tab(composing)


def _edit_tab(held: Composing) -> None:
    place, tabs = held.tab, held.board.tabs
    key = held.key(f"tab-title-{place}")

    def rename() -> None:
        held.change(lambda board: edit.name_tab(board, place, as_text(st.session_state[key] or "")))

    st.text_input("Heading", value=tabs[place].title, key=key, max_chars=LONGEST_TITLE, on_change=rename)
    with st.container(horizontal=True, gap="xsmall"):
        for way, icon, stays in (("left", "arrow_back", place > 0), ("right", "arrow_forward", place < len(tabs) - 1)):
            st.button(
                unseen(f"Move {way}"), icon=f":material/{icon}:", key=held.key(f"tab-{way}"), help=plain(f"Move {way}"),
                disabled=not stays, on_click=_move_tab, args=(held, way),
            )  # fmt: skip
        st.button("Remove", icon=":material/delete:", key=held.key("tab-remove"), on_click=_remove_tab, args=(held,))
    st.caption("Also removes its tiles. You can undo this.")


def _move_tab(composing: Composing, way: Literal["left", "right"]) -> None:
    composing.change(lambda board: edit.move_tab(board, composing.tab, way))
    composing.tab += 1 if way == "right" else -1
    composing.generation += 1


def _remove_tab(composing: Composing) -> None:
    composing.change(lambda board: edit.remove_tab(board, composing.tab))


def _new_tab(held: Composing) -> None:
    st.button(
        "Tab", icon=":material/add:", key=held.key("tab-new"), type="tertiary", on_click=_add_tab, args=(held,),
        disabled=len(held.board.tabs) >= MOST_TABS, help="Add a tab",
    )  # fmt: skip


def _add_tab(composing: Composing) -> None:
    def step(board: Board) -> Board:
        if not board.tabs:
            board = edit.add_tab(board, "Overview")
        elif len(board.tabs) == 1 and not board.tabs[0].title:
            board = edit.name_tab(board, 0, "Overview")
        return edit.add_tab(board, f"Tab {len(board.tabs) + 1}")

    composing.change(step)
    composing.tab, composing.tile = len(composing.board.tabs) - 1, ""


# Rows


def _row(composing: Composing, workspace: Workspace, row: Row, place: int, rows: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"compose-row-head-{place}"):
        st.markdown(f":small[:gray[Row {place + 1:d}, {plain(HEIGHT_WORDS[row.height])}]]", width="stretch")
        if len(row.tiles) < MOST_TILES_IN_A_ROW and len(composing.board.tiles) < MOST_TILES:
            st.button(
                unseen(f"Add a tile to row {place + 1:d}"),
                icon=":material/add:", key=composing.key(f"row-add-{composing.tab}-{place}"), type="tertiary",
                help=f"Add a tile to row {place + 1:d}", on_click=open_part, args=(composing, ADD, place),
            )  # fmt: skip
        _row_menu(composing, row, place, rows)
    for tile in row.tiles:
        _tile(composing, workspace, tile)


def _row_menu(composing: Composing, row: Row, place: int, rows: int) -> None:
    at = edit.Place(composing.tab, place)
    offers: dict[str, Callable[[Board], Board]] = {}
    heights: tuple[Height, ...] = ("small", "medium", "large")
    for height in heights:
        if height != row.height:
            offers[f"Height: {HEIGHT_WORDS[height]}"] = partial(edit.set_height, place=at, height=height)
    if place:
        offers["Move up"] = partial(edit.move_row, place=at, way="up")
    if place < rows - 1:
        offers["Move down"] = partial(edit.move_row, place=at, way="down")
    offers["Remove row"] = partial(edit.remove_row, place=at)
    key = composing.key(f"row-menu-{composing.tab}-{place}-{'-'.join(sorted(offers))}")

    def act() -> None:
        if (chosen := st.session_state.get(key)) in offers:
            composing.change(offers[chosen])

    st.menu_button(
        unseen(f"Row {place + 1:d}"), list(offers), key=key, icon=":material/more_vert:", type="tertiary", on_click=act,
        help=f"Row {place + 1:d}: change height, move or remove",
    )  # fmt: skip


# Tiles


def _tile(composing: Composing, workspace: Workspace, tile: Tile) -> None:
    """Draw a tile as a line that opens and closes the tile's fields."""
    is_open = composing.tile == tile.id
    title = title_of(tile, composing, workspace) or "Text"
    with st.container(gap="xsmall", key=f"compose-{'open' if is_open else 'shut'}-{tile.id}"):
        st.button(
            f"**{plain(title)}**" if is_open else plain(title), icon=f":material/{icon_of(tile)}:",
            key=composing.key(f"tile-{tile.id}"), type="tertiary", on_click=_turn, args=(composing, tile.id), wrap=True,
            help="Close" if is_open else "Edit tile",
        )  # fmt: skip
        if is_open:
            edit_tile(composing, workspace, tile)


def _turn(composing: Composing, tile: str) -> None:
    composing.tile, composing.refused = "" if composing.tile == tile else tile, ""
