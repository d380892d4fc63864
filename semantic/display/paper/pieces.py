"""Pieces that are drawn below each other in a part of a page: texts, figures, sparklines and progress bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import plotly.graph_objects as go

from semantic.display.paper.figure import draw_figure, figure_height
from semantic.display.paper.letters import wrapped
from semantic.display.paper.page import Paper
from semantic.display.template import Attributes
from semantic.display.tokens import LIGHT

LOWEST = 0.68
LOWEST_PANELS = 0.85
"""The smallest height of a figure with several panels, relative to its own height. For other figures, it's LOWEST."""

NARROW = 300.0
"""The width in points below which the labels of remarks on a figure would overlap."""

LEADING = 1.3
"""The line height, relative to the text size."""


class Piece(Protocol):
    """A drawing whose height depends on its width."""

    def height(self, width: float) -> float: ...

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Words:
    """A text of at most `most` lines, with a little space above."""

    text: str
    size: float = 8
    colour: str = LIGHT.ink
    bold: bool = False
    above: float = 2
    indent: float = 0
    most: int = 200

    def lines(self, width: float) -> list[str]:
        lines = wrapped(self.text, width - self.indent, self.size, bold=self.bold)
        if len(lines) <= self.most:
            return lines
        return [*lines[: self.most - 1], f"{lines[self.most - 1]} \N{HORIZONTAL ELLIPSIS}"]

    def height(self, width: float) -> float:
        return self.above + LEADING * self.size * len(self.lines(width))

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        for place, line in enumerate(self.lines(width)):
            y = top + self.above + self.size * (LEADING * place + 1)
            paper.text(left + self.indent, y, line, size=self.size, colour=self.colour, bold=self.bold)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with a little space above. If it's taller than `most`, it's scaled down.

    In a narrow card, the labels of remarks would overlap, so they are listed below the figure.
    """

    figure: go.Figure
    most: float = math.inf
    above: float = 4

    def height(self, width: float) -> float:
        return self.above + figure_height(_of_width(self.figure, width), self.most)

    def lower(self, width: float, missing: float) -> Picture | None:
        """Return the figure with a plot that is `missing` points lower, or None if that's too low to read."""
        figure = _of_width(self.figure, width)
        height = figure_height(figure)
        drawn: Attributes = figure.to_dict()
        least = LOWEST_PANELS if "yaxis2" in drawn["layout"] else LOWEST
        if height - missing < least * height or height > self.most:
            return None
        pixels = drawn["layout"]["height"] * (height - missing) / height
        layout = drawn["layout"] | {"height": pixels}
        return replace(self, figure=go.Figure({"data": drawn["data"], "layout": layout}, _validate=False))

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        draw_figure(paper, _of_width(self.figure, width), left, top + self.above, width, self.most)


def _of_width(figure: go.Figure, width: float) -> go.Figure:
    """Return the figure. If it's too narrow for the labels above its plot, they are left out."""
    drawn: Attributes = figure.to_dict()
    layout: Attributes = drawn["layout"]
    room = (layout.get("meta") or {}).get("names", 0)
    if not room or width >= NARROW:
        return figure
    margin: Attributes = layout["margin"] | {"t": layout["margin"]["t"] - room}
    notes = [note for note in layout.get("annotations") or () if not note.get("captureevents")]
    about = {"margin": margin, "annotations": notes, "height": layout["height"] - room, "meta": None}
    return go.Figure({"data": drawn["data"], "layout": layout | about}, _validate=False)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A sparkline, which is a line without axes, scaled from its minimum to its maximum."""

    values: Sequence[float]
    tall: float = 30

    def height(self, width: float) -> float:
        return self.tall + 8

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        low, high = min(self.values), max(self.values)
        step = width / (len(self.values) - 1)
        points = [
            (left + place * step, top + 5 + self.tall * (1 - (value - low) / ((high - low) or 1)))
            for place, value in enumerate(self.values)
        ]
        paper.line(points, colour=LIGHT.other, width=1.1)


@dataclass(frozen=True, slots=True)
class Meter:
    """A thin progress bar with a tick at the expected progress."""

    index: float
    ends_at: float = 1.2

    def height(self, width: float) -> float:
        return 9

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        reached = max(0.0, min(self.index, self.ends_at)) / self.ends_at
        paper.box(left, top + 5, width, 2, colour=LIGHT.line)
        paper.box(left, top + 5, width * reached, 2, colour=LIGHT.muted)
        tick = left + width / self.ends_at
        paper.line([(tick, top + 3), (tick, top + 9)], colour=LIGHT.ink, width=0.9)


@dataclass(frozen=True, slots=True)
class Space:
    """Empty space of a given height."""

    tall: float

    def height(self, width: float) -> float:
        return self.tall

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry in the document outline. It takes no space on the page."""

    title: str

    def height(self, width: float) -> float:
        return 0

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        paper.bookmark(self.title)


def height_of(pieces: Sequence[Piece], width: float) -> float:
    return sum(piece.height(width) for piece in pieces)


def draw_pieces(paper: Paper, pieces: Sequence[Piece], left: float, top: float, width: float) -> None:
    """Draw the pieces one below the other."""
    for piece in pieces:
        piece.draw(paper, left, top, width)
        top += piece.height(width)
