"""The dialog that changes a board's place: its space, its folder, or the archive. The board's title and content are
changed in the editor.
"""

from __future__ import annotations

import streamlit as st

from pages.boards.edit.more import space_named
from pages.shell import session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.turns import in_turn
from pages.widgets.folder_choice import choose_folder
from pages.widgets.item_words import ONLY_ME
from pages.widgets.space_choice import choose_space
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.services.boards import BoardWork
from semantic.store.boards.boards import BoardHead
from semantic.store.spaces.spaces import may_share

PLACED = "board_placed"


def place_button(head: BoardHead) -> None:
    """Draw the button that opens the dialog for a board in the list."""
    st.button(
        unseen(f"Move or archive {head.title}"),
        icon=":material/drive_file_move:", key=f"place-{head.id}", type="tertiary", help="Share, move or archive",
        on_click=_open, args=(head,),
    )  # fmt: skip


def show_placed() -> None:
    """Draw the open dialog. It stays open when the page reruns."""
    if (head := st.session_state.get(PLACED)) is not None:
        _dialog(head)


def _open(head: BoardHead) -> None:
    st.session_state[PLACED] = head


def _close() -> None:
    st.session_state.pop(PLACED, None)


@st.dialog("Move or archive", width="small", icon=":material/drive_file_move:", on_dismiss=_close)
@in_turn
def _dialog(head: BoardHead) -> None:
    workspace, actor = session.require("viewer")
    try:
        _choose(head, session.board_work(workspace, actor))
    except ChangedMeanwhile:
        st.warning("Someone else changed this. Close this to see the latest version. Their changes are safe.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _choose(head: BoardHead, work: BoardWork) -> None:
    key = f"place-{head.id}-{head.revision}"
    st.markdown(f"**{plain(head.title)}**")
    current = head.space_name if head.space else ONLY_ME
    space = current
    if may_share(work.actor):
        space = choose_space("Visibility", key=f"{key}-space", current=current, is_mine=head.is_mine)
        if not head.version and space != ONLY_ME:
            st.caption("Others see it once it's published.")
    folder = choose_folder(head.folder, (other.folder for other in work.boards()), key=key, noun="board")
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(
            "Save", key=f"{key}-save", type="primary", disabled=not space,
            help=None if space else "Name the shared space first.",
        ):  # fmt: skip
            work.place(head, space_named(work, space) if space != current else head.space, folder)
            _close()
            st.rerun()
        label, icon = ("Restore", "unarchive") if head.is_archived else ("Archive", "archive")
        if st.button(plain(label), key=f"{key}-archive", icon=f":material/{icon}:"):
            work.archive(head.id, head.revision, back=head.is_archived)
            _close()
            done = "is back in lists" if head.is_archived else "is archived. Its link still works"
            st.toast(plain(f"{quoted(head.title)} {done}."), icon=f":material/{icon}:")
            st.rerun()
