"""The texts at the ends of lines: names in the lines' colours, or the last number of a single line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.display.charts.figures.frame import fitting, pixels, safe, spread
from semantic.display.charts.figures.line import Line, Panel, TimeAxis
from semantic.display.template import Attributes
from semantic.display.tokens import Tokens, readable

NEAR = 0.25  # the share of an axis within which labels at the ends of lines could touch, on a phone
END_WIDTH = 118  # pixels for a label at a line's end, so that a phone has room for the line
STEP = 17  # pixels from one label to the next
MOVED = 4  # pixels that a label can be off its line before a leader connects the two
LEADER = (5, 15)  # pixels to the right of a line's last point: where its leader begins and ends


def named(panel: Panel) -> list[Line]:
    """Return the lines that have a text at their end."""
    return [line for line in panel.solid if not line.quiet]


def end_name(name: str) -> str:
    return fitting(name, END_WIDTH)


def room_for_ends(panels: Sequence[Panel]) -> int:
    """Return the pixels that the texts need to the right of the plot."""
    names = [end_name(line.name) for panel in panels if len(named(panel)) > 1 for line in named(panel)]
    widest = max((pixels(name) for name in names), default=0)
    return max(64, min(END_WIDTH, int(widest)) + (LEADER[1] + 10 if names else 22))


def end_texts(
    along: TimeAxis, panel: Panel, reach: Sequence[float], height: int, on: Attributes, tokens: Tokens, *, stacked: bool
) -> tuple[list[Attributes], list[Attributes]]:
    """Return the labels at the lines' ends, and the leaders to labels that were moved away from their line.

    Labels that would overlap are moved apart. A name has its line's colour, adjusted to be readable. Final numbers are
    bold. In a stack, each name is at the middle of its layer.
    """
    alone = len(panel.solid) == 1
    ends: list[_End] = []
    below = 0.0
    for line in named(panel):
        last = line.last
        value = None if last is None else line.values[last]
        if last is None or value is None:
            continue
        at = below + float(value) / 2 if stacked else float(value)
        below += float(value)
        number = panel.write(value) if last in line.unfinished else f"<b>{panel.write(value)}</b>"
        place = len(along.periods) - 1 if stacked else last
        ends.append(_End(line, place, at, number if alone else safe(end_name(line.name))))
    step = STEP * (reach[1] - reach[0]) / height
    notes: list[Attributes] = []
    leaders: list[Attributes] = []
    for group in _near(ends, len(along.periods)):
        wanted = [end.at if stacked else _clear(end, panel, step, reach) for end in group]
        heights = spread(wanted, step, reach[0], reach[1])
        is_moved = [abs(at - end.at) > MOVED * step / STEP for end, at in zip(group, heights, strict=True)]
        for end, at, off in zip(group, heights, is_moved, strict=True):
            ink = tokens.ink if alone else readable(end.line.colour, tokens)
            x = along.periods[end.place]
            where: Attributes = {"x": x, "y": at, "xanchor": "left", "xshift": LEADER[1] + 3 if any(is_moved) else 10}
            notes.append(on | where | {"text": end.text, "font": {"size": 12, "color": ink}, "align": "left"})
            if off and not stacked:
                leaders.append(_leader(end, at, along, on))
    return notes, leaders


def _leader(end: _End, at: float, along: TimeAxis, on: Attributes) -> Attributes:
    """Return a leader from a line's last point to its label.

    Shapes on an axis are cut off at its end, so a leader beyond the end is positioned on the plot instead.
    """
    is_outside = end.place == len(along.periods) - 1
    across = {"xref": f"{on['xref']} domain", "xanchor": 1} if is_outside else {"xanchor": along.periods[end.place]}
    return on | across | {
        "type": "line", "xsizemode": "pixel", "x0": LEADER[0], "x1": LEADER[1], "y0": end.at, "y1": at,
        "line": {"color": end.line.colour, "width": 1}, "layer": "above",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _End:
    """The last point of a line, by position and height, and the text next to it."""

    line: Line
    place: int
    at: float
    text: str


def _near(ends: Sequence[_End], periods: int) -> list[list[_End]]:
    """Return the ends in groups of neighbours whose texts could overlap."""
    groups: list[list[_End]] = []
    for each_end in sorted(ends, key=lambda end: end.place):
        if groups and each_end.place - groups[-1][-1].place <= NEAR * periods:
            groups[-1].append(each_end)
        else:
            groups.append([each_end])
    return groups


def _clear(end: _End, panel: Panel, step: float, reach: Sequence[float]) -> float:
    """Return a height at which no other line crosses a label.

    If possible, it's the height of the line's own end. Otherwise, it's above or below the other lines.
    """
    after = slice(end.place, end.place + 2)
    runs = [
        [float(value) for value in line.values[after] if value is not None]
        for line in panel.lines
        if line is not end.line and len(line.values) > end.place + 1 and line.values[end.place + 1] is not None
    ]
    at = end.at
    for low, high in sorted((min(run), max(run)) for run in runs):
        if low - 0.6 * step < at < high + 0.6 * step:
            up, down = high + 0.7 * step, low - 0.7 * step
            at = up if down < reach[0] or (up <= reach[1] and up - end.at <= end.at - down) else down
    return at
