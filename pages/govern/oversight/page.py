"""The Oversight page: agents in use, their guidance, drift of questions in words, and the log of automations."""

import streamlit as st

from pages.govern.oversight import automation, drift, guidance, overview
from pages.govern.oversight.outcome import clear, show_outcome
from pages.shell import keys, links, session
from pages.shell.parts import page_header

VIEW = "oversight-view"
VIEWS = {"overview": "Overview", "guidance": "Guidance", "drift": "Drift", "automation": "Automation log"}

session.require("steward")
page_header(
    "Oversight",
    "See what agents do, tell them what they should know, and check that questions in words are read correctly.",
)
if st.query_params.get(links.VIEW) in VIEWS:  # a link to a view
    st.session_state[VIEW] = st.query_params.pop(links.VIEW)
view = st.segmented_control(
    "View", list(VIEWS), default=None if VIEW in st.session_state else "overview", required=True,
    key=VIEW, label_visibility="collapsed", format_func=VIEWS.__getitem__, on_change=clear,
)  # fmt: skip
show_outcome()
match view:
    case "guidance":
        guidance.show()
    case "drift":
        drift.show()
    case "automation":
        automation.show()
    case _:
        overview.show()
keys.watch_mode()
