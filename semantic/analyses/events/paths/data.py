"""Read and check paths in plain data, and write them back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from typing import Any, Literal

from semantic.analyses.events.asked import MOST_EVENTS
from semantic.analyses.events.instants import length
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    breakdown_data,
    event_data,
    population_data,
    read_breakdown,
    read_event,
    read_population,
    read_span,
)
from semantic.analyses.events.paths.question import FEWEST_STEPS, MOST_STEPS, MOST_TOP, STEPS, TOP, Listed, Paths
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping
from semantic.query.query import DATE, Breakdown

KEYS = (
    *("kind", "v", "events", "from", "to", "occurrence", "steps", "top", "collapse", "within", "gap", "by"),
    *POPULATION_KEYS,
)


def read_paths(data: object) -> Paths:
    """Return the question of paths in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The analysis", KEYS)
    if fields.get("kind", "paths") != "paths" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read these paths. Use the kind paths, version 1.")
    start, end, by = (fields.get(key) for key in ("from", "to", "by"))
    paths = Paths(
        population=read_population(fields),
        events=tuple(_listed(item) for item in items(fields.get("events", []), "events")),
        start=read_event(start, "'from'")[0] if start is not None else None,
        end=read_event(end, "'to'")[0] if end is not None else None,
        occurrence=_occurrence(fields.get("occurrence", "first")),
        steps=_count(fields.get("steps", STEPS), "steps", FEWEST_STEPS, MOST_STEPS),
        top=_count(fields.get("top", TOP), "top", 1, MOST_TOP),
        collapse=_switch(fields.get("collapse", True)),
        within=read_span(fields["within"], "within") if fields.get("within") is not None else None,
        gap=read_span(fields["gap"], "gap") if fields.get("gap") is not None else None,
        by=read_breakdown(by, "by") if by is not None else None,
    )
    _check(paths)
    return paths


def paths_data(paths: Paths) -> dict[str, Any]:
    """Return the question of paths as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "paths", "v": 1, **population_data(paths.population)}
    if paths.start is not None:
        data["from"] = event_data(paths.start)
    if paths.end is not None:
        data["to"] = event_data(paths.end)
    data["events"] = [
        event_data(listed.event) | ({"each": breakdown_data(listed.each)} if listed.each is not None else {})
        for listed in paths.events
    ]
    for key, default in (("occurrence", "first"), ("steps", STEPS), ("top", TOP), ("collapse", True)):
        if (value := getattr(paths, key)) != default:
            data[key] = value
    if paths.within is not None:
        data["within"] = paths.within.words
    if paths.gap is not None:
        data["gap"] = paths.gap.words
    return data | ({"by": breakdown_data(paths.by)} if paths.by is not None else {})


def _listed(data: object) -> Listed:
    event, more = read_event(data, "An event", ("each",))
    return Listed(event, read_breakdown(more["each"], "each") if "each" in more else None)


def _occurrence(data: object) -> Literal["first", "every"]:
    if data not in ("first", "every"):
        raise InvalidQuery(f"{str(data)[:40]!r} isn't an option for 'occurrence'. Use first or every.")
    return "first" if data == "first" else "every"


def _count(data: object, what: str, least: int, most: int) -> int:
    if type(data) is not int or not least <= data <= most:
        raise InvalidQuery(f"{what!r} must be a whole number from {least} to {most}.")
    return data


def _switch(data: object) -> bool:
    if not isinstance(data, bool):
        raise InvalidQuery("'collapse' must be true or false.")
    return data


def _check(paths: Paths) -> None:
    """Refuse combinations of options that make no sense. Raises InvalidQuery."""
    if paths.start is not None and paths.end is not None:
        raise InvalidQuery(
            "Paths go from a start or to an end, not both. To count what happens in between, use a funnel."
        )
    anchors = 0 if paths.start is None and paths.end is None else 1
    if not 1 <= len(paths.events) <= MOST_EVENTS - anchors:
        raise InvalidQuery(f"Paths need 1 to {MOST_EVENTS - anchors} 'events', and these have {len(paths.events)}.")
    is_bounded = paths.within is not None or paths.gap is not None
    if paths.goes_back and paths.population.compare is not None and not is_bounded:
        message = "Without a time limit, paths of the later period are followed back longer, so they can't be compared."
        raise InvalidQuery(f"{message} Add 'within', the longest time before the end, or remove 'compare'.")
    if paths.occurrence == "every" and not anchors:
        raise InvalidQuery("Without 'from' or 'to', a path begins with the first event. Remove 'occurrence'.")
    if sum(listed.each is not None for listed in paths.events) > 1:
        raise InvalidQuery("Only one of the events can have 'each'. Give the others names.")
    for breakdown, words in ((paths.by, "by"), *((listed.each, "each") for listed in paths.events)):
        if breakdown is not None and _is_dated(breakdown):
            raise InvalidQuery(f"{words!r} can't be a date. Choose another dimension.")
    for span in (paths.within, paths.gap):
        if span is not None:
            length(span)


def _is_dated(breakdown: Breakdown) -> bool:
    return breakdown.grain is not None or breakdown.dim == DATE
