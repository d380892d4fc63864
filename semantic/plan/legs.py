"""Build the legs of a plan: the measures of one fact by one date in one context, with rows, keys and joins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from semantic.errors import GrainTooFine, NoPath, TimeMismatch
from semantic.model.definitions import Dataset, Granularity, Measure, OverTime
from semantic.model.join_graph import JoinPath
from semantic.plan.joins.bridges import crosses, with_bridge
from semantic.plan.joins.dated_tests import shift_test, with_dated_tests
from semantic.plan.joins.filters import build_test, is_foreign
from semantic.plan.joins.joins import find_field
from semantic.plan.joins.members import member_field
from semantic.plan.joins.times import check_grain, own_calendar, part_key
from semantic.plan.joins.versions import check_versions
from semantic.plan.measures.exchange import with_exchange
from semantic.plan.measures.kinds import (
    check_special,
    conditions_of,
    filled_of,
    range_of,
    time_of,
    with_balance,
    with_conversion,
)
from semantic.plan.measures.metrics import MetricLeaf
from semantic.plan.measures.spine_join import RowPlacement, place_rows
from semantic.plan.tree.contexts import Context
from semantic.plan.tree.fields import Field, LegKey, Range, Test, date_of, own_time, paths, prefixes
from semantic.plan.tree.nodes import AggregateColumn, Leg, leaf_name
from semantic.query.comparisons import Compared, reaches_out
from semantic.query.known_through import begins
from semantic.query.periods import Calendar, Days, as_known, first_day, shift, shortest, whole_from, widened
from semantic.query.query import Filter
from semantic.query.resolve import Asked, Key, compared_with, is_date_of

ALL_DAYS = Days()


@dataclass(frozen=True, slots=True)
class Fact:
    """The measures that a question needs from one fact, by one date, in one context.

    `subject` is the metric that a refusal names.
    """

    asked: Asked
    wanted: Sequence[MetricLeaf]
    subject: str
    context: Context
    measure: Measure  # the measure that is needed, or that of the base events that lead to it
    dataset: Dataset
    time: Field | None  # the date of its measures, unless hidden from this actor
    days: Days  # the question's days that are known for its metric
    compared: tuple[Compared, ...]  # the partner days in each comparison


def fact_of(asked: Asked, wanted: Sequence[MetricLeaf], subject: str) -> Fact:
    """Return the fact behind the measures in `wanted`, which all have the same date and context."""
    context = wanted[0].context
    measure = context.base.measure if context.base else wanted[0].measure
    dataset, time = asked.visible.model.datasets[measure.dataset], time_of(measure, asked)
    days, compared = asked.days, asked.compared
    if context.known:
        days = as_known(asked.asked_days, context.known, asked.today)
    if dataset.forward and not days.is_empty and not context.known:
        days = asked.asked_days
    if context.known or dataset.forward:
        compared = compared_with(days, context.known, asked)
    if dataset.forward and time is not None and not days.is_empty:
        days, compared = _in_whole_targets(days, compared, time.dimension.days_grain, asked)
    return Fact(asked, wanted, subject, context, measure, dataset, time, days, compared)


def _in_whole_targets(
    days: Days, compared: tuple[Compared, ...], grain: Granularity, asked: Asked
) -> tuple[Days, tuple[Compared, ...]]:
    """Return the days of a target and of its comparisons.

    A monthly target covers whole months, including the current one.
    """
    calendar = own_calendar(grain, asked)
    if days.end is None or first_day(days.end, grain, calendar) == days.end:
        return days, compared
    return _to_its_end(days, grain, calendar), tuple(
        replace(each_compared, days=_to_its_end(each_compared.days, grain, calendar)) for each_compared in compared
    )


def _to_its_end(days: Days, grain: Granularity, calendar: Calendar) -> Days:
    return days if days.is_empty else replace(days, end=widened(days, grain, calendar).end)


def by_fact(leaves: Iterable[MetricLeaf]) -> Iterator[list[MetricLeaf]]:
    """Yield the measures of each leg: those with the same fact, date and context."""
    groups: dict[object, list[MetricLeaf]] = {}
    for leaf in leaves:
        measure = leaf.measure
        groups.setdefault((measure.dataset, measure.time, leaf.context, measure.over_time, measure.per), []).append(
            leaf
        )
    yield from groups.values()


def share_filters(asked: Asked, facts: Sequence[Fact]) -> tuple[list[tuple[Test, ...]], list[tuple[Filter, Dataset]]]:
    """Return the tests of each fact, and each filter that some fact doesn't support, with that fact.

    A filter is refused if no fact supports it, if a fact supports only a part of it, or if it would repeat a fact's
    rows.
    """
    tests: list[list[Test]] = [[] for _ in facts]
    foreign: list[tuple[Filter, Dataset]] = []
    for part in asked.where:
        refused: list[tuple[Dataset, NoPath]] = []
        for index, fact in enumerate(facts):
            try:
                tests[index].append(build_test(part, fact.dataset, asked, fact.subject, fact.time))
            except NoPath as reason:
                if len(facts) == 1 or not is_foreign(part, fact.dataset, asked):
                    raise
                refused.append((fact.dataset, reason))
        if facts and len(refused) == len(facts):
            raise refused[0][1]
        foreign += [(part, dataset) for dataset, _ in refused]
    return [tuple(test) for test in tests], foreign


def leg_of(fact: Fact, where: tuple[Test, ...], days: Days, compared: Compared | None) -> Leg:
    """Return a leg: the rows, keys and measures of a fact over the question's days, or over a comparison's."""
    asked, time, subject = fact.asked, fact.time, fact.subject
    are_all = days.start is None and (days.end is None or days.is_open)
    if time is None and (compared is not None or not are_all):
        raise TimeMismatch(
            f"{subject} has no date, so it can't be limited to a period. Use all time.", names=(subject,)
        )
    if time is None and (fact.context.window is not None or fact.context.shifts):
        raise TimeMismatch(
            f"{subject} is calculated day by day, and you don't have access to its date. Ask for another metric.",
            names=(subject,),
        )
    name = compared.name if compared else ""
    model = asked.visible.model
    own = [key for key in asked.keys if is_date_of(key, fact.measure, model)]
    known_by = time.dimension.days_grain if time is not None else Granularity.DAY
    if compared is not None and compared.move_days and own and known_by is not Granularity.DAY:
        message = f"{subject} is only available by {known_by.value}, and this comparison doesn't line up with"
        message += f" whole {known_by.value}s. Use whole {known_by.value}s, or compare with last year."
        raise GrainTooFine(message, names=(subject, known_by.value))
    if compared is not None and asked.own_periods and not days.is_empty:
        days = days if compared.is_named else Days(None, fact.days.end)  # the calendar says which periods these are
    placement = RowPlacement(days)
    if fact.context.shifts or fact.context.window is not None:
        first = fact.context.begins or begins(fact.dataset, model, asked.asking)
        placement = place_rows(
            fact.context, days, own, asked, subject, known_by, first, fact.measure.over_time, compared
        )
    keys = tuple(
        [_leg_key(key, fact.dataset, time, asked, subject, compared, placement, fact.days) for key in asked.keys]
    )
    leaves = tuple(
        [AggregateColumn(leaf_name(leaf.name, name), leaf.measure, leaf.filter, leaf.thing) for leaf in fact.wanted]
    )
    if fact.dataset.forward and known_by is not Granularity.DAY and compared is None:
        range_of(time, asked.asked_days, asked, subject, fact.measure, by_date=bool(own))  # refuses
    tests = (*where, *conditions_of(fact.context, fact.dataset, time, asked, subject))
    months = placement.move_months + (compared.move_months if compared else 0)
    days_moved = placement.move_days + (compared.move_days if compared else 0)
    if time is not None and (days_moved or months):
        tests = tuple(shift_test(test, time, days_moved, months) for test in tests)
    leg = Leg(
        dataset=fact.dataset,
        joins=_joins(keys, tests, leaves),
        keys=keys,
        where=tests,
        days=range_of(
            time,
            placement.days,
            asked,
            subject,
            fact.measure,
            by_date=bool(own),
            beside=fact.days if compared else None,
        )
        or _dated_rows(time, placement)
        or _known_rows(fact, days),
        leaves=leaves,
        time=time,
        at=date_of(fact.measure, fact.dataset),
        laid=placement.laid,
        filled=filled_of(fact.context, days, own, asked, subject) if compared is None else None,
    )
    same = [placement.same] if placement.same else []
    shown_same = compared.same if compared is not None and compared.only_same else days.same
    if shown_same is not None:
        if leg.laid is not None:
            leg = replace(leg, laid=replace(leg.laid, shown_same=shown_same))
        same.append(replace(shown_same, shown_days=placement.move_days, shown_months=placement.move_months))
    if same and leg.days is not None and leg.laid is None:
        leg = replace(leg, days=replace(leg.days, same=tuple(same)))
    leg = _from_what_is_known(leg, fact, known_by, compared, own)
    leg = with_balance(leg, fact.measure, asked, subject)
    leg = with_conversion(leg, fact.context, placement.days, asked, subject) if fact.context.base else leg
    check_special(leg, own, asked, subject)
    leg = with_dated_tests(leg, subject)
    leg = with_exchange(leg, fact.wanted, asked, subject)
    reached = [path for field in (leg.balance.fields if leg.balance else ()) for path in prefixes(field.path)]
    leg = replace(leg, joins=tuple(dict.fromkeys([*leg.joins, *reached]))) if reached else leg
    check_versions(leg.joins, time, asked, subject)
    return with_bridge(leg, model, subject)


def _known_rows(fact: Fact, days: Days) -> Range | None:
    """Return a range of the known days for an actor who can't see the date of the rows, or None.

    No number may read a day that isn't known (G9).
    """
    measure = fact.measure
    time = fact.dataset.dimensions[measure.time] if measure.time and fact.time is None else None
    if time is None or days.end is None or fact.dataset.forward or time.days_grain is not Granularity.DAY:
        return None
    return Range(Field(time, ()), None, days.end, has_undated=True)


def _from_what_is_known(
    leg: Leg, fact: Fact, known_by: Granularity, compared: Compared | None, own: Sequence[Key]
) -> Leg:
    """Return the leg without days before its data begins.

    For a metric over several facts, days only count from when all of the facts have data. An opening balance needs only
    its own row, wherever rows begin.
    """
    asked = fact.asked
    days, begin = leg.days, fact.context.begins
    if days is None or leg.laid is not None:
        return leg
    if begin is not None and (compared is not None or (days.start is None and not asked.compared)):
        begin = first_day(begin, known_by, asked.calendar)
        leg = replace(leg, days=replace(days, start=max(days.start, begin) if days.start else begin))
    if fact.measure.over_time is not OverTime.FIRST or known_by is Granularity.DAY or days.start is None:
        return leg
    first = begins(fact.dataset, asked.visible.model, asked.asking)
    if first is None or days.start >= first_day(first, known_by, asked.calendar):
        return leg
    grains = [key.grain for key in own if key.grain]
    if not grains:
        return replace(leg, days=replace(days, end=days.start))
    months = compared.move_months if compared else 0
    shown = whole_from(shift(first, Granularity.MONTH, months), shortest(grains), asked.calendar)
    return replace(leg, days=replace(days, start=shift(shown, Granularity.MONTH, -months)))


def _dated_rows(time: Field | None, placement: RowPlacement) -> Range | None:
    """Return a range that leaves out rows without a date, because they have no previous or next month, or None."""
    return Range(time, None, None) if time is not None and (placement.move_days or placement.move_months) else None


def values_from(dataset: Dataset, asked: Asked) -> Leg:
    """Return a leg that lists the values of dimensions in a dataset's rows, for a question without metrics."""
    keys = tuple(_leg_key(key, dataset, None, asked, dataset.label, None) for key in asked.keys)
    where = tuple(build_test(part, dataset, asked, dataset.label) for part in asked.where)
    joins, at = _joins(keys, where), own_time(dataset)
    if crosses(joins):
        raise NoPath(
            (f"{dataset.label} and what they're linked to can only be listed from the dataset that links them."),
            names=(dataset.name,),
        )
    return Leg(dataset=dataset, joins=joins, keys=keys, where=where, days=None, leaves=(), at=at)


