"""Find the metric most similar to another one that a breakdown can split."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from semantic.model.certification_status import is_certified
from semantic.model.definitions import Metric
from semantic.plan.joins.only_for import is_barred
from semantic.policy.narrow import VisibleModel, measures_split

_WORD = re.compile(r"[^\W_]+")
_FORMS = frozenset(
    {"a", "all", "an", "and", "at", "by", "for", "from", "in", "of", "on", "over", "per", "the", "to", "with"}
    | {"average", "cost", "count", "mean", "median", "number", "percent", "rate", "ratio", "share", "total", "value"}
)
"""Words that don't make two metrics similar, such as connectives and words about how things are counted."""


@dataclass(frozen=True, slots=True)
class _Known:
    metric: Metric
    facts: frozenset[str]
    label: frozenset[str]
    names: frozenset[str]  # including its synonyms
    meaning: str


def nearest_metric(
    metric: Metric,
    breakdowns: Sequence[Collection[str]],
    seen: VisibleModel,
    *,
    without: Collection[str] = (),
    but_not: Collection[str] = (),
) -> Metric | None:
    """Return the metric most similar to `metric` that the breakdowns can split, or None.

    This actor can see it, and all of its rows reach one dataset of each breakdown. It has the same unit and format. Its
    label shares at least half of its words, or its description mentions the label. `but_not` lists the dimensions of
    the breakdowns; metrics that aren't meant for these dimensions are left out. The question isn't checked with the
    metric.
    """
    known = _known_of(seen)
    asked = known.get(metric.name)
    if asked is None:
        return None
    best, score = None, (0, False)
    reached: dict[str, bool] = {}
    for each_known in known.values():
        other = each_known.metric
        if (other.unit, other.format) != (metric.unit, metric.format) or other.name in {metric.name, *without}:
            continue
        likeness = (_likeness(asked, each_known), is_certified(other))
        if likeness[0] and likeness > score and _reaches(each_known.facts, breakdowns, seen, reached):
            if any(is_barred(other, name, seen) for name in but_not):
                continue
            best, score = other, likeness
    return best


def _likeness(asked: _Known, other: _Known) -> int:
    """Return a score for how similar two metrics are, or 0 if they aren't similar.

    A mention in the description counts more than shared words.
    """
    shared = len(asked.label & other.names)
    is_explained = bool(asked.label) and _text(asked.metric.label) in other.meaning
    if not is_explained and (not shared or 2 * shared < len(asked.label)):
        return 0
    return 2 * len(asked.names & other.names) + 5 * is_explained + len(asked.metric.tags & other.metric.tags)


def _reaches(
    facts: Collection[str], breakdowns: Sequence[Collection[str]], seen: VisibleModel, reached: dict[str, bool]
) -> bool:
    for fact in facts:
        if fact not in reached:
            paths = seen.model.joins.paths(fact)
            reached[fact] = all(any(place in paths for place in places) for places in breakdowns)
    return bool(facts) and all(reached[fact] for fact in facts)


def _known_of(seen: VisibleModel) -> Mapping[str, _Known]:
    """Return the metrics that can replace another metric. The result is cached with the model."""
    return seen.cached(
        "nearest", lambda: {metric.name: _known(metric, seen) for metric in seen.metrics if metric.deprecated is None}
    )


def _known(metric: Metric, seen: VisibleModel) -> _Known:
    label = _words(metric.label)
    names = label.union(*(_words(synonym) for synonym in metric.synonyms))
    facts = frozenset(measure.dataset for measure in measures_split(metric, seen.model))
    return _Known(metric, facts, label, names, _text(f"{metric.description} {metric.means}"))


def _words(text: str) -> frozenset[str]:
    """Return the significant words of a text, in the singular.

    >>> sorted(_words("Average value of returned orders"))
    ['order', 'returned']
    """
    words = {word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(text.casefold())}
    return frozenset(words - _FORMS)


def _text(text: str) -> str:
    """Return the text with a space on each side, so that only whole words match."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
