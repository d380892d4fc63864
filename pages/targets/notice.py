"""The message above the list of targets after a click, with a button that restores a removed target."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, State, notice
from semantic.errors import SemanticError
from semantic.store.numbers.targets import StoredTarget

TOLD = "targets-told"


def tell(state: State, icon: str, words: str, *, undo: StoredTarget | None = None) -> None:
    """Show a message above the list. If `undo` is set, the message has a button that restores this target."""
    st.session_state[TOLD] = (state, icon, words, undo)


def show() -> None:
    """Draw the message, if there is one."""
    told: tuple[State, str, str, StoredTarget | None] | None = st.session_state.get(TOLD)
    if told is None:
        return
    state, icon, words, undo = told
    act = Action("Undo", lambda: _undo(undo)) if undo is not None else Action("Close", _close)
    notice(state, icon, words, act, key="targets-notice")


def _undo(removed: StoredTarget) -> None:
    workspace, actor = session.require("marketer")
    try:
        session.target_work(workspace, actor).bring_back(removed)
    except SemanticError as error:
        tell("caution", "error", str(error))
        return
    tell("good", "undo", "Target restored.")


def _close() -> None:
    st.session_state.pop(TOLD, None)
