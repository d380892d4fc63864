"""Spaces, where people share questions and boards.

Everyone can read the items in a space, and marketers and above can add some. A domain's space is open only to the
domain's members and to stewards.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, String, Table, func, select, update

from semantic.errors import InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Store, Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys
from semantic.store.people import subject_of
from semantic.store.spaces.readers import ANYONE, reader_of

MINE: Final = ""
"""The value for the owner's own space, in place of a space's id."""

MOST_SPACES: Final = 200
MOST_OF_ONE: Final = 20  # by one marketer: spaces are permanent, so no one can take them all
LONGEST: Final = 60
OWN_NAMES: Final = frozenset({"", "mine", "only me"})
COMPANY: Final = "Company"
"""The name of the space that a store begins with, so that people can share without creating one."""

_TAKEN: Final = " (team)"  # added to the name of a domain's space if someone else's has that name

SPACES: Final = Table(
    "spaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("folded", String(200), nullable=False, unique=True),  # so that two names never look the same
    Column("author", String(32), nullable=False),  # a subject; "" for the first space, which Samepage makes
    Column("made_at", Instant, nullable=False),
    Column("domain", String(63), nullable=False, server_default=""),  # whose members open it; "" for everyone
)


@dataclass(frozen=True, slots=True)
class Space:
    """A shared space. `domain` is the team that it belongs to, or "" if everyone can open it."""

    id: str
    name: str
    domain: str = ""


def list_spaces(connection: Connection, actor: Actor | None = None) -> tuple[Space, ...]:
    """Return the shared spaces that `actor` can open, sorted by name.

    Without `actor`, return those open to everyone.
    """
    reader = reader_of(connection, actor) if actor is not None else ANYONE
    rows = connection.execute(select(SPACES.c.id, SPACES.c.name, SPACES.c.domain).order_by(SPACES.c.folded))
    return tuple(Space(row.id, row.name, row.domain) for row in rows if reader.opens(row.domain))


def make_space(transaction: Transaction, name: str, actor: Actor, keys: Keys) -> Space:
    """Return the space with this name, and create it first if needed."""
    check_may_share(actor)
    label = one_line(name)
    if not 0 < len(label) <= LONGEST or label.casefold() in OWN_NAMES:
        raise InvalidQuery(f"A space needs a unique name of 1 to {LONGEST} characters. Choose another.")
    connection, folded = transaction.connection, label.casefold()
    wanted = select(SPACES.c.id, SPACES.c.name, SPACES.c.domain).where(SPACES.c.folded == folded)
    row = connection.execute(wanted).one_or_none()
    if row is not None:
        return _opened(Space(row.id, row.name, row.domain), connection, actor)
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
    if not insert_if_missing(connection, SPACES, row):  # someone else created it at the same moment
        row = connection.execute(wanted).one()
        return _opened(Space(row.id, row.name, row.domain), connection, actor)
    record(transaction, Act(kind="space.made", actor=actor, about=f"space:{space.id}", details={"name": label}), keys)
    return space


def make_first_space(store: Store) -> None:
    """Create the space `COMPANY` in a store without spaces. Not logged, because it isn't a person's act."""
    with store.read() as connection:
        if _has_spaces(connection):
            return
    with store.write(recorded=False) as transaction:
        if not _has_spaces(transaction.connection):
            row = {"id": secrets.token_hex(16), "name": COMPANY, "folded": COMPANY.casefold(), "author": ""}
            insert_if_missing(transaction.connection, SPACES, {**row, "made_at": transaction.now})


def make_domain_spaces(store: Store, domains: Mapping[str, str]) -> None:
    """Create a space for each domain that has none, with the domain's label as its name.

    Not logged, because it isn't a person's act. `domains` has each domain's label by name. If a domain's label has
    changed, its space is renamed, unless another space has that name.
    """
    with store.read() as connection:
        known = {row.domain: row.name for row in connection.execute(select(SPACES.c.domain, SPACES.c.name))}
    domains = {name: label[:LONGEST] for name, label in domains.items()}
    changed = {name: label for name, label in domains.items() if known.get(name) not in (label, label + _TAKEN)}
    if not changed:
        return
    with store.write(recorded=False) as transaction:
        connection = transaction.connection
        for domain, label in changed.items():
            for name in (label, label + _TAKEN):
                others = (SPACES.c.folded == name.casefold()) & (SPACES.c.domain != domain)
                if connection.execute(select(SPACES.c.id).where(others)).first():
                    continue
                named = {"name": name, "folded": name.casefold()}
                if domain in known:
                    connection.execute(update(SPACES).where(SPACES.c.domain == domain).values(**named))
                else:
                    row = {"id": secrets.token_hex(16), **named, "author": "", "domain": domain}
                    insert_if_missing(connection, SPACES, {**row, "made_at": transaction.now})
                break


def _opened(space: Space, connection: Connection, actor: Actor) -> Space:
    if not reader_of(connection, actor).opens(space.domain):
        raise InvalidQuery("This name is taken. Choose another.")
    return space


def _has_spaces(connection: Connection) -> bool:
    return connection.execute(select(SPACES.c.id).limit(1)).scalar() is not None


def space_of(connection: Connection, space: str, actor: Actor | None = None) -> Space:
    """Return the shared space with this ID. Raises UnknownQuestion if this person can't open it."""
    wanted = select(SPACES.c.id, SPACES.c.name, SPACES.c.domain).where(SPACES.c.id == space)
    row = (
        connection.execute(wanted).one_or_none() if space.isascii() else None
    )  # ids are ASCII, and a driver refuses a lone surrogate
    reader = reader_of(connection, actor) if actor is not None else ANYONE
    if row is None or not reader.opens(row.domain):
        raise UnknownQuestion("This space doesn't exist. Choose another.")
    return Space(row.id, row.name, row.domain)


def check_may_share(actor: Actor) -> None:
    """Raise NotAllowed if someone can't add items to shared spaces."""
    if not may_share(actor):
        raise NotAllowed("Only marketers and above can add to shared spaces. You can save it just for yourself.")


def may_share(actor: Actor) -> bool:
    """Whether someone can add items to shared spaces. No one can while viewing as someone else."""
    return not actor.only_looks and actor.is_at_least("marketer")


def one_line(text: str) -> str:
    """Return a text that someone entered as a name on one line, without invisible characters."""
    return re.sub(
        r"\s+", " ", "".join(character for character in text if character.isprintable() or character.isspace())
    ).strip()
