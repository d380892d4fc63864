"""A question as a row of chips, as in Explore, but read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.explore.builder.question_chips import question_parts
from pages.shell import links, session
from pages.shell.parts import badge_text, plain
from semantic.errors import SemanticError
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.workspace import Workspace

NOT_AVAILABLE = "It uses something that isn't available to you, so it isn't shown."


def show_chips(query: Query, workspace: Workspace, actor: Actor, *, key: str, has_period: bool = True) -> bool:
    """Draw each part of a question, and return whether it was drawn.

    Nothing is drawn unless this person can ask the whole question. Pass `has_period=False` for an item without a
    period, such as an alert.
    """
    narrowed, _ = workspace.repair(query, actor)
    if narrowed != query:
        st.caption(NOT_AVAILABLE)
        return False
    if not query.metrics:
        return _show_values(query, workspace, actor, key)
    state = ExploreState(actor=actor, version=workspace.model.version, draft=query)
    parts = question_parts(state, workspace.visible(actor), workspace)
    with st.container(horizontal=True, gap="xsmall", key=f"{key}-chips"):
        for part in parts:
            if not has_period and part.chip.name.startswith("period:"):
                continue
            st.badge(badge_text(part.chip.label) or "\N{HORIZONTAL ELLIPSIS}", color="gray")
    return True


def _show_values(query: Query, workspace: Workspace, actor: Actor, key: str) -> bool:
    """Draw a question without metrics: its dimensions and filters, because the builder has no chips for it."""
    preflight = workspace.preflight(query, actor)
    if not preflight.ok:
        st.caption(NOT_AVAILABLE)
        return False
    with st.container(horizontal=True, gap="xsmall", key=f"{key}-chips"):
        for words in filter(None, (preflight.title, preflight.filters)):
            st.badge(badge_text(words) or "\N{HORIZONTAL ELLIPSIS}", color="gray")
    return True


def explore_button(query: Query, workspace: Workspace, actor: Actor, *, label: str, key: str) -> None:
    """Draw a link that opens a question in Explore.

    If the question names a person, it's stored on click and left out of the address.
    """
    narrowed, _ = workspace.repair(query, actor)
    if narrowed != query or not query.metrics:
        return
    if not names_a_person(query, workspace.model):
        links.explore_link(label, query, icon=":material/query_stats:", width="content")
        return
    if st.button(plain(label), icon=":material/query_stats:", key=f"{key}-explore", type="tertiary"):
        work = session.saved_work(workspace, actor)
        try:
            link = work.find_link(query) or work.make_link(query, is_personal=True)
        except SemanticError as error:
            st.caption(plain(str(error)))
            return
        st.switch_page(links.page_of(links.EXPLORE), query_params={links.LINK: link})
