"""Draw columns side by side, stacked, or as parts of 100%. Also draws stacked horizontal bars and a pie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from semantic.display.charts.figures.bars import UNSURE
from semantic.display.charts.figures.frame import (
    BAR_REACH,
    OF_TRACE,
    EmptyPart,
    Event,
    Phrase,
    Values,
    annotation_shapes,
    event_names,
    figure_of,
    fitting,
    known_sum,
    named_above,
    names_beside,
    pixels,
    room_above,
    row_height,
    safe,
    short,
    spread,
    title,
    trace_tooltip,
    unknown_words,
)
from semantic.display.charts.figures.line_ends import END_WIDTH
from semantic.display.charts.figures.lines import legend_above
from semantic.display.format import Write, in_full, share, with_mark
from semantic.display.template import Attributes, axis, layout, value_axis
from semantic.display.tokens import Tokens, ink_on

INSIDE = 0.055  # the share of a bar with room for its own number


@dataclass(frozen=True, slots=True)
class Series:
    """Columns of one colour. `rows` has the index of each column's row in the result. A comparison is `pale`.

    If `texts` are given, they are shown instead of the values. `beside` has the tooltip lines below each number.
    """

    name: str
    values: Values
    colour: str
    rows: Sequence[int]
    pale: bool = False
    unsure: Sequence[bool] = ()
    words: Sequence[str] = ()
    texts: Sequence[str] = ()
    running: int | None = None  # the first position that isn't final
    # By position, the counted days of incomplete periods: "3 of 7 days, to 25 Mar".
    in_part: Mapping[int, str] = field(default_factory=dict[int, str])
    beside: Sequence[Sequence[Phrase]] = ()


@dataclass(frozen=True, slots=True)
class ColumnPanel:
    """Columns on one scale with a title. `height` is a fixed end of the scale, such as 1 for shares, or None.

    `unknown` has the parts of the axis without columns, because none of their days are known.
    """

    title: str
    series: tuple[Series, ...]
    write: Write
    height: float | None = None
    unknown: Sequence[EmptyPart] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The positions of columns: their names, the names shown below the axis, and the annotations by position."""

    names: Sequence[str]
    ticks: Sequence[tuple[int, str]]
    events: Sequence[Event] = ()


def column_chart(columns: Columns, panels: Sequence[ColumnPanel], tokens: Tokens, *, stacked: bool) -> go.Figure:
    """Return a figure with the panels below each other.

    Each layer of a stack has its label to the right of the last stack, at the middle of the layer.
    """
    alone = len(panels) == 1
    above = room_above(columns.events)
    each, gap, top = (300, 0, 24 + above) if alone else (184, 46, 34 + above)
    height = top + each * len(panels) + gap * (len(panels) - 1) + 40
    inner = height - top - 40
    widest = max((pixels(fitting(series.name, END_WIDTH)) for series in panels[0].series), default=0) if stacked else 0
    figure = layout(tokens, height=height, right=min(END_WIDTH + 22, int(widest) + 22), top=top, bottom=40)
    figure |= named_above(columns.events)
    figure |= {"barmode": "stack" if stacked else "group", "bargap": 0.3, "bargroupgap": 0.08, "barcornerradius": 0}
    names = _apart(columns.names)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    marks = ["" if place == 0 else str(place + 1) for place in range(len(panels))]
    for place, (mark, panel) in enumerate(zip(marks, panels, strict=True)):
        high = 1 - place * (each + gap) / inner
        values = _heights(panel, stacked)
        scale = value_axis([0, *values], panel.write, tokens, few=not alone)
        if panel.height is not None:
            scale["range"] = [0, panel.height]
        figure[f"yaxis{mark}"] = scale | {"domain": [max(high - each / inner, 0.0), high], "anchor": f"x{mark}"}
        figure[f"xaxis{mark}"] = axis(tokens) | {
            "type": "category", "categoryorder": "array", "categoryarray": names, "anchor": f"y{mark}",
            "range": [-0.5, len(names) - 0.5], "tickangle": 0, "showticklabels": place == len(panels) - 1,
            "tickvals": [at for at, _ in columns.ticks], "ticktext": [text for _, text in columns.ticks],
        } | ({"matches": "x"} if place else {})  # fmt: skip
        on: Attributes = {"xaxis": f"x{mark}", "yaxis": f"y{mark}"}
        traces += [_columns(names, series, on, tokens) | _tooltip(columns, series, panel) for series in panel.series]
        for unknown in panel.unknown:
            middle, part = (unknown.place + unknown.end - 1) / 2, (unknown.end - unknown.place) / len(names)
            attributes: Attributes = {"xref": f"x{mark}", "yref": f"y{mark}"}
            notes += unknown_words(unknown, middle, part, (), scale, attributes, tokens)
        if stacked:
            notes += _layer_names(panel, scale["range"], each, {"xref": "x domain", "yref": f"y{mark}"}, tokens)
        if not alone:
            notes.append(title(panel.title, 0, high, tokens))
    notes += event_names(columns.events, tokens, lift=6 if alone else 24)
    more = {
        "hovermode": "closest",
        "hoverdistance": BAR_REACH,
        "annotations": notes,
        "shapes": annotation_shapes(columns.events, marks, tokens),
    }
    return figure_of(traces, figure | more)


