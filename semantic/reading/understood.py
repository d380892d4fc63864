"""The result of reading a text: the question or questions to choose from, what was understood, and unknown words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semantic.query.query import Query


@dataclass(frozen=True, slots=True)
class UnderstoodPhrase:
    """A phrase of the text with its meaning. `start` and `end` are character positions; `end` is exclusive."""

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
    """The result of reading a text. If `question` is None, `asks` or `left` gives the reason.

    `took` has the ambiguous words for which the most common meaning was chosen. `why` is true if the text asks for the
    reasons of a change. `question` then shows that change.
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
