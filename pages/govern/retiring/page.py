"""The page that retires a metric: its successor, everything that uses it with both values, and the replacement."""

import streamlit as st

from pages.govern.retiring import retire
from pages.shell import keys, session

session.require("steward")
retire.show(st.query_params.get("m", ""))
keys.watch_mode()
