"""A metric's value over the days of one side of a cell, computed from those days' rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from semantic.query.query import AllOf, ByMember, Condition, Filter, InSegment
from tests.law.days import Compared, Days, Key, Side, once, runs
from tests.law.law import (
    DAY,
    are_whole_months,
    asked_days,
    days_between,
    end_of_month,
    first_of,
    first_of_month_before,
    lengths_are_alike,
    partner_of_last,
    partner_range,
    same_day,
)
from tests.law.metrics import Balance, How, Minus, Offset, Ratio, Sum, Window
from tests.law.world import Row

EVERY = ("every group",)


@dataclass(frozen=True)
class Found:
    """A value, and whether any rows are behind it."""

    value: float | None
    has_rows: bool


NOTHING = Found(None, False)


class Values:
    """The numbers of one question: the rows that count on each side, and a metric's value from them."""

    def __init__(self, days: Days) -> None:
        self.days, self.world, self.memo = days, days.world, days.memo

    def own(self, metric: str, key: Key) -> Side | None:
        """Return the question's own side of a cell, with the members that count on it."""
        side = self.days.own(metric, key)
        return side and replace(side, members=self.members(metric, None))

    def other(self, metric: str, compared: Compared, key: Key) -> Side | None:
        """Return the compared side of a cell, with the members that count on it."""
        side = self.days.other(metric, compared, key)
        return side and replace(side, members=self.members(metric, compared))

    @once
    def members(self, metric: str, compared: Compared | None) -> frozenset[str] | None:
        """Return the customers that pass the question's filters on one side, or None if all of them do."""
        members: frozenset[str] | None = None
        for part in filters_in(self.days.query.where):
            chosen = self.chosen(part, metric, compared)
            if chosen is not None:
                members = chosen if members is None else members & chosen
        return members

    def chosen(self, part: Filter, metric: str, compared: Compared | None) -> frozenset[str] | None:
        match part:
            case InSegment("large_ones"):
                return frozenset(name for name, size in self.world.sizes.items() if size == "large")
            case InSegment("recent_buyers"):  # chosen by their actions up to K, for every question
                days = days_between(self.days.today - 90 * DAY, self.days.today - DAY)
                return self.buyers(day for day in days if day <= self.days.known("orders"))
            case InSegment("buyers_then"):
                days = self.days.side_days(metric, compared)
                return self.buyers(days_between(days[-1] - 89 * DAY, days[-1])) if days else frozenset()
            case ByMember(of, "customer", op, (least, *_), None, time):
                assert op == ">="
                if time is not None:
                    asked = asked_days(time, self.days.today, self.days.calendar)
                    known = self.days.known(of)
                    days = days_between(asked.first or self.days.begins(of), min(asked.last or known, known))
                else:
                    days = self.days.side_days(of, compared)
                return frozenset(name for name in self.world.sizes if self.value_of_member(of, name, days) >= least)
            case _:
                return None

    def buyers(self, days: Iterable[date]) -> frozenset[str]:
        rows = self.days.rows_of("orders")
        return frozenset(row["customer"] for day in days for row in rows.get(day, []))

    def value_of_member(self, metric: str, member: str, days: Sequence[date]) -> float:
        """Return a metric's value for one customer. A missing value never passes a filter."""
        how = self.days.metrics[metric].how
        assert isinstance(how, Sum)
        rows = [row for day in days for row in self.days.rows_of(how.fact).get(day, []) if row["customer"] == member]
        return float(sum(row[how.column] for row in rows)) if how.column else len(rows) or -1

    @property
    def chooses_anew(self) -> bool:
        """Return whether the same rule selects each side's members, each from its own period.

        Properties of members, such as being large, aren't dated.
        """
        sets = [part for part in filters_in(self.days.query.where) if isinstance(part, InSegment | ByMember)]
        anew = ("buyers_then", "large_ones")
        return all(part.segment in anew if isinstance(part, InSegment) else part.time is None for part in sets)

    # Values

    def value(self, metric: str, side: Side | None, group: Key) -> Found:
        """Return a metric's value for a side in a group. It's filled if the side has a known day."""
        if side is None or not side.days:
            return NOTHING
        one = self.days.metrics[metric]
        value = self.computed(one.how, side, group)
        if value.value is None and one.fill is not None:
            return Found(one.fill, value.has_rows)
        return value

    def computed(self, how: How, side: Side, group: Key) -> Found:
        match how:
            case Sum():
                return self.sum_of(how, side, group)
            case Balance(fact) if self.days.fact(fact).by_month:
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
        rows = self.days.rows_of(fact)
        return [
            row
            for day in days
            for row in rows.get(day, [])
            if self.is_let_in(row["channel"])
            and (group is EVERY or row["channel"] == group)
            and (side.members is None or row["customer"] in side.members)
        ]

    def is_let_in(self, channel: str | None) -> bool:
        conditions = [part for part in filters_in(self.days.query.where) if isinstance(part, Condition)]
        return all(channel in part.values for part in conditions)

    def sum_of(self, how: Sum, side: Side, group: Key) -> Found:
        fact = self.days.fact(how.fact)
        days: Iterable[date] = side.days
        if fact.by_month:  # the whole months of the days; on its own a plan is known to its end
            if side.is_partner and not fact.is_plan and not are_whole_months(side.days[0], side.days[-1]):
                return NOTHING
            days = sorted({day.replace(day=1) for day in side.days})
        rows = self.rows_in(how.fact, days, side, group)
        if not rows:
            return NOTHING
        if how.distinct:
            return Found(len({row[how.column] for row in rows}), True)
        return Found(float(sum(row[how.column] for row in rows)) if how.column else len(rows), True)

    def balance_of_days(self, how: Balance, side: Side, group: Key) -> Found:
        """Return a balance: the average of the days with a count, or the value of the last or first such day."""
        counted = [day for day in side.days if day in self.days.rows_of(how.fact)]
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
        """Return the month whose row is read. Its day is the month's end, or K for the current month.

        A period's opening value is in the row of its first day's month. By month, a partner is the partner's month.
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
            return self.value(
                how.of, replace(side, days=tuple(days), as_of=day, first=days[0], span=tuple(days)), group
            )

        if how.at == "last":
            return up_to(side.as_of) if side.as_of else NOTHING
        each = [up_to(day) for day in side.days]
        values = [one.value for one in each if one.value is not None]
        return Found(sum(values) / len(values) if values else None, any(one.has_rows for one in each))

    def window_days(self, how: Window, day: date, side: Side) -> list[date]:
        if how.days:
            return days_between(day - (how.days - 1) * DAY, day)
        if how.to_date:
            return days_between(first_of(day, how.to_date, self.days.calendar), day)
        return days_between(min(side.begins, day), day)


def offset_side(side: Side, how: Offset) -> Side | None:
    """Return the side some months or days earlier.

    None if its range isn't inside [F, K], lacks too many days, or overlaps the asked range.
    """
    whole = side.whole and side.days[0].day == 1
    if how.months:
        parts = [(of, made and of[0].day == 1) for of, made in side.rows or ((side.days, side.whole),) if of]
        days = [day for of, made in parts for run in runs(of) for day in partner_range(run, how.months, whole=made)]
        as_of = (
            partner_of_last(side.as_of, how.months)
            if whole and side.as_of
            else side.as_of and same_day(side.as_of, how.months)
        )
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
        side,
        days=tuple(days),
        as_of=as_of,
        first=first,
        raw=tuple(days),
        span=tuple(span),
        is_partner=True,
        let_in=None,
    )


def filters_in(where: Filter | None) -> tuple[Filter, ...]:
    if where is None:
        return ()
    return where.parts if isinstance(where, AllOf) else (where,)
