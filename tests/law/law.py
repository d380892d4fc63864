"""The law of time, definition by definition: what is over, loaded and known, and which days are partners.

Everything is a `date` or a list of dates, worked out day by day. Nothing here knows SQL or Samepage's own periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from semantic.model.definitions import Granularity
from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.query.query import Between, Last, Period, ToDate

DAY = timedelta(days=1)
NEVER = date(2999, 12, 31)
"""The last known day of a plan, which has no end."""
NEGLIGIBLE = 0.05
MONTHS_IN = {
    Granularity.MONTH: 1,
    Granularity.QUARTER: 3,
    Granularity.FISCAL_QUARTER: 3,
    Granularity.YEAR: 12,
    Granularity.FISCAL_YEAR: 12,
}
"""Units that are made of months."""


@dataclass(frozen=True)
class Calendar:
    """The first day of weeks and of fiscal years."""

    week_start: str = "monday"
    fiscal_start: str = "january"


# Today, over, loaded to, known through


def is_over(day: date, today: date) -> bool:
    """Return whether a day is over: before today."""
    return day < today


def loaded_to(today: date, load: datetime | None, zone: str, *, is_plan: bool = False) -> date:
    """Return L: the last day that is over and loaded. Without a load time it's yesterday; a plan has no end."""
    if is_plan:
        return NEVER
    yesterday = today - DAY
    return yesterday if load is None else min(yesterday, load.astimezone(ZoneInfo(zone)).date() - DAY)


def known_through(loads: Iterable[date]) -> date:
    """Return K: the earliest L of the facts that a metric reads. Plans don't lower it."""
    return min(loads, default=NEVER)


def in_zone(known: date, model_zone: str, zone: str) -> date:
    """Return K in another time zone: the last day there that ends no later than K ends in the model's zone."""
    if known == NEVER or zone == model_zone:
        return known
    end = known + DAY
    instant = datetime(end.year, end.month, end.day, tzinfo=ZoneInfo(model_zone))
    return instant.astimezone(ZoneInfo(zone)).date() - DAY


# Days and months


def days_between(first: date, last: date) -> list[date]:
    """Return every day from the first to the last, both included. Empty if the last is before the first."""
    return [first + n * DAY for n in range((last - first).days + 1)]


