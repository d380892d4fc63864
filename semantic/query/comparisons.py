"""Find the days that a question is compared with, and how their dates line up with the question's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.errors import InvalidQuery
from semantic.model.definitions import DatePart, Granularity
from semantic.model.replace_fields import replace_fields
from semantic.query.followed import carried, observed
from semantic.query.periods import (
    LEAST_DAYS,
    MONTHS_OF,
    PLAIN_CALENDAR,
    Calendar,
    Days,
    Same,
    add_months,
    check_years,
    first_day,
    in_months,
    months_later,
    shift,
    shortest,
)
from semantic.query.query import Back, Comparison, LastYear, Named, Previous

SAME_WEEKDAYS = 364
"""How many days back a comparison with last year goes, which is 52 whole weeks (decision 6)."""
NEGLIGIBLE = 0.05
"""The share of a period's days that can lack a partner before a comparison no longer counts as like for like."""
_OF_WEEKS = (DatePart.DOW, DatePart.DAY_NUMBER, DatePart.HOUR)
"""Parts of a single day, which are compared by weekday."""
_PERIOD_OF = {
    DatePart.MONTH: Granularity.MONTH,
    DatePart.QUARTER: Granularity.QUARTER,
    DatePart.YEAR: Granularity.YEAR,
}
"""The period that each date part belongs to."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The days of one comparison, and how their dates are shifted onto the question's, by days or by months.

    `name` is the suffix of the comparison's columns. In a shift by months, a day that doesn't exist in the other month
    has no partner. With `only_same`, days without a partner don't count if they're before `same_until`, or on or after
    `same_since`. With `whole`, they only count in totals, because whole months are compared. In a comparison with a
    named period, days without a partner in the question only count in totals too.
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
        """The condition that only days with a partner meet."""
        return Same(self.move_months, self.same_until, self.same_since)


@dataclass(frozen=True, slots=True)
class Split:
    """How a question breaks down its own date: by periods, date parts or calendar periods."""

    grains: tuple[Granularity, ...] = ()
    parts: tuple[DatePart, ...] = ()
    by_calendar: bool = False
    calendar: Calendar = PLAIN_CALENDAR

    @property
    def is_dated(self) -> bool:
        """Whether any breakdown is by date."""
        return bool(self.grains or self.parts or self.by_calendar)

    @property
    def is_by_months(self) -> bool:
        """Whether every row covers whole months."""
        return bool(self.grains) and all(in_months(grain) for grain in self.grains)

    @property
    def months_of_rows(self) -> Granularity | None:
        """The rows' period if it consists of whole months, otherwise None. Rows by month number count too."""
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
        """Whether any rows are single days."""
        return Granularity.DAY in self.grains

    @property
    def has_weeks(self) -> bool:
        """Whether any rows are weeks, which don't fit into months."""
        return Granularity.WEEK in self.grains

    @property
    def pairs_weekdays(self) -> bool:
        """Whether rows are days or weeks, which are compared by weekday."""
        return (
            self.has_days
            or self.has_weeks
            or self.by_calendar
            or any(date_part in _OF_WEEKS for date_part in self.parts)
        )


def find_comparisons(
    comparisons: Sequence[Comparison], days: Days, split: Split, known: date | None = None
) -> tuple[Compared, ...]:
    """Return the days of each comparison, limited to the partners of the question's known days.

    If `known` is set, a named period ends with that day. Raises InvalidQuery if a comparison needs a period with a
    start and an end, and the question has none.
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
                found.append(_days_back(name, days, count * LEAST_DAYS[unit]))
            case Named(start, end):
                check_years(start, end)
                compared = _named(name, Days(start, end + timedelta(days=1)), days, split)
                found.append(
                    compared if known is None else replace_fields(compared, days=_through(known, compared.days))
                )
    return tuple(found)


def _through(known: date, days: Days) -> Days:
    end = known + timedelta(days=1)
    if days.end is not None and days.end <= end:
        return days
    return replace_fields(days, end=max(end, days.start) if days.start else end)


def comparison_names(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the column suffix of each comparison, such as previous, last_year, 2_month_back, period, period_2."""
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
    """Return whether a comparison's dates, shifted onto the question's, go beyond the question's period."""

    def moved(day: date) -> date:
        return add_months(day + timedelta(days=compared.move_days), compared.move_months)

    start, end = compared.days.start, compared.days.end
    before = days.start is not None and (start is None or moved(start) < days.start)
    return before or (days.end is not None and (end is None or moved(end) > days.end))


