"""Answers for pages that must not wait for them. They are asked in their own fragment, with a time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep

from semantic.answering.pending import Pending
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity, Metric
from semantic.plan.time.period_aggregation import timing_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import DATE, Breakdown, Last, Previous, Query
from semantic.results.result import Result
from semantic.workspace import NONE_MADE, Workspace

PATIENCE = 20.0  # seconds; the page has been drawn long before
WEEKS = Last(13, Granularity.WEEK)
WEEKLY = Breakdown(DATE, Granularity.WEEK)


@dataclass(frozen=True, slots=True)
class Late:
    """There is no answer. `words` says why."""

    sentence: str


def answer(
    query: Query,
    workspace: Workspace,
    actor: Actor,
    *,
    made: Mapping[str, Metric] = NONE_MADE,
    waiting: Callable[[], object] | None = None,
) -> Result | Late:
    """Return the answer, waited for a while.

    The rows come from the cache if anyone has asked the same. Otherwise `waiting` draws a placeholder in the meantime.
    """
    return awaited(begun(query, workspace, actor, made=made), waiting=waiting)


def begun(
    query: Query, workspace: Workspace, actor: Actor, *, made: Mapping[str, Metric] = NONE_MADE
) -> Pending | Late:
    """Return a question being asked, for `awaited` to wait for."""
    try:
        return workspace.start(query, actor, made=made)
    except SemanticError as error:
        return Late(error.title)


def awaited(pending: Pending | Late, *, waiting: Callable[[], object] | None = None) -> Result | Late:
    """Return the answer to a question that was started, as `answer` gives it."""
    if isinstance(pending, Late):
        return pending
    try:
        until = monotonic() + PATIENCE
        if waiting is not None and not pending.done():
            waiting()
        while not pending.done():
            if monotonic() > until:
                pending.leave()
                return Late("This takes longer than usual. Open it in Explore to wait for the result.")
            sleep(0.01)
        return pending.result()
    except SemanticError as error:
        return Late(error.title)


def settled(pending: Pending | Late) -> Result | None:
    """Return the answer to a question that no person asks, without a receipt, or None if there is none."""
    if isinstance(pending, Late):
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


def is_dated(metric: Metric, seen: VisibleModel) -> bool:
    """Whether every component of a metric has a date that this person can see."""
    for measure in measures_of(metric, seen.model):
        if measure.time is None or seen.hides_dates(seen.model.datasets[measure.dataset].dimensions[measure.time]):
            return False
    return True


def span(metric: Metric, seen: VisibleModel) -> Last:
    """Return the last 13 complete weeks, or six longer periods if a component has only those, or takes values from
    months before.
    """
    times = [(measure.dataset, measure.time) for measure in measures_of(metric, seen.model) if measure.time]
    grains = [seen.model.datasets[dataset].dimensions[time].days_grain for dataset, time in times]
    if timing_of(metric, seen.model).by_months:
        grains.append(Granularity.MONTH)
    longer = [
        granularity
        for granularity in Granularity
        if granularity in grains and granularity not in (Granularity.DAY, Granularity.WEEK)
    ]
    return Last(6, longer[-1]) if longer else WEEKS


def headline(metric: Metric, seen: VisibleModel) -> Query:
    """Return a metric over its last complete weeks against as many before, or over all days if it has no date."""
    if not is_dated(metric, seen):
        return Query(metrics=(metric.name,))
    return Query(metrics=(metric.name,), time=span(metric, seen), compare=(Previous(),))


def trend(metric: Metric, seen: VisibleModel) -> Query:
    """Return a metric by week over the same weeks."""
    time = span(metric, seen)
    return Query(metrics=(metric.name,), by=(Breakdown(DATE, time.unit),), time=time)


def weekly(*names: str) -> Query:
    """Return metrics by week over the last 13 complete weeks."""
    return Query(metrics=names, by=(WEEKLY,), time=WEEKS)
