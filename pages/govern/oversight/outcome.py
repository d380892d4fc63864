"""The outcome of the last click on the Oversight page, above the open view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from pages.shell.parts import Action, State, notice
from semantic.errors import SemanticError

_TOLD: Final = "oversight-told"


def tell(state: State, icon: str, text: str) -> None:
    """Show an outcome the next time the page is drawn."""
    st.session_state[_TOLD] = state, icon, text


def run_and_tell(act: Callable[[], str], icon: str = "check_circle") -> bool:
    """Run `act`, and show the text that it returns, or why it failed. Returns whether it succeeded."""
    try:
        text = act()
    except SemanticError as error:
        tell("caution", "error", str(error))
        return False
    tell("good", icon, text)
    return True


def switch_and_tell(act: Callable[[], None], on: str = "") -> None:
    """Run `act`, which switches something on or off, and show why it failed, if it did.

    On success, `on` is shown. Leave `on` empty if the view itself shows the new state.
    """

    def told() -> str:
        act()
        return on

    if run_and_tell(told, "power") and not on:
        clear()


def show_outcome() -> None:
    """Draw the outcome, with a button that closes it."""
    told: tuple[State, str, str] | None = st.session_state.get(_TOLD)
    if told is not None:
        notice(*told, act=Action("Close", clear), key=_TOLD + "-notice")


def clear() -> None:
    """Remove the outcome, such as when another view opens."""
    st.session_state.pop(_TOLD, None)
