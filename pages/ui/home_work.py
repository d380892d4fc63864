"""The boards on Home: those one follows, drafts of one's own, and those of one's teams."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import follow, links, session
from pages.ui.parts import block, plain
from pages.ui.saved_line import when_words
from semantic.board_work import BoardWork
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.boards import BoardHead
from semantic.store.follows import Followed
from semantic.workspace import Workspace

MOST_BOARDS = 6


def boards(found: Sequence[Followed], workspace: Workspace, actor: Actor) -> None:
    """The boards this person follows, then those of their teams that were changed last."""
    try:
        every = BoardWork(*session.store(), workspace, actor).boards()
    except SemanticError:
        with block("Boards"):
            st.caption("They cannot be read at the moment. Everything else works; reload the page to try again.")
        return
    wanted = follow.names_of(found, "board")
    mine = sorted((one for one in every if one.id in wanted), key=lambda one: wanted.index(one.id))
    drafts = [one for one in every if one.has_draft and one not in mine]
    others = [one for one in every if one not in mine and one not in drafts and one.version]
    shown = [*mine, *drafts, *others][:MOST_BOARDS]
    if not shown:
        return
    note = "those you follow come first" if mine else ""
    with block("Boards", note), st.container(border=True, gap="small", key="list-of-boards-home"):
        for one in shown:
            _board(one, workspace, is_followed=one in mine)
        if len(every) > len(shown):
            st.page_link(links.BOARDS, label=f"All {len(every):,} boards", icon=":material/list:")


def _board(one: BoardHead, workspace: Workspace, *, is_followed: bool) -> None:
    with st.container(gap="xxsmall"):
        icon = ":material/notifications_active:" if is_followed else ":material/dashboard:"
        if one.version:
            links.board_link(one.title, one.id, strong=True, icon=icon)
        else:
            links.compose_link(one.title, one.id, strong=True, icon=":material/edit_note:")
        where = one.space_name or "Only you"
        state = "Draft" if not one.version else "Changed, not published" if one.has_draft else "Published"
        st.markdown(f":small[:gray[{plain(f'{where}. {state}, {when_words(one.changed_at, workspace)}')}]]")
