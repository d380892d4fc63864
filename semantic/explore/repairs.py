"""Suggest valid changes to an invalid question, closest to the original first."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.compile import compile_visible
from semantic.errors import (
    AmbiguousPath,
    FanOut,
    GrainTooFine,
    MissingRate,
    NoPath,
    NotForMetric,
    QueryError,
    Refused,
    SemanticError,
    TimeMismatch,
    TooExpensive,
    TooLarge,
    UnknownName,
    UnsafeReaggregation,
)
from semantic.explore.similar_metrics import nearest_metric
from semantic.explore.visible_labels import filter_label, is_shown, label_of, listed
from semantic.model.definitions import CheckKind, DatePart, Granularity, Metric, TypeKind
from semantic.model.model import Model
from semantic.plan.joins.only_for import is_barred, metrics_for
from semantic.policy.narrow import VisibleModel, measures_of, measures_split
from semantic.query.calculated import find_calculations
from semantic.query.calculations import renamed
from semantic.query.comparisons import comparison_names
from semantic.query.data import column_name
from semantic.query.describe import describe_range, join_words, lower_first
from semantic.query.filter_parts import parts_of
from semantic.query.periods import Calendar, Days, find_days, whole_instead, widened
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Between,
    Breakdown,
    ByMember,
    Calculation,
    CalculationKind,
    Condition,
    Filter,
    InSegment,
    Last,
    NotAny,
    Operator,
    Query,
    SqlCondition,
)
from semantic.sql.dialects.table import Dialect

MOST_REPAIRS, MOST_CHANGES = 3, 3
MOST_TRIED, MOST_NEXT = 60, 5
"""The most questions to try with a further change, and the most changes to try for each."""
MOST_WORK, FEWEST_TRIED = 20_000, 6
"""The most SQL to compile in search of repairs, in units of `_work`. At least FEWEST_TRIED changes are tried, even for
a large question.
"""
MOST_LISTED = 3  # metrics named on a button


@dataclass(frozen=True, slots=True)
class Repair:
    """A valid question to ask instead, with the label of its button."""

    label: str
    effect: str
    query: Query


def find_repairs(
    query: Query, error: SemanticError, seen: VisibleModel, dialect: Dialect, *, today: date
) -> Iterator[Repair]:
    """Yield up to three different valid questions, closest to the original first.

    A repair changes as little as possible: a single thing, or a few if several are wrong. A question that can be
    reached in several ways is tried once.
    """
    tried: dict[Query, SemanticError | None] = {query: error}
    most = max(FEWEST_TRIED, MOST_WORK // _work(query))
    waiting: Iterable[Repair] = _candidates(query, error, seen, today)  # generated lazily: few are tried
    for _ in range(MOST_CHANGES):
        queries: list[Query] = []
        following: list[Repair] = []
        for repair in waiting:
            if repair.query not in tried:
                if len(tried) > most:
                    return
                tried[repair.query] = _error_of(repair.query, seen, dialect, today)
            left = tried[repair.query]
            if left is not None and len(following) < MOST_TRIED:
                more = itertools.islice(_candidates(repair.query, left, seen, today), MOST_NEXT)
                following += [_after(repair, other) for other in more]
            elif left is None and repair.query not in queries:
                queries.append(repair.query)
                yield repair
            if len(queries) == MOST_REPAIRS:
                return
        if queries:
            return
        waiting = following


def _work(query: Query) -> int:
    """Return a rough estimate of the columns and conditions in a question's SQL, which determine its compile time."""
    parts = [] if query.where is None else parts_of(query.where)
    conditions = sum(5 if isinstance(part, ByMember) else 1 for part in parts)
    return len(query.metrics) * (1 + len(query.compare)) * (1 + conditions) + 1


def _after(first: Repair, other: Repair) -> Repair:
    return Repair(f"{first.label}, {lower_first(other.label)}", other.effect, other.query)


def _error_of(query: Query, seen: VisibleModel, dialect: Dialect, today: date) -> SemanticError | None:
    try:
        compile_visible(seen, query, dialect, today=today)
    except SemanticError as error:
        return error
    return None


def does_compile(query: Query, seen: VisibleModel, dialect: Dialect, today: date) -> bool:
    """Whether a question compiles for this actor."""
    return _error_of(query, seen, dialect, today) is None


