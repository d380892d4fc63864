"""Deactivate or reactivate a person's account, or release its ID for another account.

This ends the person's sign-ins.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import update

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.accounts.sign_ins import end_all
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Transaction, hold_log
from semantic.store.keys import Keys
from semantic.store.people import FORGOTTEN, PEOPLE
from semantic.store.uploads.uploads import require_no_uploads

LONGEST_WHY: Final = 500


def deactivate(transaction: Transaction, keys: Keys, subject: str, by: Actor, *, why: str) -> None:
    """Deactivate an account. All its sign-ins end and it can't sign in again. `why` is encrypted in the audit log.

    The caller ensures that at least one person can still reactivate the account. Raises InvalidQuery.
    """
    hold_log(transaction.connection)
    _change(transaction, subject, is_active=True, deactivated_at=transaction.now)
    _end_and_record(transaction, keys, "person.deactivated", subject, by, why)


def reactivate(transaction: Transaction, keys: Keys, subject: str, by: Actor, *, why: str) -> None:
    """Reactivate an account. The person has to sign in again. Raises InvalidQuery."""
    hold_log(transaction.connection)
    _change(transaction, subject, is_active=False, deactivated_at=None)
    _end_and_record(transaction, keys, "person.reactivated", subject, by, why)


def free_account(transaction: Transaction, keys: Keys, subject: str, by: Actor, *, why: str) -> None:
    """Release a person's ID, so that another account can sign in with it.

    The person's claims are deleted, and their sign-ins end. Raises InvalidQuery if the ID isn't in use, or if the
    person owns uploads.
    """
    connection = transaction.connection
    hold_log(connection)
    require_no_uploads(connection, subject)
    condition = (PEOPLE.c.subject == subject) & PEOPLE.c.issuer.is_not(None)
    changed = connection.execute(update(PEOPLE).where(condition).values(**FORGOTTEN, revision=PEOPLE.c.revision + 1))
    if changed.rowcount != 1:
        raise InvalidQuery("No account has this ID, so there's nothing to release.")
    _end_and_record(transaction, keys, "person.freed", subject, by, why)


def _change(transaction: Transaction, subject: str, *, is_active: bool, deactivated_at: datetime | None) -> None:
    state = PEOPLE.c.deactivated_at.is_(None) if is_active else PEOPLE.c.deactivated_at.is_not(None)
    changed = transaction.connection.execute(
        update(PEOPLE)
        .where(PEOPLE.c.subject == subject, PEOPLE.c.id.is_not(None), state)
        .values(deactivated_at=deactivated_at, revision=PEOPLE.c.revision + 1)
    )
    if changed.rowcount != 1:
        raise InvalidQuery("This account no longer exists, or someone else has changed it. Reload it, then try again.")


def _end_and_record(transaction: Transaction, keys: Keys, kind: str, subject: str, by: Actor, why: str) -> None:
    """End a person's sign-ins, and record the change. The person has to sign in again, if they still can."""
    ended = end_all(transaction, subject, "freed" if kind == "person.freed" else "deactivated")
    personal: dict[str, Plain] = {"why": why[:LONGEST_WHY]} if why else {}
    act = Act(kind=kind, actor=by, about=f"person:{subject}", details={"ended": ended}, personal=personal)
    record(transaction, act, keys)
