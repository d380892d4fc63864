"""The readings of a metric that an alert judges, by day or longer period, as far as they are known.

A reading is a numerator and, for a ratio, a denominator, so that the ratio of a longer period is computed from sums,
never from daily ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from semantic.model.definitions import Granularity
from semantic.query.periods import Calendar, first_day, shift

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One row's number: `top`, or for a ratio, `top` divided by `bottom`."""

    top: float
    bottom: float | None = None
    is_enough: bool = True

    @property
    def value(self) -> float | None:
        if self.bottom is None:
            return self.top
        return self.top / self.bottom if self.bottom else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long after the end of a period its number is complete.

    Later events of subjects who began in the period count, too.

    `complete_on` takes the day after a period, and returns the day from which the period's number is complete. Data is
    known for days before `known_to`, and days from `open_from` on can still change.
    """

    complete_on: Callable[[date], date]
    known_to: date
    open_from: date

    def newest_end(self, known: date, grain: Granularity, calendar: Calendar) -> date:
        """Return the day after the newest complete period, if data is loaded for all days before `known`."""
        end = first_of(known, grain, calendar)
        while self.complete_on(end) > known:
            end = shift(end, grain, -1)
        return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """A metric's readings by the first day of each row, at the grain `rows`.

    `is_summed` means that rows add up, so that longer periods can be computed from days. Days before `known_to` are
    known, and days from `open_from` on can still change. `is_count` means that the number is a count, and `is_share`
    that it is a share of counted items, such as a conversion rate. `least` is the smallest denominator for which a
    ratio is judged. With `waiting`, periods become complete some time after they end, and `known_to` and `open_from`
    are the ends of periods.
    """

    rows: Granularity
    by_first: Mapping[date, Reading]
    known_to: date
    open_from: date
    today: date
    is_summed: bool = False
    is_ratio: bool = False
    is_count: bool = False
    is_share: bool = False
    least: int = 0
    week_start: str = "monday"
    targets: Mapping[date, float] = field(default_factory=dict[date, float])
    waiting: Waiting | None = None

    @property
    def begun(self) -> date | None:
        """The first day with a reading."""
        return min(self.by_first, default=None)

    @property
    def calendar(self) -> Calendar:
        return Calendar(week_start=self.week_start)

    def as_of(self, today: date) -> Readings:
        """Return the readings as they would have been known on an earlier day.

        This assumes that data always arrived with the same delay as now.

        The values are today's, because earlier values aren't stored.
        """
        back, waiting = self.today - today, self.waiting
        known_to, open_from = self.known_to - back, self.open_from - back
        if waiting is not None:
            then = replace(waiting, known_to=waiting.known_to - back, open_from=waiting.open_from - back)
            known_to = then.newest_end(then.known_to, self.rows, self.calendar)
            open_from, waiting = then.newest_end(then.open_from, self.rows, self.calendar), then
        known = {first: one for first, one in self.by_first.items() if self._end_of_row(first) <= known_to}
        return replace(self, by_first=known, known_to=known_to, open_from=open_from, today=today, waiting=waiting)

    def complete_on(self, end: date) -> date:
        """Return the day from which a period's number is complete. `end` is the day after the period."""
        return self.waiting.complete_on(end) if self.waiting is not None else end

    def final_on(self, end: date) -> date:
        """Return the day from which a period's number can no longer change. `end` is the day after the period.

        This assumes that data keeps arriving with the same delay as now.
        """
        opens = self.waiting.open_from if self.waiting is not None else self.open_from
        return self.today + (self.complete_on(end) - opens)

    def _end_of_row(self, first: date) -> date:
        return shift(first, self.rows, 1)

    def over(self, first: date, end: date) -> Reading | None:
        """Return the reading for the days [first, end), as far as they are known, or None if none of them are.

        If days add up, days without rows count as 0.
        """
        if not self.is_summed:
            return self.by_first.get(first) if end == self._end_of_row(first) and end <= self.known_to else None
        begun = self.begun
        if begun is None or first < begun:
            return None
        days = [first + ONE * place for place in range((min(end, self.known_to) - first).days)]
        found = [self.by_first.get(day, Reading(0.0, 0.0 if self.is_ratio else None)) for day in days]
        if not found:
            return None
        top = sum(one.top for one in found)
        if not self.is_ratio:
            return Reading(top, None, all(one.is_enough for one in found))
        bottom = sum(one.bottom or 0.0 for one in found)
        return Reading(top, bottom, bottom >= self.least)


def first_of(day: date, grain: Granularity, calendar: Calendar) -> date:
    """Return the first day of the period that contains a day."""
    return day if grain is Granularity.DAY else first_day(day, grain, calendar)


def end_of(first: date, grain: Granularity) -> date:
    """Return the day after the last day of the period that begins on `first`."""
    return shift(first, grain, 1)


def periods_between(since: date, until: date, grain: Granularity, calendar: Calendar) -> Sequence[date]:
    """Return the first day of each period that begins on or after `since` and ends before `until`, in order."""
    found: list[date] = []
    first = first_of(since, grain, calendar)
    first = first if first == since else shift(first, grain, 1)
    while end_of(first, grain) <= until:
        found.append(first)
        first = end_of(first, grain)
    return found
