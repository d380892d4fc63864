"""A page with only a board's tiles; the test's session sets the tab, the state and who listens."""

import streamlit as st

from pages.boards.read import tiles as board_tiles
from pages.shell import links, session
from semantic.boards.apply import asked


def show() -> None:
    workspace, actor = session.require("viewer")
    tab, state = st.session_state["the tab"], st.session_state["the state"]
    seen = workspace.visible(actor)
    tiles = [tile for row in tab.rows for tile in row.tiles]
    questions = [asked(tile, state, seen, lambda query: workspace.preflight(query, actor)) for tile in tiles]
    board_tiles.show_tab(
        tab, questions, key="board", default=st.session_state.get("the default"), told=st.session_state["told"],
        picked=st.session_state["picked"],
    )  # fmt: skip


st.navigation([st.Page(show), st.Page(links.EXPLORE)], position="hidden").run()  # a link needs where it leads to
