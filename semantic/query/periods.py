"""Which days a question covers, and which days they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import InvalidQuery
from semantic.model.definitions import MONTHS, WEEK_DAYS, Granularity
from semantic.query.followed import carried, observed
from semantic.query.query import Back, Between, Comparison, Last, LastYear, Named, Period, Previous, ToDate

FIRST_YEAR, LAST_YEAR = 1700, 3000
SAME_WEEKDAYS = 364
"""A year of whole weeks (decision D7)."""

MONTHS_OF = {
    Granularity.MONTH: 1,
    Granularity.QUARTER: 3,
    Granularity.FISCAL_QUARTER: 3,
    Granularity.YEAR: 12,
    Granularity.FISCAL_YEAR: 12,
}
"""How many months a period has, where it is made of months."""
_LEAST_DAYS = {Granularity.DAY: 1, Granularity.WEEK: 7}


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
        """Months from January to the first month of a year of `unit`; 0 for what is not fiscal."""
        fiscal = unit in (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)
        return MONTHS.index(self.fiscal_start) if fiscal else 0


@dataclass(frozen=True, slots=True)
class Days:
    """[start, end) in the question's time zone; None is open. `unit` and `count` where the question counts periods."""

    start: date | None = None
    end: date | None = None
    unit: Granularity | None = None
    count: int = 0
    complete: bool = True
    to_date: bool = False

    @property
    def length(self) -> int:
        """Days from start to end, both given."""
        assert self.start is not None
        assert self.end is not None
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Compared:
    """The days of one comparison, and how a date of theirs moves onto the question's own: by days or by months.

    `name` ends the columns' names.
    """

    name: str
    days: Days
    move_days: int = 0
    move_months: int = 0


def coarsest(grains: Sequence[Granularity]) -> Granularity | None:
    """The longest of some periods."""
    order = [*_LEAST_DAYS, *MONTHS_OF]
    return max(grains, key=lambda grain: order.index(grain) if grain in order else -1, default=None)


def in_months(unit: Granularity) -> bool:
    """Whether a period of `unit` is made of whole months."""
    return unit in MONTHS_OF


def find_days(period: Period | None, grain: Granularity | None, calendar: Calendar, *, today: date) -> Days:
    """The days a question covers. Relative periods end before today's period, or with today when it is let in.

    `grain` is that of the question's date breakdown, if any. Raises InvalidQuery for days that no calendar has.
    """
    match period:
        case None:
            return Days()
        case Between(start, end, complete):
            _check_years(start, end)
            until = end + timedelta(days=1) if end else None
            if complete:
                running = first_day(today, grain or Granularity.DAY, calendar)
                until = min(until, running) if until else running
                until = max(until, start) if start else until
            return Days(start, until)
        case ToDate(unit, complete):
            start = first_day(today, unit, calendar)
            return Days(start, today if complete else today + timedelta(days=1), unit, 1, complete, to_date=True)
        case Last(count, unit, complete):
            running = first_day(today, unit, calendar)
            end = running if complete else today + timedelta(days=1)
            most = (today.year - FIRST_YEAR) * 365 // (_LEAST_DAYS.get(unit) or 31 * MONTHS_OF[unit])
            if count > most:
                raise InvalidQuery(f"The last {count:,} {unit.words}s reach back too far. Ask for at most {most:,}.")
            return Days(shift(running, unit, -count if complete else 1 - count), end, unit, count, complete)


def widened(days: Days, grain: Granularity | None, calendar: Calendar) -> Days:
    """The days made longer to whole periods of `grain`."""
    if grain is None:
        return days
    start = first_day(days.start, grain, calendar) if days.start else None
    end = days.end
    if end is not None and first_day(end, grain, calendar) != end:
        end = shift(first_day(end, grain, calendar), grain, 1)
    return replace(days, start=start, end=end)


def whole_within(days: Days, grain: Granularity, calendar: Calendar) -> Days | None:
    """The whole periods of `grain` inside the days; None where there is none."""
    start, end = days.start, days.end
    if start is not None and (first := first_day(start, grain, calendar)) != start:
        start = shift(first, grain, 1)
    if end is not None:
        end = first_day(end, grain, calendar)
    if start is not None and end is not None and start >= end:
        return None
    return replace(days, start=start, end=end)


def first_day(day: date, unit: Granularity, calendar: Calendar) -> date:
    """The first day of the period that `day` is in."""
    return carried(_first_day, day, unit, calendar)


