"""The title of the browser tab: what the page shows, then the product's name."""

from __future__ import annotations

import streamlit as st

_PAGE = "tab_title_page"
"""The session key for the address of the page that the tab was last named after."""


def name_tab(title: str) -> None:
    """Name the browser tab. A later call in the same run takes precedence."""
    st.set_page_config(page_title=tab_title(title))


def tab_title(title: str) -> str:
    return f"{' '.join(title.split())} · Samepage"


def name_after_page(address: str, title: str) -> None:
    """Name the browser tab after a page that was just opened, for pages that don't set a title.

    On a rerun, this does nothing, because the tab already has a better title and would flicker.
    """
    if st.session_state.get(_PAGE) != address:
        name_tab(title)
        st.session_state[_PAGE] = address
