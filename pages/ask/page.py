"""The Ask page, with the conversation and the field for the next question."""

import streamlit as st

from pages.ask import conversation, saved_conversations, start
from pages.ask.announced import announce
from pages.ask.reading import read_waiting_text, take_text
from pages.ask.turns import draw_turns, open_in_explore
from pages.asking.news import show_news
from pages.shell import session
from pages.shell.parts import page_header
from semantic.services.finding.finder import LONGEST

workspace, actor = session.require("viewer")
talk = conversation.current(workspace, actor)
visible = workspace.visible(actor)
open_in_explore(workspace, actor)
page_header("Ask", "", lambda: start.actions(talk, workspace), scope=visible.scope)
show_news(actor, "explore")
if not visible.metrics:
    start.no_access()
    st.stop()
session.finder().warm(actor)


def submit() -> None:
    """Read the typed text before the turns are drawn."""
    text = st.session_state.get("ask-text")
    if isinstance(text, str):
        take_text(text, talk, workspace)


read_waiting_text(talk, workspace)
talk.drawn = talk.count
with st.container(key="ask-page", width=start.WIDTH):
    if talk.turns:
        draw_turns(talk, workspace)
    else:
        start.examples(talk, workspace)
    announce(start.announcement(talk))
saved_conversations.save_conversation(talk)
st.chat_input(
    start.PLACEHOLDER if talk.turns else start.FIRST, key="ask-text", max_chars=LONGEST, on_submit=submit,
    width=start.WIDTH,
)  # fmt: skip
