"""The Glossary page: all terms with their meanings, or the term that the address names."""

import streamlit as st

from pages.metrics.glossary import list as term_list
from pages.shell import keys, links, session

workspace, actor = session.require("viewer")
links.keep_address()
term = st.query_params.get(links.TERM, "")
if term:
    term_list.show_term(term, workspace, actor)
else:
    term_list.header(workspace, actor)
    term_list.terms()
keys.watch_mode()
