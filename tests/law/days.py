"""The days that a question's cells count: their own days up to the last known one, and the partners of those days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from semantic.model.definitions import DatePart, Granularity
from semantic.query.query import Back, Breakdown, Comparison, LastYear, Named, Previous, Query
from tests.law.law import (
    DAY,
    MONTHS_IN,
    NEVER,
    Asked,
    Calendar,
    asked_days,
    by_position,
    clamped,
    days_between,
    end_of_month,
    first_of,
    first_of_month_before,
    in_zone,
    known_through,
    last_of,
    loaded_to,
    partner_of_last,
    partner_range,
)
from tests.law.metrics import Balance, Metric, Sum, facts_of, parts_of
from tests.law.world import Fact, Row, World

Key = Any
"""A row's value for its date breakdown: the first day of its period, or a number. None without a date breakdown."""
TOTAL, ONE_DAY = "in total", "one day"


class RefusedByLaw(Exception):
    """Raised if the law has no right answer."""


@dataclass(frozen=True)
class Side:
    """One side of a cell: the days it reads, the day of its balances, and its first day.

    `raw` are its days before unknown ones were removed, `span` the days of the whole cell as asked. `whole` is true if
    it belongs to a period made of months, and `by_months` if it belongs to a row of months or longer. `rows` are the
    days of each row of a total whose period isn't made of months, and whether the row is made of months.
    """

    days: tuple[date, ...]
    as_of: date | None
    first: date | None
    raw: tuple[date, ...]
    span: tuple[date, ...]
    whole: bool
    by_months: bool
    is_partner: bool
    known: date
    begins: date
    members: frozenset[str] | None = None
    let_in: date | None = None
    rows: tuple[tuple[tuple[date, ...], bool], ...] = ()


@dataclass(frozen=True)
class Compared:
    """How a comparison finds a day's partner: by date, a number of days earlier, by position or by a calendar."""

    name: str
    rule: str
    months: int = 0
    days: int = 0
    first: date | None = None  # of the other period
    last: date | None = None
    is_named: bool = False


def once(method: Callable[..., Any]) -> Callable[..., Any]:
    """Cache a method's result for each question and its arguments."""

    def found(self: Days, *arguments: Any) -> Any:
        key = (method.__name__, *arguments)
        if key not in self.memo:
            self.memo[key] = method(self, *arguments)
        return self.memo[key]

    return found


