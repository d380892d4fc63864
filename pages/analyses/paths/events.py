"""Changes that the form makes to the definition of paths: the start or end, and the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages.analyses.draft import Data, at, put
from semantic.analyses.events.offers import event_metrics, subjects_of

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

EVENTS = ("events",)


def direction_of(data: Data) -> str:
    """Return the direction of paths: `from` a start, `to` an end, or `first` from each person's first event."""
    return next((key for key in ("from", "to") if key in data), "first")


def directed(data: Data, direction: str) -> Data:
    """Return the paths in another direction. A start becomes an end, and an end becomes a start.

    If the paths had neither, the last event becomes the start or end, and is no longer an event on the way.
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


def with_anchor(data: Data, direction: str, metric: str) -> Data:
    """Return the paths with another metric as the start or end, without the previous one's name and filter.

    Nothing changes if the paths no longer have an anchor in this direction.
    """
    if direction not in data or at(data, (direction, "metric")) == metric:
        return data
    return {**data, direction: {"metric": metric}}


def fitting(data: Data, seen: VisibleModel) -> Data:
    """Return the paths with the subject that fits their start or end and most of their events.

    Events that this subject doesn't have are left out. If none is left, the subject's first other event replaces them.
    """
    known = {metric.name for metric in event_metrics(seen)}
    anchor = at(data, (direction_of(data), "metric"))
    offered = subjects_of([anchor], seen) if anchor in known else []
    if not offered or data.get("subject") in offered:
        return data
    events: list[Any] = [each for each in at(data, EVENTS, []) if each.get("metric") in known]
    left = {subject: [each for each in events if subject in subjects_of([each["metric"]], seen)] for subject in offered}
    subject = max(offered, key=lambda name: len(left[name]))
    others = (metric for metric in event_metrics(seen) if subject in subjects_of([metric.name], seen))
    first = next((metric.name for metric in others if metric.name != anchor), anchor)
    return {**data, "subject": subject, "events": left[subject] or [{"metric": first}]}


def with_event(data: Data, metric: str) -> Data:
    """Return the paths with one more event on the way."""
    return put(data, EVENTS, [*at(data, EVENTS, []), {"metric": metric}])


def without_event(data: Data, place: int) -> Data:
    """Return the paths without the event at `place`."""
    return put(data, (*EVENTS, place), None)


def with_each(data: Data, place: int, metric: str, dimension: object) -> Data:
    """Return the paths with one event split by a dimension, and all other events unsplit.

    Nothing changes if the event at `place` no longer uses `metric`.
    """
    path = (*EVENTS, place)
    if at(data, (*path, "metric")) != metric:
        return data
    if dimension is not None:
        for number in range(len(at(data, EVENTS, []))):
            data = put(data, (*EVENTS, number, "each"), None) if number != place else data
    return put(data, (*path, "each"), dimension)
