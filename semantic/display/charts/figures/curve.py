"""Draw lines over numbered periods, such as months after a first event, with their intervals as bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import OF_TRACE, Values, figure_of, safe, trace_tooltip
from semantic.display.charts.figures.lines import LEGEND, LEGEND_LINE, legend_above, pale
from semantic.display.format import Write, in_full
from semantic.display.template import Attributes, axis, layout, value_axis
from semantic.display.tokens import Tokens

HEIGHT = 260
TICKS = 7  # names below the axis that don't touch on a phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line: a value or None for each period, the ends of the intervals, and the tooltip lines below each number.

    If it `is_earlier`, it's a comparison and drawn dashed.
    """

    name: str
    values: Values
    colour: str
    low: Values = ()
    high: Values = ()
    words: Sequence[str] = ()
    is_earlier: bool = False


def curve_figure(
    periods: Sequence[str], curves: Sequence[Curve], write: Write, tokens: Tokens, *, ticks: Sequence[str] = ()
) -> go.Figure:
    """Return the figure.

    `periods` are the names in tooltips, and `ticks` those below the axis. Several lines get a legend.
    """
    many = len(curves) > 1
    top = 14 + (LEGEND + LEGEND_LINE * max(0, ceil(len(curves) / 2) - 2) if many else 0)
    frame = layout(tokens, height=HEIGHT + top, right=16, top=top, bottom=30)
    named = list(enumerate(ticks or periods))[:: -(-len(periods) // TICKS)]
    frame["xaxis"] = axis(tokens) | {
        "range": [-0.25, len(periods) - 0.75], "tickangle": 0,
        "tickvals": [place for place, _ in named], "ticktext": [text for _, text in named],
    }  # fmt: skip
    reach = [value for curve in curves for values in (curve.values, curve.low, curve.high) for value in values]
    frame["yaxis"] = value_axis([0, *reach], write, tokens)
    frame |= {"hovermode": "closest"}
    if many:
        frame |= {"showlegend": True, "legend": legend_above(HEIGHT + top, top, tokens, clickable=True)}
    bands = [band for curve in curves for band in _band(curve)]
    return figure_of([*bands, *(_line(curve, periods, write, is_named=many) for curve in curves)], frame)


def _line(curve: Curve, periods: Sequence[str], write: Write, *, is_named: bool) -> Attributes:
    full = in_full(write)
    values = ["" if value is None else full(value) for value in curve.values]
    line = {"color": curve.colour, "width": 2} | ({"dash": "dot"} if curve.is_earlier else {})
    return {
        "type": "scatter", "mode": "lines+markers", "x": list(range(len(periods))), "y": list(curve.values),
        "name": safe(curve.name), "connectgaps": False, "line": line,
        "marker": {"size": 6, "color": curve.colour}, "showlegend": is_named,
    } | trace_tooltip(
        [-1] * len(periods), [("<b>{}</b>", values), *([OF_TRACE] if is_named else [])], [("{}", list(periods))],
        [("{}", list(curve.words) or [""] * len(periods))],
    )  # fmt: skip


def _band(curve: Curve) -> list[Attributes]:
    """Return a faint band between the two ends of the intervals."""
    known = [
        place
        for place, ends in enumerate(zip(curve.low, curve.high, strict=True))
        if ends[0] is not None and ends[1] is not None
    ]
    if not known:
        return []
    y = [curve.low[place] for place in known] + [curve.high[place] for place in reversed(known)]
    return [
        {
            "type": "scatter", "mode": "lines", "x": [*known, *reversed(known)], "y": y, "fill": "toself",
            "fillcolor": pale(curve.colour, 0.14), "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
        }
    ]  # fmt: skip
