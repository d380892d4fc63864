"""Draw a completion curve: the share of a final number known after some days, with a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import figure_of, trace_tooltip
from semantic.display.charts.figures.lines import pale
from semantic.display.format import counted, share
from semantic.display.template import Attributes, axis, layout, value_axis
from semantic.display.tokens import Tokens

MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class Known:
    """The share of a final number known after `age` days. `low` and `high` are the ends of its band."""

    age: int
    share: float
    low: float | None = None
    high: float | None = None


def completion_curve(points: Sequence[Known], tokens: Tokens, *, height: int = 240) -> go.Figure:
    """Return the figure of a completion curve. Needs at least one point, and the points in order of age."""
    frame = layout(tokens, height=height, right=16, top=14, bottom=44)
    last = points[-1].age
    step = next(each for each in (1, 2, 5, 7, 10, 15, 30, 60) if last / each <= MOST_TICKS or each == 60)
    ticks = [*range(0, last + 1, step)]
    frame["xaxis"] = axis(tokens) | {
        "range": [points[0].age, last], "tickvals": ticks, "ticktext": [str(tick) for tick in ticks],
        "title": {"text": "Days later", "font": {"size": 12}},
    }  # fmt: skip
    ends = [end for point in points for end in (point.low, point.high, point.share) if end is not None]
    frame["yaxis"] = value_axis([*ends, 0.0, 1.0], lambda value: share(float(value or 0.0), 0), tokens)
    frame["yaxis"]["range"] = [0, max(1.02, *ends)]
    frame["hovermode"] = "closest"
    return figure_of([*_band(points, tokens), _line(points, tokens)], frame)


def _line(points: Sequence[Known], tokens: Tokens) -> Attributes:
    colour = tokens.series[0]
    bands = [
        "" if point.low is None or point.high is None else f"{share(point.low)} to {share(point.high)}"
        for point in points
    ]
    return {
        "type": "scatter", "mode": "lines+markers", "x": [point.age for point in points],
        "y": [point.share for point in points], "name": "Known", "line": {"color": colour, "width": 2},
        "marker": {"size": 5, "color": colour},
    } | trace_tooltip(
        [-1] * len(points), [("<b>{}</b>", [share(point.share) for point in points])],
        [("known after {}", [counted(point.age, "day") for point in points])], [("Range: {}", bands)],
    )  # fmt: skip


def _band(points: Sequence[Known], tokens: Tokens) -> list[Attributes]:
    banded = [point for point in points if point.low is not None and point.high is not None]
    if len(banded) < 2:
        return []
    return [{
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "fill": "toself",
        "fillcolor": pale(tokens.series[0], 0.13), "x": [point.age for point in (*banded, *reversed(banded))],
        "y": [*(point.low for point in banded), *(point.high for point in reversed(banded))],
    }]  # fmt: skip
