"""The app's pages: their addresses, names and who they are listed for."""

from __future__ import annotations

from dataclasses import dataclass

from pages.ui import links


@dataclass(frozen=True, slots=True)
class Row:
    """One page of the app and the lowest role it is listed for; the page itself asks for the role again."""

    path: str
    file: str
    title: str
    icon: str
    role: str


PAGES = (
    Row("start", links.HOME, "Home", "home", "viewer"),
    Row("explore", links.EXPLORE, "Explore", "query_stats", "viewer"),
    Row("metrics", links.CATALOGUE, "Metrics", "menu_book", "viewer"),
    Row("access", links.ACCESS, "Access", "policy", "steward"),
)
"""The first one stands at "/", whatever its path; HOME is what people type for it."""

HOME = "home"
