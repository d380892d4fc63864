"""One tile of a page: its question and answer, which a session keeps, and what is open in it. `tile_view` draws it."""

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
    """The marks of picks in a tile, which apply to any question.

    The browser keeps the marks of a click until it gets a new widget. Marks from a link are drawn.
    """

    again: int = 0  # how often they were cleared
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
    selection: Selection | None = None  # what was clicked in its answer
    is_down: bool = False  # whether the menu of what was clicked lists further breakdowns
    dialog: str = ""  # chosen in the tile's own menu, and not open yet
    opens: tuple[str, Any] | None = None  # what was chosen in a menu, and isn't open yet. Any: what it's about
    marks: Marks = field(default_factory=Marks)
