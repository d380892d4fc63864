"""A list of saved questions or boards: the number of matches, the first rows, and a button for more rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.item_filters import forget_filters
from pages.widgets.space_pills import EVERYWHERE
from semantic.display.format import counted
from semantic.store.spaces.items import MOST_LISTED

PAGE = 25

Item = TypeVar("Item")


def item_list(
    matches: Sequence[Item],
    everything: int,
    draw: Callable[[Item], None],
    *,
    noun: str,
    name: str,
    plural: str = "",
) -> None:
    """Draw each row with `draw`. `name` is the prefix of the keys of the search, as in `space_pills`."""
    shown = shown_count(name)
    if everything >= MOST_LISTED:
        covered = f"Search covers the {MOST_LISTED:,} most recently changed {plural or noun + 's'}."
        st.caption(plain(f"{covered} You can still open older ones from their links."))
    elif len(matches) < everything:
        st.caption(f"{len(matches)} of {counted(everything, noun, plural)}")
    with st.container(border=True, gap="xsmall", key=f"list-of-{name}"):
        for item in matches[:shown]:
            draw(item)
    if len(matches) > shown:
        with st.container(horizontal=True, horizontal_alignment="center"):
            more = min(PAGE, len(matches) - shown)
            st.button(f"Show {more} more", key=f"{name}-more", on_click=_show, args=(name, shown + PAGE))


def shown_count(name: str) -> int:
    """Return the number of rows that are drawn."""
    return st.session_state.get(f"{name}-shown", PAGE)


def _show(name: str, count: int) -> None:
    st.session_state[f"{name}-shown"] = count


def show_all(name: str) -> None:
    """Clear the search and all filters. Called on click."""
    st.session_state[f"{name}-search"], st.session_state[f"{name}-space"] = "", EVERYWHERE
    forget_filters(name)
