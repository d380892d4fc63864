"""Draw a funnel: a bar for each step, followed by a paler part for the subjects that were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import BAR_REACH, HIDDEN, figure_of, fitting, safe, trace_tooltip, unfaded
from semantic.display.template import Attributes, layout
from semantic.display.tokens import Tokens

EACH = 58  # pixels of a step: a line of text and its bar
THICK = 0.4  # of a step
ACROSS = 0.25  # of a step: half the length of the line for another period
ABOVE = 0.36  # of a step: from the middle of the bar up to its name
NAME = 150  # pixels of a name, so that its number fits beside it on a phone
ROOM = 0.2  # of the longest bar, for the share at its end
LABEL = 0.16  # of the longest bar: that share, on a phone
PALE = 0.2  # the opacity of the part for lost subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `value` is None if it's hidden. `lost` is how many subjects of the previous step didn't reach this one.

    `text` is the number, `reached` is the share at the end of the bar, and `dropped` is the text above the end. `lines`
    are the tooltip lines below the number. `is_worst` marks the biggest drop. `earlier` is the position at which a line
    marks the bar's end in another period.
    """

    name: str
    value: float | None
    text: str
    lost: float | None = None
    reached: str = ""
    dropped: str = ""
    lines: Sequence[str] = ()
    is_worst: bool = False
    earlier: float | None = None


def funnel_figure(steps: Sequence[Step], tokens: Tokens) -> go.Figure:
    """Return a funnel chart with the first step at the top."""
    count, longest = (
        len(steps),
        max(max((step.value or 0) + (step.lost or 0), step.earlier or 0) for step in steps) or 1,
    )
    reach, places = longest * (1 + ROOM), list(range(count))
    figure = layout(tokens, height=EACH * count + 12, top=4, bottom=4, right=8)
    figure |= {"hovermode": "closest", "hoverdistance": BAR_REACH, "barmode": "stack", "bargap": 1 - THICK}
    figure["xaxis"] = {"visible": False, "fixedrange": True, "range": [0, reach], "anchor": "y", "domain": [0, 1]}
    figure["yaxis"] = {"visible": False, "fixedrange": True, "range": [count - 0.7, -0.64], "domain": [0, 1]}
    colours = [tokens.unfavourable if step.is_worst else tokens.series[0] for step in steps]
    tip = trace_tooltip(
        places,
        [("<b>{}</b>", [step.text for step in steps]), ("{}", [step.name for step in steps])],
        *([("{}", [_line(step, at) for step in steps])] for at in range(max(len(step.lines) for step in steps))),
    )
    bar: Attributes = {"type": "bar", "orientation": "h", "y": places, "width": THICK, "textposition": "none"}
    solid = bar | {"x": [step.value or 0 for step in steps], "marker": {"color": tokens.series[0]}} | tip
    pale = bar | {"x": [step.lost or 0 for step in steps], "marker": {"color": colours, "opacity": PALE}} | tip
    heads = [f"<b>{safe(fitting(step.name, NAME))}</b>  {safe(step.text)}" for step in steps]
    inks = [tokens.muted if step.value is None else tokens.ink for step in steps]
    above = [place - ABOVE for place in places]
    texts = [
        _text([0.0] * count, above, heads, "middle right", inks, tokens),
        _text(
            [reach] * count, above, [_dropped(step) for step in steps], "middle left",
            [tokens.unfavourable if step.is_worst else tokens.muted for step in steps], tokens,
        ),
        _text(
            [_end(step, longest * LABEL) for step in steps], places,
            [f"&nbsp;{step.reached if step.value is not None else HIDDEN}" for step in steps], "middle right", inks,
            tokens,
        ),
    ]  # fmt: skip
    return figure_of([solid, pale, *_earlier(steps, tokens), *texts], figure)


def _end(step: Step, label: float) -> float:
    """Return where the share's text begins, which is at the end of the bar.

    If a line would cross the text, it begins after the line.
    """
    end = (step.value or 0) + (step.lost or 0)
    return step.earlier if step.earlier is not None and end < step.earlier < end + label else end


def _earlier(steps: Sequence[Step], tokens: Tokens) -> list[Attributes]:
    """Return the lines that mark a bar's end in another period. Each is a little longer than its bar is thick."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, step in enumerate(steps):
        if step.earlier is not None:
            x += [step.earlier, step.earlier, None]
            y += [place - ACROSS, place + ACROSS, None]
    if not x:
        return []
    line = {"color": tokens.ink, "width": 2}
    return [
        {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "cliponaxis": False}
    ]


def _line(step: Step, at: int) -> str:
    return step.lines[at] if at < len(step.lines) else ""


def _dropped(step: Step) -> str:
    return f"<b>{safe(step.dropped)}</b>" if step.is_worst else safe(step.dropped)


def _text(
    x: Sequence[float], y: Sequence[float], texts: Sequence[str], where: str, colours: Sequence[str], tokens: Tokens
) -> Attributes:
    return {
        "type": "scatter", "mode": "text", "x": list(x), "y": list(y), "text": list(texts), "hoverinfo": "skip",
        "textposition": where, "textfont": {"size": 12, "color": list(colours)}, "cliponaxis": False,
        **unfaded(tokens.ink),
    }  # fmt: skip
