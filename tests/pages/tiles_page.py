"""A page with only a board's tiles. The test's session sets the tab, the state and the callbacks."""

import streamlit as st

from pages.boards.read import tiles as board_tiles
from pages.boards.read.tile_marks import Picks
from pages.shell import links, session
from semantic.boards.apply import asked
from semantic.display.boards.state_words import chosen_words, dimension_labels


def show() -> None:
    workspace, actor = session.require("viewer")
    tab, state = st.session_state["the tab"], st.session_state["the state"]
    seen = workspace.visible(actor)
    tiles = [tile for row in tab.rows for tile in row.tiles]
    today = workspace.today()
    questions = [
        asked(tile, state, seen, lambda query: workspace.preflight(query, actor), today=today) for tile in tiles
    ]
    board_tiles.show_tab(
        tab, questions, key="board", default=st.session_state.get("the default"), on_shown=st.session_state["told"],
        picks=Picks(
            st.session_state["picked"],
            st.session_state.get("dropped", lambda _: None),
            words=lambda choice: chosen_words(choice, dimension_labels(seen)),
            labels=frozenset(dimension_labels(seen)[choice.dim] for choice in state.picked),
        ),
    )  # fmt: skip


set_alert = st.Page(lambda: None, title="Set alert", url_path="set-alert")
analyses = st.Page(lambda: None, title="Analyses", url_path="analyses")
st.session_state[links.OPEN] = {links.SET_ALERT: set_alert, links.ANALYSES: analyses}
# A link needs where it leads to.
st.navigation([st.Page(show), st.Page(links.EXPLORE), set_alert, analyses], position="hidden").run()
