"""Read and check a profile in plain data, and write it back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    breakdown_data,
    event_data,
    part_of_data,
    population_data,
    read_breakdown,
    read_event,
    read_part_of,
    read_population,
)
from semantic.analyses.events.profile.question import MOST_BREAKDOWNS, Profile
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping
from semantic.query.query import DATE

KEYS = ("kind", "v", "at", "who", "than", "by", *POPULATION_KEYS)


def read_profile(data: object) -> Profile:
    """Return the profile in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The profile", KEYS)
    if fields.get("kind", "profile") != "profile" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this profile. Use the kind profile, version 1.")
    for key, what in (("at", "the event whose rows have everyone's groups"), ("who", "whose profile it is")):
        if fields.get(key) is None:
            raise InvalidQuery(f"A profile needs {key!r}, {what}.")
    by = tuple(read_breakdown(item, "by") for item in items(fields.get("by", []), "by"))
    if not 1 <= len(by) <= MOST_BREAKDOWNS:
        raise InvalidQuery(f"A profile has 1 to {MOST_BREAKDOWNS} breakdowns in 'by', and this one has {len(by)}.")
    if any(breakdown.grain is not None or breakdown.dim == DATE for breakdown in by):
        raise InvalidQuery("A profile can't be by date. Choose other dimensions.")
    if len(set(by)) < len(by):
        raise InvalidQuery("Each breakdown of a profile must be different. Remove the duplicate.")
    return Profile(
        population=read_population(fields),
        at=read_event(fields["at"], "'at'")[0],
        who=read_part_of(fields["who"], "who"),
        than=read_part_of(fields["than"], "than") if fields.get("than") is not None else None,
        by=by,
    )


def profile_data(profile: Profile) -> dict[str, Any]:
    """Return the profile as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "profile", "v": 1, **population_data(profile.population)}
    data["at"] = event_data(profile.at)
    data["who"] = part_of_data(profile.who)
    if profile.than is not None:
        data["than"] = part_of_data(profile.than)
    data["by"] = [breakdown_data(breakdown) for breakdown in profile.by]
    return data
