"""What the law of time answers to a question about a made-up world, row by row and day by day.

A cell is a metric of a group in the period of a row, or in a total. Each has the days it counts, its own or the
partners of those, and from these its value, or that it is missing, and whether a change there is better or worse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from semantic.model.definitions import DatePart, Granularity
from semantic.query.query import (
    AllOf,
    Back,
    Breakdown,
    ByMember,
    Calculation,
    CalculationKind,
    Comparison,
    Condition,
    Filter,
    InSegment,
    LastYear,
    Named,
    Previous,
    Query,
)
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
    few_are_open,
    first_of,
    first_of_month_before,
    in_zone,
    known_through,
    last_of,
    lengths_are_alike,
    loaded_to,
    partner_of_last,
    partner_range,
    same_day,
)
from tests.law.world import CHANNELS, Fact, Row, World

Key = Any
"""A row's value of its date breakdown: the first day of its period, or a number; None without one, or in a total."""


# Metrics


@dataclass(frozen=True)
class Sum:
    """The sum of a column over the rows of the days; without a column their count. `distinct`: its different values."""

    fact: str
    column: str = ""
    distinct: bool = False
    final_after: int = 0


@dataclass(frozen=True)
class Balance:
    """A column that is not added up over days: of the `last` or `first` day, or the `average` of the days."""

    fact: str
    column: str
    over: str


@dataclass(frozen=True)
class Ratio:
    top: str
    bottom: str


@dataclass(frozen=True)
class Minus:
    top: str
    bottom: str


@dataclass(frozen=True)
class Offset:
    """A metric as it was some months or days before."""

    of: str
    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class Window:
    """A metric over so many days, over the running period to date, or over all days, up to each day."""

    of: str
    days: int = 0
    to_date: Granularity | None = None
    at: str = "last"


How = Sum | Balance | Ratio | Minus | Offset | Window


@dataclass(frozen=True)
class Metric:
    how: How
    direction: str = "up"
    fill: int | None = None


METRICS: Mapping[str, Metric] = {
    "revenue": Metric(Sum("orders", "amount")),
    "orders": Metric(Sum("orders"), fill=0),
    "buyers": Metric(Sum("orders", "customer", distinct=True), fill=0),
    "people": Metric(Sum("orders", "customer", distinct=True)),
    "spend": Metric(Sum("ads", "spend", final_after=3), "down"),
    "clicks": Metric(Sum("ads", "clicks")),
    "aov": Metric(Ratio("revenue", "orders")),
    "roas": Metric(Ratio("revenue", "spend")),
    "stock_end": Metric(Balance("stock", "pieces", "last")),
    "stock_start": Metric(Balance("stock", "pieces", "first")),
    "stock_average": Metric(Balance("stock", "pieces", "average")),
    "mrr": Metric(Balance("mrr", "closing", "last")),
    "mrr_opening": Metric(Balance("mrr", "opening", "first")),
    "mrr_change": Metric(Sum("mrr", "change")),
    "mrr_lost": Metric(Sum("mrr", "lost"), "down"),
    "mrr_openings": Metric(Sum("mrr", "opening"), "none"),
    "churn": Metric(Ratio("mrr_lost", "mrr_openings"), "down"),
    "planned": Metric(Sum("plan", "planned"), "none"),
    "budget": Metric(Sum("budgets", "amount"), "none"),
    "to_plan": Metric(Ratio("revenue", "planned")),
    "attainment": Metric(Ratio("revenue", "budget")),
    "revenue_last_year": Metric(Offset("revenue", months=12)),
    "revenue_growth": Metric(Minus("revenue", "revenue_last_year")),
    "revenue_month_before": Metric(Offset("revenue", months=1)),
    "month_growth": Metric(Minus("revenue", "revenue_month_before")),
    "week_before": Metric(Offset("revenue", days=7)),
    "roas_last_year": Metric(Offset("roas", months=12)),
    "stock_month_before": Metric(Offset("stock_end", months=1)),
    "revenue_28d": Metric(Window("revenue", days=28)),
    "revenue_mtd": Metric(Window("revenue", to_date=Granularity.MONTH)),
    "revenue_ytd": Metric(Window("revenue", to_date=Granularity.YEAR)),
    "revenue_ever": Metric(Window("revenue")),
    "roas_28d": Metric(Window("roas", days=28)),
    "people_7d": Metric(Window("people", days=7, at="average")),
}


# Answers