def end_of_month(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - DAY


def same_day(day: date, months: int) -> date | None:
    """Return the same day number `months` before, or None if that month doesn't have it."""
    first = first_of_month_before(day, months)
    return first.replace(day=day.day) if day.day <= end_of_month(first).day else None


def clamped(day: date, months: int) -> date:
    """Return the same day number `months` before, or that month's last day if it doesn't have that number."""
    return same_day(day, months) or end_of_month(first_of_month_before(day, months))


def first_of_month_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def first_of(day: date, grain: Granularity, calendar: Calendar) -> date:
    """Return the first day of the period that `day` is in."""
    if grain is Granularity.WEEK:
        while day.weekday() != WEEK_DAYS.index(calendar.week_start):  # type: ignore[arg-type]
            day -= DAY
        return day
    if grain not in MONTHS_IN:
        return day
    begin = 1
    if grain in (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR):
        begin = MONTHS.index(calendar.fiscal_start) + 1
    day = day.replace(day=1)
    while (day.month - begin) % MONTHS_IN[grain]:
        day = first_of_month_before(day, 1)
    return day


def last_of(day: date, grain: Granularity, calendar: Calendar) -> date:
    """Return the last day of the period that `day` is in."""
    first = first_of(day, grain, calendar)
    if grain in MONTHS_IN:
        return first_of_month_before(first, -MONTHS_IN[grain]) - DAY
    return first + 6 * DAY if grain is Granularity.WEEK else first


def back_by(first: date, grain: Granularity, count: int) -> date:
    """Return the first day of the period `count` periods before the one that begins on `first`."""
    if grain in MONTHS_IN:
        return first_of_month_before(first, count * MONTHS_IN[grain])
    return first - count * (7 if grain is Granularity.WEEK else 1) * DAY


# What is asked


@dataclass(frozen=True)
class Asked:
    """The asked days, both ends included. An end that is None is open.

    `let_in` is today if the question includes it. `unit` and `count` belong to a relative or to-date period. `uncut` is
    the last named day. An empty period ends before it begins.
    """

    first: date | None = None
    last: date | None = None
    unit: Granularity | None = None
    count: int = 0
    to_date: bool = False
    let_in: date | None = None
    uncut: date | None = None

    @property
    def made_of_months(self) -> bool:
        """Return whether the asked days run from the first of a month to the last of one, or are counted in months or
        longer.
        """
        if self.unit is not None:
            return self.unit in MONTHS_IN
        return self.first is not None and self.uncut is not None and are_whole_months(self.first, self.uncut)

    @property
    def months(self) -> int:
        """Return how many months the asked days cover, if they are made of months."""
        if self.unit is not None:
            return self.count * MONTHS_IN[self.unit]
        assert self.first
        assert self.uncut
        return (self.uncut.year - self.first.year) * 12 + self.uncut.month - self.first.month + 1


def are_whole_months(first: date, last: date) -> bool:
    return first.day == 1 and last == end_of_month(last) and first <= last


def asked_days(period: Period | None, today: date, calendar: Calendar) -> Asked:
    """Return the days of a named, relative or to-date period. A period that isn't `complete` includes today."""
    match period:
        case None:
            return Asked()
        case Between(first, last, complete):
            has_today = (first is None or first <= today) and (last is None or today <= last)
            return Asked(first, last, let_in=today if has_today and not complete else None, uncut=last)
        case ToDate(unit, complete):
            first = first_of(today, unit, calendar)
            last = today - DAY if complete else today
            return Asked(first, last, unit, 1, to_date=True, let_in=None if complete else today, uncut=last)
        case Last(count, unit, complete):
            running = first_of(today, unit, calendar)
            if complete:
                return Asked(back_by(running, unit, count), running - DAY, unit, count, uncut=running - DAY)
            return Asked(back_by(running, unit, count - 1), today, unit, count, let_in=today, uncut=today)


# Partners


def partner_range(known: Sequence[date], months: int, *, whole: bool) -> list[date]:
    """Return the partner range of the known days C*, by date.

    With `whole`, the days belong to a period made of months. The range then runs from the first day's partner to the
    last day of its month if C* ends with a month, or else to the same day number, clamped. Otherwise the range is the
    set of the days' partners, each once.
    """
    if not known:
        return []
    if not whole:
        return sorted({day for day in (same_day(day, months) for day in known) if day})
    first = first_of_month_before(known[0], months)
    return days_between(first, partner_of_last(known[-1], months))


def partner_of_last(day: date, months: int) -> date:
    """Return where a partner range of whole months ends."""
    earlier = clamped(day, months)
    return end_of_month(earlier) if day == end_of_month(day) else earlier


def by_weekday(day: date, days: int = 364) -> date:
    return day - days * DAY


def by_position(day: date, first: date, other_first: date, other_last: date) -> date | None:
    """Return the other period's first day + (day − first day), or None beyond the other period's last day."""
    found_day = other_first + (day - first)
    return found_day if found_day <= other_last else None


# Judged


def lengths_are_alike(own: int, other: int) -> bool:
    """Return whether two numbers of days differ by at most 5 % of the larger."""
    return abs(own - other) <= NEGLIGIBLE * max(own, other)


def open_days(days: Iterable[date], known: date, final_after: int) -> int:
    """Return how many of the days aren't final: those among the last `final_after` known ones."""
    return sum(known - final_after * DAY < day <= known for day in days)


def few_are_open(days: Sequence[date], known: date, final_after: int) -> bool:
    return open_days(days, known, final_after) <= NEGLIGIBLE * len(days)
