"""Examples of analyses in the current model: events of one subject, found by the words that people use for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from semantic.analyses.events.asked import Event, Population, Reads
from semantic.analyses.events.offers import event_metrics, subjects_of
from semantic.analyses.events.read import plan_events
from semantic.errors import SemanticError
from semantic.explore.search import search

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

NOTHING: Final = (
    "An analysis needs two metrics that count events of the same person or session, and you don't have access to any."
)
LEAST: Final = 2
USUAL: Final = ("visitor", "user", "person", "customer", "member", "session")
"""The subjects that people usually mean if they don't name one, most likely first."""
MOST_TRIED: Final = 8
"""The maximum number of metrics and subjects to try for an example."""

Steps = list[dict[str, str]]
"""The events of an example, as a definition contains them."""


@dataclass(frozen=True, slots=True)
class Template:
    """Events in their usual order: search words, each with a short name, and the usual subjects."""

    words: Mapping[str, str]
    subjects: tuple[str, ...] = ()


def usual_events(
    templates: Sequence[Template], seen: VisibleModel, workspace: Workspace, *, with_metric: str = ""
) -> tuple[str, Steps] | str:
    """Return a subject with at least two events of the first template that fits, or the reason why none does.

    The events leave out those that this person can't see or that the subject doesn't have. If `with_metric` is set, it
    must be among them: a template's own event, or else the last event.
    """
    for template in templates:
        named = {metric_for(word, seen): name for word, name in template.words.items()}
        named.pop("", None)
        is_wanted = not with_metric or with_metric in named
        if is_wanted and (subject := _subject([*named], seen, workspace, template.subjects)) is not None:
            return subject, [{"metric": metric, "name": name} for metric, name in named.items()]
    names = [metric.name for metric in event_metrics(seen)]
    for is_usual in (True, False):  # People come before days, products and the like.
        for one in [with_metric] if with_metric else names[:MOST_TRIED]:
            for other in names:
                pair = [other, one] if with_metric else [one, other]
                if other == one or (is_usual and not set(USUAL) & set(subjects_of(pair, seen))):
                    continue
                if (subject := _subject(pair, seen, workspace, USUAL)) is not None:
                    return subject, [{"metric": metric} for metric in pair]
    return NOTHING


def metric_for(word: str, seen: VisibleModel) -> str:
    """Return the metric that a word most likely means, or "" if none matches. Only metrics whose rows are
    events count.
    """
    events = {metric.name: metric for metric in event_metrics(seen)}
    for hit in search(seen, word, kinds=("metric",), limit=20):
        metric = events.get(hit.name)
        if metric is not None and is_named(word, (metric.label, metric.name.replace("_", " "), *metric.synonyms)):
            return hit.name
    return ""


def is_named(word: str, names: Sequence[str]) -> bool:
    """Return whether each word of a text begins a word in one of the names, in the singular or plural.

    "qualified leads" doesn't match "Disqualified leads".
    """
    wanted = [re.compile(rf"(?<!\w){re.escape(part.casefold().removesuffix('s'))}") for part in word.split()]
    return any(all(part.search(name.casefold()) for part in wanted) for name in names)


def first_subject(
    metrics: Sequence[str], seen: VisibleModel, workspace: Workspace, usual: Sequence[str] = USUAL
) -> str | None:
    """Return the most usual subject of these events, or None if the events can't be analyzed together."""
    return _subject(metrics, seen, workspace, usual)


def _subject(metrics: Sequence[str], seen: VisibleModel, workspace: Workspace, usual: Sequence[str] = ()) -> str | None:
    """Return a subject that all these events have and this person can analyze, or None. The usual subjects
    come first.
    """
    if len(metrics) < LEAST:
        return None
    events = tuple(Event(metric=metric) for metric in metrics)
    offered = subjects_of(metrics, seen)
    ordered = [name for name in usual if name in offered] + [name for name in offered if name not in usual]
    for subject in ordered[:MOST_TRIED]:
        reads = Reads(population=Population(subject=subject), events=events, begins=frozenset([0]))
        try:
            plan_events(reads, seen, today=workspace.today())
        except SemanticError:
            continue
        return subject
    return None