@dataclass(frozen=True)
class Cell:
    """A value, None where it is missing; of a compared cell why its change is not judged, empty where it is."""

    value: float | None
    why_not: tuple[str, ...] = ("own",)

    @property
    def judged(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class RowKey:
    """A row by its breakdowns' values, and the places of those that it is the total of."""

    values: tuple[Key, ...]
    totalled: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Answer:
    rows: Mapping[RowKey, Mapping[str, Cell]]
    refused: str = ""


class RefusedByLaw(Exception):
    """The law has no right answer."""


@dataclass(frozen=True)
class Side:
    """One side of a cell: the days it reads, the day it is as of, the day it begins with.

    `raw` are its days before what is not known was taken away, `span` those of the whole asked cell. `whole`: of a
    period made of months. `by_months`: of a row of months or longer.
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


@dataclass(frozen=True)
class Found:
    """A value, and whether any row stands behind it."""

    value: float | None
    has_rows: bool


NOTHING = Found(None, False)


@dataclass(frozen=True)
class Compared:
    """How one comparison finds the partner of a day: by date, so many days before, by position or by a calendar."""

    name: str
    rule: str
    months: int = 0
    days: int = 0
    first: date | None = None  # of the other period
    last: date | None = None
    is_named: bool = False


_TOTAL = "in total"
_EVERY = ("every group",)


@dataclass
class Oracle:
    """Answers questions about a world on a day."""

    world: World
    today: date
    metrics: Mapping[str, Metric] = field(default_factory=lambda: METRICS)

    def answer(self, query: Query) -> Answer:
        try:
            return Answer(_Question(self, query).rows())
        except RefusedByLaw as refused:
            return Answer({}, str(refused))

    def facts_of(self, metric: str) -> set[str]:
        match self.metrics[metric].how:
            case Sum(fact) | Balance(fact):
                return {fact}
            case Ratio(top, bottom) | Minus(top, bottom):
                return self.facts_of(top) | self.facts_of(bottom)
            case Offset(of) | Window(of):
                return self.facts_of(of)

    def parts_of(self, metric: str) -> Iterator[tuple[str, How]]:
        """The metric and all it is made of."""
        how = self.metrics[metric].how
        yield metric, how
        match how:
            case Ratio(top, bottom) | Minus(top, bottom):
                yield from self.parts_of(top)
                yield from self.parts_of(bottom)
            case Offset(of) | Window(of):
                yield from self.parts_of(of)
            case _:
                pass


def _once(method: Callable[..., Any]) -> Callable[..., Any]:
    """Worked out once for each question and arguments."""

    def found(self: _Question, *arguments: Any) -> Any:
        key = (method.__name__, *arguments)
        if key not in self.memo:
            self.memo[key] = method(self, *arguments)
        return self.memo[key]

    return found


class _Question:
    """One question about a world: its days, its partners, its rows."""

    def __init__(self, oracle: Oracle, query: Query) -> None:
        self.oracle, self.query, self.world, self.today = oracle, query, oracle.world, oracle.today
        self.memo: dict[tuple[Any, ...], Any] = {}
        self.calendar = Calendar(query.week_start or "monday", query.fiscal_start or "april")
        self.zone = query.time_zone or self.world.zone
        dates = [place for place, one in enumerate(query.by) if one.is_time]
        self.date_place = dates[0] if dates else None
        self.date_by: Breakdown | None = query.by[dates[0]] if dates else None
        self.asked = asked_days(query.time, self.today, self.grain, self.calendar)
        self.compared = [self.resolve(one, name) for one, name in zip(query.compare, _names(query.compare), strict=True)]
        self.by_day: dict[str, dict[date, list[Row]]] = {}

    @property
    def grain(self) -> Granularity | None:
        """That of the rows, where they are periods in their course."""
        by = self.date_by
        if by is None or by.part or by.period:
            return None
        return by.grain or Granularity.DAY

    # Facts

    def fact(self, name: str) -> Fact:
        return self.world.facts[name]

    def rows_of(self, name: str) -> dict[date, list[Row]]:
        """The rows of each day of the question's zone; dates are those of the model's."""
        if name not in self.by_day:
            fact, found = self.fact(name), dict[date, list[Row]]()
            for row in fact.rows:
                day = row[fact.at].astimezone(ZoneInfo(self.zone)).date() if fact.at else row[fact.day]
                found.setdefault(day, []).append(row)
            self.by_day[name] = found
        return self.by_day[name]

    @_once
    def known(self, metric: str) -> date:
        """K: the least of the facts that it reads."""
        loads: list[date] = []
        for name in self.oracle.facts_of(metric):
            fact = self.fact(name)
            if fact.is_plan:
                continue
            known = loaded_to(self.today, fact.load, self.world.zone)
            loads.append(in_zone(known, self.world.zone, self.zone) if fact.at else known)
        return known_through(loads)

    @_once
    def begins(self, metric: str) -> date:
        """F: the latest first day of its facts; of a plan alone its own."""
        read = [self.fact(name) for name in self.oracle.facts_of(metric)]
        facts = [fact for fact in read if not fact.is_plan] or read
        return max(fact.begins or min(self.rows_of(fact.name)) for fact in facts)

    # Days and rows

    @_once
    def known_days(self, metric: str) -> list[date]:
        """C*, of the whole question: its days up to K, and today where it was let in."""
        known, asked = self.known(metric), self.asked
        first = asked.first or self.begins(metric)
        last = asked.last or known
        if min(last, known) == NEVER:
            last = self.horizon(metric)
        days = days_between(first, min(last, known))
        if asked.let_in and asked.let_in > known and asked.let_in >= first:
            days.append(asked.let_in)
        return days

    def horizon(self, metric: str) -> date:
        """The last day of a plan without an asked end."""
        return max(
            end_of_month(max(self.rows_of(name))) if self.fact(name).by_month else max(self.rows_of(name))
            for name in self.oracle.facts_of(metric)
        )

    def row_of(self, day: date) -> Key:
        """The row that a day of the question's own is in."""
        by = self.date_by
        if by is None:
            return None
        if by.period:
            return self.world.retail.get(day)
        if by.part is DatePart.DAY_NUMBER:
            assert self.asked.first
            return (day - self.asked.first).days + 1
        if by.part:
            return _part(day, by.part)
        assert self.grain
        return first_of(day, self.grain, self.calendar)

    @_once
    def cells(self, metric: str) -> dict[Key, list[date]]:
        """C* of each row that has a known day."""
        found: dict[Key, list[date]] = {}
        for day in self.known_days(metric):
            found.setdefault(self.row_of(day), []).append(day)
        return found

    @_once
    def span(self, metric: str, key: Key) -> list[date]:
        """C: the question's days of a row, or of all in a total, known or not."""
        if key is not _TOTAL and self.grain:
            first, last = key, last_of(key, self.grain, self.calendar)
            first = max(first, self.asked.first or self.begins(metric))
            last = min(last, self.asked.uncut or self.asked.last or last)
            return days_between(first, last)
        days = self.known_days(metric)
        if self.asked.first and (self.asked.uncut or self.asked.last):
            days = days_between(self.asked.first, self.asked.uncut or self.asked.last or self.today)
        return days if key is _TOTAL else [day for day in days if self.row_of(day) == key]

    @_once
    def is_whole(self, metric: str, key: Key) -> bool:
        """Whether a row's asked range, or a total's, is made of months. No day or week is."""
        if key is _TOTAL or self.date_by is None:
            return self.asked.made_of_months
        if self.grain not in MONTHS_IN:
            return False
        span = self.span(metric, key)
        return _begins_and_ends_months(span, self.asked)

    @cached_property
    def is_by_months(self) -> bool:
        return self.grain in MONTHS_IN

    # Sides

    @_once
    def own(self, metric: str, key: Key) -> Side | None:
        """The question's own side of a cell; None for a cell without a known day."""
        cells = self.cells(metric)
        days = [day for one in cells.values() for day in one] if key is _TOTAL else cells.get(key, [])
        if not days:
            return None
        let_in = self.asked.let_in if self.asked.let_in and self.asked.let_in > self.known(metric) else None
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
            members=self.members(metric, None),
            let_in=let_in,
        )

    @_once
    def other(self, metric: str, one: Compared, key: Key) -> Side | None:
        """The compared side of a cell; None where no partner is known."""
        raw = self.partners(metric, one, key)
        known, begins = self.known(metric), self.begins(metric)
        days = tuple(day for day in raw if begins <= day <= known)
        if not days:
            return None
        as_of, first = self.edges(metric, one, key, raw)
        if as_of is not None and as_of > known:
            as_of = days[-1]
        return Side(
            days=days,
            as_of=as_of,
            first=first,
            raw=tuple(raw),
            span=tuple(self.partner_span(metric, one, key)),
            whole=self.is_whole(metric, key),
            by_months=self.is_by_months,
            is_partner=True,
            known=known,
            begins=begins,
            members=self.members(metric, one),
        )

    # Partners

    def resolve(self, comparison: Comparison, name: str) -> Compared:
        """Which of the three ways a comparison goes; decided by what was asked, never by where K cuts."""
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
        """Periods pair by number: as many back as lie between the first days."""
        numbers = self.world.retail
        own, earlier = (numbers.get(day) if day else None for day in (self.asked.first, first))
        if own is None or earlier is None:
            return Compared(name, "calendar", days=0)
        return Compared(name, "calendar", days=own - earlier)

    def partners(self, metric: str, one: Compared, key: Key) -> list[date]:
        """The partners of a cell's known days, before what is not known of them is taken away."""
        by, cells = self.date_by, self.cells(metric)
        if key is _TOTAL or by is None:
            return self.partners_in_total(metric, one)
        if by.part is DatePart.DAY_NUMBER and one.first:
            return [day for day in self.partners_in_total(metric, one) if (day - one.first).days + 1 == key]
        if by.part is DatePart.DOW:
            return [day for day in self.partners_in_total(metric, one) if _part(day, by.part) == key]
        return self.partners_of(metric, one, cells.get(key, []), key)

    @_once
    def partners_in_total(self, metric: str, one: Compared) -> list[date]:
        """Of a total, or of the only cell. Of rows by date it is the rows' partners, and whole months as wholes."""
        days = self.known_days(metric)
        if not days:
            return []
        last = self.asked.uncut or self.asked.last
        if one.is_named and last and days[-1] >= last and self.asked.let_in is None:
            assert one.first
            assert one.last
            return days_between(one.first, one.last)
        rows = self.date_by is not None and self.date_by.part not in (DatePart.DOW, DatePart.DAY_NUMBER)
        if one.rule == "calendar" or (one.rule == "date" and rows and not self.asked.made_of_months):
            cells = self.cells(metric)
            return sorted({day for key, own in cells.items() for day in self.partners_of(metric, one, own, key)})
        return self.partners_of(metric, one, days, _TOTAL)

    def partners_of(self, metric: str, one: Compared, days: Sequence[date], key: Key) -> list[date]:
        match one.rule:
            case "date":
                found = [day for run in _runs(days) for day in self.partners_by_date(metric, one, run, key)]
            case "days":
                found = [day - one.days * DAY for day in days]
            case "position":
                assert self.asked.first
                assert one.first
                assert one.last
                pairs = [by_position(day, self.asked.first, one.first, one.last) for day in days]
                found = [day for day in pairs if day]
            case _:
                found = self.partners_in_calendar(one, days, key)
        if one.is_named:
            assert one.first
            assert one.last
            found = [day for day in found if one.first <= day <= one.last]
        return sorted(set(found))

    def partners_by_date(self, metric: str, one: Compared, run: Sequence[date], key: Key) -> list[date]:
        is_part = self.date_by is not None and self.date_by.part is not None and key is not _TOTAL
        if key is _ONE_DAY:
            return partner_range(run, one.months, whole=False)
        whole = _begins_and_ends_months(run, self.asked) if is_part else self.is_whole(metric, key)
        return partner_range(run, one.months, whole=whole and run[0].day == 1)

    def partners_in_calendar(self, one: Compared, days: Sequence[date], key: Key) -> list[date]:
        """Whole with whole; a part of a period with the days of the same places. Days in no period have none."""
        if key is None or key is _TOTAL or not one.days:
            return []
        mine = sorted(day for day, number in self.world.retail.items() if number == key)
        theirs = sorted(day for day, number in self.world.retail.items() if number == key - one.days)
        if list(days) == mine:
            return theirs
        places = [mine.index(day) for day in days if day in mine]
        return [theirs[place] for place in places if place < len(theirs)]

    def edges(self, metric: str, one: Compared, key: Key, raw: Sequence[date]) -> tuple[date | None, date | None]:
        """The partners of the day that a cell is as of, and of its first day."""
        own = self.own(metric, key)
        whole = self.is_whole(metric, key) or one.rule == "calendar"
        is_all_named = one.is_named and (key is _TOTAL or self.date_by is None) and list(raw) == days_between(
            one.first or raw[0], one.last or raw[-1]
        )
        is_split = self.date_by is not None and self.date_by.part in (DatePart.DOW, DatePart.DAY_NUMBER)
        is_of_months = key is _TOTAL and one.rule == "date" and self.is_by_months
        if own is None or whole or is_all_named or is_split or is_of_months:
            return raw[-1], raw[0]
        pairs = [self.partners_of(metric, one, [day], _ONE_DAY) for day in (own.days[-1], own.days[0])]
        as_of, first = (found[0] if found else None for found in pairs)
        return as_of, first

    def partner_span(self, metric: str, one: Compared, key: Key) -> list[date]:
        """The partners of all asked days of a cell, known or not."""
        span = self.span(metric, key)
        if one.rule == "date":
            return partner_range(span, one.months, whole=self.is_whole(metric, key) and bool(span) and span[0].day == 1)
        return self.partners_of(metric, one, span, key)

    # Members

    @_once
    def members(self, metric: str, one: Compared | None) -> frozenset[str] | None:
        """The customers that the question's filters let in, on one side; None where they let in all."""
        found: frozenset[str] | None = None
        for part in _parts(self.query.where):
            chosen = self.chosen(part, metric, one)
            if chosen is not None:
                found = chosen if found is None else found & chosen
        return found

    def chosen(self, part: Filter, metric: str, one: Compared | None) -> frozenset[str] | None:
        match part:
            case InSegment("large_ones"):
                return frozenset(name for name, size in self.world.sizes.items() if size == "large")
            case InSegment("recent_buyers"):  # chosen by what they did up to K, whatever is asked
                days = days_between(self.today - 90 * DAY, self.today - DAY)
                return self.buyers(day for day in days if day <= self.known("orders"))
            case InSegment("buyers_then"):
                days = self.side_days(metric, one)
                return self.buyers(days_between(days[-1] - 89 * DAY, days[-1])) if days else frozenset()
            case ByMember(of, "customer", op, (least, *_), None, time):
                assert op == ">="
                if time is not None:
                    asked = asked_days(time, self.today, None, self.calendar)
                    known = self.known(of)
                    days = days_between(asked.first or self.begins(of), min(asked.last or known, known))
                else:
                    days = self.side_days(of, one)
                return frozenset(name for name in self.world.sizes if self.value_of_member(of, name, days) >= least)
            case _:
                return None

    @_once
    def side_days(self, metric: str, one: Compared | None) -> list[date]:
        """The counted days of a side, of the whole question."""
        if one is None:
            return self.known_days(metric)
        known, begins = self.known(metric), self.begins(metric)
        return [day for day in self.partners_in_total(metric, one) if begins <= day <= known]

    def buyers(self, days: Iterable[date]) -> frozenset[str]:
        rows = self.rows_of("orders")
        return frozenset(row["customer"] for day in days for row in rows.get(day, []))

    def value_of_member(self, metric: str, member: str, days: Sequence[date]) -> float:
        """Of one customer; what is missing never passes."""
        how = self.oracle.metrics[metric].how
        assert isinstance(how, Sum)
        rows = [row for day in days for row in self.rows_of(how.fact).get(day, []) if row["customer"] == member]
        return float(sum(row[how.column] for row in rows)) if how.column else len(rows) or -1

    @property
    def chooses_anew(self) -> bool:
        """Whether one and the same rule chooses the members of both sides in its own time."""
        sets = [part for part in _parts(self.query.where) if isinstance(part, InSegment | ByMember)]
        return all(
            part.segment == "buyers_then" if isinstance(part, InSegment) else part.time is None for part in sets
        )

    # Values

    def value(self, metric: str, side: Side | None, group: Key) -> Found:
        """A metric of a side in a group. Filled where the side has a known day."""
        if side is None or not side.days:
            return NOTHING
        one = self.oracle.metrics[metric]
        found = self.computed(one.how, side, group)
        if found.value is None and one.fill is not None:
            return Found(one.fill, found.has_rows)
        return found

    def computed(self, how: How, side: Side, group: Key) -> Found:
        match how:
            case Sum():
                return self.sum_of(how, side, group)
            case Balance(fact) if self.fact(fact).by_month:
                return self.balance_of_months(how, side, group)
            case Balance():
                return self.balance_of_days(how, side, group)
            case Ratio(top, bottom):
                above, below = self.value(top, side, group), self.value(bottom, side, group)
                has_rows = above.has_rows or below.has_rows
                if above.value is None or not below.value:
                    return Found(None, has_rows)
                return Found(above.value / below.value, has_rows)
            case Minus(top, bottom):
                left, right = self.value(top, side, group), self.value(bottom, side, group)
                has_rows = left.has_rows or right.has_rows
                if left.value is None or right.value is None:
                    return Found(None, has_rows)
                return Found(left.value - right.value, has_rows)
            case Offset():
                return self.value(how.of, offset_side(side, how), group)
            case Window():
                return self.window(how, side, group)

    def rows_in(self, fact: str, days: Iterable[date], side: Side, group: Key) -> list[Row]:
        rows = self.rows_of(fact)
        return [
            row
            for day in days
            for row in rows.get(day, [])
            if self.is_let_in(row["channel"])
            and (group is _EVERY or row["channel"] == group)
            and (side.members is None or row["customer"] in side.members)
        ]

    def is_let_in(self, channel: str | None) -> bool:
        conditions = [part for part in _parts(self.query.where) if isinstance(part, Condition)]
        return all(channel in part.values for part in conditions)

    def sum_of(self, how: Sum, side: Side, group: Key) -> Found:
        fact = self.fact(how.fact)
        days: Iterable[date] = side.days
        if fact.by_month:  # whole months: a plan's of all that is asked, a fact's of what is known
            days = sorted({day.replace(day=1) for day in (side.span if fact.is_plan else side.days)})
        rows = self.rows_in(how.fact, days, side, group)
        if not rows:
            return NOTHING
        if how.distinct:
            return Found(len({row[how.column] for row in rows}), True)
        return Found(float(sum(row[how.column] for row in rows)) if how.column else len(rows), True)

    def balance_of_days(self, how: Balance, side: Side, group: Key) -> Found:
        """Of the newest day up to the one it is as of on which anything was counted, or of the first."""
        counted = [day for day in side.days if day in self.rows_of(how.fact)]
        if how.over == "average":
            each = [self.rows_in(how.fact, [day], side, group) for day in counted]
            sums = [float(sum(row[how.column] for row in rows)) for rows in each if rows]
            return Found(sum(sums) / len(sums), True) if sums else NOTHING
        if how.over == "last":
            counted = [day for day in counted if side.as_of and day <= side.as_of][-1:]
        else:
            counted = [day for day in counted if side.first and day >= side.first][:1]
        rows = self.rows_in(how.fact, counted, side, group)
        return Found(float(sum(row[how.column] for row in rows)), True) if rows else NOTHING

    def balance_of_months(self, how: Balance, side: Side, group: Key) -> Found:
        month = self.month_as_of(how, side)
        rows = self.rows_in(how.fact, [month], side, group) if month else []
        return Found(float(sum(row[how.column] for row in rows)), True) if rows else NOTHING

    def month_as_of(self, how: Balance, side: Side) -> date | None:
        """The month whose row is read: its day is its end, that of the running month is K.

        What a period opens with is in the row of the month that its first day is in. By month a partner is its month.
        """
        if how.over == "first":
            return side.first and side.first.replace(day=1)
        day = side.as_of
        if day is None:
            return None
        is_running = day >= side.known and not side.is_partner
        if day == end_of_month(day) or is_running or (side.is_partner and side.by_months):
            return day.replace(day=1)
        return first_of_month_before(day, 1)

    def window(self, how: Window, side: Side, group: Key) -> Found:
        def up_to(day: date) -> Found:
            days = self.window_days(how, day, side)
            return self.value(how.of, replace(side, days=tuple(days), as_of=day, first=days[0], span=tuple(days)), group)

        if how.at == "last":
            return up_to(side.as_of) if side.as_of else NOTHING
        each = [up_to(day) for day in side.days]
        values = [one.value for one in each if one.value is not None]
        return Found(sum(values) / len(values) if values else None, any(one.has_rows for one in each))

    def window_days(self, how: Window, day: date, side: Side) -> list[date]:
        if how.days:
            return days_between(day - (how.days - 1) * DAY, day)
        if how.to_date:
            return days_between(first_of(day, how.to_date, self.calendar), day)
        return days_between(min(side.begins, day), day)

    # Judged

    def why_not(self, metric: str, own: Side | None, other: Side | None) -> tuple[str, ...]:
        """Why a change is neither better nor worse; empty where it is judged."""
        if own is None or other is None:
            return ("no days",)
        why: list[str] = []
        parts = list(self.oracle.parts_of(metric))
        if own.let_in:
            why.append("today is let in")
        if own.days[0] < own.begins or other.raw != other.days:
            why.append("not inside [F, K]")
        if self.adds_up(metric) and not lengths_are_alike(len(own.raw), len(other.raw)):
            why.append("lengths")
        final_after = max((how.final_after for _, how in parts if isinstance(how, Sum)), default=0)
        if not all(few_are_open(side.days, side.known, final_after) for side in (own, other)):
            why.append("open days")
        if not self.chooses_anew:
            why.append("one set for both")
        if self.oracle.metrics[metric].direction == "none":
            why.append("no direction")
        if any(self.reaches_before(how, side) for _, how in parts for side in (own, other)):
            why.append("window before F")
        if any(self.is_target(how) and end_of_month(side.span[-1]) > side.days[-1] for _, how in parts for side in (own, other)):
            why.append("target of a running period")
        if any(isinstance(how, Balance) and not self.months_are_alike(how, own, other) for _, how in parts):
            why.append("as of no month end")
        return tuple(why)

    def adds_up(self, metric: str) -> bool:
        """Whether it grows with the days it is of: ratios, balances and windows do not."""
        match self.oracle.metrics[metric].how:
            case Sum():
                return True
            case Offset(of):
                return self.adds_up(of)
            case Minus(top, _):
                return self.adds_up(top)
            case _:
                return False

    def reaches_before(self, how: How, side: Side) -> bool:
        if not isinstance(how, Window) or not how.days:
            return False
        day = side.days[0] if how.at == "average" else side.as_of
        return day is not None and day - (how.days - 1) * DAY < side.begins

    def is_target(self, how: How) -> bool:
        return isinstance(how, Sum) and self.fact(how.fact).is_plan and self.fact(how.fact).by_month

    def months_are_alike(self, how: Balance, own: Side, other: Side) -> bool:
        """Both as-of days are month ends. What opens a period is always as of one."""
        if not self.fact(how.fact).by_month or how.over == "first":
            return True
        return all(side.as_of is not None and side.as_of == end_of_month(side.as_of) for side in (own, other))

    # Refused

    def check(self) -> None:
        for metric in self.query.metrics:
            for _, how in self.oracle.parts_of(metric):
                if isinstance(how, Sum | Balance) and self.fact(how.fact).by_month:
                    self.check_months(how)
                if isinstance(how, Offset):
                    self.check_offset(metric, how)

    def check_months(self, how: Sum | Balance) -> None:
        """No row is shorter than a month; flows and plans are of whole months, of which the last may be running."""
        by, asked = self.date_by, self.asked
        months_or_longer = (DatePart.MONTH, DatePart.QUARTER, DatePart.YEAR)
        if by is not None and not self.is_by_months and by.part not in months_or_longer:
            raise RefusedByLaw(f"{how.fact} is known by the month only")
        if isinstance(how, Balance):
            return
        ends = asked.uncut or asked.last
        is_running = asked.unit in MONTHS_IN or ends is None or (not self.fact(how.fact).is_plan and ends >= self.known_to_of(how.fact))
        if asked.first and asked.first.day != 1 or not (is_running or (ends and ends == end_of_month(ends))):
            raise RefusedByLaw(f"{how.fact} is known by whole months only")

    def known_to_of(self, fact: str) -> date:
        return loaded_to(self.today, self.fact(fact).load, self.world.zone)

    def check_offset(self, metric: str, how: Offset) -> None:
        """An offset that is shorter than its cell overlaps itself."""
        if self.grain:
            longest = MONTHS_IN.get(self.grain, 0) * 31 or (7 if self.grain is Granularity.WEEK else 1)
            if how.months and MONTHS_IN.get(self.grain, 0) > how.months or how.days and longest > how.days:
                raise RefusedByLaw(f"{metric} overlaps itself by {self.grain.words}")
            return
        first, last = self.asked.first, self.asked.uncut or self.asked.last
        if first is None or last is None:
            raise RefusedByLaw(f"{metric} overlaps itself over all days")
        earlier = clamped(last, how.months) - how.days * DAY
        if earlier >= first:
            raise RefusedByLaw(f"{metric} overlaps itself")

    # Rows

    def rows(self) -> dict[RowKey, dict[str, Cell]]:
        self.check()
        channel = next((place for place, one in enumerate(self.query.by) if not one.is_time), None)
        groups: list[Key] = [_EVERY] if channel is None else [one for one in CHANNELS if self.is_let_in(one)]
        keys = self.row_keys()
        found: dict[RowKey, dict[str, Cell]] = {}
        shown: set[Key] = set()
        for group in groups:
            for key in keys:
                cells, has_rows = self.row(key, group)
                if has_rows or not self.query.by:
                    found[self.named(key, group)] = cells
                    shown.add(group)
        if self.query.every_period:
            known = {key for metric in self.query.metrics for key in self.cells(metric)}
            for group in shown:
                for key in known:
                    found.setdefault(self.named(key, group), self.row(key, group)[0])
        self.calculate(found)
        for kept in self.query.totals:
            found |= self.total(kept, keys, groups, channel)
        return found

    def row_keys(self) -> list[Key]:
        """Every row with a known day of a metric; of numbered days, those of partners too."""
        keys = {key for metric in self.query.metrics for key in self.cells(metric)}
        by = self.date_by
        if by is not None and by.part in (DatePart.DAY_NUMBER, DatePart.DOW):
            for metric in self.query.metrics:
                for one in self.compared:
                    days = self.side_days(metric, one)
                    if by.part is DatePart.DAY_NUMBER and one.first:
                        keys |= {(day - one.first).days + 1 for day in days}
                    else:
                        keys |= {_part(day, by.part) for day in days}
        return list(keys) if by is not None else [None]

    def row(self, key: Key, group: Key) -> tuple[dict[str, Cell], bool]:
        cells: dict[str, Cell] = {}
        has_rows = False
        for metric in self.query.metrics:
            own = self.own(metric, key)
            found = self.value(metric, own, group)
            cells[metric] = Cell(found.value)
            has_rows |= found.has_rows
            for one in self.compared:
                other = self.other(metric, one, key)
                before = self.value(metric, other, group)
                why = self.why_not(metric, own, other)
                if found.value is None or before.value is None:
                    why = (*why, "missing")
                cells[f"{metric}_{one.name}"] = Cell(before.value, why)
                has_rows |= before.has_rows
        return cells, has_rows

    def named(self, key: Key, group: Key, totalled: frozenset[int] = frozenset()) -> RowKey:
        values = [key if place == self.date_place else group for place in range(len(self.query.by))]
        return RowKey(tuple(None if place in totalled else one for place, one in enumerate(values)), totalled)

    def total(
        self, kept: tuple[str, ...], keys: Sequence[Key], groups: Sequence[Key], channel: int | None
    ) -> dict[RowKey, dict[str, Cell]]:
        """A total is recomputed from the rows of all its days and groups. The grand one is there where a day is known."""
        keeps_date = any(name.startswith("date") for name in kept)
        keeps_channel = "channel" in kept
        dropped = {self.date_place} if not keeps_date else set[int | None]()
        dropped |= {channel} if not keeps_channel else set()
        totalled = frozenset(place for place in dropped if place is not None)
        found: dict[RowKey, dict[str, Cell]] = {}
        for key in keys if keeps_date else [_TOTAL if self.date_by else None]:
            for group in groups if keeps_channel else [_EVERY]:
                cells, has_rows = self.row(key, group)
                is_known = not kept and any(self.own(metric, key) for metric in self.query.metrics)
                if has_rows or is_known:
                    cells |= {one.name: Cell(None) for one in self.query.calc}
                    found[self.named(key, group, totalled)] = cells
        return found

    # Calculations

    def calculate(self, rows: dict[RowKey, dict[str, Cell]]) -> None:
        """Running totals, averages and an index along the date of each group."""
        assert not self.query.calc or self.date_place is not None
        for one in self.query.calc:
            groups = {self.group_of(key) for key in rows}
            for group in groups:
                mine = {key.values[self.date_place or 0]: key for key in rows if self.group_of(key) == group}
                values = {day: rows[key][one.of].value for day, key in mine.items()}
                base = self.base(one, rows)
                for day, key in mine.items():
                    rows[key][one.name] = Cell(self.calculated(one, day, values, base))

    def group_of(self, key: RowKey) -> tuple[Key, ...]:
        return tuple(value for place, value in enumerate(key.values) if place != self.date_place)

    def calculated(self, one: Calculation, day: date, values: Mapping[date, float | None], base: date | None) -> float | None:
        match one.do:
            case CalculationKind.RUNNING_TOTAL:
                so_far = [value for other, value in values.items() if other <= day and value is not None]
                return sum(so_far) if so_far else None
            case CalculationKind.INDEX:
                first = values.get(base) if base else None
                value = values[day]
                if not first or value is None or not self.is_complete(one.of, day):
                    return None
                return 100 * value / first
            case CalculationKind.MOVING_AVERAGE:
                assert self.grain
                periods = [day]
                for _ in range(one.periods - 1):
                    periods.append(first_of(periods[-1] - DAY, self.grain, self.calendar))
                if not all(self.is_complete(one.of, period) for period in periods):
                    return None
                shown = [values.get(period) for period in periods]
                fill = self.oracle.metrics[one.of].fill
                counted = [fill if value is None else value for value in shown]
                numbers = [value for value in counted if value is not None]
                return sum(numbers) / len(numbers) if numbers else None
            case _:
                raise AssertionError(one.do)

    @_once
    def is_complete(self, metric: str, day: date) -> bool:
        """Whether C* is the whole period of a row: over, loaded, and not cut by the question."""
        assert self.grain
        known = self.cells(metric).get(day, [])
        whole = days_between(day, last_of(day, self.grain, self.calendar))
        return known == whole and known[-1] <= self.known(metric)

    def base(self, one: Calculation, rows: Mapping[RowKey, Mapping[str, Cell]]) -> date | None:
        """The first complete period in which there is a value."""
        if one.do is not CalculationKind.INDEX:
            return None
        place = self.date_place or 0
        days = {key.values[place] for key, cells in rows.items() if cells[one.of].value is not None}
        return min((day for day in days if self.is_complete(one.of, day)), default=None)


