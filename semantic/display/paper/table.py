"""Tables on paper: rows under heads that every page repeats; columns that do not fit come below, in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.display.paper.letters import fitting, printable, width_of, wrapped
from semantic.display.paper.page import Align, Paper
from semantic.display.paper.pieces import LEADING
from semantic.display.tokens import LIGHT

SIZES = (8.0, 7.0, 6.2)
"""Sizes of text, the largest that fits."""

PAD, WIDEST, NARROWEST, STRETCH = 5.0, 170.0, 24.0, 90.0


@dataclass(frozen=True, slots=True)
class Cell:
    """What is read in a cell; no colour is that of ink."""

    text: str
    colour: str = ""
    bold: bool = False
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head, and on which side its cells stand."""

    text: str
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. The first `keys` columns say what a row is: they stand before every part of the others."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """Columns of a table that fit beside each other: their places, their widths, the size of the text."""

    table: Table
    places: tuple[int, ...]
    widths: tuple[float, ...]
    size: float

    @property
    def row_height(self) -> float:
        return self.size * 1.95

    @property
    def head_height(self) -> float:
        return self.size * (LEADING * max(len(one) for one in self._heads()) + 0.8)

    def height(self, width: float) -> float:
        return self.head_height + self.row_height * len(self.table.rows)

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        self.draw_rows(paper, left, top, 0, len(self.table.rows))

    def draw_rows(self, paper: Paper, left: float, top: float, first: int, count: int) -> float:
        """Some rows under the heads; how high that is."""
        self._draw_heads(paper, left, top)
        y = top + self.head_height
        for row in self.table.rows[first : first + count]:
            x = left
            for place, width in zip(self.places, self.widths, strict=True):
                self._draw_cell(paper, row[place], self.table.heads[place].align, x, y, width)
                x += width
            y += self.row_height
            paper.line([(left, y), (x, y)], colour=LIGHT.line, width=0.4)
        return y - top

    def _heads(self) -> list[list[str]]:
        """Each head on two lines at most."""
        found: list[list[str]] = []
        for place, width in zip(self.places, self.widths, strict=True):
            room = width - 2 * PAD
            lines = wrapped(self.table.heads[place].text, room, self.size, bold=True)
            rest = fitting(" ".join(lines[1:]), room, self.size, bold=True)
            found.append([one for one in (lines[0], rest) if one] or [""])
        return found

    def _draw_heads(self, paper: Paper, left: float, top: float) -> None:
        paper.box(left, top, sum(self.widths), self.head_height, colour=LIGHT.panel)
        x = left
        for place, width, lines in zip(self.places, self.widths, self._heads(), strict=True):
            align = self.table.heads[place].align
            for at, line in enumerate(lines):
                y = top + self.size * (1.15 + LEADING * at)
                paper.text(_edge(x, width, align), y, line, size=self.size, colour=LIGHT.muted, bold=True, align=align)
            x += width

    def _draw_cell(self, paper: Paper, cell: Cell, align: Align, x: float, y: float, width: float) -> None:
        if cell.tint:
            paper.box(x, y, width, self.row_height, colour=cell.tint)
        text = fitting(printable(cell.text), width - 2 * PAD, self.size, bold=cell.bold)
        paper.text(
            _edge(x, width, align), y + 0.67 * self.row_height, text, size=self.size, colour=cell.colour or LIGHT.ink,
            bold=cell.bold, align=align,
        )  # fmt: skip


def _edge(x: float, width: float, align: Align) -> float:
    return x + width - PAD if align == "right" else x + PAD


def bands(table: Table, width: float) -> list[Band]:
    """The table in a width: whole where a size of text allows it, else in parts with the keys before each."""
    for size in SIZES:
        natural = _widths(table, size)
        if sum(natural) <= width:
            spare = min(STRETCH, (width - sum(natural)) / max(len(natural), 1))
            return [Band(table, tuple(range(len(natural))), tuple(one + spare for one in natural), size)]
    return _parts(table, _widths(table, SIZES[-1]), width)


def _parts(table: Table, natural: Sequence[float], width: float) -> list[Band]:
    """As many columns as fit after the keys, one at least; keys that fill the width alone are made narrower."""
    keys = list(range(min(table.keys, len(natural))))
    most = 0.6 * width / max(len(keys), 1)
    cut = [min(one, most) if place in keys else min(one, width * 0.4) for place, one in enumerate(natural)]
    found: list[Band] = []
    rest = [place for place in range(len(cut)) if place not in keys]
    while rest or not found:
        taken: list[int] = []
        room = width - sum(cut[place] for place in keys)
        while rest and (not taken or cut[rest[0]] <= room):
            room -= cut[rest[0]]
            taken.append(rest.pop(0))
        places = (*keys, *taken)
        found.append(Band(table, places, tuple(cut[place] for place in places), SIZES[-1]))
    return found


def _widths(table: Table, size: float) -> list[float]:
    """What each column needs: its longest cell, and its head on two lines."""
    found: list[float] = []
    for place, head in enumerate(table.heads):
        cells = (width_of(printable(row[place].text), size, bold=row[place].bold) for row in table.rows)
        words = [width_of(one, size, bold=True) for one in printable(head.text).split(" ")]
        whole = width_of(printable(head.text), size, bold=True)
        two_lines = max(max(words), whole * 0.62 if len(words) > 1 else whole)
        found.append(min(WIDEST, max(NARROWEST, two_lines, max(cells, default=0.0))) + 2 * PAD)
    return found
