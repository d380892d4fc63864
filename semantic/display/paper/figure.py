"""Draw a figure on paper as vectors, from the same object as on screen.

The drawing shows the same numbers, names, colours and notes. Only the kinds of figures from
`semantic/display/charts/figures` are supported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from semantic.display.paper.letters import fitting, width_of
from semantic.display.paper.marks import DRAWN, draw_marks
from semantic.display.paper.markup import Run, draw_line, line_width, runs_of
from semantic.display.paper.page import Align, Paper
from semantic.display.paper.plot import PAD, SCALE, Axis, Plot, plot_of
from semantic.display.template import Attributes
from semantic.display.tokens import LIGHT

_ALIGN: dict[str, Align] = {"left": "left", "center": "center", "right": "right", "auto": "center"}


def is_drawable(figure: go.Figure) -> bool:
    """Whether every mark of a figure can be drawn on paper. If not, callers use a table instead."""
    drawn: Attributes = figure.to_dict()
    return all(trace["type"] in DRAWN for trace in drawn["data"])


def figure_height(figure: go.Figure, most: float = math.inf) -> float:
    """Return the figure's height in points. If it's higher than `most`, it's scaled down to `most`."""
    # Any: parts of a layout are untyped.
    layout: Any = figure.layout
    return min(most, SCALE * float(layout.height))


def draw_figure(
    paper: Paper, figure: go.Figure, left: float, top: float, width: float, most: float = math.inf
) -> float:
    """Draw the figure on the open page at the given width, and return its height in points."""
    drawn: Attributes = figure.to_dict()
    height = figure_height(figure, most)
    scale = height / drawn["layout"]["height"]
    plot = plot_of(paper, drawn, left, top, width, scale)
    shapes = plot.layout.get("shapes") or ()
    for shape in shapes:
        if shape.get("layer") != "above":
            _shape(plot, shape)
    for name, axis in plot.axes.items():
        _grid(plot, name, axis)
    draw_marks(plot)
    for shape in shapes:
        if shape.get("layer") == "above":
            _shape(plot, shape)
    for name, axis in plot.axes.items():
        _labels(plot, name, axis)
    for annotation in plot.layout.get("annotations") or ():
        _note(plot, annotation)
    if plot.layout.get("showlegend"):
        _legend(plot, left, top, width)
    return height


# Axes


def _grid(plot: Plot, name: str, axis: Axis) -> None:
    """Draw a line across the plot at each tick.

    The line at 0 is stronger if there are positive and negative numbers.
    """
    about = axis.about
    if not axis.is_shown:
        return
    if about.get("showgrid"):
        for value in about.get("tickvals") or ():
            _across(plot, name, axis, axis.tick(value), str(about.get("gridcolor", LIGHT.line)), 0.5)
    if about.get("zeroline"):
        _across(plot, name, axis, axis.of(0.0), str(about.get("zerolinecolor", LIGHT.other)), 0.7)


def _across(plot: Plot, name: str, axis: Axis, place: float | None, colour: str, width: float) -> None:
    other = plot.ref(str(axis.about.get("anchor", "x" if name.startswith("y") else "y")))
    if place is None or other is None:
        return
    ends = (other.start, other.end)
    points = [(end, place) if name.startswith("y") else (place, end) for end in ends]
    plot.paper.line(points, colour=colour, width=width)


def _labels(plot: Plot, name: str, axis: Axis) -> None:
    """Draw the tick labels next to the plot."""
    if not axis.has_labels:
        return
    font = axis.about.get("tickfont", {})
    size, ink = plot.scale * font.get("size", 12), str(font.get("color", LIGHT.muted))
    other = plot.ref(str(axis.about.get("anchor", "x" if name.startswith("y") else "y")))
    assert other is not None
    room = _room(axis) if axis.about.get("side") == "top" and "tickangle" not in axis.about else 0.0
    for place, text in axis.labels:
        lines = _on_two(text, room, size) if room else runs_of(text)
        for at, line in enumerate(lines):
            if name.startswith("y"):
                x, y, align = (
                    other.start - plot.scale * PAD,
                    place + size * (0.35 + 1.15 * (at - (len(lines) - 1) / 2)),
                    "right",
                )
            elif axis.about.get("side") == "top":
                x, y, align = place, other.end - plot.scale * PAD - 1.15 * size * (len(lines) - 1 - at), "center"
            else:
                x, y, align = place, other.start + plot.scale * PAD + size * (0.9 + 1.2 * at), "center"
            draw_line(plot.paper, line, x, y, size=size, colour=ink, align=_ALIGN[align])


def _room(axis: Axis) -> float:
    """Return the maximum width of a label that doesn't touch its neighbours."""
    places = sorted(place for place, _ in axis.labels)
    gaps = [after - before for before, after in pairwise(places)]
    return 0.94 * min(gaps, default=abs(axis.end - axis.start))


