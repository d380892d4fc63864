"""The channels of an analysis: either several events, or one event that is split by the values of a dimension."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from semantic.analyses.events.asked import Event
from semantic.analyses.events.parts import event_data, read_event
from semantic.analyses.events.read import PlannedEvents
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Span
from semantic.query.checked import items, name, via
from semantic.query.describe import describe_filters, lower_first
from semantic.query.filters import scalar
from semantic.query.query import AllOf, Condition, Operator, Value

MOST_CHANNELS = 8
CHANNEL_KEYS = ("channels", "by", "values", "via")
NOTHING_LATER = Span(0, Granularity.DAY)
"""An empty duration, for analyses that read only rows in the period."""


@dataclass(frozen=True, slots=True)
class Split:
    """How one event is split into channels by the values of a dimension."""

    dim: str
    values: tuple[Value, ...]
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of an analysis: several events, or one event and its `split`."""

    given: tuple[Event, ...]
    split: Split | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """One event for each channel. If one event is split, each is named after a value."""
        if self.split is None:
            return self.given
        return tuple(_part(self.given[0], self.split, value) for value in self.split.values)

    @property
    def count(self) -> int:
        """The number of channels."""
        return len(self.given) if self.split is None else len(self.split.values)


def read_channels(fields: dict[str, Any], what: str, fewest: int) -> Channels:
    """Return the channels in an analysis's data. Check its keys first. Raises InvalidQuery."""
    given = items(fields.get("channels", []), "channels")
    events = tuple(read_event(item, f"Channel {place}")[0] for place, item in enumerate(given, start=1))
    channels = Channels(events, _split(fields, events))
    if not fewest <= channels.count <= MOST_CHANNELS:
        named = "channels" if channels.split is None else "values"
        raise InvalidQuery(f"{what} has {fewest} to {MOST_CHANNELS} {named}, and this one has {channels.count}.")
    if len({(event.metric, event.where) for event in channels.events}) < channels.count:
        raise InvalidQuery("Each channel must be different. Remove the duplicate.")
    return channels


def channels_data(channels: Channels) -> dict[str, Any]:
    """Return channels as JSON-ready data."""
    data: dict[str, Any] = {"channels": [event_data(event) for event in channels.given]}
    if channels.split is None:
        return data
    data |= {"by": channels.split.dim, "values": [*channels.split.values]}
    return data | ({"via": channels.split.via} if channels.split.via is not None else {})


def split_rule(split: Split | None, planned: PlannedEvents) -> list[str]:
    """Return sentences that explain the channels if they are values of a dimension, otherwise an empty list."""
    if split is None:
        return []
    leg = planned.legs[0]
    label = lower_first(leg.asked.visible.model.dimensions[split.dim][0].label)
    what = f"Each channel is a value of {label} in {lower_first(leg.metric.label)}."
    return [what, f"Other values of {label} don't count."]


def event_rules(planned: PlannedEvents, split: Split | None) -> list[str]:
    """Return a sentence for each event that has its own name or filter. A split event has neither."""
    sentences: list[str] = []
    for place, (event, leg) in enumerate(zip(planned.reads.events, planned.legs, strict=True)):
        if split is not None and place in planned.reads.begins:
            continue
        metric = lower_first(leg.metric.label)
        words = describe_filters(replace(leg.asked, where=(event.where,))) if event.where is not None else ""
        if words:
            sentences.append(f"{leg.label} means {metric} where {lower_first(words)}.")
        elif leg.label != leg.metric.label:
            sentences.append(f"{leg.label} means {metric}.")
    return sentences


def _split(fields: dict[str, Any], events: tuple[Event, ...]) -> Split | None:
    """Return how the only event is split by a dimension. None if the data names no dimension."""
    if fields.get("by") is None:
        if fields.get("values") is not None or fields.get("via") is not None:
            raise InvalidQuery("'values' and 'via' need a dimension in 'by'. Add one, or remove them.")
        return None
    if len(events) != 1:
        raise InvalidQuery("With 'by', 'channels' must have one event, whose rows are split by the dimension.")
    dim = name(fields["by"], "by")
    values = tuple(scalar(value, dim) for value in items(fields.get("values", []), "values"))
    return Split(dim, values, via(fields["via"]) if fields.get("via") is not None else None)


def _part(event: Event, split: Split, value: Value) -> Event:
    mine = Condition(split.dim, Operator.IN, (value,), split.via)
    where = mine if event.where is None else AllOf((event.where, mine))
    return replace(event, where=where, name="(none)" if value is None else str(value))
