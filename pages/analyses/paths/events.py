"""What the form of paths does to their definition: its start or end, and its events."""

from __future__ import annotations

from typing import Any

from pages.analyses.draft import Data, at, put

EVENTS = ("events",)


def direction_of(data: Data) -> str:
    """Return whether paths go `from` a start, `to` an end, or begin with the `first` event."""
    return next((key for key in ("from", "to") if key in data), "first")


def directed(data: Data, direction: str) -> Data:
    """Return the paths with another direction. A start becomes an end and the other way round; where there was
    neither, the last event does, and then isn't an event on the way.
    """
    before = direction_of(data)
    if direction == before:
        return data
    anchor: Any = data.get(before)
    data = {key: value for key, value in data.items() if key not in ("from", "to")}
    if direction == "first":
        events: list[Any] = at(data, EVENTS, [])
        metrics = {each.get("metric") for each in events}
        added = [anchor] if anchor is not None and anchor.get("metric") not in metrics else []
        return put(put(data, EVENTS, [*added, *events]), ("occurrence",), None)
    if anchor is None:
        *events, anchor = at(data, EVENTS, [{}])
        anchor = {key: value for key, value in anchor.items() if key != "each"}
        data = put(data, EVENTS, events) if events else data
    return {**data, direction: anchor}


def with_event(data: Data, metric: str) -> Data:
    """Return the paths with one more event on the way."""
    return put(data, EVENTS, [*at(data, EVENTS, []), {"metric": metric}])


def without_event(data: Data, place: int) -> Data:
    """Return the paths without an event on the way."""
    return put(data, (*EVENTS, place), None)


def with_each(data: Data, place: int, metric: str, dimension: object) -> Data:
    """Return the paths with an event told apart by a dimension, and no other one. What was picked for another metric
    is dropped.
    """
    path = (*EVENTS, place)
    if at(data, (*path, "metric")) != metric:
        return data
    if dimension is not None:
        for number in range(len(at(data, EVENTS, []))):
            data = put(data, (*EVENTS, number, "each"), None) if number != place else data
    return put(data, (*path, "each"), dimension)
