"""The title of the browser's tab: the page's content, then the product's name."""

from __future__ import annotations

import streamlit as st

_PAGE = "tab_title_page"
"""In the session: the address of the page that the tab was last named after."""


def name_tab(title: str) -> None:
    """Name the tab after the page's content. A later call in the same run takes precedence."""
    st.set_page_config(page_title=tab_title(title))


def tab_title(title: str) -> str:
    return f"{' '.join(title.split())} · Samepage"


def name_after_page(address: str, title: str) -> None:
    """Name the tab after a page that was just opened, for a page without a more specific title.

    Only then, because on a rerun the tab already says more, and would flicker.
    """
    if st.session_state.get(_PAGE) != address:
        name_tab(title)
        st.session_state[_PAGE] = address
