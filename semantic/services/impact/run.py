"""Compare the values of all items that a draft affects, before and after, in the background.

The most used items come first. A run has a time limit, and also ends when it's cancelled or its page is closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from time import monotonic, sleep
from typing import Final

from semantic.alerts.replay import replay
from semantic.answering.pending import Pending
from semantic.display.format import counted
from semantic.errors import Cancelled, SemanticError, TimedOut, TooExpensive, TooManyRows, Unavailable, UnknownName
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import DATE, Breakdown, Query
from semantic.query.same import canonical
from semantic.results.result import Result, members_of
from semantic.run.workers import Workers
from semantic.services.alerts.asking import ask_alert
from semantic.services.impact.compare import NOTHING, Effect, Outcome, compare, with_start
from semantic.services.impact.compared_models import MOST_METRICS, ComparedModels, Frame, answer_of
from semantic.store.alerts.alerts import StoredAlert
from semantic.targets.target import Target
from semantic.workspace import Workspace

BUDGET: Final = 60.0
"""How many seconds a run can take by default."""

AT_ONCE: Final = 3
"""How many questions, each before and after, are in progress at once, so that other people's questions don't wait."""

GONE: Final = 15.0
"""After this many seconds in which no page has asked for the run, its page counts as gone."""

REPLAYED_DAYS: Final = 90

_PASSING = (TooExpensive, TimedOut, Cancelled, TooManyRows, Unavailable)
"""Errors that say nothing about the draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuestion:
    """One question to compare. Items with the same question share it.

    If `alert` is set, the alert is judged for recent days instead.
    """

    key: str
    query: Query
    used: int = 0
    breaks: bool = False
    """Whether the question uses a name that the draft removes."""
    alert: StoredAlert | None = None
    start: str = ""
    """The metric, if this question only looks for its first month that differs, else ""."""


def key_of(query: Query) -> str:
    """Return a key that is equal for equivalent questions."""
    return query_to_json(canonical(query))


