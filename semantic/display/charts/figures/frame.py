"""The parts that all figures share: fitting and escaped names, titles of panels, and annotations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise

import plotly.graph_objects as go

from semantic.display.template import Attributes, axis
from semantic.display.tokens import Tokens

Values = Sequence[float | None]
Phrase = tuple[str, Sequence[str]]
"""A phrase of a tooltip, with the text for each point that replaces its `{}`. The text is "" for a point without the
phrase.
"""

NO_DATA, HIDDEN, NO_DATA_OR_HIDDEN = "no data", "hidden", "no data, or hidden"
"""The texts for a number that is missing, that a policy hides, or that can be either."""

OF_TRACE: Phrase = ("%{fullData.name}", ())
"""The phrase with the name of a point's line or column."""

BAR_REACH = 20  # pixels: without a limit, every bar would be as near to the pointer as the bar under it
ROW = 15  # pixels of a line of an annotation's name
EVEN = 1.15  # the maximum length of the longer line, relative to the most even way to break a name
TWO_LINES = 38  # pixels of a row with a name on two lines
NAME = 138  # pixels of a line of a name next to a bar, about 20 characters
WIDE_LETTERS = "MWmw@%€ABCDEFGHKNOPQRUVXYZ"
NARROW_LETTERS = "fijlrt.,:;'()|I1 "


@dataclass(frozen=True, slots=True)
class Event:
    """An annotation, with the day or column at which it begins and ends.

    `lines` are the lines of its label, and `rows` is how many rows the label is above the lowest one.
    """

    lines: tuple[str, ...]
    first: date | int
    last: date | int
    hover: str
    is_earlier: bool = False  # it begins before the axis
    shift: float = 0.0  # pixels its label is to the right of its mark
    rows: int = 0


