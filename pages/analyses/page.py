"""The Analyses page: the form on the left, and the answer on the right."""

import streamlit as st

from pages.analyses import alerting, frame, named, opening, saving
from pages.analyses.kinds import KIND_PAGES
from pages.shell import session
from pages.shell.keys import undo_keys

workspace, actor = session.require("viewer")
alerting.leave(workspace)
held = opening.current(workspace, actor)
if held is None:
    for kind_page in KIND_PAGES.values():
        if not opening.open_example(kind_page, workspace, actor, keep=False):
            held = opening.current(workspace, actor)
            break
if held is not None:
    held.advance(workspace)
frame.header(held, workspace)
if held is None:
    frame.first_visit(workspace)
else:
    saving.saved_line(held, workspace)
    named.named_line(held, workspace)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="analysis-start"):
        named.start_from(held, workspace)
        frame.choose_kind(held, workspace)
    left, right = st.columns([1, 2.2], gap="medium")
    with left, frame.folding(held):
        frame.form(held, workspace)
    with right:
        frame.answer(held, workspace)
    undo_keys(held.undo, held.redo)
