"""Filters by place for lists of saved items: private, a shared space, or the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.item_words import ONLY_ME
from semantic.store.spaces.spaces import MINE

EVERYWHERE = "All spaces"


class SpaceItem(Protocol):
    """An item that is in a space or private."""

    @property
    def space(self) -> str: ...

    @property
    def space_name(self) -> str: ...


Thing = TypeVar("Thing", bound=SpaceItem)


def space_pills(every: Sequence[SpaceItem], name: str, *, has_favourites: bool = True) -> None:
    """Draw a pill for each space that has items, and switches for favourites and archived items.

    `name` is the prefix of the keys.
    """
    spaces = sorted({entry.space_name for entry in every if entry.space}, key=str.casefold)
    options = [EVERYWHERE, *([ONLY_ME] if any(entry.space == MINE for entry in every) else []), *spaces]
    chosen = st.session_state.get(f"{name}-space")
    if chosen and chosen not in options:
        options.append(chosen)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"{name}-narrowing"):
        if len(options) > 2:
            with st.container(width="stretch"):
                st.pills("Space", options, key=f"{name}-space", format_func=plain, label_visibility="collapsed")
        if has_favourites:
            st.toggle("Favorites", key=f"{name}-favourites")
        st.toggle("Archived", key=f"{name}-archived")


def of_space(things: Sequence[Thing], name: str) -> list[Thing]:
    """Return the items in the space of the selected pill."""
    space: str | None = st.session_state.get(f"{name}-space")
    if space in (None, EVERYWHERE):
        return [*things]
    return [thing for thing in things if (thing.space_name if thing.space else ONLY_ME) == space]
