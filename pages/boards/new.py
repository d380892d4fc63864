"""Create a board from a template, from nothing, or from YAML. The new board opens in the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.yaml import read_board, show_problems
from pages.boards.sketch import draw_board
from pages.shell import links, session
from pages.shell.parts import empty_state, notice, plain
from semantic.boards.board import Board, Tab
from semantic.boards.data import LONGEST
from semantic.boards.templates import templates
from semantic.display.boards.picture import sketch_of
from semantic.display.format import counted
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.boards.templates import Template
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

OPEN, GO, TROUBLE, TEXT = "board_new_open", "board_new_go", "board_new_trouble", "board-new-yaml"
UNTITLED = "Untitled board"
PREVIEW = 108  # the height of a template's preview at a width of 180


def new_button(actor: Actor) -> None:
    """Draw the button "New board" in the header, for people who can save."""
    if actor.viewed_by is None:
        st.button("New board", icon=":material/add:", key="new-board", type="primary", on_click=_turn, args=(True,))


def _turn(is_open: bool) -> None:
    st.session_state[OPEN] = is_open
    st.session_state.pop(TROUBLE, None)


def follow() -> None:
    """Rerun the whole page if a fragment created a board, because only the whole page can open the editor."""
    if st.session_state.get(GO):
        st.rerun()


def open_for_editing(board: str) -> None:
    """Open the editor of this board on the next run of the page."""
    st.session_state[GO] = board


def ways_to_create(workspace: Workspace, actor: Actor) -> bool:
    """Draw the ways to create a board in place of the list while they're open, and return whether they are."""
    if (board := st.session_state.pop(GO, None)) is not None:
        st.session_state.pop(OPEN, None)
        st.switch_page(links.COMPOSE, query_params={links.BOARD_ID: board})
    if not st.session_state.get(OPEN) or actor.viewed_by is not None:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Create a board**", width="stretch")
        st.button("Back to boards", icon=":material/arrow_back:", key="board-new-close", type="tertiary",
                  on_click=_turn, args=(False,))  # fmt: skip
    _ways(workspace, actor)
    return True


def first_board(workspace: Workspace, actor: Actor) -> None:
    """Draw how to create the first board or, for people who can't, who can."""
    if actor.viewed_by is not None:
        sentence = "While you view as someone else, you see boards in shared spaces. There are none yet."
        empty_state("dashboard", "No boards yet", sentence, key="no-boards")
        return
    st.markdown("No boards yet. Start from a template. Only you can see it until you share it.")
    _ways(workspace, actor)


def _ways(workspace: Workspace, actor: Actor) -> None:
    if trouble := st.session_state.get(TROUBLE):
        notice("caution", "error", trouble, key="board-new-trouble")
    available = offered_templates(workspace, actor)
    with st.grid(3, min_column_width=260, gap="small"):
        for template in available:
            with st.container(border=True, height="stretch", gap="xsmall", key=f"template-{template.name}"):
                _card(template, actor)
        with st.container(border=True, height="stretch", gap="xsmall", key="template-none"):
            st.markdown("**Blank board**")
            st.markdown(":small[:gray[Start empty and add tiles from saved or new questions.]]")
            st.button("Create", key="begin-empty", on_click=_begin, args=(_empty(), actor))
        with st.container(border=True, height="stretch", gap="xsmall", key="template-yaml"):
            st.markdown("**From YAML**")
            st.markdown(":small[:gray[Paste a board exported from Samepage or written as YAML.]]")
            with st.popover("Paste YAML", icon=":material/code:", key="board-new-paste", on_change="rerun") as paste:
                if paste.open:
                    with st.container(width=520, gap="small"):
                        _pasted(actor)


def _empty() -> Board:
    return Board(title=UNTITLED, tabs=(Tab(),))


def offered_templates(workspace: Workspace, actor: Actor) -> tuple[Template, ...]:
    """Return the templates, each with only the tiles that this person can see."""
    return templates(workspace.visible(actor), lambda query: workspace.preflight(query, actor))


def _card(template: Template, actor: Actor) -> None:
    st.markdown(f"**{plain(template.label)}**")
    st.markdown(f":small[{plain(template.sentence)}]")
    draw_board(sketch_of(template.board), key=f"preview-{template.name}", height=PREVIEW)
    missing = f" {counted(len(template.left_out), 'tile')} left out" if template.left_out else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Use template", key=f"begin-{template.name}", on_click=_begin, args=(template.board, actor),
        )  # fmt: skip
        st.markdown(f":small[:gray[{counted(len(template.board.tiles), 'tile')}{',' if missing else ''}{missing}]]")


def _pasted(actor: Actor) -> None:
    text = st.text_area(
        "Board YAML", key=TEXT, height=260, max_chars=LONGEST,
        placeholder="title: Weekly growth\nrows:\n- tiles:",
    )  # fmt: skip
    if not (text or "").strip():
        st.caption("Nothing is created until you choose Create.")
        return
    board, problems = read_board(text or "")
    if board is None:
        show_problems(problems)
        return
    st.caption(plain(f"{board.title}: {counted(len(board.tiles), 'tile')}."))
    st.button("Create", key="begin-yaml", type="primary", on_click=_begin, args=(board, actor))


def _begin(board: Board, actor: Actor) -> None:
    """Create a private board with this content, as the person who is signed in when they click."""
    if session.actor() != actor:
        return
    try:
        open_for_editing(session.board_work(session.workspace(), actor).make(board))
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
