"""The mark at the foot of an axis that doesn't start at zero: a zigzag with the first number of the axis."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from semantic.display.charts.figures.frame import safe
from semantic.display.template import Attributes
from semantic.display.tokens import Tokens

ROOM = 20  # pixels below the first tick, without lines
ZIGZAG = ((6, 0), (6, 3), (11, 6), (1, 11), (6, 14), (6, 17))  # pixels from the foot of the axis, to the right and up


def starts_above_zero(scale: Attributes) -> bool:
    """Whether the scale of `value_axis` starts above 0."""
    return scale["range"][0] > 0


def break_mark(
    first: date, scale: Attributes, on: Attributes, tokens: Tokens
) -> tuple[list[Attributes], list[Attributes]]:
    """Return the lines of the zigzag and the text next to it. Both are empty if the scale includes 0."""
    if not starts_above_zero(scale):
        return [], []
    foot: Attributes = on | {
        "type": "line", "xsizemode": "pixel", "xanchor": first, "ysizemode": "pixel", "yanchor": scale["range"][0],
        "line": {"color": tokens.muted, "width": 1.25}, "layer": "above",
    }  # fmt: skip
    lines = [foot | {"x0": left, "y0": low, "x1": right, "y1": high} for (left, low), (right, high) in pairwise(ZIGZAG)]
    words: Attributes = on | {
        "x": first, "xanchor": "left", "xshift": 16, "y": scale["range"][0], "yanchor": "bottom", "yshift": 1,
        "text": f"Axis starts at {safe(scale['ticktext'][0])}", "font": {"size": 11, "color": tokens.muted},
    }  # fmt: skip
    return lines, [words]
