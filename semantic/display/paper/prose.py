"""Draw the text of a text tile on paper, with emphasis and lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from semantic.boards.text import Span, blocks
from semantic.display.paper.letters import fitting, printable, width_of
from semantic.display.paper.markup import Run, draw_line
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import LEADING
from semantic.display.tokens import LIGHT

INDENT = 10.0


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of a text tile. The fonts on paper have no italics, so italic text is upright."""

    text: str
    size: float = 8.5

    def height(self, width: float) -> float:
        return sum(above + LEADING * self.size for above, *_ in self._lines(width))

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        for above, indent, mark, line in self._lines(width):
            top += above
            if mark:
                paper.text(left, top + self.size, mark, size=self.size, colour=LIGHT.muted)
            draw_line(paper, line, left + indent, top + self.size, size=self.size, colour=LIGHT.ink, align="left")
            top += LEADING * self.size

    def _lines(self, width: float) -> list[tuple[float, float, str, list[Run]]]:
        """Return each line as the space above it, its indentation, its list marker or "", and its runs."""
        lines: list[tuple[float, float, str, list[Run]]] = []
        for block in blocks(self.text):
            above = 4.0 if block.kind == "paragraph" else 1.0
            indent = 0.0 if block.kind == "paragraph" else INDENT
            mark = {"bullet": "\N{BULLET}", "number": f"{block.number}."}.get(block.kind, "")
            for spans in block.lines:
                for line in _wrapped(_runs(spans), width - indent, self.size):
                    lines.append((above, indent, mark, line))
                    above, mark = 0.0, ""
        return lines


def _runs(spans: Sequence[Span]) -> list[Run]:
    return [Run(printable(span.text), span.style == "bold") for span in spans]


def _wrapped(runs: list[Run], width: float, size: float) -> list[list[Run]]:
    """Return the runs in lines that fit. A word that is wider than a line is cut."""
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
            # Consecutive words of one weight are one text, so that people can select a whole sentence.
            joined = line.pop().text if line and line[-1].bold == run.bold else ""
            line.append(Run(joined + word, run.bold))
    return lines
