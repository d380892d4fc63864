"""Find the last day for which a metric is known. No number reads rows of a later day (G9).

A day is known once it's over and loaded. A metric over several facts needs the day in all of them, and a fact with
several sources needs it from all of them. Forward datasets, such as budgets, have known future days and don't hold up
other facts. A model from another tool can say that all days count (`rules: known_days: all`). Its metrics then have no
first or last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from semantic.model.definitions import Dataset, Measure, Metric, TypeKind
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel, measures_of, simple_in
from semantic.query.query import Condition, Filter, Operator


@dataclass(frozen=True, slots=True)
class Extent:
    """The first day on which a dataset has any row, and the last day that is fully loaded, in the model's time zone.

    A day is None if it's unknown, or if rows or loads have no date. `sources` load the dataset separately. Each is
    identified by a value of a dimension and has its own last day. With `took_too_long`, nothing is known, because the
    query was stopped.
    """

    first: date | None = None
    last: date | None = None
    sources: tuple[tuple[str | None, date], ...] = ()
    took_too_long: bool = False

    @property
    def late(self) -> tuple[str | None, ...]:
        """The active sources that the dataset is still waiting for."""
        newest = max((day for _, day in self.sources), default=None)
        return tuple(name for name, day in self.sources if day == self.last and day != newest)

    @property
    def ended(self) -> tuple[tuple[str | None, date], ...]:
        """The sources that stopped loading, and that the dataset therefore doesn't wait for."""
        return tuple((name, day) for name, day in self.sources if self.last is not None and day < self.last)


def extent_of(first: date | None, sources: Iterable[tuple[str | None, date]]) -> Extent:
    """Return the extent of a dataset with several sources, up to the last day that all active sources have."""
    found_sources = tuple(sources)
    newest = max((day for _, day in found_sources), default=None)
    last = min((day for _, day in found_sources if newest and newest - day <= STILL_LOADS), default=None)
    return Extent(first, last, found_sources)


Loaded = Mapping[str, Extent]
"""The extent of each dataset's rows, by its name."""

STILL_LOADS = timedelta(days=14)
"""How far a source can be behind the newest one before it counts as ended.

Otherwise it would hold up all others forever.
"""

NOTHING_LOADED: Loaded = MappingProxyType({})
_UNKNOWN = Extent()


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """When and over what data a question is asked.

    It contains the current day, the extents of datasets, and the time zone of the question's days.
    """

    today: date
    loaded: Loaded
    zone: str


def known_through(metric: Metric, model: Model, asking: QuestionContext) -> date | None:
    """Return the last day that counts for a metric, as a whole day in the question's time zone.

    None if all days count, or if the metric reads only forward datasets, which have no end.
    """
    return None if counts_all_days(model) else over_and_loaded(metric, model, asking)


def over_and_loaded(metric: Metric, model: Model, asking: QuestionContext) -> date | None:
    """Return a metric's last day that has ended and is loaded, minus `counts_after`, even if all days count.

    None if the metric reads only forward datasets.
    """
    return min(
        [day - timedelta(days=each_metric.counts_after) for each_metric, day in _loaded(metric, model, asking)],
        default=None,
    )


def loaded_through(metric: Metric, model: Model, asking: QuestionContext) -> date | None:
    """Return a metric's last day that has ended and is loaded, whatever `counts_after` says.

    None if the metric reads only forward datasets.
    """
    return min([day for _, day in _loaded(metric, model, asking)], default=None)


def waits_for(metric: Metric, model: Model, asking: QuestionContext) -> int:
    """Return how many days have to follow a day before it counts for a metric.

    That's the `counts_after` of the simple metric that determines the last day, or 0 if only loading does.
    """
    ends = [
        (day - timedelta(days=each_metric.counts_after), each_metric.counts_after)
        for each_metric, day in _loaded(metric, model, asking)
    ]
    return min(ends, default=(None, 0))[1]


def _loaded(metric: Metric, model: Model, asking: QuestionContext) -> list[tuple[Metric, date]]:
    """Return a metric's simple metrics, each with its last day that has ended and is loaded.

    Those over forward datasets aren't included.
    """
    return [
        (each_metric, known_of(measure, model, asking))
        for each_metric in simple_in(metric, model)
        if not model.datasets[(measure := model.measure(each_metric.measure)).dataset].forward
    ]


