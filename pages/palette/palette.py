"""The palette on every page: its pages and actions, its matches for a text, and opening the chosen one."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from pages.palette.found import find
from pages.palette.opened import open_row
from pages.shell import links, session
from pages.shell.turns import in_turn
from pages.sign_in import menu
from pages.widgets.palette import Row, draw_found, draw_palette, palette_data
from semantic.model.policies import Viewable
from semantic.policy.actor import Actor

_DATA, _TEXT = "palette_data", "palette_text"
ALSO: Final = MappingProxyType({
    "explore": "question analyze", "ask": "question conversation chat words",
    "analyses": "analysis funnel conversion drop-off retention cohorts paths journey overlap anomalies",
    "saved": "bookmarks questions", "boards": "dashboards reports",
    "metrics": "catalogue catalog KPIs glossary", "targets": "goals plan budget",
    "alerts": "notify monitor anomaly threshold snooze", "definitions": "model YAML edit",
    "checks": "data quality tests", "access": "policies permissions", "people": "users roles", "audit": "log history",
    "tokens": "API keys", "connections": "databases warehouse sources", "sign-ins": "sessions devices",
    "subscriptions": "deliveries emails digest schedule unsubscribe time zone",
    "agents": "AI assistant MCP connect",
    "requests": "ask help missing metric", "adoption": "usage active people unused",
    "sign-out": "log out logout", "switch-person": "user",
})  # fmt: skip
"""Additional search words for pages and actions, by page address."""
_ICONS = {"sign-ins": "devices", "switch-person": "switch_account", "sign-out": "logout"}
_AS_ACTIONS = ("switch-person", "sign-out")  # these entries act immediately


@st.fragment
@in_turn
def palette() -> None:
    """Draw the button and the palette. In a run of the whole page, this only draws them, from cached data."""
    asked, picked = draw_palette(_data())
    if asked is None and picked is None:
        return
    workspace, actor = session.require("viewer")
    if asked is not None:
        st.session_state[_TEXT] = asked
        draw_found(asked, find(asked, workspace, actor))
    if picked is not None:
        open_row(picked, st.session_state.get(_TEXT, ""), workspace, actor)


def _data() -> bytes:
    """Return the data that draws this person's palette. It's computed once for each menu."""
    shown: menu.Menu = st.session_state[menu.KEY]
    kept: tuple[menu.Menu, bytes] | None = st.session_state.get(_DATA)
    if kept is None or kept[0] is not shown:
        kept = st.session_state[_DATA] = shown, _offers(shown)
    return kept[1]


def _offers(shown: menu.Menu) -> bytes:
    every = [page for pages in shown.pages.values() for page in pages if page.visibility == "visible"]
    pages = tuple(_row(page) for page in every if page.url_path not in _AS_ACTIONS)
    actions = tuple(_row(page) for page in every if page.url_path in _AS_ACTIONS)
    person = shown.person
    own = _actions(person) if person is not None else ()
    return palette_data(pages, (*own, *actions), people=_may_find_people())


def _row(page: Page) -> Row:
    """Return the row of a page. Its name contains the page's address, which is empty for the first page."""
    icon = page.icon.removeprefix(":material/").removesuffix(":") or _ICONS.get(page.url_path, "chevron_right")
    return Row(f"page:{page.url_path}", page.title, icon=icon, also=ALSO.get(page.url_path, ""))


def _actions(person: Actor) -> tuple[Row, ...]:
    is_viewed = person.viewed_by is not None
    copy = Row("action:copy-link", "Copy link", icon="link", line="To this page", also="share address URL")
    if is_viewed:
        return (copy, Row("action:stop-viewing", "Stop viewing as someone else", icon="visibility_off"))
    board = Row("action:new-board", "New board", icon="add", also="create dashboard")
    return (
        board,
        copy,
        *([Row("action:view-as", "View as\N{HORIZONTAL ELLIPSIS}", icon="visibility")] if _may_view(person) else []),
    )


def _may_view(person: Actor) -> bool:
    """Return whether a policy can let this person view as others. They do so on the Access page."""
    if links.ACCESS not in st.session_state.get(links.OPEN, {}):
        return False
    return any(policy.view_as != Viewable() for policy in session.workspace().visible(person).policies)


def _may_find_people() -> bool:
    return links.PEOPLE in st.session_state.get(links.OPEN, {})
