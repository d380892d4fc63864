"""Find the days that a question covers, and the days that they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import InvalidQuery
from semantic.model.changed import changed
from semantic.model.definitions import FIRST_YEAR, LAST_YEAR, DatePart, Granularity
from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.query.followed import carried, observed
from semantic.query.query import Back, Between, Comparison, Last, LastYear, Named, Period, Previous, ToDate

SAME_WEEKDAYS = 364
"""A year of whole weeks (decision 6)."""

NEGLIGIBLE = 0.05
"""The share of a period's days that can be missing while two periods are still comparable."""

MONTHS_OF = {
    Granularity.MONTH: 1,
    Granularity.QUARTER: 3,
    Granularity.FISCAL_QUARTER: 3,
    Granularity.YEAR: 12,
    Granularity.FISCAL_YEAR: 12,
}
"""How many months a period has, if it consists of months."""
_LEAST_DAYS = {Granularity.DAY: 1, Granularity.WEEK: 7}
_LENGTHS = {grain: place for place, grain in enumerate((*_LEAST_DAYS, *MONTHS_OF))}
"""Periods of days and longer, by length."""
_OF_WEEKS = (DatePart.DOW, DatePart.DAY_NUMBER, DatePart.HOUR)
"""Date parts of a day, not of a month."""
_PERIOD_OF = {
    DatePart.MONTH: Granularity.MONTH,
    DatePart.QUARTER: Granularity.QUARTER,
    DatePart.YEAR: Granularity.YEAR,
}
"""The period numbered by a date part."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where weeks and fiscal years begin."""

    week_start: str = "monday"
    fiscal_start: str = "january"

    @property
    def week_offset(self) -> int:
        """Days from Monday to the first day of a week."""
        return WEEK_DAYS.index(self.week_start)

    def month_offset(self, unit: Granularity) -> int:
        """Return the months from January to the first month of a year of `unit`, or 0 if `unit` isn't fiscal."""
        fiscal = unit in (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)
        return MONTHS.index(self.fiscal_start) if fiscal else 0


PLAIN_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True)
class Same:
    """Days that also exist so many `months` later. Only days before `until` and from `since` on need to.

    Rows that are shown some days and months after their own day are tested by the day that they are shown on.
    """

    months: int
    until: date | None = None
    since: date | None = None
    shown_days: int = 0
    shown_months: int = 0

    def counts(self, day: date) -> bool:
        """Whether a day counts, regardless of `shown_…`."""
        is_free = self.until is not None or self.since is not None
        if is_free and (self.until is None or day >= self.until) and (self.since is None or day < self.since):
            return True
        return shift(day, Granularity.MONTH, self.months).day == day.day


