"""The list of requests. Stewards see all of them by state, and everyone sees their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages.asking import form as asking
from pages.asking.news import follow_up
from pages.requests.words import KINDS, STATES, facts
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, empty_state, plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.services.requests.work import ListedRequest, RequestWork

VIEW: Final = "requests-view"
NEW, ANSWERING, DONE, YOURS = "New", "In progress", "Closed", "Yours"
SHOWN: Final = 50
_COLOURS: Final[dict[str, State]] = {"answered": "good", "declined": "quiet", "answering": "info", "new": "quiet"}
_NOTHING: Final = {
    NEW: ("inbox", "No new requests", "People's requests appear here, the most wanted first."),
    ANSWERING: ("pending_actions", "No requests in progress", "Open a new request and assign it to yourself."),
    DONE: ("task_alt", "No closed requests yet", "Answered and declined requests stay here for 90 days."),
    YOURS: (
        "contact_support", "You haven't asked for anything",
        "When a search finds nothing, a question is refused or a number looks wrong, ask a steward from there.",
    ),
}  # fmt: skip


def ask_button() -> None:
    """Draw the button that opens an empty form."""
    _, actor = session.require("viewer")
    if asking.may_ask(actor):
        st.button(
            asking.ASK_LABEL, icon=":material/add:", key="requests-ask", type="primary", on_click=asking.begin,
            args=(asking.Start(),),
        )  # fmt: skip


@st.fragment
@in_turn
def show() -> None:
    """Draw the list, which reruns separately."""
    _, actor = session.require("viewer")
    work = session.request_work(actor)
    try:
        groups = _groups(work)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load requests", str(error), [Action("Try again", _just_rerun)], key="requests-away"
        )
        return
    view = YOURS
    if len(groups) > 1:
        counts = {name: f"{name} ({len(found)})" if found and name != DONE else name for name, found in groups.items()}
        first = next((name for name in (NEW, ANSWERING, YOURS) if groups[name]), NEW)
        view = st.segmented_control(
            "Show", list(groups), default=first, required=True, key=VIEW, label_visibility="collapsed",
            format_func=lambda name: counts[name],
        )  # fmt: skip
    found = groups[view]
    if not found:
        icon, title, sentence = _NOTHING[view]
        empty_state(icon, title, sentence, key="requests-none")
        return
    for listed in found[:SHOWN]:
        _row(listed, work, is_mine=view == YOURS)
    if len(found) > SHOWN:
        st.caption(f"Showing the first {SHOWN} of {len(found):,}.")


def _groups(work: RequestWork) -> dict[str, Sequence[ListedRequest]]:
    mine = work.mine()
    if not work.may_answer:
        return {YOURS: mine}
    every = work.to_answer()
    return {
        NEW: [listed for listed in every if listed.request.state == "new"],
        ANSWERING: [listed for listed in every if listed.request.state == "answering"],
        DONE: sorted(
            (listed for listed in every if listed.request.state in ("answered", "declined")),
            key=lambda listed: listed.request.changed_at, reverse=True,
        ),
        YOURS: mine,
    }  # fmt: skip


def _just_rerun() -> None:
    pass


def _row(listed: ListedRequest, work: RequestWork, *, is_mine: bool) -> None:
    request = listed.request
    key = f"request-{request.id}"
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=key):
        with st.container(gap="xxsmall", width="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.markdown(f":gray[:material/{KINDS[request.kind][1]}:] **{plain(request.words)}**", width="content")
                colour = COLOURS[_COLOURS.get(request.state, "quiet")]
                st.badge(badge_text(STATES[request.state]), color=colour)
            st.markdown(f":small[:gray[{plain(facts(listed, work.live, is_mine=is_mine))}]]")
            if is_mine and not request.is_open:
                st.markdown(f":small[{plain(work.said(request))}]")
        if is_mine:
            _own(listed, work, key)
        if work.handles(request):
            label = f"Open {unseen(request.words)}"
            page = links.page_of(links.REQUESTS)
            st.page_link(page, label=label, query_params={links.REQUEST: request.id}, width="content")


def _own(listed: ListedRequest, work: RequestWork, key: str) -> None:
    """Draw the actions on a person's own request: run its question, or withdraw it."""
    request = listed.request
    news = work.news_of(listed)
    if news is not None:
        follow_up(news)
    if request.is_open:
        is_asker = listed.mine is not None and listed.mine.how == "asked"
        label = f"{'Withdraw' if is_asker else 'Leave'} {unseen(request.words)}"
        st.button(label, key=f"{key}-leave", type="tertiary", on_click=_leave, args=(request.id, is_asker, work))


def _leave(request: str, is_asker: bool, work: RequestWork) -> None:
    try:
        if is_asker:
            work.withdraw(request)
        else:
            work.leave(request)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
