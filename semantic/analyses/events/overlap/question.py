"""Channel overlap: how many subjects each channel reached, and how many each combination of channels reached.

Everyone counts once, in the combination of all channels that reached them in the period.
"""

from __future__ import annotations

from dataclasses import dataclass

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.analyses.events.channels import NOTHING_LATER, Channels
from semantic.model.definitions import Granularity, Span
from semantic.query.query import DATE, Breakdown

FEWEST_CHANNELS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The question of a channel overlap.

    `then` is an event that subjects can have later, at most `within` after the last channel of their combination first
    reached them. With `over`, everyone counts once in each such period, independently of the others.
    """

    population: Population
    channels: Channels
    then: Event | None = None
    within: Span | None = None
    over: Granularity | None = None

    @property
    def count(self) -> int:
        """The number of channels."""
        return self.channels.count


def overlap_reads(overlap: Overlap) -> Reads:
    """Return what an overlap reads.

    That's the channels' events, which must be in the period, and the later event, which can follow it.
    """
    return Reads(
        population=overlap.population,
        events=(*overlap.channels.events, *([overlap.then] if overlap.then is not None else [])),
        begins=frozenset(range(overlap.count)),
        attributes=_attributes(overlap),
        follow=overlap.within if overlap.then is not None else NOTHING_LATER,
    )


def _attributes(overlap: Overlap) -> tuple[Attribute, ...]:
    if overlap.over is None:
        return ()
    return (Attribute(Breakdown(DATE, overlap.over), frozenset(range(overlap.count))),)