def _on_two(text: str, room: float, size: float) -> list[list[Run]]:
    """Return a label on one or two lines. If a line is still too wide, it's cut."""
    words = " ".join("".join(run.text for run in line) for line in runs_of(text)).split(" ")
    first = 1
    while first < len(words) and width_of(" ".join(words[: first + 1]), size) <= room:
        first += 1
    lines = (" ".join(words[:first]), " ".join(words[first:]))
    return [[Run(fitting(line, room, size))] for line in lines if line]


# On the plot


def _place(plot: Plot, ref: str, value: object) -> float:
    """Return the horizontal position of a mark.

    It's given as a value on an axis, or relative to the axis or the whole plot.
    """
    axis = plot.ref(ref)
    if axis is None or ref.endswith("domain"):
        part = float(str(value))
        if axis is not None:
            return axis.start + part * (axis.end - axis.start)
        return plot.left + part * plot.width
    place = axis.at(value)
    assert place is not None
    return place


def _height(plot: Plot, ref: str, value: object) -> float:
    return plot.bottom - float(str(value)) * plot.height if ref == "paper" else _place(plot, ref, value)


def _shape(plot: Plot, attributes: Attributes) -> None:
    """Draw a shape: a line through the plot, a faint band, or a small line with its size in pixels."""
    ends = [(_end(plot, attributes, "x", end), _end(plot, attributes, "y", end)) for end in (0, 1)]
    pen = attributes.get("line", {})
    if attributes["type"] == "line":
        colour, dash = str(pen.get("color", LIGHT.muted)), str(pen.get("dash", ""))
        plot.paper.line(ends, colour=colour, width=plot.scale * pen.get("width", 1), dash=dash)
        return
    (left, right), (top, bottom) = sorted((ends[0][0], ends[1][0])), sorted((ends[0][1], ends[1][1]))
    plot.paper.box(
        left, top, right - left, bottom - top, colour=attributes["fillcolor"], opacity=attributes.get("opacity", 1)
    )


def _end(plot: Plot, attributes: Attributes, way: str, end: int) -> float:
    """Return one end of a shape, given as a value on an axis or in pixels to the right of, or above, its anchor."""
    ref, value = attributes[f"{way}ref"], attributes[f"{way}{end}"]
    find = _place if way == "x" else _height
    if attributes.get(f"{way}sizemode") != "pixel":
        return find(plot, ref, value)
    return find(plot, ref, attributes[f"{way}anchor"]) + plot.scale * float(value) * (1 if way == "x" else -1)


def _note(plot: Plot, attributes: Attributes) -> None:
    """Draw a text at its position, such as a line's name, a panel's title or an annotation."""
    font = attributes.get("font", {})
    size, ink = plot.scale * font.get("size", 12), str(font.get("color", LIGHT.ink))
    x = _place(plot, attributes["xref"], attributes["x"]) + plot.scale * attributes.get("xshift", 0)
    y = _height(plot, attributes["yref"], attributes["y"]) - plot.scale * attributes.get("yshift", 0)
    lines = runs_of(str(attributes["text"]))
    step = 1.2 * size
    first = {"bottom": -step * (len(lines) - 1) - 0.25 * size, "top": 0.9 * size}.get(
        str(attributes.get("yanchor", "middle")), 0.35 * size - step * (len(lines) - 1) / 2
    )
    for at, line in enumerate(lines):
        align = _ALIGN[str(attributes.get("xanchor", "auto"))]
        draw_line(plot.paper, line, x, y + first + at * step, size=size, colour=ink, align=align)


def _legend(plot: Plot, left: float, top: float, width: float) -> None:
    """Draw the legend above the plot, on several lines if needed."""
    size = plot.scale * 12
    x, y = left + plot.scale * 8, top + size
    for colour, text in _named(plot.data):
        (line,) = runs_of(text)[:1]
        wide = line_width(line, size) + 2.2 * size
        if x + wide > left + width and x > left + plot.scale * 8:
            x, y = left + plot.scale * 8, y + 1.4 * size
        plot.paper.box(x, y - 0.65 * size, 0.7 * size, 0.7 * size, colour=colour)
        draw_line(plot.paper, line, x + size, y, size=size, colour=LIGHT.ink, align="left")
        x += wide


def _named(data: Sequence[Attributes]) -> list[tuple[str, str]]:
    """Return the colour and name of each legend entry."""
    named: dict[str, str] = {}
    for attributes in data:
        if attributes.get("name") and attributes.get("showlegend", True):
            colour = (
                attributes.get("marker", {}).get("color")
                if attributes["type"] == "bar"
                else attributes.get("line", {}).get("color")
            )
            named.setdefault(str(attributes["name"]), str(colour))
    return [(colour, name) for name, colour in named.items()]
