"""Find the weeks that contact pressure counts. All days of such a week are in the period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from semantic.analyses.events.read import PlannedEvents
from semantic.model.definitions import Granularity
from semantic.query.periods import first_day

WEEK = timedelta(days=7)


def whole_weeks(planned: PlannedEvents) -> tuple[date | None, date]:
    """Return the first day of the first whole week, and the day after the last whole week.

    The first day is None if the period has no start.
    """
    calendar = planned.legs[0].asked.calendar
    model = planned.legs[0].asked.visible.model
    begun = [
        model.datasets[leg.dataset.name].begins for place, leg in enumerate(planned.legs) if _is_message(place, planned)
    ]
    starts = [day for day in (planned.start, *begun) if day is not None]
    first = first_day(max(starts) + timedelta(days=6), Granularity.WEEK, calendar) if starts else None
    return first, first_day(planned.end, Granularity.WEEK, calendar)


def weeks_between(first: date, end: date) -> Iterator[date]:
    """Yield the first day of each week from `first` to before `end`."""
    while first < end:
        yield first
        first += WEEK


def _is_message(place: int, planned: PlannedEvents) -> bool:
    return place in planned.reads.begins
