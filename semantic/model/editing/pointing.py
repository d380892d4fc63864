"""Find the key that a problem is about, so that forms and the editor can show the problem there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from semantic.errors import Problem
from semantic.model.editing.keys import value_at
from semantic.model.editing.object_text import TEXT
from semantic.model.files.yaml_text import Path, Plain, read_yaml

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"")
_KEYS = re.compile(r"`(\w+):[^`]*`")
_WORDS = {
    "filter": ("The filter of",),
    "where": ("is filtered by", "is not true or false"),
    "rows": ("row rule",),
    "masks": ("masks", "bucket mask"),
    "checks": ("A check",),
    "history": ("The history of",),
    "freshness": ("The freshness of", "is loaded with"),
    "expression": ("does not use any metric", "computes with", "in terms of itself"),
}
"""Phrases in a problem's message that refer to a key."""


def place_of(problem: Problem, text: str, line: int) -> tuple[Path, int]:
    """Return the path and the line of the key that a problem is about, in an object's own text.

    `line` is the problem's line, counted from 1, which is often only the first line of the object. The path is empty if
    the problem concerns the whole object, or if the text can't be read.
    """
    data, lines, problems = read_yaml(text, TEXT)
    if problems or not isinstance(data, dict):
        return (), line
    first = min((at for path, at in lines.items() if path), default=1)
    starts = [path for path in lines if path and lines[path] == line]
    part = min(starts, key=len) if starts else _around(lines, line)
    if line > first and _leaf(data, part):
        return part, line
    # An object, or one of a dataset's dimensions, measures or policy's rules: only where it begins is known.
    inside = _best(problem, data, part if line > first else ())
    return inside or (part if line > first else ()), lines.get(inside, line) if inside else line


def _around(lines: dict[Path, int], line: int) -> Path:
    """Return the path of the last key at or above a line."""
    above = [path for path, at in lines.items() if path and at <= line]
    return max(above, key=lambda path: (lines[path], -len(path)), default=())


def _leaf(data: Plain, path: Path) -> bool:
    return not isinstance(value_at(data, path), dict | list)


def _best(problem: Problem, data: dict[str, Plain], part: Path) -> Path:
    """Return the path of the key, within `part` of an object, whose name or value the problem mentions."""
    own = str(value_at(data, (*part, "name")) or data.get("id") or "")
    texts = [one or other for one, other in _QUOTED.findall(problem.message)]
    texts = [text for text in texts if text and text != own]
    keys = _KEYS.findall(problem.message)
    if problem.message.startswith("The value of"):
        keys += texts[:1]
    ranked: list[tuple[int, int, Path]] = []
    for order, (path, value) in enumerate(_leaves(data, ())):
        if path[-1:] == ("name",) or path[: len(part)] != part:
            continue
        found = sum(_holds(value, text) for text in texts)
        beside = sum(_holds(other, text) for other in _siblings(data, path) for text in texts) if found else 0
        at_key = any(key in path for key in keys)
        worded = any(str(step) in _WORDS and any(words in problem.message for words in _WORDS[str(step)])
                     for step in path)  # fmt: skip
        score = 4 * found + 6 * at_key + 4 * worded + beside
        if score:
            ranked.append((score, -order, path))
    if ranked:
        return max(ranked)[2]
    return (*part, keys[0]) if keys and keys[0] != "name" and not part else ()


def _siblings(data: Plain, path: Path) -> list[str]:
    """Return the other string values in the mapping that contains a value."""
    parent = value_at(data, path[:-1])
    others = parent.items() if isinstance(parent, dict) else ()
    return [one for key, one in others if key != path[-1] and isinstance(one, str)]


def _holds(value: str, text: str) -> bool:
    return value == text or re.search(rf"(?<!\w){re.escape(text)}(?!\w)", value) is not None


def _leaves(data: Plain, path: Path) -> Iterator[tuple[Path, str]]:
    match data:
        case dict():
            for key, value in data.items():
                yield from _leaves(value, (*path, key))
        case list():
            for index, value in enumerate(data):
                yield from _leaves(value, (*path, index))
        case _:
            yield path, data or ""
