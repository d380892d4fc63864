"""Maturity: how many subjects with one event had another one within a number of days, and how many more are expected.

Each subject counts once, in the cohort of its first event.
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
    """The question of maturity. A number is final `within` days after the event `first`.

    `over` is the length of a cohort's period.
    """

    population: Population
    first: Event
    then: Event
    within: int = 30
    over: Granularity = Granularity.WEEK


def maturity_reads(lags: EventLags) -> Reads:
    """Return what maturity reads: the two events. Only the first one must be in the period."""
    return Reads(
        population=lags.population,
        events=(lags.first, lags.then),
        begins=frozenset([0]),
        attributes=(Attribute(Breakdown(DATE, lags.over), frozenset([0])),),
        follow=Span(lags.within, Granularity.DAY),
    )
