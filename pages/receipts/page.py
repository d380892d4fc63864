"""The page of a receipt: its question, asked again for the person who opens it, and what has changed since."""

import streamlit as st

from pages.receipts import receipt
from pages.shell import keys, session

workspace, actor = session.require("viewer")
receipt.show(st.query_params.get("receipt", ""), workspace, actor)
keys.watch_mode()
