"""Presenting a board on a wall, without navigation, in larger type, refreshed every minute, with rotating tabs."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import session
from pages.shell.links import PRESENT, ROTATE
from pages.shell.turns import in_turn

if TYPE_CHECKING:
    from pages.boards.read.state import BoardSession

REFRESH = 60.0  # most seconds between two refreshes
TURNS = {
    "Stay on this tab": 0,
    "Next tab every 15 seconds": 15,
    "Next tab every 30 seconds": 30,
    "Next tab every minute": 60,
}
_TURNED = "board_turned_at"


def is_presented() -> bool:
    return st.query_params.get(PRESENT) == "1"


def seconds_of_a_turn() -> int:
    """Return how long each tab is shown, or 0 if tabs don't rotate. Other values in an address are ignored."""
    text = st.query_params.get(ROTATE, "")
    return int(text) if text in {str(turn) for turn in TURNS.values()} else 0


def begin_button(reading: BoardSession) -> None:
    """Draw the button that starts presenting, at once or, if there are several tabs, after a choice of how
    they rotate.
    """
    if len(reading.board.tabs) < 2:
        st.button("Present", icon=":material/slideshow:", key="board-present", on_click=_begin, args=(0,))
        return
    with st.popover("Present", icon=":material/slideshow:", key="board-present", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=240, gap="small"):
            chosen = st.selectbox("Tabs", list(TURNS), key="board-turns")
            st.button("Start", type="primary", key="board-present-start", on_click=_begin, args=(TURNS[chosen],))


def _begin(turns: int) -> None:
    st.query_params[PRESENT] = "1"
    if turns:
        st.query_params[ROTATE] = str(turns)
    st.session_state.pop(_TURNED, None)


def end(reading: BoardSession) -> None:
    """Leave the presentation on the tab shown."""
    for name in (PRESENT, ROTATE):
        st.query_params.pop(name, None)
    reading.stay()


def bar(reading: BoardSession) -> None:
    """Draw the link that leaves, with a mark by which the style sheet hides everything but the board."""
    with st.container(horizontal=True, horizontal_alignment="right", key="board-presenting"):
        st.button(
            "Leave", icon=":material/close_fullscreen:", key="board-leave", type="tertiary", shortcut="Esc",
            on_click=end, args=(reading,),
        )  # fmt: skip


def turn(reading: BoardSession) -> None:
    """Turn to the next tab if it's time. Call this once per run of a presented page."""
    seconds = seconds_of_a_turn()
    count = len(reading.board.tabs)
    if not seconds or count < 2:
        return
    began: float = st.session_state.setdefault(_TURNED, monotonic())
    if monotonic() - began >= seconds - 0.5:
        st.session_state[_TURNED] = monotonic()
        reading.turn_to((reading.place + 1) % count)


def pulse(reading: BoardSession) -> None:
    """Rerun the page when the next tab or a refresh is due."""
    seconds = seconds_of_a_turn()
    every = float(seconds) if seconds and len(reading.board.tabs) > 1 else REFRESH
    st.fragment(in_turn(_beat), run_every=every)()


def _beat() -> None:
    session.rerun_whole()  # the first run is the page's own; later ones are the timer's
