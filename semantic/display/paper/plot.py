"""The plot of a figure on paper. Each of its axes converts values to positions on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from semantic.display.paper.markup import line_width, runs_of
from semantic.display.paper.page import Paper
from semantic.display.template import Attributes

SCALE = 0.7
"""The points on paper for each pixel on screen, if the figure isn't scaled down."""

PAD = 6  # pixels between an axis and its text


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis, with the positions on the page where it starts and ends. On a vertical axis, `start` is below `end`."""

    about: Attributes
    kind: Literal["date", "category", "number"]
    low: float
    high: float
    start: float
    end: float
    places: dict[str, int] = field(default_factory=dict[str, int])  # of categories

    def number(self, value: Any) -> float | None:
        """Return a value as a number on the axis: a date as seconds, a category as its index. None if there is no
        value.
        """
        if value is None:
            return None
        if self.kind == "date":
            return _seconds(value)
        if isinstance(value, str):
            return float(self.places[value])
        return float(value)

    def at(self, value: Any) -> float | None:
        """Return the position of a value on the page, or None if there is no value."""
        number = self.number(value)
        return None if number is None else self.of(number)

    def of(self, number: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (number - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def is_shown(self) -> bool:
        return self.about.get("visible", True)

    @property
    def has_labels(self) -> bool:
        return self.is_shown and self.about.get("showticklabels", True) and bool(self.about.get("tickvals"))

    @property
    def labels(self) -> list[tuple[float, str]]:
        """The position and text of each tick label."""
        pairs = zip(self.about.get("tickvals") or (), self.about.get("ticktext") or (), strict=False)
        return [(place, str(said)) for value, said in pairs if (place := self.tick(value)) is not None]

    def tick(self, value: Any) -> float | None:
        """Return the position of a tick on the page. None if there is no value. A tick of a category is its index."""
        return self.of(float(value)) if self.kind == "category" else self.at(value)


def _seconds(value: object) -> float:
    """Return a day or an instant in seconds. It's given as a date or as ISO text."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    assert isinstance(value, date)
    return 86_400.0 * (value.toordinal() - date(1970, 1, 1).toordinal())


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure laid out on paper: its data, the position of its plot in points, and its axes by name."""

    paper: Paper
    data: Sequence[Attributes]
    layout: Attributes
    left: float
    top: float
    width: float
    height: float
    axes: dict[str, Axis]
    scale: float  # points per pixel

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def pair(self, trace: Attributes) -> tuple[Axis, Axis]:
        """Return the axes of a trace."""
        return self.axes[_long(trace.get("xaxis", "x"))], self.axes[_long(trace.get("yaxis", "y"))]

    def ref(self, name: str) -> Axis | None:
        """Return the axis that a mark refers to, such as "x2" or "y domain". None if it refers to the whole figure."""
        return None if name == "paper" else self.axes[_long(name.removesuffix(" domain"))]


def plot_of(paper: Paper, figure: Attributes, left: float, top: float, width: float, scale: float) -> Plot:
    """Return a figure's plot at this position, with room for the labels of its axes."""
    layout, margin = figure["layout"], figure["layout"].get("margin", {})
    inner_left = left + scale * margin.get("l", 8) + _beside(layout, scale)
    inner_right = left + width - scale * margin.get("r", 16)
    inner_top = top + scale * margin.get("t", 24)
    inner = (max(inner_right - inner_left, 20), scale * (layout["height"] - margin.get("t", 24) - margin.get("b", 28)))
    plot = Plot(paper, figure["data"], layout, inner_left, inner_top, *inner, {}, scale)
    for name in layout:
        if name.startswith(("xaxis", "yaxis")):
            plot.axes[name] = _axis(plot, name, layout)
    return plot


def _beside(layout: Attributes, scale: float) -> float:
    """Return the width of the labels to the left of the plot, in points."""
    wide = 0.0
    for name, about in layout.items():
        if name.startswith("yaxis") and about.get("visible", True) and about.get("showticklabels", True):
            size = scale * about.get("tickfont", {}).get("size", 12)
            lines = [line for said in about.get("ticktext") or () for line in runs_of(str(said))]
            wide = max([wide, *(line_width(line, size) for line in lines)])
    return wide + scale * PAD if wide else 0.0


def _axis(plot: Plot, name: str, layout: Attributes) -> Axis:
    about: Attributes = layout[name]
    first, last = about.get("domain", (0, 1))
    is_across = name.startswith("x")
    if is_across:
        start, end = plot.left + first * plot.width, plot.left + last * plot.width
    else:
        start, end = plot.bottom - first * plot.height, plot.bottom - last * plot.height
    low, high = about.get("range", (0, 1))
    match about.get("type", "linear"):
        case "date":
            return Axis(about, "date", _seconds(low), _seconds(high), start, end)
        case "category":
            places = {name: place for place, name in enumerate(about["categoryarray"])}
            return Axis(about, "category", float(low), float(high), start, end, places)
        case _:
            return Axis(about, "number", float(low), float(high), start, end)


def _long(name: str) -> str:
    """Return the full name of an axis: xaxis2 for "x2"."""
    return f"{name[0]}axis{name[1:]}"
