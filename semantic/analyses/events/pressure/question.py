"""Contact pressure: how many messages people get in a week over all channels, and how many people respond."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.analyses.events.channels import NOTHING_LATER, Channels
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown

MOST_MESSAGES = 10
"""Weeks with this number of messages or more are counted together."""
LIMIT = 3
"""The default limit. A week with more messages has too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """The question of contact pressure.

    `channels` has the events that are messages. A week with more than `limit` messages is above the limit. `then` is
    the later event. It counts as a response if it happens at most `within` after the first message of a week.
    """

    population: Population
    channels: Channels
    limit: int = LIMIT
    then: Event | None = None
    within: Span | None = None

    @property
    def count(self) -> int:
        """The number of channels."""
        return self.channels.count


def pressure_reads(pressure: Pressure) -> Reads:
    """Return what contact pressure reads: messages in the period, and the later event, which can follow the period."""
    messages = frozenset(range(pressure.count))
    return Reads(
        population=pressure.population,
        events=(*pressure.channels.events, *([pressure.then] if pressure.then is not None else [])),
        begins=messages,
        attributes=(Attribute(Breakdown(DATE, Granularity.WEEK), messages),),
        follow=pressure.within if pressure.within is not None else NOTHING_LATER,
    )