def moved_back(days: Days, by_days: int, by_months: int) -> Days:
    """Return the days, moved back by some days and months.

    Whole months stay whole months. Other days keep their day of the month.
    """
    step = timedelta(days=by_days)
    start = days.start - step if days.start else None
    end = days.end - step if days.end else None
    if not by_months:
        return Days(start, end)
    return _partners(replace(days, start=start, end=end), by_months)


def same_days_before(start: date, end: date, months: int) -> bool:
    """Return whether every day of [start, end) also exists `months` earlier."""
    return not _lacks_partners(start, end, -months)


def lacks_partners(days: Days, months: int) -> bool:
    """Return whether any day of a period doesn't exist `months` later.

    A period without a start or an end counts as having such a day.
    """
    if days.start is None or days.end is None:
        return True
    return observed(_lacks_partners, days.start, days.end, months)


def _lacks_partners(start: date, end: date, months: int) -> bool:
    day = start
    while day < end:
        if day.day > 28 and months_later(day, months).day != day.day:
            return True
        # Only the last days of a month can lack a partner.
        day = day + timedelta(days=1) if day.day >= 28 else day.replace(day=28)
    return False


def _previous(days: Days, split: Split) -> Compared:
    """Return the period just before: as many months if the question covers whole months, otherwise as many days."""
    assert days.start is not None
    end = days.whole_end
    assert end is not None
    if days.is_made_of_months:
        months = (end.year - days.start.year) * 12 + end.month - days.start.month
        months = days.count * MONTHS_OF[days.unit] if days.unit is not None else months
        return _months_back_of("previous", days, months, split)
    length = days.count * LEAST_DAYS[days.unit] if days.unit is not None else (end - days.start).days
    return _days_back("previous", days, length)


def _days_back(name: str, days: Days, back: int) -> Compared:
    """Return the known days, `back` days earlier."""
    return Compared(name, moved_back(days, back, 0), move_days=back)


def _months_back_of(name: str, days: Days, months: int, split: Split) -> Compared:
    """Return the known days, some months earlier. Days are paired by day of the month, but weeks by position."""
    if split.has_weeks and days.start is not None:
        return _weeks_back_of(name, days, days.start, months)
    partners = partners_of(days, months, split.months_of_rows, split.calendar)
    whole = days.is_made_of_months and split.has_days and lacks_partners(partners.days, months)
    return Compared(name, partners.days, 0, months, partners.only_same, partners.same_until, partners.same_since, whole)


def _weeks_back_of(name: str, days: Days, start: date, months: int) -> Compared:
    """Return the days some months earlier, paired with known days by position.

    They end with the partner of the last known day.
    """
    begins, end = add_months(start, -months), days.whole_end
    if days.is_open and days.asked_end is not None:
        end = days.asked_end - timedelta(days=1)  # it's open until today, and today isn't known
    if end is not None and days.end is not None:
        last = add_months(end, -months) if days.is_made_of_months and end.day == 1 else _end_before(end, months)
        assert last is not None
        if name == "previous":
            last = start
        end = min(last, begins + timedelta(days=days.length))
    return Compared(name, Days(begins, end, of_months=days.is_made_of_months), move_days=(start - begins).days)


