"""Draw a waterfall chart: one bar per row, where each step starts at the end of the previous one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import (
    BAR_REACH,
    figure_of,
    names_beside,
    pixels,
    row_height,
    trace_tooltip,
    unfaded,
)
from semantic.display.template import Attributes, layout
from semantic.display.tokens import Tokens

THICK = 0.62  # of a row
NARROW = 200  # pixels of a plot on a phone, in which the numbers next to the bars must fit
FLAT = 0.3  # the least part of the scale for steps; with less, bars don't start at 0
GAP, GAP_FROM = 0.008, 0.03  # of the scale: how wide the gap in such a bar is, and where it begins
BEFORE = 0.4  # of the steps' reach, to the left of the lowest level where bars don't start at 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A step of `value` that begins at `start`, or a total that begins at 0. `row` is its row in the result, or -1."""

    name: str
    value: float
    start: float
    text: str
    full: str
    colour: str
    row: int
    beside: str = ""
    is_total: bool = False

    @property
    def end(self) -> float:
        return self.start + self.value

    @property
    def right(self) -> float:
        return max(self.start, self.end)


def waterfall(bars: Sequence[Bar], tokens: Tokens) -> tuple[go.Figure, float]:
    """Return the figure, and the number at which its bars start.

    That's 0, unless the steps would then be too small to see.
    """
    names = [bar.name for bar in bars]
    top, bottom, each = 8, 6, row_height(names, 30)
    figure = layout(tokens, height=each * len(bars) + top + bottom, top=top, bottom=bottom)
    reach, starts_at = _reach(bars)
    figure |= {"hovermode": "closest", "hoverdistance": BAR_REACH, "barmode": "overlay", "bargap": 1 - THICK}
    figure["xaxis"] = {"visible": False, "fixedrange": True, "range": reach, "anchor": "y", "domain": [0, 1]}
    figure["yaxis"] = names_beside(names, tokens)
    places = list(range(len(bars)))
    blocks: Attributes = {
        "type": "bar", "orientation": "h", "y": places, "x": [bar.value for bar in bars],
        "base": [bar.start for bar in bars], "width": THICK, "textposition": "none",
        "marker": {"color": [bar.colour for bar in bars]},
    } | trace_tooltip(
        [bar.row for bar in bars], [("<b>{}</b>", [bar.full for bar in bars]), ("{}", names)],
        [("{}", [bar.beside for bar in bars])],
    )  # fmt: skip
    numbers: Attributes = {
        "type": "scatter", "mode": "text", "y": places, "x": [max(bar.right, reach[0]) for bar in bars],
        "text": [f"&nbsp;{_bold(bar)}&nbsp;" for bar in bars], "hoverinfo": "skip", "textposition": "middle right",
        "textfont": {"size": 12, "color": tokens.ink}, **unfaded(tokens.ink),
    }  # fmt: skip
    gaps = _gaps(bars, reach, tokens) if starts_at else []
    return figure_of([blocks, *gaps, numbers], figure | {"shapes": _connectors(bars, tokens)}), starts_at


def _gaps(bars: Sequence[Bar], reach: Sequence[float], tokens: Tokens) -> list[Attributes]:
    """Return a gap near the foot of each total. It shows that the bars don't start at 0."""
    totals = [(place, bar) for place, bar in enumerate(bars) if bar.is_total]
    wide = reach[1] - reach[0]
    return [{
        "type": "bar", "orientation": "h", "y": [place for place, _ in totals], "x": [GAP * wide for _ in totals],
        "base": [reach[0] + GAP_FROM * wide for _ in totals], "width": THICK, "hoverinfo": "skip",
        "marker": {"color": tokens.page, "cornerradius": 0},
    }]  # fmt: skip


def _bold(bar: Bar) -> str:
    return f"<b>{bar.text}</b>" if bar.is_total else bar.text


def _connectors(bars: Sequence[Bar], tokens: Tokens) -> list[Attributes]:
    """Return a line from the end of each bar to the start of the next one."""
    line = {"color": tokens.other, "width": 1}
    return [
        {
            "type": "line", "xref": "x", "yref": "y", "x0": bar.end, "x1": bar.end, "y0": place + THICK / 2,
            "y1": place + 1 - THICK / 2, "line": line, "layer": "below",
        }
        for place, (bar, _) in enumerate(pairwise(bars))
    ]  # fmt: skip


def _reach(bars: Sequence[Bar]) -> tuple[list[float], float]:
    """Return the ends of the scale, and the number where bars start.

    The scale has room for the texts to the right of the bars.
    """
    levels = [bar.end for bar in bars] + [bar.start for bar in bars if not bar.is_total]
    low, high = min(levels), max(levels)
    starts_at = 0.0
    if low > 0 and high > low and high - low < FLAT * high:
        size = 10.0 ** math.floor(math.log10(high - low))
        starts_at = max(0.0, math.floor((low - BEFORE * (high - low)) / size) * size)
    left, right = min(starts_at or 0.0, low), max(high, 0.0)
    room = max(pixels(f"  {bar.text}") for bar in bars) / NARROW
    return [left, right + min(room, 0.6) * ((right - left) or 1)], starts_at
