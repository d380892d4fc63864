"""The result of reading a text: what was understood, the question or what to ask back, and the words that are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semantic.query.query import Query


@dataclass(frozen=True, slots=True)
class UnderstoodPhrase:
    """A phrase of the text and its meaning. `start` and `end` are character positions in the text, `end` exclusive."""

    start: int
    end: int
    kind: str  # metric, breakdown, filter, without, segment, period, comparison, top, threshold, calculation, word
    name: str  # the name of the metric, dimension or segment, otherwise ""
    text: str  # as it was read: with typing errors corrected


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Words with several meanings, and a question for each meaning."""

    words: str
    readings: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The result for a text. If there is no `question`, `asks` or `left` say why.

    `took` are ambiguous words for which the most common meaning was chosen. `why` means that the text asks for the
    reasons of a change, which `question` then shows.
    """

    question: Query | None
    understood: tuple[UnderstoodPhrase, ...] = ()
    asks: tuple[Ambiguity, ...] = ()
    left: tuple[str, ...] = ()
    near: Mapping[str, tuple[str, ...]] | None = None
    took: tuple[str, ...] = ()
    why: bool = False
    reason: str = ""  # why there's no question although everything was understood
    refused: Query | None = None  # the question that can't be answered, for its repairs
