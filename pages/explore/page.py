"""The Explore page, with the builder on the left and the answer on the right."""

import streamlit as st

from pages.asking.news import show_news
from pages.explore import answer, ask, pickers, sentences
from pages.explore.builder import question
from pages.explore.builder.first_visit import tour
from pages.shell import session
from pages.shell.keys import undo_keys
from pages.shell.parts import page_header
from pages.shell.turns import in_turn

running, actor = session.require("viewer")
held = question.current(running, actor)
workspace = held.home(running)
answer.advance(held, workspace)
page_header(
    *answer.heading(held, workspace),
    lambda: answer.actions(held, workspace),
    scope=workspace.visible(actor).scope,
)
show_news(actor, "explore")
if workspace.visible(actor).metrics:
    tour(held)


@st.fragment
@in_turn
def ask_bar() -> None:
    running, asking = session.require("viewer")
    if asking != held.actor:
        st.rerun()
    ask.ask_bar(held, held.home(running))


if workspace.visible(actor).metrics:
    ask_bar()
left, right = st.columns([1, 2.9], gap="medium")


@st.fragment
@in_turn
def builder() -> None:
    running, asking = session.require("viewer")
    if asking != held.actor:
        st.rerun()
    workspace = held.home(running)
    if held.changed:
        answer.advance(held, workspace, patience=answer.AT_ONCE)
        if held.pending is None:  # The whole page reruns without a wait, so the builder isn't drawn twice.
            st.rerun()
    pickers.build(held, workspace)


with left, pickers.folding(held):
    builder()
with right:
    sentences.open_why(held)
    answer.show_answer(held, workspace)
undo_keys(held.undo, held.redo)
