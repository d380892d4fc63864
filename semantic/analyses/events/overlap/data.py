"""Read and check a channel overlap in plain data, and write it back. Unknown keys are refused."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.channels import CHANNEL_KEYS, channels_data, read_channels
from semantic.analyses.events.overlap.question import FEWEST_CHANNELS, Overlap
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    event_data,
    population_data,
    read_event,
    read_population,
    read_span,
)
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import grain, mapping

KEYS = ("kind", "v", *CHANNEL_KEYS, "then", "within", "over", *POPULATION_KEYS)


def read_overlap(data: object) -> Overlap:
    """Return the channel overlap in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The overlap", KEYS)
    if fields.get("kind", "overlap") != "overlap" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this channel overlap. Use the kind overlap, version 1.")
    then, within, over = fields.get("then"), fields.get("within"), fields.get("over")
    if then is None and within is not None:
        raise InvalidQuery("'within' needs an event in 'then'. Add one, or remove 'within'.")
    if then is not None and over is not None:
        raise InvalidQuery("What follows isn't counted by period. Remove 'then' or 'over'.")
    return Overlap(
        population=read_population(fields),
        channels=read_channels(fields, "An overlap", FEWEST_CHANNELS),
        then=read_event(then, "'then'")[0] if then is not None else None,
        within=read_span(within, "within") if within is not None else None,
        over=_over(over) if over is not None else None,
    )


def overlap_data(overlap: Overlap) -> dict[str, Any]:
    """Return the overlap as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "overlap", "v": 1, **population_data(overlap.population)}
    data |= channels_data(overlap.channels)
    if overlap.then is not None:
        data["then"] = event_data(overlap.then)
    if overlap.within is not None:
        data["within"] = overlap.within.words
    return data | ({"over": overlap.over.value} if overlap.over is not None else {})


def _over(data: object) -> Granularity:
    unit = grain(data)
    if unit.is_clock:
        raise InvalidQuery(f"An overlap can't be shown by {unit.words}. Use day, week or month.")
    return unit
