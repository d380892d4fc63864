"""Metrics that a word could mean too, although only another metric has exactly this name: members, new members."""

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
    """Yield the metrics of the same format that a synonym of another metric could mean too.

    They have a longer name with the same words, as contribution profit has profit, or share another synonym and have
    all of the words in their names.
    None if the phrase is certain: if it's part of the metric's label, an abbreviation, or if the metric is certified.
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
    """Whether a phrase consists of words of the metric's label, or is its abbreviation."""
    label = stems(metric.label)
    is_short = any(text.isupper() and stems(text) == phrase for text in metric.synonyms)
    return is_short or all(word in label for word in phrase)


def is_named_after(metric: Metric, phrase: tuple[str, ...]) -> bool:
    """Whether a name of the metric has all words of the phrase and others, but says no breakdown."""
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
