"""Before anything runs: is this question valid, what else could be added, what will it cost; with repairs that compile.

Pure: table sizes are an argument. Nothing here depends on the values of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from semantic.compile import Compiled, compile_visible
from semantic.errors import AmbiguousPath, FanOut, NoPath, Refused, SemanticError, TimeMismatch, UnknownName
from semantic.model.definitions import DataType, Dimension, Granularity, Measure, Metric, TypeKind
from semantic.model.expression import parse_expression
from semantic.plan.joins import find_field
from semantic.policy.narrow import Visible, measures_of
from semantic.query.data import column_name
from semantic.query.describe import describe_days, describe_filters, describe_title, join_words, lower_first
from semantic.query.query import DATE, AllOf, Breakdown, Condition, Query
from semantic.query.resolve import find_days
from semantic.result import Period
from semantic.sql.dialects import Dialect

MEDIUM_ROWS, LARGE_ROWS = 5_000_000, 50_000_000
MOST_REPAIRS = 3

DATE_DIMENSION = Dimension(
    name=DATE,
    label="Date",
    description="Each metric's own date.",
    dataset="",
    kind="time",
    sql=parse_expression("NULL"),
    type=DataType(TypeKind.DATE),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A changed question that compiles: what to press, and what it gives."""

    label: str
    effect: str
    query: Query


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A dimension that cannot break down this set of metrics, why, and what would help."""

    dimension: Dimension
    reason: str
    repairs: tuple[Repair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is known of a question before it runs."""

    ok: bool
    error: SemanticError | None
    repairs: tuple[Repair, ...]
    available: tuple[Dimension, ...]
    unavailable: tuple[Unavailable, ...]
    title: str
    period: Period
    filters: str
    notes: tuple[str, ...]
    cost: Literal["small", "medium", "large"]
    cost_words: str
    compiled: Compiled | None


def preflight(
    query: Query, seen: Visible, dialect: Dialect, *, today: date, table_rows: Mapping[str, int] | None = None
) -> Preflight:
    """Everything about a question that needs no rows. Never raises for what a person can ask."""
    error: SemanticError | None = None
    compiled: Compiled | None = None
    try:
        compiled = compile_visible(seen, query, dialect, today=today)
    except SemanticError as wrong:
        error = wrong
    available, unavailable = _dimensions(query, seen, dialect, today)
    cost, words = _cost(compiled, seen, table_rows or {})
    return Preflight(
        ok=error is None,
        error=error,
        repairs=tuple(find_repairs(query, error, seen, dialect, today=today)) if error else (),
        available=available,
        unavailable=unavailable,
        title=describe_title(compiled.asked) if compiled else "",
        period=describe_period(query, seen, today=today),
        filters=describe_filters(compiled.asked) if compiled else "",
        notes=compiled.notes if compiled else (),
        cost=cost,
        cost_words=words,
        compiled=compiled,
    )


def describe_period(query: Query, seen: Visible, *, today: date) -> Period:
    """The question's days and their words; all days when they cannot be told."""
    settings = seen.model.settings
    zone = query.time_zone or settings.time_zone
    try:
        days = find_days(query, query.week_start or settings.week_start, today=today)
    except SemanticError:
        return Period(None, None, zone, "")
    return Period(days.start, days.end, zone, describe_days(days))


def find_repairs(
    query: Query, error: SemanticError, seen: Visible, dialect: Dialect, *, today: date
) -> Iterator[Repair]:
    """Changed questions that compile, nearest to what was asked first; at most three, no two the same."""
    found: list[Query] = []
    for repair in _candidates(query, error, seen):
        if len(found) == MOST_REPAIRS:
            return
        if repair.query not in found and _compiles(repair.query, seen, dialect, today):
            found.append(repair.query)
            yield repair


def _compiles(query: Query, seen: Visible, dialect: Dialect, today: date) -> bool:
    try:
        compile_visible(seen, query, dialect, today=today)
    except SemanticError:
        return False
    return True


