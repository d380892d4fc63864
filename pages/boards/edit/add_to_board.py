"""Add a question or an analysis to a board, from Explore or from a list of saved ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import current_in_fragment
from pages.boards.edit.tile import KIND_LABELS
from pages.explore.builder import chart_choice
from pages.explore.builder.question import ExploreState
from pages.shell import links, session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.turns import in_turn
from pages.widgets.item_words import distinct_titles
from semantic.boards import edit
from semantic.boards.analysis_tiles import needs_time
from semantic.boards.board import MOST_TILES, PERIOD, Board, Tab, Tile, TileKind
from semantic.boards.data import LONGEST_TITLE, as_text, fresh_id
from semantic.boards.made import NOT_WHOLE, kinds_for, make_tile
from semantic.errors import SemanticError
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.boards import BoardWork
    from semantic.store.analyses.analyses import SavedAnalysis
    from semantic.store.questions.questions import SavedQuestion
    from semantic.workspace import Workspace

OWN_DAYS = (
    "The analysis keeps its own period, because people need time to come back. It follows the board's filters. You "
    "can change both on the board."
)
OPEN, DONE = "add_to_board_open", "add_to_board_done"
NEW = ""
"""The option that creates a new board for the tile, in place of a board's ID."""


@dataclass(frozen=True, slots=True)
class BoardAddition:
    """A question, or an `analysis` as JSON, to add to a board. `origin` is the ID of the saved question
    that it's from.
    """

    person: str
    query: Query
    title: str
    chart: str = ""
    origin: str = ""
    analysis: str = ""


def add_button(state: ExploreState, workspace: Workspace, title: Callable[[], str]) -> None:
    """Draw the button "Add to board" in Explore, for the question on the page."""
    if state.actor.viewed_by is not None:
        return
    ready = state.check(workspace).ok
    st.button(
        "Add to board", icon=":material/dashboard_customize:", key="add-to-board", on_click=_offer,
        args=(state, title), disabled=not ready, help=None if ready else "Only questions with a result can go on a "
            "board.",
    )  # fmt: skip
    show_dialog(state.actor)


def add_saved_button(question: SavedQuestion, actor: Actor) -> None:
    """Draw the button "Add to board" for a saved question in a list."""
    if actor.viewed_by is None:
        st.button(
            unseen("Add to board"),
            icon=":material/dashboard_customize:", key=f"board-{question.id}", type="tertiary", help="Add to board",
            on_click=_offer_saved, args=(question.id, actor),
        )  # fmt: skip


def add_analysis_button(analysis: SavedAnalysis, actor: Actor) -> None:
    """Draw the button "Add to board" for a saved analysis in a list."""
    if actor.viewed_by is None:
        st.button(
            unseen("Add to board"),
            icon=":material/dashboard_customize:", key=f"board-{analysis.id}", type="tertiary", help="Add to board",
            on_click=_offer_analysis, args=(analysis.id, actor),
        )  # fmt: skip


def _offer_analysis(analysis: str, actor: Actor) -> None:
    if session.actor() != actor:
        return
    try:
        opened = session.analysis_work(session.workspace(), actor).open(analysis)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    _open(BoardAddition(actor.id, Query(), opened.head.name, analysis=opened.analysis.text))


def _offer(state: ExploreState, title: Callable[[], str]) -> None:
    opened = state.began_from
    is_saved = opened is not None and not state.is_changed and not opened.messages  # otherwise the name doesn't fit
    name = opened.head.name if opened is not None and is_saved else title()
    chart = st.query_params.get(chart_choice.ADDRESS, "")
    _open(BoardAddition(state.actor.id, state.draft, name, chart, opened.head.id if opened and is_saved else ""))


def _offer_saved(question: str, actor: Actor) -> None:
    if session.actor() != actor:
        return
    try:
        opened = session.saved_work(session.workspace(), actor).open(question)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    if opened.messages:
        st.toast(plain(NOT_WHOLE), icon=":material/error:")
        return
    _open(BoardAddition(actor.id, opened.query, opened.head.name, opened.chart, opened.head.id))


