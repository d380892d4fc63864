"""Build a tile's question in Explore, and return to the board with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, current_in_fragment
from pages.explore.builder import chart_choice
from pages.shell import links, session
from pages.shell.parts import plain, quoted
from semantic.boards import edit
from semantic.boards.board import Board, Tile, TileKind
from semantic.boards.data import fresh_id
from semantic.boards.made import ask_instead, make_tile
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.query.codec import query_to_params
from semantic.query.query import Query

if TYPE_CHECKING:
    from pages.explore.builder.question import ExploreState
    from semantic.workspace import Workspace

KEY, GO, BACK = "explore_for", "explore_for_go", "explore_for_back"


@dataclass(frozen=True, slots=True)
class _TargetTile:
    """The tile that a question in Explore is for. `tile` is its ID, or "" for a new tile."""

    person: str
    board: str
    title: str
    tile: str
    tab: int
    row: int | None


def build_in_explore(composing: Composing, tile: Tile | None) -> None:
    """Draw the button that opens Explore with the question of a tile, or with an empty question."""
    name = tile.id if tile else ""
    st.button(
        "Build in Explore", icon=":material/query_stats:", key=composing.key(f"explore-{name}"), type="tertiary",
        on_click=_leave, args=(composing, tile), help="Your result is added to this board when you return.",
    )  # fmt: skip


def _leave(composing: Composing, tile: Tile | None) -> None:
    row = composing.place if tile is None and composing.place is not None and composing.place >= 0 else None
    st.session_state[KEY] = _TargetTile(
        composing.actor.id, composing.head.id, composing.board.title, tile.id if tile else "", composing.tab, row
    )
    asked = query_to_params(tile.question) if tile is not None and tile.question is not None else {}
    st.session_state[GO] = {name: list(texts) for name, texts in asked.items()}
    composing.part, composing.place = "", None  # The editor is in this state when the person returns.
    composing.changed = True  # a fragment is running, and the whole page must follow


def follow() -> None:
    """Open another page after a click, because only a run of the whole page can. Call this first on the
    board's page.
    """
    if (asked := st.session_state.pop(GO, None)) is not None:
        st.switch_page(links.EXPLORE, query_params=asked)
    st.session_state.pop(KEY, None)  # A return to the board means that the person has left Explore.


def show_way_back(state: ExploreState, workspace: Workspace) -> None:
    """Draw which tile the question is for, above the answer in Explore, and the ways back to the board."""
    if st.session_state.pop(BACK, False) and (destination := _current(state)) is not None:
        st.session_state.pop(KEY, None)
        st.switch_page(links.COMPOSE, query_params={links.BOARD_ID: destination.board})
    destination = _current(state)
    if destination is None:
        return
    ready = bool(state.draft.metrics) and state.check(workspace).ok
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="explore-for"):
        text = f"This question is for {'a tile' if destination.tile else 'a new tile'} on {quoted(destination.title)}."
        st.markdown(f":violet[:material/dashboard_customize:] {plain(text)}", width="stretch")
        st.button(
            "Add to this board", key="explore-for-put", type="primary", disabled=not ready, on_click=_put,
            args=(state,),
        )  # fmt: skip
        st.button("Back without adding", key="explore-for-leave", type="tertiary", on_click=_ask_to_leave)
    if trouble := st.session_state.pop(f"{KEY}_trouble", ""):
        st.warning(plain(trouble), icon=":material/error:")


def _current(state: ExploreState) -> _TargetTile | None:
    destination: _TargetTile | None = st.session_state.get(KEY)
    return destination if destination is not None and destination.person == state.actor.id else None


def _ask_to_leave() -> None:
    st.session_state[BACK] = True


def _put(state: ExploreState) -> None:
    """Add the tile to the current draft, which can include changes that others made in the meantime."""
    destination, workspace = _current(state), session.workspace()
    if destination is None or session.actor() != state.actor:
        return
    chart = st.query_params.get(chart_choice.ADDRESS, "")
    work = session.board_work(workspace, state.actor)
    try:
        for is_last in (False, True):
            draft = work.draft(destination.board)
            try:
                board, tile = with_question(
                    draft.board, destination.tile, state.draft, chart, tab=destination.tab, row=destination.row
                )
                revision = work.keep_draft(destination.board, board, draft.revision, draft.based_on)
                composed = current_in_fragment(state.actor)
                if composed is not None and composed.head.id == destination.board:
                    composed.continue_with(draft, board, revision, tile)
                break
            except ChangedMeanwhile:  # Someone changed the draft in the meantime, so try again on their draft.
                if is_last:
                    raise
    except SemanticError as error:
        st.session_state[f"{KEY}_trouble"] = f"{error} Your question is still here."
        return
    _ask_to_leave()


def with_question(
    board: Board, tile: str, query: Query, chart: str, *, tab: int = 0, row: int | None = None
) -> tuple[Board, str]:
    """Return the board with `query` in a new or existing tile, and the tile's ID. Raises InvalidQuery if there's no
    room.
    """
    current = edit.find_tile(board, tile) if tile else None
    if current is not None:
        return edit.change_tile(board, _with_chart(ask_instead(current, query), chart)), tile
    name = fresh_id([other.id for other in board.tiles], query.metrics[0])
    new_tile, last = make_tile(query, name, chart=chart), max(0, len(board.tabs) - 1)
    return edit.add_tile(board, new_tile, tab=min(tab, last), row=row), name


def _with_chart(tile: Tile, chart: str) -> Tile:
    """Return the tile with the chart type chosen in Explore, if it's a tile with a chart."""
    return replace(tile, chart=chart) if chart and chart != "table" and tile.kind is TileKind.CHART else tile
