"""The page Agents: what waits for this person's approval, and what their agents did."""

import streamlit as st

from pages.agents.approvals import show_approvals
from pages.agents.transcript import show_transcript
from pages.shell import keys, links, session
from pages.shell.parts import page_header

session.require("viewer")
links.keep_address()
page_header("Agents", "Assistants that ask for you, with no more access than you have.")
agent = st.query_params.get(links.TRANSCRIPT, "")
view = st.segmented_control(
    "Show", ["Approvals", "Transcript"], default="Transcript" if agent else "Approvals", required=True,
    key="agents-view", label_visibility="collapsed",
)  # fmt: skip
if view == "Transcript":
    show_transcript(agent)
else:
    show_approvals()
keys.watch_mode()
