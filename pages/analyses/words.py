"""Analyses asked for in words, such as "funnel from visit to order by device" or "what do people do before they
cancel".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pages.analyses.draft import Data, put
from pages.analyses.examples import first_subject, is_named, metric_for
from pages.analyses.funnel.page import funnel_of
from pages.analyses.kinds import KIND_PAGES
from pages.analyses.overlap.page import overlap_of
from pages.analyses.paths.events import directed
from pages.analyses.retention.page import retention_of
from pages.analyses.retention.questions import questions
from semantic.analyses.events.asked import plural
from semantic.analyses.events.offers import event_metrics, subjects_of
from semantic.errors import SemanticError
from semantic.explore.search import search
from semantic.query.describe import upper_first
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

_FUNNEL: Final = re.compile(
    r"^(?:show )?(?:the |a )?(?:conversion )?funnel:? (?:from )?(.+?)(?: by (.+))?$", re.IGNORECASE
)
_RETENTION: Final = (
    re.compile(r"^(?:show )?(?:the )?retention (?:of|for) (?:new |our |all )*(.+?)(?: by (.+))?$", re.IGNORECASE),
    re.compile(r"^do (?:new |our |all )*(.+?) (?:come back|return|stay)(?: by (.+?))?\??$", re.IGNORECASE),
)
_PATHS: Final = re.compile(
    r"^(?:show )?(?:the )?(?:paths?|what (?:do|did) \w+ do|what happens)"
    r" (?:right )?(before|after|from|to) (?:they |their |a |an |the )?(.+?)\??$",
    re.IGNORECASE,
)
_OVERLAP: Final = re.compile(r"^(?:show )?(?:the )?(?:channel )?overlap (?:of|between) (.+?)\??$", re.IGNORECASE)
_UNUSUAL: Final = re.compile(r"^(?:show )?(?:the )?unusual days (?:of|in|for) (.+?)\??$", re.IGNORECASE)
_BETWEEN: Final = re.compile(r" (?:to|then) | ?(?:→|->|>|,) ?", re.IGNORECASE)
_AND: Final = re.compile(r" (?:and|with) | ?[,+&] ?", re.IGNORECASE)
DEEDS: Final = {
    "cancel": "cancellations", "churn": "cancellations", "leave": "cancellations", "buy": "orders", "order": "orders",
    "purchase": "purchase", "convert": "orders", "sign up": "sign-ups", "return": "refunds",
    "cancelling": "cancellations", "leaving": "cancellations", "buying": "orders", "ordering": "orders",
    "signing up": "sign-ups", "visit": "visits", "visiting": "visits",
    **dict.fromkeys(
        (f"{kind} click{end}" for kind in ("email", "e-mail", "mail", "newsletter") for end in ("", "s")),
        "mails clicked by day of the click",
    ),
}  # fmt: skip
"""What people do, each with a word for the matching event. For example, "visit" means visits, not visitors."""
MOST_TEXT: Final = 200


def analysis_in_words(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the analysis that a sentence asks for, or None if it asks for none or part of it isn't understood."""
    text = " ".join(text.split())
    if not text or len(text) > MOST_TEXT:
        return None
    for read in (_named, funnel_in_words, _ready, _retention, _paths, _overlap, _unusual):
        if (data := read(text, workspace, actor)) is not None:
            return data
    return None


def _named(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the example of the kind that the text names, or None if the text isn't exactly a kind's name."""
    page = next((page for page in KIND_PAGES.values() if page.label.casefold() == text.casefold()), None)
    example = page.example(workspace.visible(actor), workspace) if page is not None else ""
    return None if isinstance(example, str) else example


def funnel_in_words(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the funnel that a sentence asks for, or None if it asks for none or part of it isn't understood."""
    match = _FUNNEL.match(" ".join(text.split())) if len(text) <= MOST_TEXT else None
    if match is None:
        return None
    seen = workspace.visible(actor)
    words = [word for word in _BETWEEN.split(match[1]) if word]
    metrics = [event_for(word, seen) for word in words]
    if len(metrics) < 2 or "" in metrics or len(set(metrics)) < len(metrics):
        return None
    subject = first_subject(metrics, seen, workspace)
    if subject is None:
        return None
    steps = [{"metric": metric, "name": upper_first(word)} for metric, word in zip(metrics, words, strict=True)]
    return _by(match[2], funnel_of(subject, steps), metrics[0], workspace, actor)


def _ready(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the common retention question that the text is, or None."""
    if not re.match(r"(?:do|which) ", text, re.IGNORECASE):
        return None
    asked = text.casefold().rstrip(" ?")
    ready = questions(workspace, actor).items()
    return next((data for words, data in ready if words.casefold().rstrip("?") == asked), None)


def _retention(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the retention that a text asks for, of a subject or of people for an event, or None."""
    match = next((found for each in _RETENTION if (found := each.match(text)) is not None), None)
    if match is None:
        return None
    seen, word = workspace.visible(actor), match[1].casefold()
    subjects = {name for metric in event_metrics(seen) for name in subjects_of([metric.name], seen)}
    subject = next((name for name in sorted(subjects) if word in (plural(name), name.replace("_", " "))), "")
    metric = "" if subject else event_for(word, seen)
    data = retention_of(seen, subject=subject, metric=metric) if subject or metric else None
    return _by(match[2], data, str(data["first"]["metric"]), workspace, actor) if data is not None else None


def _paths(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the paths before or after an event that a text asks for, or None."""
    match = _PATHS.match(text)
    start = KIND_PAGES["paths"].start
    if match is None or start is None:
        return None
    seen, word = workspace.visible(actor), match[2]
    metric = event_for(word, seen)
    data = start(metric, seen, workspace) if metric else None
    if data is None:
        return None
    way = "to" if match[1].casefold() in ("before", "to") else "from"
    data = directed(data, way)
    return put(data, (way, "name"), upper_first(word)) if data.get(way, {}).get("metric") == metric else None


def _overlap(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the overlap of the channels that a text names, or None."""
    match = _OVERLAP.match(text)
    return overlap_of(_AND.split(match[1]), workspace.visible(actor), workspace) if match is not None else None


def _unusual(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the search for a metric's unusual days that a text asks for, or None."""
    match = _UNUSUAL.match(text)
    start = KIND_PAGES["anomalies"].start
    if match is None or start is None:
        return None
    seen, word = workspace.visible(actor), match[1]
    hits = search(seen, word, kinds=("metric",), limit=8)
    metric = next((hit.name for hit in hits if is_named(word, (hit.label, hit.name.replace("_", " ")))), "")
    return start(metric, seen, workspace) if metric else None


def event_for(word: str, seen: VisibleModel) -> str:
    """Return the metric whose rows are the event that a word names, or "" if there is none."""
    return metric_for(DEEDS.get(word.casefold(), word), seen) or metric_for(word, seen)


def _by(word: str | None, data: Data, metric: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the analysis with the breakdown that a word names, or None if there is no such breakdown."""
    if word is None:
        return data
    by = _dimension(word, metric, workspace, actor)
    return data | {"by": by} if by else None


def _dimension(word: str, metric: str, workspace: Workspace, actor: Actor) -> str:
    """Return the dimension that a word names, or "" if the first event doesn't have it."""
    try:
        fitting = {each.name for each in workspace.preflight(Query(metrics=(metric,)), actor).available}
    except SemanticError:
        return ""
    hits = search(workspace.visible(actor), word, kinds=("dimension",), limit=8)
    return next((hit.name for hit in hits if hit.name in fitting and is_named(word, (hit.label, hit.name))), "")
