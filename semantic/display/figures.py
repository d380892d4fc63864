"""Figures from plain lists: lines, small multiples, ranked bars, heat. `charts.py` decides, this draws.

Every number is written by its metric's own `write`, as in tiles and tables. Figures are made in one call from plain
dicts: adding traces and notes one by one takes Plotly several times as long. Text from data is escaped, since Plotly
reads tags and links in it; positions are numbers, so that two groups of one name stay two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import plotly.graph_objects as go

from semantic.display.format import Write
from semantic.display.template import Attributes, axis, layout, time_axis, value_axis
from semantic.display.tokens import Tokens, ink_on
from semantic.model.definitions import Granularity

Values = Sequence[float | None]
HOVER = "%{text}&nbsp;&nbsp;%{fullData.name}<extra></extra>"  # the number first, so that digits stand in line
LONGEST = 22  # characters of a name beside a bar or a line


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value per period, None where there is none; `colour` as #RRGGBB. Dashed: what it is compared with."""

    name: str
    values: Values
    colour: str
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines on one scale under one title."""

    title: str
    lines: tuple[Line, ...]
    write: Write


@dataclass(frozen=True, slots=True)
class BarPanel:
    """One metric's bars, in the order of the names they stand beside; with those of before, and the change in words."""

    title: str
    values: Values
    write: Write
    before: Values = ()
    before_words: str = ""
    changes: Sequence[str | None] = ()
    change_colours: Sequence[str] = ()


def line_chart(
    periods: Sequence[date], grain: Granularity | None, panels: Sequence[Panel], tokens: Tokens
) -> go.Figure:
    """Panels below each other over one row of periods; lines named at their ends, broken where a period is missing."""
    alone = len(panels) == 1
    each, gap, top = (300, 0, 24) if alone else (184, 46, 34)
    height = top + each * len(panels) + gap * (len(panels) - 1) + 40
    inner = height - top - 40
    longest = max(
        (len(_short(line.name)) for panel in panels if len(_solid(panel)) > 1 for line in _solid(panel)), default=0
    )
    figure = layout(tokens, height=height, right=max(64, min(150, 26 + 7 * longest)), top=top, bottom=40)
    below = time_axis(periods, grain, tokens)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    for place, panel in enumerate(panels):
        mark = "" if place == 0 else str(place + 1)
        high = 1 - place * (each + gap) / inner
        low = high - each / inner
        scale = value_axis([value for line in panel.lines for value in line.values], panel.write, tokens, few=not alone)
        figure[f"yaxis{mark}"] = scale | {"domain": [max(low, 0.0), high], "anchor": f"x{mark}"}
        last = place == len(panels) - 1
        figure[f"xaxis{mark}"] = (
            below | {"anchor": f"y{mark}", "showticklabels": last} | ({} if place == 0 else {"matches": "x"})
        )
        for line in panel.lines:
            traces += _line(periods, line, panel.write, {"xaxis": f"x{mark}", "yaxis": f"y{mark}"})
        notes += _ends(periods, panel, scale["range"], each, {"xref": f"x{mark}", "yref": f"y{mark}"}, tokens)
        if not alone:
            notes.append(_title(panel.title, 0, high, tokens))
    return go.Figure({"data": traces, "layout": figure | {"hovermode": "x unified", "annotations": notes}})


