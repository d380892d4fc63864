"""The parts of a letter as plain text. The HTML and text writers escape them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semantic.display.change import Verdict

Tone = Literal["", "good", "caution", "bad"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The first line, in grey: what the letter covers, such as its days and filters."""

    text: str


@dataclass(frozen=True, slots=True)
class Headline:
    """The first sentence of a letter, with what the reader needs to know first."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number with its change. `bars` has its values over time, for a small chart."""

    label: str
    value: str
    change: str = ""  # such as "+12% better"
    verdict: Verdict = ""
    detail: str = ""  # such as "vs €1.2M, 1 – 29 Oct"
    target: str = ""  # such as "90% of target to date, behind"
    on_target: Verdict = ""
    bars: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """Several numbers next to each other. On phones, there are two in a row."""

    cells: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A labelled bar of a small chart.

    `size` is the bar's number, or None if it's missing. `value` is the number as text.
    """

    label: str
    value: str
    size: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The finding of one answer with a small chart.

    The chart has labelled bars, or a line over time with its first and last value in words.
    """

    title: str
    text: str = ""
    bars: tuple[Bar, ...] = ()
    line: tuple[float, ...] = ()
    ends: tuple[str, str] = ("", "")  # the first and last period of the line, with their values
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with its name and whether it contains numbers."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table. A letter shows the rows that fit, and the number of other rows below them.

    `left_out` and `left_columns` are the numbers of rows and columns that this object doesn't contain.
    """

    title: str
    head: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    left_out: int = 0
    left_columns: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A single sentence, such as a note about late or missing data."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quotation from a person, with the person's name and the time."""

    author: str
    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its text. If it `is_spelt_out`, the plain text version includes the address too."""

    label: str
    address: str
    is_spelt_out: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """The button that opens the letter's main link."""

    label: str
    link: str


Line = str | tuple[str | Link, ...]
"""A line of text, or of texts and links."""


@dataclass(frozen=True, slots=True)
class Footer:
    """The small print: freshness, trust, receipts, why this letter was sent, and how to stop it."""

    lines: tuple[Line, ...]


Block = Scope | Headline | Numbers | Finding | Rows | Note | Quote | Button | Footer
