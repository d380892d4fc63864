"""Metrics that a word could also mean, although only another metric has exactly that name: members, new members."""

from __future__ import annotations

import re
from collections.abc import Iterator

from semantic.model.certification_status import is_certified
from semantic.model.definitions import Metric
from semantic.policy.narrow import VisibleModel
from semantic.reading.grammar import is_stop
from semantic.reading.lexicon import SYNONYM, Meaning
from semantic.reading.text import fold, stems

_SPECIFIC = re.compile(r"\b(?:by|per|of|from|in|for|who|pro|nach)\b|/")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_ALIKE = 5  # equal letters at the start of two words, such as members and memberships


def akin(meaning: Meaning, phrase: tuple[str, ...], seen: VisibleModel) -> Iterator[Metric]:
    """Yield the metrics of the same format that a synonym of another metric could also mean.

    Their names contain the phrase and other words, as contribution profit contains profit, or they share another
    synonym with the metric and have all words of the phrase in their names. Yields nothing if the phrase is certain:
    if it's part of the metric's label or its abbreviation, or if the metric is certified.
    """
    metric = seen.metric(meaning.name)
    if meaning.tier < SYNONYM or is_certified(metric) or is_own(metric, phrase):
        return
    synonyms = {fold(each) for each in metric.synonyms}
    for other in seen.metrics:
        if other.name == metric.name or other.deprecated is not None or other.format is not metric.format:
            continue
        shared = not synonyms.isdisjoint(map(fold, other.synonyms)) and _has_words(other, phrase)
        if shared or is_named_after(other, phrase):
            yield other


def is_own(metric: Metric, phrase: tuple[str, ...]) -> bool:
    """Whether all words of a phrase are in the metric's label, or the phrase is its abbreviation."""
    label = stems(metric.label)
    is_short = any(text.isupper() and stems(text) == phrase for text in metric.synonyms)
    return is_short or all(word in label for word in phrase)


def is_named_after(metric: Metric, phrase: tuple[str, ...]) -> bool:
    """Whether one of the metric's names has all words of the phrase and more, but doesn't name a breakdown."""
    for text in (_BRACKETS.sub("", metric.label), *metric.synonyms):
        words = stems(text)
        if len(words) > len(phrase) and not _SPECIFIC.search(text) and set(phrase) < set(words):
            return True
    return False


def is_variant(metric: Metric, phrase: tuple[str, ...]) -> bool:
    """Whether a phrase is a metric's name without its brackets, as in "Conversion rate (orders per session)"."""
    return any(stems(_BRACKETS.sub("", text)) == phrase for text in (metric.label, *metric.synonyms) if "(" in text)


def _has_words(metric: Metric, phrase: tuple[str, ...]) -> bool:
    """Whether each word of a phrase is like a word of the metric's names."""
    words = {word for text in (metric.label, *metric.synonyms) for word in stems(text)}
    return all(is_stop(one) or any(_is_alike(one, other) for other in words) for one in phrase)


def _is_alike(one: str, other: str) -> bool:
    return one == other or (len(one) >= _ALIKE and one[:_ALIKE] == other[:_ALIKE])
