"""The reviews of a domain: drafts that wait for one of its stewards, and each review with its numbers and
its thread.
"""

from __future__ import annotations

import streamlit as st

from pages.govern.definitions.review.list import state_words
from pages.govern.definitions.review.one import close, show_review
from pages.shell import links, session
from pages.shell.parts import empty_state, plain
from pages.widgets.item_words import name_without_job, when_words
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.reviewing.readers import leads
from semantic.services.reviewing.work import OpenedReview, ReviewWork
from semantic.store.reviews.reviews import Review, has_open_reviews
from semantic.workspace import Workspace


def show_review_asked(actor: Actor, workspace: Workspace) -> bool:
    """Draw the review in the address in place of the page, and return whether there is one."""
    asked = st.query_params.get(links.REVIEW, "")
    if not asked:
        return False
    st.button("Back to Domains", key="review-back", icon=":material/arrow_back:", type="tertiary", on_click=close)
    try:
        show_review(ReviewWork(session.live(), actor), asked, workspace, _to_draft)
    except SemanticError as error:
        empty_state("rate_review", "Couldn't open this review", str(error), key="no-review")
    return True


def show_reviews_of(domain: str, actor: Actor, workspace: Workspace) -> None:
    """Draw the drafts of a domain that wait for this person, then others in review. Draws nothing if there are none."""
    live = session.live()
    if not leads(live, actor):
        return
    with live.store.read() as connection:
        if not has_open_reviews(connection):
            return
    work = ReviewWork(live, actor)
    waiting = [each for each in work.waiting() if each.domain == domain]
    others = [each for each in work.others([each.review.id for each in waiting]) if each.domain == domain]
    for title, reviews, action in (("Waiting for your review", waiting, "Review"), ("In review", others, "Open")):
        if reviews:
            st.markdown(f"**{title} ({len(reviews)})**")
            with st.container(border=True, gap="xsmall", key=f"domain-reviews-{action.lower()}"):
                for each in reviews:
                    _row(each, action, workspace)


def _row(opened: OpenedReview, action: str, workspace: Workspace) -> None:
    review = opened.review
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"domain-review-{review.id}"):
        who = name_without_job(review.author_name) or "Someone who left"
        about = f"{who}, {when_words(review.sent_at, workspace)}. {state_words(opened)}"
        st.markdown(f"**{plain(review.name)}**  \n:small[:gray[{plain(about)}]]", width="stretch")
        st.button(action, key=f"domain-review-open-{review.id}", on_click=open_review, args=(review.id,))


def open_review(review: str) -> None:
    """Open a review in place of the page."""
    st.query_params[links.REVIEW] = review


def _to_draft(review: Review) -> None:
    close()
