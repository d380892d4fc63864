"""What every figure shares: names that fit and cannot be markup, titles of panels, events above the plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from semantic.display.template import Attributes
from semantic.display.tokens import Tokens

Values = Sequence[float | None]
HOVER = "%{text}&nbsp;&nbsp;%{fullData.name}<extra></extra>"  # the number first, so that digits stand in line
NAMED = "%{text}&nbsp;&nbsp;%{hovertext}<extra></extra>"
LONGEST = 22  # characters of a name beside a bar
WIDE_LETTERS = "MWmw@%€ABCDEFGHKNOPQRUVXYZ"
NARROW_LETTERS = "fijlrt.,:;'()|I1 "


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: where along the axis it began and ended, by day or by column; `name` stands above the plot."""

    name: str
    first: date | int
    last: date | int
    hover: str


def short(name: str, most: int = LONGEST) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def safe(text: str) -> str:
    return escape(text, quote=False)


def pixels(text: str) -> float:
    """About how wide text of 12 px is, rather more than less."""
    return sum(8.6 if letter in WIDE_LETTERS else 3.9 if letter in NARROW_LETTERS else 6.8 for letter in text)


def fitting(name: str, most: float) -> str:
    """The name, cut to what fits into so many pixels."""
    cut = name
    while len(cut) > 1 and pixels(cut) > most:
        cut = cut[:-1]
    return name if cut == name else cut.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def two_lines(name: str, most: float) -> str:
    """The name, safe, on as many lines of `most` pixels as it needs and has words for: one or two."""
    words = name.split(" ")
    first = 1
    while first < len(words) and pixels(" ".join(words[: first + 1])) <= most:
        first += 1
    lines = [" ".join(words[:first]), " ".join(words[first:])]
    return "<br>".join(safe(fitting(line, most)) for line in lines if line)


def title(text: str, left: float, top: float, tokens: Tokens, *, is_safe: bool = False) -> Attributes:
    place = {"xref": "paper", "x": left, "yref": "paper", "y": top, "xanchor": "left", "yanchor": "bottom", "yshift": 6}
    return place | {
        "align": "left",
        "font": {"size": 12, "color": tokens.ink},
        "text": f"<b>{text if is_safe else safe(text)}</b>",
    }


def spread(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Places at least `step` apart, as near to `wanted` as they can be; within the ends where they fit."""
    order = sorted(range(len(wanted)), key=lambda one: wanted[one])
    placed: list[float] = []
    for one in order:
        placed.append(max(wanted[one], low) if not placed else max(wanted[one], placed[-1] + step))
    ceiling = high
    for place in reversed(range(len(placed))):  # the pile has grown out at the top: let it hang from there
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - step
    found = dict(zip(order, placed, strict=True))
    return [found[one] for one in range(len(wanted))]


def upright(events: Sequence[Event], marks: Sequence[str], tokens: Tokens) -> list[Attributes]:
    """A dotted line through every panel where each event begins, and a faint band to where it ends."""
    shapes: list[Attributes] = []
    for event in events:
        for mark in marks:
            on: Attributes = {"xref": f"x{mark}", "yref": f"y{mark} domain", "y0": 0, "y1": 1, "layer": "below"}
            if event.last != event.first:
                shapes.append(on | {
                    "type": "rect", "x0": event.first, "x1": event.last, "fillcolor": tokens.other, "opacity": 0.1,
                    "line": {"width": 0},
                })  # fmt: skip
            shapes.append(on | {
                "type": "line", "x0": event.first, "x1": event.first,
                "line": {"color": tokens.muted, "width": 1, "dash": "dot"},
            })  # fmt: skip
    return shapes


def event_names(events: Sequence[Event], tokens: Tokens, *, lift: int) -> list[Attributes]:
    """The names above the uppermost panel, where no line can cross them; all of them on hover."""
    return [
        {
            "xref": "x", "x": event.first, "yref": "paper", "y": 1, "yanchor": "bottom", "xanchor": "center",
            "yshift": lift, "text": safe(event.name), "font": {"size": 11, "color": tokens.muted},
            "hovertext": event.hover, "captureevents": True,
        }
        for event in events
    ]  # fmt: skip
