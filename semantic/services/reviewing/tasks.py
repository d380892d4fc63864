"""Tasks about reviews for the queue on Home, for one steward."""

from __future__ import annotations

from semantic.display.format import listed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.queue import Task
from semantic.services.reviewing.readers import leads, may_review
from semantic.services.reviewing.work import OpenedReview, ReviewWork


def review_tasks(live: Live, actor: Actor) -> list[Task]:
    """Return tasks for drafts that this person can review, and for their own drafts that were approved or need changes.

    Raises StoreFailed.
    """
    if not may_review(actor) and not leads(live, actor):
        return []
    work = ReviewWork(live, actor)
    return [*map(_waiting, work.waiting()), *(task for own in work.mine() if (task := _own(own)) is not None)]


def under_review(live: Live, actor: Actor) -> frozenset[str]:
    """Return the IDs of the drafts that this person has sent for review.

    Raises StoreFailed.
    """
    if not may_review(actor) and not leads(live, actor):
        return frozenset()
    return frozenset(opened.review.draft for opened in ReviewWork(live, actor).mine())


def _waiting(opened: OpenedReview) -> Task:
    author = opened.review.author_name.partition(", ")[0] or "Someone"
    asks = opened.verdict.asks if opened.verdict is not None else ""
    return Task(
        "review", opened.review.name, f"{author} asks for your review. {asks}".strip(), "Review", opened.review.id
    )


def _own(opened: OpenedReview) -> Task | None:
    verdict = opened.verdict
    if verdict is None:
        return None
    if verdict.objecting:
        names = listed([person.short_name for person in verdict.objecting])
        return Task("review", opened.review.name, f"{names} asked for changes.", "Open", opened.review.id)
    if verdict.can_publish and verdict.approved:
        return Task("review", opened.review.name, "Approved. You can publish it now.", "Open", opened.review.id)
    return None
