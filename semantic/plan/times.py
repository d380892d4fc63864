"""What a leg's dates can be asked for: no hour of a day, no week of a month, no other zone than the data has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from semantic.errors import GrainTooFine, TimeMismatch
from semantic.model.definitions import Dimension, Granularity, TypeKind
from semantic.plan.nodes import Field, Leg, Range
from semantic.query.describe import describe_day, describe_range
from semantic.query.periods import Calendar, first_day
from semantic.query.query import Condition, Operator, Value
from semantic.query.resolve import Asked

_MONTHS = (
    Granularity.MONTH,
    Granularity.QUARTER,
    Granularity.YEAR,
    Granularity.FISCAL_QUARTER,
    Granularity.FISCAL_YEAR,
)
_QUARTERS = (Granularity.QUARTER, Granularity.YEAR, Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)
_MADE_OF = {
    Granularity.WEEK: (Granularity.WEEK,),
    Granularity.MONTH: _MONTHS,
    Granularity.QUARTER: _QUARTERS,
    Granularity.YEAR: (Granularity.YEAR,),
}
"""Which periods are made of whole periods of another."""


def check_grain(time: Dimension, grain: Granularity, asked: Asked, subject: str) -> None:
    """A date has no hours; neither it nor a clock time without zone follows another zone (decision D6).

    Raises TimeMismatch, GrainTooFine.
    """
    if time.grain is not None:
        _check_own_grain(time, time.grain, grain, asked, subject)
    if time.type.kind is TypeKind.TIMESTAMPTZ:
        return
    names = (subject, time.name, asked.time_zone)
    if grain is Granularity.HOUR and time.type.kind is TypeKind.DATE:
        message = f"{subject} cannot be split by hour: {time.label.lower()} is known by the day only."
        raise TimeMismatch(message, names=names)
    zone = asked.visible.model.settings.time_zone
    if grain in (Granularity.HOUR, Granularity.DAY) and asked.time_zone != zone:
        message = (
            f"{subject} cannot be split by {grain.value} in {asked.time_zone}: "
            f"{time.label.lower()} is a {grain.value} of the reporting zone {zone} and cannot be moved."
        )
        raise TimeMismatch(message, names=names)


def check_range(days: Range, asked: Asked, subject: str) -> None:
    """Dates that stand for longer periods are asked for in whole ones. Raises GrainTooFine."""
    own = days.field.dimension.grain
    if own is None:
        return
    calendar = _own_calendar(own, asked)
    for edge in (days.start, days.end):
        if edge is not None and first_day(edge, own, calendar) != edge:
            message = (
                f"{subject} is known by the {own.value} only: "
                f"{describe_range(days.start, days.end, open_end=True)} is not made of whole {own.value}s."
            )
            raise GrainTooFine(message, names=(subject, own.value))


def check_days(part: Condition, field: Field, asked: Asked, subject: str) -> None:
    """Days in a filter on dates that stand for longer periods begin such a period, or end it. Raises GrainTooFine."""
    own = field.dimension.grain
    if own is None:
        return
    calendar = _own_calendar(own, asked)
    for index, value in enumerate(part.values):
        day = _day_of(value)
        if day is None or first_day(day, own, calendar) == day:
            continue
        is_end = part.op in (Operator.AT_MOST, Operator.MORE) or (part.op is Operator.BETWEEN and index == 1)
        following = day + timedelta(days=1)
        if not is_end or first_day(following, own, calendar) != following:
            message = (
                f"{subject} cannot be filtered by {describe_day(day)}: {field.dimension.label.lower()} is known by "
            )
            raise GrainTooFine(f"{message}the {own.value} only.", names=(subject, own.value))


def _day_of(value: Value) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None  # refused for its type


def check_hours(legs: Sequence[Leg]) -> None:
    """Hours of instants and hours of a clock without zone do not meet."""
    hours = [key for leg in legs for key in leg.keys if key.grain is Granularity.HOUR]
    if len({key.field.dimension.type for key in hours}) > 1:
        raise TimeMismatch("These metrics cannot be split by hour together: some have no time zone.", names=("hour",))


def _check_own_grain(time: Dimension, own: Granularity, grain: Granularity, asked: Asked, subject: str) -> None:
    calendar = _own_calendar(own, asked)
    fits = grain in _MADE_OF[own]
    if own is Granularity.WEEK:
        fits = fits and asked.calendar.week_start == calendar.week_start
    if own is Granularity.QUARTER:
        fits = fits and asked.calendar.month_offset(grain) % 3 == 0
    if not fits:
        message = f"{subject} cannot be split by {grain.words}: {time.label.lower()} is known by the {own.value} only."
        raise GrainTooFine(message, names=(subject, own.value))


def _own_calendar(own: Granularity, asked: Asked) -> Calendar:
    """The model's own weeks: stored ones cannot begin on another day."""
    settings = asked.visible.model.settings
    return Calendar(settings.week_start, asked.calendar.fiscal_start) if own is Granularity.WEEK else asked.calendar
