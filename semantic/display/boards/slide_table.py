"""Fit a table on a slide, with text as large as possible. Columns and rows that don't fit are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.display.format import counted
from semantic.display.paper.table import Cell, Table
from semantic.display.slides.deck import CellOnSlide, TableOnSlide, cut_to, plain, width_of, wrapped

SIZES = (14.0, 13.0, 12.0, 11.0, 10.0, 9.0)
PAD, WIDEST, STRETCH = 14.0, 240.0, 60.0
ROOMY = 480.0  # the widest column, if there is room for all


def table_on_slide(table: Table, width: float, height: float) -> tuple[TableOnSlide, str]:
    """Return the table, and a sentence about what it leaves out, or "". Totals are never left out."""
    changes = _columns(table, [place for place, head in enumerate(table.heads) if not head.is_before])
    for kept in (table, changes):
        sizes = [size for size in SIZES if sum(_widths(kept, size)) <= width]
        if sizes:
            size = next((size for size in sizes if _rows(size, height) >= len(kept.rows)), sizes[-1])
            roomy = _widths(kept, size, ROOMY)
            return _cut(kept, table, roomy if sum(roomy) <= width else _widths(kept, size), size, width, height)
    size, widths = SIZES[-1], _widths(changes, SIZES[-1])
    count = max(1, sum(sum(widths[: place + 1]) <= width for place in range(len(widths))))
    narrow = _columns(changes, range(count))
    return _cut(narrow, table, [min(each, width) for each in widths[:count]], size, width, height)


def _rows(size: float, height: float) -> int:
    """Return the number of rows that fit below a two-line header."""
    return max(1, int((height - 3.2 * size) / (2.0 * size)))


def _columns(table: Table, places: Sequence[int]) -> Table:
    rows = tuple(tuple(row[place] for place in places) for row in table.rows)
    return replace(table, heads=tuple(table.heads[place] for place in places), rows=rows)


def _widths(table: Table, size: float, widest: float = WIDEST) -> list[float]:
    """Return each column's width. It fits the longest cell, up to `widest`, and the header on two lines."""
    widths: list[float] = []
    for place, head in enumerate(table.heads):
        longest = max((width_of(plain(row[place].text), size, bold=row[place].bold) for row in table.rows), default=0.0)
        widths.append(min(widest, max(longest, _half(plain(head.text), size), 24)) + PAD)
    return widths


def _half(text: str, size: float) -> float:
    """Return the width that a text needs on two lines."""
    words = text.split(" ")
    ways = ((" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words) + 1))
    return min(max(width_of(line, size, bold=True) for line in way) for way in ways)


def _cut(
    table: Table, whole: Table, widths: Sequence[float], size: float, width: float, height: float
) -> tuple[TableOnSlide, str]:
    """Return the table with the rows that fit, and a sentence about what it leaves out.

    The table keeps the first rows and all totals. Totals are bold.
    """
    spare = min(STRETCH, (width - sum(widths)) / max(1, len(widths)))
    wide = tuple(each + spare for each in widths)
    most = _rows(size, height)
    totals = [row for row in table.rows if row and all(cell.bold for cell in row)]
    others = [row for row in table.rows if not (row and all(cell.bold for cell in row))]
    kept = list(table.rows) if len(table.rows) <= most else [*others[: max(0, most - len(totals))], *totals[:most]]
    right = frozenset(place for place, head in enumerate(table.heads) if head.align == "right")
    on_slide = TableOnSlide(
        heads=tuple(CellOnSlide(_on_two(head.text, wide[place] - PAD, size)) for place, head in enumerate(table.heads)),
        rows=tuple(tuple(_fitting(cell, wide[place] - PAD, size) for place, cell in enumerate(row)) for row in kept),
        widths=wide, right=right, size=size,
    )  # fmt: skip
    return on_slide, _left_out(len(whole.rows) - len(kept), len(whole.heads) - len(table.heads))


def _on_two(text: str, width: float, size: float) -> str:
    lines = wrapped(plain(text), width, size, bold=True)
    return "\n".join((lines[0], cut_to(" ".join(lines[1:]), width, size, bold=True)) if len(lines) > 1 else lines)


def _fitting(cell: Cell, width: float, size: float) -> CellOnSlide:
    return CellOnSlide(cut_to(plain(cell.text), width, size, bold=cell.bold), cell.colour, cell.bold, cell.tint)


def _left_out(rows: int, columns: int) -> str:
    texts = [counted(number, f"more {what}") for number, what in ((rows, "row"), (columns, "column")) if number > 0]
    return f"And {' and '.join(texts)}. The spreadsheet has all of them." if texts else ""
