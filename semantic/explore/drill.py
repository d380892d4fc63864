"""Derive the next question from a selected part of an answer.

The steps are: zoom in, keep only or exclude the selection, exclude days, break down further, and go back out. Each step
returns a question that passes the preflight, or None. The selected numbers stay the same: the question keeps its own
filters, except those that the selection makes redundant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.explore.repairs import drop_broken
from semantic.explore.selection import Group, Pin, Rest, SelectedRows, Span
from semantic.model.definitions import Dimension, Granularity, TypeKind
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.calculations import renamed
from semantic.query.comparisons import find_comparisons
from semantic.query.data import column_name
from semantic.query.names import date_name, periods_name
from semantic.query.narrowing import all_of, any_of, narrowed, parts_of, without_values
from semantic.query.periods import Days, shift
from semantic.query.query import (
    DATE,
    Between,
    Breakdown,
    Comparison,
    Condition,
    Filter,
    Named,
    NotAny,
    Operator,
    Previous,
    Query,
    Value,
)
from semantic.query.resolve import BUCKET, Asked, split_of
from semantic.results.result import Result

Passes = Callable[[Query], bool]
"""A function that returns whether a question passes the actor's preflight."""

FEW = 5  # periods: fewer are shown by day, or by the next shorter period
_FINER = {
    Granularity.YEAR: Granularity.MONTH,
    Granularity.FISCAL_YEAR: Granularity.MONTH,
    Granularity.QUARTER: Granularity.WEEK,
    Granularity.FISCAL_QUARTER: Granularity.WEEK,
    Granularity.MONTH: Granularity.DAY,
    Granularity.WEEK: Granularity.DAY,
    Granularity.DAY: Granularity.HOUR,
}


# Zoom


def zoom(picked: SelectedRows, asked: Asked, passes: Passes) -> Query | None:
    """Return the question limited to the selected days, or None if no days are selected or the question doesn't pass.

    If few periods are selected, the question uses shorter periods, provided that the data has them.
    """
    query = asked.query
    if picked.days is None or picked.is_undated or picked.compare or picked.days == (asked.days.start, asked.days.end):
        return None
    narrower = _over(picked.days, query, asked)
    place, breakdown = next(
        (place, query_breakdown)
        for place, query_breakdown in enumerate(query.by)
        if column_name(query_breakdown) in asked.dates
    )
    grain = asked.keys[place].grain
    finer = _FINER.get(grain) if grain and picked.periods < FEW else None
    candidates = [_regrained(narrower, breakdown, finer), narrower] if finer else [narrower]
    return next((candidate for candidate in candidates if passes(candidate)), None)


def _over(days: Span, query: Query, asked: Asked) -> Query:
    """Return the question over other days, at the same exchange rates. A comparison with named days moves along."""
    first, end = days
    time = Between(first, end - timedelta(days=1))
    moved = tuple(_moved(comparison, days, asked) for comparison in query.compare)
    return replace(query, time=time, compare=moved, rates=asked.rates_of)


def _moved(comparison: Comparison, days: Span, asked: Asked) -> Comparison:
    """Return a comparison whose named days are moved to match the selected days.

    Other comparisons don't change.
    """
    return _paired(comparison, days, asked) if isinstance(comparison, Named) else comparison


def _paired(comparison: Comparison, days: Span, asked: Asked) -> Named:
    """Return the days of a comparison that correspond to the selected days."""
    own = [key for key in asked.keys if key.name in asked.dates]
    whole_days = Days(asked.days.start, asked.days.end)
    (paired,) = find_comparisons([comparison], whole_days, split_of(own, asked.calendar))
    back = timedelta(days=paired.move_days)
    first, end = (shift(day - back, Granularity.MONTH, -paired.move_months) for day in days)
    return Named(first, max(end - timedelta(days=1), first))