def _candidates(query: Query, error: SemanticError, seen: Visible) -> Iterator[Repair]:
    if isinstance(error, UnknownName):
        yield from (_swap(query, error.name, near, seen) for near in error.near)
    if isinstance(error, AmbiguousPath):
        name, *ways = error.names
        yield from (_through(query, name, way) for way in ways)
    if isinstance(error, TimeMismatch):
        yield Repair("Use the reporting zone", "Days as the model counts them.", replace(query, time_zone=None))
        by = tuple(replace(one, grain=Granularity.DAY) if one.grain is Granularity.HOUR else one for one in query.by)
        yield Repair("Ask for all days", "Without a period.", replace(query, time=None))
        yield Repair("Split by day", "Every metric here has a day.", replace(query, by=by))
    if isinstance(error, (FanOut, NoPath)):
        yield from _other_breakdowns(query, error, seen)
    yield from _removals(query, seen)


def _other_breakdowns(query: Query, error: Refused, seen: Visible) -> Iterator[Repair]:
    """The breakdown that cannot be, swapped for the first category that is near to every metric asked for."""
    broken = next((one for one in query.by if one.dim in error.names), None)
    metrics = [seen.model.metrics[name] for name in query.metrics if _is_shown(name, seen)]
    if broken is None or not metrics:
        return
    used = {one.dim for one in query.by}
    facts = {measure.dataset for metric in metrics for measure in measures_of(metric, seen.model)}
    for name, group in seen.model.dimensions.items():
        first = group[0]
        near = all(any(_hops(fact, one.dataset, seen) < 2 for one in group) for fact in facts)
        if near and name not in used and first.kind == "categorical" and seen.shows_dimension(first):
            by = tuple(Breakdown(name) if one == broken else one for one in query.by)
            effect = f"Every metric here has its {lower_first(first.label)}."
            yield Repair(f"Break down by {first.label}", effect, _ordered(replace(query, by=by)))
            return


def _hops(fact: str, dataset: str, seen: Visible) -> int:
    return min((len(path) for path in seen.model.joins.paths(fact).get(dataset, ())), default=99)


def _removals(query: Query, seen: Visible) -> Iterator[Repair]:
    for one in query.by:
        rest = tuple(other for other in query.by if other != one)
        yield Repair(
            f"Leave out {_label(one.dim, seen)}",
            "The rest of the question as it is.",
            _ordered(replace(query, by=rest)),
        )
    if len(query.metrics) > 1:
        for name in query.metrics:
            rest = tuple(other for other in query.metrics if other != name)
            label = _label(name, seen)
            yield Repair(f"Drop {label}", f"Shows {_listed(rest, seen)}.", _ordered(replace(query, metrics=rest)))
    parts = query.where.parts if isinstance(query.where, AllOf) else (query.where,) if query.where else ()
    for part in parts:
        rest = tuple(other for other in parts if other is not part)
        where = AllOf(rest) if len(rest) > 1 else rest[0] if rest else None
        name = _label(part.dim, seen) if isinstance(part, Condition) else "one filter"
        yield Repair(f"Remove the filter on {name}", "All rows count again.", replace(query, where=where))
    if query.order or query.limit:
        yield Repair("Use the usual order", "Largest first, or in the course of time.", replace(query, order=()))


def _ordered(query: Query) -> Query:
    """Without an order by a column that is gone."""
    names = {*query.metrics, *(column_name(one) for one in query.by)}
    return replace(query, order=tuple(one for one in query.order if one.by in names))


def _swap(query: Query, old: str, new: str, seen: Visible) -> Repair:
    metrics = tuple(dict.fromkeys(new if name == old else name for name in query.metrics))
    by = tuple(dict.fromkeys(replace(one, dim=new) if one.dim == old else one for one in query.by))
    label = _label(new, seen)
    return Repair(f"Use {label}", f"{label} instead of {old!r}.", _ordered(replace(query, metrics=metrics, by=by)))


def _through(query: Query, name: str, way: str) -> Repair:
    by = tuple(replace(one, via=way) if one.dim == name else one for one in query.by)
    return Repair(
        f"By way of {way.replace('_', ' ').replace('.', ', ')}", "That road to it is taken.", replace(query, by=by)
    )


def _label(name: str, seen: Visible) -> str:
    """The label of a name this actor may see; else the name as written."""
    if name == DATE:
        return "Date"
    metric = seen.model.metrics.get(name)
    if metric and seen.shows_metric(metric):
        return metric.label
    group = seen.model.dimensions.get(name)
    return group[0].label if group and seen.shows_dimension(group[0]) else name


