"""Text with emphasis and lists on paper: what a text tile may have, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from semantic.display.paper.letters import fitting, printable, width_of
from semantic.display.paper.markup import Run, draw_line
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import LEADING
from semantic.display.tokens import LIGHT

_ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,3})[.)])\s+")
INDENT = 10.0


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of a text tile: **bold**, lists, line breaks. There is no slanted letter here, so *such* is upright."""

    text: str
    size: float = 8.5

    def height(self, width: float) -> float:
        return 3 + LEADING * self.size * len(self._lines(width))

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        for place, (indent, mark, line) in enumerate(self._lines(width)):
            y = top + 3 + self.size * (LEADING * place + 1)
            if mark:
                paper.text(left, y, mark, size=self.size, colour=LIGHT.muted)
            draw_line(paper, line, left + indent, y, size=self.size, colour=LIGHT.ink, align="left")

    def _lines(self, width: float) -> list[tuple[float, str, list[Run]]]:
        """Lines with how far they are set in, and what stands before the first of a list's item."""
        found: list[tuple[float, str, list[Run]]] = []
        for paragraph in self.text.split("\n"):
            item = _ITEM.match(paragraph)
            indent = INDENT if item else 0.0
            mark = "" if item is None else f"{item[1]}." if item[1] else "\N{BULLET}"
            runs = runs_of_prose(paragraph[item.end() :] if item else paragraph)
            for place, line in enumerate(_wrapped(runs, width - indent, self.size)):
                found.append((indent, mark if place == 0 else "", line))
        return found


def runs_of_prose(text: str) -> list[Run]:
    """A line of prose as runs.

    >>> runs_of_prose("a **b** _c_")
    [Run(text='a ', bold=False, colour=''), Run(text='b', bold=True, colour=''), Run(text=' c', bold=False, colour='')]
    """
    runs: list[Run] = []
    for part, bold in _emphasised(text, "**"):
        runs += [Run(printable(_upright(one)), bold or more) for one, more in _emphasised(part, "__")]
    return [one for one in runs if one.text]


def _upright(text: str) -> str:
    for mark in "*_":
        text = "".join(part for part, _ in _emphasised(text, mark))
    return text


def _emphasised(text: str, mark: str) -> list[tuple[str, bool]]:
    """The text in parts, each with whether it stands between two such marks.

    A mark opens before a letter and closes after one, neither in the middle of a word; another stands for itself. One
    pass, since a text of marks alone would keep a search for pairs busy for minutes.
    """
    parts = text.split(mark)
    opens = [_is_letter(after[:1]) and not before[-1:].isalnum() for before, after in pairwise(parts)]
    closes = [_is_letter(before[-1:]) and not after[:1].isalnum() for before, after in pairwise(parts)]
    last = max((place for place, one in enumerate(closes) if one), default=-1)
    found = [(parts[0], False)]
    is_open = False
    for place, after in enumerate(parts[1:]):
        if closes[place] if is_open else opens[place] and place < last:
            is_open = not is_open
            found.append((after, is_open))
        else:
            found.append((mark + after, is_open))
    return found


def _is_letter(text: str) -> bool:
    return bool(text) and not text.isspace()


def _wrapped(runs: list[Run], width: float, size: float) -> list[list[Run]]:
    """Runs in lines that fit; a word that is wider than a line is cut."""
    lines: list[list[Run]] = [[]]
    taken = 0.0
    for run in runs:
        for word in re.findall(r"\s*\S+|\s+$", run.text):
            wide = width_of(word, size, bold=run.bold)
            if taken + wide > width and lines[-1]:
                lines.append([])
                taken, word = 0.0, word.lstrip()
            word = fitting(word, width, size, bold=run.bold)
            taken += width_of(word, size, bold=run.bold)
            line = lines[-1]
            # Words of one weight are one text, or they could not be selected as a sentence.
            joined = line.pop().text if line and line[-1].bold == run.bold else ""
            line.append(Run(joined + word, run.bold))
    return lines
