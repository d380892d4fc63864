"""Reviews as one person works on them: sending drafts, reading other people's drafts, deciding and commenting.

Reviewers see the draft exactly as submitted, not later edits by its author.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from semantic.errors import ChangedMeanwhile, InvalidQuery, ModelError, NotAllowed
from semantic.governance.domains import outside
from semantic.model.loading.load import digest_of
from semantic.policy.actor import Actor
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.drafts import Edits, change_of
from semantic.services.impact.radius import Radius
from semantic.services.outbox.notices import Code, queue_notice
from semantic.services.process import Live
from semantic.services.reviewing.approvals import Change, Verdict, judge, reach
from semantic.services.reviewing.readers import domain_of, leads, may_read, may_review
from semantic.store.database import Transaction
from semantic.store.models.versions import Files, Version, files_of, read_version
from semantic.store.people import subject_of
from semantic.store.reviews.reviews import (
    DAMAGED,
    GONE,
    TICKS,
    Review,
    Tick,
    add_act,
    find_review,
    find_review_of,
    read_open_reviews,
    read_reviews_of,
    send_review,
)
from semantic.store.spaces.readers import reader_of

MOST_TOLD = 20
"""How many reviewers get a message about one draft at most. Others only see it in their queue."""
MOST_LISTED = 40
KEPT_SECONDS = 60.0
"""For how many seconds lists cache how far a draft reaches.

