"""Follow the connections in the store, so that changes made by any process take effect in this one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.run.connectors import Connectors
from semantic.services.connecting.address import read_address
from semantic.store.connections.connections import RESERVED, StoredConnection, open_address, read_connections
from semantic.store.database import Store
from semantic.store.keys import Keys

UNREADABLE: Final = (
    "Its address can't be decrypted, because the key changed or the store was edited. Enter the address again."
)
TAKEN: Final = "The server's settings have a connection of the same name, which is used instead."


class StoredConnections:
    """The store's connections as this process uses them. Several threads can use it safely."""

    def __init__(self, settings: Settings, store: Store, keys: Keys, connectors: Connectors) -> None:
        self._settings, self._store, self._keys, self._connectors = settings, store, keys, connectors
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, int]] = {}  # by name: which row, at which revision
        self._problems: dict[str, str] = {}

    def look(self) -> None:
        """Apply additions, changes and removals since the last call. Raises StoreFailed.

        Also call this after a change that you made yourself.
        """
        with self._lock:
            with self._store.read() as connection:
                rows = [row for row in read_connections(connection) if row.name not in RESERVED]
                changed = [row for row in rows if self._known.get(row.name) != (row.id, row.revision)]
                addresses = {row.name: open_address(connection, self._keys, row.name) for row in changed}
            for name in self._known.keys() - {row.name for row in rows}:
                self._forget(name)
            for row in changed:
                self._use(row, addresses[row.name])

    def problems(self) -> Mapping[str, str]:
        """Return, by connection name, why connections of the store can't be used in this process."""
        with self._lock:
            return dict(self._problems)

    def _use(self, row: StoredConnection, text: str) -> None:
        self._known[row.name] = row.id, row.revision
        try:
            problem = "" if text else UNREADABLE
            if text:
                # Again, because the allowed folders and their links can change.
                text = read_address(text, self._settings).text
        except SemanticError as error:
            problem = str(error)
        if row.name in self._settings.connections:
            problem = TAKEN
        if problem:
            self._problems[row.name] = problem
            self._drop(row.name)
        else:
            self._problems.pop(row.name, None)
            self._connectors.set(row.name, text)  # a connection whose address is the same isn't reopened

    def _forget(self, name: str) -> None:
        self._known.pop(name, None)
        self._problems.pop(name, None)
        self._drop(name)

    def _drop(self, name: str) -> None:
        if name not in self._settings.connections:
            self._connectors.drop(name)
