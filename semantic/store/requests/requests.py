"""Requests in the store.

A row decides what Samepage writes to people, so it is signed against tampering, as alerts are. Write access to the
store isn't enough to change an answer or reopen a withdrawn request. A request with an invalid seal is listed as
damaged, and no message is sent for it. Requests refer to people by number, so erasing a person removes their name from
requests.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, cast, get_args

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.requests.people import REQUEST_PEOPLE

RequestKind = Literal["metric", "question", "number"]
State = Literal["new", "answering", "answered", "declined", "merged", "withdrawn"]
LinkKind = Literal["", "metric", "question"]
OPEN: Final = ("new", "answering")

LONGEST_WORDS, LONGEST_PURPOSE, LONGEST_ANSWER = 200, 1_000, 2_000
MOST_A_DAY: Final = 20
MOST_LISTED: Final = 1_000
KEPT: Final = timedelta(days=400)
"""How long a request is stored after it ended."""
GONE: Final = "This request no longer exists, or you don't have access to it."
DAMAGED: Final = "This request was changed outside Samepage, so it can't be answered. Ask for it again."

REQUESTS: Final = Table(
    "requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("seal", String(64), nullable=False),  # a keyed digest of the request and its outcome
    Column("asker", String(32), nullable=False),  # a subject
    Column("kind", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("needed_by", Date),
    Column("metric", String(200), nullable=False),  # that the request is about; "" for none
    Column("state", String(20), nullable=False, index=True),
    Column("assignee", String(32), nullable=False),  # a subject; "" for no one
    Column("answer", Text, nullable=False),
    Column("answered_by", String(32), nullable=False),
    Column("link_kind", String(20), nullable=False),
    Column("link", String(200), nullable=False),  # a metric's name, or a saved question's ID
    Column("merged_into", String(32), nullable=False),
    Column("draft", String(200), nullable=False),  # the name of the metric begun for it; "" for none
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("revision", Integer, nullable=False),
    Index("ix_requests_asker_made_at", "asker", "made_at"),
)
_SEALED: Final = (
    *("id", "asker", "kind", "words", "purpose", "metric", "state", "answer", "answered_by"),
    *("link_kind", "link", "merged_into"),
)
_MOMENTS: Final = ("made_at", "changed_at", "ended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """The contents of a new request. `metric` is the metric it's about, or "" if there is none."""

    kind: RequestKind
    words: str
    purpose: str = ""
    needed_by: date | None = None
    metric: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request in the store. People are subjects. Their names are "" if they were erased.

    `is_sealed` means that the row is unchanged since Samepage wrote it.
    """

    id: str
    kind: RequestKind
    words: str
    purpose: str
    needed_by: date | None
    metric: str
    asker: str
    asker_name: str = field(repr=False)
    state: State
    assignee: str
    assignee_name: str = field(repr=False)
    answer: str
    answered_by_name: str = field(repr=False)
    link_kind: LinkKind
    link: str
    merged_into: str
    draft: str
    made_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    revision: int
    is_sealed: bool

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


# Writing: the caller has checked that the actor can


def make_request(transaction: Transaction, keys: Keys, new: NewRequest, actor: Actor) -> str:
    """Add a request, and return its ID. Raises InvalidQuery."""
    asker = subject_of(transaction, actor.id, actor.name)
    _check_room(transaction, asker)
    id_ = secrets.token_hex(16)
    row: dict[str, object] = {
        "id": id_, "asker": asker, "kind": new.kind,
        "words": checked_text(new.words, LONGEST_WORDS, "Say what you need"),
        "purpose": checked_text(new.purpose, LONGEST_PURPOSE, ""), "needed_by": new.needed_by, "metric": new.metric,
        "state": "new", "assignee": "", "answer": "", "answered_by": "", "link_kind": "", "link": "",
        "merged_into": "", "draft": "", "made_at": transaction.now, "changed_at": transaction.now, "ended_at": None,
        "revision": 1,
    }  # fmt: skip
    transaction.connection.execute(insert(REQUESTS).values(**row, seal=_seal(keys, row)))
    return id_


def change_request(transaction: Transaction, keys: Keys, kept: Request, **values: object) -> None:
    """Save changes to a request, unless it has changed since it was read.

    Raises ChangedMeanwhile, and NotAllowed if the request is damaged.
    """
    if not kept.is_sealed:
        raise NotAllowed(DAMAGED)
    connection = transaction.connection
    if "state" in values:
        values["ended_at"] = None if values["state"] in OPEN else transaction.now
    chosen = (REQUESTS.c.id == kept.id) & (REQUESTS.c.revision == kept.revision)
    changed = {**values, "revision": kept.revision + 1, "changed_at": transaction.now}
    if connection.execute(update(REQUESTS).where(chosen).values(**changed)).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this request. Reload the page, then try again.")
    (row,) = connection.execute(select(REQUESTS).where(REQUESTS.c.id == kept.id)).mappings().all()
    seal = _seal(keys, {str(name): value for name, value in row.items()})
    connection.execute(update(REQUESTS).where(REQUESTS.c.id == kept.id).values(seal=seal))


def record_request(
    transaction: Transaction, keys: Keys, verb: str, id_: str, actor: Actor, *, words: str = "", **details: Plain
) -> None:
    """Record an act on a request in the audit log. Texts that people wrote are in the entry's personal part."""
    personal: dict[str, Plain] = {"words": words} if words else {}
    about = f"request:{id_}"
    record(transaction, Act(kind=f"request.{verb}", actor=actor, about=about, details=details, personal=personal), keys)


