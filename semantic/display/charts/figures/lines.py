"""Draw lines and areas over the same periods: panels below each other, or small charts next to each other.

Each number is formatted by its metric's own `write`, as in tiles and tables. Every line has points that respond to the
pointer, although most of them are invisible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Literal

import plotly.graph_objects as go

from semantic.display.charts.figures.axis_break import ROOM, break_mark, starts_above_zero
from semantic.display.charts.figures.frame import (
    OF_TRACE,
    Values,
    annotation_shapes,
    event_names,
    figure_of,
    known_sum,
    named_above,
    room_above,
    safe,
    title,
    trace_tooltip,
    two_lines,
    unknown_words,
)
from semantic.display.charts.figures.line import Line, Panel, TimeAxis
from semantic.display.charts.figures.line_ends import end_texts, room_for_ends
from semantic.display.format import in_full, period, with_mark
from semantic.display.template import Attributes, layout, time_axis, value_axis
from semantic.display.tokens import Tokens

Filled = Literal["", "alone", "stacked"]
NARROW_PANEL = 96  # pixels of a small chart on a phone
NOT_FINAL = "not final"
LEGEND = 40  # pixels above a plot for a legend on two lines
LEGEND_LINE = 20  # pixels of one more, which a phone needs for every two names
QUIET = 0.55  # the opacity of one of many lines


def line_chart(
    along: TimeAxis, panels: Sequence[Panel], tokens: Tokens, *, filled: Filled = "", legend: bool = False
) -> go.Figure:
    """Return panels below each other. Lines have labels at their ends, and gaps where a period has no number.

    With `legend`, there is a legend above instead of the labels. A click on an entry shows only that line.
    """
    alone = len(panels) == 1
    above = room_above(along.events)
    each, gap, top = (300, 0, 24 + above + LEGEND * legend) if alone else (184, 46, 34 + above)
    height = top + each * len(panels) + gap * (len(panels) - 1) + 40
    inner = height - top - 40
    right = 20 if legend else room_for_ends(panels)
    figure = layout(tokens, height=height, right=right, top=top, bottom=40)
    below = time_axis(along.periods, along.grain, tokens)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    marks = ["" if place == 0 else str(place + 1) for place in range(len(panels))]
    shapes = annotation_shapes(along.events, marks, tokens)
    for place, (mark, panel) in enumerate(zip(marks, panels, strict=True)):
        high = 1 - place * (each + gap) / inner
        scale = value_axis(_reach(panel, filled), panel.write, tokens, few=not alone, foot=ROOM / each)
        figure[f"yaxis{mark}"] = scale | {"domain": [max(high - each / inner, 0.0), high], "anchor": f"x{mark}"}
        figure[f"xaxis{mark}"] = (
            below
            | {"anchor": f"y{mark}", "showticklabels": place == len(panels) - 1}
            | ({"matches": "x"} if place else {})
        )
        on: Attributes = {"xaxis": f"x{mark}", "yaxis": f"y{mark}"}
        refs: Attributes = {"xref": f"x{mark}", "yref": f"y{mark}"}
        traces += not_final(along, panel, scale["range"], on, tokens)
        for line in panel.lines:
            drawn = _line(along, panel, line, on, tokens, filled)
            traces += _in_legend(drawn, line, on) if legend else drawn
        if filled:
            traces += _partial(along, panel, on, tokens)
        if not legend:
            texts, leaders = end_texts(along, panel, scale["range"], each, refs, tokens, stacked=filled == "stacked")
            notes += texts
            shapes += leaders
        notes += _empty(along, panel, scale, refs, tokens)
        lines, words = break_mark(along.periods[0], scale, refs, tokens)
        shapes += lines
        notes += words
        if not alone:
            notes.append(title(panel.title, 0, high, tokens))
    notes += event_names(along.events, tokens, lift=6 if alone else 24)
    more: Attributes = {"hovermode": "closest", "annotations": notes, "shapes": shapes} | named_above(along.events)
    if legend:
        start = 1 + (above + 8) / inner
        more |= {"showlegend": True, "legend": legend_above(height, top, tokens, clickable=True) | {
            "y": start, "yanchor": "bottom"}}  # fmt: skip
    return figure_of(traces, figure | more)


def _in_legend(drawn: list[Attributes], line: Line, on: Attributes) -> list[Attributes]:
    """Return the traces of a line with a separate legend entry. A click on the entry hides or shows all of them.

    Without a separate entry, the legend would show the style of the line's first point.
    """
    entry: Attributes = on | {
        "type": "scatter", "mode": "lines", "x": [None], "y": [None], "name": safe(line.name), "hoverinfo": "skip",
        "line": {"color": line.colour, "width": 3}, "legendgroup": line.name,
    }  # fmt: skip
    grouped = [trace | {"legendgroup": line.name, "showlegend": False} for trace in drawn]
    return [*grouped, *([] if line.dash or line.thin else [entry])]


def small_multiples(
    along: TimeAxis, panels: Sequence[Panel], tokens: Tokens, *, columns: int = 3, legend: bool = False
) -> go.Figure:
    """Return one small chart for each panel, all on the same scale. Only the outer axes have labels.

    With `legend`, all panels have the same lines and share one legend above.
    """
    rows = -(-len(panels) // columns)
    titles = [two_lines(panel.title, NARROW_PANEL) for panel in panels]
    more_room = 15 * (any("<br>" in one for one in titles) + any(panel.below for panel in panels))
    top, each, gap, bottom = (56 if legend else 26) + more_room, 112, 40 + more_room, 40
    height = top + each * rows + gap * (rows - 1) + bottom
    inner = height - top - bottom
    figure = layout(tokens, height=height, top=top, bottom=bottom)
    values = [value for panel in panels for value in _reach(panel, "")]
    side = value_axis(values, panels[0].write, tokens, few=True, foot=ROOM / each)
    below = time_axis(along.periods, along.grain, tokens, most=2)
    wide = (1 + 0.035) / columns
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    named: set[str] = set()
    marks = ["" if place == 0 else str(place + 1) for place in range(len(panels))]
    shapes = annotation_shapes(along.events, marks, tokens, banded=False)
    for place, (mark, panel) in enumerate(zip(marks, panels, strict=True)):
        row, column = divmod(place, columns)
        left, high = column * wide, 1 - row * (each + gap) / inner
        figure[f"xaxis{mark}"] = below | {
            "domain": [left, left + wide - 0.035], "anchor": f"y{mark}",
            "showticklabels": place + columns >= len(panels),
        }  # fmt: skip
        figure[f"yaxis{mark}"] = side | {
            "domain": [max(0.0, high - each / inner), high], "anchor": f"x{mark}", "showticklabels": column == 0,
        }  # fmt: skip
        on: Attributes = {"xaxis": f"x{mark}", "yaxis": f"y{mark}"}
        traces += not_final(along, panel, side["range"], on, tokens)
        for line in panel.lines:
            drawn = _line(along, panel, line, on, tokens, "")
            if legend:
                drawn[0] |= {"legendgroup": line.name, "showlegend": line.name not in named, "name": safe(line.name)}
                named.add(line.name)
            traces += drawn
        notes.append(title(titles[place], left, high, tokens, is_safe=True, below=panel.below))
        if column == 0:
            shapes += break_mark(along.periods[0], side, {"xref": f"x{mark}", "yref": f"y{mark}"}, tokens)[0]
    more: Attributes = {"hovermode": "closest", "annotations": notes, "shapes": shapes}
    if legend:
        more |= {"showlegend": True, "legend": legend_above(height, top, tokens)}
    return figure_of(traces, figure | more)


def axis_start(panels: Iterable[Panel], tokens: Tokens) -> str:
    """Return a sentence that says where the scale of small charts begins, or "" if it begins at 0."""
    every = list(panels)
    values = [value for panel in every for value in _reach(panel, "")]
    side = value_axis(values, every[0].write, tokens, few=True, foot=0.1)
    return side["ticktext"][0] if starts_above_zero(side) else ""


def not_final(
    along: TimeAxis, panel: Panel, reach: Sequence[float], on: Attributes, tokens: Tokens
) -> list[Attributes]:
    """Return an amber hatch behind the points whose numbers can still change.

    A single such point has no hatch; it's hollow, with a dotted line. The hatch is a trace, because shapes can't be
    hatched, and ignores the pointer.
    """
    ends = _hatched(along, panel)
    if ends is None or ends[0] == ends[1]:
        return []
    x = [along.x[ends[0]], along.x[ends[1]]]
    return [_hatch(x, [reach[0]] * 2, [reach[1]] * 2, tokens.caution, (0.45, 0.12), on) | {"name": NOT_FINAL}]


def _partial(along: TimeAxis, panel: Panel, on: Attributes, tokens: Tokens) -> list[Attributes]:
    """Return a hatch over the parts of an area next to a period that isn't counted completely."""
    heights = _reach(panel, "stacked")[1:]
    places = sorted({place for line in panel.lines for place in line.in_part if place < len(heights)})
    runs = _dotted(heights, places)
    return [_hatch(along.x[run], [0.0] * len(along.x[run]), heights[run], tokens.page, (0.9, 0.3), on) for run in runs]


