"""Add to a leg what its kind of measure and context need: balances, conversions, conditions, empty periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from semantic.errors import NoPath, TimeMismatch
from semantic.model.definitions import (
    Dataset,
    DataType,
    DatePart,
    Granularity,
    Measure,
    Metric,
    OverTime,
    TypeKind,
)
from semantic.model.model import Model
from semantic.model.replace_fields import replace_fields
from semantic.plan.joins.filters import own_test
from semantic.plan.joins.joins import find_field
from semantic.plan.joins.times import check_range, is_by_month, own_calendar
from semantic.plan.measures.metrics import split_metrics, value_metric
from semantic.plan.measures.spine_join import moved, spine_of, unit_of
from semantic.plan.tree.contexts import Context
from semantic.plan.tree.fields import Field, Range, Test
from semantic.plan.tree.nodes import Balance, Converted, Filled, Leg
from semantic.query.known_through import counts_all_days, known_of
from semantic.query.member_conditions import split_member_conditions
from semantic.query.periods import Calendar, Days, first_day, shift, whole_within
from semantic.query.resolve import Asked, Key

DOUBLE = DataType(TypeKind.DOUBLE)


def time_of(measure: Measure, asked: Asked) -> Field | None:
    """Return the date of a measure, or None if it has no date or the actor can't see it."""
    time = asked.visible.model.datasets[measure.dataset].dimensions[measure.time] if measure.time else None
    return Field(time, ()) if time is not None and not asked.visible.hides_dates(time) else None


def range_of(
    time: Field | None,
    days: Days,
    asked: Asked,
    subject: str,
    measure: Measure,
    *,
    by_date: bool,
    beside: Days | None = None,
) -> Range | None:
    """Return the days of a leg's rows, in whole periods of their date. Raises GrainTooFine.

    `by_date` is true if the rows are grouped by that date. `beside` has the question's days that a comparison is paired
    with.
    """
    if time is None or (days.start is None and days.end is None):
        return None
    own = time.dimension.days_grain
    if own is not Granularity.DAY:
        is_forward = asked.visible.model.datasets[measure.dataset].forward
        is_compared = beside is not None
        is_running = not is_compared and (
            _ends_with_known(days) or (not is_forward and _is_to_known(days, measure, asked))
        )
        calendar = own_calendar(own, asked)
        if days.is_empty and days.start is not None:
            begins = first_day(days.start, own, calendar)
            days = replace_fields(days, start=begins, end=begins)
        if beside is not None and not is_forward and measure.over_time is None and is_part_of(beside, own, calendar):
            begins = first_day(days.start, own, calendar) if days.start else None
            days = whole_within(days, own, calendar) or replace_fields(days, start=begins, end=begins)
        else:
            days = _in_whole_periods(
                days, own, measure.over_time, calendar, by_date=by_date, is_compared=is_compared, is_running=is_running
            )
    found_days = Range(time, days.start, days.end, has_undated=days.has_undated)
    check_range(found_days, asked, subject)
    return found_days


def _is_to_known(days: Days, measure: Measure, asked: Asked) -> bool:
    """Return whether days end with the last known day of a fact.

    This is assumed until the fact's extent is known.
    """
    model = asked.visible.model
    if model.datasets[measure.dataset].freshness is not None and measure.dataset not in asked.asking.loaded:
        return True
    return days.end == known_of(measure, model, asked.asking) + timedelta(days=1)


