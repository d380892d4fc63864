"""Search a list of saved questions or boards. Every word matches the beginning of a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

_AROUND: Final = "(\"'"  # around a word, in both texts and searches

Item = TypeVar("Item")


def search_items(
    items: Iterable[Item], text: str, name: Callable[[Item], str], rest: Callable[[Item], str]
) -> list[Item]:
    """Return the items that match a search. Every word of `text` must start a word of the name or the other texts.

    Quotes and brackets around words are ignored. Items that match by name alone come first.
    """
    wanted = text.casefold().split()
    by_name, others = list[Item](), list[Item]()
    for item in items:
        if _has(name(item), wanted):
            by_name.append(item)
        elif _has(f"{name(item)} {rest(item)}", wanted):
            others.append(item)
    return [*by_name, *others]


def _has(text: str, wanted: Sequence[str]) -> bool:
    words = [word.strip(_AROUND) for word in text.casefold().split()]
    return all(any(word.startswith(part.strip(_AROUND)) for word in words) for part in wanted)