@dataclass(frozen=True, slots=True)
class Days:
    """The days [start, end) in the question's time zone. None is open. `unit` and `count` are set if the question
    counts periods.

    If not every day is known, `asked_end` is the end that the question asked for, and `end` is earlier. A period
    without an end `is_open`. With `lets_in_today`, the last day isn't over.
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
    of_months: bool = False  # they stand beside a period that is made of months
    same: Same | None = None  # only such of them count

    @property
    def has_undated(self) -> bool:
        """Whether the period includes rows without a date, which it does if the question asks for all days."""
        return self.start is None and self.is_open

    @property
    def is_empty(self) -> bool:
        """Whether the period has no days."""
        return self.start is not None and self.end is not None and self.end <= self.start

    @property
    def length(self) -> int:
        """Days from start to end, both given."""
        assert self.start is not None
        assert self.end is not None
        return (self.end - self.start).days

    @property
    def whole_end(self) -> date | None:
        """The end of the period that the question asked for, whether or not all of its days are known."""
        return self.asked_end or self.end

    @property
    def is_made_of_months(self) -> bool:
        """Whether the asked days are whole months, or to date in a month, quarter or year."""
        if self.of_months:
            return True
        if self.unit is not None:
            return in_months(self.unit)
        end = None if self.is_open else self.whole_end
        return self.start is not None and end is not None and self.start.day == end.day == 1 and self.start < end


@dataclass(frozen=True, slots=True)
class Compared:
    """The days of one comparison, and how their dates move onto the question's own, by days or by months.

    If dates move by months, a day without the same day in its month has no partner. With `only_same`, such days before
    `same_until` and from `same_since` on don't count. With `whole`, they count in totals only, because whole months are
    compared. `name` ends the columns' names. Named days without a partner among the question's days count in totals
    only.
    """

    name: str
    days: Days
    move_days: int = 0
    move_months: int = 0
    only_same: bool = False
    same_until: date | None = None
    same_since: date | None = None
    whole: bool = False
    is_named: bool = False

    @property
    def same(self) -> Same:
        """Which of the days have a partner."""
        return Same(self.move_months, self.same_until, self.same_since)


@dataclass(frozen=True, slots=True)
class Split:
    """How a question breaks down its own date: by periods, by parts of dates, or by a calendar's periods."""

    grains: tuple[Granularity, ...] = ()
    parts: tuple[DatePart, ...] = ()
    by_calendar: bool = False
    calendar: Calendar = PLAIN_CALENDAR

    @property
    def is_dated(self) -> bool:
        """Whether there is a breakdown by date at all."""
        return bool(self.grains or self.parts or self.by_calendar)

    @property
    def is_by_months(self) -> bool:
        """Whether every row is of whole months."""
        return bool(self.grains) and all(in_months(grain) for grain in self.grains)

    @property
    def months_of_rows(self) -> Granularity | None:
        """The period of the rows if it is made up of months, even if the rows have only the period's number."""
        granularities = [*self.grains, *(_PERIOD_OF[date_part] for date_part in self.parts if date_part in _PERIOD_OF)]
        if (
            not granularities
            or len(granularities) < len(self.grains) + len(self.parts)
            or not all(map(in_months, granularities))
        ):
            return None
        return shortest(granularities)

    @property
    def has_days(self) -> bool:
        """Whether rows are of days."""
        return Granularity.DAY in self.grains

    @property
    def has_weeks(self) -> bool:
        """Whether rows are of weeks, which no month is made of."""
        return Granularity.WEEK in self.grains

    @property
    def pairs_weekdays(self) -> bool:
        """Whether rows are days or weeks, so that each is compared with the same weekdays."""
        return (
            self.has_days
            or self.has_weeks
            or self.by_calendar
            or any(date_part in _OF_WEEKS for date_part in self.parts)
        )


def coarsest(grains: Sequence[Granularity]) -> Granularity | None:
    """Return the longest of some periods."""
    return max(grains, key=lambda grain: _LENGTHS.get(grain, -1), default=None)


def shortest(grains: Sequence[Granularity]) -> Granularity:
    """Return the shortest of some periods."""
    return grains[0] if len(grains) == 1 else min(grains, key=[*Granularity].index)


def days_between(start: date, end: date) -> Iterator[date]:
    """Return the days of [start, end)."""
    for number in range((end - start).days):
        yield start + timedelta(days=number)


def in_months(unit: Granularity) -> bool:
    """Whether a period of `unit` is made of whole months."""
    return unit in MONTHS_OF


def find_days(period: Period | None, calendar: Calendar, *, today: date) -> Days:
    """Return the days that a question asks for. Relative periods end before today's period, or with today if today is
    let in.

    Raises InvalidQuery for days that no calendar has.
    """
    match period:
        case None:
            return Days()
        case Between(start, end, complete):
            _check_years(start, end)
            return Days(start, end + timedelta(days=1) if end else None, complete=complete)
        case ToDate(unit, complete):
            start = first_day(today, unit, calendar)
            return Days(start, today if complete else today + timedelta(days=1), unit, 1, complete, to_date=True)
        case Last(count, unit, complete):
            running = first_day(today, unit, calendar)
            end = running if complete else today + timedelta(days=1)
            most = (today.year - FIRST_YEAR) * 365 // (_LEAST_DAYS.get(unit) or 31 * MONTHS_OF[unit])
            if count > most:
                raise InvalidQuery(f"The last {count:,} {unit.words}s go back too far. Use at most {most:,}.")
            return Days(shift(running, unit, -count if complete else 1 - count), end, unit, count, complete)


