"""Lines and areas: panels below each other, or small ones next to each other, over the same periods.

Every number is written by its metric's own `write`, as in tiles and tables. Each line carries its rows of the result as
`customdata`; its points exist for the pointer although most are invisible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import (
    TOLD,
    EmptyPart,
    Event,
    Values,
    event_names,
    figure_of,
    fitting,
    pixels,
    room_above,
    safe,
    spread,
    title,
    told,
    two_lines,
    unknown_words,
    upright,
    with_days,
)
from semantic.display.format import Write, period
from semantic.display.template import Attributes, layout, time_axis, value_axis
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity

Filled = Literal["", "alone", "stacked"]
NARROW_PANEL = 96  # pixels of a small chart on a phone
NOT_FINAL = "not final"
NEAR = 0.25  # the share of an axis within which labels at the ends of lines could touch, on a phone
END_WIDTH = 118  # pixels for a label at a line's end, so that a phone has room for the line


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value per period, None if there is none; `colour` as #RRGGBB. Dashed: the comparison.

    `rows` are the rows of the result behind the points, -1 for none. `hollow` points aren't reliable; `words` are a
    point's hover text. `low` and `high` are the ends of intervals. From the place `running` on, nothing is final;
    `in_part` says by place which days of a period count, if not all: "to 24 Jun". `thin`: a target, which isn't a
    number of the metric.
    """

    name: str
    values: Values
    colour: str
    dash: str = ""
    rows: Sequence[int] = ()
    hollow: Sequence[bool] = ()
    words: Sequence[str] = ()
    low: Values = ()
    high: Values = ()
    running: int | None = None
    in_part: Mapping[int, str] = field(default_factory=dict[int, str])
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale under one title; `unknown` are the parts where no line has a number, because no day is
    known."""

    title: str
    lines: tuple[Line, ...]
    write: Write
    unknown: Sequence[EmptyPart] = ()


@dataclass(frozen=True, slots=True)
class Along:
    """The time axis: its periods, and its annotations."""

    periods: Sequence[date]
    grain: Granularity | None
    events: Sequence[Event] = ()

    @property
    def x(self) -> list[str]:
        """The periods as sent to the browser: many lines share them, and text is faster than dates."""
        return [day.isoformat() for day in self.periods]


def line_chart(along: Along, panels: Sequence[Panel], tokens: Tokens, *, filled: Filled = "") -> go.Figure:
    """Panels below each other; lines are labelled at their ends, and broken where a period is missing."""
    alone = len(panels) == 1
    above = room_above(along.events)
    each, gap, top = (300, 0, 24 + above) if alone else (184, 46, 34 + above)
    height = top + each * len(panels) + gap * (len(panels) - 1) + 40
    inner = height - top - 40
    names = [_end_name(line.name) for panel in panels if len(_solid(panel)) > 1 for line in _solid(panel)]
    widest = max((pixels(name) for name in names), default=0)
    figure = layout(tokens, height=height, right=max(64, min(END_WIDTH + 22, int(widest) + 22)), top=top, bottom=40)
    below = time_axis(along.periods, along.grain, tokens)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    marks = ["" if place == 0 else str(place + 1) for place in range(len(panels))]
    for place, (mark, panel) in enumerate(zip(marks, panels, strict=True)):
        high = 1 - place * (each + gap) / inner
        scale = value_axis(_reach(panel, filled), panel.write, tokens, few=not alone)
        figure[f"yaxis{mark}"] = scale | {"domain": [max(high - each / inner, 0.0), high], "anchor": f"x{mark}"}
        figure[f"xaxis{mark}"] = (
            below
            | {"anchor": f"y{mark}", "showticklabels": place == len(panels) - 1}
            | ({"matches": "x"} if place else {})
        )
        on: Attributes = {"xaxis": f"x{mark}", "yaxis": f"y{mark}"}
        traces += not_final(along, panel, scale["range"], on, tokens)
        for line, texts in zip(panel.lines, _told(along, panel), strict=True):
            traces += _line(along, line, texts, panel.write, on, tokens, filled)
        notes += _ends(along, panel, scale["range"], each, {"xref": f"x{mark}", "yref": f"y{mark}"}, tokens, filled)
        notes += _empty(along, panel, scale, {"xref": f"x{mark}", "yref": f"y{mark}"}, tokens)
        if not alone:
            notes.append(title(panel.title, 0, high, tokens))
    notes += event_names(along.events, tokens, lift=6 if alone else 24)
    more = {"hovermode": "closest", "annotations": notes, "shapes": upright(along.events, marks, tokens)}
    return figure_of(traces, figure | more)


def small_multiples(
    along: Along, panels: Sequence[Panel], tokens: Tokens, *, columns: int = 3, legend: bool = False
) -> go.Figure:
    """One small chart per panel, all on one scale; only the outer axes have text.

    With `legend` the panels have the same lines, with a single legend above.
    """
    rows = -(-len(panels) // columns)
    titles = [two_lines(panel.title, NARROW_PANEL) for panel in panels]
    more_room = 14 if any("<br>" in one for one in titles) else 0
    top, each, gap, bottom = (56 if legend else 26) + more_room, 112, 40 + more_room, 40
    height = top + each * rows + gap * (rows - 1) + bottom
    inner = height - top - bottom
    figure = layout(tokens, height=height, top=top, bottom=bottom)
    values = [value for panel in panels for value in _reach(panel, "")]
    side = value_axis(values, panels[0].write, tokens, few=True)
    below = time_axis(along.periods, along.grain, tokens, most=2)
    wide = (1 + 0.035) / columns
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    named: set[str] = set()
    marks = ["" if place == 0 else str(place + 1) for place in range(len(panels))]
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
        for line, texts in zip(panel.lines, _told(along, panel), strict=True):
            drawn = _line(along, line, texts, panel.write, on, tokens, "")
            if legend:
                drawn[0] |= {"legendgroup": line.name, "showlegend": line.name not in named, "name": safe(line.name)}
                named.add(line.name)
            traces += drawn
        notes.append(title(titles[place], left, high, tokens, is_safe=True))
    more: Attributes = {"hovermode": "closest", "annotations": notes}
    more["shapes"] = upright(along.events, marks, tokens, banded=False)
    if legend:
        more |= {"showlegend": True, "legend": legend_above(height, top, tokens)}
    return figure_of(traces, figure | more)


def not_final(along: Along, panel: Panel, reach: Sequence[float], on: Attributes, tokens: Tokens) -> list[Attributes]:
    """An amber hatch behind the points whose numbers can still change, from first to last. A single one is dotted and
    hollow, which is enough.

    A trace, because shapes can't be hatched; it ignores the pointer.
    """
    ends = _hatched(along, panel)
    if ends is None or ends[0] == ends[1]:
        return []
    first, last = (along.periods[place] for place in ends)
    hatch = {"shape": "/", "fgcolor": tokens.caution, "fgopacity": 0.45, "bgcolor": "rgba(0,0,0,0)", "size": 7}
    return [
        on | {
            "type": "scatter", "mode": "lines", "name": NOT_FINAL, "hoverinfo": "skip", "line": {"width": 0},
            "x": [first.isoformat(), last.isoformat(), last.isoformat(), first.isoformat()],
            "y": [reach[0], reach[0], reach[1], reach[1]], "fill": "toself", "fillcolor": "rgba(0,0,0,0)",
            "fillpattern": hatch | {"solidity": 0.12}, "showlegend": False,
        }
    ]  # fmt: skip


def _hatched(along: Along, panel: Panel) -> tuple[int, int] | None:
    """The places of the first and the last period with numbers that can still change."""
    if isinstance(along.periods[0], datetime):
        return None
    lasts = [
        (line.running, max((at for at, value in enumerate(line.values) if value is not None), default=-1))
        for line in panel.lines
        if line.running is not None
    ]
    open_ones = [(first, last) for first, last in lasts if first <= last]
    return (min(first for first, _ in open_ones), max(last for _, last in open_ones)) if open_ones else None


def _empty(along: Along, panel: Panel, scale: Attributes, on: Attributes, tokens: Tokens) -> list[Attributes]:
    """The words in the empty parts of a panel whose days aren't known."""
    shapes: list[Attributes] = []
    for unknown in panel.unknown:
        is_last = unknown.end == len(along.periods)
        known = [[value for value in line.values if value is not None] for line in _solid(panel)]
        ends = [values[-1:] if is_last else values[:1] for values in known]
        inside = [
            [value for value in line.values[unknown.place : unknown.end] if value is not None] for line in panel.lines
        ]
        taken = [value for values in (*ends, *inside) for value in values]
        left, right = along.periods[unknown.place], along.periods[unknown.end - 1]
        part = (right - left) / (along.periods[-1] - along.periods[0])
        shapes += unknown_words(unknown, left + (right - left) / 2, part, taken, scale, on, tokens)
    return shapes