def _regrained(query: Query, breakdown: Breakdown, grain: Granularity) -> Query:
    """Return the question with a different granularity for one date, and with the renamed column in totals and the top.

    Filters on values are removed, because they applied to the longer periods. The limit is removed too.
    """
    other = replace(breakdown, grain=grain)
    names = {column_name(breakdown): column_name(other)}
    order = tuple(replace(by, by=names.get(by.by, by.by)) for by in query.order)
    totals = tuple(tuple(names.get(name, name) for name in total) for total in query.totals)
    top = query.top
    top = replace(top, within=tuple(names.get(name, name) for name in top.within)) if top else None
    by = tuple(other if query_breakdown == breakdown else query_breakdown for query_breakdown in query.by)
    calc = renamed(query.calc, names)
    return replace(query, by=by, order=order, totals=totals, top=top, having=(), limit=None, calc=calc)


def selection_question(picked: SelectedRows, result: Result, asked: Asked) -> Query | None:
    """Return the question for the selected number alone: its members become filters, and its days the period.

    It keeps the answer's comparison. If there is none, the period is compared with the previous one. None if the number
    can't be asked for separately.
    """
    query = asked.query
    if picked.is_hour or picked.is_undated or (picked.compare and picked.days) or query.having:
        return None
    where = query.where if picked.is_everything else _kept(picked, result, asked)
    if where is None and not picked.is_everything:
        return None
    query = replace(query, by=(), top=None, order=(), limit=None, totals=(), calc=(), where=where)
    if picked.days is None or picked.days == (asked.days.start, asked.days.end):
        return query if query.compare else None
    first, end = picked.days
    compare = tuple(_paired(comparison, picked.days, asked) for comparison in query.compare) or (Previous(),)
    return replace(query, time=Between(first, end - timedelta(days=1)), compare=compare, rates=asked.rates_of)


# Keep only, exclude


def keep_only(picked: SelectedRows, result: Result, asked: Asked, passes: Passes) -> Query | None:
    """Return the question limited to the selected members, or None if that can't be asked.

    The selection replaces wider filters on the same breakdowns.
    """
    where = _kept(picked, result, asked)
    if where is None or where == asked.query.where:
        return None
    query = replace(asked.query, where=where)
    return query if passes(query) else None


def members_kept(picked: SelectedRows, result: Result, asked: Asked) -> Query | None:
    """Return the question filtered to the selected members, or None if filters can't express the selection.

    If the question already has that filter, it's returned unchanged.
    """
    where = _kept(picked, result, asked)
    return replace(asked.query, where=where) if where is not None else None


def exclude(picked: SelectedRows, result: Result, asked: Asked, passes: Passes) -> Query | None:
    """Return the question without the selected members.

    None if nothing else was shown, or if the question doesn't pass.
    """
    if picked.is_everything or not _leaves_some(picked, result, asked):
        return None
    query, groups = asked.query, picked.groups
    parts = parts_of(query.where)
    alone = _alone(groups)
    if alone is None:
        tests = [_test(group, result, asked) for group in groups]
        if any(test is None for test in tests):
            return None
        parts = [*parts, NotAny(any_of([test for test in tests if test is not None]))]
    else:
        place, pins = alone
        left = _without(parts, place, pins, result, asked)
        if left is None:
            return None
        parts = left
    found_query = replace(query, where=all_of(parts))
    return found_query if found_query != query and passes(found_query) else None


def exclude_days(picked: SelectedRows, result: Result, asked: Asked, passes: Passes) -> Query | None:
    """Return the question without the selected periods of its date, or None if no other periods were shown.

    Also None if the question has a comparison, because the compared period would still include the excluded days.
    """
    query = asked.query
    if picked.days is None or picked.is_undated or picked.is_hour or picked.compare or query.compare:
        return None
    # Only one breakdown by the date: by week and by month, a filter on the one would cut the other.
    own = [(place, key) for place, key in enumerate(asked.keys) if key.name in asked.dates]
    if len(own) != 1:
        return None
    place, key = own[0]
    if key.grain is None:
        return None
    every = result.table.column(key.name).to_pylist()
    gone = sorted({every[row] for row in picked.rows if every[row] is not None})
    left = [day for day in every if day is not None and day not in gone]
    if not gone or not (left or _is_cut(result)):
        return None
    periods = Breakdown(periods_name(query.by[place], key.grain))
    where = _without_days(gone, left, periods, parts_of(query.where))
    found_query = replace(query, where=all_of(where)) if where else None
    return found_query if found_query is not None and passes(found_query) else None


