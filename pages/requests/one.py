"""One request, for the stewards who answer it: who wants it and why, the attachment, and the actions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import streamlit as st

from pages.asking.form import NEWS
from pages.govern.definitions import current_edits as current_edits
from pages.requests.words import KINDS, PLACES, SEPARATOR, STATES, facts, name_without_job
from pages.shell import links, session
from pages.shell.parts import Action, badge_text, block, empty_state, notice, page_header, plain
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.services.requests.drafting import begin_metric
from semantic.services.requests.work import ListedRequest, RequestWork
from semantic.store.requests.people import Requester
from semantic.store.requests.requests import GONE, LONGEST_ANSWER, LinkKind

TOLD: Final = "request-told"
MOST_SHOWN: Final = 20


def show(id_: str) -> None:
    """Draw the request, or say that there is none that this person can see."""
    _, actor = session.require("viewer")
    work = session.request_work(actor)
    try:
        listed = _find(work, id_)
    except SemanticError as error:
        page_header("Requests")
        empty_state("cloud_off", "Couldn't load this request", str(error), key="request-away")
        return
    if listed is None:
        page_header("Requests")
        acts = [Action("All requests", st.query_params.clear)]
        empty_state("search_off", "Request not found", GONE, acts, key="request-unknown")
        return
    page_header(listed.request.words, facts(listed, work.live, is_mine=False), tab="Request")
    st.button(
        "All requests", icon=":material/arrow_back:", key="requests-back", type="tertiary",
        on_click=st.query_params.clear,
    )  # fmt: skip
    if told := st.session_state.pop(TOLD, None):
        notice(*told, key="request-told")
    _content(listed, work)
    _acts(id_)


def _find(work: RequestWork, id_: str) -> ListedRequest | None:
    every = work.to_answer() if work.may_answer else []
    return next((listed for listed in every if listed.request.id == id_), None)


def _content(listed: ListedRequest, work: RequestWork) -> None:
    request = listed.request
    with st.container(border=True, gap="small", key="request-content"):
        with st.container(horizontal=True, gap="xsmall"):
            st.badge(badge_text(KINDS[request.kind][0]), icon=f":material/{KINDS[request.kind][1]}:", color="gray")
            st.badge(badge_text(STATES[request.state]), color="gray")
        st.markdown(f"**Needed for:** {plain(request.purpose) or ':gray[not specified]'}")
        if request.metric:
            if listed.metric:
                links.metric_link(listed.metric, request.metric)
            else:
                st.caption("It's about a metric that isn't available to you.")
        if request.draft:
            page, params = links.page_of(links.DEFINITIONS), {links.OBJECT: f"metric/{request.draft}"}
            st.page_link(page, label="Continue the draft", icon=":material/edit_note:", query_params=params)
        if request.answer:
            who = name_without_job(request.answered_by_name)
            st.markdown(f"**Answer by {plain(who)}:** {plain(request.answer)}")
    with block("Who needs this"), st.container(border=True, gap="small", key="request-people"):
        for place, wanting in enumerate(listed.wanting[:MOST_SHOWN]):
            _show_wanting(wanting, work, f"request-person-{place}")
        if len(listed.wanting) > MOST_SHOWN:
            st.caption(f"And {len(listed.wanting) - MOST_SHOWN:,} more.")


def _show_wanting(wanting: Requester, work: RequestWork, key: str) -> None:
    attached = work.attached(wanting)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        how = "asked" if wanting.how == "asked" else "needs this too, added"
        said = SEPARATOR.join(
            [f"{how} {PLACES[wanting.place]}", *([attached.why_hidden] if attached.why_hidden else [])]
        )
        st.markdown(f"{plain(name_without_job(wanting.name))} :small[:gray[{plain(said)}]]", width="stretch")
        if attached.query is not None and attached.query.metrics:
            links.explore_link("Open their question", attached.query, icon=":material/query_stats:", width="content")
        if attached.receipt:
            links.receipt_link(attached.receipt, "Open the receipt")


@st.fragment
@in_turn
def _acts(id_: str) -> None:
    """Draw the actions of a steward, in a fragment that reruns separately."""
    _, actor = session.require("viewer")
    work = session.request_work(actor)
    listed = _find(work, id_)
    if listed is None:
        return
    request = listed.request
    with st.container(horizontal=True, gap="small", key="request-acts"):
        if not request.is_open:
            _button("Reopen", "undo", partial(work.reopen, id_), "Reopened.")
            return
        _answer(listed, work)
        can_draft = request.kind == "metric" and links.DEFINITIONS in st.session_state.get(links.OPEN, {})
        if can_draft and st.button("Start a draft", icon=":material/edit_note:", key="request-draft"):
            _draft(listed, work)
        if request.state == "new":
            _button("Assign to me", "person_add", partial(work.assign, id_), "Assigned to you.")
        else:
            _button("Unassign", "person_remove", partial(work.assign, id_, to_me=False), "Unassigned.")
        _merge(listed, work)
        _decline(listed, work)


def _answer(listed: ListedRequest, work: RequestWork) -> None:
    with st.popover("Answer", icon=":material/reply:", type="primary", key="request-answer"), st.container(width=420):
        text = st.text_area("Answer", key="request-answer-text", max_chars=LONGEST_ANSWER, height=100)
        workspace = work.live.workspace()
        labels = {metric.name: metric.label or metric.name for metric in workspace.visible(work.actor).metrics}
        known = listed.request.draft if listed.request.draft in labels else None
        metric = st.selectbox(
            "Metric that answers it (optional)", sorted(labels, key=lambda name: labels[name].casefold()),
            index=sorted(labels, key=lambda name: labels[name].casefold()).index(known) if known else None,
            format_func=lambda name: plain(labels[name]), key="request-answer-metric", placeholder="Choose a metric",
        )  # fmt: skip
        questions: dict[str, str] = {}
        if metric is None:
            saved = session.saved_work(workspace, work.actor).questions()
            questions = {question.id: question.name for question in saved if question.space}
        question = st.selectbox(
            "Saved question that answers it (optional)", list(questions), index=None, disabled=metric is not None,
            format_func=lambda id_: plain(questions.get(id_, "")), key="request-answer-question",
            placeholder="Choose a question in a shared space",
        )  # fmt: skip
        link, kind = (metric or question or ""), _kind(metric, question)
        if st.button(
            "Send answer", type="primary", key="request-answer-send", disabled=not ((text or "").strip() or link)
        ):
            _do(lambda: work.answer(listed.request.id, text or "", link_kind=kind, link=link), _answered_words(listed))


def _kind(metric: str | None, question: str | None) -> LinkKind:
    return "metric" if metric else "question" if question else ""


def _answered_words(listed: ListedRequest) -> str:
    count = listed.people
    return f"Answered. {'The person who asked' if count < 2 else f'All {count} people'} will see it where they asked."


def _decline(listed: ListedRequest, work: RequestWork) -> None:
    with st.popover("Decline", icon=":material/block:", key="request-decline"), st.container(width=420):
        reason = st.text_area("Reason", key="request-decline-text", max_chars=LONGEST_ANSWER, height=100)
        st.caption("It's sent to everyone who needs this.")
        if st.button("Decline", key="request-decline-send", disabled=not (reason or "").strip()):
            _do(lambda: work.decline(listed.request.id, reason or ""), "Declined.")


def _merge(listed: ListedRequest, work: RequestWork) -> None:
    others = {
        other.request.id: other.request.words
        for other in work.to_answer()
        if other.request.is_open and other.request.id != listed.request.id
    }
    if not others:
        return
    with st.popover("Merge", icon=":material/merge:", key="request-merge"), st.container(width=420):
        into = st.selectbox(
            "Into", list(others), index=None, format_func=lambda id_: plain(others[id_]), key="request-merge-into",
            placeholder="Choose another open request",
        )  # fmt: skip
        if st.button("Merge", key="request-merge-send", disabled=into is None) and into is not None:
            merged = into
            _do(
                lambda: work.merge(listed.request.id, merged),
                "Merged. Everyone from both requests is now on this one.",
                merged,
            )


def _draft(listed: ListedRequest, work: RequestWork) -> None:
    try:
        name = begin_metric(session.live(), work, listed)
    except SemanticError as error:
        st.error(plain(str(error)))
        return
    current_edits.forget_edits()
    st.switch_page(links.page_of(links.DEFINITIONS), query_params={links.OBJECT: f"metric/{name}"})


def _button(label: str, icon: str, act: Callable[[], object], told: str) -> None:
    if st.button(label, icon=f":material/{icon}:", key=f"request-{label.casefold().replace(' ', '-')}"):
        _do(act, told)


def _do(act: Callable[[], Any], told: str, opens: str = "") -> None:
    """Run an action, and rerun the whole page with the outcome."""
    try:
        act()
    except SemanticError as error:
        st.session_state[TOLD] = ("caution", "error", str(error))
    else:
        st.session_state[TOLD] = ("good", "task_alt", told)
        st.session_state.pop(NEWS, None)
        if opens:
            st.query_params[links.REQUEST] = opens
    st.rerun()
