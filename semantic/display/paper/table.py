"""Draw tables on paper, with headers on every page. Columns that don't fit become separate parts below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semantic.display.paper.letters import fitting, printable, width_of, wrapped
from semantic.display.paper.page import Align, Paper
from semantic.display.paper.pieces import LEADING
from semantic.display.tokens import LIGHT

SIZES = (8.0, 7.0, 6.2)
"""The text sizes of tables. A table gets the largest one that fits."""

PAD, WIDEST, NARROWEST, STRETCH = 5.0, 170.0, 24.0, 90.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell. If `colour` is "", its text has the usual colour."""

    text: str
    colour: str = ""
    bold: bool = False
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's header, with the alignment of the column's cells."""

    text: str
    align: Align = "left"
    follows: bool = False  # belongs to the column before it, and stays next to it
    is_before: bool = False  # the numbers of a comparison period


@dataclass(frozen=True, slots=True)
class Table:
    """A table of cells. The first `keys` columns identify a row, and each part of the table repeats them."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """The columns of one part of a table: their indexes, their widths, and the text size."""

    table: Table
    places: tuple[int, ...]
    widths: tuple[float, ...]
    size: float

    @property
    def row_height(self) -> float:
        return self.size * 1.95

    @property
    def head_height(self) -> float:
        return self.size * (LEADING * max(len(head) for head in self._heads()) + 0.8)

    def height(self, width: float) -> float:
        return self.head_height + self.row_height * len(self.table.rows)

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        self.draw_rows(paper, left, top, 0, len(self.table.rows))

    def draw_rows(self, paper: Paper, left: float, top: float, first: int, count: int) -> float:
        """Draw the headers and `count` rows, starting with the row `first`. Return the height."""
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
        """Return the lines of each header, two at most."""
        heads: list[list[str]] = []
        for place, width in zip(self.places, self.widths, strict=True):
            room = width - 2 * PAD
            lines = wrapped(self.table.heads[place].text, room, self.size, bold=True)
            rest = fitting(" ".join(lines[1:]), room, self.size, bold=True)
            heads.append([line for line in (lines[0], rest) if line] or [""])
        return heads

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
    """Return the parts of a table that fit the width. If a smaller text size is enough, the table stays in one part.

    Each part starts with the keys.
    """
    for size in SIZES:
        natural = _widths(table, size)
        if sum(natural) <= width:
            spare = min(STRETCH, (width - sum(natural)) / max(len(natural), 1))
            return [Band(table, tuple(range(len(natural))), tuple(each_width + spare for each_width in natural), size)]
    return _parts(table, width)


def _parts(table: Table, width: float) -> list[Band]:
    """Return the table in parts, each with the keys and at least one other column.

    Keys that are too wide are cut.
    """
    size = SIZES[1]
    natural = _widths(table, size)
    keys = list(range(min(table.keys, len(natural))))
    most = 0.6 * width / max(len(keys), 1)
    cut = [
        min(each_width, most) if place in keys else min(each_width, width * 0.4)
        for place, each_width in enumerate(natural)
    ]
    room = width - sum(cut[place] for place in keys)
    rest = [part for group in _groups(table, len(keys)) for part in _torn(group, cut, room)]
    parts: list[Band] = []
    while rest or not parts:
        taken: list[int] = []
        while rest and (not taken or sum(cut[place] for place in (*taken, *rest[0])) <= room):
            taken += rest.pop(0)
        places = (*keys, *taken)
        parts.append(Band(table, places, tuple(cut[place] for place in places), size))
    return parts


def _groups(table: Table, keys: int) -> list[list[int]]:
    """Return the columns after the keys, grouped by which should stay together."""
    groups: list[list[int]] = []
    for place in range(keys, len(table.heads)):
        if table.heads[place].follows and groups:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _torn(group: list[int], widths: Sequence[float], room: float) -> list[list[int]]:
    """Return the group as it is or, if it's too wide for a part, each column separately."""
    fits = sum(widths[place] for place in group) <= room
    return [group] if fits else [[place] for place in group]


def _widths(table: Table, size: float) -> list[float]:
    """Return each column's width, which fits its longest cell and its header on two lines."""
    widths: list[float] = []
    for place, head in enumerate(table.heads):
        cells = (width_of(printable(row[place].text), size, bold=row[place].bold) for row in table.rows)
        needed = max(NARROWEST, _two_lines(printable(head.text), size), max(cells, default=0.0))
        widths.append(min(WIDEST, needed) + 2 * PAD)
    return widths


def _two_lines(text: str, size: float) -> float:
    """Return the width of a text on two lines, broken where the lines are most equal."""
    words = text.split(" ")
    breaks = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words) + 1))
    # A tiny bit more, because the widths of parts don't always add up to the width of the whole.
    return 0.1 + min(max(width_of(line, size, bold=True) for line in pair) for pair in breaks)