def _tooltip(columns: Columns, series: Series, panel: ColumnPanel) -> Attributes:
    """Return the tooltip of a column.

    It shows the number with its series, the period with its counted days, the data behind the number, and how the
    number compares.
    """
    texts = _texts(series, in_full(panel.write))
    when = [with_mark(name, series.in_part.get(place, "")) for place, name in enumerate(columns.names)]
    lines: list[Sequence[Phrase]] = [[("<b>{}</b>", texts), OF_TRACE], [("{}", when)], [("{}", series.words)]]
    return trace_tooltip(series.rows, *lines, *series.beside)


def _texts(series: Series, write: Write) -> list[str]:
    """Return each column's number as text. "" for a missing number."""
    texts = list(series.texts) or [write(value) for value in series.values]
    return ["" if value is None else text for text, value in zip(texts, series.values, strict=True)]


def _columns(names: Sequence[str], series: Series, on: Attributes, tokens: Tokens) -> Attributes:
    """Return the traces of columns.

    Columns of periods that aren't counted completely are hatched in their own colour. Columns that can still change are
    hatched in amber.
    """
    unsure = list(series.unsure) or [False] * len(names)
    marker: Attributes = {"color": series.colour, "opacity": [UNSURE if pale else 1 for pale in unsure]}
    if (series.in_part or series.running is not None) and not series.pale:
        open_from = len(names) if series.running is None else series.running
        hatch = ["/" if place >= open_from or place in series.in_part else "" for place in range(len(names))]
        inks = [tokens.caution if place >= open_from else series.colour for place in range(len(names))]
        edges = [1 if place >= open_from else 0 for place in range(len(names))]
        marker["pattern"] = {"shape": hatch, "fillmode": "replace", "size": 6, "solidity": 0.35, "fgcolor": inks}
        marker["line"] = {"color": series.colour, "width": edges}
    return on | {
        "type": "bar", "x": list(names), "y": list(series.values), "name": safe(series.name), "marker": marker,
        "opacity": 0.45 if series.pale else 1, "textposition": "none",
    }  # fmt: skip


def _heights(panel: ColumnPanel, stacked: bool) -> list[float | None]:
    if not stacked:
        return [value for series in panel.series for value in series.values]
    return [known_sum(column) for column in zip(*(series.values for series in panel.series), strict=True)]


def _layer_names(
    panel: ColumnPanel, reach: Sequence[float], height: int, on: Attributes, tokens: Tokens
) -> list[Attributes]:
    """Return each layer's label, at the middle of the layer in the last stack.

    Because layers can be thin, a square in the layer's colour precedes the label.
    """
    last = max((at for series in panel.series for at, value in enumerate(series.values) if value), default=0)
    below, wanted = 0.0, list[float]()
    for series in panel.series:
        value = series.values[last] or 0
        wanted.append(below + value / 2)
        below += value
    heights = spread(wanted, 17 * (reach[1] - reach[0]) / height, reach[0], reach[1])
    return [
        on | {
            "x": 1, "y": at, "xanchor": "left", "xshift": 4, "align": "left", "font": {"size": 12, "color": tokens.ink},
            "text": f'<span style="color:{series.colour}">\N{BLACK SQUARE}</span> '
            + safe(fitting(series.name, END_WIDTH - 14)),
        }
        for at, series in zip(heights, panel.series, strict=True)
    ]  # fmt: skip


