"""A board for its viewers: title, settings, tiles and trust; or why it can't be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read import present, tiles
from pages.boards.read.exports import export_menu
from pages.boards.read.filters import filter_bar
from pages.boards.read.picks import chips
from pages.boards.read.share import share_board
from pages.boards.read.state import KEY, BoardSession, current, show_newest, tiles_key
from pages.boards.read.summary import foot, trust_place
from pages.boards.read.words import board_labels, state_words
from pages.shell import links, session
from pages.shell.navigation import file_of
from pages.shell.parts import Act, empty_state, notice, page_header, plain
from pages.shell.turns import in_turn
from pages.widgets.follow import follow_button
from semantic.boards.board import TileKind
from semantic.errors import SemanticError, UnknownBoard

if TYPE_CHECKING:
    from semantic.boards.applied import TileQuestion
    from semantic.boards.board import Chosen
    from semantic.display.boards.shown import TileShown
    from semantic.policy.actor import Actor
    from semantic.services.boards import BoardWork
    from semantic.store.boards.boards import BoardHead
    from semantic.workspace import Workspace

LOOK_AGAIN = 60.0  # seconds between checks for a new version or lost access


def show(workspace: Workspace, actor: Actor) -> None:
    """The board in the address, in its current state."""
    work, board = session.board_work(workspace, actor), st.query_params.get(links.BOARD_ID, "")
    is_presented = present.is_presented()
    try:
        held = current(work, board)
        if is_presented and held.newer:
            show_newest(held, work)
    except UnknownBoard as error:
        _closed("search_off", "Board not found", str(error), key="board-unknown")
        return
    except SemanticError as error:
        _unread(error, work, board)
        return
    if is_presented:
        present.turn(held)
    _draw(held, work)


def _closed(icon: str, title: str, sentence: str, acts: Sequence[Act] = (), *, key: str) -> None:
    page_header("Board")
    empty_state(icon, title, sentence, acts, key=key)
    if (boards := file_of("boards")) is not None:
        st.page_link(boards, label="All boards", icon=":material/dashboard:", width="content")


def _again() -> None:
    """Clicking already reruns the page."""


def _unread(error: SemanticError, work: BoardWork, board: str) -> None:
    """Not published yet, which only editors are told; no longer available; or the store is unavailable."""
    try:
        draft = work.draft(board) if not work.newest(board) else None
    except SemanticError:
        draft = None
    if draft is None:
        again = [Act("Try again", _again)]
        _closed("cloud_off", "Couldn't load the board", str(error), again, key="board-away")
        return
    page_header(draft.board.title, "", lambda: _edit(draft.head))
    empty_state(
        "edit_note",
        "This board isn't published yet",
        "Viewers see the published version. Publish the draft to open it here.",
        key="board-unpublished",
    )


def _draw(held: BoardSession, work: BoardWork) -> None:
    """Header, trust, controls, tiles, sources: always in this order."""
    workspace, is_presented = work.workspace, present.is_presented()
    seen = workspace.visible(held.actor)
    held.shown = {}
    questions = [work.asked(tile, held.state) for row in held.tab.rows for tile in row.tiles]
    labels = board_labels(held.state, held.board, workspace, held.actor)
    words = state_words(held.state, seen, today=workspace.today(), labels=labels)
    if is_presented:
        present.bar(held)
    page_header(held.board.title, "", None if is_presented else lambda: _actions(held, work, words))
    with st.container(gap=None, key="board-about"):
        for text in (held.board.note, words):
            if text:
                st.caption(plain(text))
    # What comes and goes has a fixed place: Streamlit knows elements by their place, and would otherwise redraw the
    # rest of the page, with old content in the wrong places for a moment.
    with st.container(key="board-lines"):
        _lines(held)
    trust = trust_place()
    if is_presented:
        if len(held.board.tabs) > 1:
            st.markdown(f"**{plain(held.tab.title)}**")
    else:
        filter_bar()
        _tabs(held)
        with st.container(key="board-narrowed"):
            chips(held, questions, labels, lambda one: _title(one, held, workspace))
    _body(held, questions, workspace)
    foot(held, [one.tile.id for one in questions if one.tile.kind is not TileKind.TEXT], trust)
    if is_presented:
        present.pulse(held)
    else:
        _watch(held.id, held.opened.head.version)


def _title(one: TileQuestion, held: BoardSession, workspace: Workspace) -> str:
    """The tile's own title, else its question's."""
    if one.tile.title or one.query is None:
        return one.tile.title
    return workspace.preflight(one.query, held.actor).title


def _actions(held: BoardSession, work: BoardWork, words: str) -> None:
    follow_button("board", held.id, held.actor, key="board")
    share_board(held)
    export_menu(held, work, words)
    present.begin_button(held)
    _edit(held.opened.head)


def _edit(head: BoardHead) -> None:
    """The link for editing, for anyone who can."""
    file = file_of("compose")
    if head.may_change and file is not None:
        st.page_link(
            file, label="Edit", icon=":material/edit:", query_params={links.BOARD_ID: head.id}, width="content"
        )


def _lines(held: BoardSession) -> None:
    """Notices above the board: archived, newly published, parts of the link that don't apply."""
    if held.opened.head.is_archived:
        notice(
            "quiet",
            "archive",
            "This board is archived. It's hidden from lists, but this link still works.",
            key="board-archived",
        )
    if held.newer:
        notice(
            "info", "update", "A newer version of this board is available.",
            Act("Refresh", _show_newest), key="board-newer",
        )  # fmt: skip
    for place, sentence in enumerate(held.banner):
        notice("caution", "link_off", sentence, key=f"board-repaired-{place}")


