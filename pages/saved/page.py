"""The Saved page: find, open, rename, move, archive and restore questions and analyses, your own and shared ones."""

import streamlit as st

from pages.saved import analyses
from pages.saved import list as saved_list
from pages.shell import keys, session
from pages.shell.parts import page_header
from pages.shell.saved_kind import ANALYSES, QUESTIONS, open_with, opens_with

workspace, actor = session.require("viewer")
page_header("Saved", "Questions and analyses that you saved or others shared. Results refresh each time you open one.")
shown = st.segmented_control(
    "Show", [QUESTIONS, ANALYSES], default=opens_with(), key="saved-what", label_visibility="collapsed", required=True
)
open_with(shown)
if shown == ANALYSES:
    analyses.analyses_list()
else:
    saved_list.saved_list()
keys.watch_mode()
