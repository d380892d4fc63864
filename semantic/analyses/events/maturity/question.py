"""Maturity: of those who did one thing, how many did another within so many days, and how many still will.

Everyone counts once, in the cohort of the first time they did the first thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown

MOST_DAYS: Final = 180
"""The longest time after which a number can be final, in days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLags:
    """The question. A number is final `within` days after the event `first`, and `over` is the length of a cohort."""

    population: Population
    first: Event
    then: Event
    within: int = 30
    over: Granularity = Granularity.WEEK


def maturity_reads(lags: EventLags) -> Reads:
    """Return what is read: the two events, and the period of the first."""
    return Reads(
        population=lags.population,
        events=(lags.first, lags.then),
        begins=frozenset([0]),
        attributes=(Attribute(Breakdown(DATE, lags.over), frozenset([0])),),
        follow=Span(lags.within, Granularity.DAY),
    )
