"""Short links to questions, each with a note from its sender (decision 40).

A link has no name, isn't listed, and can't be guessed. Anyone who has it can open it, and sees what their own policy
allows. Links don't expire. The note is sealed with the sender's key, so erasing the sender also erases the note.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, Text, func, insert, select

from semantic.errors import InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import PEOPLE, key_of, read_key, subject_of
from semantic.store.questions.text import StoredText, keep_text, read_text
from semantic.store.spaces.spaces import one_line

LINKS: Final = Table(
    "question_links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("query", Text, nullable=False),  # the question's JSON, with the format it was written in
    Column("sealed", LargeBinary, nullable=False),  # the same, where it names people; then `query` is empty
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("asked", String(64), nullable=False, index=True),  # a keyed digest: the same question gets the same link
    Column("made_at", Instant, nullable=False),
    Column("chart", String(40)),  # the selected kind; null for automatic
    Column("note", LargeBinary),  # sealed with the author's key
    Column("access", String(64)),  # a keyed digest of what limited the author's rows; null before notes existed
)

NOT_THERE: Final = "This link doesn't open a question, or you don't have access to it. Ask the person who sent it."
LONGEST_NOTE: Final = 300
MOST_A_DAY: Final = 200  # by one person: links are permanent
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What a person shares with a link besides the question: a note, and a chart.

    `access` describes the limits on the sender's rows. Only a keyed digest of this text is stored.
    """

    note: str = ""
    chart: str = ""
    access: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNote:
    """The note and sender of a link, for the person who opens it. Both are "" if the sender was erased."""

    sender: str
    note: str
    at: datetime
    is_mine: bool
    has_other_access: bool  # other limits apply to the sender's rows than to this person's


NOTHING_MORE: Final = Sharing()


def find_link(
    connection: Connection, query: Query, actor: Actor, keys: Keys, sharing: Sharing = NOTHING_MORE
) -> str | None:
    """Return the ID of this person's link to exactly this question with this note, or None if there is none."""
    if actor.viewed_by is not None:
        return None
    is_it = LINKS.c.asked == _digest(query, sharing, keys), LINKS.c.access == _access(sharing.access, keys)
    return connection.execute(
        select(LINKS.c.id)
        .join(PEOPLE, PEOPLE.c.subject == LINKS.c.author)
        .where(PEOPLE.c.id == actor.id, *is_it)
        .limit(1)
    ).scalar()


def make_link(
    transaction: Transaction,
    query: Query,
    actor: Actor,
    keys: Keys,
    *,
    is_personal: bool,
    sharing: Sharing = NOTHING_MORE,
) -> str:
    """Save a question for anyone who has the link, and return the link's ID. Raises NotAllowed, InvalidQuery."""
    require_not_agent(actor)
    if actor.viewed_by is not None or not actor.is_at_least("viewer"):
        raise NotAllowed("You can't create links while viewing as someone else. Stop viewing first.")
    note = one_line(sharing.note)
    if len(note) > LONGEST_NOTE:
        raise InvalidQuery(f"The note has more than {LONGEST_NOTE} characters. Shorten it.")
    author, link = subject_of(transaction, actor.id, actor.name), secrets.token_urlsafe(16)
    _check_count(transaction, author)
    text = keep_text(transaction, query_to_json(query), keys, owner=author, about=_place(link), is_personal=is_personal)
    row = {
        "id": link,
        "query": text.query,
        "sealed": text.sealed,
        "author": author,
        "asked": _digest(query, sharing, keys),
        "made_at": transaction.now,
        "chart": sharing.chart[:40] or None,
        "note": _sealed_note(transaction, note, author, link, keys),
        "access": _access(sharing.access, keys),
    }
    transaction.connection.execute(insert(LINKS).values(**row))
    record(transaction, Act(kind="question.linked", actor=actor, about=f"link:{link[:6]}"), keys)
    return link


def _check_count(transaction: Transaction, author: str) -> None:
    since = transaction.now - timedelta(days=1)
    mine = select(func.count()).select_from(LINKS).where(LINKS.c.author == author, LINKS.c.made_at > since)
    if transaction.connection.execute(mine).scalar_one() >= MOST_A_DAY:
        raise NotAllowed(f"You have created {MOST_A_DAY} links within a day, which is the limit. Try again tomorrow.")


def _sealed_note(transaction: Transaction, note: str, author: str, link: str, keys: Keys) -> bytes | None:
    key = key_of(transaction, author, keys) if note else None
    return seal(key, note.encode(), _note_place(link)) if key is not None else None


def read_link(connection: Connection, link: str, keys: Keys) -> str:
    """Return the JSON of a link's question. Raises UnknownQuestion, also if the question can no longer be read."""
    text = None
    if _ID.fullmatch(link) and (row := connection.execute(select(LINKS).where(LINKS.c.id == link)).one_or_none()):
        stored_text = StoredText(row.query, row.sealed)
        text = read_text(connection, stored_text, keys, owner=row.author, about=_place(link))
    if not text:
        raise UnknownQuestion(NOT_THERE)
    return text


def is_made_by(connection: Connection, link: str, actor: Actor) -> bool:
    """Whether this person created a link. False while viewing as someone else."""
    made = select(LINKS.c.id).join(PEOPLE, PEOPLE.c.subject == LINKS.c.author)
    text = made.where(LINKS.c.id == link, PEOPLE.c.id == actor.id)
    return actor.viewed_by is None and connection.execute(text).first() is not None


def read_chart(connection: Connection, link: str) -> str:
    """Return the kind of chart that a link shows, or "" if the kind is chosen automatically."""
    return connection.execute(select(LINKS.c.chart).where(LINKS.c.id == link)).scalar() or ""


def read_link_note(connection: Connection, link: str, actor: Actor, keys: Keys, *, access: str) -> LinkNote | None:
    """Return the sender and the note of a link that `read_link` can read, or None for a link without a sender.

    `access` describes the limits on the reader's rows, as in `Sharing`. Links from before senders were recorded have
    none.
    """
    wanted = (
        select(LINKS.c.author, LINKS.c.note, LINKS.c.access, LINKS.c.made_at, PEOPLE.c.id, PEOPLE.c.name)
        .outerjoin(PEOPLE, PEOPLE.c.subject == LINKS.c.author)
        .where(LINKS.c.id == link)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None or row.access is None:
        return None
    key = read_key(connection, row.author, keys) if row.note else None
    note = unseal(key, row.note, _note_place(link)) if key is not None else None
    is_mine = actor.viewed_by is None and row.id == actor.id
    return LinkNote(
        sender=row.name or "",
        note=note.decode("utf-8", "replace") if note is not None else "",
        at=row.made_at,
        is_mine=is_mine,
        has_other_access=not is_mine and row.access != _access(access, keys),
    )


def _digest(query: Query, sharing: Sharing, keys: Keys) -> str:
    """Return a digest of a question exactly as written. Another order of columns or another note gives another link."""
    more = [one_line(sharing.note), sharing.chart]
    text = query_to_json(query) + (f"\n{json.dumps(more)}" if any(more) else "")
    return keys.sign(b"linked", text.encode())


def _access(access: str, keys: Keys) -> str:
    return keys.sign(b"access", access.encode())


def _note_place(link: str) -> str:
    return f"note {link}"


def _place(link: str) -> str:
    return f"link {link}"
