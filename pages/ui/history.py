"""The questions before and after the one on the page: undo and redo, by button and by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from semantic.query.query import Query

DEEP = 50


class Moment(NamedTuple):
    """What stood on the page: a question, and the id of the saved one it began from, "" where it began from none."""

    query: Query
    saved: str = ""


@dataclass(slots=True)
class History:
    """What was asked before, oldest first, and what was undone, the next to redo last."""

    before: list[Moment] = field(default_factory=list)
    after: list[Moment] = field(default_factory=list)

    def step(self, left: Moment) -> None:
        """`left` has been changed by hand: it can be returned to, and nothing can be redone."""
        self.before = [*self.before[1 - DEEP :], left]
        self.after = []

    def undo(self, left: Moment) -> Moment:
        """The question before `left`, which can be redone; `left` itself where there is none."""
        if not self.before:
            return left
        self.after.append(left)
        return self.before.pop()

    def redo(self, left: Moment) -> Moment:
        """The question that was undone last; `left` itself where there is none."""
        if not self.after:
            return left
        self.before.append(left)
        return self.after.pop()
