"""Spaces, where people put questions and boards for others to find. Everyone reads them, and marketers and above fill
them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, String, Table, func, select

from semantic.errors import InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Store, Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys
from semantic.store.people import subject_of

MINE: Final = ""
"""In place of a space's id: the owner's own."""

MOST_SPACES: Final = 200
MOST_OF_ONE: Final = 20  # by one marketer: spaces are permanent, so no one can take them all
LONGEST: Final = 60
OWN_NAMES: Final = frozenset({"", "mine", "only me"})
COMPANY: Final = "Company"
"""The space that a store without spaces starts with, so that no one has to name one before they can share."""

SPACES: Final = Table(
    "spaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("folded", String(200), nullable=False, unique=True),  # so that two names never look the same
    Column("author", String(32), nullable=False),  # a subject; "" for the first space, which Samepage makes
    Column("made_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Space:
    """A shared space."""

    id: str
    name: str


def list_spaces(connection: Connection) -> tuple[Space, ...]:
    """Return every shared space, by name."""
    rows = connection.execute(select(SPACES.c.id, SPACES.c.name).order_by(SPACES.c.folded))
    return tuple(Space(row.id, row.name) for row in rows)


def make_space(transaction: Transaction, name: str, actor: Actor, keys: Keys) -> Space:
    """Return the space with this name, created if there is none. Raises NotAllowed, InvalidQuery for an invalid
    name.
    """
    check_may_share(actor)
    label = one_line(name)
    if not 0 < len(label) <= LONGEST or label.casefold() in OWN_NAMES:
        raise InvalidQuery(f"A space needs a unique name of 1 to {LONGEST} characters. Choose another.")
    connection, folded = transaction.connection, label.casefold()
    row = connection.execute(select(SPACES.c.id, SPACES.c.name).where(SPACES.c.folded == folded)).one_or_none()
    if row is not None:
        return Space(row.id, row.name)
    if connection.execute(select(func.count()).select_from(SPACES)).scalar_one() >= MOST_SPACES:
        raise NotAllowed(f"There are {MOST_SPACES} spaces, which is the limit. Choose one of them.")
    space = Space(secrets.token_hex(16), label)
    author = subject_of(transaction, actor.id, actor.name)
    mine = select(func.count()).select_from(SPACES).where(SPACES.c.author == author)
    if not actor.is_at_least("steward") and connection.execute(mine).scalar_one() >= MOST_OF_ONE:
        raise NotAllowed(
            f"You have created {MOST_OF_ONE} spaces, which is the limit for one person. Choose one of them, or ask a "
            "steward."
        )
    row = {"id": space.id, "name": label, "folded": folded, "author": author, "made_at": transaction.now}
    if not insert_if_missing(connection, SPACES, row):  # someone else created it at this very moment
        row = connection.execute(select(SPACES.c.id, SPACES.c.name).where(SPACES.c.folded == folded)).one()
        return Space(row.id, row.name)
    record(transaction, Act(kind="space.made", actor=actor, about=f"space:{space.id}", said={"name": label}), keys)
    return space


def make_first_space(store: Store) -> None:
    """Create the space `COMPANY` in a store that has no spaces. That isn't anyone's act, so it isn't logged."""
    with store.read() as connection:
        if _has_spaces(connection):
            return
    with store.write(recorded=False) as transaction:
        if not _has_spaces(transaction.connection):
            row = {"id": secrets.token_hex(16), "name": COMPANY, "folded": COMPANY.casefold(), "author": ""}
            insert_if_missing(transaction.connection, SPACES, {**row, "made_at": transaction.now})


def _has_spaces(connection: Connection) -> bool:
    return connection.execute(select(SPACES.c.id).limit(1)).scalar() is not None


def space_of(connection: Connection, space: str) -> Space:
    """Return a shared space by its id. Raises UnknownQuestion."""
    wanted = select(SPACES.c.id, SPACES.c.name).where(SPACES.c.id == space)
    row = (
        connection.execute(wanted).one_or_none() if space.isascii() else None
    )  # half a surrogate pair asks for nothing
    if row is None:
        raise UnknownQuestion("This space doesn't exist. Choose another.")
    return Space(row.id, row.name)


def check_may_share(actor: Actor) -> None:
    """Raise NotAllowed for people who can't put anything into a shared space."""
    if not may_share(actor):
        raise NotAllowed("Only marketers and above can add to shared spaces. You can save it just for yourself.")


def may_share(actor: Actor) -> bool:
    """Whether someone can put things into a shared space, which isn't possible while viewing as someone else."""
    return actor.viewed_by is None and actor.is_at_least("marketer")


def one_line(text: str) -> str:
    """Return someone's input as a name: one line, without invisible characters."""
    return re.sub(
        r"\s+", " ", "".join(character for character in text if character.isprintable() or character.isspace())
    ).strip()
