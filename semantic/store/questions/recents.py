"""Each person's recent questions, without duplicates, so that they can return to them in any browser.

Questions that name a person aren't saved. Erasing a person deletes their recent questions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, String, Table, Text, delete, select, update

from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.query.upgrades import salvage
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from semantic.store.questions.text import digest_of

MOST: Final = 50

RECENTS: Final = Table(
    "recent_questions",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("asked", String(64), primary_key=True),  # a keyed digest of the question
    Column("query", Text, nullable=False),  # the question's JSON
    Column("asked_at", Instant, nullable=False, index=True),
)


def keep_recent(transaction: Transaction, actor: Actor, query: Query, at: datetime, keys: Keys) -> None:
    """Add a person's question, or move it to the front, and delete the oldest ones above the maximum.

    Saves nothing for an unknown person. This runs in the background, so the person may have been erased by then. Not
    logged, because the question is logged itself: write with `recorded=False`.
    """
    connection, asked = transaction.connection, digest_of(query, keys)
    me = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id)).scalar()
    if me is None:
        return
    is_it = (RECENTS.c.subject == me) & (RECENTS.c.asked == asked)
    if connection.execute(update(RECENTS).where(is_it).values(asked_at=at)).rowcount == 0:
        row = {"subject": me, "asked": asked, "query": query_to_json(query), "asked_at": at}
        insert_if_missing(connection, RECENTS, row)
    wanted = select(RECENTS.c.asked).where(RECENTS.c.subject == me).order_by(RECENTS.c.asked_at.desc(), RECENTS.c.asked)
    old = [row.asked for row in connection.execute(wanted.offset(MOST))]
    if old:
        connection.execute(delete(RECENTS).where(RECENTS.c.subject == me, RECENTS.c.asked.in_(old)))


def read_recents(connection: Connection, actor: Actor) -> list[tuple[Query, datetime]]:
    """Return a person's recent questions with their times, newest first. Empty while viewing as someone else."""
    if actor.viewed_by is not None:
        return []
    wanted = (
        select(RECENTS.c.query, RECENTS.c.asked_at)
        .join(PEOPLE, PEOPLE.c.subject == RECENTS.c.subject)
        .where(PEOPLE.c.id == actor.id)
        .order_by(RECENTS.c.asked_at.desc(), RECENTS.c.asked)
    )
    read = [(*salvage(row.query), row.asked_at) for row in connection.execute(wanted)]
    return [(query, at) for query, is_whole, at in read if is_whole and query.metrics]


def forget_recents(transaction: Transaction, subject: str) -> None:
    """Delete a person's recent questions."""
    transaction.connection.execute(delete(RECENTS).where(RECENTS.c.subject == subject))
