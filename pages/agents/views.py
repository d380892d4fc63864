"""The views of the Agents page: the agents, their open proposals, and the transcript."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.shell import links, session
from semantic.agents.deciding import pending_count
from semantic.errors import SemanticError

AGENTS, APPROVALS, TRANSCRIPT = "Agents", "Approvals", "Transcript"
VIEW, _SEEN = "agents-view", "agents-address"
"""The session keys for the chosen view, and for the address parameters that last chose a view."""
_NOTHING: Final = ("", "")


def chosen_view() -> str:
    """Draw the choice of views, and return the chosen view. A changed address parameter selects its own view."""
    _, actor = session.require("viewer")
    asked = st.query_params.get(links.PROPOSAL, ""), st.query_params.get(links.TRANSCRIPT, "")
    if asked != st.session_state.get(_SEEN, _NOTHING):
        st.session_state[_SEEN] = asked
        if asked != _NOTHING:
            st.session_state[VIEW] = APPROVALS if asked[0] else TRANSCRIPT
    try:
        count = pending_count(session.live(), actor)
    except SemanticError:
        count = 0  # The view itself shows the error.
    chosen = st.segmented_control(
        "View", [AGENTS, APPROVALS, TRANSCRIPT], default=None if VIEW in st.session_state else AGENTS, required=True,
        key=VIEW, label_visibility="collapsed", on_change=_forget_address,
        format_func=lambda view: f"{view} ({count})" if view == APPROVALS and count else view,
    )  # fmt: skip
    return chosen or AGENTS


def open_view(parameter: str, value: str) -> None:
    """Set one address parameter, remove all others, and rerun the page, so that it opens the view for that
    parameter.
    """
    st.query_params.clear()
    if value:
        st.query_params[parameter] = value
    st.rerun()


def _forget_address() -> None:
    """Remove the address parameters that chose a view, so that a click or the next link can choose another one."""
    for name in (links.PROPOSAL, links.TRANSCRIPT):
        if name in st.query_params:
            del st.query_params[name]
    st.session_state[_SEEN] = _NOTHING
