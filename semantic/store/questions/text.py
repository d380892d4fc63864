"""The stored text of a question: JSON as written, or sealed with a person's key if it names people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from semantic.errors import InvalidQuery, NotAllowed
from semantic.query.codec import MAX_TEXT, query_to_json
from semantic.query.query import Query
from semantic.query.same import canonical
from semantic.store.database import Transaction
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import key_of, read_key

NOTHING: Final = b""


@dataclass(frozen=True, slots=True)
class StoredText:
    """Two columns of a table: the JSON, or the same JSON sealed. One of them is always empty."""

    query: str
    sealed: bytes


def keep_text(
    transaction: Transaction, text: str, keys: Keys, *, owner: str, about: str, is_personal: bool
) -> StoredText:
    """Return `text` as the columns to store, sealed if it is personal. `about` names its place in the store.

    Raises InvalidQuery for a question that could not be read again, and NotAllowed if it must be sealed and its owner
    no longer has a key.
    """
    if len(text) > MAX_TEXT:
        raise InvalidQuery(f"The question is longer than {MAX_TEXT:,} characters. Shorten its filters.")
    if not is_personal:
        return StoredText(text, NOTHING)
    key = key_of(transaction, owner, keys)
    if key is None:
        raise NotAllowed(
            "This question filters by a person and its owner has left, so it can't be encrypted. Save it as your own."
        )
    return StoredText("", seal(key, text.encode(), about))


def read_text(connection: Connection, kept: StoredText, keys: Keys, *, owner: str, about: str) -> str | None:
    """Return the JSON, or None if its key was deleted."""
    if not kept.sealed:
        return kept.query
    key = read_key(connection, owner, keys)
    text = unseal(key, kept.sealed, about) if key is not None else None
    return text.decode("utf-8", "replace") if text is not None else None


def digest_of(query: Query, keys: Keys) -> str:
    """Return a digest that is the same for all queries that ask the same.

    It is keyed, because filter values could be guessed.
    """
    return keys.sign(b"asked", query_to_json(canonical(query)).encode())
