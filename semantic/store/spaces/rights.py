"""Rights to read and change saved questions and boards. Both tables have the columns `owner` and `space`.

An item in its owner's own space belongs to the owner alone. Everyone who can sign in can read an item in a shared
space, and its owner and stewards can change it. Only a domain's members and stewards can read items in its space.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, UnaryExpression, and_, case, false, func, or_, select

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.store.spaces.readers import Reader
from semantic.store.spaces.spaces import MINE, SPACES, check_may_share, space_of

SHARE: Final = 200  # of one owner in a list that doesn't have room for everything


def is_open_to(table: Table, reader: Reader) -> ColumnElement[bool]:
    """Return the SQL condition that a row is this person's own, or in a shared space that they can open."""
    mine = table.c.owner == reader.subject if reader.subject is not None else false()
    if reader.is_central:
        return or_(table.c.space != MINE, mine)
    closed = select(SPACES.c.id).where(SPACES.c.domain != "", SPACES.c.domain.notin_(sorted(reader.domains)))
    return or_(and_(table.c.space != MINE, table.c.space.notin_(closed)), mine)


def latest_of_everyone(table: Table) -> tuple[ColumnElement[int], UnaryExpression[object], ColumnElement[str]]:
    """Return the sort order for a list of limited length: latest changes first.

    The first `SHARE` items of each owner come before all other items, so that no one can push other people's work off
    the list.
    """
    place = func.row_number().over(partition_by=table.c.owner, order_by=(table.c.changed_at.desc(), table.c.id))
    return case((place > SHARE, 1), else_=0), table.c.changed_at.desc(), table.c.id


def may_change(actor: Actor, *, is_mine: bool, space: str, is_led: bool = False) -> bool:
    """Whether someone who can read a row can change it. Agents can't, and neither can people who view as someone else.

    `is_led` means that the person is a steward of the space's domain.
    """
    if actor.only_looks:
        return False
    if space == MINE:
        return True
    return actor.is_at_least("marketer") if is_mine or is_led else actor.is_at_least("steward")


def check_move(connection: Connection, actor: Actor, space: str, *, is_mine: bool, noun: str) -> None:
    """Raise NotAllowed if someone who can change an item can't move it into this space.

    Only an item's owner can move it to their own space. Raises UnknownQuestion for an unknown space. `noun` is the kind
    of item, such as "question".
    """
    if space == MINE:
        if not is_mine:
            raise NotAllowed(f"Only the owner can take a {noun} out of a shared space. Archive it instead.")
        return
    check_may_share(actor)
    space_of(connection, space, actor)
