"""Draw the marks of a plot on paper: lines, points, areas, bars, heat maps and rings."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

from semantic.display.paper.markup import draw_line, line_width, runs_of
from semantic.display.paper.page import Align, Point
from semantic.display.paper.plot import Axis, Plot
from semantic.display.template import Attributes
from semantic.display.tokens import LIGHT

TEXT = 12  # pixels of the text in figures
USUAL = 5  # pixels of a point's radius, next to which its text is placed
BESIDE = 4  # pixels that a heat map's number leaves free in its cell

DRAWN = frozenset({"bar", "scatter", "heatmap", "pie"})
"""The types of traces that can be drawn on paper."""


def draw_marks(plot: Plot) -> None:
    """Draw every trace of the figure, in order. Raises ValueError for a type that DRAWN doesn't contain."""
    unknown = {attributes["type"] for attributes in plot.data} - DRAWN
    if unknown:
        raise ValueError(f"Can't draw {', '.join(sorted(unknown))} on paper. `is_drawable` tells before.")
    heights: dict[tuple[str, str], list[float]] = {}
    has_room = _has_room(plot)
    _bars(plot, [attributes for attributes in plot.data if attributes["type"] == "bar"])
    for trace in plot.data:
        match trace["type"]:
            case "scatter":
                _scatter(plot, trace if has_room else trace | {"mode": "markers"}, heights)
            case "heatmap":
                _heat(plot, trace)
            case "pie":
                _ring(plot, trace)
            case "bar":
                continue  # drawn together, above
            case other:
                raise ValueError(f"{other} is among DRAWN, and nothing draws it.")


def of_each(value: Any, place: int) -> Any:
    """Return one point's value of an attribute, which is either a list with a value per point or one value for all."""
    return value[place] if isinstance(value, (list, tuple)) else value


# Lines and points


def _scatter(plot: Plot, trace: Attributes, heights: dict[tuple[str, str], list[float]]) -> None:
    x, y = plot.pair(trace)
    values: list[Any] = list(trace["y"])
    floor: list[float] | None = None
    if "stackgroup" in trace:
        group = (str(trace.get("xaxis", "x")), str(trace.get("yaxis", "y")))
        floor = heights.get(group, [0.0] * len(values))
        heights[group] = [below + (value or 0) for below, value in zip(floor, values, strict=True)]
        values = [None if value is None else top for value, top in zip(values, heights[group], strict=True)]
    points = [_point(x, y, *pair) for pair in zip(trace["x"], values, strict=True)]
    mode, opacity = trace.get("mode", "lines"), trace.get("opacity", 1)
    for part in _unbroken(points):
        _fill(plot, trace, part, points, floor)
    if "lines" in mode:
        pen = trace.get("line", {})
        width = pen.get("width", 2)
        for part in _unbroken(points) if width else ():
            plot.paper.line(
                part,
                colour=pen.get("color", LIGHT.ink),
                width=plot.scale * width,
                dash=pen.get("dash", ""),
                opacity=opacity,
            )
    if "markers" in mode:
        _markers(plot, trace.get("marker", {}), points, opacity)
    if "text" in mode:
        _texts(plot, trace, points)


def _point(x: Axis, y: Axis, across: Any, up: Any) -> Point | None:
    left, top = x.at(across), y.at(up)
    return None if left is None or top is None else (left, top)


