"""START HERE for a board's tiles. This file draws one tab: it asks for all tiles at once, and draws each answer as it
arrives.

Every question is sent before the first tile is drawn. Each tile is a fragment. For a moment, the page draws tiles in
the order in which their answers arrive. After that, slower tiles check by themselves, so that none delays another. They
aren't Streamlit's parallel fragments. Those run in parallel only during a run of the whole page, can't open dialogs,
and need a thread each, although only one can draw at a time anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.boards.read.tile import Marks, TileState
from pages.boards.read.tile_marks import NO_PICKS, Picks
from pages.boards.read.tile_menu import comments_drawer, remark_dialog
from pages.boards.read.tile_view import Tell, draw_tile
from pages.comments.board_comments import NO_COMMENTS, BoardComments
from pages.shell import session
from semantic.boards.board import Height, Row, Tab, Tile, TileKind
from semantic.display.boards.shown import row_widths

if TYPE_CHECKING:
    from semantic.boards.applied import TileQuestion
    from semantic.display.boards.shown import TileShown
    from semantic.policy.actor import Actor
    from semantic.query.query import Period
    from semantic.workspace import Workspace

PATIENCE = 1.2  # the seconds for which the page itself draws tiles as their answers arrive
BESIDE = 0.03  # the seconds for which an answered tile waits for its extras


def _ignore(_: TileShown) -> None:
    """Do nothing when a tile reports what it shows."""


def show_tab(
    tab: Tab,
    questions: Sequence[TileQuestion],
    *,
    key: str,
    default: Period | None = None,
    on_shown: Callable[[TileShown], None] = _ignore,
    picks: Picks = NO_PICKS,
    talk: BoardComments = NO_COMMENTS,
) -> None:
    """Draw a tab.

    `questions` are the questions of its tiles under the board's state. `key` identifies the board. `default` is the
    board's own period, for when the viewer picks none. `on_shown` is called with what a tile shows whenever that
    changes. `picks` has the actions for picked marks, after which the whole page reruns. By default, nothing can be
    picked. `talk` has the comments of the board, by default none.
    """
    workspace, actor = session.require("viewer")
    names = names_of(questions, key)
    tiles = {
        question.tile.id: _asked(question, workspace, actor, names[question.tile.id], default) for question in questions
    }
    waiting: list[_Drawing] = []
    for number, row in enumerate(tab.rows):
        for tile, column in zip(row.tiles, _places(row, f"{key}-row-{number}"), strict=True):
            tile_state = tiles.get(tile.id)
            if tile_state is None:
                continue
            name = names[tile.id]
            with column, st.container(border=_is_framed(tile, row), height="stretch", key=f"tile-{name}"):
                drawing = _Drawing(name, row.height, st.empty(), on_shown, picks, talk)
            tile_state.await_beside(BESIDE)
            tile_state.settle(workspace)
            drawing.draw()
            if tile_state.is_waiting:
                waiting.append(drawing)
    _wait(waiting, workspace)
    # the first open one
    any(remark_dialog(tile, workspace) or comments_drawer(tile, talk) for tile in tiles.values())


def forget_pick(key: str, tile: str) -> None:
    """Clear the picks of a tile. Call this before the tile is drawn."""
    tile_state: TileState | None = st.session_state.get(f"{key}-{tile}")
    if tile_state is not None:
        tile_state.marks.forget()


def names_of(questions: Sequence[TileQuestion], key: str) -> dict[str, str]:
    """Return the names that the tiles of a tab have on the page, by ID."""
    return {question.tile.id: _name(key, question, place) for place, question in enumerate(questions)}


def _name(key: str, question: TileQuestion, place: int) -> str:
    """Return the name of a tile on the page.

    The name of a tile that its viewer can't see uses its position. The browser gets the names, and an ID could contain
    the name of a hidden metric (decision 34).
    """
    is_hidden = not question.is_asked and question.tile.kind is not TileKind.TEXT
    return f"{key}-@{place}" if is_hidden else f"{key}-{question.tile.id}"


def _asked(question: TileQuestion, workspace: Workspace, actor: Actor, name: str, default: Period | None) -> TileState:
    """Return this session's state of a tile, after asking the tile's question again.

    While the data is unchanged, the answer is cached.
    """
    tile_state: TileState | None = st.session_state.get(name)
    whose = (actor, workspace.model.version)
    if (
        tile_state is None
        or (tile_state.actor, tile_state.version) != whose
        or (tile_state.question.query, tile_state.question.analysis) != (question.query, question.analysis)
    ):
        marks = Marks()
        if tile_state is not None:
            tile_state.leave()
            marks = tile_state.marks
        tile_state = TileState(question, *whose, marks=marks)
        st.session_state[name] = tile_state
    tile_state.question, tile_state.default, tile_state.refusal = question, default, ""
    if not tile_state.is_cancelled:
        tile_state.ask(workspace)
        tile_state.settle(workspace)
    return tile_state


def _is_framed(tile: Tile, row: Row) -> bool:
    """Return whether a tile has a frame. Text has none, unless it's next to a tile with a frame."""
    return tile.kind is not TileKind.TEXT or any(row_tile.kind is not TileKind.TEXT for row_tile in row.tiles)


def _places(row: Row, key: str) -> Sequence[Any]:
    """Return a container for each tile. On a phone, single numbers are in two columns, and other tiles are stacked.

    Any: containers.
    """
    with st.container(key=key):
        if all(tile.kind is TileKind.NUMBER for tile in row.tiles) and not any(tile.width for tile in row.tiles):
            with st.grid(len(row.tiles), min_column_width=150, gap="small"):
                return [st.container(height="stretch") for _ in row.tiles]
        return st.columns(list(row_widths(row.tiles)), gap="small")


@dataclass(slots=True)
class _Drawing:
    """The drawing of a tile in one run of the page, with its container and its state."""

    name: str
    height: Height
    place: Any  # Streamlit's place for one element
    on_shown: Tell
    picks: Picks
    talk: BoardComments
    face: tuple[object, ...] = ()
    drawn: int = 0  # how often this run of the page has drawn the tile
    with_answer: int = 0  # how often the drawing included the widgets of an answer

    @property
    def held(self) -> TileState:
        """The state of the tile in the session.

        When this reads the state, Streamlit ends a run that no one waits for any more.
        """
        return st.session_state[self.name]

    @property
    def is_new(self) -> bool:
        """Whether the tile has something new to draw."""
        tile_state = self.held
        same = all(mine is drawn for mine, drawn in zip(tile_state.face, self.face, strict=True))
        return tile_state.is_drawable and not same

    def draw(self, *, looks: bool = False) -> None:
        tile_state = self.held
        # An answered tile has the same name on every page load, so that what's open in it stays open.
        again = f"-again-{self.with_answer}" if self.with_answer else ""
        drawing = again if tile_state.has_widgets else f"-wait-{self.drawn}"
        with self.place.container():
            draw_tile(self.name, self.height, self.on_shown, self.picks, self.talk, drawing=drawing, looks=looks)
        self.face = tile_state.face
        self.drawn += 1
        self.with_answer += tile_state.has_widgets


def _wait(waiting: list[_Drawing], workspace: Workspace) -> None:
    """Draw the tiles whose answers arrive within a moment. The others check for their answers by themselves."""
    until = monotonic() + PATIENCE
    while waiting and monotonic() < until:
        sleep(0.01)
        for drawing in list(waiting):
            drawing.held.settle(workspace)
            if drawing.is_new:
                drawing.draw()
            if not drawing.held.is_waiting:
                waiting.remove(drawing)
    for drawing in waiting:
        drawing.draw(looks=True)
