"""The page that edits a board: its access checks, the saved draft, its four views, and its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit import composing, explore_for
from pages.boards.edit.add import add_tile
from pages.boards.edit.arranger import chosen_tile
from pages.boards.edit.bar import edit_bar
from pages.boards.edit.composing import Composing
from pages.boards.edit.conflict import show_behind, show_both
from pages.boards.edit.more import more
from pages.boards.edit.origin import newer_tiles, update_tile
from pages.boards.edit.preview import drawn_tiles, preview
from pages.boards.edit.publish import discard_button, publish_button, state_words
from pages.boards.edit.question import build_question
from pages.boards.edit.structure import BAR, open_part, structure, tile_panel
from pages.boards.edit.versions import show_versions
from pages.boards.edit.yaml import edit_yaml
from pages.shell import keys, links, session
from pages.shell.parts import Action, empty_state, notice, page_header, plain, quoted, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

TILES, STRUCTURE, VERSIONS, YAML = "Tiles", "Structure", "Versions", "YAML"
VIEWING = "You're viewing as someone else, so editing is off. Stop viewing to edit as yourself."


def show(workspace: Workspace, actor: Actor) -> None:
    """Draw the whole page for the board whose ID is in the address."""
    explore_for.follow()
    board = st.query_params.get(links.BOARD_ID, "")
    if actor.viewed_by is not None:
        _not_here("visibility", "Not available while you view as someone else", VIEWING)
        return
    try:
        held = composing.current(workspace, actor, board)
    except SemanticError as error:
        _not_here("dashboard_customize", "You can't edit this board here", str(error))
        return
    title = held.board.title
    page_header(title, state_words(held), lambda: _actions(held, workspace), tab=f"Edit {title}")
    _notices(held, workspace)
    view = st.segmented_control(
        "View", [TILES, STRUCTURE, VERSIONS, YAML], default=TILES, required=True, label_visibility="collapsed",
        key=f"compose-view-{held.head.id[:8]}",
    )  # fmt: skip
    match view:
        case "Versions":
            show_versions(held, workspace)
        case "YAML":
            edit_yaml()
        case "Structure":
            _compose(held, workspace, lists_rows=True)
        case _:
            _compose(held, workspace, lists_rows=False)
    keys.undo_keys(held.undo, held.redo)


def _not_here(icon: str, title: str, sentence: str) -> None:
    page_header("Boards")
    empty_state(icon, title, sentence, key="no-composing")
    with st.container(horizontal=True, horizontal_alignment="center"):
        st.page_link(links.BOARDS, label="All boards", icon=":material/dashboard:", width="content")


def _actions(composition: Composing, workspace: Workspace) -> None:
    for name, icon, press, there, shortcut in (
        ("Undo", "undo", composition.undo, composition.history.before, "Ctrl+Z"),
        ("Redo", "redo", composition.redo, composition.history.after, "Ctrl+Shift+Z"),
    ):
        st.button(
            unseen(name),
            icon=f":material/{icon}:", key=f"compose-{icon}", help=plain(f"{name}, {shortcut}"), on_click=press,
            disabled=not there,
        )  # fmt: skip
    more(composition, workspace)
    if composition.published is not None and composition.is_behind:
        discard_button(composition)
    if composition.published is not None:
        st.page_link(
            links.BOARD, label="Preview", icon=":material/visibility:", width="content",
            query_params={links.BOARD_ID: composition.head.id},
        )  # fmt: skip
    publish_button(composition, workspace)


# Notices above the rest


def _notices(composition: Composing, workspace: Workspace) -> None:
    if composition.theirs is not None:
        show_both(composition, workspace)
    if composition.came:
        text = "This draft changed in another window. You're seeing the latest version. Undo restores yours."
        notice("info", "group", text, key="compose-came")
    if composition.unkept:
        text = f"{composition.unkept} Your last change isn't saved yet."
        notice("bad", "cloud_off", text, Action("Try again", composition.save_again), key="compose-unkept")
    if composition.refused:
        notice("caution", "error", composition.refused, key="compose-refused")
    if composition.head.is_archived:
        notice("quiet", "archive", "This board is archived. It's hidden from lists, but its link still works.",
               key="compose-archived")  # fmt: skip
    if composition.theirs is None and 0 < composition.based_on < composition.head.version and composition.is_behind:
        show_behind(composition, workspace)
    if newer := newer_tiles(composition, workspace):
        names = ", ".join(dict.fromkeys(quoted(origin.name) for _, origin in newer[:3]))
        more_of_them = f" and {len(newer) - 3} more" if len(newer) > 3 else ""
        text = f"Saved questions on this board have changed: {names}{more_of_them}."

        def take() -> None:
            for tile, origin in newer:
                update_tile(composition, tile.id, origin)

        notice("info", "update", text, Action("Update to latest" if len(newer) == 1 else "Update all", take),
               key="compose-newer")  # fmt: skip


# Composing


def _compose(composition: Composing, workspace: Workspace, *, lists_rows: bool) -> None:
    drawn = drawn_tiles(composition, workspace)
    left, right = st.columns([1, 2.8], gap="medium")

    @st.fragment
    @in_turn
    def parts() -> None:
        running, asking = session.require("viewer")
        if asking != composition.actor or composing.current_in_fragment(asking) is not composition:
            st.rerun()
        _part(composition, running, lists_rows=lists_rows)
        chosen_tile(composition, drawn.arrangement)
        if composition.changed:  # The preview and the header have to rerun, too.
            st.rerun()

    with left, st.container(key="compose-panel"):
        parts()
    with right:
        preview(composition, workspace, drawn)


def _part(composition: Composing, workspace: Workspace, *, lists_rows: bool) -> None:
    match composition.part:
        case "add":
            add_tile(composition, workspace)
        case "bar":
            edit_bar(composition, workspace)
        case "question":
            build_question(composition, workspace)
        case _ if lists_rows:
            _bar_line(composition)
            structure(composition, workspace)
        case _:
            if composition.open_tile is None:
                _bar_line(composition)
            tile_panel(composition, workspace)


def _bar_line(composition: Composing) -> None:
    count = len(composition.board.filters)
    st.button(
        f"Board settings{f' ({count})' if count else ''}", icon=":material/tune:", key=composition.key("bar-open"),
        on_click=open_part, args=(composition, BAR), width="stretch",
    )  # fmt: skip
