"""Home: what you follow, notable changes, your work and your teams' boards, and next steps."""

import streamlit as st

from pages.home import changes, find, tiles, work
from pages.shell import keys, links, session
from pages.shell.parts import page_header
from pages.widgets import follow

asks = {"m", links.SAVED, links.LINK}
if not asks.isdisjoint(st.query_params):  # a question in the address of the first page belongs to Explore
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(links.EXPLORE, query_params=asked)
workspace, actor = session.require("viewer")
found = follow.followed(actor)
own = tiles.followed_metrics(found, workspace.visible(actor))
key = tiles.key_metrics(workspace.visible(actor))
metrics = own or key
page_header("Home", tiles.period_words(metrics, workspace, actor))
if metrics:
    session.finder().warm(actor)
    find.box(key="find-home")
    tiles.followed_tiles(own, key)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        changes.changes()
    with right:
        work.work()
else:
    tiles.no_metrics()
keys.watch_mode()
