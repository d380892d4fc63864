"""The Agents page: programs that ask on a person's behalf, what they propose, and what they did."""

import streamlit as st

from pages.agents import connect, listing, views
from pages.agents.approvals import show_approvals
from pages.agents.transcript import show_transcript
from pages.shell import keys, links, session

session.require("viewer")
links.keep_address()
listing.header()
view = views.chosen_view()
if view == views.AGENTS:
    listing.agents()
else:
    if view == views.APPROVALS:
        show_approvals()
    else:
        show_transcript(st.query_params.get(links.TRANSCRIPT, ""))
    connect.show()
keys.watch_mode()
