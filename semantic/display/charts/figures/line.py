"""The parts of a line chart: lines, panels, and the periods on their axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from semantic.display.charts.figures.frame import EmptyPart, Event, Phrase, Values
from semantic.display.format import Write
from semantic.model.definitions import Granularity


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with a value for each period or None. `colour` is #RRGGBB. A comparison is dashed.

    `rows` are the rows of the result behind the points, -1 for none. `hollow` points aren't reliable. `words` describe
    the data behind a point's number. `low` and `high` are the ends of intervals. Points from position `running` on
    aren't final. `in_part` says which days of an incomplete period count, by position: "3 of 7 days, to 25 Mar". A
    `thin` line is a target, which isn't a number of the metric. A `quiet` line is one of many: thin, grey, and named
    only by its tooltip. `beside` has the tooltip lines below each number.
    """

    name: str
    values: Values
    colour: str
    dash: str = ""
    rows: Sequence[int] = ()
    hollow: Sequence[bool] = ()
    words: Sequence[str] = ()
    low: Values = ()
    high: Values = ()
    running: int | None = None
    in_part: Mapping[int, str] = field(default_factory=dict[int, str])
    thin: bool = False
    quiet: bool = False
    beside: Sequence[Sequence[Phrase]] = ()

    @property
    def last(self) -> int | None:
        """The position of the last number, or None."""
        return next((at for at in reversed(range(len(self.values))) if self.values[at] is not None), None)

    @property
    def unfinished(self) -> set[int]:
        """The positions whose number doesn't cover a complete and final period."""
        open_from = len(self.values) if self.running is None else self.running
        return {
            place
            for place, value in enumerate(self.values)
            if value is not None and (place >= open_from or place in self.in_part)
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale under one title. `unknown` are the parts where no line has a number because no day is known.

    `below` is a second line of the title of a small chart.
    """

    title: str
    lines: tuple[Line, ...]
    write: Write
    unknown: Sequence[EmptyPart] = ()
    below: str = ""

    @property
    def solid(self) -> list[Line]:
        """The lines of the question's own period."""
        return [line for line in self.lines if not line.dash]


@dataclass(frozen=True, slots=True)
class Along:
    """The time axis: its periods, and its annotations."""

    periods: Sequence[date]
    grain: Granularity | None
    events: Sequence[Event] = ()

    @property
    def x(self) -> list[str]:
        """The periods as text for the browser, because many lines share them, and text is faster than dates."""
        return [day.isoformat() for day in self.periods]