def _hatch(
    x: Sequence[str], low: Sequence[float | None], high: Sequence[float | None], ink: str, dense: tuple[float, float],
    on: Attributes,
) -> Attributes:  # fmt: skip
    """Return a hatch of diagonal lines between two edges.

    `dense` has the opacity of the lines and their share of the area.
    """
    pattern = {"shape": "/", "fgcolor": ink, "fgopacity": dense[0], "bgcolor": "rgba(0,0,0,0)", "size": 7}
    return on | {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "x": [*x, *reversed(x)],
        "y": [*low, *reversed(high)], "fill": "toself", "fillcolor": "rgba(0,0,0,0)",
        "fillpattern": pattern | {"solidity": dense[1]}, "showlegend": False,
    }  # fmt: skip


def _hatched(along: TimeAxis, panel: Panel) -> tuple[int, int] | None:
    """Return the positions of the first and last period whose numbers can still change, or None."""
    if isinstance(along.periods[0], datetime):
        return None
    lasts = [
        (line.running, max((at for at, value in enumerate(line.values) if value is not None), default=-1))
        for line in panel.lines
        if line.running is not None
    ]
    open_ones = [(first, last) for first, last in lasts if first <= last]
    return (min(first for first, _ in open_ones), max(last for _, last in open_ones)) if open_ones else None


