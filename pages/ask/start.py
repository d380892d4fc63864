"""The parts around a conversation: example questions, the page's actions, and the announcement for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ask import saved_conversations
from pages.ask.conversation import Conversation
from pages.ask.reading import take_text
from pages.shell.no_metrics import no_metrics
from pages.shell.parts import heading, plain
from semantic.agents.talking.examples import examples as sentences
from semantic.display.failures import failure_title
from semantic.display.format import counted

if TYPE_CHECKING:
    from semantic.workspace import Workspace

FIRST: Final = "Ask a question about your numbers"
WIDTH: Final = 960  # pixels, so that lines and charts stay easy to read
PLACEHOLDER: Final = "Ask a follow-up, or something else"


def no_access() -> None:
    """Say that there are no metrics to ask about."""
    no_metrics("You don't have access to any metrics yet. Ask a steward for access.", key="ask-none")


def examples(talk: Conversation, workspace: Workspace) -> None:
    """Draw example questions, based on what this person can see."""
    offered = sentences(workspace, workspace.visible(talk.actor))
    with st.container(key="ask-start", gap="small"):
        heading("Try a question")
        st.caption("Each answer comes with a chart and a receipt. Then ask a follow-up, such as “by week”.")
        for place, text in enumerate(offered):
            st.button(
                plain(text), key=f"ask-example-{place}", icon=":material/arrow_outward:", on_click=take_text,
                args=(text, talk, workspace), wrap=True,
            )  # fmt: skip


def actions(talk: Conversation, workspace: Workspace) -> None:
    """Draw the page's actions."""
    saved_conversations.chooser(talk, workspace)
    if talk.turns or talk.waiting:
        st.button("New conversation", icon=":material/add:", key="ask-new", on_click=talk.clear)


def announcement(talk: Conversation) -> str:
    """Return what changed with the last turn, in one sentence for screen readers."""
    turn = talk.last
    if turn is None:
        return ""
    if turn.call is not None:
        return f"Asking {turn.call.name}."
    if turn.proposal is not None:
        return f"{turn.read_by} chose a question: {', '.join(turn.chips)}. Check it, then run it."
    if turn.reply is not None:
        count = len(turn.reply.next_steps)
        return f"{turn.reply.words} {counted(count, 'option')} to continue." if count else turn.reply.words
    state = turn.state
    if state is None or state.pending is not None:
        return "Looking for the answer."
    if state.result is not None:
        return f"Answer to {turn.words}. {spoken(turn)}".strip()
    checked = state.checked[2] if state.checked is not None else None
    error = state.error or (checked.error if checked is not None else None)
    return f"No answer. {failure_title(error)}" if error is not None else "The question is ready to run."


def spoken(turn: object) -> str:
    """Return the sentence above a turn's answer, or "" before the answer is drawn."""
    finding = st.session_state.get(f"{getattr(turn, 'key', '')}-finding")
    return finding.sentence if finding is not None else ""
