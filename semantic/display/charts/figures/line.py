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
    """One line, with a value or None for each period. `colour` is #RRGGBB. A comparison is dashed.

    `rows` has the index of each point's row in the result, or -1 for none. `hollow` points aren't reliable. `words`
    describe the data behind each number. `low` and `high` are the ends of intervals. Points from position `running` on
    aren't final. `in_part` has, by position, the counted days of incomplete periods: "3 of 7 days, to 25 Mar". A `thin`
    line is a target, which isn't a number of the metric. A `quiet` line is one of many: it's thin and grey, and only
    its tooltip shows its name. `beside` has the tooltip lines below each number.
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
        """The position of the last number, or None if there is no number."""
        return next((at for at in reversed(range(len(self.values))) if self.values[at] is not None), None)

    @property
    def unfinished(self) -> set[int]:
        """The positions of numbers whose period isn't complete or isn't final."""
        open_from = len(self.values) if self.running is None else self.running
        return {
            place
            for place, value in enumerate(self.values)
            if value is not None and (place >= open_from or place in self.in_part)
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale with a title.

    `unknown` has the parts of the axis without numbers, because their days aren't known. `below` is a second line in
    the title of a small chart.
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
class TimeAxis:
    """The time axis with its periods and annotations."""

    periods: Sequence[date]
    grain: Granularity | None
    events: Sequence[Event] = ()

    @property
    def x(self) -> list[str]:
        """The periods as text. Many lines share them, and the browser handles text faster than dates."""
        return [day.isoformat() for day in self.periods]
