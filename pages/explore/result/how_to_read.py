"""How to read an answer: a question mark next to its chart, whose text is made when someone opens it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shell.parts import plain, unseen
from semantic.display.words.how_to_read import TITLE, Section


def how_to_read(parts: Callable[[], Sequence[Section]], *, key: str, reason: Callable[[], str] = str) -> None:
    """Draw the question mark. `parts` is called once it's open, and so is `reason`, which says why this chart."""
    with st.popover(
        unseen(TITLE), icon=":material/help:", key=f"{key}-how", type="tertiary", on_change="rerun", help=TITLE
    ) as popover:  # fmt: skip
        if popover.open:
            with st.container(width=320, gap="xsmall", key=f"{key}-how-text"):
                st.markdown(f"**{TITLE}**")
                show_sections(parts(), reason())


def show_sections(parts: Sequence[Section], reason: str = "") -> None:
    """Draw the sentences, and last why this kind of chart was chosen."""
    for part in parts:
        lines = "\n".join(f"- {plain(sentence)}" for sentence in part.sentences)
        st.markdown(f":gray[{plain(part.title)}]\n\n{lines}" if len(parts) > 1 else lines)
    if reason:
        st.markdown(f":small[:gray[{plain(reason)}]]")