def _without_days(
    gone: Sequence[date], left: Sequence[date], periods: Breakdown, parts: Sequence[Filter]
) -> list[Filter] | None:
    """Return filters that exclude some periods: one filter each if they are few, otherwise a range.

    None if neither can express them.
    """
    first, last = gone[0], gone[-1]
    if len(gone) > FEW and not any(first < day < last for day in left):
        return [*parts, NotAny(Condition(periods.dim, Operator.BETWEEN, (first.isoformat(), last.isoformat())))]
    return without_values(parts, periods, tuple(day.isoformat() for day in gone))


def _kept(picked: SelectedRows, result: Result, asked: Asked) -> Filter | None:
    """Return a filter that keeps exactly the selected members and includes the question's own filters, or None."""
    groups = picked.groups
    if picked.is_everything or not groups:
        return None
    parts = parts_of(asked.query.where)
    by_place = _product(groups)
    if by_place is None:
        tests = [_test(group, result, asked) for group in groups]
        return (
            None if any(test is None for test in tests) else all_of([*parts, any_of([test for test in tests if test])])
        )
    for place, pins in by_place.items():
        test = _one_of(place, pins, groups[0], result, asked)
        if test is None:
            return None
        parts = narrowed(parts, test)
    return all_of(parts)


def _product(groups: Sequence[Group]) -> dict[int, tuple[Pin, ...]] | None:
    """Return the selected values of each breakdown if all of their combinations are selected, otherwise None.

    Other is allowed only as the sole selection.
    """
    by_place: dict[int, dict[Pin, None]] = {}
    for group in groups:
        for place, pin in group:
            by_place.setdefault(place, {})[pin] = None
    same = len({tuple(place for place, _ in group) for group in groups}) == 1
    count = 1
    for pins in by_place.values():
        count *= len(pins)
    if not same or count != len(groups) or (count > 1 and any(Rest.OTHER in pins for pins in by_place.values())):
        return None
    return {place: tuple(pins) for place, pins in by_place.items()}


def _alone(groups: Sequence[Group]) -> tuple[int, tuple[Pin, ...]] | None:
    """Return the breakdown and its selected values if only one breakdown is selected, otherwise None."""
    by_place = _product(groups)
    return next(iter(by_place.items())) if by_place is not None and len(by_place) == 1 else None


def _test(group: Group, result: Result, asked: Asked) -> Filter | None:
    """Return the filter for one group, or None if no filter can express it."""
    tests = [_one_of(place, (pin,), group, result, asked) for place, pin in group]
    return None if any(test is None for test in tests) else all_of([test for test in tests if test is not None])


def _one_of(place: int, pins: Sequence[Pin], group: Group, result: Result, asked: Asked) -> Filter | None:
    """Return a filter that keeps only these values of a breakdown, or None.

    For Other, it excludes the members shown next to Other.
    """
    breakdown = _filtered(asked.query.by[place])
    if Rest.OTHER in pins:
        shown = _beside_other(place, group, result, asked)
        return Condition(breakdown.dim, Operator.NOT_IN, shown, breakdown.via) if shown and len(pins) == 1 else None
    values = tuple(pin for pin in pins if not isinstance(pin, tuple | Rest))
    tests: list[Filter] = [Condition(breakdown.dim, Operator.IN, values, breakdown.via)] if values else []
    for first, end in sorted(pin for pin in pins if isinstance(pin, tuple)):
        ends = (first.isoformat(), (end - timedelta(days=1)).isoformat())
        tests.append(Condition(breakdown.dim, Operator.BETWEEN, ends, breakdown.via))
    return any_of(tests)


def _filtered(breakdown: Breakdown) -> Breakdown:
    """Return a breakdown in the form that filters use: a date part or calendar period has its path in its name."""
    name = date_name(breakdown)
    return breakdown if name == breakdown.dim else Breakdown(name)


