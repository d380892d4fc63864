"""Parse the markup in the texts of figures (bold, colours and line breaks) into runs of plain text.

Only Samepage's own figures contain this markup. Names in their texts are escaped, so a name is never parsed as markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from semantic.display.paper.letters import printable, width_of
from semantic.display.paper.page import Align, Paper

_PARTS = re.compile(r"(<b>|</b>|<br>|<span style=\"color:#[0-9A-Fa-f]{6}\">|</span>)")


@dataclass(frozen=True, slots=True)
class Run:
    """A text in one colour and weight. If `colour` is "", it has the colour of the surrounding text."""

    text: str
    bold: bool = False
    colour: str = ""


def runs_of(text: str) -> list[list[Run]]:
    """Return the text as lines of runs.

    >>> runs_of("<b>A &amp; B</b><br>c")
    [[Run(text='A & B', bold=True, colour='')], [Run(text='c', bold=False, colour='')]]
    """
    lines: list[list[Run]] = [[]]
    bold, colour = False, ""
    for part in _PARTS.split(text):
        match part:
            case "<b>" | "</b>":
                bold = part == "<b>"
            case "<br>":
                lines.append([])
            case "</span>":
                colour = ""
            case _ if _PARTS.fullmatch(part):
                colour = part[19:26]
            case "":
                pass
            case _:
                lines[-1].append(Run(printable(unescape(part)), bold, colour))
    return lines


def line_width(line: list[Run], size: float) -> float:
    return sum(width_of(run.text, size, bold=run.bold) for run in line)


def draw_line(paper: Paper, line: list[Run], x: float, y: float, *, size: float, colour: str, align: Align) -> None:
    """Draw runs one after the other on the baseline `y`.

    A coloured square is drawn as a shape, because the font may not have that character.
    """
    wide = line_width(line, size)
    left = x if align == "left" else x - wide if align == "right" else x - wide / 2
    for run in line:
        left += paper.text(left, y, run.text, size=size, colour=run.colour or colour, bold=run.bold)
