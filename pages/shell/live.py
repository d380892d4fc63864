"""Answers for pages that must not wait for them. They are requested in a separate fragment, with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep

from semantic.answering.pending import Pending
from semantic.errors import SemanticError
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.workspace import NONE_MADE, Workspace

PATIENCE = 20.0  # seconds; the page has been drawn long before


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """An answer that didn't arrive in time. `words` says why."""

    sentence: str


def answer(
    query: Query,
    workspace: Workspace,
    actor: Actor,
    *,
    made: Mapping[str, Metric] = NONE_MADE,
    waiting: Callable[[], object] | None = None,
) -> Result | LateAnswer:
    """Return the answer, after waiting for a while.

    The rows come from the cache if anyone has asked the same. Otherwise `waiting` draws a placeholder in the meantime.
    """
    return wait_for_answer(start_question(query, workspace, actor, made=made), waiting=waiting)


def start_question(
    query: Query, workspace: Workspace, actor: Actor, *, made: Mapping[str, Metric] = NONE_MADE
) -> Pending | LateAnswer:
    """Return a running question, for `wait_for_answer`."""
    try:
        return workspace.start(query, actor, made=made)
    except SemanticError as error:
        return LateAnswer(error.title)


def wait_for_answer(
    pending: Pending | LateAnswer, *, waiting: Callable[[], object] | None = None
) -> Result | LateAnswer:
    """Return the answer to a question that was started, as `answer` does."""
    if isinstance(pending, LateAnswer):
        return pending
    try:
        until = monotonic() + PATIENCE
        if waiting is not None and not pending.done():
            waiting()
        while not pending.done():
            if monotonic() > until:
                pending.leave()
                return LateAnswer("This takes longer than usual. Open it in Explore to wait for the result.")
            sleep(0.01)
        return pending.result()
    except SemanticError as error:
        return LateAnswer(error.title)


def wait_for_unrecorded(pending: Pending | LateAnswer) -> Result | None:
    """Return the answer to a question that no person asks, without a receipt, or None if there is none."""
    if isinstance(pending, LateAnswer):
        return None
    try:
        until = monotonic() + PATIENCE
        while not pending.done():
            if monotonic() > until:
                pending.leave()
                return None
            sleep(0.01)
        return pending.unrecorded()
    except SemanticError:
        return None
