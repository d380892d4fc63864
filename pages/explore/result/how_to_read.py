"""The explanation of how to read an answer. A question mark next to the chart opens it, and it's created on opening."""

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
"""Returns the sections of the explanation, and the reason for this type of chart, or ""."""


def how_to_read_button(actor: Actor, make: Make, *, key: str) -> None:
    """Draw the question mark. It opens the explanation at the right of the page or, on a phone, over it."""
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
    """Draw the explanation collapsed, for use in dialogs, which can't open another dialog."""
    with st.expander(TITLE, icon=":material/help:", key=f"{key}-how", on_change="rerun") as opened:
        if opened.open:
            show_sections(parts())


def show_sections(parts: Sequence[Section], reason: str = "") -> None:
    """Draw the sections and, at the end, the reason for this type of chart."""
    for part in parts:
        title = f"**{plain(part.title)}**\n\n" if len(parts) > 1 else ""
        st.markdown(title + "\n\n".join(plain(sentence) for sentence in part.sentences))
    if reason:
        st.markdown(f":small[:gray[{plain(reason)}]]")
