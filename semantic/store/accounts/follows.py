"""The items that each person follows: metrics by name, boards and saved questions by ID.

Erasing a person deletes what they follow. A row grants no access: pages that show followed items check whether they
exist and are visible. An item that was hidden and becomes visible again is still followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Column, Connection, String, Table, delete, func, select

from semantic.errors import NotAllowed
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata
from semantic.store.people import PEOPLE, subject_of

Kind = Literal["metric", "board", "question"]
MOST: Final = 100

FOLLOWS: Final = Table(
    "follows",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("thing", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class FollowedItem:
    """One followed item: a metric's name, or the ID of a board or question."""

    kind: Kind
    thing: str
    since: datetime


def read_follows(connection: Connection, actor: Actor) -> tuple[FollowedItem, ...]:
    """Return the items that a person follows, oldest first. Empty while viewing as someone else."""
    if actor.viewed_by is not None:
        return ()
    wanted = (
        select(FOLLOWS.c.kind, FOLLOWS.c.thing, FOLLOWS.c.since)
        .join(PEOPLE, PEOPLE.c.subject == FOLLOWS.c.subject)
        .where(PEOPLE.c.id == actor.id)
        .order_by(FOLLOWS.c.since, FOLLOWS.c.kind, FOLLOWS.c.thing)
    )
    return tuple(FollowedItem(row.kind, row.thing, row.since) for row in connection.execute(wanted))


def follow(transaction: Transaction, actor: Actor, kind: Kind, thing: str) -> None:
    """Follow an item. Only this person sees that, so it isn't logged: write with `recorded=False`.

    Raises NotAllowed while viewing as someone else, and if the person already follows the maximum number of items.
    """
    _check(actor)
    connection, me = transaction.connection, subject_of(transaction, actor.id, actor.name)
    count = connection.execute(select(func.count()).select_from(FOLLOWS).where(FOLLOWS.c.subject == me)).scalar_one()
    if count >= MOST:
        raise NotAllowed(f"You follow {MOST} items, which is the limit. Unfollow one first.")
    insert_if_missing(connection, FOLLOWS, {"subject": me, "kind": kind, "thing": thing, "since": transaction.now})


def unfollow(transaction: Transaction, actor: Actor, kind: Kind, thing: str) -> None:
    """Unfollow an item. Raises NotAllowed while viewing as someone else."""
    _check(actor)
    me = subject_of(transaction, actor.id, actor.name)
    is_it = (FOLLOWS.c.subject == me) & (FOLLOWS.c.kind == kind) & (FOLLOWS.c.thing == thing)
    transaction.connection.execute(delete(FOLLOWS).where(is_it))


def forget_follows(transaction: Transaction, subject: str) -> None:
    """Delete everything that a person follows."""
    transaction.connection.execute(delete(FOLLOWS).where(FOLLOWS.c.subject == subject))


def _check(actor: Actor) -> None:
    require_not_agent(actor)
    if actor.viewed_by is not None:
        raise NotAllowed("You can't follow anything while viewing as someone else. Stop viewing first.")
    if not actor.is_at_least("viewer"):
        raise NotAllowed("Following needs at least the viewer role. An administrator can give it to you.")
