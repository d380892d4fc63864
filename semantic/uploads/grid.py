"""The cells of a file as text, by column, before their types are determined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Final

import polars as pl

from semantic.errors import UnreadableFile, counted

MOST_BYTES: Final = 50 * 1024 * 1024
MOST_COLUMNS: Final = 1_000
MOST_ROWS: Final = 2_000_000
MOST_CELLS: Final = 10_000_000
LONGEST_CELL: Final = 32_767
"""The most characters of text in a cell: Excel's limit, which applies to every kind of file."""

_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A problem in one cell. `row` counts from 1, as in a spreadsheet, and `column` is the column's name or letters."""

    row: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"Row {self.row:,}, {self.column}: {self.what}"


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells as text, `None` where empty.

    `rows` has the row numbers in the file, because empty rows are left out. `lengths` has each row's number of cells,
    up to the last one with a value. `typed` has, for each column, the row indexes of cells that the file itself stores
    as numbers, dates or booleans, so that they aren't ambiguous.
    """

    columns: tuple[pl.Series, ...]
    rows: pl.Series
    lengths: pl.Series
    typed: tuple[frozenset[int], ...] = ()
    problems: tuple[CellProblem, ...] = ()

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.columns)

    def row(self, index: int) -> tuple[str | None, ...]:
        return tuple(column[index] for column in self.columns)


def grid_of(
    rows: Iterable[tuple[int, Sequence[str | None]]],
    *,
    typed: Sequence[frozenset[int]] = (),
    problems: Sequence[CellProblem] = (),
) -> Grid:
    """Return numbered rows as a grid, without empty rows and empty trailing columns. Raises UnreadableFile."""
    kept = _kept(rows)
    pieces: list[list[pl.Series]] = []
    numbers: list[int] = []
    lengths: list[int] = []
    cells = 0
    while chunk := list(islice(kept, _CHUNK)):
        numbers += [number for number, _ in chunk]
        lengths += [len(row) for _, row in chunk]
        width = max(len(row) for _, row in chunk)
        cells += width * len(chunk)
        if width > MOST_COLUMNS:
            raise UnreadableFile(f"It has more than {MOST_COLUMNS:,} columns. Upload only the columns you need.")
        if len(numbers) > MOST_ROWS or cells > MOST_CELLS:
            raise UnreadableFile(
                f"It has more than {MOST_ROWS:,} rows or {MOST_CELLS:,} cells. Split it, or ask an administrator to "
                "connect the table."
            )
        pieces.append([pl.Series(column, dtype=pl.String) for column in zip_longest(*(row for _, row in chunk))])
    width = max((len(piece) for piece in pieces), default=0)
    columns = tuple(_joined(pieces, index) for index in range(width))
    return Grid(
        columns,
        pl.Series(numbers, dtype=pl.Int64),
        pl.Series(lengths, dtype=pl.Int64),
        tuple(typed[index] if index < len(typed) else frozenset() for index in range(width)),
        tuple(problems),
    )


def _kept(rows: Iterable[tuple[int, Sequence[str | None]]]) -> Iterator[tuple[int, list[str | None]]]:
    for number, row in rows:
        cells = [_cell(text, number) for text in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _cell(text: str | None, row: int) -> str | None:
    if text is None:
        return None
    text = text.strip(_BLANKS)
    if len(text) > LONGEST_CELL:
        raise UnreadableFile(
            f"Row {row:,} has a cell with {counted(len(text), 'character')}. A quotation mark may be missing. "
            f"A cell can have at most {LONGEST_CELL:,}."
        )
    return text or None


_BLANKS: Final = " \t\r\n\u00a0\u200b\ufeff"


def _joined(pieces: Sequence[Sequence[pl.Series]], index: int) -> pl.Series:
    """Return one column over all chunks. It is empty where a chunk has fewer columns."""
    parts = (
        piece[index] if index < len(piece) else pl.Series([None] * len(piece[0]), dtype=pl.String) for piece in pieces
    )
    return pl.concat(list(chain(parts)), rechunk=True)


def column_letters(index: int) -> str:
    """Return the letters that a spreadsheet shows for a column.

    >>> column_letters(0), column_letters(25), column_letters(26)
    ('A', 'Z', 'AA')
    """
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
