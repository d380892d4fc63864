"""Each person's favourite saved questions. No one else sees them, and they are deleted with the person.

A favourite doesn't grant access: lists show it only while the person can see the question.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, String, Table, delete, func, select

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.people import PEOPLE, subject_of
from semantic.store.questions.questions import find_question

MOST: Final = 500

FAVOURITES: Final = Table(
    "favourites",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("since", Instant, nullable=False),
)


def read_favourites(connection: Connection, actor: Actor) -> frozenset[str]:
    """Return the IDs of a person's favourite questions, or none while viewing as someone else."""
    if actor.viewed_by is not None:
        return frozenset()
    wanted = (
        select(FAVOURITES.c.question)
        .join(PEOPLE, PEOPLE.c.subject == FAVOURITES.c.subject)
        .where(PEOPLE.c.id == actor.id)
    )
    return frozenset(connection.execute(wanted).scalars())


def set_favourite(transaction: Transaction, question: str, actor: Actor, *, on: bool) -> None:
    """Add a question to a person's favourites, or remove it. Not logged: write with `recorded=False`.

    Raises UnknownQuestion for a question this person can't open, and NotAllowed while viewing as someone else and above
    the maximum per person.
    """
    if actor.viewed_by is not None:
        raise NotAllowed("You can't change favourites while viewing as someone else. Stop viewing first.")
    if not actor.is_at_least("viewer"):
        raise NotAllowed("Favourites need at least the viewer role. An administrator can give it to you.")
    connection, me = transaction.connection, subject_of(transaction, actor.id, actor.name)
    if not on:
        is_it = (FAVOURITES.c.subject == me) & (FAVOURITES.c.question == question)
        connection.execute(delete(FAVOURITES).where(is_it))
        return
    find_question(connection, question, actor)
    mine = select(func.count()).select_from(FAVOURITES).where(FAVOURITES.c.subject == me)
    if connection.execute(mine).scalar_one() >= MOST:
        raise NotAllowed(f"You have {MOST} favourites, which is the limit. Remove one first.")
    insert_if_missing(connection, FAVOURITES, {"subject": me, "question": question, "since": transaction.now})


def forget_favourites(transaction: Transaction, subject: str) -> None:
    """Delete a person's favourites."""
    transaction.connection.execute(delete(FAVOURITES).where(FAVOURITES.c.subject == subject))