def as_known(days: Days, known: date | None, today: date) -> Days:
    """Return the known days of a period, given that all days through `known` are known, or all days if `known` is None.

    If the period lets today in, everything before today is known.
    """
    if known is None:
        return days
    end = known + timedelta(days=1)
    lets_in_today = not days.complete and end == today
    if lets_in_today:
        end = today + timedelta(days=1)
    if days.end is not None and days.end <= end:
        return changed(days, lets_in_today=True) if lets_in_today and days.end == end else days
    is_open = days.is_open or days.end is None
    end = max(end, days.start) if days.start else end
    return changed(days, end=end, asked_end=days.end, is_open=is_open, lets_in_today=lets_in_today)


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
    """Return the whole periods of `grain` inside the days, or None if there are none."""
    start, end = days.start, days.end
    if start is not None and (first := first_day(start, grain, calendar)) != start:
        start = shift(first, grain, 1)
    if end is not None:
        end = first_day(end, grain, calendar)
    if start is not None and end is not None and start >= end:
        return None
    return replace(days, start=start, end=end)


def whole_instead(days: Days, grain: Granularity, calendar: Calendar, *, today: date) -> Days:
    """Return the whole periods of `grain` inside the days. If there are none, return the periods that they touch and
    that are over.
    """
    inside = whole_within(days, grain, calendar)
    if inside is not None:
        return inside
    around, running = widened(days, grain, calendar), first_day(today, grain, calendar)
    if around.start is not None and around.end is not None and around.start < running < around.end:
        return replace(around, end=running)
    return around


def first_day(day: date, unit: Granularity, calendar: Calendar) -> date:
    """Return the first day of the period that `day` is in."""
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
    """Return a part of a day as a whole number. Numbered days are counted from the day `first`, which is 1."""
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
    """Return the first day of the first period that does not begin before a day."""
    begun = first_day(first, unit, calendar)
    return begun if begun == first else shift(begun, unit, 1)


def shift(day: date, unit: Granularity, count: int) -> date:
    """Return the first day of the period `count` periods after the one that starts on `day`."""
    if in_months(unit):
        return _add_months(day, count * MONTHS_OF[unit])
    return day + timedelta(days=count * (7 if unit is Granularity.WEEK else 1))


def find_comparisons(
    comparisons: Sequence[Comparison], days: Days, split: Split, known: date | None = None
) -> tuple[Compared, ...]:
    """Return the days of each comparison, which are only the partners of the question's known days.

    If `known` is set, named days end with the day `known`. Raises InvalidQuery if a comparison needs a period with both
    ends and the question has none.
    """
    if not comparisons:
        return ()
    found: list[Compared] = []
    for comparison, name in zip(comparisons, comparison_names(comparisons), strict=True):
        match comparison:
            case Previous():
                found.append(_previous(days, split))  # the question has checked that it has both ends
            case LastYear() if split.pairs_weekdays or not (split.is_dated or days.is_made_of_months):
                found.append(_days_back(name, days, SAME_WEEKDAYS))
            case LastYear():
                found.append(_months_back_of(name, days, 12, split))
            case Back(count, unit) if in_months(unit):
                found.append(_months_back_of(name, days, count * MONTHS_OF[unit], split))
            case Back(count, unit):
                found.append(_days_back(name, days, count * _LEAST_DAYS[unit]))
            case Named(start, end):
                _check_years(start, end)
                compared = _named(name, Days(start, end + timedelta(days=1)), days, split)
                found.append(compared if known is None else changed(compared, days=_through(known, compared.days)))
    return tuple(found)


def _through(known: date, days: Days) -> Days:
    end = known + timedelta(days=1)
    if days.end is not None and days.end <= end:
        return days
    return changed(days, end=max(end, days.start) if days.start else end)


