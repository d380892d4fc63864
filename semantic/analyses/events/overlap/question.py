"""Channel overlap: how many subjects each channel, and each combination of channels, reached.

Each subject counts once, in the combination of all channels that reached it in the period.
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

    `then` is a later event. It counts if it happens at most `within` after the last channel of a subject's combination
    first reached the subject. With `over`, each subject counts once in each such period, independently of other
    periods.
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

    These are the events of the channels in the period, and the later event, which can follow the period.
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
