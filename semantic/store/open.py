"""Open the store that the settings name, with up-to-date tables, and the keys of its audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from semantic.config.settings import Settings
from semantic.store.database import Store, connect_store, utc_now
from semantic.store.keys import Keys, keys_of, secret_in_file
from semantic.store.migrate import upgrade


def open_store(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> tuple[Store, Keys]:
    """Open the store, upgrade its tables if needed, and return it with the keys of its audit log.

    Raises StoreFailed.
    """
    store = Store(connect_store(settings.store), clock=clock)
    upgrade(store)
    return store, open_keys(settings)


def open_keys(settings: Settings) -> Keys:
    """Return the keys from SAMEPAGE_AUDIT_KEY, or else from the file next to the store. Raises StoreFailed."""
    if settings.audit_key:
        return keys_of(settings.audit_key)
    return keys_of(secret_in_file(settings.audit_key_file))
