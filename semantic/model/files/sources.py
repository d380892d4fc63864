"""The lines of a model file's parts, and the problems with its shape, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from semantic.errors import Problem
from semantic.model.files.yaml_text import Path as YamlPath


@dataclass(frozen=True, slots=True)
class Source:
    """The lines of a file's parts, for problems."""

    file: str
    lines: Mapping[YamlPath, int]

    def line(self, path: YamlPath) -> int:
        """Return the line of `path`, or of the nearest part around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def shape_problems(error: ValidationError, source: Source) -> Iterable[Problem]:
    """Return every missing, unknown or invalid key, with its line."""
    for wrong in error.errors(include_url=False, include_input=False):
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
                yield Problem(source.file, line, f"The value of {name!r} is not valid: {wrong['msg']}.")
