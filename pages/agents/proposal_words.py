"""Wording for what agents propose and do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pages.shell.parts import State, quoted
from semantic.agents.acts import AskQuestion, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from semantic.agents.acts import ProposedAct
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.workspace import Workspace

SOME_AGENT: Final = "An agent"
HIDDEN: Final = "something that isn't available to you"
ICONS: Final = {
    "question": "query_stats", "save": "bookmark_add", "alert": "notification_add", "subscription": "forward_to_inbox",
    "request": "contact_support",
}  # fmt: skip
DONE: Final = {
    "question": "The agent can now ask this question.",
    "save": "Saved. Only you can see it.",
    "alert": "The alert is set. Only you are notified.",
    "subscription": "You're subscribed.",
    "request": "Your request was sent to the stewards.",
}
TOOLS: Final = {
    "ask": "Asked a question",
    "check": "Checked a question",
    "chart": "Drew a chart",
    "explain": "Asked why a number changed",
    "analyze": "Ran an analysis",
    "analyses": "Listed analyses",
    "replay": "Replayed a receipt",
    "search": "Searched",
    "describe": "Looked up a definition",
    "values": "Listed filter values",
    "read": "Read a question in words",
    "request": "Proposed a request",
    "propose": "Proposed a change",
}
OUTCOMES: Final[dict[str, tuple[str, State]]] = {
    "answered": ("Answered", "good"),
    "asked_back": ("Asked to clarify", "info"),
    "refused": ("Refused", "caution"),
    "proposed": ("Proposed", "info"),
    "failed": ("Failed", "bad"),
}


def agent_name(number: str, names: Mapping[str, str]) -> str:
    """Return an agent's name, or a placeholder if the agent is no longer known."""
    return names.get(number, "") or SOME_AGENT


def wants_words(act: ProposedAct | None, workspace: Workspace, actor: Actor) -> str:
    """Return what an agent wants to do, as the end of a sentence, such as `set an alert on Net revenue`."""
    match act:
        case AskQuestion(query):
            return f"ask about {_metrics(query, workspace, actor)}"
        case SaveQuestion():
            return f"save a question as {quoted(act.name)}"
        case SetAlert(alert):
            return f"set an alert on {_metrics(alert.names, workspace, actor)}"
        case Subscribe():
            return f"send you the {'board' if act.what == 'board' else 'saved question'} {quoted(act.title)}"
        case RequestMetric():
            return f"request {quoted(act.words)} from stewards"
        case None:
            return "do something that can no longer be read"


def _metrics(query: Query, workspace: Workspace, actor: Actor) -> str:
    """Return the labels of a question's metrics or, if it has none, of the dimensions that it lists.

    Returns a placeholder if this person can't see all of them.
    """
    visible = workspace.visible(actor)
    if not query.metrics and query.by:
        known = {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
        listed = [known.get(breakdown.dim, "") for breakdown in query.by]
        return ", ".join(listed) if all(listed) else HIDDEN
    labels: list[str] = []
    for name in query.metrics:
        try:
            metric = visible.metric(name)
        except SemanticError:
            continue
        labels.append(metric.label or metric.name)
    if len(labels) != len(query.metrics) or not labels:
        return HIDDEN
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
