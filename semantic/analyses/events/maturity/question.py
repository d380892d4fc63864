"""Maturity: how many subjects who had one event had another within a number of days, and how many more are expected to.

Everyone counts once, in the cohort of the first time they had the first event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown

MOST_DAYS: Final = 180
"""The longest time, in days, after which a number becomes final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLags:
    """The question. A number is final `within` days after the event `first`.

    `over` is the length of the period that a cohort covers.
    """

    population: Population
    first: Event
    then: Event
    within: int = 30
    over: Granularity = Granularity.WEEK


def maturity_reads(lags: EventLags) -> Reads:
    """Return what is read: the two events, of which only the first must be in the period."""
    return Reads(
        population=lags.population,
        events=(lags.first, lags.then),
        begins=frozenset([0]),
        attributes=(Attribute(Breakdown(DATE, lags.over), frozenset([0])),),
        follow=Span(lags.within, Granularity.DAY),
    )
