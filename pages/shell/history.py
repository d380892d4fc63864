"""Undo and redo of a page's content, by button and by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

DEEP = 50

Stood = TypeVar("Stood")


@dataclass(slots=True)
class History(Generic[Stood]):
    """Earlier content, oldest first, and undone content, with the next to redo last."""

    before: list[Stood] = field(default_factory=list[Stood])
    after: list[Stood] = field(default_factory=list[Stood])

    def step(self, left: Stood) -> None:
        """Record a manual change away from `left`. Undo returns to `left`, and there is nothing to redo."""
        self.before = [*self.before[1 - DEEP :], left]
        self.after = []

    def undo(self, left: Stood) -> Stood:
        """Return the content before `left`, which can then be redone, or `left` itself if there is none."""
        if not self.before:
            return left
        self.after.append(left)
        return self.before.pop()

    def redo(self, left: Stood) -> Stood:
        """Return the content undone last, or `left` itself if there is none."""
        if not self.after:
            return left
        self.before.append(left)
        return self.after.pop()