def _apart(names: Sequence[str]) -> list[str]:
    """Return the names, with a number added to repeated ones.

    For example, an hour occurs twice when the clocks change.
    """
    seen: dict[str, int] = {}
    apart: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        apart.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return apart


def stacked_bars(
    names: Sequence[str], series: Sequence[Series], write: Write, tokens: Tokens, *, height: float | None = None
) -> go.Figure:
    """Return horizontal stacked bars with one legend above.

    The total of a bar appears only in its tooltip.
    """
    bottom, top, each = 28, 44, row_height(names, 34)
    tall = top + each * len(names) + bottom
    figure = layout(tokens, height=tall, top=top, bottom=bottom)
    wholes = [known_sum(bar) for bar in zip(*(each_series.values for each_series in series), strict=True)]
    scale = value_axis([0, *wholes], write, tokens)
    figure["xaxis"] = scale | ({"range": [0, height]} if height is not None else {})
    figure["yaxis"] = names_beside(names, tokens)
    legend = legend_above(tall, top, tokens) | {"y": 1 + (top - 2) / (tall - top - bottom)}
    figure |= {
        "barmode": "stack",
        "hovermode": "closest",
        "hoverdistance": BAR_REACH,
        "bargap": 0.36,
        "showlegend": True,
        "legend": legend,
    }
    return figure_of([_parts(names, each_series, wholes, write, tokens) for each_series in series], figure)


def _parts(names: Sequence[str], one: Series, wholes: Values, write: Write, tokens: Tokens) -> Attributes:
    texts = _texts(one, in_full(write))
    bar = [name if text else "" for name, text in zip(names, texts, strict=True)]
    room = max((whole for whole in wholes if whole is not None), default=0) * INSIDE * 2
    inside = [write(value) if value and value >= room else "" for value in one.values]
    return {
        "type": "bar", "orientation": "h", "y": list(range(len(names))), "x": list(one.values), "name": safe(one.name),
        "marker": {"color": one.colour, "line": {"width": 1, "color": tokens.page}, "cornerradius": 0},
        "texttemplate": [safe(text) for text in inside], "textposition": "inside", "textangle": 0,
        "insidetextanchor": "middle", "constraintext": "none",
        "insidetextfont": {"size": 12, "color": ink_on(one.colour)},
        "unselected": {"textfont": {"color": tokens.ink}},  # the column behind the text is then almost transparent
    } | trace_tooltip(one.rows, [("<b>{}</b>", texts), OF_TRACE], [("{}", bar)], *one.beside)  # fmt: skip


def pie(
    names: Sequence[str], values: Sequence[float], colours: Sequence[str], rows: Sequence[int], write: Write,
    tokens: Tokens, beside: Sequence[Sequence[Phrase]] = (),
) -> go.Figure:  # fmt: skip
    """Return a ring with at most six parts, clockwise from the top. Each part has its name and share next to it."""
    total = sum(values)
    shares = [share(value / total) for value in values]
    numbers = [in_full(write)(value) for value in values]
    figure = layout(tokens, height=320, top=28, bottom=28)
    figure["margin"] = {"l": 8, "r": 8, "t": 28, "b": 28}
    ring: Attributes = {
        "type": "pie", "values": list(values), "labels": [str(place) for place in range(len(names))], "sort": False,
        "direction": "clockwise", "hole": 0.58, "automargin": True,
        "marker": {"colors": list(colours), "line": {"color": tokens.page, "width": 2}},
        "text": [f"{safe(short(name, 18))}<br><b>{part}</b>" for name, part in zip(names, shares, strict=True)],
        "textinfo": "text", "textposition": "outside", "textfont": {"size": 12, "color": tokens.ink},
    } | trace_tooltip(rows, [("<b>{}</b>", numbers), ("{}", names)], *beside)  # fmt: skip
    return figure_of([ring], figure | {"hovermode": "closest", "hoverdistance": BAR_REACH})
