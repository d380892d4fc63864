"""Paths: what subjects did after a start or before an end, event by event, and how many took each path.

A path begins with a row of the start, or with a subject's first row, and continues with the following rows. Paths to an
end are followed backwards in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.model.definitions import Span
from semantic.query.query import Breakdown

FEWEST_STEPS, STEPS, MOST_STEPS = 2, 5, 10
TOP, MOST_TOP = 8, 20
LISTED: Final = 10
"""The most complete paths to list."""
MOST_COMPARED: Final = 1_000
"""The most complete paths, and events at a step, to count for a comparison with another period."""
GROUPS: Final = 4
"""The most groups that are shown separately."""
MISSING_VALUE, ELSE, END, OPEN, HIDDEN = "n", "o", "x", "y", "h"
"""The codes for an event without a value, everything else, no further event, not known yet, and too few to show. An
event has the code `e` and its position in two digits. A value has `v` and its text.
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """An event that paths can contain. With `each`, every value of this dimension is a separate event."""

    event: Event
    each: Breakdown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The question of paths.

    Paths go forwards from `start` or backwards from `end`. Without either, they go forwards from a subject's first
    event. `occurrence` determines whether only the first start or end of each subject counts, or every one. `steps` is
    the maximum number of events in a path, and `top` the number of named events at each step. With `collapse`,
    consecutive repeats of an event count as one. `within` is the longest time after the start or before the end. A
    pause longer than `gap` ends a path. `by` is a breakdown by the value at the start or end. With `is_compared`,
    events that aren't named and paths that aren't listed are counted too, because the other period can show them.
    """

    population: Population
    events: tuple[Listed, ...]
    start: Event | None = None
    end: Event | None = None
    occurrence: Literal["first", "every"] = "first"
    steps: int = STEPS
    top: int = TOP
    collapse: bool = True
    within: Span | None = None
    gap: Span | None = None
    by: Breakdown | None = None
    is_compared: bool = False

    @property
    def goes_back(self) -> bool:
        """Whether paths are followed backwards from an end."""
        return self.end is not None

    @property
    def anchor(self) -> int | None:
        """The position of the start or end among the events that are read, or None if there is neither."""
        if self.start is not None:
            return 0
        return len(self.events) if self.end is not None else None

    @property
    def each(self) -> int | None:
        """The position of the event that is split by value among the events that are read, or None."""
        before = 1 if self.start is not None else 0
        return next((before + place for place, each in enumerate(self.events) if each.each is not None), None)

    @property
    def ranked(self) -> tuple[int, ...]:
        """The positions of the events that are read, by priority.

        A row that belongs to several events counts as the first of these.
        """
        count = len(paths_events(self))
        return tuple(sorted(range(count), key=lambda place: (place != self.anchor, place)))


def paths_events(paths: Paths) -> tuple[Event, ...]:
    """Return the events that are read: the start, the listed events, and the end."""
    start, end = ([each] if each is not None else [] for each in (paths.start, paths.end))
    return (*start, *(listed.event for listed in paths.events), *end)


def paths_reads(paths: Paths) -> Reads:
    """Return what paths read: their events, the values that split an event, and the breakdown."""
    events = paths_events(paths)
    begins = frozenset(range(len(events))) if paths.anchor is None else frozenset([paths.anchor])
    attributes: list[Attribute] = []
    for listed in paths.events:
        if listed.each is not None and paths.each is not None:
            attributes.append(Attribute(listed.each, frozenset([paths.each])))
    if paths.by is not None:
        attributes.append(Attribute(paths.by, begins))
    return Reads(
        population=paths.population,
        events=events,
        begins=begins,
        attributes=tuple(attributes),
        follow=paths.within,
        looks_back=paths.goes_back,
        last=paths.anchor if paths.goes_back else None,
    )


def attribute_of_by(paths: Paths) -> int:
    """Return the position of the breakdown among the attributes."""
    return 0 if paths.each is None else 1


def code_of_event(place: int) -> str:
    """Return the code of the event at this position among the events that are read."""
    return f"e{place:02}"