def _unbroken(points: Sequence[Point | None]) -> list[list[Point]]:
    """Return the runs of points without a gap."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _fill(
    plot: Plot, trace: Attributes, part: list[Point], points: Sequence[Point | None], floor: list[float] | None
) -> None:
    """Draw the area under a part of a line: down to the layer below, down to 0, or within its own outline."""
    colour, pattern = trace.get("fillcolor"), trace.get("fillpattern")
    if pattern:
        (left, right), (top, bottom) = _reach([x for x, _ in part]), _reach([y for _, y in part])
        _hatch(plot, left, top, right - left, bottom - top, str(pattern["fgcolor"]), pattern)
        return
    if not colour:
        return
    _, y = plot.pair(trace)
    if trace.get("fill") == "toself":
        plot.paper.area(part, colour=colour)
    elif floor is not None:
        feet = [(point[0], y.of(below)) for point, below in zip(points, floor, strict=True) if point is not None]
        plot.paper.area([*part, *reversed(feet)], colour=colour)
    elif trace.get("fill") == "tozeroy":
        zero = y.of(min(max(0.0, y.low), y.high))
        plot.paper.area([*part, (part[-1][0], zero), (part[0][0], zero)], colour=colour)


def _reach(numbers: Sequence[float]) -> tuple[float, float]:
    return min(numbers), max(numbers)


def _markers(plot: Plot, marker: Attributes, points: Sequence[Point | None], opacity: float) -> None:
    edge = marker.get("line", {})
    for place, point in enumerate(points):
        seen = of_each(marker.get("opacity", 1), place) * opacity
        if point is None or not seen:
            continue
        width = of_each(edge.get("width", 0), place)
        plot.paper.dot(
            *point, plot.scale * of_each(marker.get("size", 6), place) / 2, colour=of_each(marker.get("color"), place),
            edge=of_each(edge.get("color", ""), place) if width else "", edge_width=plot.scale * width, opacity=seen,
        )  # fmt: skip


MIDDLE = 0.35  # the distance from the middle of a text down to its baseline, relative to its size
_SIDES: dict[str, tuple[Align, float, float]] = {
    "middle right": ("left", 6, MIDDLE), "middle left": ("right", -6, MIDDLE), "middle center": ("center", 0, MIDDLE),
    "top center": ("center", 0, -0.6), "bottom center": ("center", 0, 1.2),
    "top left": ("right", -6, -0.6), "bottom left": ("right", -6, 1.2),
}  # fmt: skip


def _texts(plot: Plot, trace: Attributes, points: Sequence[Point | None]) -> None:
    """Draw texts next to points, or in the middle of cells.

    A text that contains spaces for its distance isn't moved away from its point.
    """
    font = trace.get("textfont", {})
    size = plot.scale * font.get("size", TEXT)
    for place, point in enumerate(points):
        text = str(of_each(trace.get("text", ""), place) or "")
        if point is None or not text:
            continue
        align, aside, down = _SIDES[of_each(trace.get("textposition", "middle center"), place)]
        lines = runs_of(text)
        more = max(0.0, of_each(trace.get("marker", {}).get("size", 0), place) / 2 - USUAL)
        own = 0 if trace.get("mode") == "text" else aside + more * _sign(aside)
        beyond = plot.scale * more * _sign(down - MIDDLE)
        for at, line in enumerate(lines):
            top = point[1] + beyond + size * (down + 1.15 * (at - (len(lines) - 1) / 2))
            ink = of_each(font.get("color", LIGHT.ink), place)
            draw_line(plot.paper, line, point[0] + plot.scale * own, top, size=size, colour=ink, align=align)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


# Bars


def _bars(plot: Plot, bars: Sequence[Attributes]) -> None:
    """Draw bars side by side, stacked, or each at its own position, depending on the figure's bar mode."""
    mode, gap = plot.layout.get("barmode", "overlay"), plot.layout.get("bargap", 0.3)
    ends: dict[tuple[str, float, bool], float] = {}
    panels: dict[tuple[str, str], list[Attributes]] = {}
    for bar in bars:
        panels.setdefault((bar.get("xaxis", "x"), bar.get("yaxis", "y")), []).append(bar)
    for (x_name, y_name), group in panels.items():
        for place, trace in enumerate(group):
            size, shift = 1 - gap, 0.0
            if mode == "group" and len(group) > 1:
                each = (1 - gap) / len(group)
                size, shift = each * (1 - plot.layout.get("bargroupgap", 0)), each * (place - (len(group) - 1) / 2)
            size = trace.get("width", size)
            _bar_trace(plot, trace, size, shift, ends if mode == "stack" else None, f"{x_name}{y_name}")


def _bar_trace(
    plot: Plot, trace: Attributes, size: float, shift: float, ends: dict[tuple[str, float, bool], float] | None,
    panel: str,
) -> None:  # fmt: skip
    lies = trace.get("orientation") == "h"
    x, y = plot.pair(trace)
    along, up = (y, x) if lies else (x, y)
    names, values = (trace["y"], trace["x"]) if lies else (trace["x"], trace["y"])
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        middle = along.number(name)
        if value is None or middle is None:
            continue
        key = (panel, middle, value < 0)
        base = ends.get(key, 0.0) if ends is not None else float(of_each(trace.get("base", 0.0), place))
        if ends is not None:
            ends[key] = base + value
        sides = sorted((along.of(middle + shift - size / 2), along.of(middle + shift + size / 2)))
        reach = sorted(up.of(min(max(end, up.low), up.high)) for end in (base, base + value))
        left, right, top, bottom = (*reach, *sides) if lies else (*sides, *reach)
        _bar(plot, trace, place, left, top, right - left, bottom - top)
        if lies:
            _whisker(plot, trace, place, up, value, (top + bottom) / 2)


