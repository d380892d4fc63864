"""Check a question before it runs: whether it's valid, what can be added, how much it reads, and which repairs work.

The check is pure. It gets the table sizes as an argument, and doesn't depend on any row's values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from semantic.compile import Compiled, compile_visible
from semantic.errors import AmbiguousPath, NotForMetric, Refused, SemanticError
from semantic.explore.repairs import (
    MOST_REPAIRS,
    Repair,
    does_compile,
    drop_broken,
    find_repairs,
    use_parts,
    use_path,
)
from semantic.explore.visible_labels import is_shown, label_of, listed
from semantic.model.definitions import Dataset, DataType, DatePart, Dimension, Granularity, Measure, Metric, TypeKind
from semantic.model.expression import parse_expression
from semantic.plan.joins.bridges import check_shared, far_sides
from semantic.plan.joins.joins import find_field
from semantic.plan.joins.only_for import check_dimension
from semantic.plan.joins.times import is_known_by
from semantic.plan.tree.nodes import every_leg
from semantic.policy.narrow import VisibleModel, measures_of, measures_split
from semantic.query.describe import (
    describe_days,
    describe_filters,
    describe_range,
    describe_title,
    join_words,
    lower_first,
)
from semantic.query.periods import Calendar, find_days
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.query.resolve import Asked
from semantic.results.result import Period
from semantic.sql.dialects.table import Dialect

MEDIUM_ROWS, LARGE_ROWS = 5_000_000, 50_000_000

DATE_DIMENSION = Dimension(
    name=DATE,
    label="Date",
    description="Uses each metric's own date.",
    dataset="",
    kind="time",
    sql=parse_expression("NULL"),
    type=DataType(TypeKind.DATE),
)


@dataclass(frozen=True)
class UnavailableDimension:
    """A dimension that can't break down the question's metrics.

    The reason and the remedy are computed on demand, because people look at only a few of thousands.
    """

    dimension: Dimension
    _splitting: _Splitting = field(compare=False, repr=False)

    @cached_property
    def reason(self) -> str:
        return str(next(iter(self._failing.values())))

    @cached_property
    def repairs(self) -> tuple[Repair, ...]:
        """The valid questions that use this dimension. Empty if none of the requested metrics has it."""
        if not self._splitting.is_near(self.dimension):
            return ()
        return tuple(_dimension_repairs(self._splitting, self.dimension, self._failing))

    @cached_property
    def _failing(self) -> Mapping[str, Refused]:
        return self._splitting.failing(self.dimension)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The result of checking a question before it runs.

    `splits` are other ways to break down `date`, besides consecutive periods: first the periods of the model's
    calendars, then date parts.
    """

    ok: bool
    error: SemanticError | None
    repairs: tuple[Repair, ...]
    available: tuple[Dimension, ...]
    unavailable: tuple[UnavailableDimension, ...]
    splits: tuple[Breakdown, ...]
    title: str
    period: Period
    filters: str
    notes: tuple[str, ...]
    cost: Literal["small", "medium", "large"]
    cost_words: str
    compiled: Compiled | None


def preflight(
    query: Query, seen: VisibleModel, dialect: Dialect, *, today: date, table_rows: Mapping[str, int] | None = None
) -> Preflight:
    """Check a question, and return everything that can be known about it without reading rows.

    Problems with the question are returned, never raised.
    """
    error: SemanticError | None = None
    compiled: Compiled | None = None
    try:
        compiled = compile_visible(seen, query, dialect, today=today)
    except SemanticError as wrong:
        error = wrong
    available, unavailable = _dimensions(query, seen, dialect, today)
    cost, words = _cost(compiled, seen, {} if table_rows is None else table_rows)
    return Preflight(
        ok=error is None,
        error=error,
        repairs=tuple(find_repairs(query, error, seen, dialect, today=today)) if error else (),
        available=available,
        unavailable=unavailable,
        splits=_splits(query, seen) if DATE_DIMENSION in available else (),
        title=describe_title(compiled.asked) if compiled else "",
        period=asked_period(compiled.asked) if compiled else describe_period(query, seen, today=today),
        filters=describe_filters(compiled.asked) if compiled else "",
        notes=compiled.notes if compiled else (),
        cost=cost,
        cost_words=words,
        compiled=compiled,
    )


def asked_period(asked: Asked) -> Period:
    """Return the period of a question, with its days described in words."""
    days = asked.days
    end, asked_end = (None, None) if days.is_open else (days.end, days.asked_end)
    return Period(days.start, end, asked.time_zone, describe_days(days), asked_end)


