"""The search, filters and order of a list of saved questions or boards. The keys start with `name`, "saved" or
"boards".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol, TypeVar

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.item_words import FORMER, name_without_job
from pages.widgets.space_pills import SpaceItem

ANYONE, YOU = "Any owner", "Owned by you"
LATEST, BY_NAME = "Recently changed", "Name"
EVERY_FOLDER = "All folders"


class FilteredItem(SpaceItem, Protocol):
    """A saved question or a board in a list."""

    @property
    def id(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def owner_name(self) -> str: ...
    @property
    def is_mine(self) -> bool: ...


Item = TypeVar("Item", bound=FilteredItem)


def search_bar(
    items: Sequence[FilteredItem], name: str, *, label: str, placeholder: str, orders: Sequence[str] = (LATEST, BY_NAME)
) -> str:
    """Draw the search field, the owner and the order, and return the typed text."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{name}-search-bar"):
        text = st.text_input(
            plain(label), key=f"{name}-search", live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder=placeholder,
        )  # fmt: skip
        st.selectbox(
            "Owner", [ANYONE, *_owners(items, name)], key=f"{name}-owner", label_visibility="collapsed", width=190
        )  # fmt: skip
        st.selectbox("Sort by", orders, key=f"{name}-order", label_visibility="collapsed", width=190)
    return text or ""


def _owners(items: Sequence[FilteredItem], name: str) -> list[str]:
    """Return the owners in the list, this person first. The chosen owner is included even without items."""
    owners = {_owner(item) for item in items} | {st.session_state.get(f"{name}-owner") or ANYONE}
    return sorted(owners - {ANYONE}, key=lambda owner: (owner != YOU, owner.casefold()))


def _owner(item: FilteredItem) -> str:
    return YOU if item.is_mine else name_without_job(item.owner_name) or FORMER


def order_of(name: str) -> str:
    """Return the chosen order of the list."""
    return st.session_state.get(f"{name}-order") or LATEST


def folder_pills(items: Sequence[FilteredItem], name: str) -> None:
    """Draw a pill for each folder in the chosen space, if there are any."""
    folders = sorted({item.folder for item in items if item.folder}, key=str.casefold)
    if folders:
        st.pills(
            "Folder", [EVERY_FOLDER, *folders], key=f"{name}-folder", format_func=plain, label_visibility="collapsed"
        )  # fmt: skip
    else:
        st.session_state.pop(f"{name}-folder", None)


def filter_items(items: Sequence[Item], name: str, favourites: Collection[str]) -> list[Item]:
    """Return the items of the chosen owner and folder, or only favourites among them if that's switched on."""
    owner = st.session_state.get(f"{name}-owner") or ANYONE
    folder = st.session_state.get(f"{name}-folder") or EVERY_FOLDER
    return [
        item
        for item in items
        if owner in (ANYONE, _owner(item))
        and folder in (EVERY_FOLDER, item.folder)
        and (item.id in favourites or not st.session_state.get(f"{name}-favourites"))
    ]


def favourites_first(items: Sequence[Item], favourites: Collection[str]) -> list[Item]:
    """Return the items with favourites first. Otherwise, the order stays the same."""
    return sorted(items, key=lambda item: item.id not in favourites)


def forget_filters(name: str) -> None:
    """Clear the owner, the folder and the switch for favourites. Called on click."""
    st.session_state[f"{name}-owner"], st.session_state[f"{name}-folder"] = ANYONE, EVERY_FOLDER
    st.session_state[f"{name}-favourites"] = False