class Days:
    """The days of one question about a world: the known ones, the row that each day is in, and the partners of each
    day.
    """

    def __init__(self, world: World, today: date, metrics: Mapping[str, Metric], query: Query) -> None:
        self.world, self.today, self.metrics, self.query = world, today, metrics, query
        self.memo: dict[tuple[Any, ...], Any] = {}
        self.calendar = Calendar(query.week_start or "monday", query.fiscal_start or "april")
        self.zone = query.time_zone or self.world.zone
        dates = [place for place, breakdown in enumerate(query.by) if breakdown.is_time]
        self.date_place = dates[0] if dates else None
        self.date_by: Breakdown | None = query.by[dates[0]] if dates else None
        self.asked = asked_days(query.time, self.today, self.calendar)
        self.compared = [
            self.resolve(comparison, name)
            for comparison, name in zip(query.compare, _names(query.compare), strict=True)
        ]
        self.by_day: dict[str, dict[date, list[Row]]] = {}

    @property
    def grain(self) -> Granularity | None:
        """Return the granularity of the date breakdown if its rows are consecutive periods, or None."""
        by = self.date_by
        if by is None or by.part or by.period:
            return None
        return by.grain or Granularity.DAY

    # Facts

    def fact(self, name: str) -> Fact:
        return self.world.facts[name]

    def rows_of(self, name: str) -> dict[date, list[Row]]:
        """Return the rows of each day in the question's time zone. Plain dates are in the model's time zone."""
        if name not in self.by_day:
            fact, rows_by_day = self.fact(name), dict[date, list[Row]]()
            for row in fact.rows:
                day = row[fact.at].astimezone(ZoneInfo(self.zone)).date() if fact.at else row[fact.day]
                rows_by_day.setdefault(day, []).append(row)
            self.by_day[name] = rows_by_day
        return self.by_day[name]

    @once
    def known(self, metric: str) -> date:
        """Return K: the earliest last day of the facts that a metric reads, each reduced by the days until a day
        counts.
        """
        return known_through(known - later * DAY for known, later in self.loads(metric))

    @once
    def loaded(self, metric: str) -> date:
        """Return the earliest last day of the facts that a metric reads, regardless of how long it takes until a day
        counts.
        """
        return known_through(known for known, _ in self.loads(metric))

    def loads(self, metric: str) -> list[tuple[date, int]]:
        """Return, for each of a metric's facts, the day that it's loaded to and the days of data that must follow a day
        for it to count.
        """
        loads: list[tuple[date, int]] = []
        for how in parts_of(self.metrics, metric):
            if not isinstance(how, Sum | Balance) or (fact := self.fact(how.fact)).is_plan:
                continue
            known = loaded_to(self.today, fact.load, self.world.zone)
            known = in_zone(known, self.world.zone, self.zone) if fact.at else known
            loads.append((known, how.counts_after if isinstance(how, Sum) else 0))
        return loads

    @once
    def begins(self, metric: str) -> date:
        """Return F: the latest first day of a metric's facts. A plan alone has its own."""
        read = [self.fact(name) for name in facts_of(self.metrics, metric)]
        facts = [fact for fact in read if not fact.is_plan] or read
        return max(self.begins_of(fact) for fact in facts)

    def open_start(self, metric: str) -> date:
        """Return where a question without a first day begins: on the earliest first day of all its facts, so each has
        all its days.
        """
        read = [self.fact(name) for name in facts_of(self.metrics, metric)]
        return min(self.begins_of(fact) for fact in [fact for fact in read if not fact.is_plan] or read)

    def begins_of(self, fact: Fact) -> date:
        """Return the first day with a row, or the stated one.

        In another time zone, it's the day on which that day begins there.
        """
        first = fact.begins or min(row[fact.day] for row in fact.rows)
        if not fact.at or self.zone == self.world.zone:
            return first
        start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(self.world.zone))
        return start.astimezone(ZoneInfo(self.zone)).date()

    # Days and rows

    @once
    def known_days(self, metric: str) -> list[date]:
        """Return C* of the whole question: its days up to K, and today if the question includes it."""
        known, asked = self.known(metric), self.asked
        first = asked.first or self.open_start(metric)
        last = asked.last or known
        if min(last, known) == NEVER:
            last = self.horizon(metric)
        days = days_between(first, min(last, known))
        if asked.let_in and asked.let_in == known + DAY and asked.let_in >= first:
            days.append(asked.let_in)
        return days

    def horizon(self, metric: str) -> date:
        """Return the last day of a plan, for a question without an end."""
        return max(
            end_of_month(max(self.rows_of(name))) if self.fact(name).by_month else max(self.rows_of(name))
            for name in facts_of(self.metrics, metric)
        )

    def row_of(self, day: date) -> Key:
        """Return the row that one of the question's own days is in."""
        by = self.date_by
        if by is None:
            return None
        if by.period:
            return self.world.retail.get(day)
        if by.part is DatePart.DAY_NUMBER:
            assert self.asked.first
            return (day - self.asked.first).days + 1
        if by.part:
            return part_of(day, by.part)
        assert self.grain
        return first_of(day, self.grain, self.calendar)

    @once
    def cells(self, metric: str) -> dict[Key, list[date]]:
        """Return C* of each row that has a known day."""
        cells: dict[Key, list[date]] = {}
        for day in self.known_days(metric):
            cells.setdefault(self.row_of(day), []).append(day)
        return cells

    @once
    def span(self, metric: str, key: Key) -> list[date]:
        """Return C: the question's days of a row, or all its days for a total, known or not."""
        if key is not TOTAL and self.grain:
            first, last = key, last_of(key, self.grain, self.calendar)
            first = max(first, self.asked.first or self.open_start(metric))
            last = min(last, self.asked.uncut or self.asked.last or last)
            return days_between(first, last)
        days = self.known_days(metric)
        if self.asked.first and (self.asked.uncut or self.asked.last):
            days = days_between(self.asked.first, self.asked.uncut or self.asked.last or self.today)
        return days if key is TOTAL else [day for day in days if self.row_of(day) == key]

    @once
    def is_whole(self, metric: str, key: Key) -> bool:
        """Return whether the asked range of a row, or of a total, is made of months. Days and weeks never are."""
        if key is TOTAL or self.date_by is None:
            return self.asked.made_of_months
        if self.grain not in MONTHS_IN:
            return False
        span = self.span(metric, key)
        return begins_and_ends_months(span, self.asked)

    @cached_property
    def is_by_months(self) -> bool:
        return self.grain in MONTHS_IN

    # Sides

    @once
    def own(self, metric: str, key: Key) -> Side | None:
        """Return the question's own side of a cell, or None for a cell without a known day."""
        cells = self.cells(metric)
        days = [day for cell in cells.values() for day in cell] if key is TOTAL else cells.get(key, [])
        if not days:
            return None
        let_in = max(days) if max(days) > self.known(metric) else None
        return Side(
            days=tuple(sorted(days)),
            as_of=max(days),
            first=min(days),
            raw=tuple(sorted(days)),
            span=tuple(self.span(metric, key)),
            whole=self.is_whole(metric, key),
            by_months=self.is_by_months,
            is_partner=False,
            known=self.known(metric),
            begins=self.begins(metric),
            let_in=let_in,
            rows=self.rows_in_total(metric, cells) if key is TOTAL else (),
        )

    def rows_in_total(
        self, metric: str, days: Mapping[Key, Iterable[date]]
    ) -> tuple[tuple[tuple[date, ...], bool], ...]:
        """Return the days of each row in a total, and whether the row is made of months."""
        if not self.is_by_months or self.asked.made_of_months:
            return ()
        return tuple((tuple(sorted(of)), self.is_whole(metric, key)) for key, of in days.items())

    @once
    def other(self, metric: str, compared: Compared, key: Key) -> Side | None:
        """Return the compared side of a cell, or None if no partner is known."""
        raw = self.partners(metric, compared, key)
        known, begins = self.known(metric), self.begins(metric)
        days = tuple(day for day in raw if begins <= day <= known)
        if not days:
            return None
        as_of, first = self.edges(metric, compared, key, raw)
        if as_of is not None and as_of > known:
            as_of = days[-1]
        return Side(
            days=days,
            as_of=as_of,
            first=first,
            raw=tuple(raw),
            span=tuple(self.partner_span(metric, compared, key)),
            whole=self.is_whole(metric, key),
            by_months=self.is_by_months,
            is_partner=True,
            known=known,
            begins=begins,
            rows=self.rows_in_total(metric, self.partners_by_row(metric, compared, days)) if key is TOTAL else (),
        )

    def partners_by_row(self, metric: str, compared: Compared, days: Sequence[date]) -> Mapping[Key, list[date]]:
        """Return the known partners of each row's days, by row."""
        partners_by_cell = {
            key: self.partners_of(metric, compared, own, key) for key, own in self.cells(metric).items()
        }
        return {key: [day for day in of if day in days] for key, of in partners_by_cell.items()}

    # Partners

    def resolve(self, comparison: Comparison, name: str) -> Compared:
        """Return how a comparison finds partners. The question decides this, never the last known day."""
        asked, by = self.asked, self.date_by
        is_week = self.grain is Granularity.WEEK
        is_fine = self.grain in (Granularity.DAY, Granularity.WEEK)
        is_fine |= by is not None and by.part in (DatePart.DOW, DatePart.DAY_NUMBER, DatePart.HOUR)
        last = asked.uncut or asked.last or (self.today - DAY)
        match comparison:
            case LastYear():
                if by is not None and by.period:
                    return self.by_calendar(name, asked.first and asked.first - 364 * DAY)
                if is_fine or (by is None and not asked.made_of_months):
                    return Compared(name, "days", days=364, first=asked.first and asked.first - 364 * DAY)
                return Compared(name, "date", months=12, first=asked.first and clamped(asked.first, 12))
            case Back(count, unit) if unit in MONTHS_IN:
                months = count * MONTHS_IN[unit]
                first = asked.first and clamped(asked.first, months)
                if by is not None and by.period:
                    return self.by_calendar(name, first)
                if is_week:
                    assert last
                    ends = partner_of_last(last, months) if asked.made_of_months else clamped(last, months)
                    return Compared(name, "position", first=first, last=ends)
                return Compared(name, "date", months=months, first=first)
            case Back(count, unit):
                days = count * (7 if unit is Granularity.WEEK else 1)
                first = asked.first and asked.first - days * DAY
                if by is not None and by.period:
                    return self.by_calendar(name, first)
                return Compared(name, "days", days=days, first=first)
            case Previous():
                assert asked.first
                assert last
                if by is not None and by.period:
                    numbers = {self.world.retail.get(day) for day in days_between(asked.first, last)}
                    return Compared(name, "calendar", days=len(numbers))
                if asked.made_of_months:
                    first = first_of_month_before(asked.first, asked.months)
                    if is_week:
                        return Compared(name, "position", first=first, last=asked.first - DAY)
                    return Compared(name, "date", months=asked.months, first=first)
                days = (last - asked.first).days + 1
                if asked.unit:
                    days = asked.count * (7 if asked.unit is Granularity.WEEK else 1)
                return Compared(name, "days", days=days, first=asked.first - days * DAY)
            case Named(start, end):
                if asked.first is None:
                    raise RefusedByLaw("a named comparison needs a first day")
                if by is not None and by.period:
                    return replace(self.by_calendar(name, start), first=start, last=end, is_named=True)
                if self.is_by_months and asked.first.day == start.day == 1:
                    months = (asked.first.year - start.year) * 12 + asked.first.month - start.month
                    return Compared(name, "date", months=months, first=start, last=end, is_named=True)
                return Compared(name, "position", first=start, last=end, is_named=True)

    def by_calendar(self, name: str, first: date | None) -> Compared:
        """Return a comparison that pairs periods by number: as many periods back as there are between the first
        days.
        """
        numbers = self.world.retail
        own, earlier = (numbers.get(day) if day else None for day in (self.asked.first, first))
        if own is None or earlier is None:
            return Compared(name, "calendar", days=0)
        return Compared(name, "calendar", days=own - earlier)

    def partners(self, metric: str, compared: Compared, key: Key) -> list[date]:
        """Return the partners of a cell's known days, including unknown partners."""
        by, cells = self.date_by, self.cells(metric)
        if key is TOTAL or by is None:
            return self.partners_in_total(metric, compared)
        if by.part is DatePart.DAY_NUMBER and compared.first:
            return [day for day in self.partners_in_total(metric, compared) if (day - compared.first).days + 1 == key]
        of_months = compared.rule == "date" and self.asked.made_of_months
        if by.part is DatePart.DOW or (by.part is DatePart.DAY and of_months):
            return [day for day in self.partners_in_total(metric, compared) if part_of(day, by.part) == key]
        return self.partners_of(metric, compared, cells.get(key, []), key)

    @once
    def partners_in_total(self, metric: str, compared: Compared) -> list[date]:
        """Return the partners for a total, or for the only cell.

        With rows by date, these are the rows' partners, and whole months pair as wholes.
        """
        days = self.known_days(metric)
        if not days:
            return []
        if compared.is_named and self.is_all_known(metric):
            assert compared.first
            assert compared.last
            return days_between(compared.first, compared.last)
        rows = self.date_by is not None and self.date_by.part not in (DatePart.DOW, DatePart.DAY_NUMBER)
        if compared.rule == "calendar" or (compared.rule == "date" and rows and not self.asked.made_of_months):
            cells = self.cells(metric)
            return sorted({day for key, own in cells.items() for day in self.partners_of(metric, compared, own, key)})
        return self.partners_of(metric, compared, days, TOTAL)

    def is_all_known(self, metric: str) -> bool:
        """Return whether every asked day is known and over. To-date periods don't count."""
        days, last = self.known_days(metric), self.asked.uncut or self.asked.last
        return bool(days and last and days[-1] >= last and self.asked.let_in is None and not self.asked.to_date)

    def partners_of(self, metric: str, compared: Compared, days: Sequence[date], key: Key) -> list[date]:
        match compared.rule:
            case "date":
                partners = [day for run in runs(days) for day in self.partners_by_date(metric, compared, run, key)]
            case "days":
                partners = [day - compared.days * DAY for day in days]
            case "position":
                assert self.asked.first
                assert compared.first
                assert compared.last
                pairs = [by_position(day, self.asked.first, compared.first, compared.last) for day in days]
                partners = [day for day in pairs if day]
            case _:
                partners = self.partners_in_calendar(compared, days, key)
        if compared.is_named:
            assert compared.first
            assert compared.last
            partners = [day for day in partners if compared.first <= day <= compared.last]
        return sorted(set(partners))

    def partners_by_date(self, metric: str, compared: Compared, run: Sequence[date], key: Key) -> list[date]:
        is_part = self.date_by is not None and self.date_by.part is not None and key is not TOTAL
        if key is ONE_DAY:
            return partner_range(run, compared.months, whole=False)
        whole = self.is_whole(metric, key)
        if is_part:
            asked = next(days for days in runs(self.span(metric, key)) if run[0] in days)
            if self.asked.uncut is None and self.asked.last is None:  # an open period cuts none
                asked = days_between(asked[0], end_of_month(asked[-1]))
            whole = begins_and_ends_months(asked, self.asked)
        return partner_range(run, compared.months, whole=whole and run[0].day == 1)

    def partners_in_calendar(self, compared: Compared, days: Sequence[date], key: Key) -> list[date]:
        """Return the partners in a calendar: whole periods pair with whole ones, and a part with the days at the same
        positions.

        Days that are in no period have no partner.
        """
        if key is None or key is TOTAL or not compared.days:
            return []
        mine = sorted(day for day, number in self.world.retail.items() if number == key)
        theirs = sorted(day for day, number in self.world.retail.items() if number == key - compared.days)
        if list(days) == mine:
            return theirs
        places = [mine.index(day) for day in days if day in mine]
        return [theirs[place] for place in places if place < len(theirs)]

    def edges(self, metric: str, compared: Compared, key: Key, raw: Sequence[date]) -> tuple[date | None, date | None]:
        """Return the partners of the day of a cell's balances, and of its first day."""
        own = self.own(metric, key)
        whole = self.is_whole(metric, key) and (compared.rule == "date" or key is TOTAL or self.date_by is None)
        whole = whole or compared.rule == "calendar"
        is_all_named = (
            compared.is_named
            and self.is_all_known(metric)
            and (key is TOTAL or self.date_by is None)
            and list(raw) == days_between(compared.first or raw[0], compared.last or raw[-1])
        )
        is_split = self.date_by is not None and self.date_by.part in (DatePart.DOW, DatePart.DAY_NUMBER)
        is_of_months = key is TOTAL and compared.rule == "date" and self.is_by_months
        is_row = self.date_by is not None and key is not TOTAL
        if own is not None and is_row and whole and compared.is_named and compared.rule == "date" and raw:
            last, begun = partner_of_last(own.days[-1], compared.months), clamped(own.days[0], compared.months)
            return (last if last == raw[-1] else None), (begun if begun == raw[0] else None)
        if own is None or whole or is_all_named or is_split or is_of_months:
            return raw[-1], raw[0]
        pairs = [self.partners_of(metric, compared, [day], ONE_DAY) for day in (own.days[-1], own.days[0])]
        as_of, first = (partners[0] if partners else None for partners in pairs)
        return as_of, first

    def partner_span(self, metric: str, compared: Compared, key: Key) -> list[date]:
        """Return the partners of all asked days of a cell, known or not."""
        span = self.span(metric, key)
        if compared.rule == "date":
            return partner_range(
                span, compared.months, whole=self.is_whole(metric, key) and bool(span) and span[0].day == 1
            )
        return self.partners_of(metric, compared, span, key)

    # Members

    # For a whole side, and for a row

    @once
    def side_days(self, metric: str, compared: Compared | None) -> list[date]:
        """Return the days that a side of the whole question counts."""
        if compared is None:
            return self.known_days(metric)
        known, begins = self.known(metric), self.begins(metric)
        return [day for day in self.partners_in_total(metric, compared) if begins <= day <= known]

    @once
    def is_complete(self, metric: str, day: date) -> bool:
        """Return whether C* is a row's whole period: over, loaded, and not cut by the question."""
        assert self.grain
        known = self.cells(metric).get(day, [])
        days = days_between(day, last_of(day, self.grain, self.calendar))
        return known == days and known[-1] <= self.known(metric)


def begins_and_ends_months(days: Sequence[date], asked: Asked) -> bool:
    """Return whether these asked days run from the first of a month to the last of one, or to the end of a number of
    months.
    """
    if not days or days[0].day != 1:
        return False
    ends_with_count = asked.unit in MONTHS_IN and days[-1] == asked.last
    return days[-1] == end_of_month(days[-1]) or ends_with_count


def runs(days: Iterable[date]) -> list[list[date]]:
    """Return the days grouped into runs of consecutive days."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day == runs[-1][-1] + DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def part_of(day: date, part: DatePart) -> int:
    parts: Mapping[DatePart, Callable[[date], int]] = {
        DatePart.YEAR: lambda one: one.year,
        DatePart.QUARTER: lambda one: (one.month + 2) // 3,
        DatePart.MONTH: lambda one: one.month,
        DatePart.DAY: lambda one: one.day,
        DatePart.DOW: lambda one: one.isoweekday(),
        DatePart.DOY: lambda one: one.timetuple().tm_yday,
    }
    return parts[part](day)


def _names(comparisons: Sequence[Comparison]) -> list[str]:
    """Return the suffixes of each comparison's columns."""
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
                names.append("period")
    return names
