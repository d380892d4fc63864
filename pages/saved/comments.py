"""Comments on a saved question: their number, in the line above its answer, and their drawer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.comments.board_comments import about_result, counts_of
from pages.comments.drawer import show_drawer
from pages.comments.drawer_state import Drawer, is_open, open_drawer
from pages.saved.save import is_changed
from pages.shell import links, session
from pages.shell.parts import plain, unseen
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.comments.places import Place

if TYPE_CHECKING:
    from pages.explore.builder.question import ExploreState
    from semantic.services.saved_questions import OpenedQuestion
    from semantic.workspace import Workspace

CHANGED = "Comments are about the saved version. Revert your changes to write one."
NO_ANSWER = "Run the question to comment on its answer."


def comments_button(opened: OpenedQuestion, state: ExploreState, workspace: Workspace) -> None:
    """Draw the button that opens the comments and shows how many there are."""
    _open_linked(opened, state, workspace)
    head = opened.head
    count = counts_of("question", head.id, workspace, state.actor).get("", 0)
    words = f"{counted(count, 'comment')} on {head.name}".partition(" ")[2]
    label, icon = (f"{count} {unseen(words)}", "chat_bubble") if count else ("Comment", "add_comment")
    st.button(
        label, key="saved-comments", type="tertiary", icon=f":material/{icon}:", help="Comments on this question",
        on_click=_open, args=(opened, state, ""),
    )  # fmt: skip


def comments_drawer(opened: OpenedQuestion, state: ExploreState) -> None:
    """Draw the drawer, if it's open."""
    place = Place("question", opened.head.id)
    if is_open(place):
        show_drawer(place, state.actor, complete=lambda drawer: _complete(drawer, state))


def _open_linked(opened: OpenedQuestion, state: ExploreState, workspace: Workspace) -> None:
    """Open the comment in the address once, or say that the comment isn't available."""
    comment = st.query_params.get(links.COMMENT, "")
    if not comment:
        return
    del st.query_params[links.COMMENT]
    try:
        thread = session.comment_work(workspace, state.actor).find(comment[:32])
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/link_off:")
        return
    if thread.place == Place("question", opened.head.id):
        _open(opened, state, comment)


def _open(opened: OpenedQuestion, state: ExploreState, focus: str) -> None:
    open_drawer(Drawer(Place("question", opened.head.id), opened.head.name, state.actor, focus=focus))


def _complete(drawer: Drawer, state: ExploreState) -> None:
    """Make the answer on the page the subject of new comments, if it answers the saved version."""
    result = state.result if state.answered == state.draft else None
    if is_changed(state):
        drawer.about, drawer.cannot = None, CHANGED
    elif result is None:
        drawer.about, drawer.cannot = None, NO_ANSWER
    else:
        drawer.about, drawer.receipt, drawer.cannot = about_result(result), result.receipt, ""
