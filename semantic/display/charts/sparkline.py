"""Draw a number over time without axes. Its first, last, highest and lowest values are labelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.frame import figure_of, pixels, safe, trace_tooltip
from semantic.display.charts.figures.lines import pale
from semantic.display.format import Write, in_full, period, when_words, writer
from semantic.display.rows import main_values
from semantic.display.template import Attributes, axis, layout, scale
from semantic.display.tokens import Tokens
from semantic.display.words.kpi import course_points
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day
from semantic.results.result import Result

HEIGHT, NARROW = 160, 230  # pixels: the default height; the plot in the narrowest tile
ABOVE, BELOW = 0.22, 0.22  # of the range of values: room for the numbers at the extremes


def course_chart(line: Result, tokens: Tokens) -> Chart:
    """Return a chart of a metric over its complete periods. If `course_points` has no points, there is no figure.

    The area under the line is filled only if the scale begins at 0.
    """
    points = course_points(line)
    if not points:
        return Chart(None, "none", "No trend to show.", f"{line.title}: no trend.")
    metric, grain = main_values(line)[0], line.keys[0].grain
    days, values = [day for day, _ in points], [value for _, value in points]
    write = writer(metric, values)
    is_filled = scale(values)[0] == 0
    low = 0.0 if is_filled else min(values)
    span = (max(values) - low) or abs(low) or 1.0
    reach = [min(low, min(values) - BELOW * span), max(values) + ABOVE * span]
    frame = layout(tokens, height=HEIGHT, right=10, top=4, bottom=22)
    frame["margin"] |= {"l": 6, "pad": 0}
    frame["xaxis"] = axis(tokens) | {"type": "date", "range": [days[0], days[-1]], "showticklabels": False}
    frame["yaxis"] = axis(tokens) | {"range": reach, "showticklabels": False}
    extremes = _extremes(days, values, write, tokens)
    frame |= {"hovermode": "closest", "annotations": [*_ends(days, grain, tokens), *extremes]}
    traces = [_line(days, values, grain, write, tokens, is_filled=is_filled)]
    return Chart(figure_of(traces, frame), "line", "", _sentence(line, days, values, grain, write), title=metric.label)


def _line(
    days: Sequence[date], values: Sequence[float], grain: Granularity | None, write: Write, tokens: Tokens,
    *, is_filled: bool,
) -> Attributes:  # fmt: skip
    """Return the line.

    All of its points respond to the pointer, but only the highest, the lowest and the last one are visible.
    """
    colour = tokens.series[0]
    seen = {values.index(max(values)), values.index(min(values)), len(values) - 1}
    return {
        "type": "scatter", "mode": "lines+markers", "x": [day.isoformat() for day in days], "y": list(values),
        "line": {"color": colour, "width": 2}, "cliponaxis": False,
        "marker": {"size": 6, "color": colour, "opacity": [int(place in seen) for place in range(len(values))]},
    } | ({"fill": "tozeroy", "fillcolor": pale(colour, 0.12)} if is_filled else {}) | trace_tooltip(
        [-1] * len(days), [("<b>{}</b>", [in_full(write)(value) for value in values])],
        [("{}", [period(day, grain) for day in days])],
    )  # fmt: skip


def _ends(days: Sequence[date], grain: Granularity | None, tokens: Tokens) -> list[Attributes]:
    """Return the labels of the first and last period, below the ends of the line."""
    periods = [describe_day(day) if grain is Granularity.WEEK else period(day, grain) for day in (days[0], days[-1])]
    return [
        {
            "xref": "paper", "x": x, "yref": "paper", "y": 0, "xanchor": anchor, "yanchor": "top", "yshift": -3,
            "text": safe(text), "font": {"size": 12, "color": tokens.muted},
        }
        for x, anchor, text in zip((0, 1), ("left", "right"), periods, strict=True)
    ]  # fmt: skip


def _extremes(days: Sequence[date], values: Sequence[float], write: Write, tokens: Tokens) -> list[Attributes]:
    """Return the highest number above its point and the lowest below its point. Empty if all numbers are equal."""
    if min(values) == max(values):
        return []
    ends = ((values.index(max(values)), "bottom", 5), (values.index(min(values)), "top", -5))
    return [
        {
            "xref": "x", "x": days[place].isoformat(), "yref": "y", "y": values[place], "yanchor": anchor,
            "yshift": shift, "xanchor": _side(place / (len(days) - 1), pixels(write(values[place]))),
            "text": safe(write(values[place])), "font": {"size": 12, "color": tokens.ink},
        }
        for place, anchor, shift in ends
    ]  # fmt: skip


def _side(at: float, width: float) -> str:
    """Return on which side of a point a number fits in the narrowest plot."""
    if at * NARROW < width / 2:
        return "left"
    return "right" if (1 - at) * NARROW < width / 2 else "center"


def _sentence(
    line: Result, days: Sequence[date], values: Sequence[float], grain: Granularity | None, write: Write
) -> str:
    """Return the line in words: its first and last value, and its extremes."""
    highest, lowest = values.index(max(values)), values.index(min(values))
    return (
        f"{line.title}: from {write(values[0])} {when_words(days[0], grain)} to {write(values[-1])} "
        f"{when_words(days[-1], grain)}. Highest: {write(values[highest])} {when_words(days[highest], grain)}. "
        f"Lowest: {write(values[lowest])} {when_words(days[lowest], grain)}."
    )