def dated_key(key: Key, day: Field, dataset: Dataset, asked: Asked) -> LegKey:
    """Return the key for a date in a question without metrics, which has one row for each day of the spine."""
    return _leg_key(key, dataset, day, asked, dataset.label, None)


def _leg_key(
    key: Key,
    dataset: Dataset,
    time: Field | None,
    asked: Asked,
    subject: str,
    compared: Compared | None,
    placement: RowPlacement | None = None,
    own_days: Days = ALL_DAYS,
) -> LegKey:
    if key.entity:
        field = member_field(dataset, key.entity, asked, subject)
    elif key.dimensions:
        as_is = asked.query.history == "as_is"
        field = find_field(dataset, key.dimensions, key.breakdown.via, asked.visible, subject, as_is=as_is)
    elif time is not None:
        field = time
    else:
        raise TimeMismatch(f"{subject} has no date, so it can't be broken down by time.", names=(subject, key.name))
    wanted = key.grain or (key.part.grain if key.part else Granularity.DAY if key.period else None)
    if wanted:
        check_grain(field.dimension, wanted, asked, subject)
    if key.part or key.period:
        return part_key(key, field, asked, compared, own_days)
    back_days, back_months = (placement.move_days, placement.move_months) if placement and field == time else (0, 0)
    if compared is None or key.name not in asked.dates:
        return LegKey(key.name, field, key.grain, back_days, back_months)
    pairs_whole = compared.move_months and not compared.whole and not compared.is_named
    window = asked.days if has_unshown(compared, asked.days) and not pairs_whole else Days()
    days, months = compared.move_days + back_days, compared.move_months + back_months
    has_outside = compared.whole and (compared.is_named or key.grain is Granularity.DAY)
    same = replace(compared.same, shown_days=back_days, shown_months=back_months)
    return LegKey(
        key.name,
        field,
        key.grain,
        days,
        months,
        months_first=bool(back_months and compared.move_days),
        first=window.start,
        end=window.end,
        same=same if has_outside else None,
    )


def _joins(
    keys: Sequence[LegKey], where: Sequence[Test], leaves: Sequence[AggregateColumn] = ()
) -> tuple[JoinPath, ...]:
    """Return every path to join, each once and after the path that it extends."""
    reached = [key.field.path for key in keys] + [path for test in where for path in paths(test)]
    reached += [leaf.thing for leaf in leaves if leaf.thing]
    return tuple(dict.fromkeys([prefix for path in reached for prefix in prefixes(path)]))


def has_unshown(compared: Compared, days: Days) -> bool:
    """Return whether some days of a comparison have no matching day in the answer and so count only in totals."""
    return compared.whole or reaches_out(compared, days)
