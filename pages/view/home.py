"""Home: the key metrics, what changed notably, and ways to go on."""

import streamlit as st

from pages.ui import find, keys, links, saved_list, session, starters, tiles
from pages.ui.parts import page_header

asks = {"m", links.SAVED, links.LINK}
if not asks.isdisjoint(st.query_params):  # a question in the address of the first page is one for Explore
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(links.EXPLORE, query_params=asked)
workspace, actor = session.require("viewer")
metrics = tiles.key_metrics(workspace.visible(actor))
page_header("Home", tiles.period_words(metrics, workspace, actor))
if metrics:
    find.box(key="find-home")
    tiles.key_tiles(metrics)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        tiles.changes()
    with right:
        saved_list.saved_at_home(workspace, actor)
        starters.recent_questions(workspace, actor)
        starters.starter_questions(metrics, workspace, actor)
else:
    tiles.no_metrics()
keys.watch_mode()
