"""Draw a scatter of two metrics: a point for each group, sized by a third metric. Outliers are labelled first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import figure_of, pixels, safe, short, trace_tooltip, unfaded
from semantic.display.format import Write, in_full
from semantic.display.template import Attributes, layout, value_axis
from semantic.display.tokens import Tokens

# A plot on a phone: labels that don't touch there touch nowhere.
NARROW, TALL = 250, 300
LOW = 190  # pixels of a plot in a low tile, in which labels don't touch either
PADDED = 4  # pixels of the axis below a plot that a label can cover
LONGEST = 30  # characters of a label
OF_TOTAL = 76  # pixels of the number at the end of a line
SIZE, SMALLEST, LARGEST = 10, 6, 34  # pixels of a point, and of one whose area is a number
CROWD, MOST_NAMED = 12, 8  # points that can all be named, and how many are if there are more


@dataclass(frozen=True, slots=True)
class Point:
    """One group, drawn as a point.

    `row` is the index of its row in the result. `is_unsure` marks groups with too little data for a metric. `amount` is
    the value of the third metric, which sets the point's size. `beside` is that value as tooltip text.
    """

    name: str
    across: float
    up: float
    colour: str
    row: int
    is_unsure: bool = False
    amount: float | None = None
    beside: str = ""


def scatter(
    points: Sequence[Point], titles: tuple[str, str], writes: tuple[Write, Write], tokens: Tokens,
    totals: Sequence[float | None] = (None, None), sized_as: str = "",
) -> go.Figure:  # fmt: skip
    """Return the scatter. Each axis has its metric's format and name. A line marks a metric's total."""
    figure = layout(tokens, height=TALL + 88, right=28, top=36, bottom=52)
    x = value_axis([one.across for one in points], writes[0], tokens)
    y = value_axis([one.up for one in points], writes[1], tokens)
    ends = zip((x, y), ([one.across for one in points], [one.up for one in points]), strict=True)
    for scale, values in ends:  # room for whole points at the edges
        low, high = scale["range"]
        room = (0.04 if not sized_as else 0.08) * (high - low)
        scale["range"] = [low - room if min(values) - low < room else low, high + room]
    figure["xaxis"] = x
    figure["yaxis"] = y
    lines, said = _total_lines(totals, writes, (x["range"], y["range"]), tokens)
    sizes = _sizes(points)
    named = _named(points, sizes, x["range"], y["range"], totals[1])
    names = [safe(short(one.name, LONGEST)) for one in points]
    dots: Attributes = {
        "type": "scatter", "mode": "markers+text", "x": [one.across for one in points], "y": [one.up for one in points],
        "text": [names[place] if place in named else "" for place in range(len(points))],
        "textposition": [named.get(place, "middle right") for place in range(len(points))],
        "textfont": {"size": 12, "color": tokens.ink}, **unfaded(tokens.ink),
        "marker": {
            "size": sizes if sized_as else SIZE,
            "color": [tokens.page if point.is_unsure else point.colour for point in points],
            "line": {"width": 1.5, "color": [point.colour if point.is_unsure else tokens.page for point in points]},
        },
    }  # fmt: skip
    numbers = [[in_full(writes[0])(one.across) for one in points], [in_full(writes[1])(one.up) for one in points]]
    dots |= trace_tooltip(
        [point.row for point in points],
        [("<b>{}</b>", [point.name for point in points])],
        *([(f"{{}} {safe(title)}", texts)] for title, texts in zip(titles, numbers, strict=True)),
        [(f"{{}} {safe(sized_as)}", [point.beside for point in points])],
    )
    place: Attributes = {"xref": "paper", "yref": "paper", "font": {"size": 12, "color": tokens.ink}}
    above, below = (f"<b>{safe(title)}</b>" for title in reversed(titles))
    notes: list[Attributes] = [
        place | {"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 10, "text": above},
        place | {"x": 1, "y": 0, "xanchor": "right", "yanchor": "top", "yshift": -26, "text": below},
    ]
    return figure_of([dots], figure | {"hovermode": "closest", "annotations": [*notes, *said], "shapes": lines})


def _total_lines(
    totals: Sequence[float | None], writes: Sequence[Write], reaches: Sequence[Sequence[float]], tokens: Tokens
) -> tuple[list[Attributes], list[Attributes]]:
    """Return a dotted line at each total within the plot, with its number at the end."""
    lines: list[Attributes] = []
    said: list[Attributes] = []
    ends: tuple[Attributes, Attributes] = (
        {"y": 1, "yref": "paper", "xref": "x", "xanchor": "center", "yanchor": "bottom"},
        {"x": 1, "xref": "paper", "yref": "y", "xanchor": "right", "yanchor": "bottom"},
    )
    for along, end, total, write, (low, high) in zip("xy", ends, totals, writes, reaches, strict=True):
        if total is None or not low < total < high:
            continue
        other = "y" if along == "x" else "x"
        lines.append({
            "type": "line", f"{along}ref": along, f"{along}0": total, f"{along}1": total, f"{other}ref": "paper",
            f"{other}0": 0, f"{other}1": 1, "line": {"color": tokens.muted, "width": 1, "dash": "dot"},
            "layer": "below",
        })  # fmt: skip
        said.append(end | {along: total, "text": f"Total {write(total)}", "font": {"size": 11, "color": tokens.muted}})
    return lines, said


def _sizes(points: Sequence[Point]) -> list[float]:
    """Return the diameter of each point. The area is proportional to the amount, relative to the largest amount."""
    largest = max((point.amount or 0 for point in points), default=0)
    return [
        SIZE if point.amount is None or not largest else max(SMALLEST, LARGEST * math.sqrt(point.amount / largest))
        for point in points
    ]


def _named(
    points: Sequence[Point], sizes: Sequence[float], across: Sequence[float], up: Sequence[float],
    total: float | None = None,
) -> dict[int, str]:  # fmt: skip
    """Return which points get a label, and on which side of the point.

    A label never overlaps another label, a point, or the number of the `total`. Points that are far from the others
    come first. If there are many points, only a few get a label.
    """

    def at(drawn: Point) -> tuple[float, float]:
        return (
            NARROW * (drawn.across - across[0]) / ((across[1] - across[0]) or 1),
            LOW * (drawn.up - up[0]) / ((up[1] - up[0]) or 1),
        )

    ends = [size / 2 + 1 for size in sizes]
    taken = [(x - end, x + end, y - end, y + end) for (x, y), end in zip(map(at, points), ends, strict=True)]
    if total is not None:
        _, height = at(Point("", across[0], total, "", -1))
        taken.append((NARROW - OF_TOTAL, NARROW + 20, height - 2, height + 15))
    named: dict[int, str] = {}
    middle = [median(both) for both in zip(*map(at, points), strict=True)]
    is_crowd = len(points) > CROWD
    far = {place: math.dist(at(point), middle) for place, point in enumerate(points)} if is_crowd else {}
    for place in sorted(range(len(points)), key=lambda place: -far.get(place, 0.0)):
        if is_crowd and len(named) == MOST_NAMED:
            break
        point, end = points[place], ends[place] + 1
        x, y = at(point)
        width = pixels(short(point.name, LONGEST)) * 0.92
        boxes = {
            "middle right": (x + end, x + end + 2 + width, y - 8, y + 8),
            "middle left": (x - end - 2 - width, x - end, y - 8, y + 8),
            "top center": (x - width / 2, x + width / 2, y + end - 1, y + end + 15),
            "bottom center": (x - width / 2, x + width / 2, y - end - 15, y - end + 1),
            "top left": (x - end - 2 - width, x - end, y + end - 1, y + end + 15),
            "bottom left": (x - end - 2 - width, x - end, y - end - 15, y - end + 1),
        }
        for side, box in boxes.items():
            inside = box[0] >= 0 and box[1] <= NARROW + 20 and box[2] >= -PADDED
            if inside and not any(_touch(box, other) for other in taken):
                named[place] = side
                taken.append(box)
                break
    return named


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes overlap. A box is (left, right, bottom, top)."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
