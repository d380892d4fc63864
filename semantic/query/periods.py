"""Find the days that a question covers, and convert between days and periods of a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import InvalidQuery
from semantic.model.definitions import FIRST_YEAR, LAST_YEAR, DatePart, Granularity
from semantic.model.replace_fields import replace_fields
from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.query.followed import carried, observed
from semantic.query.query import Between, Last, Period, ToDate

MONTHS_OF = {
    Granularity.MONTH: 1,
    Granularity.QUARTER: 3,
    Granularity.FISCAL_QUARTER: 3,
    Granularity.YEAR: 12,
    Granularity.FISCAL_YEAR: 12,
}
"""The number of months in each period of whole months."""
LEAST_DAYS = {Granularity.DAY: 1, Granularity.WEEK: 7}
"""The number of days in each period of whole days."""
_LENGTHS = {grain: place for place, grain in enumerate((*LEAST_DAYS, *MONTHS_OF))}
"""The periods of a day or longer, numbered from the shortest to the longest."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The first day of a week and the first month of a fiscal year."""

    week_start: str = "monday"
    fiscal_start: str = "january"

    @property
    def week_offset(self) -> int:
        """The number of days from Monday to the first day of a week."""
        return WEEK_DAYS.index(self.week_start)

    def month_offset(self, unit: Granularity) -> int:
        """Return the number of months from January to the start of a fiscal year, or 0 if `unit` isn't fiscal."""
        fiscal = unit in (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)
        return MONTHS.index(self.fiscal_start) if fiscal else 0


PLAIN_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True)
class Same:
    """A condition for days that also exist `months` later.

    If `until` or `since` is set, it only applies to days before `until`, or on or after `since`. Rows that are shown
    some days and months after their own day are tested by the day on which they're shown.
    """

    months: int
    until: date | None = None
    since: date | None = None
    shown_days: int = 0
    shown_months: int = 0

    def counts(self, day: date) -> bool:
        """Return whether a day meets the condition, not counting the `shown_…` shifts."""
        is_free = self.until is not None or self.since is not None
        if is_free and (self.until is None or day >= self.until) and (self.since is None or day < self.since):
            return True
        return shift(day, Granularity.MONTH, self.months).day == day.day


@dataclass(frozen=True, slots=True)
class Days:
    """The days [start, end) in the question's time zone. `start` or `end` is None if there is no limit on that side.

    `unit` and `count` are set if the question counts periods. If not every day is known, `asked_end` is the end that
    the question asked for, and `end` is earlier. `is_open` means that the period has no end. `lets_in_today` means that
    the last day hasn't ended.
    """

    start: date | None = None
    end: date | None = None
    unit: Granularity | None = None
    count: int = 0
    complete: bool = True
    to_date: bool = False
    asked_end: date | None = None
    is_open: bool = False
    lets_in_today: bool = False
    of_months: bool = False  # they're compared with a period that is made of months
    same: Same | None = None  # only days that meet this condition count

    @property
    def has_undated(self) -> bool:
        """Whether the period includes rows without a date, which is so if the question asks for all days."""
        return self.start is None and self.is_open

    @property
    def is_empty(self) -> bool:
        """Whether the period has no days."""
        return self.start is not None and self.end is not None and self.end <= self.start

    @property
    def length(self) -> int:
        """The number of days from start to end, both of which must be set."""
        assert self.start is not None
        assert self.end is not None
        return (self.end - self.start).days

    @property
    def whole_end(self) -> date | None:
        """The end of the period that the question asked for, even if some of its days aren't known."""
        return self.asked_end or self.end

    @property
    def is_made_of_months(self) -> bool:
        """Whether the requested days are whole months, or the days to date of a month, quarter or year."""
        if self.of_months:
            return True
        if self.unit is not None:
            return in_months(self.unit)
        end = None if self.is_open else self.whole_end
        return self.start is not None and end is not None and self.start.day == end.day == 1 and self.start < end


def coarsest(grains: Sequence[Granularity]) -> Granularity | None:
    """Return the coarsest of the given granularities, or None if there are none."""
    return max(grains, key=lambda grain: _LENGTHS.get(grain, -1), default=None)


def shortest(grains: Sequence[Granularity]) -> Granularity:
    """Return the finest of the given granularities."""
    return grains[0] if len(grains) == 1 else min(grains, key=[*Granularity].index)


def days_between(start: date, end: date) -> Iterator[date]:
    """Yield the days of [start, end)."""
    for number in range((end - start).days):
        yield start + timedelta(days=number)


def in_months(unit: Granularity) -> bool:
    """Return whether a period of `unit` consists of whole months."""
    return unit in MONTHS_OF


def find_days(period: Period | None, calendar: Calendar, *, today: date) -> Days:
    """Return the days that a question asks for. Raises InvalidQuery for days outside the supported years.

    Relative periods end before the current period, or with today if they include it.
    """
    match period:
        case None:
            return Days()
        case Between(start, end, complete):
            check_years(start, end)
            return Days(start, end + timedelta(days=1) if end else None, complete=complete)
        case ToDate(unit, complete):
            start = first_day(today, unit, calendar)
            return Days(start, today if complete else today + timedelta(days=1), unit, 1, complete, to_date=True)
        case Last(count, unit, complete):
            running = first_day(today, unit, calendar)
            end = running if complete else today + timedelta(days=1)
            most = (today.year - FIRST_YEAR) * 365 // (LEAST_DAYS.get(unit) or 31 * MONTHS_OF[unit])
            if count > most:
                raise InvalidQuery(f"The last {count:,} {unit.words}s go back too far. Use at most {most:,}.")
            return Days(shift(running, unit, -count if complete else 1 - count), end, unit, count, complete)


