"""Text with emphasis and lists on paper: what a text tile may have, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from semantic.display.paper.letters import fitting, printable, width_of
from semantic.display.paper.markup import Run, draw_line
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import LEADING
from semantic.display.tokens import LIGHT

_ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,3})[.)])\s+")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_SLANTED = re.compile(r"(?<!\w)([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)")
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
    at = 0
    for found in _BOLD.finditer(text):
        runs += [Run(_upright(text[at : found.start()])), Run(_upright(found[2]), bold=True)]
        at = found.end()
    return [one for one in (*runs, Run(_upright(text[at:]))) if one.text]


def _upright(text: str) -> str:
    return printable(_SLANTED.sub(r"\2", text))


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
            lines[-1].append(Run(word, run.bold))
    return lines
