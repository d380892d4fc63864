"""Actions on the whole board: move it to a space, archive it, or copy it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, boards_of
from pages.shell import links
from pages.shell.parts import plain, unseen
from pages.widgets.item_words import ONLY_ME
from pages.widgets.space_choice import choose_space
from semantic.boards.board import Board
from semantic.boards.data import LONGEST_TITLE
from semantic.display.format import counted
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.store.spaces.spaces import LONGEST, MINE, list_spaces, make_space, may_share

if TYPE_CHECKING:
    from semantic.services.boards import BoardWork
    from semantic.workspace import Workspace

MEANWHILE = "Someone else changed this board. Review the latest version. Their changes are safe."
GO = "compose_go"


def more(composing: Composing, workspace: Workspace) -> None:
    """Draw the menu behind the three dots."""
    if (board := st.session_state.pop(GO, None)) is not None:
        st.switch_page(links.COMPOSE, query_params={links.BOARD_ID: board})
    with st.popover(
        unseen("More"), icon=":material/more_horiz:", key="compose-more", help="Space, archive, copy", on_change="rerun"
    ) as menu:
        if not menu.open:
            return
        with st.container(width=320, gap="small"):
            _space(composing)
            head = composing.head
            st.button(
                "Make a copy", icon=":material/content_copy:", key="compose-copy", width="stretch",
                on_click=_copy, args=(composing,),
            )  # fmt: skip
            label, icon = ("Restore", "unarchive") if head.is_archived else ("Archive", "archive")
            st.button(
                plain(label), icon=f":material/{icon}:", key="compose-archive", width="stretch", on_click=_archive,
                args=(composing,), help=None if head.is_archived else "Hides it from lists. Its link still works.",
            )  # fmt: skip


def _space(composing: Composing) -> None:
    head, actor = composing.head, composing.actor
    if not may_share(actor):
        st.caption("Only you can see it. Marketers and above can also share boards in spaces.")
        return
    current = head.space_name if head.space else ONLY_ME
    choose_space(
        "Visibility", key=f"compose-space-{head.id[:8]}-{head.revision}", current=current, is_mine=head.is_mine,
        on_choice=lambda name: _move(composing, name),
    )  # fmt: skip


def space_named(work: BoardWork, name: str) -> str:
    """Return the ID of a space, creating it if necessary, or of your own space for "Only me". Raises SemanticError."""
    if name == ONLY_ME:
        return MINE
    with work.store.read() as connection:
        space = next(
            (one for one in list_spaces(connection, work.actor) if one.name.casefold() == name.casefold()), None
        )
    if space is not None:
        return space.id
    with work.store.write() as transaction:
        return make_space(transaction, name[:LONGEST], work.actor, work.keys).id


def _move(composing: Composing, name: str) -> None:
    work = boards_of(composing.actor)
    if work is None:
        return
    try:
        work.move(composing.head.id, space_named(work, name), composing.head.revision)
    except ChangedMeanwhile:
        composing.refused = MEANWHILE
    except SemanticError as error:
        composing.refused = str(error)


def _archive(composing: Composing) -> None:
    work, head = boards_of(composing.actor), composing.head
    if work is None:
        return
    try:
        work.archive(head.id, head.revision, back=head.is_archived)
    except ChangedMeanwhile:
        composing.refused = MEANWHILE
    except SemanticError as error:
        composing.refused = str(error)
    else:
        st.toast(plain("Board restored." if head.is_archived else "Board archived."), icon=":material/archive:")


def _copy(composing: Composing) -> None:
    work = boards_of(composing.actor)
    if work is None:
        return
    try:
        st.session_state[GO] = copy_board(work, composing.board, is_mine=composing.head.is_mine)
    except SemanticError as error:
        composing.refused = str(error)


def copy_board(work: BoardWork, board: Board, *, is_mine: bool = False) -> str:
    """Create a private copy of a board from everything that this person can see, and return its ID. Raises
    SemanticError.
    """
    title = f"{board.title[: LONGEST_TITLE - 8]} (copy)"
    mine = work.for_copy(board, is_mine=is_mine)
    board_id = work.make(replace(mine, title=title))
    if left := len(board.tiles) - len(mine.tiles):
        what = "it shows" if left == 1 else "they show"
        st.toast(plain(f"Copied without {counted(left, 'tile')}: {what} something that isn't available to you."))
    return board_id
