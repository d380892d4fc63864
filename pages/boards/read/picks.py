"""Filters set by a click, shown as chips, and the tiles that don't apply all filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from semantic.display.boards.state_words import chosen_words
from semantic.display.format import counted, listed

if TYPE_CHECKING:
    from pages.boards.read.state import BoardSession
    from semantic.boards.applied import TileQuestion
    from semantic.boards.board import ValueFilter


def chips(
    reading: BoardSession,
    questions: Sequence[TileQuestion],
    labels: Mapping[str, str],
    title: Callable[[TileQuestion], str],
) -> None:
    """Draw a line with whether the view is modified, a chip that removes each pick, and filters that some tiles don't
    apply.
    """
    ignoring = [question for question in questions if question.ignored]
    if not (reading.state.picked or reading.is_modified or ignoring):
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="board-chips"):
        if reading.is_modified:
            st.badge(
                "Modified", icon=":material/tune:", color="orange", help="You changed the default view. Reset "
                    "brings it back.",
            )  # fmt: skip
        for place, choice in enumerate(reading.state.picked):
            st.button(
                plain(chosen_words(choice, labels)), icon=":material/close:", icon_position="right",
                key=f"board-pick-{place}", on_click=_without(reading, choice), help="Remove filter",
            )  # fmt: skip
        if len(reading.state.picked) > 1:
            st.button(
                "Clear all", key="board-picks-clear", type="tertiary", on_click=_without(reading, *reading.state.picked)
            )
        if ignoring:
            _ignoring(ignoring, title)


def _without(reading: BoardSession, *gone: ValueFilter) -> Callable[[], None]:
    def take_away() -> None:
        reading.set(reading.without(gone))

    return take_away


def ignored_words(questions: Sequence[TileQuestion]) -> str:
    """Return the filters that some tiles don't apply, such as `Not applied to 2 tiles: Market`, or "" if there are
    none.
    """
    ignoring = [question for question in questions if question.ignored]
    if not ignoring:
        return ""
    what = listed(dict.fromkeys(ignored.what for question in ignoring for ignored in question.ignored))
    return f"Not applied to {counted(len(ignoring), 'tile')}: {what}"


def _ignoring(ignoring: Sequence[TileQuestion], title: Callable[[TileQuestion], str]) -> None:
    """Draw a list of the tiles that don't apply all filters, with the reasons."""
    with (
        st.popover(
            plain(ignored_words(ignoring)), type="tertiary", icon=":material/filter_alt_off:", key="board-ignored"
        ),
        st.container(width=360, gap="xsmall"),
    ):
        for question in ignoring:
            said = "  \n".join(f"{plain(ignored.what)}: :gray[{plain(ignored.reason)}]" for ignored in question.ignored)
            st.markdown(f"**{plain(title(question))}**  \n{said}")
