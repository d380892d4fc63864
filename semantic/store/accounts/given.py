"""Access that administrators give, to one person or to everyone who signs in with an address in an email domain.

A person's access is sealed with their key. A domain's invitation is copied to each person when they first sign in, so
revoking it doesn't affect people who have already signed in. Write access to the store isn't enough to forge access or
an invitation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, delete, inspect, select, update

from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson
from semantic.policy.given_access import GivenAccess, check_given, is_wider
from semantic.store.accounts.claims import open_claims
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.database import Instant, Transaction, hold_log, insert_if_missing, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import PEOPLE, key_of, subject_of

MOST_DOMAINS: Final = 50
_FORM: Final = 1  # of the text; others aren't read
DOMAINS: Final = Table(
    "domain_invitations",
    metadata,
    Column("domain", String(200), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # what it gives
    Column("added_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """The access that everyone with an address in an email domain gets when they first sign in."""

    domain: str
    given: GivenAccess


def opened(
    key: bytes | None, subject: str, claims: bytes | None, given: bytes | None
) -> tuple[ProvenPerson | None, GivenAccess | None]:
    """Open a person's sealed claims and the access they were given, and return both.

    Either is None if it's missing or sealed for someone else.
    """
    return open_claims(key, subject, claims), _open(key, given, _place(subject))


def give(transaction: Transaction, keys: Keys, subject: str, given: GivenAccess, by: Actor) -> None:
    """Replace the access that a person was given. Open sign-ins have it within a second.

    The caller checks the actor's rights. Raises NotAllowed for a role above the actor's own, and InvalidQuery for
    invalid access or an account that no longer exists.
    """
    connection = transaction.connection
    check_given(given.role, given.groups, given.attributes)
    if is_wider(given, by):
        raise NotAllowed(f"You can't make someone {given.role}, because your own role is lower.")
    hold_log(connection)
    key = key_of(transaction, subject, keys)
    if key is None:
        raise InvalidQuery("This account no longer exists. Reload the list.")
    given = replace(given, by=subject_of(transaction, by.id, by.name), at=transaction.now)
    _write(transaction, key, subject, given)
    kind = "person.access_taken" if given.is_empty else "person.access_given"
    details: dict[str, Plain] = {"role": given.role} if given.role else {}
    act = Act(kind=kind, actor=by, about=f"person:{subject}", details=details, personal=_personal(given))
    record(transaction, act, keys)


def take_invitation(transaction: Transaction, keys: Keys, subject: str, person: ProvenPerson) -> None:
    """Give a person who signs in the access in their domain's invitation, unless they were given access before."""
    connection = transaction.connection
    if not person.vouched_domain:
        return
    if connection.execute(select(PEOPLE.c.given).where(PEOPLE.c.subject == subject)).scalar() is not None:
        return
    chosen = DOMAINS.c.domain == person.vouched_domain
    invitation = next(iter(_invitations(connection, keys, chosen)), None)
    key = key_of(transaction, subject, keys) if invitation is not None else None
    if invitation is None or key is None:
        return
    given = replace(invitation.given, domain=invitation.domain, at=transaction.now)
    _write(transaction, key, subject, given)
    details: dict[str, Plain] = {"role": given.role, "domain": invitation.domain}
    about = f"person:{subject}"
    record(transaction, Act(kind="person.joined", actor=SAMEPAGE, about=about, details=details), keys)


def read_invitations(connection: Connection, keys: Keys) -> list[Invitation]:
    """Return the invitations of email domains, sorted by domain. Rows that Samepage didn't write are omitted."""
    return list(_invitations(connection, keys))


def invite_domain(transaction: Transaction, keys: Keys, domain: str, given: GivenAccess, by: Actor) -> None:
    """Invite everyone with an address in an email domain, or change the access they get.

    Raises InvalidQuery, NotAllowed. The caller checks the actor's rights and the domain.
    """
    connection = transaction.connection
    check_given(given.role, given.groups, given.attributes)
    hold_log(connection)
    known = {invitation.domain for invitation in _invitations(connection, keys)}
    if domain not in known and len(known) >= MOST_DOMAINS:
        raise NotAllowed(f"{MOST_DOMAINS} domains are invited, which is the limit. Remove one first.")
    given = replace(given, by=subject_of(transaction, by.id, by.name), at=transaction.now)
    values = {"sealed": _seal(keys.wrapping, given, _domain_place(domain)), "added_at": transaction.now}
    insert_if_missing(connection, DOMAINS, {"domain": domain, **values})
    connection.execute(update(DOMAINS).where(DOMAINS.c.domain == domain).values(**values))
    details: dict[str, Plain] = {"domain": domain, "role": given.role}
    record(transaction, Act(kind="invitation.added", actor=by, about="invitations", details=details), keys)


