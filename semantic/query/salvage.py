"""Read as much as possible of a question in a URL that isn't fully readable, and report what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from semantic.errors import InvalidQuery
from semantic.query.codec import MAX_TEXT, query_from_params
from semantic.query.query import Query

MOST_PARTS: Final = 100
"""The most parts to try one by one. A URL with more parts is read completely or not at all."""

_IN_COMMAS: Final = ("m", "by", "tot", "o")
_ONCE: Final = (*_IN_COMMAS, "t", "top", "n", "asof", "tz", "ws", "fy", "cur", "rates", "hist", "every", "rows", "show")
_SEVERAL: Final = ("f", "h", "c", "calc")


@dataclass(frozen=True, slots=True)
class DroppedPart:
    """A part of a URL that was left out of the question.

    `key` is the parameter's name. `is_repeated` is true if it can be read, but the parameter occurs again later.
    """

    key: str
    text: str
    is_repeated: bool = False


def salvage_from_params(params: Mapping[str, Sequence[str]]) -> tuple[Query, tuple[DroppedPart, ...]]:
    """Return the question in URL parameters without the parts that can't be read, and those parts.

    If a parameter that can occur only once is repeated, the last one counts. Raises InvalidQuery if there are too many
    parts, or if the URL is from another version.
    """
    twice = tuple(
        DroppedPart(key, text, is_repeated=True)
        for key in _ONCE
        for text in params.get(key, ())[:-1]
        if text != params[key][-1]
    )
    try:
        return query_from_params(params), twice
    except InvalidQuery:
        parts = [text for _, text in _parts(params)]
        if len(parts) > MOST_PARTS or sum(map(len, parts)) > MAX_TEXT:
            raise
    kept = {key: [*params[key]] for key in ("v",) if key in params}
    query = query_from_params(kept)  # raises for another version
    left: list[DroppedPart] = []
    for key, text in _parts(params):
        texts = [*kept.get(key, ()), text]
        tried = kept | {key: [",".join(texts)] if key in _IN_COMMAS else texts}
        try:
            query, kept = query_from_params(tried), tried
        except InvalidQuery:
            left.append(DroppedPart(key, text))
    return query, (*twice, *left)


def _parts(params: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield each metric, breakdown, filter and so on as a single parameter."""
    for key in (*_ONCE, *_SEVERAL):
        texts = params.get(key, ())
        for text in texts if key in _SEVERAL else texts[-1:]:
            yield from ((key, part) for part in (text.split(",") if key in _IN_COMMAS else [text]))
