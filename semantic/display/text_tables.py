"""Tables of text that show analyses on the command line, in files and to screen readers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from semantic.display.format import MISSING
from semantic.query.describe import upper_first

_NUMBER: Final = re.compile(r"[^\w\s(]{0,3}(?:[A-Z]{2,3}\s)?[^\w\s(]?\d")
_DAY: Final = re.compile(r"\d{1,2} [A-Z][a-z]{2}\b")
_SIZE: Final = re.compile(r"[-\N{MINUS SIGN}]?\d[\d,]*(?:\.\d+)?")


def size_of(text: str) -> float | None:
    """Return the number in a cell, for drawing, without its unit. None if the cell is empty or hidden.

    >>> size_of("\N{ALMOST EQUAL TO}1,234"), size_of("12.1%"), size_of("(hidden)"), size_of("")
    (1234.0, 12.1, None, None)
    """
    match = _SIZE.search(text) if not text.startswith("(") else None
    return float(match[0].replace(",", "").replace("\N{MINUS SIGN}", "-")) if match is not None else None


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of formatted text with a header, lines, and a short title."""

    title: str
    header: list[str]
    lines: list[list[str]]

    @property
    def heads(self) -> list[str]:
        """The texts of the header. Each begins with a capital letter."""
        return [upper_first(text) for text in self.header]

    @property
    def sides(self) -> list[Literal["left", "right"]]:
        """The alignment of each column. Numbers and durations are aligned to the right.

        The first column contains names, and is aligned to the left.
        """
        return ["right" if place and self._has_numbers(place) else "left" for place in range(len(self.header))]

    def _has_numbers(self, place: int) -> bool:
        """Whether a column contains numbers. Empty and hidden cells are ignored."""
        texts = [line[place] for line in self.lines if place < len(line)]
        known = [text for text in texts if text not in ("", MISSING) and not text.startswith("(")]
        return all(_NUMBER.match(text) and not _DAY.match(text) for text in known)
