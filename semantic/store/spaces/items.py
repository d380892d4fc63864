"""What saved questions and boards have in common: finding, listing, moving, archiving and recording their rows.

Rows that don't exist and rows that the reader can't see raise the same error, with the same message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, SemanticError
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.store.audit.log import NOTHING, Act, Plain, record
from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from semantic.store.spaces.readers import Reader, reader_of
from semantic.store.spaces.rights import check_move, is_open_to, latest_of_everyone
from semantic.store.spaces.spaces import SPACES, one_line

ACTIVE, ARCHIVED = "active", "archived"
MOST_LISTED: Final = 2_000
LONGEST_FOLDER: Final = 60


class Head(Protocol):
    """A question or board as one person sees it in a list, without its content."""

    @property
    def id(self) -> str: ...
    @property
    def space(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def is_mine(self) -> bool: ...
    @property
    def may_change(self) -> bool: ...


Found = TypeVar("Found", bound=Head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items(Generic[Found]):
    """One kind of item: questions or boards.

    `table` has the columns id, owner, space, folder, state, changed_at and revision. `head` turns a row of `heads` into
    the item as a reader sees it, or into None if it is hidden from them.
    """

    table: Table
    noun: str  # in sentences and in the audit log
    heads: Any  # Any: a select of more columns than its type has room for
    head: Callable[[Row[Any], Actor, Reader], Found | None]  # Any: a row of any columns
    unknown: Callable[[], SemanticError]
    no_role: str  # the message for people without a role
    not_yours: str  # the message for people who may read an item but not change it

    def find(self, connection: Connection, item: str, actor: Actor) -> Found:
        """Return the item with this ID, even an archived one. Raises `unknown`."""
        me = reader_of(connection, actor)
        wanted = self.heads.where(self.table.c.id == item, is_open_to(self.table, me))
        row = (
            connection.execute(wanted).one_or_none() if item.isascii() else None
        )  # ids are ASCII, and a driver refuses a lone surrogate
        head = self.head(row, actor, me) if row is not None else None
        if head is None:
            raise self.unknown()
        return head

    def find_all(self, connection: Connection, actor: Actor, *, archived: bool = False) -> list[Found]:
        """Return this person's own items, and those in shared spaces that they can open, latest change first."""
        me = reader_of(connection, actor)
        wanted = and_(self.table.c.state == (ARCHIVED if archived else ACTIVE), is_open_to(self.table, me))
        latest = self.heads.where(wanted).order_by(*latest_of_everyone(self.table)).limit(MOST_LISTED)
        rows = sorted(connection.execute(latest).all(), key=lambda row: row.id)
        heads = [self.head(row, actor, me) for row in sorted(rows, key=lambda row: row.changed_at, reverse=True)]
        return [head for head in heads if head is not None]

    def check_may_write(self, actor: Actor) -> None:
        """Raise NotAllowed if someone can't save questions or boards."""
        require_not_agent(actor)
        if actor.viewed_by is not None:
            raise NotAllowed("You can't save while viewing as someone else. Stop viewing first.")
        if not actor.is_at_least("viewer"):
            raise NotAllowed(self.no_role)

    def to_change(self, transaction: Transaction, item: str, actor: Actor) -> Found:
        """Return an item, if this person can change it. Raises `unknown`, NotAllowed."""
        self.check_may_write(actor)
        head = self.find(transaction.connection, item, actor)
        if not head.may_change:
            raise NotAllowed(self.not_yours)
        return head

    def move(self, transaction: Transaction, item: str, actor: Actor, keys: Keys, *, space: str, revision: int) -> None:
        """Move an item into a shared space. Its owner can also move it back to their own space.

        Raises `unknown`, NotAllowed, ChangedMeanwhile, and UnknownQuestion if there is no such space.
        """
        head = self.to_change(transaction, item, actor)
        check_move(transaction.connection, actor, space, is_mine=head.is_mine, noun=self.noun)
        self.change(transaction, item, revision, {"space": space})
        self.record(transaction, "moved", item, actor, keys, {"from": head.space, "to": space})

    def file(
        self, transaction: Transaction, item: str, folder: str, actor: Actor, keys: Keys, *, revision: int
    ) -> None:
        """Move an item into a folder of its space, or out of its folder if `folder` is "".

        Raises the same errors as `move`, and InvalidQuery.
        """
        head = self.to_change(transaction, item, actor)
        label = one_line(folder)
        if len(label) > LONGEST_FOLDER:
            raise InvalidQuery(f"A folder's name has at most {LONGEST_FOLDER} characters. Shorten it.")
        self.change(transaction, item, revision, {"folder": label or None})
        self.record(transaction, "filed", item, actor, keys, NOTHING, {"name": label, "before": head.folder})

    def archive(
        self, transaction: Transaction, item: str, actor: Actor, keys: Keys, *, revision: int, back: bool = False
    ) -> None:
        """Archive an item, so that lists no longer show it, or restore it if `back` is true. Links open it either way.

        Raises the same errors as `move`.
        """
        self.to_change(transaction, item, actor)
        self.change(transaction, item, revision, {"state": ACTIVE if back else ARCHIVED})
        self.record(transaction, "brought_back" if back else "archived", item, actor, keys)

    def change(
        self,
        transaction: Transaction,
        item: str,
        revision: int,
        values: Mapping[str, object],
        *only_if: ColumnElement[bool],
    ) -> None:
        """Change a row that is at `revision`, and lock it until the transaction ends. Raises ChangedMeanwhile."""
        changed = transaction.connection.execute(
            update(self.table)
            .where(self.table.c.id == item, self.table.c.revision == revision, *only_if)
            .values(**{"changed_at": transaction.now, "revision": revision + 1, **values})
        )
        if changed.rowcount != 1:
            raise ChangedMeanwhile(f"Someone else changed this {self.noun}. Nothing of yours is lost.")

    def record(
        self,
        transaction: Transaction,
        verb: str,
        item: str,
        actor: Actor,
        keys: Keys,
        details: Mapping[str, Plain] = NOTHING,
        personal: Mapping[str, Plain] = NOTHING,
    ) -> None:
        """Record an act on an item in the audit log."""
        about = f"{self.noun}:{item}"
        act = Act(kind=f"{self.noun}.{verb}", actor=actor, about=about, details=details, personal=personal)
        record(transaction, act, keys)


def with_names(table: Table) -> Any:  # Any: a select of more columns than its type has room for
    """Return a query for the rows of one kind of item, with `owner_name`, `space_name` and `space_domain`."""
    return (
        select(table, PEOPLE.c.name.label("owner_name"), SPACES.c.name.label("space_name"))
        .add_columns(SPACES.c.domain.label("space_domain"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == table.c.owner)
        .outerjoin(SPACES, SPACES.c.id == table.c.space)
    )


def metric_names(text: str) -> tuple[str, ...]:
    """Return the metrics listed in a JSON column.

    For damaged JSON, returns a name that no one can see, so that only people who can change the item find it in lists.
    """
    names = json_of(text)
    return tuple(str(name) for name in names) if isinstance(names, list) else ("",)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def json_of(text: str) -> object:
    """Return the value in a small JSON column, or None if it is damaged, so that pages still work."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