def as_known(days: Days, known: date | None, today: date) -> Days:
    """Return the known days of a period: those through `known`, or all days if that's None.

    If the period includes today, everything before today is known.
    """
    if known is None:
        return days
    end = known + timedelta(days=1)
    lets_in_today = not days.complete and end == today
    if lets_in_today:
        end = today + timedelta(days=1)
    if days.end is not None and days.end <= end:
        return replace_fields(days, lets_in_today=True) if lets_in_today and days.end == end else days
    is_open = days.is_open or days.end is None
    end = max(end, days.start) if days.start else end
    return replace_fields(days, end=end, asked_end=days.end, is_open=is_open, lets_in_today=lets_in_today)


def widened(days: Days, grain: Granularity | None, calendar: Calendar) -> Days:
    """Return the days, extended to whole periods of `grain`."""
    if grain is None:
        return days
    start = first_day(days.start, grain, calendar) if days.start else None
    end = days.end
    if end is not None and first_day(end, grain, calendar) != end:
        end = shift(first_day(end, grain, calendar), grain, 1)
    return replace(days, start=start, end=end)


def whole_within(days: Days, grain: Granularity, calendar: Calendar) -> Days | None:
    """Return the whole periods of `grain` within the days, or None if there are none."""
    start, end = days.start, days.end
    if start is not None and (first := first_day(start, grain, calendar)) != start:
        start = shift(first, grain, 1)
    if end is not None:
        end = first_day(end, grain, calendar)
    if start is not None and end is not None and start >= end:
        return None
    return replace(days, start=start, end=end)


def whole_instead(days: Days, grain: Granularity, calendar: Calendar, *, today: date) -> Days:
    """Return the whole periods of `grain` within the days.

    If there are none, return the periods that overlap the days and are over.
    """
    inside = whole_within(days, grain, calendar)
    if inside is not None:
        return inside
    around, running = widened(days, grain, calendar), first_day(today, grain, calendar)
    if around.start is not None and around.end is not None and around.start < running < around.end:
        return replace(around, end=running)
    return around


def first_day(day: date, unit: Granularity, calendar: Calendar) -> date:
    """Return the first day of the period that contains `day`."""
    return carried(_first_day, day, unit, calendar)


def _first_day(day: date, unit: Granularity, calendar: Calendar) -> date:
    if unit is Granularity.WEEK:
        return day - timedelta(days=(day.weekday() - calendar.week_offset) % 7)
    if not in_months(unit):
        return day
    size, offset = MONTHS_OF[unit], calendar.month_offset(unit)
    past = (day.year * 12 + day.month - 1 - offset) // size * size + offset
    return date(past // 12, past % 12 + 1, 1)


def part_of(day: date, part: DatePart, first: date) -> int:
    """Return a part of a date as a whole number. Day numbers are counted from `first`, which is day 1."""
    match part:
        case DatePart.YEAR:
            return day.year
        case DatePart.QUARTER:
            return (day.month + 2) // 3
        case DatePart.MONTH:
            return day.month
        case DatePart.DAY:
            return day.day
        case DatePart.DOW:
            return day.isoweekday()
        case DatePart.DOY:
            return day.timetuple().tm_yday
        case DatePart.DAY_NUMBER | DatePart.HOUR:
            return (day - first).days + 1


def whole_from(first: date, unit: Granularity, calendar: Calendar) -> date:
    """Return the first day of the first whole period on or after `first`."""
    begun = first_day(first, unit, calendar)
    return begun if begun == first else shift(begun, unit, 1)


def shift(day: date, unit: Granularity, count: int) -> date:
    """Return the first day of the period that is `count` periods after the one that begins on `day`."""
    if in_months(unit):
        return add_months(day, count * MONTHS_OF[unit])
    return day + timedelta(days=count * (7 if unit is Granularity.WEEK else 1))


def end_with_today(days: Days, *, today: date) -> Days:
    """Return a period without an end as ending today, which comparisons need. Other periods stay as they are."""
    return days if days.end is not None else replace(days, end=today + timedelta(days=1), is_open=True)


def end_before_today(days: Days, *, today: date) -> Days:
    """Return a period without an end as ending yesterday, which windows need. Other periods stay as they are.

    A period that begins today or later keeps its first day.
    """
    return days if days.end is not None else replace(days, end=max(today, (days.start or date.min) + timedelta(days=1)))


def check_years(*days: date | None) -> None:
    """Raise InvalidQuery for a day outside the supported years."""
    for day in days:
        if day is not None and not observed(_is_known, day):
            raise InvalidQuery(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Change the period.")


def _is_known(day: date) -> bool:
    return FIRST_YEAR <= day.year < LAST_YEAR


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a month that is too short."""
    return carried(months_later, day, months)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, like `add_months`, but as a plain date instead of a followed one."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
