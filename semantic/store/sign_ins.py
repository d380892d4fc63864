"""Who signed in and out, as the audit log has it."""

from __future__ import annotations

from semantic.policy.actor import Actor
from semantic.store.audit import Act, record
from semantic.store.database import Store
from semantic.store.keys import Keys


def record_change(store: Store, keys: Keys, before: Actor | None, after: Actor | None) -> None:
    """A browser changes from one person to another, or to nobody, in one transaction. Raises StoreFailed."""
    if before is None and after is None:
        return
    with store.write() as transaction:
        if before is not None:
            record(transaction, Act(kind="person.signed_out", actor=before), keys)
        if after is not None:
            record(transaction, Act(kind="person.signed_in", actor=after), keys)