It is computed again when a draft is opened, approved or published.
"""
_REACHED: Final = SingleFlightCache[Radius](4 * MOST_LISTED, seconds=KEPT_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedReview:
    """A review with the files as submitted. `verdict` is None if this release can't read the files.

    `domain` is the domain that the draft stays in, or "". For a domain's stewards, the verdict doesn't include who uses
    what.
    """

    review: Review
    base: Version
    base_files: Files = field(repr=False)
    files: Files = field(repr=False)
    verdict: Verdict | None
    is_mine: bool
    is_decided: bool  # by this person
    domain: str = ""

    @property
    def can_decide(self) -> bool:
        return self.review.is_open and not self.is_mine


@dataclass(frozen=True, slots=True)
class ReviewWork:
    """The reviews that one steward can work on.

    A steward of the core can work on all reviews, and a steward of a domain on those of drafts that stay inside it.
    Every method raises NotAllowed for anyone else, and StoreFailed.
    """

    live: Live
    actor: Actor

    # Reading

    def waiting(self) -> list[OpenedReview]:
        """Return the open reviews that this person has to act on, longest waiting first."""
        self._require()
        with self.live.store.read() as connection:
            me = reader_of(connection, self.actor).subject
            found = [review for review in read_open_reviews(connection, self.live.keys) if review.author != me]
        undecided = (review for review in found if me not in review.decisions())
        return [each for each in self._readable(undecided, me) if self._waits(each)]

    def mine(self) -> list[OpenedReview]:
        """Return this person's own open reviews, newest first."""
        self._require()
        with self.live.store.read() as connection:
            me = reader_of(connection, self.actor).subject
            found = read_reviews_of(connection, self.live.keys, me, limit=MOST_LISTED) if me is not None else []
        return [self._opened(review, me) for review in found if review.state == "open"]

    def others(self, waiting: Collection[str]) -> list[OpenedReview]:
        """Return the open reviews by other people that aren't in `waiting`."""
        self._require()
        with self.live.store.read() as connection:
            me = reader_of(connection, self.actor).subject
            found = read_open_reviews(connection, self.live.keys)
        return list(self._readable((each for each in found if each.author != me and each.id not in waiting), me))

    def open(self, review: str) -> OpenedReview:
        """Return a review, open or closed. Raises NotAllowed if it doesn't exist or this person can't read it."""
        self._require()
        with self.live.store.read() as connection:
            found = find_review(connection, self.live.keys, review)
            me = reader_of(connection, self.actor).subject
        if found is None or not self._may_read(found, me):
            raise NotAllowed(GONE)
        if not found.is_sealed:
            raise NotAllowed(DAMAGED)
        return self._opened(found, me, is_listed=False)

    def of_draft(self, draft: str) -> Review | None:
        """Return the newest review of one of this person's own drafts."""
        self._require()
        with self.live.store.read() as connection:
            found = find_review_of(connection, self.live.keys, draft)
            return found if found is not None and found.author == reader_of(connection, self.actor).subject else None

    # Changing

    def send(self, edits: Edits, note: str) -> str:
        """Send a draft for review, or send it again after a change, and return the review's ID.

        People who can approve the draft get a message. Raises ModelError if the draft has problems, and InvalidQuery.
        """
        self._require()
        if outside(self.actor, edits.base_files, edits.files):
            raise NotAllowed("Your draft changes more than your domain. Revert the other changes to send it.")
        draft = edits.draft
        if draft is None or not edits.changed():
            raise InvalidQuery("This draft has no changes to review.")
        if edits.typing:
            raise ChangedMeanwhile("An edit in this draft isn't finished. Finish or revert it first.")
        change = change_of(edits, self.actor)
        radius = reach(self.live, change)
        with self.live.store.write() as transaction:
            id_ = send_review(
                transaction, self.live.keys, self.actor, draft=draft.id, name=draft.title, note=note,
                based_on=edits.base.number, changes=_changes(edits), digest=digest_of(edits.files),
            )  # fmt: skip
            verdict = judge(self.live, change, radius, transaction)
            told = verdict.reviewers[:MOST_TOLD]
            self._tell(transaction, "review_waiting", id_, draft.title, self._subjects(transaction, told))
        return id_

    def approve(self, review: Review, ticks: Sequence[Tick], text: str = "") -> Verdict | None:
        """Approve a draft exactly as submitted in `review`.

        Raises InvalidQuery unless all criteria are ticked, and ChangedMeanwhile.
        """
        self._require_other(review)
        if set(ticks) != set(TICKS):
            raise InvalidQuery("Before you approve, check the meaning, values and wording, and tick each of them.")
        change = self._change(review)
        radius = reach(self.live, change)
        with self.live.store.write() as transaction:
            add_act(transaction, self.live.keys, review, "approved", self.actor, text=text.strip(), ticks=ticks)
            verdict = judge(self.live, change, radius, transaction)
            if verdict.can_publish:
                self._tell(transaction, "review_approved", review.id, review.name, [review.author])
        return verdict

    def ask_for_changes(self, review: Review, text: str) -> None:
        """Ask the author for changes before approval. Raises InvalidQuery without a text, and ChangedMeanwhile."""
        self._require_other(review)
        with self.live.store.write() as transaction:
            add_act(transaction, self.live.keys, review, "changes_asked", self.actor, text=text)
            self._tell(transaction, "review_changes", review.id, review.name, [review.author])

    def comment(self, review: Review, text: str) -> None:
        """Add a comment, and notify everyone else in the thread. Raises InvalidQuery, ChangedMeanwhile."""
        self._require()
        with self.live.store.read() as connection:
            me = reader_of(connection, self.actor).subject
        if not self._may_read(review, me):
            raise NotAllowed(GONE)
        with self.live.store.write() as transaction:
            add_act(transaction, self.live.keys, review, "commented", self.actor, text=text)
            me = subject_of(transaction, self.actor.id, self.actor.name)
            others = dict.fromkeys((review.author, *(act.author for act in review.acts)))
            self._tell(transaction, "review_comment", review.id, review.name, [each for each in others if each != me])

    def withdraw(self, review: Review) -> None:
        """Close the actor's own review without publishing. The draft stays. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        with self.live.store.write() as transaction:
            if review.author != subject_of(transaction, self.actor.id, self.actor.name):
                raise NotAllowed("Only its author can withdraw a draft from review.")
            add_act(transaction, self.live.keys, review, "withdrawn", self.actor)

    # Steps

    def _require(self) -> None:
        """Raise NotAllowed unless the actor is a steward, of the core or of a domain.

        Stewards of a domain can submit drafts, and decide on other people's drafts that stay in their domain.
        """
        if not may_review(self.actor) and not leads(self.live, self.actor):
            raise NotAllowed("Reviews are for stewards and administrators, signed in as themselves.")

    def _require_other(self, review: Review) -> None:
        self._require()
        with self.live.store.read() as connection:
            me = reader_of(connection, self.actor).subject
        if review.author == me:
            raise NotAllowed("You can't decide on your own draft. Ask another steward.")
        if not self._may_read(review, me):
            raise NotAllowed(GONE)

    def _may_read(self, review: Review, me: str | None) -> bool:
        if may_review(self.actor) or (me is not None and review.author == me):
            return True
        change = self._change(review)
        return may_read(self.live, self.actor, change.base_files, change.files)

    def _readable(self, reviews: Iterable[Review], me: str | None) -> Iterator[OpenedReview]:
        """Yield the reviews that this person can read, up to a maximum number."""
        readable = (self._opened(review, me) for review in reviews if self._may_read(review, me))
        return islice(readable, MOST_LISTED)

    def _opened(self, review: Review, me: str | None, *, is_listed: bool = True) -> OpenedReview:
        change = self._change(review)
        try:
            radius = self._reach(review, change) if is_listed else reach(self.live, change)
            verdict = judge(self.live, change, radius)
            if not may_review(self.actor):  # they can't see who uses what
                verdict = replace(verdict, radius=replace(radius, people=frozenset(), targets=0, alerts=0))
        except ModelError:
            verdict = None
        return OpenedReview(
            review=review,
            base=change.base,
            base_files=change.base_files,
            files=change.files,
            verdict=verdict,
            is_mine=review.author == me,
            is_decided=me in review.decisions(),
            domain=domain_of(change.base_files, change.files),
        )

    def _change(self, review: Review) -> Change:
        with self.live.store.read() as connection:
            base = read_version(connection, review.based_on)
            base_files = files_of(connection, base.number)
        author = Actor(id=review.author_id, name=review.author_name, roles=frozenset({"steward"}))
        files = review.applied_to(base_files)
        return Change(draft=review.draft, author=author, base=base, base_files=base_files, files=files)

    def _reach(self, review: Review, change: Change) -> Radius:
        """Return what a listed draft affects. The result is cached, so that pages don't parse models on every run."""
        key = self.live.store, review.id, review.digest, change.base.digest, change.author.id
        return _REACHED.get(key, lambda: reach(self.live, change))

    def _waits(self, opened: OpenedReview) -> bool:
        verdict = opened.verdict
        if verdict is None:
            return True
        if not verdict.needs_review:  # sent although it needs no approval
            return not opened.review.decisions()
        return any(each.id == self.actor.id for each in verdict.reviewers)

    def _subjects(self, transaction: Transaction, people: Iterable[Actor]) -> list[str]:
        return [subject_of(transaction, person.id, person.name) for person in people]

    def _tell(self, transaction: Transaction, code: Code, review: str, title: str, subjects: Iterable[str]) -> None:
        me = subject_of(transaction, self.actor.id, self.actor.name)
        details = {"title": title, "review": review, "kind": "person", "recipient": me}
        for subject in subjects:
            queue_notice(transaction, self.live.keys, code, f"review:{review}", transaction.now, subject, details)


def _changes(edits: Edits) -> dict[str, str | None]:
    changed: dict[str, str | None] = {
        path: text for path, text in edits.files.items() if edits.base_files.get(path) != text
    }
    return changed | {path: None for path in edits.base_files if path not in edits.files}
