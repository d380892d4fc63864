"""The panel next to a draft's changes: the approvals it needs, and the buttons that submit it for review and withdraw
it.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.shell import links
from pages.shell.needed import needs, show_missing
from pages.shell.parts import plain
from pages.widgets.item_words import name_without_job, when_words
from semantic.display.format import listed
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits
from semantic.services.process import Live
from semantic.services.reviewing.approvals import Verdict
from semantic.services.reviewing.work import ReviewWork
from semantic.store.reviews.reviews import LONGEST, Review
from semantic.workspace import Workspace

_TROUBLE = "review_send_trouble"
NOTE = "publish-note"


def show_sending(live: Live, edits: Edits, verdict: Verdict, workspace: Workspace) -> None:
    """Draw the approvals that a draft still needs, and the button that submits it for review."""
    title = "Changes requested" if verdict.objecting else "Waiting for review"
    st.markdown("**This needs a review**" if verdict.review is None else f"**{title}**")
    if verdict.asks:
        st.markdown(plain(verdict.asks))
    if trouble := st.session_state.get(_TROUBLE):
        st.error(plain(trouble))
    if verdict.review is not None:
        _waiting(live, verdict, verdict.review, workspace)
        return
    if verdict.is_outdated:
        st.markdown(
            ":orange[:material/edit:] You changed the draft after you sent it, so earlier approvals don't count. "
            "Send it again."
        )
    _needed(verdict)
    st.text_area(
        "What changes, and why", key=NOTE, height=90, max_chars=min(LONGEST, 2_000),
        placeholder="Reviewers read this first. Later, everyone sees it in the metric's history.",
    )  # fmt: skip
    show_missing(NOTE)
    st.button(
        "Send again" if verdict.is_outdated else "Send for review", key="review-send", type="primary",
        on_click=needs({NOTE: "Say what changes, and why."}, _send), args=(live, edits),
    )  # fmt: skip


def _needed(verdict: Verdict) -> None:
    if verdict.missing:
        st.markdown(plain(f"It needs {listed(verdict.missing)}."))
    if verdict.reviewers:
        names = listed([person.short_name for person in verdict.reviewers[:8]])
        more = len(verdict.reviewers) - 8
        st.caption(plain(f"Can be approved by {names}{f' and {more} more' if more > 0 else ''}."))
    if verdict.unfilled:
        st.caption(
            "No one else can approve it. Send it anyway: you can publish it after 24 hours, and the audit log says so."
        )


def _waiting(live: Live, verdict: Verdict, review: Review, workspace: Workspace) -> None:
    if verdict.approved:
        st.markdown(f":green[:material/check_circle:] {plain(f'Approved by {_names(verdict.approved)}.')}")
    if verdict.objecting:
        st.markdown(f":orange[:material/undo:] {plain(f'{_names(verdict.objecting)} asked for changes:')}")
        for act in review.decisions().values():
            if act.kind == "changes_asked":
                st.markdown(f"> {plain(act.text)}")
    _needed(verdict)
    if verdict.alone_from is not None:
        st.caption(plain(f"You can publish it without approval from {when_words(verdict.alone_from, workspace)}."))
    st.caption(plain(f"Sent {when_words(review.sent_at, workspace)}. If you edit the draft, it needs another review."))
    with st.container(horizontal=True, gap="small"):
        st.button("Open the review", key="review-open-own", on_click=open_review, args=(review.id,))
        st.button("Withdraw", key="review-withdraw", type="tertiary", on_click=_withdraw, args=(live, review),
                  help="Ends the review. The draft doesn't change.")  # fmt: skip


def open_review(review: str) -> None:
    """Open a review in the view Reviews."""
    st.query_params[links.REVIEW] = review
    st.session_state[current_edits.VIEW] = "Reviews"


def _send(live: Live, edits: Edits) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    note = str(st.session_state.get(NOTE) or "").strip()
    _try(lambda: ReviewWork(live, actor).send(edits, note))


def _withdraw(live: Live, review: Review) -> None:
    actor = current_edits.acting()
    if actor is not None:
        _try(lambda: ReviewWork(live, actor).withdraw(review))


def _try(act: Callable[[], object]) -> None:
    try:
        act()
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)


def _names(people: tuple[Actor, ...]) -> str:
    return listed([name_without_job(person.short_name) for person in people])
