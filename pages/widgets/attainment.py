"""Targets with their actual values, which are asked for together and cached for a minute. Targets that are behind come
first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.live import LateAnswer, start_question, wait_for_answer
from semantic.display.rows import main_values
from semantic.display.words.targets import column_of
from semantic.query.periods import Calendar
from semantic.query.query import Query
from semantic.results.result import Result, ResultColumn
from semantic.services.targets.attainment import ListedTarget, listed_model_targets, listed_set_targets, pace_of
from semantic.targets.pace import NoPace, Pace, urgency

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.store.numbers.targets import StoredTarget
    from semantic.workspace import Workspace

KEPT_SECONDS = 60.0
_HELD = "targets-read"


@dataclass(frozen=True, slots=True)
class TargetAttainment:
    """A target with its pace, and the answer to its question or why there is none."""

    aim: ListedTarget
    answer: Result | LateAnswer
    pace: Pace | NoPace | None

    @property
    def column(self) -> ResultColumn:
        """The column of the metric, which defines the format of its numbers."""
        return main_values(self.answer)[0] if isinstance(self.answer, Result) else column_of(self.aim.metric)


_Cache = dict[tuple[str, Query], tuple[object, float, TargetAttainment]]
"""The numbers of each target, with the state of the data and the time that they were read at."""


def current_aims(targets: Sequence[StoredTarget], workspace: Workspace, actor: Actor) -> list[ListedTarget]:
    """Return the targets whose period hasn't ended, both those set in Samepage and those in the model's data."""
    seen, today = workspace.visible(actor), workspace.today()
    running = [kept for kept in targets if kept.target.first <= today <= kept.target.last]
    calendar = Calendar(seen.model.settings.week_start, seen.model.settings.fiscal_start)
    return [*listed_set_targets(running, seen), *listed_model_targets(seen, targets, calendar, today=today)]


def attainments_of(
    aims: Sequence[ListedTarget],
    targets: Sequence[StoredTarget],
    workspace: Workspace,
    actor: Actor,
    *,
    waiting: Callable[[], object] | None = None,
) -> list[TargetAttainment]:
    """Return these targets with their numbers, most urgent first.

    `targets` are all targets that the person can see. The questions are asked together, and asked again only after a
    minute or when targets, definitions or access have changed.
    """
    of, now = (actor, workspace.model.version, workspace.today(), tuple(targets)), monotonic()
    cached: _Cache = st.session_state.get(_HELD, {})
    known = {
        key: held for key, held in cached.items() if now - held[1] <= KEPT_SECONDS and held[0] == of
    }  # fmt: skip
    missing = [aim for aim in aims if (aim.id, aim.query) not in known]
    if missing and waiting is not None:
        waiting()
    pending = [start_question(aim.query, workspace, actor) for aim in missing]
    for aim, each_pending in zip(missing, pending, strict=True):
        result = wait_for_answer(each_pending)
        pace = pace_of(aim, result, targets, workspace, actor) if isinstance(result, Result) else None
        known[aim.id, aim.query] = of, now, TargetAttainment(aim, result, pace)
    st.session_state[_HELD] = known
    found = [known[aim.id, aim.query][2] for aim in aims]
    return sorted(found, key=lambda each_found: urgency(each_found.pace, each_found.aim.metric.direction))
