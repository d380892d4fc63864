"""The message at the top of the page after a click on an alert, with a button that restores a removed alert."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.shell.parts import Action, State, notice

TOLD = "alerts-told"


def tell(state: State, icon: str, words: str, *, undo: Callable[[], None] | None = None) -> None:
    """Show a message at the top of the page. If `undo` is set, the message has a button that calls it."""
    st.session_state[TOLD] = (state, icon, words, undo)


def show_outcome() -> None:
    """Draw the message at the top of the page, if there is one."""
    told: tuple[State, str, str, Callable[[], None] | None] | None = st.session_state.get(TOLD)
    if told is None:
        return
    state, icon, words, undo = told
    act = Action("Undo", partial(_undo, undo)) if undo is not None else Action("Close", forget_outcome)
    notice(state, icon, words, act, key="alerts-notice")


def forget_outcome() -> None:
    st.session_state.pop(TOLD, None)


def _undo(undo: Callable[[], None]) -> None:
    forget_outcome()
    undo()