def compared_periods(asked: Asked) -> dict[str, Period]:
    """Return the period of each comparison, by the suffix of its columns."""
    return {
        compared.name: Period(
            compared.days.start,
            compared.days.end,
            asked.time_zone,
            describe_range(compared.days.start, compared.days.end, open_end=True),
        )
        for compared in asked.compared
    }


def describe_period(query: Query, seen: VisibleModel, *, today: date) -> Period:
    """Return the period of a question, described in words. If it can't be determined, that's all days."""
    settings = seen.model.settings
    zone = query.time_zone or settings.time_zone
    calendar = Calendar(query.week_start or settings.week_start, query.fiscal_start or settings.fiscal_start)
    try:
        days = find_days(query.time, calendar, today=today)
    except SemanticError:
        return Period(None, None, zone, "")
    return Period(days.start, days.end, zone, describe_days(days))


# Dimensions


def _dimensions(
    query: Query, seen: VisibleModel, dialect: Dialect, today: date
) -> tuple[tuple[Dimension, ...], tuple[UnavailableDimension, ...]]:
    """Return the dimensions that can break down the question's metrics, and the dimensions that can't."""
    metrics = tuple(seen.model.metrics[name] for name in query.metrics if is_shown(name, seen))
    dated = all(_is_dated(measure, seen) for metric in metrics for measure in measures_of(metric, seen.model))
    available: list[Dimension] = [DATE_DIMENSION] if metrics and dated else []
    unavailable: list[UnavailableDimension] = []
    splitting = _Splitting(query, metrics, seen, dialect, today)
    for dimension in seen.dimensions:
        if splitting.fits(dimension):
            available.append(dimension)
        else:
            unavailable.append(UnavailableDimension(dimension, splitting))
    return tuple(available), tuple(unavailable)


@dataclass(frozen=True)
class _Splitting:
    """Determines which dimensions can break down a question's metrics.

    The answer depends only on a dimension's dataset and its `only_for`, so it's computed once for each dataset that a
    fact reaches. Other datasets of the model aren't examined.
    """

    query: Query
    metrics: tuple[Metric, ...]
    seen: VisibleModel
    dialect: Dialect
    today: date
    _known: dict[tuple[str, ...], bool] = field(default_factory=dict, init=False)

    def fits(self, dimension: Dimension) -> bool:
        """Whether a dimension can break down every metric."""
        group = self.seen.places(dimension.name)
        if len(group) == 1:
            places, alike = (group[0].dataset,), (group[0].dataset, *group[0].only_for)
        else:
            places = tuple([place.dataset for place in group])
            alike = (*places, *[name for place in group for name in place.only_for])
        if alike not in self._known:
            near = all(not reached.isdisjoint(places) for reached in self._reached)
            self._known[alike] = near and not self.failing(dimension)
        return self._known[alike]

    def is_near(self, dimension: Dimension) -> bool:
        """Whether the rows of at least one fact reach a dimension, by one or several paths."""
        places = self._places(dimension)
        return any(not reached.isdisjoint(places) for reached in self._reached)

    def _places(self, dimension: Dimension) -> tuple[str, ...]:
        """Return the datasets that define the dimension."""
        group = self.seen.places(dimension.name)
        return (group[0].dataset,) if len(group) == 1 else tuple(place.dataset for place in group)

    def failing(self, dimension: Dimension) -> dict[str, Refused]:
        """Return the metrics that a dimension can't break down, with the reason for each."""
        model, group = self.seen.model, self.seen.places(dimension.name)
        failing: dict[str, Refused] = {}
        for metric, measures in self._measures:
            for measure in measures:
                try:
                    found_field = find_field(model.datasets[measure.dataset], group, None, self.seen, metric.label)
                    same = [
                        each_measure
                        for each_measure in measures_split(metric, model)
                        if each_measure.dataset == measure.dataset
                    ]
                    for each_measure in same if any(edge.weight for edge in found_field.path) else ():
                        check_shared(each_measure, found_field.path, model, metric.label)
                    for each_measure in same if found_field.dimension.only_for else ():
                        check_dimension(metric, each_measure, found_field.dimension, self.seen)
                except Refused as reason:
                    # The error is cached with the question. Its traceback would keep a page's objects in memory.
                    failing.setdefault(metric.name, reason.with_traceback(None))
        return failing

    @cached_property
    def _measures(self) -> list[tuple[Metric, list[Measure]]]:
        """Return each metric with one measure for each fact that a breakdown splits."""
        split = [(metric, measures_split(metric, self.seen.model)) for metric in self.metrics]
        return [
            (metric, list({measure.dataset: measure for measure in measures}.values())) for metric, measures in split
        ]

    @cached_property
    def _reached(self) -> list[frozenset[str]]:
        """Return, for each fact, the datasets that its rows reach, including those across bridges."""
        facts = dict.fromkeys(measure.dataset for _, measures in self._measures for measure in measures)
        return [self._reached_from(self.seen.model.datasets[name]) for name in facts]

    def _reached_from(self, fact: Dataset) -> frozenset[str]:
        tied = {target for target, _ in far_sides(fact, self.seen)}
        return frozenset(tied | self.seen.model.joins.paths(fact.name).keys())


