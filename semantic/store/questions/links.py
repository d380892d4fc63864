"""Links to questions that can't be in an address, because they are too long or name people (decision 40).

A link has no name, is in no list, and can't be guessed. Anyone who has it can open it, and sees what their own policy
shows.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, Text, insert, select

from semantic.errors import NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Transaction, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.questions.text import KeptText, keep_text, read_text

LINKS: Final = Table(
    "question_links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("query", Text, nullable=False),  # the question's JSON, with the format it was written in
    Column("sealed", LargeBinary, nullable=False),  # the same, where it names people; then `query` is empty
    Column("author", String(32), nullable=False, index=True),  # a subject
    Column("asked", String(64), nullable=False, index=True),  # a keyed digest: the same question gets the same link
    Column("made_at", Instant, nullable=False),
)

NOT_THERE: Final = "This link doesn't open a question, or you don't have access to it."
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def find_link(connection: Connection, query: Query, actor: Actor, keys: Keys) -> str | None:
    """Return the id of this person's link to exactly this question, if there is one."""
    if actor.viewed_by is not None:
        return None
    return connection.execute(
        select(LINKS.c.id)
        .join(PEOPLE, PEOPLE.c.subject == LINKS.c.author)
        .where(PEOPLE.c.id == actor.id, LINKS.c.asked == _digest(query, keys))
        .limit(1)
    ).scalar()


def make_link(transaction: Transaction, query: Query, actor: Actor, keys: Keys, *, is_personal: bool) -> str:
    """Keep a question for anyone with its link, and return the link's id. Raises NotAllowed, InvalidQuery."""
    if actor.viewed_by is not None or not actor.is_at_least("viewer"):
        raise NotAllowed("You can't create links while viewing as someone else. Stop viewing first.")
    author, link = subject_of(transaction, actor.id, actor.name), secrets.token_urlsafe(16)
    kept_text = keep_text(
        transaction, query_to_json(query), keys, owner=author, about=_place(link), is_personal=is_personal
    )
    row = {
        "id": link,
        "query": kept_text.query,
        "sealed": kept_text.sealed,
        "author": author,
        "asked": _digest(query, keys),
    }
    transaction.connection.execute(insert(LINKS).values(**row, made_at=transaction.now))
    record(transaction, Act(kind="question.linked", actor=actor, about=f"link:{link[:6]}"), keys)
    return link


def read_link(connection: Connection, link: str, keys: Keys) -> str:
    """Return the JSON of a link's question. Raises UnknownQuestion, also if it is no longer readable."""
    text = None
    if _ID.fullmatch(link) and (row := connection.execute(select(LINKS).where(LINKS.c.id == link)).one_or_none()):
        kept_text = KeptText(row.query, row.sealed)
        text = read_text(connection, kept_text, keys, owner=row.author, about=_place(link))
    if not text:
        raise UnknownQuestion(NOT_THERE)
    return text


def is_made_by(connection: Connection, link: str, actor: Actor) -> bool:
    """Whether a link is this person's own. Never while viewing as someone."""
    made = select(LINKS.c.id).join(PEOPLE, PEOPLE.c.subject == LINKS.c.author)
    text = made.where(LINKS.c.id == link, PEOPLE.c.id == actor.id)
    return actor.viewed_by is None and connection.execute(text).first() is not None


def _digest(query: Query, keys: Keys) -> str:
    """The digest of the question as written; a different order of columns gives a different link."""
    return keys.sign(b"linked", query_to_json(query).encode())


def _place(link: str) -> str:
    return f"link {link}"
