"""Draw ranked horizontal bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import (
    BAR_REACH,
    Phrase,
    Values,
    figure_of,
    names_beside,
    row_height,
    title,
    trace_tooltip,
    two_lines,
    unfaded,
)
from semantic.display.format import Write, in_full
from semantic.display.template import Attributes, layout
from semantic.display.tokens import Tokens

ROOM = (0.24, 0.55, 1.15, 1.6)  # next to the longest bar for its number on a phone, by the number of panels
TITLE = 150  # pixels of a line of a panel's title
UNSURE = 0.35  # the opacity of a number based on too little


@dataclass(frozen=True, slots=True)
class BarPanel:
    """The bars of one metric, with the compared bars and the text of each change.

    All lists are in the order of the names. `unsure` bars are pale. `words` describe the data behind each number. `low`
    and `high` are the ends of the intervals. `beside` has the tooltip lines below each number, and `absent` the text
    that replaces a missing number.
    """

    title: str
    values: Values
    write: Write
    before: Values = ()
    before_words: str = ""
    changes: Sequence[str | None] = ()
    change_colours: Sequence[str] = ()
    places: Sequence[int] = ()
    unsure: Sequence[bool] = ()
    words: Sequence[str] = ()
    low: Values = ()
    high: Values = ()
    beside: Sequence[Sequence[Phrase]] = ()
    absent: Sequence[str] = ()

    @property
    def texts(self) -> list[str]:
        """The texts at the ends of the bars: the number, or the text for a missing number."""
        absent = self.absent or [self.write(None)] * len(self.values)
        return [word if value is None else self.write(value) for value, word in zip(self.values, absent, strict=True)]


def bar_chart(
    names: Sequence[str], grey: Sequence[bool], panels: Sequence[BarPanel], tokens: Tokens, *, one_scale: bool = False
) -> go.Figure:
    """Return horizontal bars that start at 0, with the first name on top. Panels next to each other share the names.

    `grey` marks bars that aren't members.
    """
    titled, compared = len(panels) > 1, any(panel.before for panel in panels)
    count, each = len(names), row_height(names, 42 if compared else 30)
    colours = [tokens.other if is_grey else tokens.series[0] for is_grey in grey]
    titles = [two_lines(panel.title, TITLE) for panel in panels]
    top = (48 if any("<br>" in one for one in titles) else 34) if titled else 8
    figure = layout(tokens, height=each * count + top + 10, top=top, bottom=6)
    figure |= {"hovermode": "closest", "hoverdistance": BAR_REACH, "bargap": 0.42, "barmode": "overlay"}
    wide = (1 + 0.04) / len(panels)
    traces: list[Attributes] = []
    notes: list[Attributes] = []
    reaches = [_reach(panel, len(panels)) for panel in panels]
    if one_scale:
        reaches = [[min(low for low, _ in reaches), max(high for _, high in reaches)]] * len(panels)
    for place, (panel, reach) in enumerate(zip(panels, reaches, strict=True)):
        mark = "" if place == 0 else str(place + 1)
        figure[f"xaxis{mark}"] = {
            "visible": False, "fixedrange": True, "range": reach, "anchor": "y",
            "domain": [place * wide, (place + 1) * wide - 0.04],
        }  # fmt: skip
        traces += _bars(names, panel, colours, {"xaxis": f"x{mark}", "yaxis": "y"}, tokens)
        if titled:
            notes.append(title(titles[place], place * wide, 1, tokens, is_safe=True))
    figure["yaxis"] = names_beside(names, tokens)
    return figure_of(traces, figure | {"annotations": notes})


def _bars(
    names: Sequence[str], panel: BarPanel, colours: Sequence[str], on: Attributes, tokens: Tokens
) -> list[Attributes]:
    """Return a panel's bars with their numbers at the ends. A comparison is a thin, lighter bar below each bar."""
    places = list(range(len(names)))
    unsure = list(panel.unsure) or [False] * len(names)
    rows = list(panel.places) or [-1] * len(names)
    full = in_full(panel.write)
    bar: Attributes = on | {"type": "bar", "orientation": "h", "textposition": "none"}
    ends = [value or 0 for value in panel.values]
    marker = {"color": list(colours), "opacity": [UNSURE if is_unsure else 1 for is_unsure in unsure]}
    main = bar | {"y": places, "x": list(panel.values), "marker": marker} | trace_tooltip(
        rows, [("<b>{}</b>", [full(value) for value in panel.values]), ("{}", names)], [("{}", panel.words)],
        *panel.beside,
    )  # fmt: skip
    traces: list[Attributes] = []
    if panel.before:
        earlier, then = [panel.before_words] * len(names), [full(value) for value in panel.before]
        main |= {"width": 0.36, "y": [place - 0.1 for place in places]}
        traces.append(
            bar
            | {"y": [place + 0.22 for place in places], "x": list(panel.before), "width": 0.18, "opacity": 0.45}
            | {"marker": {"color": list(colours)}}
            | trace_tooltip(rows, [("<b>{}</b>", then), ("{}", names)], [("{}", earlier)])
        )
        ends = [max(pair, key=abs) for pair in zip(ends, (earlier or 0 for earlier in panel.before), strict=True)]
    above: Attributes = {}
    if panel.low:
        main["error_x"] = _whiskers(panel.values, panel, tokens.page, 4)
        ends = [
            end if high is None or low is None else low if end < 0 else max(end, high)
            for end, low, high in zip(ends, panel.low, panel.high, strict=True)
        ]
        above = {"error_x": _whiskers(ends, panel, tokens.ink, 1.25)}  # on a wider line, or bars would hide it
    labels = [f"&nbsp;{text}&nbsp;" for text in panel.texts]
    for place, (change, colour) in enumerate(zip(panel.changes, panel.change_colours, strict=True)):
        if change is not None:
            labels[place] += f'<br>&nbsp;<span style="color:{colour}">{change}</span>&nbsp;'
    quiet = [value is None or pale for value, pale in zip(panel.values, unsure, strict=True)]
    return [*traces, main, on | above | {
        "type": "scatter", "mode": "text", "y": places, "x": ends, "text": labels, "hoverinfo": "skip",
        "textfont": {"size": 12, "color": [tokens.muted if one else tokens.ink for one in quiet]},
        "textposition": ["middle left" if value < 0 else "middle right" for value in ends], **unfaded(tokens.ink),
    }]  # fmt: skip


def _whiskers(values: Values, panel: BarPanel, colour: str, thickness: float) -> Attributes:
    """Return the intervals of a panel's bars as error bars."""
    triples = list(zip(values, panel.low, panel.high, strict=True))
    over = [0 if None in (value, high) else max(0.0, (high or 0) - (value or 0)) for value, _, high in triples]
    under = [0 if None in (value, low) else max(0.0, (value or 0) - (low or 0)) for value, low, _ in triples]
    return {
        "type": "data", "symmetric": False, "array": over, "arrayminus": under, "color": colour,
        "thickness": thickness, "width": 3,
    }  # fmt: skip


def _reach(panel: BarPanel, panels: int) -> list[float]:
    """Return a range from 0 to the longest bar that leaves room for the texts at the ends."""
    known = [float(value) for value in (*panel.values, *panel.before, *panel.low, *panel.high) if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    room = (ROOM[min(panels, len(ROOM)) - 1] + (0.05 if panel.changes else 0)) * ((high - low) or 1)
    return [low - room if low < 0 else 0.0, high + room]
