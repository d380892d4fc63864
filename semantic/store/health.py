"""The store's health: whether it responds and how fast, where it is, and which database program it uses."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from semantic.store.database import Store


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The store's status: its response time in seconds, its program and version, and whether it can be written to."""

    seconds: float
    version: str
    is_writable: bool


def place_of_store(store: Store) -> str:
    """Return where the store is: a path, or a host and database without user and password."""
    url = store.engine.url
    if store.kind == "sqlite":
        return str(Path(url.database or "").absolute())
    host = url.host or "this machine"
    return f"{f'[{host}]' if ':' in host else host}:{url.port or 5432}/{url.database or ''}"


def reach_store(store: Store) -> StoreStatus:
    """Query the store's version, and begin a write that changes nothing. Raises StoreFailed."""
    began = time.monotonic()
    with store.read() as connection:
        if store.kind == "sqlite":
            version = f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
        else:
            number = connection.execute(text("SHOW server_version")).scalar_one()
            version = f"PostgreSQL {str(number).split()[0]}"
    seconds = time.monotonic() - began
    with store.write(recorded=False) as transaction:
        if store.kind == "sqlite":
            return StoreStatus(seconds, version, True)
        is_standby = transaction.connection.execute(text("SHOW transaction_read_only")).scalar_one() == "on"
    return StoreStatus(seconds, version, not is_standby)
