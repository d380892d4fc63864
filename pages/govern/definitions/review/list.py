"""The view Reviews: drafts that wait for your review, your own, and others. A click opens one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.review.one import close, show_review
from pages.govern.definitions.review.sending import open_review
from pages.shell import links
from pages.shell.parts import empty_state, plain
from pages.widgets.item_words import name_without_job, when_words
from semantic.display.format import listed
from semantic.errors import SemanticError
from semantic.services.reviewing.work import OpenedReview, ReviewWork
from semantic.store.reviews.reviews import Review
from semantic.workspace import Workspace


def show_reviews(workspace: Workspace) -> None:
    """Draw the review in the address, or the lists."""
    live, actor, _ = current_edits.require()
    work = ReviewWork(live, actor)
    try:
        if asked := st.query_params.get(links.REVIEW, ""):
            st.button("All reviews", key="review-back", icon=":material/arrow_back:", type="tertiary", on_click=close)
            show_review(work, asked, workspace, _to_draft)
            return
        waiting, mine = work.waiting(), work.mine()
        others = work.others([each.review.id for each in waiting])
    except SemanticError as error:
        empty_state("rate_review", "Couldn't load reviews", str(error), key="no-review")
        return
    if not (waiting or mine or others):
        empty_state(
            "rate_review", "No drafts are waiting for review",
            "A draft that changes other people's numbers, or who can see what, needs a second person before it's "
            "published. Send it from Changes, and it appears here.", key="no-reviews",
        )  # fmt: skip
        return
    _part("Waiting for you", waiting, "Nothing is waiting for you.", workspace)
    _part("Yours", mine, "You haven't sent any drafts.", workspace)
    if others:
        _part("Others", others, "", workspace)


def _to_draft(review: Review) -> None:
    close()
    st.query_params[links.DRAFT] = review.draft
    st.session_state[current_edits.VIEW] = "Changes"


def _part(title: str, reviews: Sequence[OpenedReview], none: str, workspace: Workspace) -> None:
    st.markdown(f"**{title}{f' ({len(reviews)})' if reviews else ''}**")
    if not reviews:
        st.caption(none)
        return
    with st.container(border=True, gap="xsmall", key=f"reviews-{title.replace(' ', '-').lower()}"):
        for each in reviews:
            _row(each, workspace)


def _row(opened: OpenedReview, workspace: Workspace) -> None:
    review = opened.review
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"review-row-{review.id}"):
        who = "You" if opened.is_mine else name_without_job(review.author_name) or "Someone who left"
        about = f"{who}, {when_words(review.sent_at, workspace)}. {state_words(opened)}"
        st.markdown(f"**{plain(review.name)}**  \n:small[:gray[{plain(about)}]]", width="stretch")
        label = "Review" if not opened.is_mine and not opened.is_decided else "Open"
        st.button(label, key=f"review-open-{review.id}", on_click=open_review, args=(review.id,))


def state_words(opened: OpenedReview) -> str:
    """Return the state of a review as a sentence."""
    verdict = opened.verdict
    if opened.review.state == "published":
        return f"Published as version {opened.review.version}."
    if opened.review.state == "withdrawn":
        return "Withdrawn."
    if verdict is None:
        return "This version of Samepage can't read it."
    if verdict.objecting:
        return f"{listed([person.short_name for person in verdict.objecting])} asked for changes."
    if verdict.can_publish:
        who = "You" if opened.is_mine else "Its author"
        return f"Approved. {who} can publish it." if verdict.needs_review else "Needs no approval."
    return f"Needs {listed(verdict.missing)}." if verdict.missing else "No one else can approve it."