def _in_whole_periods(
    days: Days,
    own: Granularity,
    over_time: OverTime | None,
    calendar: Calendar,
    *,
    by_date: bool,
    is_compared: bool,
    is_running: bool,
) -> Days:
    """Return the days whose rows to read if rows are stored by longer periods.

    The current period's row is as of the last known day, so days up to that day include it. A balance comes from the
    latest row whose period had ended by then, whichever day the question begins on. In a comparison by months, it comes
    from the month's own row.
    """
    start, end = days.start, days.end
    if days.is_empty:
        return days
    begins, ends = (first_day(day, own, calendar) if day else None for day in (start, end))
    if end is not None and ends is not None and ends != end and is_running:
        ends = shift(ends, own, 1)
    if over_time in (OverTime.LAST, OverTime.FIRST):
        if end is not None and ends is not None and ends < end and (over_time is OverTime.FIRST or by_date):
            ends = shift(ends, own, 1) if is_compared or over_time is OverTime.FIRST else end
        if begins is not None and ends is not None and over_time is OverTime.LAST and not by_date:
            begins = min(begins, shift(ends, own, -1))
        return replace_fields(days, start=begins, end=ends)
    return replace_fields(days, end=ends) if begins == start and (is_running or (is_compared and by_date)) else days


def is_part_of(days: Days, own: Granularity, calendar: Calendar) -> bool:
    """Return whether days begin or end inside a period of `own`, either as asked for or as known."""
    edges = (days.start, days.end, days.whole_end)
    return any(edge is not None and first_day(edge, own, calendar) != edge for edge in edges)


def _ends_with_known(days: Days) -> bool:
    """Return whether days end where known data ends, so that the unfinished period counts up to that day."""
    return days.asked_end is not None or days.is_open or days.to_date or days.lets_in_today


def balance_day(metric: Metric, days: Days, asked: Asked, *, is_compared: bool = False) -> date | None:
    """Return the day of a balance, or None.

    For rows stored by longer periods, it's the end of a period, or the last known day of the current one.
    """
    if days.end is None:
        return None
    end, model = days.end, asked.visible.model
    for leaf in split_metrics([metric], model).leaves:
        time = time_of(leaf.measure, asked) if leaf.measure.over_time is OverTime.LAST else None
        own = time.dimension.days_grain if time else Granularity.DAY
        is_running = not is_compared and (_ends_with_known(days) or _is_to_known(days, leaf.measure, asked))
        if own is not Granularity.DAY and not is_running:
            end = min(end, first_day(days.end, own, own_calendar(own, asked)))
    return end - timedelta(days=1)


def is_month_end_balance(metric: Metric, asked: Asked) -> bool:
    """Return whether a metric is a balance stored by month, so that a month has the value at its end."""
    leaves = split_metrics([metric], asked.visible.model).leaves
    return all(
        leaf.measure.over_time is OverTime.LAST and is_by_month(leaf.measure, asked.visible.model) for leaf in leaves
    )


def conditions_of(
    context: Context, dataset: Dataset, time: Field | None, asked: Asked, subject: str
) -> tuple[Test, ...]:
    """Return the conditions of the metrics that use a measure, as tests of the measure's rows."""
    return tuple(
        own_test(split_member_conditions(expression), dataset, asked, subject, time) for expression in context.where
    )


def filled_of(context: Context, days: Days, own: Sequence[Key], asked: Asked, subject: str) -> Filled | None:
    """Return the periods to show even without rows, or None unless the question asks for them and groups by date."""
    if not own or not (context.every_period or asked.query.every_period):
        return None
    unit = unit_of(context, own)
    return Filled(
        spine_of(asked, unit, subject),
        days.start,
        days.end,
        asked.visible.model.settings.rules.every_period == "groups",
    )


def with_balance(leg: Leg, measure: Measure, asked: Asked, subject: str) -> Leg:
    """Return the leg of a balance, whose rows aren't summed over days."""
    if measure.over_time is None:
        return leg
    if leg.time is None:
        message = f"{subject} isn't summed over days, and you don't have access to its date."
        raise TimeMismatch(message, names=(subject,))
    columns: list[str] = []
    fields: list[Field] = []
    for name in measure.per:
        entity = next((dataset_entity for dataset_entity in leg.dataset.entities if dataset_entity.name == name), None)
        if entity is not None:
            columns += entity.columns
        else:
            fields.append(find_field(leg.dataset, asked.visible.model.dimensions[name], None, asked.visible, subject))
    of_filtered = asked.visible.model.settings.rules.last_day == "filtered"
    return replace(leg, balance=Balance(measure.over_time, tuple(columns), tuple(fields), of_filtered))