def _beside_other(place: int, group: Group, result: Result, asked: Asked) -> tuple[Value, ...]:
    """Return the members shown next to Other. Empty unless Other is certain to be everything else.

    A limit or a filter on values can hide some members.
    """
    top = asked.query.top
    if top is None or _is_cut(result):
        return ()
    within = {asked.keys[at].name for at, _ in group} & set(top.within)
    if within != set(top.within):
        return ()
    fixed = {at: pin for at, pin in group if asked.keys[at].name in within}
    if any(isinstance(pin, tuple | Rest) for pin in fixed.values()):
        return ()
    shown: dict[Value, None] = {}
    for values, kinds in _rows(result):
        if kinds[place] in ("member", "none") and all(values[at] == pin for at, pin in fixed.items()):
            value = values[place]
            if not (value is None or isinstance(value, str | int | float)):
                return ()
            shown[value] = None
    return tuple(shown)


def _is_cut(result: Result) -> bool:
    """Whether rows are missing from the answer because of a limit or a filter on values."""
    limit = result.query.limit
    return bool(result.query.having) or (limit is not None and limit < result.groups)


def _rows(result: Result) -> Iterator[tuple[tuple[object, ...], list[str]]]:
    columns = [result.table.column(key.name).to_pylist() for key in result.keys]
    kinds = [str(value).split(",") for value in result.table.column(BUCKET).to_pylist()]
    return zip(zip(*columns, strict=True), kinds, strict=True)


def _leaves_some(picked: SelectedRows, result: Result, asked: Asked) -> bool:
    """Whether the answer may have a group that isn't selected."""
    if _is_cut(result):
        return True
    pinned = {tuple(place for place, _ in group) for group in picked.groups}
    if len(pinned) != 1:
        return True
    places = next(iter(pinned))
    names = [result.keys[place].name for place in places]
    gone = {
        tuple(result.table.column(name)[row].as_py() for name in names)
        + tuple(str(result.table.column(BUCKET)[row].as_py()).split(",")[place] for place in places)
        for row in picked.rows
    }
    every = {
        tuple(values[place] for place in places) + tuple(kinds[place] for place in places)
        for values, kinds in _rows(result)
        if not any(kinds[place] == "total" for place in places)
    }
    return bool(every - gone)


def _without(
    parts: Sequence[Filter], place: int, pins: Sequence[Pin], result: Result, asked: Asked
) -> list[Filter] | None:
    """Return the filters with these values of a breakdown excluded, or None if that can't be expressed.

    If a filter lists the values, they are removed from its list.
    """
    breakdown = _filtered(asked.query.by[place])
    if Rest.OTHER in pins:
        shown = _beside_other(place, ((place, Rest.OTHER),), result, asked)
        if not shown or len(pins) > 1:
            return None
        return narrowed(parts, Condition(breakdown.dim, Operator.IN, shown, breakdown.via))
    if any(isinstance(pin, tuple) for pin in pins):
        test = _one_of(place, pins, (), result, asked)
        return [*parts, NotAny(test)] if test else None
    values = tuple(pin for pin in pins if not isinstance(pin, tuple | Rest))
    return without_values(parts, breakdown, values)


# Break down


@dataclass(frozen=True, slots=True)
class DrillOption:
    """One breakdown to offer for a selected number."""

    label: str
    breakdown: Breakdown


def drill_options(picked: SelectedRows, asked: Asked, available: Sequence[Dimension]) -> tuple[DrillOption, ...]:
    """Return the breakdowns to offer for the selected number: first those within its members, then the nearest ones.

    For example, campaigns are within a channel, because their dataset refers to the channels' dataset. `available`
    comes from the preflight.
    """
    if picked.is_hour or picked.is_undated or (picked.compare and picked.days):
        return ()
    seen, query = asked.visible, asked.query
    pinned = {query.by[place].dim for group in picked.groups for place, pin in group if pin is not Rest.OTHER}
    settled = {part.dim for part in parts_of(query.where) if isinstance(part, Condition) and _is_one(part)}
    taken = pinned | settled
    usable = (
        dimension for dimension in available if dimension.kind != "time" and not dimension.tags & {"personal", "id"}
    )
    ranked = sorted(
        (dimension for dimension in usable if dimension.name not in taken),
        key=lambda dimension: _distance(dimension, pinned, asked, seen),
    )
    found = [DrillOption(dimension.label or dimension.name, Breakdown(dimension.name)) for dimension in ranked]
    grain = _grain_of(picked, asked)
    if grain and any(dimension.name == DATE for dimension in available):
        found.insert(min(3, len(found)), DrillOption(grain.words.capitalize(), Breakdown(DATE, grain)))
    return tuple(found)