def _show_newest() -> None:
    workspace, actor = session.require("viewer")
    held: BoardSession = st.session_state[KEY]
    with suppress(SemanticError):  # the next run says why
        show_newest(held, session.board_work(workspace, actor))


def _tabs(held: BoardSession) -> None:
    """The tabs, if there are several; only the open one asks its questions."""
    if len(held.board.tabs) < 2:
        return
    key = held.key("tabs")

    def change() -> None:
        held.open_tab(st.session_state[key])

    with st.container(key="board-tabs-line"):
        st.segmented_control(
        "Tab", range(len(held.board.tabs)), default=held.place, key=key, required=True, on_change=change,
        format_func=lambda place: plain(held.board.tabs[place].title or f"Tab {place + 1}"),
        label_visibility="collapsed",
    )  # fmt: skip


def _body(held: BoardSession, questions: Sequence[TileQuestion], workspace: Workspace) -> None:
    if not questions:
        empty_state(
            "dashboard",
            "This board has no tiles yet",
            "Anyone with edit access can add tiles.",
            key="board-empty",
        )
        return
    asking = [one for one in questions if one.tile.kind is not TileKind.TEXT]
    if asking and all(one.query is None for one in asking):
        notice(
            "caution",
            "visibility_off",
            "Nothing on this board is available to you.",
            key="board-hidden",
        )
    held.forget_marks()
    picked = None if present.is_presented() else _pick  # there are no chips to remove it with
    with st.container(key="board-tiles"):
        tiles.show_tab(
            held.tab, questions, key=tiles_key(held.id), default=held.start.period, told=_telling(held), picked=picked
        )


def _telling(held: BoardSession) -> Callable[[TileShown], None]:
    """Records what a tile shows, while this state lasts: a late one belongs to an old state."""
    shown = held.shown

    def tell(one: TileShown) -> None:
        shown[one.tile.id] = one

    return tell


def _pick(one: Chosen) -> None:
    """What a click on a mark does: it filters the other tiles."""
    held: BoardSession = st.session_state[KEY]
    held.set(held.pick(one))


@st.fragment(run_every=LOOK_AGAIN)
@in_turn
def _watch(board: str, version: int) -> None:
    """Checks every minute whether a new version was published, or this viewer lost access."""
    if not session.runs_alone():
        return
    workspace, actor = session.require("viewer")
    held: BoardSession = st.session_state[KEY]
    try:
        newest = session.board_work(workspace, actor).newest(board)
    except UnknownBoard:
        st.rerun()
    except SemanticError:
        return  # the store is unavailable right now; the page stays as it is
    if newest not in (version, held.newer):
        st.rerun()
