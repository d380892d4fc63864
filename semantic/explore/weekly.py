"""Build the standard questions about a metric's recent results.

Each covers the metric's last complete weeks, with or without a comparison with the weeks before.
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
"""The dimensions for breaking down a change, in order of preference. The metric and its reader must have the
dimension.
"""


def is_dated(metric: Metric, seen: VisibleModel) -> bool:
    """Whether all measures behind a metric have a date that this person can see."""
    for measure in measures_of(metric, seen.model):
        if measure.time is None or seen.hides_dates(seen.model.datasets[measure.dataset].dimensions[measure.time]):
            return False
    return True


def span(metric: Metric, seen: VisibleModel) -> Last:
    """Return the last 13 complete weeks, or the last six longer periods.

    Longer periods are used if the metric's data has no shorter ones, or if the metric looks back by months.
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
    """Return the question for a metric over its last complete weeks, compared with the same number of weeks before.

    A metric without a date covers all days.
    """
    if not is_dated(metric, seen):
        return Query(metrics=(metric.name,))
    return Query(metrics=(metric.name,), time=span(metric, seen), compare=(Previous(),))


def trend(metric: Metric, seen: VisibleModel) -> Query:
    """Return the question for a metric by week, over its last complete weeks."""
    time = span(metric, seen)
    return Query(metrics=(metric.name,), by=(Breakdown(DATE, time.unit),), time=time)


def weekly(*names: str) -> Query:
    """Return a question that shows these metrics by week, over the last 13 complete weeks."""
    return Query(metrics=names, by=(WEEKLY,), time=WEEKS)


def by_part(metric: str, dimension: str) -> Query:
    """Return the question for a metric by week and by one dimension, over the last 13 complete weeks."""
    return Query(metrics=(metric,), by=(Breakdown(dimension), WEEKLY), time=WEEKS)


def _has_total(metric: Metric, seen: VisibleModel) -> bool:
    """Whether a metric has a total without any breakdown. A question with a metric that has none is refused."""
    return not any(measure.within for measure in measures_of(metric, seen.model))


def weekly_questions(seen: VisibleModel, mine: Collection[str] = (), *, is_only_mine: bool = False) -> list[Query]:
    """Return weekly questions about followed and certified metrics, and other metrics from the same datasets.

    There is one question for each set of datasets. `mine` lists the followed metrics. With `is_only_mine`, only these
    are included.
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
    """Return the datasets that a metric's measures read. Empty if `metric` is None."""
    return frozenset(measure.dataset for measure in measures_of(metric, seen.model)) if metric is not None else _NONE


def questions_by_part(metric: str) -> list[Query]:
    """Return questions that show which members contributed to a metric's change, best first."""
    return [by_part(metric, dimension) for dimension in PARTS]