def offset_side(side: Side, how: Offset) -> Side | None:
    """The side some months or days before.

    None where its range is not inside [F, K], where it lacks too many days, and where what is asked overlaps itself.
    """
    whole = side.whole and side.days[0].day == 1
    if how.months:
        days = [day for run in _runs(side.days) for day in partner_range(run, how.months, whole=whole)]
        as_of = partner_of_last(side.as_of, how.months) if whole and side.as_of else side.as_of and same_day(side.as_of, how.months)
        first = side.first and same_day(side.first, how.months)
        span = partner_range(side.span, how.months, whole=whole)
    else:
        days = [day - how.days * DAY for day in side.days]
        as_of, first = (day and day - how.days * DAY for day in (side.as_of, side.first))
        span = [day - how.days * DAY for day in side.span]
    days = sorted(set(days))
    if span and span[-1] >= side.span[0]:
        return None
    if not days or days[0] < side.begins or days[-1] > side.known:
        return None
    if not whole and len(days) < len(side.days) and not lengths_are_alike(len(days), len(side.days)):
        return None
    return replace(
        side, days=tuple(days), as_of=as_of, first=first, raw=tuple(days), span=tuple(span), is_partner=True, let_in=None
    )


_ONE_DAY = "one day"


def _begins_and_ends_months(days: Sequence[date], asked: Asked) -> bool:
    """Whether these asked days run from the first of a month to the last of one, or to the end of a count of months."""
    if not days or days[0].day != 1:
        return False
    ends_with_count = asked.unit in MONTHS_IN and days[-1] == asked.last
    return days[-1] == end_of_month(days[-1]) or ends_with_count


def _runs(days: Iterable[date]) -> list[list[date]]:
    """Days that follow one another, together."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day == runs[-1][-1] + DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _part(day: date, part: DatePart) -> int:
    parts: Mapping[DatePart, Callable[[date], int]] = {
        DatePart.YEAR: lambda one: one.year,
        DatePart.QUARTER: lambda one: (one.month + 2) // 3,
        DatePart.MONTH: lambda one: one.month,
        DatePart.DAY: lambda one: one.day,
        DatePart.DOW: lambda one: one.isoweekday(),
        DatePart.DOY: lambda one: one.timetuple().tm_yday,
    }
    return parts[part](day)


def _parts(where: Filter | None) -> tuple[Filter, ...]:
    if where is None:
        return ()
    return where.parts if isinstance(where, AllOf) else (where,)


def _names(comparisons: Sequence[Comparison]) -> list[str]:
    """What the columns of each comparison end with."""
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
                names.append("period")
    return names
