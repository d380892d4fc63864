"""The choice of the folder of a saved item, in its space."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.shell.parts import plain
from semantic.store.spaces.items import LONGEST_FOLDER
from semantic.store.spaces.spaces import one_line

NO_FOLDER, NEW_FOLDER = "No folder", "New folder…"


def choose_folder(current: str, others: Iterable[str], *, key: str, noun: str) -> str:
    """Draw the choice of an existing or a new folder, and return the folder's name, or "" for none."""
    folders = {folder for folder in (current, *others) if folder}
    options = [NO_FOLDER, *sorted(folders, key=str.casefold), NEW_FOLDER]
    chosen = st.selectbox(
        "Folder", options, index=options.index(current or NO_FOLDER), key=f"{key}-folder", accept_new_options=True,
        help=plain(f"Folders group the {noun}s of a space."),
    )  # fmt: skip
    if chosen == NEW_FOLDER:
        chosen = st.text_input(
            "Folder name", key=f"{key}-folder-name", max_chars=LONGEST_FOLDER, placeholder="Weekly review"
        )
    return "" if chosen == NO_FOLDER else one_line(str(chosen or ""))[:LONGEST_FOLDER]
