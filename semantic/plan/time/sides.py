"""Find the days that a row of an answer counts, and the days that it's compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from semantic.model.definitions import DatePart, Granularity
from semantic.policy.narrow import measures_of
from semantic.query.comparisons import Compared, moved_back
from semantic.query.periods import Days, days_between, part_of, shift
from semantic.query.resolve import Asked, is_date_of

At = tuple[object, ...]
"""A row's values for `dated_keys`. None is the total over all values."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Side:
    """The days of one side of a comparison, as spans in order with gaps between them.

    Each span has a start and an end.
    """

    spans: tuple[Days, ...]

    @cached_property
    def length(self) -> int:
        return sum(span.length for span in self.spans)

    @property
    def first(self) -> date:
        """The first day. There must be at least one."""
        return self.spans[0].start or date.min

    @property
    def last(self) -> date:
        """The last day. There must be at least one."""
        return (self.spans[-1].end or date.max) - DAY

    def since(self, first: date) -> int:
        """Return the number of days on or after a day."""
        return sum(max(0, (span.end - max(first, span.start)).days) for span in self.spans if span.start and span.end)


NO_SIDE = Side(())


def dated_keys(asked: Asked) -> list[str]:
    """Return the breakdowns that decide which days a row counts: by the metrics' own date, period or date part."""
    model = asked.visible.model
    measures = [measure for metric in asked.metrics for measure in measures_of(metric, model)]
    parts = [key for key in asked.keys if key.part and all(is_date_of(key, measure, model) for measure in measures)]
    return [key.name for key in asked.keys if key in parts or key.name in asked.dates]


class Sides:
    """The days of both sides for every row of an answer. Each is computed only once."""

    def __init__(self, asked: Asked) -> None:
        names = {*dated_keys(asked)}
        self._keys = [key for key in asked.keys if key.name in names]
        self._known: dict[object, Side] = {}
        self._walked: dict[object, Mapping[object, list[Days]]] = {}

    def own(self, days: Days, at: At) -> Side:
        """Return the question's days that a row counts."""
        return self._once((days, at), lambda: self._side(days, days, at, None))

    def other(self, compared: Compared, days: Days, at: At) -> Side:
        """Return the days that a comparison compares a row with. `days` are the question's own days."""
        return self._once((compared, days, at), lambda: self._side(compared.days, days, at, compared))

    def _once(self, what: object, make: Callable[[], Side]) -> Side:
        if what not in self._known:
            self._known[what] = make()
        return self._known[what]

    def _side(self, days: Days, own: Days, at: At, compared: Compared | None) -> Side:
        parts: list[tuple[DatePart, object]] = []
        first = days.start
        for key, value in zip(self._keys, at, strict=True):
            if isinstance(value, date) and key.grain is not None:
                row = _within(own, _row(value, key.grain))
                days = _within(
                    days, row if compared is None else moved_back(row, compared.move_days, compared.move_months)
                )
            elif isinstance(value, int) and key.part is DatePart.DAY_NUMBER and first is not None:
                days = _within(days, Days(first + (value - 1) * DAY, first + value * DAY))
            elif value is not None and key.part is not None and key.part is not DatePart.HOUR:
                parts.append((key.part, value))
        if days.start is None or days.end is None or days.is_empty:
            return NO_SIDE
        if not parts and (compared is None or not compared.only_same):
            return Side((Days(days.start, days.end),))
        side_by_values = self._by_parts(Days(days.start, days.end), compared, tuple(part for part, _ in parts))
        return Side(tuple(side_by_values.get(tuple(value for _, value in parts), ())))

    def _by_parts(
        self, days: Days, compared: Compared | None, parts: tuple[DatePart, ...]
    ) -> Mapping[object, list[Days]]:
        """Return the days that have a partner, grouped by date parts in a single pass."""
        key = (days, compared, parts)
        if key not in self._walked:
            assert days.start is not None
            assert days.end is not None
            each: dict[object, list[date]] = {}
            for day in days_between(days.start, days.end):
                if compared is None or not compared.only_same or compared.same.counts(day):
                    each.setdefault(tuple(part_of(day, part, day) for part in parts), []).append(day)
            self._walked[key] = {values: [*_spans(day_set)] for values, day_set in each.items()}
        return self._walked[key]


def _row(value: date, grain: Granularity) -> Days:
    """Return the days of the period that begins on `value`."""
    start = value.date() if isinstance(value, datetime) else value
    return Days(start, shift(start, grain, 1))


def _within(days: Days, other: Days) -> Days:
    """Return the days that are in both periods. The second one must have a start and an end."""
    assert other.start is not None
    assert other.end is not None
    start = max(days.start or other.start, other.start)
    return Days(start, max(start, min(days.end or other.end, other.end)))


def _spans(days: Iterable[date]) -> Iterator[Days]:
    """Yield the days as spans, with consecutive days merged."""
    start = end = None
    for day in days:
        if end is not None and day != end:
            yield Days(start, end)
            start = None
        start, end = start or day, day + DAY
    if end is not None:
        yield Days(start, end)
