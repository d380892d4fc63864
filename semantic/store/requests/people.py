"""The people who want what a request asks for: the person who made it, and everyone who joined.

A row has the page on which the person asked, and the question that was open there. A question that names a person is
sealed with the key of the person who asked it. Rows decide who gets an answer, so the whole row is sealed, too.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast, get_args

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, parse_moment
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from semantic.store.questions.text import StoredText, keep_text, read_text

How = Literal["asked", "joined"]
Place = Literal["explore", "search", "metric", "receipt", "requests"]

REQUEST_PEOPLE: Final = Table(
    "request_people",
    metadata,
    Column("request", String(32), primary_key=True),
    Column("subject", String(32), primary_key=True, index=True),
    Column("seal", String(64), nullable=False),
    Column("how", String(20), nullable=False),
    Column("place", String(20), nullable=False),
    Column("query", Text, nullable=False),  # JSON of the question asked there; "" for none
    Column("sealed", LargeBinary, nullable=False),  # the same, where it names a person; then `query` is empty
    Column("receipt", String(32), nullable=False),  # of the answer that it's about; "" for none
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant),  # when they closed the notice of the answer
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrigin:
    """The page where a request was made, with the page's question as JSON and the answer's receipt."""

    place: Place = "requests"
    query: str = ""
    receipt: str = ""
    is_personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """A person who wants what a request asks for.

    `query` is "" if there is none, and None if it can no longer be read.
    """

    request: str
    subject: str
    name: str = field(repr=False)
    how: How
    place: Place
    query: str | None
    receipt: str
    is_personal: bool
    at: datetime
    seen_at: datetime | None


def add_requester(
    transaction: Transaction, keys: Keys, request: str, subject: str, how: How, where: StoredOrigin
) -> bool:
    """Add a person to a request. Returns False if they were already in it. Raises NotAllowed, InvalidQuery."""
    text = keep_text(
        transaction, where.query, keys, owner=subject, about=_about(request), is_personal=where.is_personal
    )  # fmt: skip
    row = {
        "request": request, "subject": subject, "seal": _seal(keys, request, subject, how), "how": how,
        "place": where.place, "query": text.query, "sealed": text.sealed, "receipt": where.receipt,
        "at": transaction.now, "seen_at": None,
    }  # fmt: skip
    return insert_if_missing(transaction.connection, REQUEST_PEOPLE, row)


def remove_requester(transaction: Transaction, request: str, subject: str) -> bool:
    """Remove a person from a request, and return whether they were in it."""
    return transaction.connection.execute(delete(REQUEST_PEOPLE).where(_is_request_of(request, subject))).rowcount == 1


def move_requesters(transaction: Transaction, keys: Keys, request: str, into: str) -> None:
    """Move everyone who wants one request to another, with the page on which each of them asked."""
    there = {wanting.subject for wanting in read_requesters(transaction.connection, keys, [into])}
    for wanting in read_requesters(transaction.connection, keys, [request]):
        if wanting.subject not in there:
            query, is_personal = wanting.query or "", wanting.is_personal and bool(wanting.query)
            where = StoredOrigin(place=wanting.place, query=query, receipt=wanting.receipt, is_personal=is_personal)
            add_requester(transaction, keys, into, wanting.subject, "joined", where)


def note_seen(transaction: Transaction, request: str, subject: str) -> None:
    """Record that a person has seen the answer. Not logged: write with `recorded=False`."""
    transaction.connection.execute(
        update(REQUEST_PEOPLE).where(_is_request_of(request, subject)).values(seen_at=transaction.now)
    )


def note_unseen(transaction: Transaction, request: str) -> None:
    """Mark a request's next answer as unseen for everyone who wants it, even if they have seen an earlier answer."""
    chosen = REQUEST_PEOPLE.c.request == request
    transaction.connection.execute(update(REQUEST_PEOPLE).where(chosen).values(seen_at=None))


def read_requesters(
    connection: Connection, keys: Keys, requests: Collection[str] | None = None, *, subject: str | None = None
) -> list[Requester]:
    """Return the people who want these requests, or one person's entries, earliest first.

    Damaged rows are omitted.
    """
    own = (
        type_coerce(column, NullType()).label(column.name) if column.name in ("at", "seen_at") else column
        for column in REQUEST_PEOPLE.c
    )
    rows = select(*own, PEOPLE.c.name.label("name")).outerjoin(PEOPLE, PEOPLE.c.subject == REQUEST_PEOPLE.c.subject)
    if requests is not None:
        rows = rows.where(REQUEST_PEOPLE.c.request.in_(requests))
    if subject is not None:
        rows = rows.where(REQUEST_PEOPLE.c.subject == subject)
    listed = connection.execute(rows.order_by(REQUEST_PEOPLE.c.at, REQUEST_PEOPLE.c.subject)).all()
    return [wanting for row in listed if (wanting := _requester(connection, row, keys)) is not None]


def forget_requester(transaction: Transaction, subject: str) -> None:
    """Remove a person from every request."""
    transaction.connection.execute(delete(REQUEST_PEOPLE).where(REQUEST_PEOPLE.c.subject == subject))


def _requester(connection: Connection, row: Row[Any], keys: Keys) -> Requester | None:  # Any: any columns
    at, seal = parse_moment(row.at), _seal(keys, str(row.request), str(row.subject), str(row.how))
    is_known = row.how in get_args(How) and row.place in get_args(Place)
    if at is None or not is_known or not hmac.compare_digest(seal.encode(), str(row.seal).encode()):
        return None
    text = StoredText(str(row.query), row.sealed or b"")
    return Requester(
        request=row.request,
        subject=row.subject,
        name=row.name or "",
        how=cast(How, row.how),
        place=cast(Place, row.place),
        query=read_text(connection, text, keys, owner=row.subject, about=_about(row.request)),
        receipt=str(row.receipt),
        is_personal=bool(row.sealed),
        at=at,
        seen_at=parse_moment(row.seen_at),
    )


def _is_request_of(request: str, subject: str) -> ColumnElement[bool]:
    return (REQUEST_PEOPLE.c.request == request) & (REQUEST_PEOPLE.c.subject == subject)


def _seal(keys: Keys, request: str, subject: str, how: str) -> str:
    return keys.sign(b"request person", request.encode(), subject.encode(), how.encode(errors="replace"))


def _about(request: str) -> str:
    return f"request {request}"
