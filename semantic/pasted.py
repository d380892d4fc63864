"""A pasted list of values against those there are: what was found, and what was not with what comes near."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from semantic.query.query import Value

MOST = 5_000
NEAR = 2


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A line that is no value, and values that look like it."""

    line: str
    near: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The values found, in the order of the lines and each once, and the lines that are none."""

    values: tuple[Value, ...]
    unmatched: tuple[Unmatched, ...]


def lines_of(text: str) -> list[str]:
    """The entries of a pasted text: one a line, or between commas, semicolons or tabs where it is one line."""
    lines = [line.strip() for line in text.splitlines()]
    if len([line for line in lines if line]) == 1:
        lines = re.split(r"[,;\t]", text)
    stripped = [line.strip().strip("\"'").strip() for line in lines]
    return list(dict.fromkeys(line for line in stripped if line))[:MOST]


def match_list(text: str, known: Sequence[Value]) -> Matched:
    """Each line is a value as it stands, else the one that differs by capitals or spaces only; else it is unmatched.

    >>> match_list("de\\nFrance", ["DE", "FR"])
    Matched(values=('DE',), unmatched=(Unmatched(line='France', near=()),))
    """
    exact = {_text(one): one for one in known}
    folded: dict[str, list[Value]] = {}
    for one in known:
        folded.setdefault(_fold(_text(one)), []).append(one)
    values: list[Value] = []
    unmatched: list[Unmatched] = []
    for line in lines_of(text):
        alike = folded.get(_fold(line), [])
        if line in exact:
            values.append(exact[line])
        elif len(alike) == 1:
            values.append(alike[0])
        else:
            names = get_close_matches(_fold(line), list(folded), n=NEAR, cutoff=0.75)
            near = alike or [one for name in names for one in folded[name]]
            unmatched.append(Unmatched(line, tuple(near[:NEAR])))
    return Matched(tuple(dict.fromkeys(values)), tuple(unmatched))


def _text(value: Value) -> str:
    """A value as it is written: (none), yes and no as the page says them."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
