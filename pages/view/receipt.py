"""A receipt's page: the question asked again for whoever opens it, and what has changed since it was given."""

import streamlit as st

from pages.ui import keys, session
from pages.ui.result import receipt_page

workspace, actor = session.require("viewer")
receipt_page.show(st.query_params.get("receipt", ""), workspace, actor)
keys.watch_mode()
