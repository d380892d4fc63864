"""A table of text, as analyses show it in the shell, in files and for screen readers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextTable:
    """A header and lines of formatted text, with a title of a few words."""

    title: str
    header: list[str]
    lines: list[list[str]]
