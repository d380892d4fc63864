"""A receipt's page: the question asked again for whoever opens it, and what has changed since it was given."""

import streamlit as st

from pages.receipts import receipt
from pages.shell import keys, session

workspace, actor = session.require("viewer")
receipt.show(st.query_params.get("receipt", ""), workspace, actor)
keys.watch_mode()
