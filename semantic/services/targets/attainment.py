"""List the targets that a person can see, with their days, their source, and the question for the actual value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from semantic.model.definitions import Granularity, Metric
from semantic.policy.actor import Actor
from semantic.policy.members import Member
from semantic.policy.narrow import VisibleModel
from semantic.query.periods import Calendar, first_day, shift
from semantic.query.query import DATE, AllOf, Between, Breakdown, Condition, Operator, Query, ToDate
from semantic.results.result import Result
from semantic.services.targets.pacing import find_pace, model_targets
from semantic.store.numbers.targets import StoredTarget
from semantic.targets.pace import NoPace, Pace
from semantic.workspace import Workspace

ONE = timedelta(days=1)
MONTHS_SHOWN = 6
"""How many months are shown: the month of a target's last day, and those before it."""

_FINER = (Granularity.DAY, Granularity.WEEK)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTarget:
    """One target with its first and last day, both included.

    If people set the target, `kept` is its stored form. Otherwise, `source` is the metric that has the target's values.
    """

    metric: Metric
    first: date
    last: date
    query: Query
    dim: str = ""
    member: Member = None
    kept: StoredTarget | None = None
    source: Metric | None = None

    @property
    def id(self) -> str:
        """An ID that depends only on the target's metric and days."""
        return self.kept.id if self.kept is not None else f"of-{self.metric.name}"

    @property
    def months(self) -> Query:
        """Return the question for the actual value by month, up to the month of the target's last day."""
        first = shift(self.last.replace(day=1), Granularity.MONTH, 1 - MONTHS_SHOWN)
        end = shift(self.last.replace(day=1), Granularity.MONTH, 1) - ONE
        by = (Breakdown(DATE, Granularity.MONTH),)
        return Query(metrics=self.query.metrics, by=by, time=Between(first, end), where=self.query.where)


def listed_set_targets(targets: Sequence[StoredTarget], seen: VisibleModel) -> Iterator[ListedTarget]:
    """Yield the targets set by people that this person can see, in the order of `targets`."""
    for kept in targets:
        target = kept.target
        condition = Condition(target.dim, Operator.IN, (target.member,)) if target.dim else None
        where = AllOf((condition,)) if condition is not None else None
        query = Query(metrics=(target.metric,), time=Between(target.first, target.last), where=where)
        yield ListedTarget(
            metric=seen.metric(target.metric), first=target.first, last=target.last, query=query, dim=target.dim,
            member=target.member, kept=kept,
        )  # fmt: skip


def listed_model_targets(
    seen: VisibleModel, targets: Sequence[StoredTarget], calendar: Calendar, *, today: date
) -> Iterator[ListedTarget]:
    """Yield the targets in the model's data for the current month, or for their own period if that is longer.

    A target that people set for the same days takes precedence, as it does everywhere.
    """
    taken = {(kept.target.metric, kept.target.first, kept.target.last) for kept in targets if not kept.target.dim}
    for found in model_targets(seen):
        unit = Granularity.MONTH if found.grain in _FINER else found.grain
        first = first_day(today, unit, calendar)
        last = shift(first, unit, 1) - ONE
        if (found.metric.name, first, last) not in taken:
            query = Query(metrics=(found.metric.name,), time=ToDate(unit))
            yield ListedTarget(metric=found.metric, first=first, last=last, query=query, source=found.target)


def pace_of(
    aim: ListedTarget, result: Result, targets: Sequence[StoredTarget], workspace: Workspace, actor: Actor
) -> Pace | NoPace | None:  # fmt: skip
    """Return a target's pace.

    `result` is the answer to its question, and `targets` are those that the person can see.
    """
    return find_pace(aim.query, result, [kept.target for kept in targets], workspace, actor)
