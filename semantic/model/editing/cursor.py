"""Find where the cursor is in an object's YAML. The text can be unfinished, so it's read line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semantic.model.files.yaml_places import BREAK

_LINE = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:-(?: +|$))*)(?:(?P<key>[A-Za-z_][\w.]*|\"[^\"]*\") *:(?= |$))?(?P<rest>.*)"
)
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*(?: *#.*)?")
_WORD = re.compile(r"(?<![\w.])[\w.]*$")  # only at a word's start: a long line is scanned once
MOST_LINES, MOST_CHARACTERS = 20_000, 1_000
"""The most lines, and characters per line, for which completion works. Objects written by hand are shorter."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in an object's YAML where the cursor is.

    `path` has the enclosing keys, outermost first. `key` is the key whose value is being written, or empty where a key
    or a list item is expected. `begun` is the text typed so far, from `column` on, counted from 0. `written` are the
    other keys of the same mapping. `is_item` is true directly after a dash.
    """

    path: tuple[str, ...]
    key: str
    begun: str
    column: int
    written: frozenset[str] = frozenset()
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of YAML, split into its parts.

    `dash` is the column of its first dash, or -1 if it has none. Then come the column of its key, the key, and the text
    after the key.
    """

    dash: int
    column: int
    key: str
    rest: str

    @property
    def is_open(self) -> bool:
        """Whether the line's key has its value on later lines."""
        return bool(self.key) and (not self.rest or self.rest.startswith("#"))

    @property
    def is_text(self) -> bool:
        return _BLOCK_TEXT.fullmatch(self.rest) is not None


def read_cursor(text: str, line: int, column: int) -> Cursor:
    """Return where the cursor is in an object's YAML.

    `line` is counted from 1, and `column` is the number of characters before the cursor.
    """
    lines = BREAK.split(text)
    if len(lines) > MOST_LINES:
        return Cursor((), "", "", 0)
    lines = [row[:MOST_CHARACTERS] for row in lines]
    at = min(max(line, 1), len(lines)) - 1
    column = min(max(column, 0), len(lines[at]))
    if column >= MOST_CHARACTERS:
        return Cursor((), "", "", 0)
    before = lines[at][:column]
    opened = _opened(before)
    head = before[: opened[0]] if opened else before
    here = _read(head)
    if (above := _text_above(lines, at, before)) >= 0:
        holder = _read(lines[above])
        begun = _begun(before)
        path, _ = _around(lines, above, holder)
        return Cursor(path, holder.key, begun, column - len(begun))
    path, written = _around(lines, at, here)
    if opened:
        return _in_brackets(lines[at], before, opened, path, here)
    if here.key:
        begun = _begun(here.rest)
        return Cursor(path, here.key, begun, column - len(begun), written)
    begun = _begun(before[here.column :])
    return Cursor(path, "", begun, column - len(begun), written, is_item=here.dash >= 0)


def _read(line: str) -> _Line:
    match = _LINE.fullmatch(line)
    assert match is not None  # every line matches: indentation, then the rest
    dash = len(match["indent"]) if match["dashes"] else -1
    column = len(match["indent"]) + len(match["dashes"])
    return _Line(dash, column, (match["key"] or "").strip('"'), match["rest"].strip())


def _begun(text: str) -> str:
    match = _WORD.search(text)
    return match[0] if match else ""


def _opened(before: str) -> list[int]:
    """Return the columns of the brackets that are still open at the end of a line, ignoring quoted text."""
    opened: list[int] = []
    quote = ""
    for at, character in enumerate(before):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (at == 0 or before[at - 1] in " ,[{:"):
            quote = character
        elif character == "#" and (at == 0 or before[at - 1] == " "):
            break
        elif character in "[{":
            opened.append(at)
        elif character in "]}" and opened:
            opened.pop()
    return opened


def _text_above(lines: Sequence[str], at: int, before: str) -> int:
    """Return the index of the line whose `|` or `>` starts the text block around a line, or -1 if there is none."""
    least = len(before) - len(before.lstrip(" "))
    for number in range(at - 1, -1, -1):
        if lines[number].strip():
            line = _read(lines[number])
            if line.key and line.is_text and line.column < least:
                return number
            least = min(least, len(lines[number]) - len(lines[number].lstrip(" ")))
    return -1


def _around(lines: Sequence[str], at: int, line: _Line) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the keys that enclose a line, outermost first, and the other keys at the line's own level."""
    path: list[str] = []
    written = set(_below(lines, at, line.column))
    limit, is_item = (line.dash, True) if line.dash >= 0 else (line.column, False)
    for line in _upwards(lines, at):
        if is_item:
            if line.column <= limit and line.dash < 0 and line.is_open:
                path.insert(0, line.key)
                limit, is_item = line.column, False
            elif 0 <= line.dash < limit and line.is_open:
                path.insert(0, line.key)
                limit = line.dash
        elif line.column == limit and line.key:
            if not path:
                written.add(line.key)
            if line.dash >= 0:
                limit, is_item = line.dash, True
        elif line.column < limit and line.is_open:
            path.insert(0, line.key)
            limit, is_item = (line.dash, True) if line.dash >= 0 else (line.column, False)
    return tuple(path), frozenset(written)


def _upwards(lines: Sequence[str], at: int) -> Iterator[_Line]:
    for line in reversed(lines[:at]):
        if line.strip() and not line.lstrip().startswith("#"):
            yield _read(line)


def _below(lines: Sequence[str], at: int, column: int) -> Iterator[str]:
    """Yield the keys that follow line `at` in the same mapping."""
    for text in lines[at + 1 :]:
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        line = _read(text)
        if line.column < column or (0 <= line.dash < column):
            return
        if line.column == column and line.key:
            yield line.key


def _in_brackets(line: str, before: str, opened: list[int], path: tuple[str, ...], here: _Line) -> Cursor:
    """Return where the cursor is inside `{ }` or `[ ]` on one line."""
    keys = [_key_before(before[:at]) for at in opened]
    if not keys[0]:
        keys[0] = here.key
    inner = before[opened[-1] + 1 :]
    segment = re.split(r",", _closed_out(inner))[-1]
    around = (*path, *(key for key in keys[:-1] if key))
    begun = _begun(inner)
    start = len(before) - len(begun)
    if before[opened[-1]] == "[":
        return Cursor(around, keys[-1], begun, start) if keys[-1] else Cursor(around, "", begun, start)
    around = (*around, keys[-1]) if keys[-1] else around
    if match := re.match(r"\s*([\w.]+)\s*:", segment):
        return Cursor(around, match[1], begun, start)
    beside = _closed_out(line[opened[-1] + 1 :])
    return Cursor(around, "", begun, start, frozenset(re.findall(r"\b(\w+)\s*:", beside.partition("}")[0])))


def _key_before(text: str) -> str:
    match = re.search(r"(?<![\w.])([\w.]+)\s*:\s*$", text)
    return match[1] if match else ""


def _closed_out(text: str) -> str:
    """Return a line's text with quoted text and closed brackets replaced by spaces."""
    for pattern in (r"\"[^\"]*\"|'[^']*'", r"\{[^{}\[\]]*\}|\[[^{}\[\]]*\]", r"\{[^{}]*\}"):
        text = re.sub(pattern, lambda match: " " * len(match[0]), text)
    return text