def _first_day(day: date, unit: Granularity, calendar: Calendar) -> date:
    if unit is Granularity.WEEK:
        return day - timedelta(days=(day.weekday() - calendar.week_offset) % 7)
    if not in_months(unit):
        return day
    size, offset = MONTHS_OF[unit], calendar.month_offset(unit)
    past = (day.year * 12 + day.month - 1 - offset) // size * size + offset
    return date(past // 12, past % 12 + 1, 1)


def shift(day: date, unit: Granularity, count: int) -> date:
    """The first day of the period `count` periods after the one that starts on `day`."""
    if in_months(unit):
        return _add_months(day, count * MONTHS_OF[unit])
    return day + timedelta(days=count * (7 if unit is Granularity.WEEK else 1))


def find_comparisons(
    comparisons: Sequence[Comparison], days: Days, grains: Sequence[Granularity], calendar: Calendar
) -> tuple[Compared, ...]:
    """The days of each comparison. `grains` are those of the question's date breakdowns.

    Raises InvalidQuery where a comparison needs a period with both ends and the question has none.
    """
    by_months = bool(grains) and all(in_months(grain) for grain in grains)
    found: list[Compared] = []
    for one, name in zip(comparisons, comparison_names(comparisons), strict=True):
        match one:
            case Previous():
                compared = _previous(days, by_months)  # the question has checked that it has both ends
            case LastYear():
                compared = _moved(days, name, 0 if by_months else SAME_WEEKDAYS, 12 if by_months else 0, True)
            case Back(count, unit):
                months = count * MONTHS_OF.get(unit, 0)
                back = 0 if months else count * (7 if unit is Granularity.WEEK else 1)
                if grains and months and not by_months and days.start is None:
                    message = f"A comparison {count} {unit.words} back, by days, needs a period with a first day."
                    raise InvalidQuery(f"{message} Choose one.")
                compared = _moved(days, name, back, months, by_months)
            case Named(start, end):
                _check_years(start, end)
                compared = _paired(name, Days(start, end + timedelta(days=1)), days, by_months)
        found.append(compared)
    return tuple(found)


def comparison_names(comparisons: Sequence[Comparison]) -> list[str]:
    """What the columns of each comparison end with: previous, last_year, 2_month_back, period, period_2."""
    names: list[str] = []
    for one in comparisons:
        match one:
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


def reaches_out(one: Compared, days: Days) -> bool:
    """Whether a comparison's dates, moved onto the question's own, go beyond its period."""

    def moved(day: date) -> date:
        return _add_months(day + timedelta(days=one.move_days), one.move_months)

    start, end = one.days.start, one.days.end
    before = days.start is not None and (start is None or moved(start) < days.start)
    return before or (days.end is not None and (end is None or moved(end) > days.end))


def moved_back(days: Days, by_days: int, by_months: int) -> Days:
    """The same days some days and months back: whole months as wholes, else the last of a month for what it lacks."""
    step = timedelta(days=by_days)
    start = days.start - step if days.start else None
    end = days.end - step if days.end else None
    if by_months:
        whole = end is not None and end.day == 1 and (start is None or start.day == 1)
        start, end = _months_back(start, by_months), _months_back(end, by_months, is_end=not whole)
    return Days(start, end)


def end_with_today(days: Days, *, today: date) -> Days:
    """An open period as it is compared: it ends with today."""
    return days if days.end is not None else replace(days, end=today + timedelta(days=1))


def end_before_today(days: Days, *, today: date) -> Days:
    """An open period as windows count up to it: it ends with yesterday, or on its only day."""
    return days if days.end is not None else replace(days, end=max(today, (days.start or date.min) + timedelta(days=1)))


def _previous(days: Days, by_months: bool) -> Compared:
    """As many periods before; as many elapsed days of them where the last one is still running."""
    assert days.start is not None
    assert days.end is not None
    unit = days.unit
    if unit is None and days.start.day == days.end.day == 1 and days.end > days.start:
        months = (days.end.year - days.start.year) * 12 + days.end.month - days.start.month
        return _paired("previous", Days(_add_months(days.start, -months), days.start), days, by_months)
    if unit is None:
        return _paired("previous", Days(days.start - timedelta(days=days.length), days.start), days, by_months)
    start = shift(days.start, unit, -days.count)
    if days.complete and not days.to_date:
        return _paired("previous", Days(start, days.start), days, by_months)
    running = shift(days.start, unit, days.count - 1)
    earlier = shift(start, unit, days.count - 1)
    end = min(earlier + timedelta(days=(days.end - running).days), days.start)
    return _paired("previous", Days(start, end), days, by_months)


def _paired(name: str, earlier: Days, days: Days, by_months: bool) -> Compared:
    """Dates pair by position: months where both begin with a month and months are shown, else days."""
    if days.start is None or earlier.start is None:
        if name.startswith("period"):
            raise InvalidQuery("A comparison with a named period needs a period with a first day. Choose one.")
        return Compared(name, earlier)
    if by_months and days.start.day == earlier.start.day == 1:
        months = (days.start.year - earlier.start.year) * 12 + days.start.month - earlier.start.month
        return Compared(name, earlier, move_months=months)
    return Compared(name, earlier, move_days=(days.start - earlier.start).days)


def _moved(days: Days, name: str, back: int, months: int, by_months: bool) -> Compared:
    """The same days some days or months back."""
    if back:
        step = timedelta(days=back)
        earlier = Days(days.start - step if days.start else None, days.end - step if days.end else None)
        return Compared(name, earlier, move_days=back)
    whole = days.end is not None and days.end.day == 1 and (days.start is None or days.start.day == 1)
    earlier = Days(_months_back(days.start, months), _months_back(days.end, months, is_end=not whole))
    if by_months or days.start is None or earlier.start is None:
        return Compared(name, earlier, move_months=months)
    return Compared(name, earlier, move_days=(days.start - earlier.start).days)


def _months_back(day: date | None, months: int, *, is_end: bool = False) -> date | None:
    """The same date some months back, the last of the month where it has no such date.

    The day before an end is what moves, unless whole months do.
    """
    if day is None:
        return None
    if is_end:
        last = _add_months(day - timedelta(days=1), -months)
        return last + timedelta(days=1)
    return _add_months(day, -months)


def _check_years(*days: date | None) -> None:
    for day in days:
        if day is not None and not observed(_is_known, day):
            raise InvalidQuery(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Correct the period.")


def _is_known(day: date) -> bool:
    return FIRST_YEAR <= day.year < LAST_YEAR


def _add_months(day: date, months: int) -> date:
    return carried(_months_later, day, months)


def _months_later(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))