def _named(name: str, earlier: Days, days: Days, split: Split) -> Compared:
    """Return a comparison with a named period, paired by position or by month.

    Months are paired if both periods begin with a month and rows are months. If the question's period isn't over or
    isn't fully known, only the partners of its known days count. Otherwise all days of the named period do.
    """
    if days.start is None or earlier.start is None:
        raise InvalidQuery("A comparison with a named period needs a period with a start date. Choose one.")
    begins = earlier.start
    if split.by_calendar and not days.is_empty:  # its periods determine which days are paired
        return Compared(name, earlier, is_named=True)
    is_cut = days.asked_end is not None or days.to_date or days.lets_in_today or days.is_empty
    if split.is_by_months and days.start.day == begins.day == 1:
        months = (days.start.year - begins.year) * 12 + days.start.month - begins.month
        partners = partners_of(days, months, split.months_of_rows, split.calendar)
        earlier = _earlier_of(earlier, partners.days) if is_cut else earlier
        # Days without the same day in the other month count in totals, as all days of a named period do.
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
    """Return `days`, cut off where `other` ends if that's earlier."""
    assert days.end is not None
    assert other.end is not None
    return replace(days, end=min(days.end, other.end))


@dataclass(frozen=True, slots=True)
class Partners:
    """The days that are paired with a period some months later. The other fields are those of Compared."""

    days: Days
    only_same: bool = False
    same_until: date | None = None
    same_since: date | None = None


def partners_of(days: Days, months: int, rows: Granularity | None, calendar: Calendar) -> Partners:
    """Return the days some months earlier that are paired with a period's days.

    If the period covers whole months, whole months are paired. The same goes for `rows` of whole months that the period
    covers completely. Otherwise each day is paired with the same day of the other month.
    """
    partners = _partners(days, months)
    if days.is_made_of_months:
        return Partners(partners)
    if rows is None:
        return Partners(partners, lacks_partners(partners, months))
    if days.end is not None and days.end.day == 1:
        partners = replace(partners, end=add_months(days.end, -months))
    first, last = cut_rows(days, rows, calendar)
    until = since = None
    if first is not None and first.end is not None and partners.start is not None:
        edge = add_months(first.end, -months)
        until = edge if lacks_partners(Days(partners.start, edge), months) else None
    if last is not None and last.start is not None and partners.end is not None:
        edge = add_months(last.start, -months)
        since = edge if lacks_partners(Days(edge, partners.end), months) else None
    return Partners(partners, until is not None or since is not None, until, since)


def cut_rows(days: Days, rows: Granularity, calendar: Calendar) -> tuple[Days | None, Days | None]:
    """Return the first and last of the `rows` if the question doesn't cover them completely, otherwise None.

    Days that aren't known yet don't make a row incomplete. A row that is both first and last counts as the first.
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
    """Return the days some months earlier that are paired with these days.

    Whole months are paired with whole months. Otherwise each day is paired with the same day of the other month, or
    with none if that month doesn't have it.
    """
    if days.is_made_of_months:
        assert days.start is not None
        ends = days.end is not None and days.end.day == 1
        end = add_months(days.end, -months) if ends and days.end else _end_before(days.end, months)
        return Days(add_months(days.start, -months), end, of_months=True)
    start = _first_partner(days.start, months) if days.start else None
    end = _end_before(days.end, months)
    return Days(start, max(start, end) if start and end else end)


def _end_before(end: date | None, months: int) -> date | None:
    """Return the first day after the period some months earlier, for a period that ends before `end`."""
    return add_months(end - timedelta(days=1), -months) + timedelta(days=1) if end is not None else None


def _first_partner(day: date, months: int) -> date:
    """Return the same day of the month, some months earlier.

    If that month doesn't have it, return the first day of the following month, which is the next day's partner.
    """
    return carried(_same_or_next, day, months)


def _same_or_next(day: date, months: int) -> date:
    earlier = months_later(day, -months)
    return earlier if earlier.day == day.day else earlier + timedelta(days=1)