def all_known_through(metrics: Iterable[Metric], model: Model, asking: QuestionContext) -> date | None:
    """Return the last day that counts for at least one of the metrics.

    None if a metric has no last day. Yesterday if there are no metrics.
    """
    return latest_of([known_through(metric, model, asking) for metric in metrics], model, asking)


def latest_of(days: Sequence[date | None], model: Model, asking: QuestionContext) -> date | None:
    """Return the last day that counts for at least one metric, given the last day of each."""
    if counts_all_days(model):
        return None
    known = [day for day in days if day is not None]
    return None if len(known) < len(days) else max(known, default=asking.today - timedelta(days=1))


def known_from(metric: Metric, model: Model, asking: QuestionContext) -> tuple[date | None, date | None]:
    """Return the first day on which all facts of a metric have data, and the first day on which any of them has.

    The second is None if the metric reads only forward datasets. A day is None if it's unknown.
    """
    facts = {measure.dataset for measure in measures_of(metric, model)}
    own = [name for name in facts if not model.datasets[name].forward]
    found_days = [begins(model.datasets[name], model, asking) for name in own or facts]
    days = [day for day in found_days if day is not None]
    return max(days, default=None), min(days, default=None) if own else None


def took_too_long(metric: Metric, model: Model, asking: QuestionContext) -> bool:
    """Return whether nothing is known about one of a metric's facts, because the query for its extent was stopped."""
    return any(asking.loaded.get(measure.dataset, _UNKNOWN).took_too_long for measure in measures_of(metric, model))


def of_filtered(loaded: Loaded, where: Iterable[Filter], visible: VisibleModel) -> Loaded:
    """Return the extents of datasets for a question with these filters.

    If a dataset has several sources, only those that pass the filters count. All of them count for an actor with row
    rules, or if the dimension is masked, because the list of sources is then hidden.
    """
    parts = [part for part in where if isinstance(part, Condition) and part.via is None]

    def narrowed(name: str, extent: Extent) -> Extent:
        freshness = visible.model.datasets[name].freshness
        if not extent.sources or freshness is None or visible.rules or visible.mask(freshness.by) is not None:
            return extent
        sources = extent.sources
        for part in parts:
            if part.dim == freshness.by and part.op is Operator.IN:
                sources = tuple(source for source in sources if source[0] in part.values)
            elif part.dim == freshness.by and part.op is Operator.NOT_IN:
                sources = tuple(source for source in sources if source[0] not in part.values)
        return extent_of(extent.first, sources) if sources else extent

    return {name: narrowed(name, extent) for name, extent in loaded.items()}


def begins(dataset: Dataset, model: Model, asking: QuestionContext) -> date | None:
    """Return the first day for which a dataset has data: the declared one, otherwise the first day with a row.

    If the question has another time zone, a timestamp's day is converted to it. None if unknown, or if all days count.
    """
    if counts_all_days(model):
        return None
    day, own = dataset.begins or asking.loaded.get(dataset.name, _UNKNOWN).first, model.settings.time_zone
    if day is None or asking.zone == own:
        return day
    is_instant = dataset.time and dataset.dimensions[dataset.time].type.kind is TypeKind.TIMESTAMPTZ
    if not is_instant:
        return day
    return datetime.combine(day, time(), ZoneInfo(own)).astimezone(ZoneInfo(asking.zone)).date()


def counts_all_days(model: Model) -> bool:
    """Return whether a model counts all days, even those that aren't known."""
    return model.settings.rules.known_days == "all"


def known_of(measure: Measure, model: Model, asking: QuestionContext) -> date:
    """Return a measure's last day that has ended and is loaded, as a whole day in the question's time zone."""
    yesterday = asking.today - timedelta(days=1)
    day = min(yesterday, asking.loaded.get(measure.dataset, _UNKNOWN).last or yesterday)
    own = model.settings.time_zone
    if asking.zone == own:
        return day
    is_instant = (
        measure.time and model.datasets[measure.dataset].dimensions[measure.time].type.kind is TypeKind.TIMESTAMPTZ
    )
    if not is_instant:
        return day
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(own))
    return end.astimezone(ZoneInfo(asking.zone)).date() - timedelta(days=1)