def known_sum(values: Iterable[float | None]) -> float | None:
    """Return the sum of the known numbers, or None if there are none. A missing number isn't 0."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def figure_of(traces: Sequence[Attributes], frame: Attributes) -> go.Figure:
    """Return a figure with these traces and this layout, without validating them.

    Plotly's validation takes five times as long as building the figure. Tests validate every kind of figure that is
    drawn here.
    """
    return go.Figure({"data": list(traces), "layout": frame}, _validate=False)


def unfaded(ink: str) -> Attributes:
    """Return attributes that keep text readable while something is selected.

    `ink` is the text's colour, or the colours of its points. Without a colour for selected text, Plotly fades
    unselected text to a fifth.
    """
    return {"selected": {"textfont": {"color": ink}}}


def short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def safe(text: str) -> str:
    return escape(text, quote=False)


def pixels(text: str) -> float:
    """Return the approximate width of 12 px text in pixels, which is never too small."""
    return sum(8.6 if letter in WIDE_LETTERS else 3.9 if letter in NARROW_LETTERS else 6.8 for letter in text)


def fitting(name: str, most: float) -> str:
    """Return the name, cut to at most `most` pixels."""
    cut = name
    while len(cut) > 1 and pixels(cut) > most:
        cut = cut[:-1]
    return name if cut == name else cut.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def broken(name: str, most: float) -> tuple[str, ...]:
    """Return a name on one or two lines of at most `most` pixels, broken at a word boundary if possible.

    Two lines have similar lengths.

    >>> broken("Autumn launch on social", 120)
    ('Autumn launch', 'on social')
    """
    if pixels(name) <= most:
        return (name,)
    words = name.split(" ")
    ways = [(" ".join(words[:first]), " ".join(words[first:])) for first in range(1, len(words))]
    fit = [lines for lines in ways if all(pixels(line) <= most for line in lines)]
    if fit:
        widths = [max(map(pixels, lines)) for lines in fit]
        return next(
            lines for lines, width in zip(reversed(fit), reversed(widths), strict=True) if width <= EVEN * min(widths)
        )
    fuller = [lines for lines in ways if pixels(lines[0]) <= most] or ways[:1] or [(name,)]
    return tuple(fitting(line, most) for line in fuller[-1])


def on_lines(lines: Sequence[str]) -> str:
    """Return lines as one escaped text for a figure."""
    return "<br>".join(map(safe, lines))


def two_lines(name: str, most: float) -> str:
    """Return the escaped name on one or two lines of at most `most` pixels."""
    return on_lines(broken(name, most))


def names_beside(names: Sequence[str], tokens: Tokens) -> Attributes:
    """Return an axis with the names of rows from top to bottom, each on one or two lines."""
    return axis(tokens) | {
        "range": [len(names) - 0.5, -0.5], "tickvals": list(range(len(names))), "automargin": True,
        "ticktext": [two_lines(name, NAME) for name in names], "tickfont": {"size": 12, "color": tokens.ink},
    }  # fmt: skip


def row_height(names: Sequence[str], least: int) -> int:
    """Return the height of each row in pixels: `least`, or enough for two lines if any name needs them."""
    return max(least, TWO_LINES) if any(len(broken(name, NAME)) > 1 for name in names) else least


def room_above(events: Sequence[Event]) -> int:
    """Return the pixels that the labels of annotations need above a plot."""
    return 18 + ROW * (max(event.rows + len(event.lines) for event in events) - 1) if events else 0


def named_above(events: Sequence[Event]) -> Attributes:
    """Return attributes that record the margin for the labels of annotations.

    The browser uses them when it leaves out the labels.
    """
    return {"meta": {"names": room_above(events)}} if events else {}


def trace_tooltip(rows: Sequence[int], *lines: Sequence[Phrase]) -> Attributes:
    """Return a trace's tooltip: a template, and the data of each point.

    The data of a point starts with the index of its row in the result. The template leaves out phrases that are empty
    for all points. `pages/widgets/tooltip.js` leaves out phrases that are empty for one point.
    """
    columns: list[Sequence[int] | Sequence[str]] = [rows]
    template: list[str] = []
    for line in lines:
        phrases: list[str] = []
        for words, texts in line:
            if words == OF_TRACE[0]:
                phrases.append(words)
                continue
            if not any(texts):
                continue
            phrases.append(words.replace("{}", f"%{{customdata[{len(columns)}]}}", 1))
            columns.append([safe(text) for text in texts])
        if phrases:
            template.append(" \N{MIDDLE DOT} ".join(phrases))
    return {
        "customdata": [list(point) for point in zip(*columns, strict=True)],
        "hovertemplate": "<br>".join(template) + "<extra></extra>",
    }


def title(text: str, left: float, top: float, tokens: Tokens, *, is_safe: bool = False, below: str = "") -> Attributes:
    """Return a panel's title in bold, with the text `below` under it."""
    place = {"xref": "paper", "x": left, "yref": "paper", "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 6}
    more = f'<br><span style="color:{tokens.muted}">{safe(below)}</span>' if below else ""
    return place | {
        "align": "left",
        "font": {"size": 12, "color": tokens.ink},
        "text": f"<b>{text if is_safe else safe(text)}</b>{more}",
    }


def spread(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Return positions that are close to `wanted`, but at least `step` apart.

    If possible, all of them are between `low` and `high`. None equals `low` or `high`, because rounding would then
    decide whether a label is drawn.
    """
    low, high = low + step / 20, high - step / 20
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    placed: list[float] = []
    for number in order:
        placed.append(max(wanted[number], low) if not placed else max(wanted[number], placed[-1] + step))
    ceiling = high
    for place in reversed(range(len(placed))):  # if the labels extend past the top, move them down from there
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - step
    tops = dict(zip(order, placed, strict=True))
    return [tops[number] for number in range(len(wanted))]


PHONE_PLOT = 235  # pixels of a plot on a phone


@dataclass(frozen=True, slots=True)
class EmptyPart:
    """A part of an axis without numbers, because its days aren't known.

    It goes from the position `place` to the one before `end`. `words` give the reason.
    """

    place: int
    end: int
    words: str


def unknown_words(
    unknown: EmptyPart,
    middle: date | float,
    part: float,
    taken: Sequence[float],
    scale: Attributes,
    on: Attributes,
    tokens: Tokens,
) -> list[Attributes]:
    """Return the text in the middle of an empty part, between two grid lines. Empty if the text doesn't fit on a phone.

    `part` is the empty share of the axis. `taken` has the heights of other texts or lines there.
    """
    room, words = part * PHONE_PLOT, unknown.words
    if pixels(words) > room:
        words = two_lines(words, pixels(words.rpartition(" ")[0]))
    if max(map(pixels, words.split("<br>"))) > room:
        return []
    low, high = scale["range"]
    heights = [(tickval + other) / 2 for tickval, other in pairwise(scale["tickvals"])] or [(low + high) / 2]
    heights.sort(key=lambda height: abs(height - (low + high) / 2))
    free = [height for height in heights if all(abs(height - other) > 0.12 * (high - low) for other in taken)]
    place: Attributes = {"x": middle, "xanchor": "center", "y": (free or heights)[0], "yanchor": "middle"}
    return [on | place | {"text": words, "font": {"size": 12, "color": tokens.muted}}]


def annotation_shapes(
    events: Sequence[Event], marks: Sequence[str], tokens: Tokens, *, banded: bool = True
) -> list[Attributes]:
    """Return a dotted line where each annotation begins, through every panel, and a faint band to its end.

    Small charts, which aren't `banded`, get only a thin line.
    """
    line = {"color": tokens.muted, "dash": "dot"} if banded else {"color": tokens.line}
    shapes: list[Attributes] = []
    for event in events:
        for mark in marks:
            on: Attributes = {"xref": f"x{mark}", "yref": f"y{mark} domain", "y0": 0, "y1": 1, "layer": "below"}
            if banded and event.last != event.first:
                shapes.append(on | {
                    "type": "rect", "x0": event.first, "x1": event.last, "fillcolor": tokens.other, "opacity": 0.08,
                    "line": {"width": 0},
                })  # fmt: skip
            if event.is_earlier:
                continue
            shapes.append(on | {
                "type": "line", "x0": event.first, "x1": event.first,
                "line": line | {"width": 1},
            })  # fmt: skip
    return shapes


def event_names(events: Sequence[Event], tokens: Tokens, *, lift: int) -> list[Attributes]:
    """Return the labels of annotations above the top panel, where they can't overlap a line.

    On hover, a label shows its full text.
    """
    return [
        {
            "xref": "x", "x": event.first, "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": "center",
            "xshift": event.shift, "yshift": lift + ROW * event.rows, "text": on_lines(event.lines),
            "font": {"size": 11, "color": tokens.muted}, "hovertext": event.hover, "captureevents": True,
        }
        for event in events
        if event.lines
    ]  # fmt: skip
