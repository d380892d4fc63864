"""A line on Home about proposals of agents that wait for this person's approval."""

import streamlit as st

from pages.shell import links, session
from pages.shell.navigation import file_of
from pages.shell.parts import plain
from semantic.agents.deciding import pending_count
from semantic.display.format import counted
from semantic.errors import SemanticError


def proposals() -> None:
    """Draw the line, or nothing if there are no proposals or the store is unavailable."""
    _, actor = session.require("viewer")
    if file_of("agents") is None:
        return
    try:
        count = pending_count(session.live(), actor)
    except SemanticError:
        return
    if not count:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="home-proposals"):
        words = f"{counted(count, 'proposal')} from your agents {'needs' if count == 1 else 'need'} your approval."
        st.markdown(f":blue[:material/smart_toy:] {plain(words)}", width="stretch")
        links.agents_link("Review", **{links.PROPOSAL: "all"})