def with_conversion(leg: Leg, context: Context, days: Days, asked: Asked, subject: str) -> Leg:
    """Return the leg of a conversion: base events, and the conversions that belong to them."""
    base = context.base
    assert base is not None
    model, rule = asked.visible.model, base.rule
    target = model.datasets[leg.leaves[0].measure.dataset]
    entity_columns, there = (_entity_columns(dataset, rule.entity, subject) for dataset in (leg.dataset, target))
    time = time_of(leg.leaves[0].measure, asked)
    if time is None or leg.time is None:
        raise TimeMismatch(f"{subject} needs the dates of both events, and you don't have access to them.", names=())
    of_filtered = model.settings.rules.conversions == "filtered"
    shown = Range(time if rule.by == "period" else leg.time, days.start, days.end) if days.start or days.end else None
    if not of_filtered and shown is not None:
        # A conversion counts for the latest base event in the window.
        start, end = shown.start, shown.end
        if rule.by == "period":
            start = moved(start, rule.window, -1) if start and rule.window else None
        else:
            end = moved(end, rule.window, 1) if end and rule.window else None
        leg = replace(leg, days=Range(leg.time, start, end) if start or end else None)
    converted = Converted(
        dataset=target,
        base_filter=base.filter,
        columns=(*entity_columns, *(column for column, _ in rule.constant)),
        target_columns=(*there, *(column for _, column in rule.constant)),
        time=time,
        window=rule.window,
        by_conversion=rule.by == "period",
        of_filtered=of_filtered,
        days=None if of_filtered and rule.by == "cohort" else shown,
        known=_known_days(base.measure, leg.leaves[0].measure, time, asked),
    )
    return replace(leg, converted=converted)


def _known_days(base: Measure, target: Measure, time: Field, asked: Asked) -> Range | None:
    """Return the days for which both base events and conversions are known, or None."""
    if counts_all_days(asked.visible.model):
        return None
    known = min(known_of(measure, asked.visible.model, asked.asking) for measure in (base, target))
    end = known + timedelta(days=1)
    lets_in = not asked.asked_days.complete and end == asked.today
    return Range(time, None, end + timedelta(days=1) if lets_in else end)


def _entity_columns(dataset: Dataset, entity: str, subject: str) -> tuple[str, ...]:
    found_entity = next(
        (
            dataset_entity
            for dataset_entity in dataset.entities
            if entity in (dataset_entity.entity, dataset_entity.name)
        ),
        None,
    )
    if found_entity is None:
        raise NoPath(f"{subject} links events by {entity}, which rows of {dataset.label} don't have.", names=(subject,))
    return found_entity.columns


def check_special(leg: Leg, own: Sequence[Key], asked: Asked, subject: str) -> None:
    """Raise TimeMismatch if a metric that counts whole days would be shown by hour."""
    by_days = leg.balance is not None or leg.converted is not None
    if by_days and any(_is_clock(key) for key in own):
        raise TimeMismatch(
            f"{subject} is counted in whole days, so it can't be broken down by hour.", names=(subject, "hour")
        )


def _is_clock(key: Key) -> bool:
    return (key.grain is not None and key.grain.is_clock) or key.part is DatePart.HOUR


def output_type(metric: Metric, model: Model) -> DataType:
    """Return the type of a metric's value before display: its measure's type, or DOUBLE if it's computed."""
    found_metric = value_metric(metric, model)
    if found_metric is None or (metric.cumulative is not None and metric.cumulative.at is OverTime.AVERAGE):
        return DOUBLE
    measure = model.measure(found_metric.measure)
    return DOUBLE if measure.over_time is OverTime.AVERAGE else measure.type
