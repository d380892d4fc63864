"""Check which periods a leg's dates support.

A date has no hours, a month has no weeks, and dates can't be converted to another time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from semantic.errors import GrainTooFine, PeriodNotWhole, TimeMismatch
from semantic.model.calendars import CalendarPeriod
from semantic.model.definitions import DatePart, Dimension, Granularity, Measure, TypeKind
from semantic.model.model import Model
from semantic.plan.tree.fields import CalendarKey, Field, LegKey, PeriodsBeside, Range
from semantic.plan.tree.nodes import Leg
from semantic.query.comparisons import Compared
from semantic.query.describe import describe_day, describe_range, lower_first
from semantic.query.followed import carried
from semantic.query.periods import Calendar, Days, first_day, in_months, whole_instead
from semantic.query.query import Condition, Operator, Value
from semantic.query.resolve import Asked, Key

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
"""For each period, the shorter periods that it can be divided into without remainder."""


def check_grain(time: Dimension, grain: Granularity, asked: Asked, subject: str, verb: str = "broken down") -> None:
    """Raise TimeMismatch or GrainTooFine if a field's dates don't support a granularity or the time zone.

    A date has no hours or minutes, and neither a date nor a local timestamp can be converted to another time zone
    (decision 28).
    """
    if time.grain is not None:
        _check_own_grain(time, time.grain, grain, asked, subject, verb)
    if time.type.kind is TypeKind.TIMESTAMPTZ:
        return
    names = (subject, time.name, asked.time_zone)
    if grain.is_clock and time.type.kind is TypeKind.DATE:
        message = f"{subject} can't be {verb} by {grain.value}: {lower_first(time.label)} is only available by day."
        raise TimeMismatch(message, names=names)
    zone = asked.visible.model.settings.time_zone
    if (grain.is_clock or grain is Granularity.DAY) and asked.time_zone != zone:
        message = (
            f"{subject} can't be {verb} by {grain.value} in {asked.time_zone}: {lower_first(time.label)} is a "
            f"{grain.value} in the reporting time zone {zone} and can't be converted."
        )
        raise TimeMismatch(message, names=names)


def is_known_by(time: Dimension, grain: Granularity) -> bool:
    """Return whether a time dimension says which period of length `grain` a row is in.

    This has to hold for any time zone and calendar that a question can have.
    """
    own = time.grain or (Granularity.DAY if time.type.kind is TypeKind.DATE else Granularity.MILLISECOND)
    order = list(Granularity)
    return grain in _MADE_OF[own] if own in _MADE_OF else order.index(grain) >= order.index(own)


def part_key(key: Key, field: Field, asked: Asked, compared: Compared | None, own: Days) -> LegKey:
    """Return the key for a date part or a calendar period.

    In a comparison, date parts are paired by value, and periods of the metric's own date by number. `own` are the
    question's known days.
    """
    if key.period is None:
        first = (compared.days if compared else asked.days).start if key.part is DatePart.DAY_NUMBER else None
        return LegKey(key.name, field, None, first=first, part=key.part)
    beside = compared if key.name in asked.own_periods else None
    return LegKey(key.name, field, None, calendar=calendar_of(key.period, asked, beside, own))


def calendar_of(period: CalendarPeriod, asked: Asked, compared: Compared | None, own: Days) -> CalendarKey:
    """Return the key for a calendar period. In a comparison, it's paired with the periods of the days `own`."""
    found_period = asked.visible.period(period.name)
    assert found_period is not None  # the question was resolved with this period
    dimensions = asked.visible.model.datasets[found_period[0].dataset].dimensions
    calendar = CalendarKey(found_period[0].dataset, dimensions[found_period[0].day], dimensions[period.dimension])
    asked_end = asked.asked_days.whole_end
    if compared is not None and own.start and own.end and asked_end:
        first = None if compared.name == "previous" else compared.days.start
        number = dimensions[period.number]
        beside = PeriodsBeside(number, own.start, own.end, own.start, first, asked_end)
        calendar = replace(calendar, beside=beside)
    return calendar


def kept_by(measure: Measure, model: Model) -> Granularity:
    """Return the period that each row of a measure covers, which is a day unless its date has a longer granularity."""
    return model.datasets[measure.dataset].dimensions[measure.time].days_grain if measure.time else Granularity.DAY


def is_by_month(measure: Measure, model: Model) -> bool:
    """Return whether each row of a measure covers a month or longer."""
    return in_months(kept_by(measure, model))


