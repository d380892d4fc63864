"""The Requests page: the list, or the request that the address names."""

import streamlit as st

from pages.requests import listing, one
from pages.shell import keys, links, session
from pages.shell.parts import page_header

session.require("viewer")
links.keep_address()
if opened := st.query_params.get(links.REQUEST, ""):
    one.show(opened)
else:
    page_header("Requests", "Request a metric, or ask about a number. Stewards answer.", listing.ask_button)
    listing.show()
keys.watch_mode()
