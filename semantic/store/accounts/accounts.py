"""Accounts that people sign in with: an ID's owner, the provider's latest claims, and whether they can sign in.

An ID belongs to the account (issuer and subject) that first signed in with it. Another account with the same ID, and
the same account with a different ID, are refused until an administrator releases the ID, because Samepage doesn't guess
that they are the same person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, inspect, select, update

from semantic.errors import SignInRefused
from semantic.policy.claims import ProvenPerson
from semantic.policy.given_access import GivenAccess, with_given
from semantic.store.accounts.claims import seal_claims
from semantic.store.accounts.given import opened, take_invitation
from semantic.store.database import Transaction, hold_log
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, key_of, read_key_holders, subject_of

SWITCHED_OFF: Final = "This account is deactivated. Ask your administrator."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person in the store who hasn't been erased.

    `claims` combines the provider's claims with the access that administrators have `given` to them, or is None if
    there are no claims from a provider. `provided` has only the provider's claims.
    """

    subject: str
    id: str
    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    deactivated_at: datetime | None
    provided: ProvenPerson | None
    given: GivenAccess | None = None

    @property
    def claims(self) -> ProvenPerson | None:
        return None if self.provided is None else with_given(self.provided, self.given)

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None


def settle_account(transaction: Transaction, keys: Keys, person: ProvenPerson) -> str:
    """Save the claims of a person who is signing in, and return the person's number.

    Raises SignInRefused, StoreFailed.
    """
    connection = transaction.connection
    hold_log(connection)
    if person.issuer:
        _refuse_another(connection, person)
    subject = subject_of(transaction, person.id, person.name)
    row = connection.execute(select(PEOPLE.c.deactivated_at).where(PEOPLE.c.subject == subject)).one()
    if row.deactivated_at is not None:
        raise SignInRefused(SWITCHED_OFF, why="switched_off")
    values: dict[str, object] = {"last_seen_at": transaction.now}
    if person.issuer:
        key = key_of(transaction, subject, keys)
        assert key is not None, "A person with an ID isn't erased."
        values |= {"issuer": person.issuer, "provider_subject": person.provider_subject}
        values |= {"claims": seal_claims(key, subject, person), "claims_at": person.claims_at}
        values |= {"revision": PEOPLE.c.revision + 1}
    connection.execute(update(PEOPLE).where(PEOPLE.c.subject == subject).values(**values))
    if person.issuer:
        take_invitation(transaction, keys, subject, person)
    return subject


def _refuse_another(connection: Connection, person: ProvenPerson) -> None:
    is_theirs = (PEOPLE.c.issuer == person.issuer) & (PEOPLE.c.provider_subject == person.provider_subject)
    known = connection.execute(select(PEOPLE.c.id).where(is_theirs)).scalar()
    if known is not None and known != person.id:
        raise SignInRefused(
            (
                f"Your account used the ID {known} here, and now signs in as {person.id}. If both are you, ask an "
                "administrator to release the ID under People."
            ),
            why="taken",
        )
    taken = select(PEOPLE.c.subject).where(PEOPLE.c.id == person.id, PEOPLE.c.issuer.is_not(None), ~is_theirs)
    if connection.execute(taken).first() is not None:
        raise SignInRefused(
            (
                f"Another account has signed in here as {person.id} before. If both are you, ask an administrator "
                "to release the ID under People."
            ),
            why="taken",
        )


Claimed = dict[str, tuple[int, ProvenPerson | None, GivenAccess | None]]
"""People's claims and the access they were given, by their number, each with their account's revision at that time."""


def read_accounts(connection: Connection, keys: Keys, known: Claimed | None = None) -> list[Account]:
    """Return everyone in the store who hasn't been erased, sorted by name.

    `known` is a cache of opened claims, because opening them takes long for thousands of people.
    """
    rows = connection.execute(
        select(*_PLAIN).where(PEOPLE.c.id.is_not(None)).order_by(PEOPLE.c.name, PEOPLE.c.id)
    ).all()
    return _opened(connection, keys, rows, known if known is not None else {})


