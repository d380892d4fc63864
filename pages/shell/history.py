"""Undo and redo of the contents of a page, by button and by keyboard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

DEEP = 50

Stood = TypeVar("Stood")


@dataclass(slots=True)
class History(Generic[Stood]):
    """Earlier contents, oldest first, and undone contents, of which the last is redone first."""

    before: list[Stood] = field(default_factory=list[Stood])
    after: list[Stood] = field(default_factory=list[Stood])

    def step(self, left: Stood) -> None:
        """Record a change by a person. Undo then returns to `left`, and there is nothing to redo."""
        self.before = [*self.before[1 - DEEP :], left]
        self.after = []

    def undo(self, left: Stood) -> Stood:
        """Return the contents before `left`, which redo then restores, or `left` itself if there are none."""
        if not self.before:
            return left
        self.after.append(left)
        return self.before.pop()

    def redo(self, left: Stood) -> Stood:
        """Return the contents that were undone last, or `left` itself if there are none."""
        if not self.after:
            return left
        self.before.append(left)
        return self.after.pop()