def remove_invitation(transaction: Transaction, keys: Keys, domain: str, by: Actor) -> None:
    """Revoke a domain's invitation. Raises InvalidQuery if the domain wasn't invited.

    People who have signed in keep their access.
    """
    hold_log(transaction.connection)
    if transaction.connection.execute(delete(DOMAINS).where(DOMAINS.c.domain == domain)).rowcount != 1:
        raise InvalidQuery(f"{domain} is no longer invited. Reload the page.")
    details: dict[str, Plain] = {"domain": domain}
    record(transaction, Act(kind="invitation.removed", actor=by, about="invitations", details=details), keys)


# Restored stores


@dataclass(frozen=True, slots=True)
class StoredAccess:
    """The access that a store had given before a backup replaced it, by the person's number, and invitations."""

    given: Mapping[str, bytes | None]
    domains: frozenset[str]


def read_stored_access(connection: Connection) -> StoredAccess | None:
    """Return the access that a store has given, or None for a store from before access could be given in the app."""
    store = inspect(connection)
    if not store.has_table(DOMAINS.name):
        return None
    rows = connection.execute(select(PEOPLE.c.subject, PEOPLE.c.given).where(PEOPLE.c.id.is_not(None)))
    return StoredAccess(
        {row.subject: row.given for row in rows},
        frozenset(connection.execute(select(DOMAINS.c.domain)).scalars()),
    )


def keep_access(transaction: Transaction, kept: StoredAccess | None) -> None:
    """After a backup is restored, apply the changes of given access since the backup.

    Access that was changed or removed since the backup is changed or removed again, and so are invitations that were
    revoked. Access and invitations that were added since the backup are lost.
    """
    if kept is None:
        return
    connection = transaction.connection
    for row in connection.execute(select(PEOPLE.c.subject, PEOPLE.c.given).where(PEOPLE.c.given.is_not(None))).all():
        if row.subject in kept.given and kept.given[row.subject] != row.given:
            values = {"given": kept.given[row.subject], "revision": PEOPLE.c.revision + 1}
            connection.execute(update(PEOPLE).where(PEOPLE.c.subject == row.subject).values(**values))
    if kept.given:  # otherwise, the store was empty, and only the backup counts
        connection.execute(delete(DOMAINS).where(DOMAINS.c.domain.not_in(kept.domains)))


# Sealed text


def _write(transaction: Transaction, key: bytes, subject: str, given: GivenAccess) -> None:
    sealed = _seal(key, given, _place(subject))
    values = {"given": sealed, "revision": PEOPLE.c.revision + 1}
    changed = transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.subject == subject).values(**values))
    if changed.rowcount != 1:
        raise InvalidQuery("This account no longer exists. Reload the list.")


def _invitations(connection: Connection, keys: Keys, *chosen: Any) -> list[Invitation]:  # Any: conditions
    rows = connection.execute(select(DOMAINS.c.domain, DOMAINS.c.sealed).where(*chosen).order_by(DOMAINS.c.domain))
    found = ((row.domain, _open(keys.wrapping, row.sealed, _domain_place(row.domain))) for row in rows)
    return [Invitation(domain, given) for domain, given in found if given is not None]


def _seal(key: bytes, given: GivenAccess, place: str) -> bytes:
    text = json.dumps(
        {
            "form": _FORM,
            "role": given.role,
            "groups": sorted(given.groups),
            "attributes": {
                name: value if isinstance(value, str) else list(value) for name, value in given.attributes.items()
            },
            "domain": given.domain,
            "by": given.by,
            "at": given.at.isoformat(),
        }
    )
    return seal(key, text.encode(), place)


def _open(key: bytes | None, sealed: object, place: str) -> GivenAccess | None:
    text = unseal(key, sealed, place) if key is not None and isinstance(sealed, bytes) else None
    # Any: JSON. Only this program seals with this key, so what opens has the form given above.
    document: dict[str, Any] = json.loads(text) if text is not None else {}
    if document.get("form") != _FORM:
        return None
    return GivenAccess(
        role=document["role"],
        groups=frozenset(document["groups"]),
        attributes=MappingProxyType(
            {name: value if isinstance(value, str) else tuple(value) for name, value in document["attributes"].items()}
        ),
        domain=document["domain"],
        by=document["by"],
        at=datetime.fromisoformat(document["at"]),
    )


def _personal(given: GivenAccess) -> dict[str, Plain]:
    words = [*sorted(given.groups)]
    for name, value in sorted(given.attributes.items()):
        words.append(f"{name}={value if isinstance(value, str) else ', '.join(value)}")
    return {"given": "; ".join(words)[:2_000]} if words else {}


def _place(subject: str) -> str:
    return f"given {subject}"


def _domain_place(domain: str) -> str:
    return f"domain {domain}"
