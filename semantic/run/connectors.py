"""Open the connections of a workspace on first use: the main one from the settings, and others by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors import connect
from connectors.connector import Connector, ConnectorError
from semantic.errors import EngineFailed, Unavailable
from semantic.run.execute import translate

MAIN: Final = ""
"""The name of the main connection, whose address is in the settings."""
AGAIN_SECONDS: Final = 5.0
"""How many seconds to wait before trying again to open a connection, so that not every question waits for it."""


@dataclass(slots=True)
class _Named:
    """One connection besides the main one: its address, and its connector or the error from opening it."""

    address: str = field(repr=False)  # may hold a password
    lock: threading.Lock = field(default_factory=threading.Lock)
    connector: Connector | None = None
    failure: Unavailable | None = None
    failed_at: float = 0.0
    is_closed: bool = False


class Connectors:
    """The connections of a workspace. It's safe to use from several threads, and `close` closes all connections.

    If a connection can't be opened, only work that needs it fails.
    """

    def __init__(
        self,
        main: Connector,
        addresses: Mapping[str, str] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.main: Final = main
        self._clock = clock
        self._lock = threading.Lock()  # guards which connections there are; each has a lock of its own for opening
        self._named = {name: _Named(address) for name, address in (addresses or {}).items()}
        self._is_closed = False

    def names(self) -> tuple[str, ...]:
        """Return the names of all connections besides the main one."""
        with self._lock:
            return tuple(sorted(self._named))

    def get(self, name: str) -> Connector:
        """Return the connection of this name, opened on first use. "" is the main one.

        Raises Unavailable, with a message that anyone can see.
        """
        if name == MAIN:
            return self.main
        with self._lock:
            entry = self._named.get(name)
        if entry is None:
            raise Unavailable(f"This data is in the connection {name!r}, which isn't set up on this server.")
        with entry.lock:
            if entry.connector is not None:
                return entry.connector
            if entry.failure is None or self._clock() - entry.failed_at >= AGAIN_SECONDS:
                self._open(name, entry)
            if entry.connector is None:
                assert entry.failure is not None
                raise Unavailable(str(entry.failure), place=entry.failure.place)
            return entry.connector

    def set(self, name: str, address: str) -> None:
        """Add a connection or change its address. Statements that still run on the old address are stopped."""
        if name == MAIN:
            raise ValueError("the main connection is that of the settings")
        with self._lock:
            before = self._named.get(name)
            if self._is_closed or (before is not None and before.address == address):
                return
            self._named[name] = _Named(address)
        _close([before])

    def drop(self, name: str) -> None:
        """Remove the connection of this name, if it exists. Statements that still run on it are stopped."""
        with self._lock:
            before = self._named.pop(name, None)
        _close([before])

    def close(self) -> None:
        """Close every connection, including the main one."""
        with self._lock:
            self._is_closed = True
            others, self._named = list(self._named.values()), {}
        _close(others)
        self.main.close()

    def _open(self, name: str, entry: _Named) -> None:
        """Open a connection. The caller must hold the connection's lock."""
        if entry.is_closed:
            entry.failure = Unavailable(f"The connection {name!r} was changed or removed. Ask again.")
            return
        try:
            entry.connector, entry.failure = connect(entry.address), None
        except ConnectorError as error:
            entry.failure = _unavailable(name, translate(error))
            entry.failed_at = self._clock()


def named(name: str, error: EngineFailed) -> EngineFailed:
    """Return an error that names the connection that can't be reached.

    Errors of the main connection, and other kinds of errors, are returned unchanged.
    """
    return _unavailable(name, error) if name != MAIN and isinstance(error, Unavailable) else error


def _unavailable(name: str, error: EngineFailed) -> Unavailable:
    return Unavailable(f"The connection {name!r} can't be used. {error}", place=error.place)


def _close(connections: Iterable[_Named | None]) -> None:
    for entry in connections:
        if entry is None:
            continue
        with entry.lock:
            connector, entry.connector, entry.is_closed = entry.connector, None, True
        if connector is not None:
            connector.close()
