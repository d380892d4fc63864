"""Whether the language model is switched off: automatically because its answers drift, or by a steward."""

from __future__ import annotations

import hmac
from typing import Final, Protocol

from semantic.errors import StoreFailed
from semantic.store.accounts.settings import read_setting
from semantic.store.database import Store
from semantic.store.keys import Keys

SETTING: Final = "model_reader"


class HasStore(Protocol):
    """A process with an open store."""

    @property
    def store(self) -> Store: ...

    @property
    def keys(self) -> Keys: ...


def is_switched_off(live: HasStore) -> bool:
    """Whether the language model is switched off.

    This is also true if the setting was changed outside Samepage, or if the store is unavailable.
    """
    try:
        with live.store.read() as connection:
            value, revision = read_setting(connection, SETTING)
    except StoreFailed:
        return True
    if revision == 0:
        return False
    match value:
        case {"on": True, "why": str(why), "seal": str(seal)}:
            return not hmac.compare_digest(seal_of(live.keys, is_on=True, why=why).encode(), seal.encode())
        case _:
            return True


def seal_of(keys: Keys, *, is_on: bool, why: str) -> str:
    """Return the seal that protects the setting from changes outside Samepage."""
    return keys.sign(b"model reader", str(is_on).encode(), why.encode(errors="replace"))
