"""Request state that survives restoring a backup: withdrawn requests stay withdrawn."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, inspect, select

from semantic.store.database import Transaction
from semantic.store.keys import Keys
from semantic.store.requests.requests import REQUESTS, change_request, find_request


def read_withdrawn(connection: Connection) -> frozenset[str]:
    """Return the IDs of withdrawn requests. Empty for a store without the table."""
    if not inspect(connection).has_table(REQUESTS.name):
        return frozenset()
    return frozenset(connection.execute(select(REQUESTS.c.id).where(REQUESTS.c.state == "withdrawn")).scalars())


def withdraw_again(transaction: Transaction, keys: Keys, requests: Collection[str]) -> None:
    """Withdraw these requests again in a restored store, if they exist there.

    The caller records this in the audit log.
    """
    for id_ in sorted(requests):
        request = find_request(transaction.connection, keys, id_)
        if request is not None and request.is_sealed and request.state != "withdrawn":
            change_request(transaction, keys, request, state="withdrawn")
