"""Draw a histogram: columns that show how many values are in each range, with the median marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import BAR_REACH, figure_of, safe, trace_tooltip
from semantic.display.format import Write, number
from semantic.display.template import Attributes, axis, layout, tick_text, value_axis
from semantic.display.tokens import Tokens

TICKS = 6  # at most, so that they don't touch on a phone
CLEAR = 0.03  # of a column's width, on each side


@dataclass(frozen=True, slots=True)
class Column:
    """A range of values with the number of values in it, also as text. A tail has no end."""

    start: float
    end: float
    count: int
    part: str
    words: str
    is_tail: bool = False

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def histogram(
    columns: Sequence[Column], median: tuple[float, str], titles: tuple[str, str], write: Write, tokens: Tokens
) -> go.Figure:
    """Return the histogram.

    `titles` are the title above the columns, for the counts, and below them, for the ranges.
    """
    figure = layout(tokens, height=356, right=28, top=52, bottom=52)
    width = columns[0].end - columns[0].start
    figure["yaxis"] = value_axis([0, *(column.count for column in columns)], number, tokens)
    figure["xaxis"] = axis(tokens) | _ticks(columns, write) | {"tickangle": 0, "anchor": "y"}
    figure["xaxis"]["range"] = [columns[0].start - width * CLEAR, columns[-1].end + width * CLEAR]
    figure |= {"hovermode": "closest", "hoverdistance": BAR_REACH, "bargap": 0, "barcornerradius": 0}
    bars: Attributes = {
        "type": "bar", "x": [column.middle for column in columns], "y": [column.count for column in columns],
        "width": (1 - 2 * CLEAR) * width, "textposition": "none",
        "marker": {
            "color": [tokens.other if column.is_tail else tokens.series[0] for column in columns],
        },
    } | trace_tooltip(
        [-1] * len(columns), [("<b>{}</b>", [column.part for column in columns])],
        [("{}", [column.words for column in columns])],
    )  # fmt: skip
    place: Attributes = {"xref": "paper", "yref": "paper", "font": {"size": 12, "color": tokens.ink}}
    counts, values = (f"<b>{safe(title)}</b>" for title in titles)
    middle, said = median
    low, high = figure["xaxis"]["range"]
    side = "left" if middle < (low + high) / 2 else "right"
    notes: list[Attributes] = [
        place | {"x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 26, "text": counts},
        place | {"x": 1, "y": 0, "xanchor": "right", "yanchor": "top", "yshift": -26, "text": values},
        place
        | {"xref": "x", "x": middle, "y": 1, "xanchor": side, "yanchor": "bottom", "yshift": 6, "text": safe(said)},
    ]
    line: Attributes = {
        "type": "line", "xref": "x", "x0": middle, "x1": middle, "yref": "paper", "y0": 0, "y1": 1,
        "line": {"color": tokens.ink, "width": 1.5, "dash": "dot"}, "layer": "above",
    }  # fmt: skip
    return figure_of([bars], figure | {"annotations": notes, "shapes": [line]})


def _ticks(columns: Sequence[Column], write: Write) -> Attributes:
    """Return ticks at the starts of evenly spaced columns, from the first column on.

    The tick of a tail shows that the tail has no end.
    """
    stride = -(-len(columns) // TICKS)
    named = list(range(0, len(columns), stride))
    if columns[-1].is_tail:
        named = [place for place in named if place <= len(columns) - 1 - stride] + [len(columns) - 1]
    starts = [columns[place].start for place in named]
    texts = tick_text(starts, write)
    if columns[-1].is_tail:
        texts[-1] = f"{texts[-1]}+"
    return {"tickvals": starts, "ticktext": texts}
