"""Publish a board: the changes for viewers in words, problems to fix, and the note. Also discard the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, boards_of
from pages.boards.edit.difference import show_difference
from pages.boards.edit.more import space_named
from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.item_words import ONLY_ME, where_words
from pages.widgets.space_choice import choose_space
from semantic.boards.board import Board
from semantic.display.format import counted, listed
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.model.certification_status import is_certified
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import upper_first
from semantic.store.boards.versions import LONGEST_NOTE
from semantic.store.spaces.spaces import MINE, may_share

if TYPE_CHECKING:
    from semantic.services.boards import BoardProblem, BoardWork
    from semantic.workspace import Workspace

OPEN, TROUBLE = "publish_board_open", "publish_board_trouble"


def publish_button(composing: Composing, workspace: Workspace) -> None:
    """Draw the Publish button in the header, and its dialog while it's open."""
    nothing = not composing.is_behind
    st.button(
        "Publish", icon=":material/publish:", key="publish-board", type="primary", on_click=_open, args=(composing,),
        disabled=nothing or not composing.board.tiles or composing.theirs is not None or bool(composing.unkept),
        help="Already published" if nothing else None,
    )  # fmt: skip
    if st.session_state.get(OPEN) == composing.head.id:
        _dialog(composing, workspace)


def _open(composing: Composing) -> None:
    st.session_state.pop(TROUBLE, None)
    st.session_state[OPEN] = composing.head.id


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Publish this board", width="medium", icon=":material/publish:", on_dismiss=_close)
@in_turn
def _dialog(composing: Composing, workspace: Workspace) -> None:
    work = boards_of(composing.actor)
    if work is None or not composing.is_behind or composing.unkept or composing.theirs is not None:
        _close()  # Otherwise every later run would open the dialog again.
        st.rerun()
    is_first = composing.published is None
    st.markdown(f"**{plain(composing.board.title)}** &nbsp;:gray[as version {composing.head.version + 1:d}]")
    if composing.published is not None:
        show_difference(composing.published, composing.board, composing, workspace)
    else:
        st.markdown(plain(_holds(composing.board)))
    problems = work.problems(composing.board)
    _show_problems(problems, composing)
    if uncertified := uncertified_metrics(composing.board, workspace.visible(composing.actor)):
        text = f"Uses uncertified metrics: {listed(uncertified)}. Their tiles are marked."
        st.markdown(f":small[:orange[:material/shield_question:] {plain(text)}]")
    space = _who_reads(composing)
    note = st.text_input(
        "Version note" if is_first else "What changes, and why", key="publish-board-note",
        max_chars=min(LONGEST_NOTE, 500), placeholder="Optional" if is_first else "For example, added spend by channel",
        live=True,
    )  # fmt: skip
    if trouble := st.session_state.get(TROUBLE):
        st.warning(plain(trouble), icon=":material/error:")
    waits = not is_first and not (note or "").strip()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        goes = st.button(
            "Publish", key="publish-board-go", type="primary", disabled=bool(problems) or waits or not space
        )
        if waits or not space:
            st.caption("Describe what changed to publish." if waits else "Name the shared space to publish.")
    if goes:
        _publish(composing, work, (note or "").strip(), space)


def _who_reads(composing: Composing) -> str:
    """Draw who can view the board, or the choice of a space if the board is private and this person can share it.

    Returns the name of the space, or "" while none is chosen.
    """
    head = composing.head
    if head.space != MINE or not may_share(composing.actor):
        only = (
            "Only you can view it."
            if head.space == MINE
            else (f"Everyone who signs in can view it in {head.space_name}.")
        )
        st.caption(plain(f"{only} Each person sees only the data they have access to."))
        return head.space_name if head.space else ONLY_ME
    return choose_space("Who can view it", key="publish-board-space")


def _holds(board: Board) -> str:
    tabs = f" in {counted(len(board.tabs), 'tab')}" if len(board.tabs) > 1 else ""
    return f"{counted(len(board.tiles), 'tile')}{tabs}. Viewers won't see later edits until you publish again."


def _show_problems(problems: list[BoardProblem], composing: Composing) -> None:
    if not problems:
        return
    st.markdown(f":red[:material/error:] **Fix {counted(len(problems), 'problem')}** before publishing")
    for place, problem in enumerate(problems):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(plain(problem.sentence), width="stretch")
            if problem.tile and st.button("Open tile", key=f"publish-mend-{place}", help="Opens the fields to fix"):
                composing.open(problem.tile)
                _close()
                st.rerun()


def uncertified_metrics(board: Board, visible: VisibleModel) -> list[str]:
    """Return the labels of a board's uncertified metrics."""
    known = {metric.name: metric for metric in visible.metrics}
    names = dict.fromkeys(name for tile in board.tiles if tile.question for name in tile.question.metrics)
    return [known[name].label or name for name in names if name in known and not is_certified(known[name])]


def _publish(composing: Composing, work: BoardWork, note: str, space: str) -> None:
    try:
        if composing.head.space == MINE and space != ONLY_ME:
            work.move(composing.head.id, space_named(work, space), composing.head.revision)
        number = work.publish(composing.head.id, composing.revision, note)
    except ChangedMeanwhile:
        st.session_state[TROUBLE] = "Someone else changed this draft. Close this to see both versions."
        session.rerun_part()
    except SemanticError as error:  # the draft stays
        st.session_state[TROUBLE] = str(error)
        session.rerun_part()
    else:
        _close()
        st.toast(f"Version {number} is live.", icon=":material/check_circle:")
        st.rerun()


# Discarding


def discard_button(composing: Composing) -> None:
    """Draw the button that reverts to the published version. Without one, there is no button, because the board would
    be empty.
    """
    with st.popover("Discard draft", icon=":material/delete:", key="discard-board", on_change="rerun") as asked:
        if not asked.open:
            return
        with st.container(width=300, gap="small"):
            st.markdown("This discards every change in the draft. You can undo it until you leave the page.")
            st.button("Discard draft", key="discard-board-go", on_click=_discard, args=(composing,))


def _discard(composing: Composing) -> None:
    work = boards_of(composing.actor)
    if work is None:
        return
    try:
        work.drop_draft(composing.head.id, composing.revision)
        composing.start_over(work)
    except SemanticError as error:
        composing.refused = str(error)


def state_words(composing: Composing) -> str:
    """Return the board's place and the version that viewers see, for the line below the title."""
    head = composing.head
    seen = f"Version {head.version} is live" if head.version else "Not published yet"
    draft = ", with unpublished changes in this draft" if head.version and composing.is_behind else ""
    saved = " All changes saved." if not composing.unkept and composing.theirs is None else ""
    return f"{upper_first(where_words(head))}. {seen}{draft}.{saved}"