def _candidates(query: Query, error: SemanticError, seen: VisibleModel, today: date) -> Iterator[Repair]:
    if isinstance(error, UnknownName):
        yield from (_swap(query, error.name, near, seen) for near in error.near)
    if isinstance(error, AmbiguousPath):
        name, *ways = error.names
        yield from (use_path(query, name, way) for way in ways)
    if isinstance(error, UnsafeReaggregation):
        # An error about a bridge names a measure, which isn't a breakdown.
        for name in (each_name for each_name in error.names[1:] if each_name in seen.model.dimensions):
            label = label_of(name, seen)
            by = (*query.by, Breakdown(name))
            yield Repair(
                f"Break down by {label}", f"Shows each {lower_first(label)} separately.", replace(query, by=by)
            )
            yield from _only_one(query, name, label, seen)
        yield from _other_calculations(query)
        if query.top is not None and query.top.other:
            yield Repair("Leave out Other", "Shows only the top.", replace(query, top=replace(query.top, other=False)))
    if isinstance(error, GrainTooFine):
        yield from _longer_periods(query, Granularity(error.names[1]), seen, today)
    if isinstance(error, TimeMismatch):
        # Earlier months don't line up with weeks, and overlap longer periods.
        if error.names[-1:] in ((Granularity.WEEK.value,), (Granularity.MONTH.value,)):
            yield _by_month(query)
        yield Repair("Use the reporting time zone", "Uses the model's own days.", replace(query, time_zone=None))
        by = tuple(_by_day(breakdown) for breakdown in query.by)
        yield Repair("Use all time", "Removes the date range.", replace(query, time=None))
        yield Repair("Break down by day", "All metrics here have a daily date.", replace(query, by=by))
    if isinstance(error, MissingRate):
        yield from money_repairs(query, seen.model)
    if isinstance(error, TooExpensive):
        yield from _less(query, error, seen, today)
    if isinstance(error, TooLarge):
        yield from _smaller(query, seen)
    if isinstance(error, NotForMetric):
        yield from _alike_breakdowns(query, error, seen)
        yield from use_parts(query, error.names[2], seen)
    if isinstance(error, (FanOut, NoPath)):
        yield from _other_metrics(query, error, seen)
    if isinstance(error, (FanOut, NoPath, NotForMetric)):
        yield from _other_breakdowns(query, error, seen)
    yield from _removals(query, seen)


def _less(query: Query, error: TooExpensive, seen: VisibleModel, today: date) -> Iterator[Repair]:
    """Yield the question with the part that is too large reduced to its limit."""
    most = error.most
    match error.what:
        case "rows":
            label = "Show the first row" if most == 1 else f"Show the first {most:,} rows"
            yield Repair(label, "In the order of the results.", replace(query, limit=most))
        case "breakdowns" if most:
            kept = query.by[:most]
            label = f"Break down by {join_words([label_of(breakdown.dim, seen) for breakdown in kept])} only"
            yield Repair(label, "Removes the other breakdowns.", drop_broken(replace(query, by=kept)))
        case "metrics":
            metrics = query.metrics[:most]
            label = f"Show only {listed(metrics, seen)}"
            yield Repair(label, "Removes the other metrics.", drop_broken(replace(query, metrics=metrics)))
        case "days":
            calendar = Calendar(seen.model.settings.week_start, seen.model.settings.fiscal_start)
            end = find_days(query.time, calendar, today=today).end
            words = "day" if most == 1 else f"{most:,} days"
            if end is not None:
                last = Between(end - timedelta(days=most), end - timedelta(days=1))
                yield Repair(f"Last {words} of the period", "Leaves out earlier days.", replace(query, time=last))
            recent = replace(query, time=Last(most, Granularity.DAY))
            yield Repair(f"Last {words}", "Complete days only.", recent)
        case _:
            pass


