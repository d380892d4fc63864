"""The look of every chart: the Plotly template, axes and ticks.

The page that shows a chart sets its font and background.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

import plotly.graph_objects as go

from semantic.display.format import Write, Writer, time_of_day
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity
from semantic.query.describe import MONTHS

# Plotly's own attribute trees: free-form by design.
Attributes = dict[str, Any]

CONFIG: dict[str, Any] = {"displayModeBar": False, "doubleClick": "reset", "showTips": False}
MOST_DIGITS = 6
FEWEST = 3
"""The fewest ticks on an axis of numbers."""

SIZES = ("K", "M", "B", "T", "%")
GRID = "rgba(128,136,152,0.20)"  # the same contrast on white and on black


@cache
def template(tokens: Tokens) -> go.layout.Template:
    """Return the Plotly template for one mode: line widths, colours and behaviour."""
    return go.layout.Template(
        layout=go.Layout(
            colorway=list(tokens.series),
            hovermode="closest",
            hoverdistance=-1,  # the nearest point responds, however far it is
            spikedistance=-1,
            dragmode=False,
            showlegend=False,
            bargap=0.36,
            barcornerradius=2,
            annotationdefaults={"showarrow": False, "font": {"size": 12}},
        ),
        data={
            "scatter": [go.Scatter(mode="lines", line={"width": 2}, marker={"size": 7}, cliponaxis=False)],
            "bar": [go.Bar(marker={"line": {"width": 0}}, cliponaxis=False)],
            "heatmap": [go.Heatmap(xgap=2, ygap=2, showscale=False)],
        },
    )


def layout(tokens: Tokens, *, height: int, right: int = 16, top: int = 24, bottom: int = 28) -> Attributes:
    """Return the layout of a figure without its axes. `right` is the room for names at the ends of lines."""
    return {
        "template": template(tokens),
        "height": height,
        "margin": {"l": 8, "r": right, "t": top, "b": bottom, "pad": 6},
        "hoverlabel": {
            "bgcolor": tokens.page,
            "bordercolor": tokens.line,
            "font": {"size": 12, "color": tokens.ink},
            "align": "left",
            "namelength": -1,
        },
    }


def axis(tokens: Tokens) -> Attributes:
    """Return the settings that all axes share: no tick marks, no zoom, readable text."""
    text = {"size": 12, "color": tokens.muted}
    return {"ticks": "", "tickfont": text, "zeroline": False, "showgrid": False, "fixedrange": True, "title": None}


def value_axis(
    values: Iterable[float | None], write: Write, tokens: Tokens, *, few: bool = False, foot: float = 0
) -> Attributes:
    """Return an axis for numbers with at least three round ticks, formatted like the metric.

    An axis that doesn't start at zero starts at a tick. `foot` is the share of its height below that tick, for the mark
    that shows this.
    """
    known = [value for value in values if value is not None]
    low, high, ticks = scale(known)
    if all(value == round(value) for value in known):  # an axis of whole numbers has no fractions
        ticks = [tick for tick in ticks if abs(tick - round(tick)) < 1e-9]
        ticks = ticks if len(ticks) >= FEWEST else [math.floor(low) + step for step in range(FEWEST)]
        high = max(high, ticks[-1])
    if foot and low > 0:
        below = [ticks[0] - (ticks[1] - ticks[0])] if low < ticks[0] else []
        ticks = [tick for tick in (*below, *ticks) if tick >= 0]
        low = max(0.0, ticks[0] - foot / (1 - foot) * (high - ticks[0])) if ticks[0] > 0 else 0.0
    if few and len(ticks) > 2 * FEWEST - 2:
        ticks = ticks[ticks.index(0) % 2 if 0 in ticks else 0 :: 2]
    return axis(tokens) | {
        "showgrid": True, "gridcolor": GRID, "range": [low, high],
        "tickvals": ticks, "ticktext": tick_text(ticks, write),
        "zeroline": low < 0, "zerolinecolor": tokens.other, "zerolinewidth": 1,
    }  # fmt: skip


def time_axis(periods: Sequence[date], grain: Granularity | None, tokens: Tokens, *, most: int = 5) -> Attributes:
    """Return an axis for periods. On hover, the label names the period according to its granularity."""
    ticks = time_ticks(periods, most)
    hover = {
        Granularity.MILLISECOND: "%-d %b %Y, %H:%M:%S.%3f", Granularity.SECOND: "%-d %b %Y, %H:%M:%S",
        Granularity.MINUTE: "%-d %b %Y, %H:%M", Granularity.HOUR: "%-d %b %Y, %H:%M",
        Granularity.WEEK: "week of %-d %b %Y", Granularity.MONTH: "%b %Y",
        Granularity.QUARTER: "Q%q %Y", Granularity.YEAR: "%Y", Granularity.FISCAL_QUARTER: "quarter from %b %Y",
        Granularity.FISCAL_YEAR: "year from %b %Y",
    }  # fmt: skip
    return axis(tokens) | {
        "type": "date", "range": [periods[0], periods[-1]], "tickangle": 0, "tickvals": ticks,
        "ticktext": tick_dates(ticks, grain), "hoverformat": hover.get(grain or Granularity.DAY, "%a %-d %b %Y"),
        "showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid",
        "spikecolor": tokens.other, "spikesnap": "data",
    }  # fmt: skip


def scale(values: Iterable[float | None]) -> tuple[float, float, list[float]]:
    """Return the low end, the high end and the ticks of a scale for these values. All three are round.

    The scale starts at 0 if the values are near 0, and includes 0 if there are positive and negative values.
    """
    known = [value for value in values if value is not None and math.isfinite(value)] or [0]
    low, high = float(min(known)), float(max(known))
    if 0 <= low < 0.4 * high or low == high > 0:
        low = 0.0
    if high <= 0 and 0.4 * low <= high:
        high = 0.0
    span = high - low or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = min(
        (factor * size for factor in (1, 2, 2.5, 5, 10)), key=lambda size_of_step: abs(span / size_of_step - 4.5)
    )
    first, last = math.floor(low / step + 0.25), math.ceil(high / step - 0.25)
    ticks = [place * step for place in range(first, max(last, first + 1) + 1)]
    return min(low, ticks[0]), max(high, ticks[-1]) + 0.02 * span, ticks


def tick_text(ticks: Sequence[float], write: Write) -> list[str]:
    """Return the text of each tick, with as many decimals as the step between ticks needs.

    For example, 0.8, 1.0, 1.2 instead of 0.8, 1, 1.2. Ticks with the same unit, such as thousands, have the same
    decimals. 0 has none.
    """
    texts = [(replace(write, more=MOST_DIGITS) if isinstance(write, Writer) else write)(value) for value in ticks]
    sizes = [text[-1] if text[-1:] in SIZES else "" for text in texts]
    most: dict[str, int] = {}
    for text, size in zip(texts, sizes, strict=True):
        most[size] = max(most.get(size, 0), len(_decimals(text.removesuffix(size)).rstrip("0")))
    return [
        _cut(text.removesuffix(size), 0 if value == 0 else most[size]) + size
        for text, size, value in zip(texts, sizes, ticks, strict=True)
    ]


def _decimals(number: str) -> str:
    return number.partition(".")[2]


def _cut(number: str, decimals: int) -> str:
    """Return the number with at most this many decimals. The removed decimals must be 0."""
    whole, dot, rest = number.partition(".")
    return whole + (dot + rest[:decimals] if decimals else "")


def time_ticks(periods: Sequence[date], most: int) -> list[date]:
    """Return at most `most` of `periods`, evenly spaced. The last one is included, because it matters most."""
    stride = max(1, -(-len(periods) // most))
    return list(periods[::-1][::stride])[::-1]


def tick_dates(ticks: Sequence[date], grain: Granularity | None) -> list[str]:
    """Return the ticks as short dates. The year is included where it changes."""
    texts: list[str] = []
    year = None
    for tick in ticks:
        match grain:
            case Granularity.YEAR:
                text = str(tick.year)
            case Granularity.QUARTER:
                text = f"Q{(tick.month + 2) // 3}"
            case Granularity.MONTH | Granularity.FISCAL_QUARTER | Granularity.FISCAL_YEAR:
                text = MONTHS[tick.month - 1]
            case _ if isinstance(tick, datetime) and grain is not None and grain.is_clock:
                text = f"{time_of_day(tick, grain)}<br>{tick.day} {MONTHS[tick.month - 1]}"
            case _:
                text = f"{tick.day} {MONTHS[tick.month - 1]}"
        told = year == tick.year or grain is Granularity.YEAR or (grain is not None and grain.is_clock)
        texts.append(text if told else f"{text}<br>{tick.year}")
        year = tick.year
    return texts
