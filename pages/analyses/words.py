"""A funnel asked in words: "funnel from visit to order by device"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pages.analyses.draft import Data
from pages.analyses.examples import first_subject, is_named, metric_for
from pages.analyses.funnel.page import funnel_of
from semantic.errors import SemanticError
from semantic.explore.search import search
from semantic.query.describe import upper_first
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

_SENTENCE: Final = re.compile(
    r"^(?:show )?(?:the |a )?(?:conversion )?funnel:? (?:from )?(.+?)(?: by (.+))?$", re.IGNORECASE
)
_BETWEEN: Final = re.compile(r"\s+(?:to|then)\s+|\s*(?:→|->|>|,)\s*", re.IGNORECASE)
MOST_TEXT: Final = 200


def funnel_in_words(text: str, workspace: Workspace, actor: Actor) -> Data | None:
    """Return the funnel that a sentence asks for, or None if it asks for something else or isn't fully understood."""
    match = _SENTENCE.match(" ".join(text.split())) if len(text) <= MOST_TEXT else None
    if match is None:
        return None
    seen = workspace.visible(actor)
    words = [word for word in _BETWEEN.split(match[1]) if word]
    metrics = [metric_for(word, seen) for word in words]
    if len(metrics) < 2 or "" in metrics or len(set(metrics)) < len(metrics):
        return None
    subject = first_subject(metrics, seen, workspace)
    if subject is None:
        return None
    steps = [{"metric": metric, "name": upper_first(word)} for metric, word in zip(metrics, words, strict=True)]
    data = funnel_of(subject, steps)
    if match[2] is None:
        return data
    by = _dimension(match[2], metrics[0], workspace, actor)
    return data | {"by": by} if by else None


def _dimension(word: str, metric: str, workspace: Workspace, actor: Actor) -> str:
    """The dimension that a word means, if the first step has it."""
    try:
        fitting = {each.name for each in workspace.preflight(Query(metrics=(metric,)), actor).available}
    except SemanticError:
        return ""
    hits = search(workspace.visible(actor), word, kinds=("dimension",), limit=8)
    return next((hit.name for hit in hits if hit.name in fitting and is_named(word, (hit.label, hit.name))), "")
