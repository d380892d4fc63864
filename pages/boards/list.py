"""The list of boards: search as you type, and filter by space. Archived boards are listed separately."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards import new as board_new
from pages.boards.edit.more import copy_board
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Act, empty_state, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.item_list import item_list, show_all
from pages.widgets.kept_words import when_words, where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.services.boards import search_boards
from semantic.store.boards.boards import BoardHead

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

SEARCH, SPACE, ARCHIVED, TROUBLE = "boards-search", "boards-space", "boards-archived", "boards-trouble"


@st.fragment
@in_turn
def board_list() -> None:
    """Draw the list of boards, which reruns on its own on every keystroke."""
    workspace, actor = session.require("viewer")
    board_new.follow()
    is_archived = bool(st.session_state.get(ARCHIVED))
    try:
        boards = session.board_work(workspace, actor).boards(archived=is_archived)
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load boards", str(error), [Act("Try again", _again)], key="boards-away")
        return
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(plain(trouble), icon=":material/error:")
    if not boards and not is_archived and not st.session_state.get(SEARCH):
        board_new.first_board(workspace, actor)
        st.toggle("Archived", key=ARCHIVED)
        return
    text = st.text_input(
        "Search boards", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
        placeholder="Search titles, spaces and owners",
    )  # fmt: skip
    space_pills(boards, "boards")
    things = of_space(search_boards(boards, text or ""), st.session_state.get(SPACE))
    if things:
        item_list(things, len(boards), lambda board: _row(board, workspace, actor), noun="board", name="boards")
    elif boards:
        acts = [Act("Show all", partial(show_all, "boards"))]
        empty_state("search_off", "No boards match", TRY_ANOTHER, acts, key="no-board-found")
    else:
        empty_state(
            "archive", "No archived boards", "Archived boards are hidden from lists and kept here.", key="no-old"
        )


def _again() -> None:
    """Do nothing, because the click itself reruns the list."""


def _row(head: BoardHead, workspace: Workspace, actor: Actor) -> None:
    """Draw one board. Its title opens it for reading, or for editing if it's unpublished."""
    name, about, facts = st.columns([2.2, 1.6, 2.4], gap="xsmall", vertical_alignment="center")
    with name:
        if head.version:
            links.board_link(head.title, head.id, strong=True, icon=":material/dashboard:", width="content")
        else:
            links.compose_link(head.title, head.id, strong=True, icon=":material/edit_note:", width="content")
    with about:
        marks = " :violet-badge[Draft]" if head.has_draft and head.version else ""
        published = f"version {head.version}" if head.version else "not published"
        st.markdown(f":small[:gray[{counted(head.tiles, 'tile')}, {plain(published)}]]{marks}")
    with facts, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        when = f"{upper_first(where_words(head))}. Changed {when_words(head.changed_at, workspace)}"
        st.markdown(f":small[:gray[{plain(when)}]]", width="stretch")
        if head.may_change:
            st.page_link(
                links.page_of(links.COMPOSE),
                label=unseen(f"Edit {head.title}"), query_params={links.BOARD_ID: head.id},
                icon=":material/edit:", width="content", help="Edit board",
            )  # fmt: skip
        elif actor.viewed_by is None:
            st.button(
                unseen(f"Copy {head.title}"),
                icon=":material/content_copy:", key=f"copy-board-{head.id}", type="tertiary",
                help="Make a copy", on_click=_copy, args=(head.id, actor),
            )  # fmt: skip


def _copy(board: str, actor: Actor) -> None:
    if session.actor() != actor:
        return
    work = session.board_work(session.workspace(), actor)
    try:
        board_new.go_on_with(copy_board(work, work.open(board).board))
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
