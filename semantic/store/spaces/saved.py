"""What saved questions and saved analyses have in common: a name, a sentence, and a version for each save.

Each kind's own module defines the content of a version and the columns that lists search.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Connection, Row, Table, and_, insert, select

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.audit.log import NOTHING, Plain
from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.spaces.items import ACTIVE, ARCHIVED, Items, metric_names
from semantic.store.spaces.readers import Reader
from semantic.store.spaces.rights import check_move, may_change
from semantic.store.spaces.spaces import MINE, one_line

LONGEST_NAME, LONGEST_SENTENCE = 200, 2_000
UNWRITABLE: Final = "Saving needs at least the viewer role. An administrator can give it to you."


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A saved item as one person sees it in a list, without its content. `space` is "" for the owner's own space.

    `folder` is "" outside folders. A folder is a name that items of a space share, so it exists as long as an item has
    it.
    """

    id: str
    name: str
    sentence: str
    space: str
    space_name: str
    folder: str
    owner_name: str  # "" if they have left
    is_mine: bool
    may_change: bool
    is_archived: bool
    version: int
    metrics: tuple[str, ...]
    created_at: datetime
    changed_at: datetime
    revision: int


Found = TypeVar("Found", bound=Saved)


class AddVersion(Protocol):
    """Adds a version with this number to an item."""

    def __call__(self, item: str, number: int, /, *, owner: str, author: str, note: str) -> None: ...


def saved_of(row: Row[Any], actor: Actor, me: Reader) -> dict[str, Any]:  # Any: a row of any columns
    """Return the values of `Saved` for a row, as this person sees the item."""
    is_mine, is_led = row.owner == me.subject, row.space_domain in me.led
    return {
        "id": row.id,
        "name": row.name,
        "sentence": row.sentence,
        "space": row.space,
        "space_name": row.space_name or "",
        "folder": row.folder or "",
        "owner_name": row.owner_name or "",
        "is_mine": is_mine,
        "may_change": may_change(actor, is_mine=is_mine, space=row.space, is_led=is_led),
        "is_archived": row.state == ARCHIVED,
        "version": row.current,
        "metrics": metric_names(row.metrics),
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "revision": row.revision,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItems(Items[Found]):
    """One kind of saved item. `table` also has the columns name, sentence, current and created_at."""

    def owner(self, connection: Connection, item: str) -> str:
        """Return the subject of an item's owner. The item must exist."""
        return connection.execute(select(self.table.c.owner).where(self.table.c.id == item)).scalar_one()

    def add(
        self,
        transaction: Transaction,
        actor: Actor,
        keys: Keys,
        *,
        name: str,
        sentence: str,
        space: str,
        found_by: Mapping[str, str],  # further columns
        add_version: AddVersion,
        details: Mapping[str, Plain] = NOTHING,
    ) -> str:
        """Save an item with its first version, and return its ID. Raises NotAllowed, UnknownQuestion, InvalidQuery."""
        self.check_may_write(actor)
        label, checked_sentence = self._checked_name(name), _checked_sentence(sentence)
        check_move(transaction.connection, actor, space, is_mine=True, noun=self.noun)
        me, item = subject_of(transaction, actor.id, actor.name), secrets.token_hex(16)
        row = {"id": item, "name": label, "sentence": checked_sentence, "owner": me, "space": space, "state": ACTIVE}
        row |= {"current": 1, "created_at": transaction.now, "changed_at": transaction.now, "revision": 1}
        transaction.connection.execute(insert(self.table).values(**row, **found_by))
        add_version(item, 1, owner=me, author=me, note="")
        self.record(transaction, "saved", item, actor, keys, {"version": 1, "space": space, **details}, {"name": label})
        return item

    def add_next(
        self,
        transaction: Transaction,
        item: str,
        actor: Actor,
        keys: Keys,
        *,
        revision: int,
        note: str,
        restores: int | None,
        found_by: Mapping[str, str],
        add_version: AddVersion,
    ) -> int:
        """Save changes as the next version, and return its number. Raises `unknown`, NotAllowed, ChangedMeanwhile."""
        head = self.to_change(transaction, item, actor)
        number, checked_note = head.version + 1, _checked_sentence(note)
        values = {"current": number, **found_by}
        self.change(transaction, head.id, revision, values, self.table.c.current == head.version)
        owner, author = self.owner(transaction.connection, head.id), subject_of(transaction, actor.id, actor.name)
        add_version(head.id, number, owner=owner, author=author, note=checked_note)
        verb, more = ("changed", {}) if restores is None else ("version_restored", {"restores": restores})
        self.record(transaction, verb, head.id, actor, keys, {"version": number, **more}, {"note": checked_note})
        return number

    def rename(
        self, transaction: Transaction, item: str, actor: Actor, keys: Keys, *, name: str, sentence: str, revision: int
    ) -> None:
        """Change an item's name and sentence. Raises `unknown`, NotAllowed, ChangedMeanwhile, InvalidQuery."""
        head = self.to_change(transaction, item, actor)
        label, checked_sentence = self._checked_name(name), _checked_sentence(sentence)
        self.change(transaction, head.id, revision, {"name": label, "sentence": checked_sentence})
        self.record(transaction, "renamed", head.id, actor, keys, NOTHING, {"name": label, "before": head.name})

    def private_owners(self, connection: Connection, metric: str, me: str) -> list[str]:
        """Return the owners of items in other people's own spaces that name a metric, one for each item."""
        chosen = and_(self.table.c.space == MINE, self.table.c.owner != me, self.table.c.state == ACTIVE)
        rows = connection.execute(select(self.table.c.owner, self.table.c.metrics).where(chosen))
        return [row.owner for row in rows if metric in metric_names(row.metrics)]

    def _checked_name(self, name: str) -> str:
        label = one_line(name)
        if not 0 < len(label) <= LONGEST_NAME:
            raise InvalidQuery(f"A saved {self.noun} needs a name of 1 to {LONGEST_NAME} characters.")
        return label


def _checked_sentence(sentence: str) -> str:
    line = one_line(sentence)
    if len(line) > LONGEST_SENTENCE:
        raise InvalidQuery(f"The description has more than {LONGEST_SENTENCE:,} characters. Shorten it.")
    return line


def version_rows(
    connection: Connection, table: Table, item: str, number: int | None
) -> Sequence[Row[Any]]:  # Any: a row of any columns
    """Return an item's versions with `author_name`, newest first, or only the one with this number.

    The first column of `table` has the item's ID.
    """
    wanted = table.columns[0] == item
    if number is not None:
        wanted = and_(wanted, table.c.number == number)
    return connection.execute(
        select(table, PEOPLE.c.name.label("author_name"))
        .outerjoin(PEOPLE, PEOPLE.c.subject == table.c.author)
        .where(wanted)
        .order_by(table.c.number.desc())
    ).all()