def _listed(names: Sequence[str], seen: Visible) -> str:
    return join_words([lower_first(_label(name, seen)) for name in names])


# Dimensions


def _dimensions(
    query: Query, seen: Visible, dialect: Dialect, today: date
) -> tuple[tuple[Dimension, ...], tuple[Unavailable, ...]]:
    """What could break down this set of metrics, and what could not, with the reason."""
    metrics = [seen.model.metrics[name] for name in query.metrics if _is_shown(name, seen)]
    dated = all(_is_dated(one, seen) for metric in metrics for one in measures_of(metric, seen.model))
    available: list[Dimension] = [DATE_DIMENSION] if metrics and dated else []
    unavailable: list[Unavailable] = []
    measures = {metric.name: _one_per_fact(metric, seen) for metric in metrics}
    for dimension in seen.dimensions:
        failing = _failing(dimension, metrics, measures, seen)
        if not failing:
            available.append(dimension)
        else:
            repairs = tuple(_dimension_repairs(query, dimension, failing, seen, dialect, today))
            unavailable.append(Unavailable(dimension, str(next(iter(failing.values()))), repairs))
    return tuple(available), tuple(unavailable)


def _is_dated(measure: Measure, seen: Visible) -> bool:
    if measure.time is None:
        return False
    return not seen.hides_dates(seen.model.datasets[measure.dataset].dimensions[measure.time])


def _is_shown(name: str, seen: Visible) -> bool:
    metric = seen.model.metrics.get(name)
    return metric is not None and seen.shows_metric(metric)


def _one_per_fact(metric: Metric, seen: Visible) -> list[Measure]:
    return list({measure.dataset: measure for measure in measures_of(metric, seen.model)}.values())


def _failing(
    dimension: Dimension, metrics: Sequence[Metric], measures: Mapping[str, Sequence[Measure]], seen: Visible
) -> dict[str, Refused]:
    """The metrics that this dimension cannot break down, each with why."""
    group = seen.model.dimensions[dimension.name]
    failing: dict[str, Refused] = {}
    for metric in metrics:
        for measure in measures[metric.name]:
            try:
                find_field(seen.model.datasets[measure.dataset], group, None, seen, metric.label)
            except Refused as reason:
                failing.setdefault(metric.name, reason)
    return failing


def _dimension_repairs(
    query: Query, dimension: Dimension, failing: Mapping[str, Refused], seen: Visible, dialect: Dialect, today: date
) -> Iterator[Repair]:
    reason = next(iter(failing.values()))
    wished = replace(query, by=(*query.by, Breakdown(dimension.name)))
    candidates: list[Callable[[], Repair]] = []
    if isinstance(reason, AmbiguousPath):
        candidates += [lambda way=way: _through(wished, dimension.name, way) for way in reason.names[1:]]
    rest = tuple(name for name in query.metrics if name not in failing)
    if rest and len(rest) < len(query.metrics):
        label = f"Drop {join_words([_label(name, seen) for name in failing])}"
        effect = f"Shows {_listed(rest, seen)} by {lower_first(dimension.label)}."
        candidates.append(lambda: Repair(label, effect, _ordered(replace(wished, metrics=rest))))
    for make in candidates[:MOST_REPAIRS]:
        repair = make()
        if _compiles(repair.query, seen, dialect, today):
            yield repair


# Cost


def _cost(
    compiled: Compiled | None, seen: Visible, table_rows: Mapping[str, int]
) -> tuple[Literal["small", "medium", "large"], str]:
    """A class from the rows of the tables read. It tells of hidden rows: only who sees all has it (G6)."""
    if compiled is None:
        return "small", ""
    if seen.rules:
        return "small", ""
    rows = sum(table_rows.get(leg.dataset.name, 0) for leg in compiled.plan.legs)
    size: Literal["small", "medium", "large"] = (
        "small" if rows < MEDIUM_ROWS else "medium" if rows < LARGE_ROWS else "large"
    )
    if not rows:
        return size, {"small": "quick", "medium": "takes a moment", "large": "reads a lot"}[size]
    return size, f"reads at most {_about(rows)} rows"


def _about(rows: int) -> str:
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if rows >= size:
            return f"{rows / size:.3g} {word}"
    return f"{rows:,}"