def comparison_names(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the endings of the columns of each comparison: previous, last_year, 2_month_back, period, period_2."""
    names: list[str] = []
    for comparison in comparisons:
        match comparison:
            case Previous():
                names.append("previous")
            case LastYear():
                names.append("last_year")
            case Back(count, unit):
                names.append(f"{count}_{unit.value}_back")
            case Named():
                number = 1 + sum(name.startswith("period") for name in names)
                names.append("period" if number == 1 else f"period_{number}")
    return names


def reaches_out(compared: Compared, days: Days) -> bool:
    """Whether a comparison's dates, moved onto the question's own, go beyond the question's period."""

    def moved(day: date) -> date:
        return _add_months(day + timedelta(days=compared.move_days), compared.move_months)

    start, end = compared.days.start, compared.days.end
    before = days.start is not None and (start is None or moved(start) < days.start)
    return before or (days.end is not None and (end is None or moved(end) > days.end))


def moved_back(days: Days, by_days: int, by_months: int) -> Days:
    """Return the same days some days and months earlier. Whole months stay whole, and other days keep their day of the
    month.
    """
    step = timedelta(days=by_days)
    start = days.start - step if days.start else None
    end = days.end - step if days.end else None
    if not by_months:
        return Days(start, end)
    return _partners(replace(days, start=start, end=end), by_months)


def same_days_before(start: date, end: date, months: int) -> bool:
    """Whether every day of [start, end) has the same day so many months before."""
    return not _lacks_partners(start, end, -months)


def lacks_partners(days: Days, months: int) -> bool:
    """Whether a period with two known ends has a day that doesn't exist some months later."""
    if days.start is None or days.end is None:
        return True
    return observed(_lacks_partners, days.start, days.end, months)


def _lacks_partners(start: date, end: date, months: int) -> bool:
    day = start
    while day < end:
        if day.day > 28 and _months_later(day, months).day != day.day:
            return True
        # Only the last days of a month can lack one.
        day = day + timedelta(days=1) if day.day >= 28 else day.replace(day=28)
    return False


def end_with_today(days: Days, *, today: date) -> Days:
    """Return an open period as it is compared, which ends with today, as far as that is known."""
    return days if days.end is not None else replace(days, end=today + timedelta(days=1), is_open=True)


def end_before_today(days: Days, *, today: date) -> Days:
    """Return an open period as windows count up to it, which ends with yesterday, or on its only day."""
    return days if days.end is not None else replace(days, end=max(today, (days.start or date.min) + timedelta(days=1)))


def _previous(days: Days, split: Split) -> Compared:
    """The same number of months before if the period is made of months, otherwise the same number of days."""
    assert days.start is not None
    end = days.whole_end
    assert end is not None
    if days.is_made_of_months:
        months = (end.year - days.start.year) * 12 + end.month - days.start.month
        months = days.count * MONTHS_OF[days.unit] if days.unit is not None else months
        return _months_back_of("previous", days, months, split)
    length = days.count * _LEAST_DAYS[days.unit] if days.unit is not None else (end - days.start).days
    return _days_back("previous", days, length)


def _days_back(name: str, days: Days, back: int) -> Compared:
    """The known days, so many days back."""
    return Compared(name, moved_back(days, back, 0), move_days=back)


def _months_back_of(name: str, days: Days, months: int, split: Split) -> Compared:
    """The known days some months back, each paired with the same day of its month or, in weeks, by position."""
    if split.has_weeks and days.start is not None:
        return _weeks_back_of(name, days, days.start, months)
    partners = partners_of(days, months, split.months_of_rows, split.calendar)
    whole = days.is_made_of_months and split.has_days and lacks_partners(partners.days, months)
    return Compared(name, partners.days, 0, months, partners.only_same, partners.same_until, partners.same_since, whole)


def _weeks_back_of(name: str, days: Days, start: date, months: int) -> Compared:
    """The days some months back that known days are paired with by position, up to the last such day."""
    begins, end = _add_months(start, -months), days.whole_end
    if days.is_open and days.asked_end is not None:
        end = days.asked_end - timedelta(days=1)  # it is open until today, and of today nothing is known
    if end is not None and days.end is not None:
        last = _add_months(end, -months) if days.is_made_of_months and end.day == 1 else _end_before(end, months)
        assert last is not None
        if name == "previous":
            last = start
        end = min(last, begins + timedelta(days=days.length))
    return Compared(name, Days(begins, end, of_months=days.is_made_of_months), move_days=(start - begins).days)


def _named(name: str, earlier: Days, days: Days, split: Split) -> Compared:
    """Named days, paired by position, or by months if both periods begin with a month and months are shown.

    If the question's period isn't over or isn't fully known, only the partners of its known days count. Otherwise all
    named days count.
    """
    if days.start is None or earlier.start is None:
        raise InvalidQuery("A comparison with a named period needs a period with a start date. Choose one.")
    begins = earlier.start
    if split.by_calendar and not days.is_empty:  # its periods say which days stand beside which
        return Compared(name, earlier, is_named=True)
    is_cut = days.asked_end is not None or days.to_date or days.lets_in_today or days.is_empty
    if split.is_by_months and days.start.day == begins.day == 1:
        months = (days.start.year - begins.year) * 12 + days.start.month - begins.month
        partners = partners_of(days, months, split.months_of_rows, split.calendar)
        earlier = _earlier_of(earlier, partners.days) if is_cut else earlier
        # Days that have no same day in the other month count in totals, as all named days do.
        return Compared(
            name,
            earlier,
            move_months=months,
            same_until=partners.same_until,
            same_since=partners.same_since,
            whole=partners.only_same,
            is_named=True,
        )
    if is_cut:
        earlier = _earlier_of(earlier, Days(begins, begins + timedelta(days=days.length)))
    return Compared(name, earlier, move_days=(days.start - begins).days, is_named=True)


def _earlier_of(days: Days, other: Days) -> Days:
    """The first, ending where the other does if that is before its own end."""
    assert days.end is not None
    assert other.end is not None
    return replace(days, end=min(days.end, other.end))


@dataclass(frozen=True, slots=True)
class Partners:
    """The days paired with a period's days some months later. The other fields are the same as in Compared."""

    days: Days
    only_same: bool = False
    same_until: date | None = None
    same_since: date | None = None


def partners_of(days: Days, months: int, rows: Granularity | None, calendar: Calendar) -> Partners:
    """Return the days some months earlier that are paired with a period's days.

    Whole months are paired with whole months, if the period is made up of months, and so are `rows` of months that the
    question doesn't cut. Otherwise each day is paired with the same day of its month.
    """
    partners = _partners(days, months)
    if days.is_made_of_months:
        return Partners(partners)
    if rows is None:
        return Partners(partners, lacks_partners(partners, months))
    if days.end is not None and days.end.day == 1:
        partners = replace(partners, end=_add_months(days.end, -months))
    first, last = cut_rows(days, rows, calendar)
    until = since = None
    if first is not None and first.end is not None and partners.start is not None:
        edge = _add_months(first.end, -months)
        until = edge if lacks_partners(Days(partners.start, edge), months) else None
    if last is not None and last.start is not None and partners.end is not None:
        edge = _add_months(last.start, -months)
        since = edge if lacks_partners(Days(edge, partners.end), months) else None
    return Partners(partners, until is not None or since is not None, until, since)


def cut_rows(days: Days, rows: Granularity, calendar: Calendar) -> tuple[Days | None, Days | None]:
    """Return the first and the last period of `rows` if they aren't complete in what the question asked for.

    Days that aren't known yet don't cut a period. If one period is both, it counts as the first.
    """
    start, end = days.start, None if days.is_open else days.whole_end
    first = last = None
    if start is not None and start.day != 1:
        first = Days(start, shift(first_day(start, rows, calendar), rows, 1))
    if end is not None and end.day != 1:
        begins = first_day(end - timedelta(days=1), rows, calendar)
        if start is None or begins > start:
            last = Days(begins, end)
        else:
            first = Days(start, shift(begins, rows, 1))
    return first, last


def _partners(days: Days, months: int) -> Days:
    """The days some months back that the days are paired with.

    Whole months are paired with whole months. Otherwise each day is paired with the same day of the other month, or
    with none if that month doesn't have the day.
    """
    if days.is_made_of_months:
        assert days.start is not None
        ends = days.end is not None and days.end.day == 1
        end = _add_months(days.end, -months) if ends and days.end else _end_before(days.end, months)
        return Days(_add_months(days.start, -months), end, of_months=True)
    start = _first_partner(days.start, months) if days.start else None
    end = _end_before(days.end, months)
    return Days(start, max(start, end) if start and end else end)


def _end_before(end: date | None, months: int) -> date | None:
    """The end of the days that are some months before those that end with `end`."""
    return _add_months(end - timedelta(days=1), -months) + timedelta(days=1) if end is not None else None


def _first_partner(day: date, months: int) -> date:
    """The same day some months back. If that month doesn't have the day, the first of the following month, which is the
    next day's partner.
    """
    return carried(_same_or_next, day, months)


def _same_or_next(day: date, months: int) -> date:
    earlier = _months_later(day, -months)
    return earlier if earlier.day == day.day else earlier + timedelta(days=1)


def _check_years(*days: date | None) -> None:
    for day in days:
        if day is not None and not observed(_is_known, day):
            raise InvalidQuery(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Change the period.")


def _is_known(day: date) -> bool:
    return FIRST_YEAR <= day.year < LAST_YEAR


def _add_months(day: date, months: int) -> date:
    return carried(_months_later, day, months)


def _months_later(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
