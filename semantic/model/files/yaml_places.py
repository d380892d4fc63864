"""Find where each part of a YAML text starts and ends, for edits of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""Matches the line breaks that YAML recognizes."""


@dataclass(slots=True)
class Place:
    """One scalar, list or mapping, from `start` up to, but not including, `end`, without trailing spaces and comments.

    A mapping's children alternate between keys and values. `value` is a scalar's text. `dash` is the position of a
    block list item's dash. `keeps_blanks` is true if blank lines after a text block belong to it (`|+`).
    """

    start: int
    end: int
    is_flow: bool = False
    is_list: bool = False
    value: str | None = None
    children: list[Place] = field(default_factory=list["Place"])
    dash: int = -1
    keeps_blanks: bool = False

    @property
    def pairs(self) -> list[tuple[Place, Place]]:
        """Each key of a mapping with its value."""
        return list(zip(self.children[::2], self.children[1::2], strict=True))

    def text_of(self, key: str) -> str:
        """Return the scalar text of a mapping's key, or "" if the key is missing or this isn't a mapping."""
        if self.is_list or self.value is not None:
            return ""
        return next((value.value or "" for name, value in self.pairs if name.value == key), "")


def read_places(text: str) -> Place | None:
    """Return the places in a text, or None if the text has only comments. `read_yaml` must accept the text."""
    # The parser doesn't count a byte order mark.
    shift = 1 if text.startswith("\ufeff") else 0
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return _document(text, events, shift)


def line_of(text: str, at: int) -> int:
    """Return the line of a position in the text, counted from 1."""
    return 1 + sum(1 for _ in BREAK.finditer(text, 0, at))


def line_start(text: str, at: int) -> int:
    """Return the position where the line at `at` begins."""
    start = at
    while start > 0 and text[start - 1] not in "\n\r\x85\u2028\u2029":
        start -= 1
    return start


def line_end(text: str, at: int) -> int:
    """Return the position where the line at `at` ends, before its line break."""
    match = BREAK.search(text, at)
    return match.start() if match else len(text)


def after_break(text: str, at: int) -> int:
    """Return the position after the line break at `at`, or `at` itself if there is none."""
    match = BREAK.match(text, at)
    return match.end() if match else at


def newline_of(text: str) -> str:
    """Return the line break that a text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _document(text: str, events: Iterator[yaml.Event], shift: int) -> Place | None:
    open_places: list[Place] = []
    root: Place | None = None
    for event in events:
        place: Place | None = None
        start, end = event.start_mark.index + shift, event.end_mark.index + shift
        match event:
            case yaml.ScalarEvent():
                place = _scalar(event, text, start, end)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                place = Place(start, end, bool(event.flow_style), isinstance(event, yaml.SequenceStartEvent))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                closed = open_places.pop()
                last = closed.children[-1] if closed.children else None
                closed.end = end if closed.is_flow or last is None else last.end
                closed.keeps_blanks = last is not None and last.keeps_blanks and not closed.is_flow
                if closed.is_list and not closed.is_flow:
                    _find_dashes(text, closed)
            case _:
                pass
        if place is not None:
            if open_places:
                open_places[-1].children.append(place)
            elif root is None:
                root = place
            if place.value is None:
                open_places.append(place)
    return root


def _scalar(event: yaml.ScalarEvent, text: str, start: int, end: int) -> Place:
    if event.style not in ("|", ">"):
        return Place(start, end, value=event.value)
    keeps = event.value.endswith("\n\n") or (event.value.endswith("\n") and not event.value.strip("\n"))
    # A block text extends to the next item of the file, including blank lines.
    end = end if keeps else start + len(text[start:end].rstrip())
    return Place(start, end, value=event.value, keeps_blanks=keeps)


def _find_dashes(text: str, block: Place) -> None:
    at = block.start
    for item in block.children:
        at = _skip_to_dash(text, at)
        item.dash = at
        at = max(item.end, at + 1)


def _skip_to_dash(text: str, at: int) -> int:
    """Return the position of the next item of a block list. Only spaces and comments can precede it."""
    while at < len(text) and text[at] != "-":
        at = line_end(text, at) if text[at] == "#" else at + 1
    return at