def legend_above(height: int, top: int, tokens: Tokens) -> Attributes:
    """A legend in a row at the top, for what can't be labelled in place. It isn't clickable."""
    return {
        "orientation": "h", "x": 0, "xanchor": "left", "y": 1 + (top - 2) / (height - top - 40), "yanchor": "top",
        "font": {"size": 12, "color": tokens.ink}, "itemclick": False, "itemdoubleclick": False, "traceorder": "normal",
        "bgcolor": "rgba(0,0,0,0)",
    }  # fmt: skip


def _reach(panel: Panel, filled: Filled) -> list[float | None]:
    """Every value the scale of a panel must include: intervals too, and a stack's height."""
    if filled:
        heights = [
            sum(value or 0 for value in column) for column in zip(*(line.values for line in panel.lines), strict=True)
        ]
        return [0, *heights]
    return [value for line in panel.lines for value in (*line.values, *line.low, *line.high)]


def _told(along: Along, panel: Panel) -> list[list[str]]:
    """The hover text of each line's points: every line's number in the period, and its days if not all count."""
    texts = [
        [text if value is not None else "" for text, value in zip(_texts(line, panel.write), line.values, strict=True)]
        for line in panel.lines
    ]
    # A comparison shows the partners of a period's days; a target covers all of it, and says so next to a partial one.
    cut = {place for line in panel.lines for place in line.in_part if not line.dash and not line.thin}
    for at, line in enumerate(panel.lines):
        if line.thin:
            texts[at] = [text + " (whole period)" * bool(text and place in cut) for place, text in enumerate(texts[at])]
    own = [at for at, line in enumerate(panel.lines) if not line.dash and not line.thin]
    heads = [period(day, along.grain) for day in along.periods]
    heads, marked = with_days(heads, [panel.lines[at].in_part for at in own], [texts[at] for at in own])
    for at, text in zip(own, marked, strict=True):
        texts[at] = text
    return told(heads, [(line.name, line.colour, text) for line, text in zip(panel.lines, texts, strict=True)])