def small_multiples(
    periods: Sequence[date],
    grain: Granularity | None,
    panels: Sequence[Panel],
    tokens: Tokens,
    *,
    columns: int = 3,
) -> go.Figure:
    """One small chart per panel, all on one scale; only the outer axes carry text."""
    rows = -(-len(panels) // columns)
    top, each, gap, bottom = 26, 112, 40, 40
    height = top + each * rows + gap * (rows - 1) + bottom
    inner = height - top - bottom
    figure = layout(tokens, height=height, top=top, bottom=bottom)
    values = [value for panel in panels for line in panel.lines for value in line.values]
    side = value_axis(values, panels[0].write, tokens, few=True)
    below = time_axis(periods, grain, tokens, most=2)
    wide = (1 + 0.035) / columns
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        mark = "" if place == 0 else str(place + 1)
        left, high = column * wide, 1 - row * (each + gap) / inner
        outer = place + columns >= len(panels)
        figure[f"xaxis{mark}"] = below | {
            "domain": [left, left + wide - 0.035],
            "anchor": f"y{mark}",
            "showticklabels": outer,
        }
        figure[f"yaxis{mark}"] = side | {
            "domain": [max(0.0, high - each / inner), high], "anchor": f"x{mark}", "showticklabels": column == 0,
        }  # fmt: skip
        for line in panel.lines:
            traces += _line(periods, line, panel.write, {"xaxis": f"x{mark}", "yaxis": f"y{mark}"})
        notes.append(_title(_short(panel.title), left, high, tokens))
    return go.Figure({"data": traces, "layout": figure | {"hovermode": "x unified", "annotations": notes}})


def bar_chart(names: Sequence[str], grey: Sequence[bool], panels: Sequence[BarPanel], tokens: Tokens) -> go.Figure:
    """Horizontal bars from 0, the first name on top; panels beside each other share the names. `grey`: not a member."""
    titled, compared = len(panels) > 1, any(panel.before for panel in panels)
    count, each = len(names), 42 if compared else 30
    places = list(range(count))
    colours = [tokens.other if one else tokens.series[0] for one in grey]
    figure = layout(tokens, height=each * count + (34 if titled else 8) + 10, top=34 if titled else 8, bottom=6)
    figure |= {"hovermode": "closest", "bargap": 0.42, "barmode": "overlay"}
    wide = (1 + 0.04) / len(panels)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    for place, panel in enumerate(panels):
        mark = "" if place == 0 else str(place + 1)
        figure[f"xaxis{mark}"] = {
            "visible": False, "fixedrange": True, "range": _reach(panel, len(panels)),
            "domain": [place * wide, (place + 1) * wide - 0.04], "anchor": "y",
        }  # fmt: skip
        traces += _bars(names, panel, colours, {"xaxis": f"x{mark}", "yaxis": "y"}, tokens)
        if titled:
            notes.append(_title(panel.title, place * wide, 1, tokens))
    figure["yaxis"] = axis(tokens) | {
        "range": [count - 0.5, -0.5], "tickvals": places, "ticktext": [_safe(_short(name)) for name in names],
        "tickfont": {"size": 12, "color": tokens.ink}, "automargin": True,
    }  # fmt: skip
    return go.Figure({"data": traces, "layout": figure | {"annotations": notes}})


def _bars(
    names: Sequence[str], panel: BarPanel, colours: Sequence[str], on: Attributes, tokens: Tokens
) -> list[Attributes]:
    """A panel's bars with their numbers at the ends; where it is compared, a thin lighter bar below each."""
    places = list(range(len(names)))
    texts = [panel.write(value) for value in panel.values]
    bar: Attributes = on | {
        "type": "bar", "orientation": "h", "marker": {"color": list(colours)}, "textposition": "none",
        "customdata": [_safe(name) for name in names],
        "hovertemplate": "%{text}&nbsp;&nbsp;%{customdata}<extra></extra>",
    }  # fmt: skip
    ends = [one or 0 for one in panel.values]
    traces: list[Attributes] = []
    main = bar | {"y": places, "x": list(panel.values), "text": texts}
    if panel.before:
        said = [_safe(f"{name}, {panel.before_words}") for name in names]
        earlier = [panel.write(value) for value in panel.before]
        main |= {"width": 0.36, "y": [place - 0.1 for place in places]}
        traces.append(
            bar
            | {"y": [place + 0.22 for place in places], "x": list(panel.before), "width": 0.18, "opacity": 0.45}
            | {"text": earlier, "customdata": said}
        )
        ends = [max(pair, key=abs) for pair in zip(ends, (one or 0 for one in panel.before), strict=True)]
    traces.append(main)
    labels = [f"&nbsp;{text}&nbsp;" for text in texts]
    for place, (change, colour) in enumerate(zip(panel.changes, panel.change_colours, strict=True)):
        if change is not None:
            labels[place] += f'<br>&nbsp;<span style="color:{colour}">{change}</span>&nbsp;'
    traces.append(on | {
        "type": "scatter", "mode": "text", "y": places, "x": ends, "text": labels,
        "textfont": {"size": 12, "color": [tokens.muted if one is None else tokens.ink for one in panel.values]},
        "hoverinfo": "skip",
        "textposition": ["middle left" if one < 0 else "middle right" for one in ends],
    })  # fmt: skip
    return traces


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Values],
    write: Write,
    tokens: Tokens,
    *,
    plain: Sequence[Sequence[bool]],
) -> go.Figure:
    """A grid with every number written on one of ten tints; around 0 where numbers lie on both sides of it.

    A number that is `plain` has no tint and sets no scale.
    """
    tinted = [[None if p else v for v, p in zip(*row, strict=True)] for row in zip(values, plain, strict=True)]
    known = [value for row in tinted for value in row if value is not None]
    both = bool(known) and min(known) < 0 < max(known)
    tints = tokens.diverging if both else tokens.sequential
    reach = max((abs(value) for value in known), default=1)
    low, high = (-reach, reach) if both else (min(known, default=0), max(known, default=1))
    steps = [[None if v is None else min(9, int(10 * (v - low) / ((high - low) or 1))) for v in row] for row in tinted]
    cells = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    inks = [tokens.muted if (step := steps[r][c]) is None else ink_on(tints[step]) for r, c in cells]
    tint: Attributes = {
        "type": "heatmap", "z": steps, "zmin": -0.5, "zmax": 9.5, "hoverinfo": "skip",
        "colorscale": [[edge / 10, colour] for place, colour in enumerate(tints) for edge in (place, place + 1)],
    }  # fmt: skip
    text: Attributes = {
        "type": "scatter", "mode": "text", "x": [c for _, c in cells], "y": [r for r, _ in cells],
        "text": [write(values[r][c]) for r, c in cells], "textfont": {"size": 12, "color": inks},
        "customdata": [f"{_safe(rows[r])}, {_safe(columns[c])}" for r, c in cells],
        "hovertemplate": "%{text}&nbsp;&nbsp;%{customdata}<extra></extra>",
    }  # fmt: skip
    figure = layout(tokens, height=34 * len(rows) + 44, top=32, bottom=6) | {"hovermode": "closest"}
    figure["xaxis"] = axis(tokens) | {
        "side": "top", "range": [-0.5, len(columns) - 0.5], "tickvals": list(range(len(columns))), "automargin": True,
        "ticktext": [_safe(_short(name, 16)) for name in columns],
    }  # fmt: skip
    figure["yaxis"] = axis(tokens) | {
        "range": [len(rows) - 0.5, -0.5], "tickvals": list(range(len(rows))), "automargin": True,
        "ticktext": [_safe(_short(name)) for name in rows], "tickfont": {"size": 12, "color": tokens.ink},
    }  # fmt: skip
    return go.Figure({"data": [tint, text], "layout": figure})


