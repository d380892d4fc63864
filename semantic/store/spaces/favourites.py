"""Each person's favourite questions or boards. No one else sees them.

Erasing a person deletes their favourites. A favourite doesn't grant access: lists show it only while the person can see
the item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from semantic.errors import NotAllowed
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.store.database import Transaction, insert_if_missing
from semantic.store.people import PEOPLE, subject_of

MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourites:
    """The favourites of one kind of item. `table` has the columns subject, since, and `item` with the item's ID.

    `find` raises an error if the person can't open the item.
    """

    table: Table
    item: str
    find: Callable[[Connection, str, Actor], object]

    def read(self, connection: Connection, actor: Actor) -> frozenset[str]:
        """Return the IDs of a person's favourite items. Empty while viewing as someone else."""
        if actor.viewed_by is not None:
            return frozenset()
        wanted = (
            select(self._item).join(PEOPLE, PEOPLE.c.subject == self.table.c.subject).where(PEOPLE.c.id == actor.id)
        )
        return frozenset(connection.execute(wanted).scalars())

    def set(self, transaction: Transaction, item: str, actor: Actor, *, on: bool) -> None:
        """Add an item to a person's favourites, or remove it if `on` is false. Not logged: write with `recorded=False`.

        Raises the same errors as `find` for an item that this person can't open. Raises NotAllowed while viewing as
        someone else, and if the person already has the maximum number of favourites.
        """
        require_not_agent(actor)
        if actor.viewed_by is not None:
            raise NotAllowed("You can't change favorites while viewing as someone else. Stop viewing first.")
        if not actor.is_at_least("viewer"):
            raise NotAllowed("Favorites need at least the viewer role. An administrator can give it to you.")
        connection, me = transaction.connection, subject_of(transaction, actor.id, actor.name)
        if not on:
            connection.execute(delete(self.table).where(self.table.c.subject == me, self._item == item))
            return
        self.find(connection, item, actor)
        mine = select(func.count()).select_from(self.table).where(self.table.c.subject == me)
        if connection.execute(mine).scalar_one() >= MOST:
            raise NotAllowed(f"You have {MOST} favorites, which is the limit. Remove one first.")
        insert_if_missing(connection, self.table, {"subject": me, self.item: item, "since": transaction.now})

    def forget(self, transaction: Transaction, subject: str) -> None:
        """Delete a person's favourites."""
        transaction.connection.execute(delete(self.table).where(self.table.c.subject == subject))

    @property
    def _item(self) -> ColumnElement[str]:
        return self.table.c[self.item]
