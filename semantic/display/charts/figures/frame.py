"""What every figure shares: names that fit and can't be markup, titles of panels, annotations above the plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise

import plotly.graph_objects as go

from semantic.display.format import with_mark
from semantic.display.template import Attributes
from semantic.display.tokens import Tokens

Values = Sequence[float | None]
NAMED = "%{text}&nbsp;&nbsp;%{hovertext}<extra></extra>"  # the number first, so that digits align
TOLD = "%{hovertext}<extra></extra>"
BAR_REACH = 20  # pixels: without a limit every bar is as near to the pointer as the one under it
MOST_TOLD = 12_000  # lines of hover text in one panel; beyond, a point only shows itself
LONGEST = 22  # characters of a name next to a bar
WIDE_LETTERS = "MWmw@%€ABCDEFGHKNOPQRUVXYZ"
NARROW_LETTERS = "fijlrt.,:;'()|I1 "


@dataclass(frozen=True, slots=True)
class Event:
    """An annotation: where along the axis it began and ended, by day or by column; `lines` are shown above the plot."""

    lines: tuple[str, ...]
    first: date | int
    last: date | int
    hover: str
    is_earlier: bool = False  # it began before the axis does
    shift: float = 0.0  # pixels its label is to the right of its mark


def figure_of(traces: Sequence[Attributes], frame: Attributes) -> go.Figure:
    """The figure of these traces and this layout, in one call.

    Plotly validates each attribute of each trace, which takes five times as long as building them. Tests validate every
    kind of figure drawn here instead.
    """
    return go.Figure({"data": list(traces), "layout": frame}, _validate=False)


def unfaded(ink: str) -> Attributes:
    """Keeps text readable while something is selected, for text in one colour, or in colours of its points.

    Plotly fades unselected text to a fifth, unless a colour for selected text is set.
    """
    return {"selected": {"textfont": {"color": ink}}}


def short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def safe(text: str) -> str:
    return escape(text, quote=False)


def pixels(text: str) -> float:
    """The approximate width of 12 px text, rather too much than too little."""
    return sum(8.6 if letter in WIDE_LETTERS else 3.9 if letter in NARROW_LETTERS else 6.8 for letter in text)


def fitting(name: str, most: float) -> str:
    """The name, cut to fit this many pixels."""
    cut = name
    while len(cut) > 1 and pixels(cut) > most:
        cut = cut[:-1]
    return name if cut == name else cut.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def broken(name: str, most: float) -> tuple[str, ...]:
    """The name on one or two lines of `most` pixels, as needed and as its words allow."""
    words = name.split(" ")
    first = 1
    while first < len(words) and pixels(" ".join(words[: first + 1])) <= most:
        first += 1
    lines = [" ".join(words[:first]), " ".join(words[first:])]
    return tuple(fitting(line, most) for line in lines if line)


def on_lines(lines: Sequence[str]) -> str:
    """Lines of text for a figure, escaped."""
    return "<br>".join(map(safe, lines))


def two_lines(name: str, most: float) -> str:
    """The name, escaped, on one or two lines of `most` pixels."""
    return on_lines(broken(name, most))


def room_above(events: Sequence[Event]) -> int:
    """Pixels above a plot for the labels of annotations."""
    return 18 + 13 * (max(len(event.lines) for event in events) - 1) if events else 0


def told(heads: Sequence[str], series: Sequence[tuple[str, str, Sequence[str]]]) -> list[list[str]]:
    """The hover text of each series' points: the period, then every series' number there, its own in bold.

    Plotly can collect the numbers itself, but a click then means any of the points it names. `series` are names,
    colours and texts, "" where there is no point.
    """
    together = len(heads) * len(series) ** 2 <= MOST_TOLD
    lines = [
        [f'<span style="color:{colour}">\N{BLACK SQUARE}</span> {text}&nbsp;&nbsp;{safe(name)}' for text in texts]
        for name, colour, texts in series
    ]
    said: list[list[str]] = []
    for own, (_, _, mine) in enumerate(series):
        told_of = range(len(series)) if together else (own,)
        blocks: list[str] = []
        for place, head in enumerate(heads):
            shown = [
                f"<b>{lines[number][place]}</b>"
                if number == own and together and len(series) > 1
                else lines[number][place]
                for number in told_of
                if series[number][2][place]
            ]
            blocks.append("<br>".join([safe(head), *shown]) if mine[place] else "")
        said.append(blocks)
    return said


def with_days(
    heads: Sequence[str], cut: Sequence[Mapping[int, str]], texts: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """The headers and texts of `told` with the counted days of incomplete periods.

    `cut` has them for each series, by place. They follow the period if they are the same for every series with a number
    there, otherwise each number.
    """
    told_heads, told_texts = list(heads), [list(line) for line in texts]
    for place in sorted({place for cuts in cut for place in cuts}):
        places = [at for at, line in enumerate(texts) if line[place]]
        if len({cut[at].get(place, "") for at in places}) == 1:
            told_heads[place] = with_mark(heads[place], cut[places[0]].get(place, ""))
            continue
        for at in places:
            told_texts[at][place] = with_mark(texts[at][place], cut[at].get(place, ""))
    return told_heads, told_texts


def title(text: str, left: float, top: float, tokens: Tokens, *, is_safe: bool = False) -> Attributes:
    place = {"xref": "paper", "x": left, "yref": "paper", "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 6}
    return place | {
        "align": "left",
        "font": {"size": 12, "color": tokens.ink},
        "text": f"<b>{text if is_safe else safe(text)}</b>",
    }


def spread(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Places at least `step` apart, as near to `wanted` as possible; within the ends if they fit.

    Not exactly on the ends, where rounding would decide whether a label is drawn.
    """
    low, high = low + step / 20, high - step / 20
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    placed: list[float] = []
    for number in order:
        placed.append(max(wanted[number], low) if not placed else max(wanted[number], placed[-1] + step))
    ceiling = high
    for place in reversed(range(len(placed))):  # the pile has grown past the top: let it hang from there
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - step
    tops = dict(zip(order, placed, strict=True))
    return [tops[number] for number in range(len(wanted))]


PHONE_PLOT = 235  # pixels of a plot on a phone


@dataclass(frozen=True, slots=True)
class EmptyPart:
    """A part of an axis without numbers because its days aren't known: from its first place to that before `end`,
    and the reason in words."""

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
    """The words in the `middle` of an empty part, if they fit even on a phone: between two lines of the `scale`.

    `part` is the empty share of the axis, `taken` the heights of other words or lines there.
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


def upright(events: Sequence[Event], marks: Sequence[str], tokens: Tokens, *, banded: bool = True) -> list[Attributes]:
    """A dotted line through every panel where each annotation begins, and a faint band to where it ends."""
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
                "line": {"color": tokens.muted, "width": 1, "dash": "dot"},
            })  # fmt: skip
    return shapes


def event_names(events: Sequence[Event], tokens: Tokens, *, lift: int) -> list[Attributes]:
    """The labels above the topmost panel, where no line can cross them; all of them on hover."""
    return [
        {
            "xref": "x", "x": event.first, "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": "center",
            "xshift": event.shift, "yshift": lift, "text": on_lines(event.lines),
            "font": {"size": 11, "color": tokens.muted}, "hovertext": event.hover, "captureevents": True,
        }
        for event in events
    ]  # fmt: skip