def read_account(connection: Connection, keys: Keys, subject: str) -> Account | None:
    """Return the person with this number, or None if the number is unknown or the person was erased."""
    chosen = select(*_PLAIN).where(PEOPLE.c.subject == subject, PEOPLE.c.id.is_not(None))
    return next(iter(_opened(connection, keys, connection.execute(chosen).all(), {})), None)


def read_accounts_state(connection: Connection) -> tuple[int, int]:
    """Return the number of accounts and the sum of their revisions.

    Every change to an account changes one of the two.
    """
    row = connection.execute(select(func.count(), func.coalesce(func.sum(PEOPLE.c.revision), 0))).one()
    return int(row[0]), int(row[1])


def read_switched_off(connection: Connection) -> Mapping[str, datetime]:
    """Return when each inactive account was deactivated, by the person's number.

    Empty for a store from before accounts could be deactivated.
    """
    store = inspect(connection)
    known = (
        {column["name"] for column in store.get_columns(PEOPLE.name)} if store.has_table(PEOPLE.name) else set[str]()
    )
    if PEOPLE.c.deactivated_at.name not in known:
        return {}
    columns = (PEOPLE.c.subject, PEOPLE.c.deactivated_at)
    rows = connection.execute(select(*columns).where(PEOPLE.c.deactivated_at.is_not(None)))
    return {row.subject: row.deactivated_at for row in rows}


def switch_off_again(transaction: Transaction, off: Mapping[str, datetime]) -> None:
    """Deactivate accounts again in a restored store. The caller records the change in the audit log.

    `off` has the time of each account's deactivation, by the person's number.
    """
    for subject, at in off.items():
        chosen = (PEOPLE.c.subject == subject) & PEOPLE.c.deactivated_at.is_(None) & PEOPLE.c.id.is_not(None)
        values = {"deactivated_at": at, "revision": PEOPLE.c.revision + 1}
        transaction.connection.execute(update(PEOPLE).where(chosen).values(**values))


_PLAIN: Final = (
    PEOPLE.c.subject,
    PEOPLE.c.id,
    PEOPLE.c.name,
    PEOPLE.c.first_seen_at,
    PEOPLE.c.last_seen_at,
    PEOPLE.c.claims_at,
    PEOPLE.c.deactivated_at,
    PEOPLE.c.given.is_not(None).label("is_given"),
    PEOPLE.c.revision,
)


def _opened(connection: Connection, keys: Keys, rows: Sequence[Any], known: Claimed) -> list[Account]:
    # Any: rows of the columns in _PLAIN, each with its own type
    claimed = {row.subject: row.revision for row in rows if row.claims_at is not None or row.is_given}
    # As of now: another thread may put older values into `known` in the meantime.
    accounts = {
        subject: known[subject]
        for subject, revision in claimed.items()
        if known.get(subject, (0, None, None))[0] == revision
    }
    missing = [subject for subject in claimed if subject not in accounts]
    holders = read_key_holders(connection, missing, keys)
    for start in range(0, len(missing), 500):
        chosen = PEOPLE.c.subject.in_(missing[start : start + 500])
        for row in connection.execute(select(PEOPLE.c.subject, PEOPLE.c.claims, PEOPLE.c.given).where(chosen)):
            found = opened(holders[row.subject].key, row.subject, row.claims, row.given)
            accounts[row.subject] = known[row.subject] = claimed[row.subject], *found
    return [
        Account(
            subject=row.subject,
            id=row.id,
            name=row.name,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            deactivated_at=row.deactivated_at,
            provided=accounts[row.subject][1] if row.subject in claimed else None,
            given=accounts[row.subject][2] if row.subject in claimed else None,
        )
        for row in rows
    ]
