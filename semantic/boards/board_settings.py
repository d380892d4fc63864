"""Apply a board's settings to a tile's question, and leave out and report those that the tile can't use.

Each setting is tried with the preflight, and the number of attempts is limited.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from semantic.boards.applied import Ignored
from semantic.errors import SemanticError, UnknownName

Asked = TypeVar("Asked")
"""The type of a question, or of the definition of an analysis."""


@dataclass(frozen=True, slots=True)
class Change(Generic[Asked]):
    """One board setting, and the function that applies it to a question or definition."""

    what: str
    make: Callable[[Asked], Asked]


def lay(
    asked: Asked, changes: Sequence[Change[Asked]], why_not: Callable[[Asked], SemanticError | None]
) -> tuple[Asked, list[Ignored]]:
    """Return the question or definition with every change that applies, and the settings that don't apply.

    `why_not` returns the error if a question or definition can't be asked, otherwise None.
    """
    laid = _with(asked, changes)
    if why_not(laid) is None:
        return laid, []
    if not changes:
        return asked, []
    if why_not(asked) is not None:  # refused even without any board setting
        return laid, []
    refused: list[Ignored] = []
    kept: list[Change[Asked]] = []  # a comparison can need the period before it, and if two don't work together, the
    for change in changes:  # first one wins
        error = why_not(_with(asked, [*kept, change]))
        if error is None:
            kept.append(change)
        else:
            refused.append(Ignored(change.what, _reason(error)))
    return _with(asked, kept), refused


def _with(asked: Asked, changes: Sequence[Change[Asked]]) -> Asked:
    for change in changes:
        asked = change.make(asked)
    return asked


def _reason(error: SemanticError) -> str:
    """Return the reason for a refusal. Missing and hidden names have the same reason."""
    return "Not available here." if isinstance(error, UnknownName) else str(error)