def _splits(query: Query, seen: VisibleModel) -> tuple[Breakdown, ...]:
    """Return the calendar periods and date parts that can break down the date of every requested metric."""
    metrics = [seen.model.metrics[name] for name in query.metrics if is_shown(name, seen)]
    times = {
        (measure.dataset, measure.time)
        for metric in metrics
        for measure in measures_of(metric, seen.model)
        if measure.time
    }
    fields = [seen.model.datasets[dataset].dimensions[time] for dataset, time in times]

    def known(grain: Granularity) -> bool:
        return all(is_known_by(dimension, grain) for dimension in fields)

    periods = [Breakdown(DATE, period=period.name) for period in seen.periods] if known(Granularity.DAY) else []
    numbered = query.time is not None and (not isinstance(query.time, Between) or query.time.start is not None)
    parts = [
        date_part
        for date_part in DatePart
        if known(date_part.grain) and (date_part is not DatePart.DAY_NUMBER or numbered)
    ]
    return (*periods, *(Breakdown(DATE, part=date_part) for date_part in parts))


def _is_dated(measure: Measure, seen: VisibleModel) -> bool:
    if measure.time is None:
        return False
    return not seen.hides_dates(seen.model.datasets[measure.dataset].dimensions[measure.time])


def _dimension_repairs(splitting: _Splitting, dimension: Dimension, failing: Mapping[str, Refused]) -> Iterator[Repair]:
    query, seen = splitting.query, splitting.seen
    reason = next(iter(failing.values()))
    wished = replace(query, by=(*query.by, Breakdown(dimension.name)))
    candidates: list[Callable[[], Repair]] = []
    if isinstance(reason, AmbiguousPath):
        candidates += [lambda way=way: use_path(wished, dimension.name, way) for way in reason.names[1:]]
    if isinstance(reason, NotForMetric):
        candidates += [lambda part=use_part: part for use_part in use_parts(wished, dimension.name, seen)]
    rest = tuple(name for name in query.metrics if name not in failing)
    if rest and len(rest) < len(query.metrics):
        label = f"Drop {join_words([label_of(name, seen) for name in failing])}"
        effect = f"Shows {listed(rest, seen)} by {lower_first(dimension.label)}."
        candidates.append(lambda: Repair(label, effect, drop_broken(replace(wished, metrics=rest))))
    for make in candidates[:MOST_REPAIRS]:
        repair = make()
        if does_compile(repair.query, seen, splitting.dialect, splitting.today):
            yield repair


# Cost


def _cost(
    compiled: Compiled | None, seen: VisibleModel, table_rows: Mapping[str, int]
) -> tuple[Literal["small", "medium", "large"], str]:
    """Return how large a question is, as a size and in words, based on the number of rows in the tables it reads.

    The size reveals hidden rows, so only people who see all rows get it (G6).
    """
    if compiled is None or seen.rules:
        return "small", ""
    sizes = [table_rows.get(leg.dataset.name) for leg in every_leg(compiled.plan)]
    rows = sum(size for size in sizes if size is not None)
    size: Literal["small", "medium", "large"] = (
        "small" if rows < MEDIUM_ROWS else "medium" if rows < LARGE_ROWS else "large"
    )
    return size, f"reads up to about {rounded_count(rows)} rows" if None not in sizes and rows else ""


def rounded_count(rows: int) -> str:
    """Return a number of rows in words with three significant digits: `2.35 million`."""
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if rows >= size:
            return f"{rows / size:.3g} {word}"
    return f"{float(f'{rows:.3g}'):,.0f}"