def break_down(picked: SelectedRows, down: DrillOption, result: Result, asked: Asked, passes: Passes) -> Query | None:
    """Return the question that breaks the selected number down further, or None if it can't be asked.

    The number's members become filters, its days the period, and the number itself the total.
    """
    query = asked.query
    where = query.where if picked.is_everything else _kept(picked, result, asked)
    if where is None and not picked.is_everything:
        return None
    over = _over(picked.days, query, asked) if picked.days else query
    by = (down.breakdown,)
    query = drop_broken(replace(over, where=where, by=by, top=None, having=(), order=(), limit=None))
    return next(
        (candidate for candidate in (replace(query, totals=((),)), replace(query, totals=())) if passes(candidate)),
        None,
    )


def _is_one(part: Condition) -> bool:
    return part.op is Operator.IN and len(part.values) == 1


def _distance(dimension: Dimension, pinned: set[str], asked: Asked, seen: VisibleModel) -> tuple[int, bool, int, str]:
    """Return the sort key of a breakdown, by how useful it is for the selection.

    Breakdowns within the selected members come first, then those next to them, then all others. Names come before
    numbers, and near breakdowns before distant ones.
    """
    joins, homes = (
        seen.model.joins,
        {each_dimension.dataset for name in pinned for each_dimension in seen.model.dimensions.get(name, ())},
    )
    mine = {each_dimension.dataset for each_dimension in seen.model.dimensions[dimension.name]}
    inside = any(home != dataset and home in joins.paths(dataset) for home in homes for dataset in mine)
    facts = {measure.dataset for metric in asked.metrics for measure in measures_of(metric, seen.model)}
    hops = max(
        (
            min((len(path) for dataset in mine for path in joins.paths(fact).get(dataset, ())), default=9)
            for fact in facts
        ),
        default=9,
    )
    dimension_table = inside and not mine & facts
    rank = 0 if dimension_table else 1 if mine & homes else 2 if inside else 3
    return rank, dimension.type.kind is not TypeKind.STRING, hops, (dimension.label or dimension.name).casefold()


def _grain_of(picked: SelectedRows, asked: Asked) -> Granularity | None:
    """Return the granularity that suits the selected days. None for a single day or a period without an end."""
    first, end = picked.days or (asked.days.start, asked.days.end)
    if first is None or end is None:
        return Granularity.MONTH
    length = (end - first).days
    if length > 31:
        return Granularity.WEEK if length <= 190 else Granularity.MONTH
    return Granularity.DAY if length > 1 else None


# Back out


@dataclass(frozen=True, slots=True)
class Back:
    """A dimension that is filtered to a single value, and the question that shows all of its values."""

    dim: str
    query: Query


def back_out(query: Query, passes: Passes) -> Back | None:
    """Undo the last breakdown as closely as possible. Return None if there is nothing to undo.

    The last filter on a single value becomes a breakdown again, and replaces the question's last breakdown.
    """
    parts = parts_of(query.where)
    for part in reversed(parts):
        if not (isinstance(part, Condition) and _is_one(part)) or any(
            breakdown.dim == part.dim for breakdown in query.by
        ):
            continue
        last = next((breakdown for breakdown in reversed(query.by) if breakdown.dim != DATE), None)
        by = tuple(Breakdown(part.dim, via=part.via) if breakdown == last else breakdown for breakdown in query.by)
        by = by if last else (Breakdown(part.dim, via=part.via), *by)
        where = all_of([inner_part for inner_part in parts if inner_part is not part])
        found_query = drop_broken(replace(query, by=by, where=where, having=(), order=(), limit=None))
        return Back(part.dim, found_query) if passes(found_query) else None
    return None
