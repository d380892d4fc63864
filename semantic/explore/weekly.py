"""The questions that show how metrics are doing.

Each is over the metric's last complete weeks, on its own or against the weeks before.
"""

from __future__ import annotations

from collections.abc import Collection

from semantic.model.certification_status import is_certified
from semantic.model.definitions import Granularity, Metric
from semantic.plan.time.period_aggregation import timing_of
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import DATE, Breakdown, Last, Previous, Query

WEEKS = Last(13, Granularity.WEEK)
WEEKLY = Breakdown(DATE, Granularity.WEEK)
MOST_CHECKED = 24
_NONE = frozenset[str]()
PARTS = ("channel", "market")
"""The dimensions for breaking down a change. The first that the metric and its reader have is used."""


def is_dated(metric: Metric, seen: VisibleModel) -> bool:
    """Whether every component of a metric has a date that this person can see."""
    for measure in measures_of(metric, seen.model):
        if measure.time is None or seen.hides_dates(seen.model.datasets[measure.dataset].dimensions[measure.time]):
            return False
    return True


def span(metric: Metric, seen: VisibleModel) -> Last:
    """Return the last 13 complete weeks, or six longer periods.

    Periods are longer if one of the metric's inputs has only those, or takes values from months before.
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
    """Return the question for a metric over its last complete weeks against as many before.

    A metric without a date is over all days.
    """
    if not is_dated(metric, seen):
        return Query(metrics=(metric.name,))
    return Query(metrics=(metric.name,), time=span(metric, seen), compare=(Previous(),))


def trend(metric: Metric, seen: VisibleModel) -> Query:
    """Return the question for a metric by week, over the same weeks."""
    time = span(metric, seen)
    return Query(metrics=(metric.name,), by=(Breakdown(DATE, time.unit),), time=time)


def weekly(*names: str) -> Query:
    """Return the question for metrics by week, over the last 13 complete weeks."""
    return Query(metrics=names, by=(WEEKLY,), time=WEEKS)


def by_part(metric: str, dimension: str) -> Query:
    """Return the question for a metric by week and one dimension, over the same weeks."""
    return Query(metrics=(metric,), by=(Breakdown(dimension), WEEKLY), time=WEEKS)


def _has_total(metric: Metric, seen: VisibleModel) -> bool:
    """Whether a metric has a total without a breakdown. If it has none, any question with it and others is refused."""
    return not any(measure.within for measure in measures_of(metric, seen.model))


def weekly_questions(seen: VisibleModel, mine: Collection[str] = (), *, is_only_mine: bool = False) -> list[Query]:
    """Return weekly questions, one for each set of datasets.

    They have followed and certified metrics, and others from the same rows.

    `mine` are the names of the followed metrics. With `is_only_mine`, there are no other metrics.
    """
    metrics = [
        metric
        for metric in seen.metrics
        if (metric.name in mine or not is_only_mine)
        and is_dated(metric, seen)
        and span(metric, seen) == WEEKS
        and _has_total(metric, seen)
    ]
    read = {metric.name: datasets_of(metric, seen) for metric in metrics}
    core = frozenset[str]().union(*(read[metric.name] for metric in metrics if is_certified(metric))) or frozenset(
        seen.model.datasets
    )
    kept_metrics = [metric for metric in metrics if read[metric.name] <= core or metric.name in mine]
    kept_metrics.sort(key=lambda each_metric: (each_metric.name not in mine, not is_certified(each_metric)))
    most = len(kept_metrics) if is_only_mine else MOST_CHECKED
    groups: dict[frozenset[str], list[str]] = {}
    for metric in kept_metrics[:most]:
        groups.setdefault(read[metric.name], []).append(metric.name)
    return [weekly(*names) for names in groups.values()]


def datasets_of(metric: Metric | None, seen: VisibleModel) -> frozenset[str]:
    """Return the datasets whose rows a metric counts; empty for a column without a metric."""
    return frozenset(measure.dataset for measure in measures_of(metric, seen.model)) if metric is not None else _NONE


def questions_by_part(metric: str) -> list[Query]:
    """Return the questions that can show who contributed to a change of a metric, the first choice first."""
    return [by_part(metric, dimension) for dimension in PARTS]
