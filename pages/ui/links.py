"""Links from one page to another that carry a question or a metric in their address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.parts import plain
from semantic.query.codec import query_to_params
from semantic.query.query import Query

HOME, EXPLORE, CATALOGUE = "pages/view/home.py", "pages/explore/explore.py", "pages/view/catalogue.py"


def explore_link(label: str, query: Query, *, strong: bool = False, **how: Any) -> None:
    """A link that opens Explore with this very question. `how` goes to st.page_link, which has many arguments."""
    st.page_link(EXPLORE, label=_label(label, strong), query_params=query_to_params(query), **how)


def metric_link(label: str, name: str, *, beside: str = "", strong: bool = False, **how: Any) -> None:
    """A link to a metric's page, or to two metrics side by side."""
    asked = {"m": name} | ({"with": beside} if beside else {})
    st.page_link(CATALOGUE, label=_label(label, strong), query_params=asked, **how)


def catalogue_link(label: str, **how: Any) -> None:
    """A link to the list of metrics."""
    st.page_link(CATALOGUE, label=plain(label), **how)


def _label(label: str, strong: bool) -> str:
    return f"**{plain(label)}**" if strong else plain(label)
