"""Seals of rows in the store, to detect changes made outside Samepage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from semantic.store.database import parse_moment
from semantic.store.keys import Keys


def seal_row(
    keys: Keys, what: bytes, row: Mapping[str, object], *, columns: Iterable[str], moments: Iterable[str]
) -> str:
    """Return the seal for a row's columns and its times, in whole seconds. `what` distinguishes kinds of rows."""
    texts = [str(row[name]) for name in columns]
    for name in moments:
        moment = parse_moment(row[name])
        texts.append(str(int(moment.timestamp())) if moment is not None else "")
    return keys.sign(what, *(text.encode(errors="replace") for text in texts))
