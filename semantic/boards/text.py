"""The text of a board's text tile: paragraphs and lists, with bold and italic.

`**bold**` and `*italic*` work, and so does a line that begins with `- ` or `1. `. All other Markdown is plain text
here, including links, images, HTML, icons and colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

_MARKED: Final = re.compile(r"(\*{1,2})(?=[^\s*])([^*]*[^\s*])\1")
_LISTED: Final = re.compile(r"(?:[-*]|(\d{1,3})[.)])\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style."""

    text: str
    style: Literal["", "bold", "italic"] = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph with its lines, or one list item. `number` is set for an item of a numbered list."""

    kind: Literal["paragraph", "bullet", "number"]
    lines: tuple[tuple[Span, ...], ...]
    number: int = 0


def blocks(text: str) -> tuple[Block, ...]:
    """Return the text as blocks, in order. An empty line ends a paragraph.

    >>> [one.kind for one in blocks("Hello\\n\\n- one\\n- two")]
    ['paragraph', 'bullet', 'bullet']
    """
    blocks: list[Block] = []
    lines: list[tuple[Span, ...]] = []

    def end() -> None:
        if lines:
            blocks.append(Block("paragraph", tuple(lines)))
            lines.clear()

    for line in (each_line.strip() for each_line in text.splitlines()):
        listed = _LISTED.match(line)
        if not line or listed is not None:
            end()
        if listed is not None:
            spans = tuple(_spans(line[listed.end() :]))
            number = int(listed[1]) if listed[1] else 0
            blocks.append(Block("number" if listed[1] else "bullet", (spans,), number))
        elif line:
            lines.append(tuple(_spans(line)))
    end()
    return tuple(blocks)


def _spans(line: str) -> Iterator[Span]:
    at = 0
    for match in _MARKED.finditer(line):
        if match.start() > at:
            yield Span(line[at : match.start()])
        yield Span(match[2], "bold" if match[1] == "**" else "italic")
        at = match.end()
    if at < len(line):
        yield Span(line[at:])