def _empty(along: TimeAxis, panel: Panel, scale: Attributes, on: Attributes, tokens: Tokens) -> list[Attributes]:
    """Return the texts in the empty parts of a panel, whose days aren't known."""
    shapes: list[Attributes] = []
    for unknown in panel.unknown:
        is_last = unknown.end == len(along.periods)
        known = [[value for value in line.values if value is not None] for line in panel.solid]
        ends = [values[-1:] if is_last else values[:1] for values in known]
        inside = [
            [value for value in line.values[unknown.place : unknown.end] if value is not None] for line in panel.lines
        ]
        taken = [value for values in (*ends, *inside) for value in values]
        left, right = along.periods[unknown.place], along.periods[unknown.end - 1]
        part = (right - left) / (along.periods[-1] - along.periods[0])
        shapes += unknown_words(unknown, left + (right - left) / 2, part, taken, scale, on, tokens)
    return shapes


def legend_above(height: int, top: int, tokens: Tokens, *, clickable: bool = False) -> Attributes:
    """Return a legend in a row at the top, for marks that can't have labels next to them.

    If `clickable`, a click shows only one entry, and a second click shows all.
    """
    return {
        "orientation": "h", "x": 0, "xanchor": "left", "y": 1 + (top - 2) / (height - top - 40), "yanchor": "top",
        "font": {"size": 12, "color": tokens.ink}, "itemclick": "toggleothers" if clickable else False,
        "itemdoubleclick": False, "traceorder": "normal",
        "bgcolor": "rgba(0,0,0,0)",
    }  # fmt: skip


def _reach(panel: Panel, filled: Filled) -> list[float | None]:
    """Return every value that a panel's scale must include, such as ends of intervals and heights of stacks."""
    if filled:
        return [0, *(known_sum(column) for column in zip(*(line.values for line in panel.lines), strict=True))]
    return [value for line in panel.lines for value in (*line.values, *line.low, *line.high)]


