"""The stored text of a question: plain JSON, or JSON sealed with a person's key if it names people."""

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
    """Two columns of a table: the JSON, and the sealed JSON. One of them is always empty."""

    query: str
    sealed: bytes


def keep_text(
    transaction: Transaction, text: str, keys: Keys, *, owner: str, about: str, is_personal: bool
) -> StoredText:
    """Return `text` as columns for the store, sealed if `is_personal`. `about` is the place to which it is bound.

    Raises InvalidQuery if the question couldn't be read again, and NotAllowed if it must be sealed and its owner no
    longer has a key.
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
    """Return the stored JSON, or None if it is sealed and its key was deleted."""
    if not kept.sealed:
        return kept.query
    key = read_key(connection, owner, keys)
    text = unseal(key, kept.sealed, about) if key is not None else None
    return text.decode("utf-8", "replace") if text is not None else None


def digest_of(query: Query, keys: Keys) -> str:
    """Return a digest that is the same for all queries that ask the same thing.

    The digest is keyed, because otherwise filter values could be guessed from it.
    """
    return keys.sign(b"asked", query_to_json(canonical(query)).encode())