def _line(
    along: Along, line: Line, texts: Sequence[str], write: Write, on: Attributes, tokens: Tokens, filled: Filled
) -> list[Attributes]:
    """The line with points that respond to the pointer. Visible ones are at its end, without neighbours, or hollow.

    Into and out of an incomplete period the line is dotted: it is then drawn separately from its points.
    """
    values = list(line.values)
    pen: Attributes = {"color": line.colour, "width": 1 if line.thin else 2}
    pen |= {"dash": line.dash, "width": 1.5} if line.dash else {}
    known = [place for place, value in enumerate(values) if value is not None]
    unfinished = set() if line.dash or line.thin else _unfinished(line)
    hollow = [place in unfinished or (bool(line.hollow) and line.hollow[place]) for place in range(len(values))]
    seen = [
        value is not None
        and (
            hollow[place]
            or (place == known[-1] and not line.dash and not line.thin and not filled)
            or _is_alone(values, place)
        )
        for place, value in enumerate(values)
    ]
    points: Attributes = on | {
        "type": "scatter", "mode": "lines+markers", "x": along.x, "y": values, "name": safe(line.name),
        "connectgaps": False, "text": _texts(line, write), "hovertext": texts, "hovertemplate": TOLD, "line": pen,
        "customdata": list(line.rows) or [-1] * len(values),
        "marker": {
            "size": 6, "opacity": [1 if is_seen else 0 for is_seen in seen],
            "color": [tokens.page if is_hollow else line.colour for is_hollow in hollow],
            "line": {"color": line.colour, "width": [1.5 if is_hollow else 0 for is_hollow in hollow]},
        },
        "selected": {"marker": {"opacity": 1, "size": 8}},
    }  # fmt: skip
    if line.dash:
        points["opacity"] = 0.6
    if filled:
        points |= {
            "hoveron": "points",
            "fillcolor": pale(line.colour, 0.75 if filled == "stacked" else 0.14),
            "line": pen | {"width": 1},
        }
        return [points | ({"stackgroup": "one"} if filled == "stacked" else {"fill": "tozeroy"})]
    traces = [*_band(along, line, on)]
    dotted = _dotted(values, unfinished) if len(unfinished) < len(known) else []
    if not dotted:
        return [points, *traces]
    plain: Attributes = on | {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "connectgaps": False}
    whole = [None if place in unfinished else value for place, value in enumerate(values)]
    return [
        points | {"mode": "markers"},
        plain | {"x": along.x, "y": whole, "line": pen},
        *(plain | {"x": along.x[run], "y": values[run], "line": pen | {"dash": "dot"}} for run in dotted),
        *traces,
    ]


