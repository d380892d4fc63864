"""Channel overlap: how many subjects each channel reached, and how many each combination of channels did.

A channel is an event, or a value of one dimension among the rows of one event. Everyone counts once, in the combination
of all channels that reached them in the period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.analyses.events.asked import Event, Population, Reads
from semantic.model.definitions import Granularity, Span
from semantic.query.query import AllOf, Condition, Operator, Value

FEWEST_CHANNELS, MOST_CHANNELS = 2, 8
NOTHING_LATER = Span(0, Granularity.DAY)
"""How long rows are followed if only those in the period matter."""


@dataclass(frozen=True, slots=True)
class Split:
    """One event whose rows belong to channels by their value of a dimension."""

    event: Event
    dim: str
    values: tuple[Value, ...]
    via: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The question of a channel overlap, with `channels` or a `split`.

    `then` is what those reached may do afterwards, at most `within` after the last channel of their combination first
    reached them.
    """

    population: Population
    channels: tuple[Event, ...] = ()
    split: Split | None = None
    then: Event | None = None
    within: Span | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """Its channels, then what may follow."""
        channels = self.channels if self.split is None else tuple(_part(self.split, each) for each in self.split.values)
        return (*channels, self.then) if self.then is not None else channels

    @property
    def count(self) -> int:
        """The number of channels."""
        return len(self.channels) if self.split is None else len(self.split.values)


def overlap_reads(overlap: Overlap) -> Reads:
    """Return what an overlap reads: only channels must be in the period, and what follows can be later."""
    return Reads(
        population=overlap.population,
        events=overlap.events,
        begins=frozenset(range(overlap.count)),
        follow=overlap.within if overlap.then is not None else NOTHING_LATER,
    )


def _part(split: Split, value: Value) -> Event:
    mine = Condition(split.dim, Operator.IN, (value,), split.via)
    where = mine if split.event.where is None else AllOf((split.event.where, mine))
    return replace(split.event, where=where, name="(none)" if value is None else str(value))
