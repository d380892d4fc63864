"""How to read an answer: a question mark next to its chart opens the text, which is created then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, unseen
from pages.shell.turns import in_turn
from semantic.display.words.how_to_read import TITLE, Section

if TYPE_CHECKING:
    from semantic.policy.actor import Actor

Make = Callable[[], tuple[Sequence[Section], str]]
"""Returns the sentences, and the reason for this kind of chart, or "" if there is none."""


def how_to_read_button(actor: Actor, make: Make, *, key: str) -> None:
    """Draw the question mark, which opens the text on the right of the page, or over it on a phone."""
    if st.button(unseen(TITLE), icon=":material/help:", key=f"{key}-how", type="tertiary", help=TITLE):
        open_how_to_read(actor, make)


@st.dialog(TITLE, position="right", width="small")
@in_turn
def open_how_to_read(actor: Actor, make: Make) -> None:
    _, asking = session.require("viewer")
    if asking != actor:
        st.rerun()
    show_sections(*make())


def how_to_read(parts: Callable[[], Sequence[Section]], *, key: str) -> None:
    """Draw the text collapsed, for use inside dialogs, which can't open another one."""
    with st.expander(TITLE, icon=":material/help:", key=f"{key}-how", on_change="rerun") as opened:
        if opened.open:
            show_sections(parts())


def show_sections(parts: Sequence[Section], reason: str = "") -> None:
    """Draw the sentences, and last why this kind of chart was chosen."""
    for part in parts:
        title = f"**{plain(part.title)}**\n\n" if len(parts) > 1 else ""
        st.markdown(title + "\n\n".join(plain(sentence) for sentence in part.sentences))
    if reason:
        st.markdown(f":small[:gray[{plain(reason)}]]")
