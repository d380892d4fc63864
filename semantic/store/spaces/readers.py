"""A person as the reader of spaces and their contents: their number, and the domains they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from semantic.errors import StoreFailed
from semantic.governance.domains import domains_in
from semantic.model.domains import Domain
from semantic.policy.actor import Actor
from semantic.policy.domains import is_domain_member, is_domain_steward
from semantic.store.database import utc_now
from semantic.store.models.versions import files_of, read_running
from semantic.store.people import PEOPLE

_MOST_KNOWN: Final = 8
_known: Final[dict[str, tuple[Domain, ...]]] = {}  # the domains of a version, by its digest


@dataclass(frozen=True, slots=True)
class Reader:
    """A person as the reader of spaces.

    `subject` is None for someone who hasn't saved anything, and while viewing as someone else. `domains` are the
    domains whose spaces they can open, and `led` the domains that they are a steward of. If `is_central`, they are a
    steward of the core, and can open every space.
    """

    subject: str | None
    domains: frozenset[str] = frozenset()
    led: frozenset[str] = frozenset()
    is_central: bool = False

    def opens(self, domain: str) -> bool:
        """Whether the reader can open the spaces of this domain. "" stands for spaces without a domain."""
        return not domain or self.is_central or domain in self.domains


ANYONE: Final = Reader(None)
"""A reader without a number or domains."""


def reader_of(connection: Connection, actor: Actor) -> Reader:
    """Return a person as a reader. The current version of the model decides who is in a domain.

    If the model is in a folder, no one belongs to a domain, so the spaces of domains stay closed.
    """
    if actor.viewed_by is not None:
        return Reader(None)
    subject = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == actor.id)).scalar()
    if actor.is_at_least("steward"):
        return Reader(subject, is_central=True)
    domains = _domains(connection)
    mine = frozenset(domain.name for domain in domains if is_domain_member(actor, domain))
    led = frozenset(domain.name for domain in domains if is_domain_steward(actor, domain))
    return Reader(subject, mine, led)


def _domains(connection: Connection) -> tuple[Domain, ...]:
    running = read_running(connection, utc_now())
    if running is None:
        return ()
    domains = _known.get(running.digest)
    if domains is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        try:
            domains = domains_in(files_of(connection, running.number))
        except StoreFailed:  # a version that was tampered with isn't trusted to say who is in a domain
            return ()
        _known[running.digest] = domains
    return domains
