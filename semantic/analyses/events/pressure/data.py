"""Read and check contact pressure in plain data, and write it back. Unknown keys are refused."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.channels import CHANNEL_KEYS, channels_data, read_channels
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    event_data,
    population_data,
    read_event,
    read_population,
    read_span,
)
from semantic.analyses.events.pressure.question import LIMIT, MOST_MESSAGES, Pressure
from semantic.errors import InvalidQuery
from semantic.query.checked import mapping, whole

KEYS = ("kind", "v", *CHANNEL_KEYS, "limit", "then", "within", *POPULATION_KEYS)


def read_pressure(data: object) -> Pressure:
    """Return the question of contact pressure in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "Contact pressure", KEYS)
    if fields.get("kind", "pressure") != "pressure" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this contact pressure. Use the kind pressure, version 1.")
    then, within = fields.get("then"), fields.get("within")
    if (then is None) != (within is None):
        raise InvalidQuery("'then' and 'within' belong together: what may follow, and within how long, such as 7 days.")
    return Pressure(
        population=read_population(fields),
        channels=read_channels(fields, "Contact pressure", 1),
        limit=whole(fields["limit"], "limit", MOST_MESSAGES - 1) if fields.get("limit") is not None else LIMIT,
        then=read_event(then, "'then'")[0] if then is not None else None,
        within=read_span(within, "within") if within is not None else None,
    )


def pressure_data(pressure: Pressure) -> dict[str, Any]:
    """Return the question of contact pressure as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "pressure", "v": 1, **population_data(pressure.population)}
    data |= channels_data(pressure.channels)
    if pressure.limit != LIMIT:
        data["limit"] = pressure.limit
    if pressure.then is not None and pressure.within is not None:
        data |= {"then": event_data(pressure.then), "within": pressure.within.words}
    return data