def _line(periods: Sequence[date], line: Line, write: Write, on: Attributes) -> list[Attributes]:
    """The line, and dots for its end and for periods whose neighbours are missing, which no line shows."""
    values = line.values
    pen: Attributes = {"color": line.colour, "width": 2} | ({"dash": line.dash, "width": 1.5} if line.dash else {})
    known = [place for place, value in enumerate(values) if value is not None]
    dots = [place for place in known if (place == known[-1] and not line.dash) or _is_alone(values, place)]
    drawn = on | {
        "type": "scatter", "x": list(periods), "y": list(values), "name": _safe(line.name), "connectgaps": False,
        "text": [write(value) for value in values], "hovertemplate": HOVER, "line": pen,
    }  # fmt: skip
    if line.dash:
        drawn["opacity"] = 0.6
    marks = on | {
        "type": "scatter", "mode": "markers", "x": [periods[place] for place in dots],
        "y": [values[place] for place in dots], "hoverinfo": "skip", "marker": {"color": line.colour, "size": 6},
    }  # fmt: skip
    return [drawn, marks] if dots else [drawn]


def _solid(panel: Panel) -> list[Line]:
    """A panel's lines of the question's own period."""
    return [line for line in panel.lines if not line.dash]


def _is_alone(values: Values, place: int) -> bool:
    before = values[place - 1] if place else None
    after = values[place + 1] if place + 1 < len(values) else None
    return before is None and after is None


def _ends(
    periods: Sequence[date], panel: Panel, reach: Sequence[float], pixels: int, on: Attributes, tokens: Tokens
) -> list[Attributes]:
    """What stands at the lines' ends, pushed apart where it would touch: names, or the last number of a line alone.

    In ink: a light series colour is no colour for text, and the dot beside it has it.
    """
    alone = len(_solid(panel)) == 1
    ends: list[tuple[float, str]] = []
    for line in _solid(panel):
        last = next((value for value in reversed(line.values) if value is not None), None)
        if last is not None:
            ends.append((float(last), f"<b>{panel.write(last)}</b>" if alone else _safe(_short(line.name))))
    step = 17 * (reach[1] - reach[0]) / pixels
    heights: list[float] = []
    for value, _ in sorted(ends):
        heights.append(value if not heights else max(value, heights[-1] + step))
    over = heights[-1] - reach[1] if heights else 0
    if over > 0:  # the pile has grown out of the panel: let it hang from the top instead
        ceiling = reach[1]
        for place in reversed(range(len(heights))):
            heights[place] = min(heights[place], ceiling)
            ceiling = heights[place] - step
    font = {"size": 12, "color": tokens.ink}
    known = [place for line in _solid(panel) for place, value in enumerate(line.values) if value is not None]
    right = periods[max(known)] if known and alone else periods[-1]
    return [
        on | {"x": right, "y": height, "text": text, "xanchor": "left", "xshift": 10, "font": font, "align": "left"}
        for height, (_, text) in zip(heights, sorted(ends), strict=True)
    ]


def _title(text: str, left: float, top: float, tokens: Tokens) -> Attributes:
    place = {"xref": "paper", "x": left, "yref": "paper", "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 6}
    return place | {"text": f"<b>{_safe(text)}</b>", "font": {"size": 12, "color": tokens.ink}}


def _reach(panel: BarPanel, panels: int) -> list[float]:
    """From 0 to the longest bar, with room for the numbers at the ends, and for changes beside them."""
    known = [float(value) for value in (*panel.values, *panel.before) if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = (0.04 + 0.18 * panels + (0.08 if panel.changes else 0)) * ((high - low) or 1)
    return [low - room if low < 0 else 0.0, high + room]


def _short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _safe(text: str) -> str:
    return escape(text, quote=False)
