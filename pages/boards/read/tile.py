"""The state of one tile in a session: its question, its answer, and what is open in it. `tile_view` draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pages.shell import session
from semantic.services.board_answers.tile import TileAnswer

if TYPE_CHECKING:
    from pages.explore.result.selection import Selection
    from semantic.boards.board import ValueFilter
    from semantic.policy.actor import Actor
    from semantic.services.targets.work import TargetWork
    from semantic.workspace import Workspace


@dataclass(slots=True)
class Marks:
    """The marks of picks in a tile, whatever its question.

    The browser keeps the marks of a click until it gets a new widget. Marks from a link have to be drawn.
    """

    again: int = 0  # how often the marks were cleared
    clicked: tuple[ValueFilter, ...] = ()  # the last click
    are_drawn: bool = False

    def forget(self) -> None:
        self.again += 1
        self.clicked, self.are_drawn = (), False


@dataclass(slots=True)
class TileState(TileAnswer):
    """A tile in one session: its answer, and which of its menus, dialogs and rows are open."""

    target_work: Callable[[Workspace, Actor], TargetWork] = session.target_work
    as_table: bool = False
    all_rows: bool = False
    selection: Selection | None = None  # the part of the answer that was clicked
    is_down: bool = False  # whether the menu of the clicked part lists further breakdowns
    dialog: str = ""  # the dialog chosen in the tile's own menu, which isn't open yet
    opens: tuple[str, Any] | None = None  # the choice in a menu, not open yet. Any: its subject
    marks: Marks = field(default_factory=Marks)