def check_range(days: Range, asked: Asked, subject: str) -> None:
    """Raise PeriodNotWhole if rows are stored by month or longer and the question's period cuts one."""
    own = days.field.dimension.days_grain
    if own is Granularity.DAY:
        return
    calendar = own_calendar(own, asked)
    are_asked = (days.start, days.end) == (asked.days.start, asked.days.end)
    shown = asked.asked_days if are_asked else days
    for edge in (days.start, days.end):
        if edge is not None and first_day(edge, own, calendar) != edge:
            words = lower_first(describe_range(shown.start, shown.end, open_end=True))
            message = f"{subject} is only available by {own.value}: {words} isn't made up of whole {own.value}s."
            if are_asked:
                message += f" {_whole_words(asked.asked_days, own, calendar, asked.today)}"
            raise PeriodNotWhole(message, names=(subject, own.value))


def _whole_words(days: Days, own: Granularity, calendar: Calendar, today: date) -> str:
    """Return a sentence that suggests whole periods to use instead."""
    whole_days = whole_instead(days, own, calendar, today=today)
    words = lower_first(describe_range(whole_days.start, whole_days.end, open_end=True))
    return f"Use whole {own.value}s: {words}."


def check_days(part: Condition, field: Field, asked: Asked, subject: str) -> None:
    """Raise GrainTooFine if a filter's days start or end inside the longer periods that dates represent."""
    own = field.dimension.days_grain
    if own is Granularity.DAY:
        return
    calendar = own_calendar(own, asked)
    for index, value in enumerate(part.values):
        day = carried(_day_of, value)
        if day is None or first_day(day, own, calendar) == day:
            continue
        is_end = part.op in (Operator.AT_MOST, Operator.MORE) or (part.op is Operator.BETWEEN and index == 1)
        following = day + timedelta(days=1) if day < date.max else day
        if not is_end or first_day(following, own, calendar) != following:
            known = f"{lower_first(field.dimension.label)} is only available by {own.value}"
            message = f"{subject} can't be filtered by {describe_day(day)}: {known}."
            raise GrainTooFine(message, names=(subject, own.value))


def _day_of(value: Value) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None  # refused because of its type


def check_hours(legs: Sequence[Leg]) -> None:
    """Raise TimeMismatch if hours of instants would be combined with hours of local timestamps.

    The same applies to periods shorter than an hour.
    """
    grains = {key.grain for leg in legs for key in leg.keys if key.grain and key.grain.is_clock}
    for grain in sorted(grains):
        kinds = {key.field.dimension.type for leg in legs for key in leg.keys if key.grain is grain}
        if len(kinds) > 1:
            message = f"These metrics can't be broken down by {grain.value} together: some have no time zone."
            raise TimeMismatch(message, names=(grain.value,))


def _check_own_grain(
    time: Dimension, own: Granularity, grain: Granularity, asked: Asked, subject: str, verb: str
) -> None:
    calendar = own_calendar(own, asked)
    order = list(Granularity)
    fits = order.index(grain) >= order.index(own) if own.is_clock else grain in _MADE_OF[own]
    if own is Granularity.HOUR and time.type.kind is TypeKind.TIMESTAMPTZ:
        fits = fits and _shares_hours(asked)
    if own is Granularity.WEEK:
        fits = fits and asked.calendar.week_start == calendar.week_start
    if own is Granularity.QUARTER:
        fits = fits and asked.calendar.month_offset(grain) % 3 == 0
    if not fits:
        message = (
            f"{subject} can't be {verb} by {grain.words}: {lower_first(time.label)} is only available by {own.value}."
        )
        raise GrainTooFine(message, names=(subject, own.value))


def own_calendar(own: Granularity, asked: Asked) -> Calendar:
    """Return the calendar for stored periods, with the model's own weeks.

    Stored weeks can't be made to begin on another day.
    """
    settings = asked.visible.model.settings
    return Calendar(settings.week_start, asked.calendar.fiscal_start) if own is Granularity.WEEK else asked.calendar


def _shares_hours(asked: Asked) -> bool:
    """Return whether hours begin at the same time in the question's and the model's time zones.

    If they don't, stored hours would have to be split.
    """
    zones = [ZoneInfo(time_zone) for time_zone in (asked.time_zone, asked.visible.model.settings.time_zone)]
    looked_at = [datetime(asked.today.year, month, 1, 12, tzinfo=UTC) for month in (1, 7)]
    offsets = [[at.astimezone(zone).utcoffset() or timedelta() for zone in zones] for at in looked_at]
    return all((mine - theirs) % timedelta(hours=1) == timedelta() for mine, theirs in offsets)
