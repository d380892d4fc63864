"""The answers to a person's requests. They appear where the person asked, until the person closes them."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

import streamlit as st

from pages.asking.form import NEWS
from pages.shell import links, session
from pages.shell.parts import block, plain, quoted, unseen
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.requests.work import AnswerNotice
from semantic.store.requests.people import Place

KEPT_SECONDS = 30.0
RUN_LABEL = "Run your question"


def show_news(actor: Actor, place: Place, *, receipt: str = "") -> None:
    """Draw the answers to requests that this person made in a place of the app. Draws nothing if there are none."""
    for one in _read(actor):
        if one.place == place and (place != "receipt" or one.receipt == receipt):
            _draw(one, actor, key=f"news-{one.request.id}")


def home_news(actor: Actor) -> None:
    """Draw all answers in a block on Home. Draws nothing if there are none."""
    found = _read(actor)
    if not found:
        return
    with block("Answers to your requests"):
        for one in found:
            _draw(one, actor, key=f"home-news-{one.request.id}")


def _read(actor: Actor) -> Sequence[AnswerNotice]:
    """Return the answers, cached for half a minute, or none while the store is unavailable."""
    held: tuple[Actor, float, Sequence[AnswerNotice]] | None = st.session_state.get(NEWS)
    if held is None or held[0] != actor or monotonic() - held[1] > KEPT_SECONDS:
        try:
            found = session.request_work(actor).news()
        except SemanticError:
            found = []
        held = st.session_state[NEWS] = actor, monotonic(), found
    return held[2]


def _draw(news: AnswerNotice, actor: Actor, *, key: str) -> None:
    is_good = news.request.state == "answered"
    icon = ":green[:material/task_alt:]" if is_good else ":gray[:material/info:]"
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=key):
        asked = f"You asked for {quoted(news.request.words)}."
        st.markdown(
            f"{icon} **{plain(news.sentence)}**  \n:small[:gray[{plain(asked)}]]", width="stretch"
        )  # fmt: skip
        follow_up(news, icon=None)
        label = f"Close {unseen(news.request.words)}"
        st.button(label, key=f"{key}-close", type="tertiary", on_click=_close, args=(news.request.id, actor))


def follow_up(news: AnswerNotice, *, icon: str | None = ":material/query_stats:") -> None:
    """Draw the link to the item that the answer points to, if there is one."""
    if news.question:
        links.saved_link(RUN_LABEL, news.question, icon=icon, width="content")
    elif news.query is not None:
        links.explore_link(RUN_LABEL, news.query, icon=icon, width="content")


def _close(request: str, actor: Actor) -> None:
    try:
        session.request_work(actor).close_news(request)
    except SemanticError:
        return
    st.session_state.pop(NEWS, None)
