"""Present a board on a wall display: full screen, larger type, a refresh every minute, and rotating tabs.

The browser decides when to show the next tab or newer data, because it knows whether someone is using the screen.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.components.v2 import component

from pages.shell.links import PRESENT, ROTATE

if TYPE_CHECKING:
    from pages.boards.read.state import BoardSession

REFRESH = 60  # seconds between two refreshes
TURNS = {
    "Stay on this tab": 0,
    "Next tab every 15 seconds": 15,
    "Next tab every 30 seconds": 30,
    "Next tab every minute": 60,
}
_DUE, _RUNS = "board_due", "board_runs"
_STEPS = {"next": 1, "previous": -1}
_wall = component(
    "samepage_wall",
    html='<span class="said" role="status"></span>',
    css=".said { opacity: 0.75 }\n",  # the line break says that this isn't the name of a file
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def is_presented() -> bool:
    return st.query_params.get(PRESENT) == "1"


def seconds_of_a_turn() -> int:
    """Return the seconds for which each tab is shown, or 0 if tabs don't rotate. Other values in an address are
    ignored.
    """
    text = st.query_params.get(ROTATE, "")
    return int(text) if text in {str(turn) for turn in TURNS.values()} else 0


def begin_button(reading: BoardSession) -> None:
    """Draw the button that starts presenting. If there are several tabs, people first choose how they rotate."""
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
    st.session_state.pop(_DUE, None)


def end(reading: BoardSession) -> None:
    """End the presentation on the tab that is shown."""
    for name in (PRESENT, ROTATE):
        st.query_params.pop(name, None)
    reading.keep_presented_tab()


def bar(reading: BoardSession) -> None:
    """Draw the button that ends the presentation, and the element that keeps refreshing the board.

    While this bar is drawn, the style sheet hides everything but the board.
    """
    seconds = seconds_of_a_turn() if len(reading.board.tabs) > 1 else 0
    shown = st.session_state[_RUNS] = st.session_state.get(_RUNS, 0) + 1  # tells the browser about each run
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="board-presenting"
    ):
        _wall(
            key="board-wall",
            data={"turns": seconds, "refresh": REFRESH, "paused": "Paused", "shown": shown},
            on_due_change=lambda: _take(reading),
            width="content", height="content",
        )  # fmt: skip
        st.button(
            "Leave", icon=":material/close_fullscreen:", key="board-leave", type="tertiary", shortcut="Esc",
            on_click=end, args=(reading,),
        )  # fmt: skip


def _take(reading: BoardSession) -> None:
    sent: Any = st.session_state["board-wall"].get("due")  # Any: whatever JSON a browser sends
    go = sent.get("go") if isinstance(sent, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if go == "leave":
        end(reading)
    else:
        st.session_state[_DUE] = _STEPS.get(go, 0) if isinstance(go, str) else 0


def turn(reading: BoardSession) -> None:
    """Show another tab if the browser asked for it. Call this once per run of a presented page."""
    step, count = st.session_state.pop(_DUE, 0), len(reading.board.tabs)
    if step and count > 1:
        reading.present_tab((reading.place + step) % count)
