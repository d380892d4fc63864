"""A channel overlap as plain data: its keys, and how each is read and checked. Unknown keys are refused."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.overlap.question import FEWEST_CHANNELS, MOST_CHANNELS, Overlap, Split
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    event_data,
    population_data,
    read_event,
    read_population,
    read_span,
)
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping, name, via
from semantic.query.filters import scalar

KEYS = ("kind", "v", "channels", "by", "values", "via", "then", "within", *POPULATION_KEYS)


def read_overlap(data: object) -> Overlap:
    """Return the overlap in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The overlap", KEYS)
    if fields.get("kind", "overlap") != "overlap" or fields.get("v", 1) != 1:
        raise InvalidQuery("This isn't an overlap that this Samepage reads. Use the kind overlap, version 1.")
    given = items(fields.get("channels", []), "channels")
    channels = tuple(read_event(item, f"Channel {place}")[0] for place, item in enumerate(given, start=1))
    split = _split(fields, channels)
    then, within = fields.get("then"), fields.get("within")
    if then is None and within is not None:
        raise InvalidQuery("'within' is for the event in 'then'. Name one, or remove 'within'.")
    overlap = Overlap(
        population=read_population(fields),
        channels=channels if split is None else (),
        split=split,
        then=read_event(then, "'then'")[0] if then is not None else None,
        within=read_span(within, "within") if within is not None else None,
    )
    if not FEWEST_CHANNELS <= overlap.count <= MOST_CHANNELS:
        what = "channels" if split is None else "values"
        message = f"An overlap has {FEWEST_CHANNELS} to {MOST_CHANNELS} {what}, and this one has {overlap.count}."
        raise InvalidQuery(message)
    if len({(event.metric, event.where) for event in overlap.events[: overlap.count]}) < overlap.count:
        raise InvalidQuery("Each channel of an overlap must be different. Remove the one that is there twice.")
    return overlap


def overlap_data(overlap: Overlap) -> dict[str, Any]:
    """Return the overlap as JSON-ready data, without defaults."""
    data: dict[str, Any] = {"kind": "overlap", "v": 1, **population_data(overlap.population)}
    split = overlap.split
    data["channels"] = [event_data(event) for event in (overlap.channels if split is None else (split.event,))]
    if split is not None:
        data |= {"by": split.dim, "values": [*split.values]} | ({"via": split.via} if split.via is not None else {})
    if overlap.then is not None:
        data["then"] = event_data(overlap.then)
    return data | ({"within": overlap.within.words} if overlap.within is not None else {})


def _split(fields: dict[str, Any], channels: tuple[Any, ...]) -> Split | None:
    """The split of the one event by a dimension, if there is a dimension."""
    if fields.get("by") is None:
        if fields.get("values") is not None or fields.get("via") is not None:
            raise InvalidQuery("'values' and 'via' are for the dimension in 'by'. Name one, or remove them.")
        return None
    if len(channels) != 1:
        raise InvalidQuery("With 'by', 'channels' must have one event, whose rows are split by the dimension.")
    dim = name(fields["by"], "by")
    values = tuple(scalar(value, dim) for value in items(fields.get("values", []), "values"))
    return Split(channels[0], dim, values, via(fields["via"]) if fields.get("via") is not None else None)