def _open(offered: BoardAddition) -> None:
    st.session_state[OPEN] = offered
    st.session_state.pop(DONE, None)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(DONE, None)


def show_dialog(actor: Actor) -> None:
    """Draw the dialog while it is open."""
    offered: BoardAddition | None = st.session_state.get(OPEN)
    if offered is not None and offered.person == actor.id:
        _dialog(offered)


@st.dialog("Add to board", width="small", icon=":material/dashboard_customize:", on_dismiss=_close)
@in_turn
def _dialog(offered: BoardAddition) -> None:
    workspace, actor = session.require("viewer")
    if actor.id != offered.person:
        st.rerun()
    if (done := st.session_state.get(DONE)) is not None:
        st.markdown(f":green[:material/check_circle:] {plain(f'Added to the draft of {quoted(done[1])}.')}")
        st.caption("Viewers see it after you publish.")
        links.compose_link("Open the board", done[0], icon=":material/dashboard_customize:", width="content")
        return
    try:
        _choose(offered, session.board_work(workspace, actor))
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")


def _choose(offered: BoardAddition, work: BoardWork) -> None:
    boards = distinct_titles(board for board in work.boards() if board.may_change and board.tiles < MOST_TILES)
    title = st.text_input("Tile title", value=offered.title[:LONGEST_TITLE], max_chars=LONGEST_TITLE, key="add-title")
    board = st.selectbox(
        "Board", [*boards, NEW], key="add-board", format_func=lambda option: boards.get(option, "New board"),
    )  # fmt: skip
    name = ""
    if board == NEW:
        name = st.text_input("Board title", max_chars=LONGEST_TITLE, key="add-board-title") or ""
    if offered.analysis:
        days = OWN_DAYS if needs_time(offered.analysis) else "It follows the board's period and filters."
        st.caption(f"Shows what it finds, and how it was counted. {days}")
    else:
        _shown_as(offered)
    if not st.button("Add", key="add-go", type="primary"):
        return
    if board == NEW and not name.strip():  # a disabled button would need a second click after the title is typed
        st.markdown(":small[:red[Enter a board title.]]")
    else:
        st.session_state[DONE] = put(offered, as_text(title or ""), str(board or NEW), as_text(name), work)
        session.rerun_part()


def _shown_as(offered: BoardAddition) -> None:
    kind = KIND_LABELS[make_tile(offered.query, "tile", chart=offered.chart).kind].casefold()
    also = " You can change the chart on the board." if len(kinds_for(offered.query)) > 1 else ""
    st.caption(plain(f"Shown as a {kind}.{also}"))


def put(offered: BoardAddition, title: str, board: str, name: str, work: BoardWork) -> tuple[str, str]:
    """Add the tile to a new board or to the draft of an existing one. Returns the board's ID and title. Raises
    SemanticError.
    """
    if board == NEW:
        new_board, _ = _with_tile(Board(title=name, tabs=(Tab(),)), offered, title)
        return work.make(new_board), name
    draft = work.draft(board)
    changed, tile = _with_tile(draft.board, offered, title)
    revision = work.keep_draft(board, changed, draft.revision, draft.based_on)
    composed = current_in_fragment(work.actor)
    if composed is not None and composed.head.id == board:
        composed.continue_with(draft, changed, revision, tile)
    return board, draft.board.title


def _with_tile(board: Board, offered: BoardAddition, title: str) -> tuple[Board, str]:
    taken = [tile.id for tile in board.tiles]
    if offered.analysis:
        id = fresh_id(taken, title or "analysis")
        keeps = frozenset({PERIOD}) if needs_time(offered.analysis) else frozenset[str]()
        tile = Tile(id=id, kind=TileKind.ANALYSIS, title=title, analysis=offered.analysis, keeps=keeps)
        return edit.add_tile(board, tile, tab=0), id
    id = fresh_id(taken, title or offered.query.metrics[0])
    tile = make_tile(offered.query, id, chart=offered.chart, origin=offered.origin)
    return edit.add_tile(board, replace(tile, title=title), tab=0), id