def _unfinished(line: Line) -> set[int]:
    """The places whose number isn't that of a complete and final period."""
    open_from = len(line.values) if line.running is None else line.running
    return {
        place
        for place, value in enumerate(line.values)
        if value is not None and (place >= open_from or place in line.in_part)
    }


def _dotted(values: Values, unfinished: Collection[int]) -> list[slice]:
    """The runs of neighbouring points between which a line is dotted: one of each two is unfinished."""
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


def _texts(line: Line, write: Write) -> list[str]:
    texts = [write(value) for value in line.values]
    words = line.words or [""] * len(texts)
    return [f"{text} ({safe(word)})" if word else text for text, word in zip(texts, words, strict=True)]


def _band(along: Along, line: Line, on: Attributes) -> list[Attributes]:
    """A faint band between the ends of the intervals; broken where a period has none."""
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
    """A translucent version of a colour."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _solid(panel: Panel) -> list[Line]:
    """A panel's lines of the question's own period."""
    return [line for line in panel.lines if not line.dash]


def _is_alone(values: Values, place: int) -> bool:
    before = values[place - 1] if place else None
    after = values[place + 1] if place + 1 < len(values) else None
    return before is None and after is None


def _end_name(name: str) -> str:
    return fitting(name, END_WIDTH)


def _ends(
    along: Along,
    panel: Panel,
    reach: Sequence[float],
    height: int,
    on: Attributes,
    tokens: Tokens,
    filled: Filled,
) -> list[Attributes]:
    """The texts at the lines' ends, pushed apart where they would touch: names, or the last number of a single line,
    bold if final.

    In ink: a light series colour isn't readable as text, and the dot next to it has it. In a stack each name is at the
    middle of its layer.
    """
    alone = len(_solid(panel)) == 1
    ends: list[_End] = []
    below = 0.0
    for line in _solid(panel):
        places = [place for place, value in enumerate(line.values) if value is not None]
        last = line.values[places[-1]] if places else None
        if last is None:
            continue
        at = below + float(last) / 2 if filled == "stacked" else float(last)
        below += float(last)
        number = panel.write(last) if places[-1] in _unfinished(line) else f"<b>{panel.write(last)}</b>"
        place = len(along.periods) - 1 if filled == "stacked" else places[-1]
        ends.append(_End(line, place, at, number if alone else safe(_end_name(line.name))))
    step = 17 * (reach[1] - reach[0]) / height
    font = {"size": 12, "color": tokens.ink}
    notes: list[Attributes] = []
    for group in _near(ends, len(along.periods)):
        wanted = [_clear(end, panel, step, reach) if filled != "stacked" else end.at for end in group]
        for end, at in zip(group, spread(wanted, step, reach[0], reach[1]), strict=True):
            where: Attributes = {"x": along.periods[end.place], "y": at, "xanchor": "left", "xshift": 10}
            notes.append(on | where | {"text": end.text, "font": font, "align": "left"})
    return notes


@dataclass(frozen=True, slots=True)
class _End:
    """The last point of a line: its place and height, and the text next to it."""

    line: Line
    place: int
    at: float
    text: str


def _near(ends: Sequence[_End], periods: int) -> list[list[_End]]:
    """The ends in groups whose texts could touch, by their position along the axis."""
    groups: list[list[_End]] = []
    for each_end in sorted(ends, key=lambda end: end.place):
        if groups and each_end.place - groups[-1][-1].place <= NEAR * periods:
            groups[-1].append(each_end)
        else:
            groups.append([each_end])
    return groups


def _clear(end: _End, panel: Panel, step: float, reach: Sequence[float]) -> float:
    """The height of a name where no other line runs through it: its line's own, otherwise above or below the others."""
    after = slice(end.place, end.place + 2)
    runs = [
        [float(value) for value in line.values[after] if value is not None]
        for line in panel.lines
        if line is not end.line and len(line.values) > end.place + 1 and line.values[end.place + 1] is not None
    ]
    at = end.at
    for low, high in sorted((min(run), max(run)) for run in runs):
        if low - 0.6 * step < at < high + 0.6 * step:
            up, down = high + 0.7 * step, low - 0.7 * step
            at = up if down < reach[0] or (up <= reach[1] and up - end.at <= end.at - down) else down
    return at
