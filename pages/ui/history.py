"""The questions before and after the one on the page: undo and redo, by button and by key."""

from __future__ import annotations

from dataclasses import dataclass, field

from semantic.query.query import Query

DEEP = 50


@dataclass(slots=True)
class History:
    """What was asked before, oldest first, and what was undone, the next to redo last."""

    before: list[Query] = field(default_factory=list)
    after: list[Query] = field(default_factory=list)

    def step(self, left: Query) -> None:
        """`left` has been changed by hand: it can be returned to, and nothing can be redone."""
        self.before = [*self.before[1 - DEEP :], left]
        self.after = []

    def undo(self, left: Query) -> Query:
        """The question before `left`, which can be redone; `left` itself where there is none."""
        if not self.before:
            return left
        self.after.append(left)
        return self.before.pop()

    def redo(self, left: Query) -> Query:
        """The question that was undone last; `left` itself where there is none."""
        if not self.after:
            return left
        self.before.append(left)
        return self.after.pop()
