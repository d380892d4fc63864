"""Check whether a text that someone wrote names something that a reader can't see."""

from __future__ import annotations

import re
from typing import Final

from semantic.policy.narrow import VisibleModel

_WORD: Final = re.compile(r"\w+")


def names_nothing_hidden(text: str, seen: VisibleModel) -> bool:
    """Return whether a text names no metric, breakdown or segment that the reader can't see.

    Names, labels and synonyms count.
    """
    told = text.casefold()
    names, synonyms = seen.cached("names of hidden things", lambda: _hidden_names(seen))
    if any(name in told for name in names):
        return False
    words = f" {' '.join(_WORD.findall(told))} "
    return not any(f" {synonym} " in words or f" {synonym}s " in words for synonym in synonyms)


def _hidden_names(seen: VisibleModel) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names and labels of hidden objects, and their synonyms as words.

    Synonyms that a visible object shares aren't included.
    """
    hidden = [metric for metric in seen.model.metrics.values() if not seen.shows_metric(metric)]
    hidden_places = [places[0] for name, places in seen.model.dimensions.items() if not seen.places(name)]
    segments = [segment for segment in seen.model.segments.values() if not seen.shows_segment(segment)]
    things = (*hidden, *hidden_places, *segments)
    names = [text for each in things for text in (each.name, each.label, each.name.replace("_", " "))]
    known = {text.casefold() for each in (*seen.metrics, *seen.dimensions, *seen.segments) for text in each.synonyms}
    known |= {each.label.casefold() for each in (*seen.metrics, *seen.dimensions, *seen.segments)}
    synonyms = {text.casefold() for each in things for text in each.synonyms} - known
    words = {" ".join(_WORD.findall(text)) for text in synonyms}
    return frozenset(name.casefold() for name in names if name), frozenset(words - {""})