def _bar(plot: Plot, trace: Attributes, place: int, left: float, top: float, width: float, height: float) -> None:
    """Draw one bar with its text. A bar with a pattern is hatched."""
    marker = trace.get("marker", {})
    colour = of_each(marker.get("color", LIGHT.series[0]), place)
    opacity = of_each(marker.get("opacity", 1), place) * trace.get("opacity", 1)
    pattern, edge = marker.get("pattern", {}), marker.get("line", {})
    edge_width = of_each(edge.get("width", 0), place)
    is_hatched = bool(of_each(pattern.get("shape", ""), place))
    if is_hatched:
        _hatch(plot, left, top, width, height, of_each(pattern.get("fgcolor", colour), place), pattern)
    if edge_width or not is_hatched:
        plot.paper.box(
            left, top, width, height, colour="" if is_hatched else colour, opacity=opacity,
            edge=of_each(edge.get("color", ""), place) if edge_width else "", edge_width=plot.scale * edge_width,
        )  # fmt: skip
    inside = str(of_each(trace.get("texttemplate", ""), place) or "") if trace.get("textposition") == "inside" else ""
    if inside:
        font = trace.get("insidetextfont", {})
        size = plot.scale * font.get("size", TEXT)
        (line,) = runs_of(inside)[:1]
        draw_line(
            plot.paper, line, left + width / 2, top + height / 2 + 0.35 * size, size=size,
            colour=font.get("color", LIGHT.ink), align="center",
        )  # fmt: skip


def _hatch(plot: Plot, left: float, top: float, width: float, height: float, colour: str, pattern: Attributes) -> None:
    """Draw diagonal lines with the spacing and thickness of the pattern."""
    step, opacity = plot.scale * pattern.get("size", 6), pattern.get("fgopacity", 1)
    with plot.paper.within(left, top, width, height):
        for at in range(int((width + height) / step) + 2):
            begin = left - height + at * step
            plot.paper.line(
                [(begin, top + height), (begin + height, top)], colour=colour, opacity=opacity,
                width=step * pattern.get("solidity", 0.3),
            )  # fmt: skip


def _whisker(plot: Plot, trace: Attributes, place: int, up: Axis, value: float, middle: float) -> None:
    """Draw the interval of one bar, from its low to its high end."""
    error = trace.get("error_x")
    if not error:
        return
    low, high = value - error["arrayminus"][place], value + error["array"][place]
    if low == high:
        return
    ends, cap = (up.of(low), up.of(high)), plot.scale * error.get("width", 3)
    for colour, thickness in ((error["color"], error.get("thickness", 1)), (LIGHT.ink, 1)):  # as on screen
        width = plot.scale * thickness
        plot.paper.line([(ends[0], middle), (ends[1], middle)], colour=colour, width=width)
        for end in ends:
            plot.paper.line([(end, middle - cap), (end, middle + cap)], colour=colour, width=width)


# Heat maps and rings


def _has_room(plot: Plot) -> bool:
    """Whether each number of a heat map fits in its cell, as on screen. Always true for other figures."""
    heat = next((trace for trace in plot.data if trace["type"] == "heatmap"), None)
    if heat is None:
        return True
    x, _ = plot.pair(heat)
    texts = [text for trace in plot.data if "text" in trace.get("mode", "") for text in trace["text"] if text]
    widest = max((line_width(line, plot.scale * TEXT) for text in texts for line in runs_of(text)[:1]), default=0.0)
    return widest < abs(x.of(1) - x.of(0)) - plot.scale * BESIDE


def _heat(plot: Plot, trace: Attributes) -> None:
    """Draw the cells of a heat map in their tints. Cells without a tint stay empty."""
    x, y = plot.pair(trace)
    gap = plot.scale * 2
    for row, steps in enumerate(trace["z"]):
        for column, step in enumerate(steps):
            if step is None:
                continue
            left, right = x.of(column - 0.5), x.of(column + 0.5)
            top, bottom = sorted((y.of(row - 0.5), y.of(row + 0.5)))
            tint = trace["colorscale"][2 * step][1]
            plot.paper.box(left + gap / 2, top + gap / 2, right - left - gap, bottom - top - gap, colour=tint)


def _ring(plot: Plot, trace: Attributes) -> None:
    """Draw the parts of a ring clockwise from the top, each with its text next to it."""
    middle = (plot.left + plot.width / 2, plot.top + plot.height / 2)
    outer = 0.42 * min(plot.height, plot.width * 0.62)
    inner = outer * trace.get("hole", 0)
    total, turned = sum(trace["values"]), 0.0
    size = plot.scale * trace["textfont"]["size"]
    for place, value in enumerate(trace["values"]):
        first, last = turned, turned + 2 * pi * value / total
        turned = last
        arc = [first + (last - first) * step / 60 for step in range(61)]
        around = [*(_on(middle, outer, one) for one in arc), *(_on(middle, inner, one) for one in reversed(arc))]
        marker = trace["marker"]
        plot.paper.area(around, colour=marker["colors"][place], edge=LIGHT.page, edge_width=plot.scale * 2)
        x, y = _on(middle, outer + 8, (first + last) / 2)
        lines = runs_of(trace["text"][place])
        for at, line in enumerate(lines):
            top = y + size * (0.35 + 1.15 * (at - (len(lines) - 1) / 2))
            draw_line(plot.paper, line, x, top, size=size, colour=LIGHT.ink, align="left" if x > middle[0] else "right")


def _on(middle: Point, radius: float, angle: float) -> Point:
    return middle[0] + radius * sin(angle), middle[1] - radius * cos(angle)