def forget_old_requests(transaction: Transaction, now: datetime) -> int:
    """Delete requests that ended long ago, with their requesters, and return how many requests were deleted."""
    connection = transaction.connection
    old = select(REQUESTS.c.id).where(REQUESTS.c.ended_at < now - KEPT)
    connection.execute(delete(REQUEST_PEOPLE).where(REQUEST_PEOPLE.c.request.in_(old)))
    return connection.execute(delete(REQUESTS).where(REQUESTS.c.ended_at < now - KEPT)).rowcount


def checked_text(text: str, longest: int, missing: str) -> str:
    """Return a text without leading and trailing spaces. Raises InvalidQuery if it's too long, or empty.

    `missing` is the message for an empty text.
    """
    text = storable(text).strip()
    if not text and missing:
        raise InvalidQuery(f"{missing}.")
    if len(text) > longest:
        raise InvalidQuery(f"Use at most {longest:,} characters.")
    return text


def _check_room(transaction: Transaction, asker: str) -> None:
    today = (REQUESTS.c.asker == asker) & (REQUESTS.c.made_at > transaction.now - timedelta(days=1))
    count = transaction.connection.execute(select(func.count()).select_from(REQUESTS).where(today)).scalar_one()
    if count >= MOST_A_DAY:
        raise InvalidQuery(f"One person can send at most {MOST_A_DAY} requests a day. Try again tomorrow.")


# Reading


def find_request(connection: Connection, keys: Keys, id_: str) -> Request | None:
    """Return the request with this ID, or None if it doesn't exist or its row can't be read."""
    row = connection.execute(_rows().where(REQUESTS.c.id == id_)).one_or_none() if id_.isascii() else None
    return _request(row, keys) if row is not None else None


def read_requests(connection: Connection, keys: Keys, *, since: datetime | None = None) -> list[Request]:
    """Return the open requests, newest first, and if `since` is given, also those that ended after it.

    Unreadable rows are omitted.
    """
    is_wanted = REQUESTS.c.state.in_(OPEN)
    if since is not None:
        is_wanted |= REQUESTS.c.ended_at >= since
    rows = _rows().where(is_wanted).order_by(REQUESTS.c.made_at.desc(), REQUESTS.c.id).limit(MOST_LISTED)
    return [kept for row in connection.execute(rows) if (kept := _request(row, keys)) is not None]


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return keys.sign(b"request row", *(str(row[name]).encode(errors="replace") for name in _SEALED))


def _rows() -> Select[Any]:  # Any: the columns of several tables
    own = (
        type_coerce(column, NullType()).label(column.name)
        if column.name in (*_MOMENTS, "needed_by")
        else column.label(column.name)
        for column in REQUESTS.c
    )
    asker, assignee, by = PEOPLE.alias("asker_of"), PEOPLE.alias("assignee_of"), PEOPLE.alias("by_of")
    names = (
        asker.c.name.label("asker_name"), assignee.c.name.label("assignee_name"), by.c.name.label("by_name")
    )  # fmt: skip
    return (
        select(*own, *names)
        .join_from(REQUESTS, asker, REQUESTS.c.asker == asker.c.subject, isouter=True)
        .join(assignee, REQUESTS.c.assignee == assignee.c.subject, isouter=True)
        .join(by, REQUESTS.c.answered_by == by.c.subject, isouter=True)
    )


def _request(row: Row[Any], keys: Keys) -> Request | None:  # Any: SQLite can contain anything
    made_at, changed_at = parse_moment(row.made_at), parse_moment(row.changed_at)
    known = (
        row.kind in get_args(RequestKind) and row.state in get_args(State) and row.link_kind in get_args(LinkKind)
    )  # fmt: skip
    if made_at is None or changed_at is None or not known:
        return None
    seal = _seal(keys, {name: getattr(row, name) for name in _SEALED})
    return Request(
        id=row.id,
        kind=cast(RequestKind, row.kind),
        words=str(row.words),
        purpose=str(row.purpose),
        needed_by=_day(row.needed_by),
        metric=str(row.metric),
        asker=str(row.asker),
        asker_name=row.asker_name or "",
        state=cast(State, row.state),
        assignee=str(row.assignee),
        assignee_name=row.assignee_name or "",
        answer=str(row.answer),
        answered_by_name=row.by_name or "",
        link_kind=cast(LinkKind, row.link_kind),
        link=str(row.link),
        merged_into=str(row.merged_into),
        draft=str(row.draft),
        made_at=made_at,
        changed_at=changed_at,
        ended_at=parse_moment(row.ended_at),
        revision=row.revision,
        is_sealed=hmac.compare_digest(seal.encode(), str(row.seal).encode()),
    )


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value is not None else None
    except ValueError:
        return None
