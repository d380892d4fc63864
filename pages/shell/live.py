"""Answers that pages don't wait for: they're requested in a fragment, with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep

from semantic.answering.pending import Pending
from semantic.display.failures import failure_title
from semantic.errors import SemanticError
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.workspace import NONE_MADE, Workspace

PATIENCE = 20.0  # seconds; by then, the page has long been drawn


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """The result in place of an answer that failed or didn't arrive in time. `words` says why."""

    sentence: str


def answer(
    query: Query,
    workspace: Workspace,
    actor: Actor,
    *,
    made: Mapping[str, Metric] = NONE_MADE,
    waiting: Callable[[], object] | None = None,
) -> Result | LateAnswer:
    """Return the answer to a question, or a LateAnswer if it fails or takes too long.

    If anyone has asked the same question, the rows come from the cache. Otherwise, `waiting` draws a placeholder until
    they arrive.
    """
    return wait_for_answer(start_question(query, workspace, actor, made=made), waiting=waiting)


def start_question(
    query: Query, workspace: Workspace, actor: Actor, *, made: Mapping[str, Metric] = NONE_MADE
) -> Pending | LateAnswer:
    """Start a question. `wait_for_answer` returns its answer."""
    try:
        return workspace.start(query, actor, made=made)
    except SemanticError as error:
        return LateAnswer(failure_title(error))


def wait_for_answer(
    pending: Pending | LateAnswer, *, waiting: Callable[[], object] | None = None
) -> Result | LateAnswer:
    """Return the answer to a question that was started, or a LateAnswer if it fails or takes too long."""
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
        return LateAnswer(failure_title(error))


def wait_for_unrecorded(pending: Pending | LateAnswer) -> Result | None:
    """Return the answer to a question that the page asks by itself, without a receipt, or None if it fails or takes
    too long.
    """
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
