"""Split Cube's SQL at names in braces, such as `{CUBE}.price`. Templates are never run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from semantic.interop.loss import NotExpressible

_NAME = re.compile(r"\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}")
_COLUMN = re.compile(r'\.(?:(\w+)|"((?:[^"]|"")+)")')
_CONTEXTS = ("FILTER_PARAMS", "FILTER_GROUP", "SECURITY_CONTEXT", "COMPILE_CONTEXT", "SQL_UTILS", "USER_CONTEXT")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in braces, split into parts such as ("CUBE", "status").

    `column` is a column directly after the braces, as in `{CUBE}.status`.
    """

    parts: tuple[str, ...]
    column: str = ""


def read_template(text: str) -> tuple[str | Name, ...]:
    """Return the text as alternating SQL and names. Raises CannotSay for braces with more than a name."""
    pieces: list[str | Name] = []
    at = 0
    while (brace := text.find("{", at)) >= 0:
        match = _NAME.match(text, brace)
        parts = tuple(match[1].split(".")) if match else ()
        if match is None or match[1].partition(".")[0] in _CONTEXTS or text[max(brace - 1, 0) : brace] == "$":
            raise NotExpressible(f"{text!r} is a template with more than names in it. Write plain SQL")
        pieces.append(text[at:brace])
        at = match.end()
        column = _COLUMN.match(text, at) if len(parts) == 1 else None
        pieces.append(Name(parts, column[1] or column[2].replace('""', '"') if column else ""))
        at = column.end() if column else at
    pieces.append(text[at:])
    if any(isinstance(piece, str) and "}" in piece for piece in pieces):
        raise NotExpressible(f"{text!r} has an unmatched closing brace")
    return tuple(piece for piece in pieces if piece != "")
