"""What stood on a page before and after what stands there: undo and redo, by button and by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

DEEP = 50

Stood = TypeVar("Stood")


@dataclass(slots=True)
class History(Generic[Stood]):
    """What stood there before, oldest first, and what was undone, the next to redo last."""

    before: list[Stood] = field(default_factory=list[Stood])
    after: list[Stood] = field(default_factory=list[Stood])

    def step(self, left: Stood) -> None:
        """`left` has been changed by hand: it can be returned to, and nothing can be redone."""
        self.before = [*self.before[1 - DEEP :], left]
        self.after = []

    def undo(self, left: Stood) -> Stood:
        """What stood before `left`, which can be redone; `left` itself where there is none."""
        if not self.before:
            return left
        self.after.append(left)
        return self.before.pop()

    def redo(self, left: Stood) -> Stood:
        """What was undone last; `left` itself where there is none."""
        if not self.after:
            return left
        self.before.append(left)
        return self.after.pop()
