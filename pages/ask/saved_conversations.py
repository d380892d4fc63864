"""The list of recent conversations, with the option to continue one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ask import model
from pages.ask.conversation import Conversation, Reply, Turn, new_state
from pages.explore.builder.question import check
from pages.shell import session
from pages.shell.parts import plain, unseen
from semantic.agents.talking.remembered import Conversations
from semantic.display.format import moment_in
from semantic.errors import SemanticError
from semantic.store.questions.conversations import StoredConversation, StoredTurn, make_id

if TYPE_CHECKING:
    from semantic.workspace import Workspace

GONE: Final = "This question can no longer be asked."
EARLIER: Final = "An earlier choice"
LONGEST: Final = 60  # characters of a title
_SURE: Final = "ask-history-sure"
"""The session key for whether the confirmation to delete all conversations is shown."""


def conversations(talk: Conversation) -> Conversations:
    """Return the saved conversations of the person in this conversation."""
    return Conversations(*session.store(), talk.actor)


def save_conversation(talk: Conversation) -> None:
    """Save a conversation that has changed. While the store is unavailable, only this page has the changes."""
    turns = tuple(_kept(turn) for turn in talk.turns)
    if not turns or turns == talk.kept:
        return
    talk.id = talk.id or make_id()
    try:
        conversations(talk).keep(talk.id, turns)
    except SemanticError:
        return
    talk.kept = turns


def _kept(turn: Turn) -> StoredTurn:
    state = turn.state
    result = state.result if state is not None else None
    return StoredTurn(
        words=turn.words, question=state.draft if state is not None else None,
        receipt=result.receipt if result is not None else turn.receipt, is_chosen=turn.is_chosen,
    )  # fmt: skip


def chooser(talk: Conversation, workspace: Workspace) -> None:
    """Draw the list of recent conversations. It's loaded when someone opens it."""
    if not conversations(talk).are_kept:
        return
    with st.popover("History", icon=":material/history:", key="ask-history", on_change="rerun") as popover:
        if not popover.open:
            _ask_again(False)
            return
        with st.container(width=320, gap="small", key="ask-history-list"):
            try:
                found = conversations(talk).all()
            except SemanticError as error:
                st.caption(plain(error.title))
                return
            if not found:
                st.caption("Your conversations are listed here for 90 days. No one else can see them.")
                return
            for one in found:
                _row(one, talk, workspace)
            _all(talk)
            st.caption("Kept for 90 days, without numbers. No one else can see them.")


def _all(talk: Conversation) -> None:
    """Draw the button that deletes all conversations, after a confirmation."""
    if not st.session_state.get(_SURE):
        st.button(
            "Delete all", key="ask-history-delete-all", type="tertiary", icon=":material/delete:", on_click=_ask_again,
            args=(True,),
        )  # fmt: skip
        return
    st.markdown("Delete all your conversations? This can't be undone.")
    with st.container(horizontal=True, gap="small"):
        key = "ask-history-delete-sure"
        st.button("Delete all conversations", key=key, type="primary", on_click=_delete_all, args=(talk,))
        st.button("Keep them", key="ask-history-keep", on_click=_ask_again, args=(False,))


def _ask_again(is_asked: bool) -> None:
    st.session_state[_SURE] = is_asked


def _row(one: StoredConversation, talk: Conversation, workspace: Workspace) -> None:
    title = one.title if len(one.title) <= LONGEST else f"{one.title[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    when = moment_in(one.at, workspace.model.settings.time_zone)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-history-{one.id}"):
        with st.container(width="stretch", key=f"ask-history-title-{one.id}"):  # a button this wide is centred
            st.button(
                plain(title), key=f"ask-history-open-{one.id}", type="tertiary", on_click=_open,
                args=(one, talk, workspace), wrap=True,
            )  # fmt: skip
            st.caption(plain(when))
        st.button(
            unseen(f"Delete {title}"), key=f"ask-history-delete-{one.id}", type="tertiary", icon=":material/delete:",
            help="Delete", on_click=_delete, args=(one.id, talk),
        )  # fmt: skip


def _open(one: StoredConversation, talk: Conversation, workspace: Workspace) -> None:
    """Open a saved conversation. Its questions run again only when someone asks to see an answer."""
    talk.clear()
    talk.id, talk.kept = one.id, one.turns
    for turn in one.turns:
        talk.add(_turn(turn, talk, workspace))


def _turn(kept: StoredTurn, talk: Conversation, workspace: Workspace) -> Turn:
    if kept.question is None:
        words = "No answer."
        return Turn(number=talk.count, words=kept.words, kind="unread", reply=Reply(words=words))
    if not check(
        kept.question, talk.actor, workspace
    ).ok:  # The question can name things that are hidden by now, even in a button's label.
        words = EARLIER if kept.is_chosen else kept.words
        return Turn(number=talk.count, words=words, kind="unread", reply=Reply(words=GONE), is_chosen=kept.is_chosen)
    return Turn(
        number=talk.count, words=kept.words, kind="answer", state=new_state(kept.question, talk),
        is_chosen=kept.is_chosen, chips=model.chips_of(kept.question, talk, workspace), receipt=kept.receipt,
        is_earlier=True,
    )  # fmt: skip


def _delete(conversation: str, talk: Conversation) -> None:
    try:
        conversations(talk).delete(conversation)
    except SemanticError as error:
        st.toast(plain(error.title))
        return
    if talk.id == conversation:
        talk.clear()


def _delete_all(talk: Conversation) -> None:
    _ask_again(False)
    try:
        conversations(talk).delete_all()
    except SemanticError as error:
        st.toast(plain(error.title))
        return
    talk.clear()