def _line(
    along: TimeAxis, panel: Panel, line: Line, on: Attributes, tokens: Tokens, filled: Filled
) -> list[Attributes]:
    """Return the traces of a line, with points that respond to the pointer.

    A point is visible if it's at the end of the line, has no neighbours, or is hollow. Segments next to an incomplete
    period are dotted; the line and its points are then separate traces.
    """
    values = list(line.values)
    pen: Attributes = {"color": line.colour, "width": 1 if line.thin or line.quiet else 2}
    pen |= {"dash": line.dash, "width": 1.5} if line.dash else {}
    known = [place for place, value in enumerate(values) if value is not None]
    unfinished = set() if line.dash or line.thin else line.unfinished
    hollow = [place in unfinished or (bool(line.hollow) and line.hollow[place]) for place in range(len(values))]
    seen = [
        value is not None
        and (
            hollow[place]
            or (place == known[-1] and not (line.dash or line.thin or line.quiet or filled))
            or _is_alone(values, place)
        )
        for place, value in enumerate(values)
    ]
    points: Attributes = on | {
        "type": "scatter", "mode": "lines+markers", "x": along.x, "y": values, "name": safe(line.name),
        "connectgaps": False, "line": pen,
        "marker": {
            "size": 6, "opacity": [1 if is_seen else 0 for is_seen in seen],
            "color": [tokens.page if is_hollow else line.colour for is_hollow in hollow],
            "line": {"color": line.colour, "width": [1.5 if is_hollow else 0 for is_hollow in hollow]},
        },
        "selected": {"marker": {"opacity": 1, "size": 8}},
    } | _tooltip(along, panel, line)  # fmt: skip
    if line.dash or line.quiet:
        points["opacity"] = QUIET if line.quiet else 0.6
    if filled:
        points |= {
            "hoveron": "points",
            "fillcolor": pale(line.colour, 0.75 if filled == "stacked" else 0.14),
            "line": pen | {"width": 1},
        }
        return [_stacked(points, known) if filled == "stacked" else points | {"fill": "tozeroy"}]
    traces = [*_band(along, line, on)]
    dotted = _dotted(values, unfinished) if len(unfinished) < len(known) else []
    if not dotted:
        return [points, *traces]
    plain: Attributes = on | {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "connectgaps": False}
    plain |= {"opacity": QUIET} if line.quiet else {}
    whole = [None if place in unfinished else value for place, value in enumerate(values)]
    return [
        points | {"mode": "markers"},
        plain | {"x": along.x, "y": whole, "line": pen},
        *(plain | {"x": along.x[run], "y": values[run], "line": pen | {"dash": "dot"}} for run in dotted),
        *traces,
    ]


def _stacked(points: Attributes, known: Sequence[int]) -> Attributes:
    """Return a layer without the missing numbers at its start and end, because Plotly draws them as 0."""
    if not known:
        return points | {"x": [], "y": [], "customdata": []}
    run = slice(known[0], known[-1] + 1)
    marker, cut = points["marker"], {name: points[name][run] for name in ("x", "y", "customdata")}
    marker = marker | {name: marker[name][run] for name in ("opacity", "color")}
    marker["line"] = marker["line"] | {"width": marker["line"]["width"][run]}
    return points | cut | {"marker": marker, "stackgroup": "one"}


def _dotted(values: Values, unfinished: Collection[int]) -> list[slice]:
    """Return the ranges of points between which a line is dotted.

    A segment is dotted if at least one of its two points is unfinished.
    """
    runs: list[slice] = []
    for place in range(1, len(values)):
        is_drawn = values[place - 1] is not None and values[place] is not None
        if not is_drawn or not {place - 1, place} & set(unfinished):
            continue
        if runs and runs[-1].stop == place:
            runs[-1] = slice(runs[-1].start, place + 1)
        else:
            runs.append(slice(place - 1, place + 1))
    return runs


def _tooltip(along: TimeAxis, panel: Panel, line: Line) -> Attributes:
    """Return a line's tooltip.

    It shows the number with its line, the period with its counted days, the data behind the number, and how the number
    compares. A target always covers the whole period.
    """
    write = in_full(panel.write)
    cut = {place for other in panel.lines for place in other.in_part if not other.dash and not other.thin}
    values = [
        "" if value is None else write(value) + " (whole period)" * (line.thin and place in cut)
        for place, value in enumerate(line.values)
    ]
    when = [with_mark(period(day, along.grain), line.in_part.get(place, "")) for place, day in enumerate(along.periods)]
    rows = list(line.rows) or [-1] * len(values)
    return trace_tooltip(rows, [("<b>{}</b>", values), OF_TRACE], [("{}", when)], [("{}", line.words)], *line.beside)


def _band(along: TimeAxis, line: Line, on: Attributes) -> list[Attributes]:
    """Return a faint band between the intervals' lower and upper bounds, with a gap where a period has no interval."""
    if not line.low:
        return []
    x: list[date | None] = []
    y: list[float | None] = []
    run: list[int] = []
    for place in range(len(line.low) + 1):
        ends = (line.low[place], line.high[place]) if place < len(line.low) else (None, None)
        if None not in ends:
            run.append(place)
            continue
        if run:
            back = run[::-1]
            x += [*(along.periods[number] for number in (*run, *back)), None]
            y += [*(line.low[number] for number in run), *(line.high[number] for number in back), None]
        run = []
    shape: Attributes = {"fill": "toself", "fillcolor": pale(line.colour, 0.14), "line": {"width": 0}}
    return [on | shape | {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip"}] if x else []


def pale(colour: str, opacity: float) -> str:
    """Return a translucent version of a colour."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _is_alone(values: Values, place: int) -> bool:
    before = values[place - 1] if place else None
    after = values[place + 1] if place + 1 < len(values) else None
    return before is None and after is None
