"""Parse delimited text into a grid. The parser only gets text, so that no file can make it open another file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from semantic.errors import UnreadableFile
from semantic.uploads.grid import Grid, grid_of

DELIMITERS: Final = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
"""The delimiters that can be chosen in the form, with their labels."""

_SAMPLE_LETTERS, _SAMPLE_ROWS = 200_000, 300
_DECIMAL: Final = re.compile(r"\s*[-+]?[\d.]{1,30},\d{1,30}\s*%?\s*")
_SEP: Final = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def read_delimited(text: str, delimiter: str = "") -> Grid:
    """Parse delimited text into a grid. `delimiter` is one of DELIMITERS, or "" to detect it. Raises UnreadableFile."""
    first, body = 1, text
    if marked := _SEP.match(text[:20]):  # Excel's own note about the delimiter
        first, body = 2, text[marked.end() :]
        delimiter = delimiter or (marked[1] if marked[1] in DELIMITERS else "")
    return grid_of(_numbered(body, delimiter or find_delimiter(body), first))


def find_delimiter(text: str) -> str:
    """Return the delimiter that splits the most lines into the same number of cells."""
    sample = text[:_SAMPLE_LETTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    # Lines of a single column must not be split.
    best = next((delimiter for delimiter in "\t|;" if delimiter not in sample), ",")
    best_score = (0.0, -_SAMPLE_ROWS, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in _loose(sample, delimiter) if any(cell.strip() for cell in row)]
        counts = Counter(len(row) for row in rows)
        wide = [(times, width) for width, times in counts.items() if width > 1]
        if not wide or (delimiter == "," and _is_one_column(rows)):
            continue
        times, width = max(wide)
        start = next(index for index, row in enumerate(rows) if len(row) == width)  # titles come before
        score = (round(times / max(len(rows) - start, 1), 1), -start, width)
        if score > best_score and times * 2 >= len(rows) - start:
            best, best_score = delimiter, score
    return best


def _is_one_column(rows: list[list[str]]) -> bool:
    """Whether all commas are decimal commas in a single column."""
    below = [",".join(row) for row in rows if len(row) > 1]
    return len(rows[0]) == 1 and all(_DECIMAL.fullmatch(line) for line in below)


def _loose(sample: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        return list(islice(reader, _SAMPLE_ROWS))
    except csv.Error:
        return []


def _numbered(text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = "is too long" if "limit" in str(error) else "has a quotation mark that doesn't fit"
            raise UnreadableFile(
                f"The cell that starts in row {number:,} {what}. Check that each quotation mark inside a cell is "
                "written twice, and that each quoted cell ends with one."
            ) from None
        yield number, row
        number += 1
