"""Two metrics against each other: a point for each group, labelled if there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import figure_of, pixels, safe, short, told, unfaded
from semantic.display.format import Write, in_full
from semantic.display.template import Attributes, layout, value_axis
from semantic.display.tokens import Tokens

# A plot on a phone: labels that don't touch there touch nowhere.
NARROW, TALL = 250, 300
LONGEST = 30  # characters of a label


@dataclass(frozen=True, slots=True)
class Point:
    """One group; `row` is its row of the result. `is_unsure`: one of the two is based on too little."""

    name: str
    across: float
    up: float
    colour: str
    row: int
    is_unsure: bool = False


def scatter(points: Sequence[Point], titles: tuple[str, str], writes: tuple[Write, Write], tokens: Tokens) -> go.Figure:
    """Each axis is written like its metric and named at its end."""
    figure = layout(tokens, height=TALL + 88, right=28, top=36, bottom=52)
    x = value_axis([one.across for one in points], writes[0], tokens)
    y = value_axis([one.up for one in points], writes[1], tokens)
    ends = zip((x, y), ([one.across for one in points], [one.up for one in points]), strict=True)
    for scale, values in ends:  # room for whole points at the edges
        low, high = scale["range"]
        room = 0.04 * (high - low)
        scale["range"] = [low - room if min(values) - low < room else low, high + room]
    figure["xaxis"] = x
    figure["yaxis"] = y
    named = _named(points, x["range"], y["range"])
    names = [safe(short(one.name, LONGEST)) for one in points]
    dots: Attributes = {
        "type": "scatter", "mode": "markers+text", "x": [one.across for one in points], "y": [one.up for one in points],
        "text": [names[place] if place in named else "" for place in range(len(points))],
        "textposition": [named.get(place, "middle right") for place in range(len(points))],
        "textfont": {"size": 12, "color": tokens.ink}, **unfaded(tokens.ink),
        "marker": {
            "size": 10, "color": [tokens.page if point.is_unsure else point.colour for point in points],
            "line": {"width": 1.5, "color": [point.colour if point.is_unsure else tokens.page for point in points]},
        },
    }  # fmt: skip
    numbers = [[in_full(writes[0])(one.across) for one in points], [in_full(writes[1])(one.up) for one in points]]
    dots |= told(
        [point.row for point in points],
        [("<b>{}</b>", [point.name for point in points])],
        *([(f"{{}} {safe(title)}", texts)] for title, texts in zip(titles, numbers, strict=True)),
    )
    place: Attributes = {"xref": "paper", "yref": "paper", "font": {"size": 12, "color": tokens.ink}}
    above, below = (f"<b>{safe(title)}</b>" for title in reversed(titles))
    notes: list[Attributes] = [
        place | {"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 10, "text": above},
        place | {"x": 1, "y": 0, "xanchor": "right", "yanchor": "top", "yshift": -26, "text": below},
    ]
    return figure_of([dots], figure | {"hovermode": "closest", "annotations": notes})


def _named(points: Sequence[Point], across: Sequence[float], up: Sequence[float]) -> dict[int, str]:
    """Which points have room for a label, and on which side, so that no label touches another or a point."""

    def at(drawn: Point) -> tuple[float, float]:
        return (
            NARROW * (drawn.across - across[0]) / ((across[1] - across[0]) or 1),
            TALL * (drawn.up - up[0]) / ((up[1] - up[0]) or 1),
        )

    taken = [(x - 6, x + 6, y - 6, y + 6) for x, y in map(at, points)]
    named: dict[int, str] = {}
    for place, point in enumerate(points):
        x, y = at(point)
        width = pixels(short(point.name, LONGEST)) * 0.92
        boxes = {
            "middle right": (x + 7, x + 9 + width, y - 8, y + 8),
            "middle left": (x - 9 - width, x - 7, y - 8, y + 8),
            "top center": (x - width / 2, x + width / 2, y + 6, y + 22),
            "bottom center": (x - width / 2, x + width / 2, y - 22, y - 6),
        }
        for side, box in boxes.items():
            inside = box[0] >= 0 and box[1] <= NARROW + 20 and box[2] >= 0
            if inside and not any(_touch(box, other) for other in taken):
                named[place] = side
                taken.append(box)
                break
    return named


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes, each (left, right, bottom, top), overlap."""
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]
