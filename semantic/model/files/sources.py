"""Find the line of each part of a model file, and describe structural problems in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from semantic.errors import Problem, counted
from semantic.model.files.yaml_text import Path as YamlPath


@dataclass(frozen=True, slots=True)
class Source:
    """The line number of each part of a file, so that problems can name their line."""

    file: str
    lines: Mapping[YamlPath, int]

    def line(self, path: YamlPath) -> int:
        """Return the line of `path`, or of the nearest part that contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def shape_problems(error: ValidationError, source: Source) -> Iterable[Problem]:
    """Yield a problem with its line for every missing, unknown or invalid key."""
    for wrong in error.errors(include_url=False):
        path = tuple(wrong["loc"])
        name = path[-1] if path else "the file"
        line = source.line(path)
        match wrong["type"]:
            case _ if any(mark in str(name) for mark in "()'\""):
                message = f"{name!r} is read as a separate key."
                yield Problem(source.file, line, message, "Inside { }, quote values that contain a comma.")
            case "extra_forbidden":
                yield Problem(source.file, line, f"Unknown key {name!r}.", "docs/reference/model.md lists the keys.")
            case "missing":
                yield Problem(source.file, line, f"The key {name!r} is missing.", "Add it.")
            case "string_pattern_mismatch":
                remedy = "Names have lower-case letters, digits and _, and start with a letter."
                yield Problem(source.file, line, f"The value of {name!r} is not a valid name.", remedy)
            case _:
                message, remedy = _problem_words(str(name), wrong)
                yield Problem(source.file, line, message, remedy)


def _problem_words(name: str, wrong: ErrorDetails) -> tuple[str, str]:
    """Return the message and the remedy for a value of the wrong type or size, without pydantic's wording."""
    about, value = f"The value of {name!r}", wrong.get("ctx", {})
    match wrong["type"]:
        case "value_error":
            reason = str(value.get("error", "")).strip().removesuffix(".")
            return f"{about} isn't valid: {reason}.", ""
        case "literal_error" | "enum":
            known = _listed(str(value.get("expected", "")))
            near = get_close_matches(str(wrong["input"]), known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Choose {join_or(known)}."
            return f"{about} can't be {str(wrong['input'])[:60]!r}.", remedy
        case "too_short":
            return f"{about} needs at least {counted(int(value['min_length']), 'entry', 'entries')}.", "Add one."
        case "too_long":
            return f"{about} has more than {counted(int(value['max_length']), 'entry', 'entries')}.", "Remove some."
        case "string_too_short":
            return f"{about} is empty.", "Add a value, or remove the key."
        case "string_too_long":
            return f"{about} has more than {int(value['max_length']):,} characters.", "Make it shorter."
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal" as kind:
            side = {"greater_than": "more than", "greater_than_equal": "at least", "less_than": "less than",
                    "less_than_equal": "at most"}[kind]  # fmt: skip
            bound = next(value[key] for key in ("gt", "ge", "lt", "le") if key in value)
            return f"{about} must be {side} {bound:,}.", "Change it."
        case _:
            needs = next((words for start, words in _NEEDS.items() if wrong["type"].startswith(start)), "")
            return f"{about} must be {needs}." if needs else f"{about} isn't valid here.", _REFERENCE


_REFERENCE = "docs/reference/model.md says what it can be."
_NEEDS = {
    "int": "a whole number", "float": "a number", "decimal": "a number", "bool": "true or false",
    "date": "a day, written like 2026-12-31", "list": "a list, written like [a, b]",
    "dict": "keys with values, written like {a: b}", "model": "keys with values, written like {a: b}",
    "string": "text",
}  # fmt: skip


def _listed(expected: str) -> list[str]:
    """Return the choices in pydantic's text, such as `'sum', 'count' or 'avg'`, as a list."""
    return re.findall(r"'([^']*)'", expected)


def join_or(words: Sequence[str]) -> str:
    """Return words as alternatives: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