def _smaller(query: Query, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question without comparisons, with fewer metrics, or without filters, which cause most of its SQL."""
    if query.compare:
        effect = "Same numbers, without the earlier period."
        yield Repair("Remove the comparisons", effect, drop_broken(replace(query, compare=())))
    count = len(query.metrics)
    while count > 1:
        count //= 2
        metrics = query.metrics[:count]
        words = listed(metrics, seen) if count <= MOST_LISTED else f"the first {count} metrics"
        yield Repair(f"Show only {words}", "Removes the other metrics.", drop_broken(replace(query, metrics=metrics)))
    if query.where is not None:
        yield Repair("Remove the filters", "Includes all rows.", drop_broken(replace(query, where=None)))


def money_repairs(query: Query, model: Model) -> Iterator[Repair]:
    """Yield the question with other exchange rates, and in the currency of the stored amounts."""
    if query.rates is not None:
        yield Repair(
            "Use daily exchange rates", "Converts each amount at its own day's rate.", replace(query, rates=None)
        )
    if query.currency not in (None, model.settings.currency):
        effect = "Uses the model's own currency."
        yield Repair(f"In {model.settings.currency}", effect, replace(query, currency=None, rates=None))


def _by_month(query: Query) -> Repair:
    months = [
        replace(breakdown, grain=Granularity.MONTH, part=None, period=None) if breakdown.is_time else breakdown
        for breakdown in query.by
    ]
    if not any(month.is_time for month in months):
        months.append(Breakdown(DATE, Granularity.MONTH))
    return Repair(
        "Break down by month", "Compares each month with earlier ones.", drop_broken(replace(query, by=tuple(months)))
    )


def _by_day(breakdown: Breakdown) -> Breakdown:
    """Return a date breakdown by day instead of hours, shorter periods or calendar periods."""
    finer = breakdown.grain is not None and breakdown.grain.is_clock
    if finer or breakdown.period or breakdown.part is DatePart.HOUR:
        return replace(breakdown, grain=Granularity.DAY, part=None, period=None)
    return breakdown


def _other_calculations(query: Query) -> Iterator[Repair]:
    """Yield the question with a ratio in place of an impossible difference, and the question without a calculation."""
    for place, calculation in enumerate(query.calc):
        before, after = query.calc[:place], query.calc[place + 1 :]
        if calculation.do is CalculationKind.DIFFERENCE:
            divided = replace(calculation, do=CalculationKind.RATIO)
            effect = "Shows one divided by the other."
            yield Repair("Divide instead", effect, replace(query, calc=(*before, divided, *after)))
        label = f"Remove the {calculation.do.value.replace('_', ' ')}"
        yield Repair(label, "Keeps the rest of the question.", drop_broken(replace(query, calc=(*before, *after))))


def _only_one(query: Query, dimension: str, label: str, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question filtered to each value that the model lists for a dimension, unless it's masked."""
    if seen.mask(dimension) is not None:
        return
    for each_dimension in seen.model.dimensions[dimension]:
        checks = seen.model.datasets[each_dimension.dataset].checks
        listed = [
            check.values
            for check in checks
            if check.kind is CheckKind.ACCEPTED and check.columns == each_dimension.sql.columns
        ]
        for text in listed[0] if listed else ():
            value = int(text) if each_dimension.type.kind is TypeKind.INTEGER else text
            only = Condition(dimension, Operator.IN, (value,))
            where = AllOf((*query.where.parts, only)) if isinstance(query.where, AllOf) else only
            where = where if query.where is None or isinstance(query.where, AllOf) else AllOf((query.where, only))
            effect = f"Includes only {label} {text}, which adds up."
            yield Repair(f"Only {text} of {lower_first(label)}", effect, replace(query, where=where))


def _longer_periods(query: Query, own: Granularity, seen: VisibleModel, today: date) -> Iterator[Repair]:
    """Yield the question by the shortest period that the data has, over whole periods.

    One repair covers only the periods that lie fully within the question's days, another all periods that overlap them.
    Whole periods are compared with whole periods, but days without such a breakdown are compared with the same number
    of days. That's why the comparisons get the breakdown too.
    """
    shown = tuple(
        replace(breakdown, grain=own, part=None, period=None) if breakdown.dim == DATE else breakdown
        for breakdown in query.by
    )
    is_dated = any(breakdown.dim == DATE for breakdown in query.by)
    by = shown if is_dated or not query.compare else (Breakdown(DATE, own), *query.by)
    settings = seen.model.settings
    calendar = Calendar(query.week_start or settings.week_start, query.fiscal_start or settings.fiscal_start)
    days = find_days(query.time, calendar, today=today)
    yield Repair(f"Break down by {own.value}", f"The data is kept by {own.value}.", replace(query, by=by))
    if days.start and days.end and days.end <= days.start:
        return
    wider = widened(days, own, calendar)
    inside = whole_instead(days, own, calendar, today=today)
    start, end = inside.start, inside.end
    whole = Between(start, end - timedelta(days=1) if end else None)
    words = describe_range(start, end, open_end=True)
    ahead = f" The current {own.value} isn't over yet."  # its numbers are incomplete, or planned values
    more = ahead if _is_inside(today, inside) else ""
    yield Repair(f"Use whole {own.value}s", f"{words}.{more}", replace(query, time=whole))
    if wider != inside:
        touched = Between(wider.start, wider.end - timedelta(days=1) if wider.end else None)
        effect = f"{describe_range(wider.start, wider.end, open_end=True)}.{ahead if _is_inside(today, wider) else ''}"
        yield Repair(f"Include every {own.value} it touches", effect, replace(query, time=touched))
    both = replace(query, by=by, time=whole)
    yield Repair(f"Break down by {own.value}, whole {own.value}s", f"{words}, by {own.value}.{more}", both)
    if (shown, start, end) != (query.by, days.start, days.end):  # otherwise it is offered anyway
        alone = replace(query, by=shown, time=whole, compare=())
        yield Repair("Remove the comparison", "Shows this period only.", drop_broken(alone))


def _is_inside(today: date, days: Days) -> bool:
    """Whether a period with an end includes today."""
    return days.end is not None and (days.start is None or days.start <= today) and today < days.end


def use_parts(query: Query, dimension: str, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question with metrics replaced by their parts, if they aren't meant for a dimension.

    Only parts that the dimension can break down are used.
    """
    taken: dict[str, Metric] = {}
    for name in query.metrics:
        metric = seen.model.metrics.get(name)
        if metric is None or not is_shown(name, seen) or not is_barred(metric, dimension, seen):
            continue
        metrics = [each_metric for place in seen.places(dimension) for each_metric in metrics_for(metric, place, seen)]
        near = next((metric for metric in metrics if not is_barred(metric, dimension, seen)), None)
        if near is None:
            return
        taken[name] = near
    if taken:
        yield _instead(query, taken, seen)


def _alike_breakdowns(query: Query, error: Refused, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question with a breakdown replaced by one with a similar name.

    For example, "stage that day" can replace "stage now", because both share a word.
    """
    broken = next((breakdown for breakdown in query.by if breakdown.dim == error.names[2]), None)
    metrics = [seen.model.metrics[name] for name in query.metrics if is_shown(name, seen)]
    if broken is None:
        return
    words = {*broken.dim.split("_")}
    for dimension in seen.dimensions:
        alike = dimension.kind == seen.places(broken.dim)[0].kind and not words.isdisjoint(dimension.name.split("_"))
        if (
            not alike
            or dimension.name in {by.dim for by in query.by}
            or any(is_barred(metric, dimension.name, seen) for metric in metrics)
        ):
            continue
        homes = {place.dataset for place in seen.places(dimension.name)}
        if all(measure.dataset in homes for metric in metrics for measure in measures_split(metric, seen.model)):
            by = tuple(Breakdown(dimension.name) if breakdown == broken else breakdown for breakdown in query.by)
            yield Repair(f"Break down by {dimension.label}", dimension.description, drop_broken(replace(query, by=by)))


def _instead(query: Query, taken: Mapping[str, Metric], seen: VisibleModel) -> Repair:
    """Return the question with the metrics in `taken` replaced."""
    swapped = query
    for name, near in taken.items():
        swapped = _swap(swapped, name, near.name, seen).query
    label = f"Use {join_words([*dict.fromkeys(metric.label for metric in taken.values())])}"
    return Repair(label, " ".join(dict.fromkeys(metric.description for metric in taken.values())), swapped)


def _other_metrics(query: Query, error: Refused, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question with each metric that doesn't fit its breakdowns and filters replaced.

    The replacement is the most similar metric that fits. Yields nothing if a metric has no such replacement.
    """
    places = {
        breakdown.dim: {place.dataset for place in seen.places(breakdown.dim)}
        for breakdown in query.by
        if breakdown.dim != DATE
    }
    broken = next((name for name in error.names[2:3] if name in seen.model.dimensions), None)  # maybe of a filter
    if broken is None or not all(places.values()):
        return
    places.setdefault(broken, {place.dataset for place in seen.places(broken)})
    taken: dict[str, Metric] = {}
    for name in query.metrics:
        metric = seen.model.metrics.get(name)
        if metric is None or not is_shown(name, seen):
            continue
        if _splits(metric, places[broken], seen) and not is_barred(metric, broken, seen):
            continue
        near = nearest_metric(metric, [*places.values()], seen, without=query.metrics, but_not=(*places,))
        if near is None:
            return
        taken[name] = near
    if taken:
        yield _instead(query, taken, seen)


def _splits(metric: Metric, places: Collection[str], seen: VisibleModel) -> bool:
    """Whether every row that a metric counts reaches at least one of these datasets."""
    facts = {measure.dataset for measure in measures_split(metric, seen.model)}
    return all(not seen.model.joins.paths(fact).keys().isdisjoint(places) for fact in facts)


def _other_breakdowns(query: Query, error: Refused, seen: VisibleModel) -> Iterator[Repair]:
    """Yield the question with an unavailable breakdown replaced.

    The replacement is the first category that is near every requested metric.
    """
    broken = next((breakdown for breakdown in query.by if breakdown.dim in error.names), None)
    metrics = [seen.model.metrics[name] for name in query.metrics if is_shown(name, seen)]
    if broken is None or not metrics:
        return
    used = {breakdown.dim for breakdown in query.by}
    facts = {measure.dataset for metric in metrics for measure in measures_of(metric, seen.model)}
    for name, group in seen.model.dimensions.items():
        first = group[0]
        near = all(any(_hops(fact, dimension.dataset, seen) < 2 for dimension in group) for fact in facts)
        near = near and not any(is_barred(metric, name, seen) for metric in metrics)
        if near and name not in used and first.kind == "categorical" and seen.shows_dimension(first):
            by = tuple(Breakdown(name) if breakdown == broken else breakdown for breakdown in query.by)
            effect = f"Every metric here has {lower_first(first.label)}."
            yield Repair(f"Break down by {first.label}", effect, drop_broken(replace(query, by=by)))
            return


def _hops(fact: str, dataset: str, seen: VisibleModel) -> int:
    return min((len(path) for path in seen.model.joins.paths(fact).get(dataset, ())), default=99)


def _removals(query: Query, seen: VisibleModel) -> Iterator[Repair]:
    for breakdown in query.by:
        rest = tuple(other for other in query.by if other != breakdown)
        yield Repair(
            f"Remove {label_of(breakdown.dim, seen)}",
            "Keeps the rest of the question.",
            drop_broken(replace(query, by=rest)),
        )
    if len(query.metrics) > 1:
        for name in query.metrics:
            rest = tuple(other for other in query.metrics if other != name)
            label = label_of(name, seen)
            yield Repair(f"Drop {label}", f"Shows {listed(rest, seen)}.", drop_broken(replace(query, metrics=rest)))
    if len(query.metrics) > 2:
        for name in query.metrics:
            label = f"Show only {lower_first(label_of(name, seen))}"
            yield Repair(label, "Removes the other metrics.", drop_broken(replace(query, metrics=(name,))))
    for calculation in query.calc:
        label = f"Remove the {calculation.do.value.replace('_', ' ')}"
        rest = tuple(other for other in query.calc if other != calculation)
        yield Repair(label, "Keeps the rest of the question.", drop_broken(replace(query, calc=rest)))
    parts = query.where.parts if isinstance(query.where, AllOf) else (query.where,) if query.where else ()
    for part in parts:
        rest = tuple(other for other in parts if other is not part)
        where = AllOf(rest) if len(rest) > 1 else rest[0] if rest else None
        name = filter_label(part, seen)
        yield Repair(f"Remove the filter on {name}", "Includes all rows.", replace(query, where=where))
    if query.compare:
        yield Repair("Remove the comparison", "Shows this period only.", drop_broken(replace(query, compare=())))
    if query.top:
        yield Repair("Show all values", "Removes the top N.", replace(query, top=None))
    if query.having:
        yield Repair("Remove the filters on values", "Includes all groups.", replace(query, having=()))
    if query.totals:
        yield Repair("Remove the totals", "Shows only the groups.", replace(query, totals=()))
    if query.time:
        yield Repair("Use all time", "Removes the date range.", drop_broken(replace(query, time=None, compare=())))
    if query.order:
        yield Repair("Use the default order", "Largest first, or by date.", replace(query, order=()))
    bare = Query(
        metrics=query.metrics, time=query.time, time_zone=query.time_zone, week_start=query.week_start,
        fiscal_start=query.fiscal_start, currency=query.currency, rates=query.rates, as_of=query.as_of,
    )  # fmt: skip
    yield Repair("Show totals only", "No breakdown or filter.", bare)
    yield Repair("Show totals for all time", "No breakdown or filter.", replace(bare, time=None))
    for name in query.metrics if len(query.metrics) > 1 else ():
        alone = replace(bare, metrics=(name,))
        yield Repair(f"Show only {label_of(name, seen)}", "No other metrics, breakdown or filter.", alone)


def drop_broken(query: Query) -> Query:
    """Return the question without sort orders, tops, totals and calculations that refer to a removed column."""
    keys = {column_name(breakdown) for breakdown in query.by}
    compared = {f"{name}_{suffix}" for suffix in comparison_names(query.compare) for name in query.metrics}
    values = {*query.metrics, *compared}
    calc = tuple(calculation for calculation in query.calc if _is_fitting(calculation, query, values))
    columns = {*keys, *values, *(calculation.name for calculation in calc)}
    order = tuple(ordering for ordering in query.order if ordering.by in columns)
    top = query.top if query.top and {query.top.dim, *query.top.within} <= keys else None
    totals = tuple(total for total in query.totals if set(total) < keys)
    having = query.having if keys else ()
    return replace(query, order=order, top=top, totals=totals, having=having, calc=calc)


def _is_fitting(calculation: Calculation, query: Query, values: Collection[str]) -> bool:
    """Whether the question still has the columns and the axis that a calculation needs."""
    # A date without a granularity gets one that the metrics have.
    keys = {column_name(by): replace(by, grain=by.grain or Granularity.DAY) if by.runs else by for by in query.by}
    try:
        find_calculations((calculation,), keys, [*values])
    except QueryError:
        return False
    return True


def use_instead(query: Query, old: str, new: str, seen: VisibleModel) -> Repair:
    """Return the question with one metric replaced by another. The result isn't checked."""
    return _swap(query, old, new, seen)


def _swap(query: Query, old: str, new: str, seen: VisibleModel) -> Repair:
    metrics = tuple(dict.fromkeys(new if name == old else name for name in query.metrics))
    by = tuple(dict.fromkeys(_renamed_breakdown(breakdown, old, new) for breakdown in query.by))
    where = _renamed(query.where, old, new) if query.where else None
    having = tuple(
        replace(condition, metric=new) if condition.metric == old else condition for condition in query.having
    )
    top = replace(query.top, metric=new) if query.top and query.top.metric == old else query.top
    order = tuple(replace(ordering, by=new) if ordering.by == old else ordering for ordering in query.order)
    label = label_of(new, seen)
    calc = renamed(query.calc, {old: new})
    changed = replace(query, metrics=metrics, by=by, where=where, having=having, top=top, order=order, calc=calc)
    return Repair(f"Use {label}", f"{label} instead of {old!r}.", drop_broken(changed))


def _renamed_breakdown(breakdown: Breakdown, old: str, new: str) -> Breakdown:
    """Return the breakdown with another dimension or, for a date, with another granularity."""
    if breakdown.period == old:
        is_grain = new in tuple(Granularity)
        return replace(breakdown, grain=Granularity(new) if is_grain else None, period=None if is_grain else new)
    return replace(breakdown, dim=new) if breakdown.dim == old else breakdown


def _renamed(part: Filter, old: str, new: str) -> Filter:
    match part:
        case Condition():
            return replace(part, dim=new) if part.dim == old else part
        case InSegment(name):
            return InSegment(new) if name == old else part
        case SqlCondition():
            return part
        case ByMember():
            where = _renamed(part.where, old, new) if part.where else None
            return replace(part, metric=new if part.metric == old else part.metric, where=where)
        case NotAny(inner):
            return NotAny(_renamed(inner, old, new))
        case AllOf(parts) | AnyOf(parts):
            return type(part)(tuple(_renamed(inner_part, old, new) for inner_part in parts))


def use_path(query: Query, name: str, way: str) -> Repair:
    """Return the question with one of several join paths chosen for a breakdown or a filter."""
    by = tuple(replace(breakdown, via=way) if breakdown.dim == name else breakdown for breakdown in query.by)
    return Repair(
        f"Use {way.replace('_', ' ').replace('.', ', ')}", "Joins through this relationship.", replace(query, by=by)
    )