@dataclass
class Comparing:
    """A run of comparisons. Pages can read its outcomes while it continues, and several threads can use it safely."""

    running: Workspace
    drafted: Workspace
    actor: Actor
    wanted: Sequence[ComparedQuestion]
    changed: Sequence[str] = ()
    """The metrics of both models whose meaning changes."""
    targets: Sequence[Target] = ()
    together: ComparedModels | None = None
    """What is needed to ask several questions in one statement, or None if each is asked separately."""
    budget: float | None = BUDGET
    gone_after: float = GONE
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    starts: dict[str, date | None] = field(default_factory=dict[str, "date | None"])
    """The first month that differs, by metric, or None if that is the first month with data."""
    slowest: float = 0.0
    """How many seconds the slowest single answer took."""
    is_cancelled: bool = False
    is_over_budget: bool = False
    is_done: bool = False
    trouble: str = ""
    _seen_at: float = field(default_factory=monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _has_begun: bool = False

    def begin(self) -> None:
        """Start the run in the background. Further calls have no effect."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
        _pool().call(self.run, self.actor.id)

    def look(self) -> None:
        """Record that a page is still reading this run."""
        self._seen_at = monotonic()

    def cancel(self) -> None:
        """Stop the run, including the questions in progress."""
        self.is_cancelled = True

    def rest(self, budget: float | None = None) -> Comparing:
        """Return a new run with the existing outcomes, which compares the remaining questions."""
        return Comparing(
            running=self.running, drafted=self.drafted, actor=self.actor, wanted=self.wanted, changed=self.changed,
            targets=self.targets, together=self.together, budget=budget, outcomes={**self.outcomes},
            starts={**self.starts},
        )  # fmt: skip

    def outcome(self, wanted: str) -> Outcome | None:
        """Return the outcome for the question with this key, or None if there is none yet.

        If all values in the answer change, the outcome has the first day on which one of the question's metrics
        differs, provided that this day is known for every changed metric.
        """
        found = self.outcomes.get(wanted)
        query = self._queries.get(wanted)
        if found is None or query is None or found.effect is not Effect.HISTORY:
            return found
        firsts = [self.starts.get(name) for name in query.metrics if name in self.changed]
        known = [first for first in firsts if first is not None]
        return with_start(found, min(known) if known and len(known) == len(firsts) else None)

    @cached_property
    def _queries(self) -> Mapping[str, Query]:
        return {one.key: one.query for one in self.wanted}

    @property
    def left(self) -> int:
        """Return the number of questions that aren't compared yet."""
        return sum(one.key not in self.outcomes for one in self.wanted)

    def run(self) -> None:
        """Compare all questions, and return when done. Except in tests, call `begin` instead."""
        try:
            self._run(monotonic())
        except Exception as error:
            self.trouble = str(error) if isinstance(error, SemanticError) else "Something went wrong."
            raise
        finally:
            self.is_done = True

    def _run(self, began: float) -> None:
        values = [one for one in self.wanted if one.key not in self.outcomes]
        waiting = [*self._steps(values), *self._steps(self._starts())]
        waiting.reverse()
        going: list[_Step] = []
        try:
            while (waiting or going) and self._may_go_on(began):
                while waiting and len(going) < AT_ONCE:
                    step = waiting.pop()
                    if (alert := step.wanted[0].alert) is not None:
                        self.outcomes[step.wanted[0].key] = self._alert(alert)
                        break  # check the time again
                    step.begin(self.running, self.drafted, self.actor)
                    going.append(step)
                finished = [step for step in going if step.is_done()]
                for step in finished:
                    going.remove(step)
                    waiting += self._take(step)
                if going and not finished:
                    sleep(0.005)
        finally:
            for step in going:
                step.leave()

    def _may_go_on(self, began: float) -> bool:
        now = monotonic()
        self.is_over_budget = self.budget is not None and now - began > self.budget
        return not (self.is_over_budget or self.is_cancelled or now - self._seen_at > self.gone_after)

    def _steps(self, wanted: Iterable[ComparedQuestion]) -> list[_Step]:
        """Group the questions into steps, ordered by each step's first question."""
        steps: list[_Step] = []
        open_steps: dict[Frame, _Step] = {}
        for one in wanted:
            frame = self.together.frame(one.query) if self.together is not None and one.alert is None else None
            step = open_steps.get(frame) if frame is not None else None
            if step is not None and len({*step.metrics, *one.query.metrics}) <= MOST_METRICS:
                step.wanted = (*step.wanted, one)
                continue
            steps.append(_Step((one,), self.together if frame is not None else None))
            if frame is not None:
                open_steps[frame] = steps[-1]
        return steps

    def _starts(self) -> Iterator[ComparedQuestion]:
        """Yield a question by month for each changed metric, to find the first day that differs.

        These questions run last, because they cover all days.
        """
        asked = {name for one in self.wanted for name in one.query.metrics}
        for name in self.changed:
            if name in asked and name not in self.starts:
                query = Query(metrics=(name,), by=(Breakdown(DATE, Granularity.MONTH),))
                yield ComparedQuestion(key="", query=query, start=name)

    def _take(self, step: _Step) -> list[_Step]:
        """Record a step's outcomes, and return steps for the questions that have to be asked separately."""
        found = step.outcomes()
        if found is None:
            return [_Step((one,)) for one in reversed(step.wanted)]
        self.slowest = max(self.slowest, step.slowest)
        for one, outcome in zip(step.wanted, found, strict=True):
            if one.start:
                self.starts[one.start] = outcome.first
            else:
                self.outcomes[one.key] = outcome
        return []

    def _alert(self, kept: StoredAlert) -> Outcome:
        fired: list[int] = []
        targets = [target for target in self.targets if target.metric == kept.alert.metric]
        for workspace in (self.running, self.drafted):
            try:
                asked = ask_alert(kept.alert, workspace, self.actor, targets, more_days=REPLAYED_DAYS)
                found = replay(asked.known(kept.alert), days=REPLAYED_DAYS)
            except SemanticError as error:
                if fired:
                    return Outcome(effect=Effect.BREAKS, old=_fired(fired[0]), why=error.title)
                return Outcome(effect=Effect.UNKNOWN, why=error.title)
            if found.why_not:
                return Outcome(effect=Effect.UNKNOWN, why=found.why_not)
            fired.append(len(found.fired))
        old, new = fired
        effect = Effect.NONE if old == new else Effect.SILENT if not new else Effect.FIRES if not old else Effect.RATE
        where = f"in the last {REPLAYED_DAYS} days"
        return Outcome(effect=effect, old=_fired(old), new=_fired(new), where=where)


@dataclass
class _Step:
    """One question to ask before and after, or if `together` is set, several questions in one statement."""

    wanted: tuple[ComparedQuestion, ...]
    together: ComparedModels | None = None
    slowest: float = 0.0
    _before: Pending | SemanticError | None = None
    _after: Pending | SemanticError | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for one in self.wanted for name in one.query.metrics))

    def begin(self, running: Workspace, drafted: Workspace, actor: Actor) -> None:
        query = self.wanted[0].query
        if (both := self.together) is not None:
            names = [*self.metrics, *(twin.name for name in self.metrics if (twin := both.twin(name)) is not None)]
            query = replace(query, metrics=tuple(dict.fromkeys(names)))
            self._before = _started(lambda: running.start(query, actor, made=both.made(self.metrics)))
            return
        self._before = _started(lambda: running.start(query, actor))
        if isinstance(self._before, Pending):  # questions that can't be asked today can't change
            self._after = _started(lambda: drafted.start(query, actor))

    def is_done(self) -> bool:
        return all(each.done() for each in (self._before, self._after) if isinstance(each, Pending))

    def leave(self) -> None:
        for each in (self._before, self._after):
            if isinstance(each, Pending):
                each.leave()

    def outcomes(self) -> tuple[Outcome, ...] | None:
        """Return the outcome for each question, or None if they have to be asked separately."""
        return (self._outcome(),) if self.together is None else self._apart(self.together)

    def _apart(self, both: ComparedModels) -> tuple[Outcome, ...] | None:
        if not isinstance(self._before, Pending):
            return None
        try:
            answer = _answer(self._before)
        except SemanticError:
            return None
        self.slowest = answer.elapsed_seconds
        found: list[Outcome] = []
        for one in self.wanted:
            twins = {twin.name: name for name in one.query.metrics if (twin := both.twin(name)) is not None}
            before = answer_of(answer, {name: name for name in one.query.metrics})
            found.append(compare(before, answer_of(answer, twins)))
        return tuple(found)

    def _outcome(self) -> Outcome:
        if not isinstance(self._before, Pending):
            why = self._before.title if self._before is not None else ""
            return Outcome(effect=Effect.UNKNOWN, why=why)
        try:
            before = _answer(self._before)
        except SemanticError as error:
            return Outcome(effect=Effect.UNKNOWN, why=error.title)
        self.slowest = before.elapsed_seconds
        if not isinstance(self._after, Pending):
            return self._failed(self._after)
        try:
            after = _answer(self._after)
        except SemanticError as error:
            return self._failed(error)
        self.slowest = max(self.slowest, after.elapsed_seconds)
        return NOTHING if before.table is after.table else compare(before, after)

    def _failed(self, error: SemanticError | None) -> Outcome:
        """Return the outcome for a question that has an answer today, but none under the draft.

        The draft breaks the question, unless the failure is temporary, or the question uses a name that still exists
        but is hidden from this person.
        """
        if isinstance(error, UnknownName) and not self.wanted[0].start and not self.wanted[0].breaks:
            return Outcome(effect=Effect.HIDDEN)
        effect = Effect.UNKNOWN if isinstance(error, _PASSING) else Effect.BREAKS
        return Outcome(effect=effect, why=error.title if error is not None else "")


def _answer(pending: Pending) -> Result:
    """Return an answer's rows, without checking whether the values in its filters occur.

    Raises SemanticError.
    """
    keys = members_of(pending.compiled.asked.keys).values()
    return pending.unrecorded() if any(map(pending.seen.label_dimension, keys)) else pending.answered()


def _started(start: Callable[[], Pending]) -> Pending | SemanticError:
    try:
        return start()
    except SemanticError as error:
        return error


def _fired(count: int) -> str:
    return f"fires {counted(count, 'time')}"


def in_order(wanted: Iterable[ComparedQuestion]) -> tuple[ComparedQuestion, ...]:
    """Return the questions to compare without duplicates: most used first, then cheapest, and alerts last."""
    by_key: dict[str, ComparedQuestion] = {}
    for one in wanted:
        known = by_key.get(one.key)
        if known is None or known.used < one.used:
            by_key[one.key] = one
    return tuple(
        sorted(by_key.values(), key=lambda one: (one.alert is not None, -one.used, len(one.query.by), one.key))
    )


@cache
def _pool() -> Workers:
    """Return the threads for comparisons, which are separate from those for questions."""
    return Workers(2)
