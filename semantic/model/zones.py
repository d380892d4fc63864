"""Valid time zones: the names in the IANA database, which every engine supports."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


def is_zone(name: str) -> bool:
    """Return whether a name is UTC or a place such as Europe/Berlin.

    Names for the machine's own zone, such as localtime, aren't allowed.
    """
    return name in zones()


@cache
def zones() -> frozenset[str]:
    """Return the names of all valid time zones."""
    return frozenset(zone for zone in available_timezones() if zone == "UTC" or zone.split("/")[0] in _AREAS)


_AREAS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific", "Etc",
)  # fmt: skip
