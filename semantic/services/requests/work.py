"""Send requests as one person, and answer them as a steward.

People see their own requests. Of other people's requests, they see the first line if it's similar to what they type.
Stewards see all requests. Attachments open under the steward's own policy, and show only answers that the steward could
ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from rapidfuzz import fuzz

from semantic.errors import InvalidQuery, NotAllowed, SemanticError
from semantic.explore.search import folded
from semantic.explore.shared_link import without_masked
from semantic.explore.weekly import is_dated
from semantic.governance.domains import is_central, may_draft, may_edit
from semantic.model.definitions import Granularity
from semantic.model.editing.objects import ObjectKind
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_to_json
from semantic.query.personal import names_a_person
from semantic.query.query import Last, Query
from semantic.query.upgrades import salvage
from semantic.results.receipt import read_receipt_id
from semantic.services.saved_questions import SavedWork
from semantic.services.service_process import ServiceProcess
from semantic.store.audit.entries import find_subject
from semantic.store.database import Transaction
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.store.people import subject_of
from semantic.store.requests.people import (
    Place,
    Requester,
    StoredOrigin,
    add_requester,
    move_requesters,
    note_seen,
    note_unseen,
    read_requesters,
    remove_requester,
)
from semantic.store.requests.requests import (
    GONE,
    LONGEST_ANSWER,
    LinkKind,
    NewRequest,
    Request,
    RequestKind,
    change_request,
    checked_text,
    find_request,
    make_request,
    read_requests,
    record_request,
)

ALIKE: Final = 84.0
"""The similarity, from 0 to 100, from which on two lines ask for the same."""
DONE_FOR: Final = timedelta(days=90)
"""How long a request is listed after it ended."""
NEWS_FOR: Final = timedelta(days=30)
"""How long an answer is shown in the place where someone asked."""
MOST_SIMILAR: Final = 3
NOT_SHOWN: Final = "It uses something that isn't available to you, so it isn't shown."
DEFAULT_PERIOD: Final = Last(13, Granularity.WEEK)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOrigin:
    """The page from which a request is made, with the page's question and the answer's receipt."""

    place: Place = "requests"
    query: Query | None = None
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """An open request that asks for nearly the same thing, and the number of people who want it."""

    request: Request
    people: int
    is_mine: bool  # this person is among them


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request as one person sees it. `mine` is their own entry in it, or None if they haven't joined.

    `metric` is the label of the metric it's about, or "" if there is none that this person can see.
    """

    request: Request
    wanting: tuple[Requester, ...] = field(repr=False)
    mine: Requester | None
    metric: str

    @property
    def people(self) -> int:
        return len(self.wanting)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A request's attachment, limited to what the reader can ask.

    `why_hidden` is why a part isn't shown, or "" if everything is shown.
    """

    query: Query | None = None
    receipt: str = ""
    why_hidden: str = ""


@dataclass(frozen=True, slots=True)
class AnswerNotice:
    """An answer for a person who made or joined a request: a sentence, and the item they can open."""

    request: Request
    place: Place
    receipt: str
    sentence: str
    query: Query | None = None
    question: str = ""  # the ID of a saved question


@dataclass(frozen=True, slots=True)
class RequestWork:
    """The requests of `actor`. Raises StoreFailed whenever it reads or writes."""

    live: ServiceProcess = field(repr=False)
    actor: Actor

    # Rights

    @property
    def may_ask(self) -> bool:
        """Whether this person can send requests."""
        return self.actor.viewed_by is None and self.actor.kind == "person" and self.actor.is_at_least("viewer")

    @property
    def may_answer(self) -> bool:
        """Whether this person can answer requests. Stewards can, including domain stewards."""
        return self.may_ask and may_draft(self.actor, self.live.workspace().model)

    def handles(self, request: Request) -> bool:
        """Whether this person can answer this request. Stewards can if they can edit the metric it's about."""
        if not self.may_answer:
            return False
        model = self.live.workspace().model
        if request.metric in model.metrics:
            return may_edit(self.actor, model, (ObjectKind.METRIC, request.metric))
        return is_central(self.actor)

    # Asking

    def ask(
        self, words: str, kind: RequestKind, asking: RequestOrigin, *, purpose: str = "", needed_by: date | None = None,
        metric: str = "",
    ) -> Request:  # fmt: skip
        """Send a request, and return it. Raises InvalidQuery, NotAllowed."""
        self._check_may_ask()
        if needed_by is not None and needed_by < self.live.workspace().today():
            raise InvalidQuery("That date has passed. Choose a later one, or leave it empty.")
        if metric and not self._shows(metric):
            metric = ""
        new = NewRequest(kind=kind, words=" ".join(words.split()), purpose=purpose, needed_by=needed_by, metric=metric)
        with self.live.store.write() as transaction:
            id_ = make_request(transaction, self.live.keys, new, self.actor)
            self._add(transaction, id_, "asked", asking)
            record_request(transaction, self.live.keys, "made", id_, self.actor, words=new.words, kind=kind)
        return self._find(id_)

    def similar(self, words: str, metric: str = "") -> list[Similar]:
        """Return the open requests that ask for nearly the same as these words, most wanted first.

        Damaged requests, and those about a metric that this person can't see, are omitted.
        """
        wanted = folded(words)
        if not self.may_ask or not (wanted or metric):
            return []
        found: list[Similar] = []
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id)
            requests = [one for one in read_requests(connection, self.live.keys) if one.is_sealed]
            near = [one for one in requests if self._is_like(one, wanted, metric)]
            wanting = _by_request(read_requesters(connection, self.live.keys, [one.id for one in near]))
        for request in near:
            people = wanting.get(request.id, ())
            found.append(Similar(request, len(people), any(one.subject == me for one in people)))
        return sorted(found, key=lambda one: -one.people)[:MOST_SIMILAR]

    def _is_like(self, request: Request, wanted: str, metric: str) -> bool:
        if request.metric and not self._shows(request.metric):
            return False
        if request.metric != metric:
            return False
        return bool(wanted) and fuzz.token_sort_ratio(folded(request.words), wanted) >= ALIKE

    def join(self, id_: str, asking: RequestOrigin) -> None:
        """Join a request from the page where this person would have made it. Raises NotAllowed.

        The number of people who want the request increases, and this person gets its answer on that page.
        """
        self._want(id_, "joined", asking)

    def leave(self, id_: str) -> None:
        """Remove this person from a request. Raises NotAllowed."""
        self._check_may_ask()
        with self.live.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            if not remove_requester(transaction, id_, me):
                raise NotAllowed(GONE)
            record_request(transaction, self.live.keys, "left", id_, self.actor)

    def withdraw(self, id_: str) -> None:
        """Withdraw the actor's own request, or only leave it if others want it too. Raises NotAllowed."""
        self._check_may_ask()
        with self.live.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            request = find_request(transaction.connection, self.live.keys, id_)
            if request is None or request.asker != me or not request.is_open:
                raise NotAllowed(GONE)
            others = [
                one for one in read_requesters(transaction.connection, self.live.keys, [id_]) if one.subject != me
            ]
            if others:
                remove_requester(transaction, id_, me)
                record_request(transaction, self.live.keys, "left", id_, self.actor)
                return
            change_request(transaction, self.live.keys, request, state="withdrawn")
            record_request(transaction, self.live.keys, "withdrawn", id_, self.actor)

    def _want(self, id_: str, how: str, asking: RequestOrigin) -> None:
        self._check_may_ask()
        request = self._find(id_)
        is_known = not request.metric or self._shows(request.metric)
        if not request.is_open or not request.is_sealed or not (is_known or self.handles(request)):
            raise NotAllowed(GONE)
        with self.live.store.write(recorded=False) as transaction:
            if self._add(transaction, id_, how, asking):
                record_request(transaction, self.live.keys, how, id_, self.actor)

    def _add(self, transaction: Transaction, id_: str, how: str, asking: RequestOrigin) -> bool:
        me = subject_of(transaction, self.actor.id, self.actor.name)
        model = self.live.workspace().model
        where = StoredOrigin(
            place=asking.place,
            query=query_to_json(asking.query) if asking.query is not None else "",
            receipt=read_receipt_id(asking.receipt) or "",
            is_personal=asking.query is not None and names_a_person(asking.query, model),
        )
        match how:
            case "asked" | "joined":
                return add_requester(transaction, self.live.keys, id_, me, how, where)
            case _:
                raise AssertionError(how)

    # Reading

    def mine(self) -> list[ListedRequest]:
        """Return this person's requests with their outcomes, newest first."""
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id) if self.actor.viewed_by is None else None
            if me is None:
                return []
            own = {one.request for one in read_requesters(connection, self.live.keys, subject=me)}
            since = self.live.store.now() - DONE_FOR
            requests = [one for one in read_requests(connection, self.live.keys, since=since) if one.id in own]
            wanting = _by_request(read_requesters(connection, self.live.keys, [one.id for one in requests]))
        known = [one for one in requests if one.state not in ("merged", "withdrawn")]
        return [self._listed(one, wanting.get(one.id, ()), me) for one in known]

    def to_answer(self) -> list[ListedRequest]:
        """Return the requests that this steward can answer, including recently answered ones, most wanted first.

        Raises NotAllowed.
        """
        if not self.may_answer:
            raise NotAllowed("Only stewards answer requests.")
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id) or ""
            since = self.live.store.now() - DONE_FOR
            requests = read_requests(connection, self.live.keys, since=since)
            requests = [one for one in requests if one.state != "withdrawn" and self.handles(one)]
            wanting = _by_request(read_requesters(connection, self.live.keys, [one.id for one in requests]))
        listed = [self._listed(one, wanting.get(one.id, ()), me) for one in requests]
        return sorted(listed, key=lambda one: (-one.people, one.request.needed_by or date.max))

    def attached(self, wanting: Requester) -> Attachment:
        """Return a person's attachment, limited to what the steward can ask."""
        if wanting.query is None:
            return Attachment(receipt=wanting.receipt, why_hidden="It was encrypted for someone who has left.")
        if not wanting.query:
            return Attachment(receipt=wanting.receipt)
        asked, is_whole = salvage(wanting.query)
        workspace = self.live.workspace()
        narrowed, _ = workspace.repair(asked, self.actor)
        narrowed = without_masked(narrowed, workspace.visible(self.actor))
        if not is_whole or narrowed != asked:
            return Attachment(receipt=wanting.receipt, why_hidden=NOT_SHOWN)
        return Attachment(asked, wanting.receipt)

    def _listed(self, request: Request, wanting: Sequence[Requester], me: str) -> ListedRequest:
        mine = next((one for one in wanting if one.subject == me), None)
        return ListedRequest(request, tuple(wanting), mine, self._label(request.metric))

    # Answering

    def assign(self, id_: str, *, to_me: bool = True) -> None:
        """Assign a request to this person, or unassign it if `to_me` is false. Raises NotAllowed, ChangedMeanwhile."""
        request = self._to_answer(id_)
        with self.live.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            state, assignee = ("answering", me) if to_me else ("new", "")
            change_request(transaction, self.live.keys, request, state=state, assignee=assignee)
            record_request(transaction, self.live.keys, "assigned", id_, self.actor)

    def answer(self, id_: str, text: str, *, link_kind: LinkKind = "", link: str = "") -> None:
        """Answer a request with a text, a metric or a saved question, and notify everyone who wants it.

        Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
        """
        request = self._to_answer(id_)
        said = checked_text(text, LONGEST_ANSWER, "" if link else "Write an answer, or choose a metric or a question")
        self._check_link(link_kind, link)
        self._end(request, "answered", said, link_kind=link_kind if link else "", link=link)

    def decline(self, id_: str, reason: str) -> None:
        """Decline a request with a reason, and notify everyone who wants it. Raises the same errors as `answer`."""
        request = self._to_answer(id_)
        self._end(request, "declined", checked_text(reason, LONGEST_ANSWER, "Give a reason. It's sent to them"))

    def merge(self, id_: str, into: str) -> None:
        """Merge a request into another one, including the people who want it. Raises NotAllowed, ChangedMeanwhile."""
        request, other = self._to_answer(id_), self._to_answer(into)
        if request.id == other.id or not other.is_open:
            raise InvalidQuery("Choose another open request.")
        with self.live.store.write() as transaction:
            move_requesters(transaction, self.live.keys, request.id, other.id)
            change_request(transaction, self.live.keys, request, state="merged", merged_into=other.id)
            record_request(transaction, self.live.keys, "merged", id_, self.actor, into=other.id)

    def reopen(self, id_: str) -> None:
        """Reopen an answered or declined request. Raises NotAllowed, ChangedMeanwhile."""
        request = self._to_answer(id_, is_open=False)
        values = {"state": "new", "assignee": "", "answer": "", "answered_by": "", "link_kind": "", "link": ""}
        with self.live.store.write() as transaction:
            change_request(transaction, self.live.keys, request, **values)
            note_unseen(transaction, id_)
            record_request(transaction, self.live.keys, "reopened", id_, self.actor)

    def drafted(self, id_: str, metric: str) -> None:
        """Record that a metric was drafted for a request, which is then in progress.

        Raises NotAllowed, ChangedMeanwhile.
        """
        request = self._to_answer(id_)
        with self.live.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            change_request(transaction, self.live.keys, request, state="answering", assignee=me, draft=metric[:200])
            record_request(transaction, self.live.keys, "drafted", id_, self.actor)

    def _end(self, request: Request, state: str, answer: str, **values: object) -> None:
        with self.live.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            change_request(
                transaction, self.live.keys, request, state=state, answer=answer, answered_by=me, assignee=me, **values
            )
            for wanting in read_requesters(transaction.connection, self.live.keys, [request.id]):
                if wanting.subject != me:
                    _queue(transaction, request.id, transaction.now, wanting.subject)
            record_request(transaction, self.live.keys, state, request.id, self.actor, words=answer)

    def _check_link(self, kind: LinkKind, link: str) -> None:
        if kind == "metric" and link and not self._shows(link):
            raise InvalidQuery("Choose a metric that you can see.")
        if kind == "question" and link:
            head = SavedWork(self.live.store, self.live.keys, self.live.workspace(), self.actor).open(link).head
            if not head.space:
                raise InvalidQuery("Only you can open that question. Move it to a shared space first.")

    # Showing answers

    def news(self, place: Place | None = None, *, receipt: str = "") -> list[AnswerNotice]:
        """Return the answers that this person hasn't dismissed, newest first, for one place, or for all by default."""
        found = [self.news_of(one) for one in self.mine() if one.mine is not None and one.mine.seen_at is None]
        since = self.live.store.now() - NEWS_FOR
        return [
            one
            for one in found
            if one is not None
            and (one.request.ended_at or since) >= since
            and (place is None or (one.place == place and one.receipt == (receipt or one.receipt)))
        ]

    def close_news(self, id_: str) -> None:
        """Record that this person has dismissed an answer."""
        if self.actor.only_looks:
            return
        with self.live.store.write(recorded=False) as transaction:
            note_seen(transaction, id_, subject_of(transaction, self.actor.id, self.actor.name))

    def news_of(self, listed: ListedRequest) -> AnswerNotice | None:
        """Return the answer to this person's request, or None while it's open, or if the request is damaged."""
        request, mine = listed.request, listed.mine
        if mine is None or request.state not in ("answered", "declined") or not request.is_sealed:
            return None
        sentence, query, question = self.said(request), None, ""
        if request.link_kind == "question":
            question = request.link if self._opens(request.link) else ""
        elif request.state == "answered":
            query = self._run_again(request, mine)
        return AnswerNotice(request, mine.place, mine.receipt, sentence, query, question)

    def said(self, request: Request) -> str:
        """Return a request's outcome as a sentence for this person."""
        if request.state == "declined":
            return f"Declined: {request.answer}"
        label = self._label(request.link) if request.link_kind == "metric" else ""
        if label and request.kind == "metric":
            return f"{label} is now a metric."
        if label:
            return f"Use {label}."
        if request.link_kind == "question" and self._opens(request.link):
            return "A saved question answers this."
        return request.answer or "It was answered with something that isn't available to you."

    def _run_again(self, request: Request, mine: Requester) -> Query | None:
        """Return the original question if this person can ask it, or else one for the answer's metric, or None."""
        workspace = self.live.workspace()
        asked = salvage(mine.query)[0] if mine.query else None
        if asked is not None and asked.metrics and self._can_ask(asked):
            return asked
        if request.link_kind == "metric" and self._shows(request.link):
            seen = workspace.visible(self.actor)
            return Query(metrics=(request.link,), time=_period_of(request.link, seen))
        return None

    # Helpers

    def _find(self, id_: str) -> Request:
        with self.live.store.read() as connection:
            request = find_request(connection, self.live.keys, id_)
        if request is None:
            raise NotAllowed(GONE)
        return request

    def _to_answer(self, id_: str, *, is_open: bool = True) -> Request:
        request = self._find(id_) if self.may_answer else None
        if request is None or not self.handles(request):
            raise NotAllowed(GONE if self.may_answer else "Only stewards answer requests.")
        if is_open != request.is_open or request.state in ("merged", "withdrawn"):
            raise NotAllowed("This request was answered or closed in the meantime. Reload the page.")
        return request

    def _check_may_ask(self) -> None:
        require_not_agent(self.actor)
        if self.actor.viewed_by is not None:
            raise NotAllowed("You can't send requests while viewing as someone else. Stop viewing first.")
        if not self.may_ask:
            raise NotAllowed("Requests need at least the viewer role. An administrator can give it to you.")

    def _shows(self, metric: str) -> bool:
        return bool(self._label(metric))

    def _label(self, metric: str) -> str:
        seen = self.live.workspace().visible(self.actor)
        return next((one.label or one.name for one in seen.metrics if one.name == metric), "")

    def _can_ask(self, query: Query) -> bool:
        try:
            return self.live.workspace().preflight(query, self.actor).ok
        except SemanticError:
            return False

    def _opens(self, question: str) -> bool:
        try:
            SavedWork(self.live.store, self.live.keys, self.live.workspace(), self.actor).open(question)
        except SemanticError:
            return False
        return True


def _period_of(metric: str, seen: VisibleModel) -> Last | None:
    return DEFAULT_PERIOD if is_dated(seen.metric(metric), seen) else None


def _by_request(wanting: Sequence[Requester]) -> Mapping[str, tuple[Requester, ...]]:
    found: dict[str, list[Requester]] = {}
    for one in wanting:
        found.setdefault(one.request, []).append(one)
    return {request: tuple(people) for request, people in found.items()}


def _queue(transaction: Transaction, request: str, at: datetime, subject: str) -> None:
    recipient = Recipient(kind="person", id=subject)
    queue_send(transaction, NewSend(kind="request", about=request, slot=at, recipient=recipient))
