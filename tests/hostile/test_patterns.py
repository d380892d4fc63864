"""Every regular expression in the code, run on texts designed to slow it down: none takes more than a moment."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.hostile.strings import STRINGS
from tests.repository.test_house import ROOT

USES = frozenset({"compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"})
SIZES = (26, 10_000)
"""Lengths of texts. The shortest exposes a pattern whose time doubles with each letter, the longest a quadratic one."""

LIMIT = 1.0
"""The most CPU seconds for one text. A safe pattern takes a few thousandths."""

PIECES = (
    *(
        "a",
        "A",
        "1",
        "_",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        ",",
        ".",
        "-",
        "(",
        ")",
        "[",
        "{",
        "{{",
        "}}",
        "'",
        '"',
        "\\",
        "\\'",
    ),
    *(
        "/",
        ":",
        ";",
        "|",
        "=",
        "#",
        "*",
        "<",
        ">",
        "a1",
        "a ",
        " a",
        "a,",
        "a.",
        "a:",
        "1 ",
        "1.",
        "é",
        "\u2028",
        "\u2010",
    ),
    *("R-", "ref(", "case ", " , ", "- ", "a_", "__", "<script>", "0" * 3),
)
ENDS = ("", "!")


@dataclass(frozen=True, slots=True)
class Found:
    """A regular expression as written in the code."""

    place: str
    pattern: str
    flags: int
    uses: frozenset[str]  # the ways in which it's matched against a text


def patterns() -> Iterator[Found]:
    for folder in ("semantic", "connectors", "pages"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield from _patterns_in(file)


def _patterns_in(file: Path) -> Iterator[Found]:
    source = file.read_text(encoding="utf-8")
    if not re.search(r"\bre\.\w+\(", source):
        return  # every test process reads all files to collect its tests, and parsing them takes seconds
    tree = ast.parse(source)
    names = _names(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=use), args=[pattern, *_]) if use in USES:
                text = _constant(pattern)
                if text is not None:
                    yield Found(
                        f"{file.relative_to(ROOT)}:{node.lineno}",
                        text,
                        _flags(node),
                        _ways(use, names.get(node, ()), source),
                    )
            case _:
                pass


def _names(tree: ast.Module) -> dict[ast.AST, list[str]]:
    """Return the names that each call in the file is assigned to."""
    found_names: dict[ast.AST, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [
                inner_node.id
                for target in targets
                for inner_node in ast.walk(target)
                if isinstance(inner_node, ast.Name)
            ]
            found_names |= {call: names for call in ast.walk(node.value) if isinstance(call, ast.Call)}
    return found_names


def _ways(use: str, names: Sequence[str], source: str) -> frozenset[str]:
    """Return how a pattern is matched against texts: by its own call, or through the name that it's assigned to."""
    if use != "compile":
        return frozenset({use})
    kept = "|".join(names)
    texts = re.findall(rf"\b(?:{kept})\.(match|search|fullmatch|findall|finditer|sub|split)\b", source) if kept else []
    return frozenset(texts or ["search"])


def _constant(node: ast.expr) -> str | None:
    """Return the text of a pattern.

    Anything inserted at run time is an escaped name, so an example name takes its place.
    """
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            texts = [part.value if isinstance(part, ast.Constant) else "A" for part in parts]
            return "".join(str(text) for text in texts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            constant, other = _constant(left), _constant(right)
            return None if constant is None or other is None else constant + other
        case _:
            return None


def _flags(call: ast.Call) -> int:
    said = [ast.unparse(argument) for argument in [*call.args[1:], *(word.value for word in call.keywords)]]
    names = [name for text in said for name in re.findall(r"\bre\.([A-Z]+)\b", text)]
    return sum(int(getattr(re, name)) for name in dict.fromkeys(names))


FOUND = tuple(dict.fromkeys(patterns()))


def test_the_regular_expressions_are_found() -> None:
    assert len(FOUND) > 80


@pytest.mark.parametrize("found", FOUND, ids=lambda use: use.place)
def test_no_pattern_can_be_slowed_down(found: Found) -> None:
    pattern = re.compile(found.pattern, found.flags)
    for size, piece, end in product(SIZES, PIECES, ENDS):
        text = piece * (size // len(piece)) + end
        took = _time(pattern, text, found.uses)
        assert took < LIMIT, f"{found.pattern!r} takes {took:.1f} s for {size:,} letters of {piece!r} and {end!r}"


def test_no_hostile_string_slows_a_pattern_down() -> None:
    strings = [text for text in STRINGS if 200 < len(text) <= 20_000]
    assert len(strings) > 15
    for used in FOUND:
        pattern = re.compile(used.pattern, used.flags)
        for text in strings:
            took = _time(pattern, text, used.uses)
            assert took < LIMIT, f"{used.place}: {text[:60]!r} takes {took:.1f} s"


def _time(pattern: re.Pattern[str], text: str, uses: frozenset[str] = frozenset({"search"})) -> float:
    began = time.process_time()
    if uses - {"match", "fullmatch"}:
        pattern.search(text)
    if "match" in uses:
        pattern.match(text)
    if "fullmatch" in uses:
        pattern.fullmatch(text)
    return time.process_time() - began


def test_a_slow_pattern_is_detected() -> None:
    """This tests the suite itself, with two patterns known to be slow."""
    assert _time(re.compile(r"^(a+)+$"), "a" * 24 + "!") > 20 * _time(re.compile(r"^(a+)$"), "a" * 24 + "!")
    assert _time(re.compile(r"\s+$"), " " * 20_000 + "x") > 20 * _time(re.compile(r"\s$"), " " * 20_000 + "x")
