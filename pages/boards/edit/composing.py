"""The board that a session is editing: its draft, which is saved on every change, with undo and redo.

Everyone who can change the board shares one draft. If two people change it at once, the second one to save has to
choose a version, and both versions are available until then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import session
from pages.shell.history import History
from semantic.boards.board import Board, Tile
from semantic.boards.data import fresh_id
from semantic.boards.edit import change_tile, find_tile, place_of
from semantic.boards.merge import merge_boards
from semantic.errors import ChangedMeanwhile, NotAllowed, QueryError, SemanticError, StoreFailed

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.query.query import Query, Value
    from semantic.services.boards import BoardWork, OpenedDraft
    from semantic.store.boards.boards import BoardHead
    from semantic.workspace import Workspace

KEY = "composing"


@dataclass(slots=True)
class Composing:
    """The editing state of a board, for one session, actor, board and model version. A change of these starts a new
    state.
    """

    actor: Actor
    version: str
    head: BoardHead
    board: Board
    kept: Board  # the saved draft, as far as this page knows
    revision: int
    based_on: int  # the version that the draft is based on
    published: Board | None  # the newest version, or None if there is none
    published_number: int  # the number of the newest version, or 0 if there is none
    history: History[Board] = field(default_factory=History[Board])
    generation: int = 0  # part of the widget keys: a board from elsewhere gets new widgets
    tab: int = 0
    tile: str = ""  # the open tile
    place: int | None = None  # the row that a tile is being added to
    part: str = ""  # the part of the page that is open next to the structure
    changed: bool = False  # a fragment changed the board, and the rest of the page has to rerun
    typed: str | None = None  # the tile text being typed, until the page reruns
    refused: str = ""  # why the last step was refused
    unkept: str = ""  # why the board on screen isn't saved
    theirs: OpenedDraft | None = None  # someone else's saved draft
    came: bool = False  # the other person's board replaced this one since the page last ran
    origins: dict[object, object] = field(default_factory=dict[object, object])  # the cache of `origin_of`
    members: dict[object, frozenset[Value]] = field(default_factory=dict[object, "frozenset[Value]"])  # by question

    def change(self, step: Callable[[Board], Board]) -> None:
        """Make a change as one undo step. The change is saved immediately, or refused with the reason."""
        self.refused, self.came = "", False
        try:
            board = step(self.board)
        except QueryError as error:
            self.refused = str(error)
            return
        if board != self.board:
            before = self.board
            if self._go(board):
                self.history.step(before)

    def undo(self) -> None:
        self._back(self.history.undo)

    def redo(self) -> None:
        self._back(self.history.redo)

    def _back(self, way: Callable[[Board], Board]) -> None:
        self.refused, self.came = "", False
        board = way(self.board)
        self.generation += 1
        if board != self.board:
            self._go(board)
            self._look()

    def open(self, tile: str) -> None:
        """Open the fields of a tile, and the tab that the tile is on."""
        place = place_of(self.board, tile)
        if place is not None:
            self.tab, self.tile, self.part = place.tab, tile, ""
            self.generation += 1

    def save_again(self) -> None:
        """Save again, after the store was unavailable."""
        self._go(self.board)

    def take_theirs(self) -> None:
        """Replace this board with the other person's saved draft. Undo restores this board."""
        if self.theirs is not None:
            self._take(self.theirs)
            self.theirs = None

    def keep_mine(self) -> None:
        """Replace the other person's saved draft with this board. Undo restores the other draft."""
        if self.theirs is not None:
            theirs, self.theirs = self.theirs, None
            self.revision, self.based_on, self.kept = theirs.revision, theirs.based_on, theirs.board
            if self._go(self.board):
                self.history.step(theirs.board)

    def keep_both(self) -> None:
        """Merge this board with the other person's draft if they don't conflict.

        The first undo restores this board, and the second one the other draft.
        """
        theirs, mine = self.theirs, self.board
        both = merge_boards(self.kept, mine, theirs.board).board if theirs is not None else None
        if theirs is None or both is None:
            return
        before = self.revision, self.based_on, self.kept
        self.theirs, self.revision, self.based_on, self.kept = None, theirs.revision, theirs.based_on, theirs.board
        if self._go(both):
            self.history.step(theirs.board)
            self.history.step(mine)
            self.generation += 1
        else:  # The merged board can't be saved, so the choice between both stays open.
            self.theirs, (self.revision, self.based_on, self.kept) = theirs, before

    def continue_with(self, draft: OpenedDraft, board: Board, revision: int, tile: str) -> None:
        """Continue with a board that this session saved from another page, based on `draft`.

        `tile` is the tile that was edited on that page.
        """
        if self.board != self.kept:  # The next run compares the saved draft with the board on screen.
            return
        self.history.step(self.board)
        self.head, self.board, self.kept = draft.head, board, board
        self.revision, self.based_on = revision, draft.based_on
        self.open(tile)

    def start_over(self, work: BoardWork) -> None:
        """Reload the draft after it was discarded or a version was restored. Undo returns to the board shown before."""
        with suppress(StoreFailed):  # The next run of the page reloads it.
            self._take(work.draft(self.head.id))

    def take_published(self) -> None:
        """Replace the draft with the published version.

        Undo restores the old draft, which then counts as based on that version.
        """
        if self.published is not None:
            self.catch_up(self.published)

    def keep_published_too(self, base: Board) -> None:
        """Merge the draft and the published version if they don't conflict. `base` is the version that the draft is
        based on.

        The merge happens on click, because a field that loses focus through the click changes the board in the same
        run.
        """
        merged = merge_boards(base, self.board, self.published) if self.published is not None else None
        if merged is not None and merged.board is not None:
            self.catch_up(merged.board)
        elif merged is not None:
            self.refused, self.came = merged.conflicts[0], False

    def catch_up(self, board: Board) -> None:
        """Replace the draft with a board that includes the published version, so that it's up to date with that
        version.
        """
        self.refused, self.came = "", False
        before = self.board
        if self._go(board, onto=self.published_number):
            self.history.step(before)
        self.generation += 1

    def load_newest(self, work: BoardWork) -> None:
        """Load changes that were made elsewhere. Raises SemanticError.

        If there are unsaved changes here, both versions are kept until the person chooses one.
        """
        newest = work.draft(self.head.id)
        if newest.head.version != self.published_number:
            opened = work.published(self.head.id)
            self.published, self.published_number = opened.board, opened.head.version
        self.head = newest.head
        if self.board == self.kept:
            self.unkept = ""
        if (newest.revision, newest.based_on) == (self.revision, self.based_on):
            return
        if self.board == self.kept:
            is_other = newest.board != self.board
            self._take(newest)
            self.came = is_other
        else:
            self.theirs = newest

    @property
    def is_behind(self) -> bool:
        """Whether the published version differs from this draft."""
        return self.published != self.board

    @property
    def open_tile(self) -> Tile | None:
        return find_tile(self.board, self.tile) if self.tile else None

    def key(self, name: str) -> str:
        """Return a widget's key, which stays the same while all changes come from the page itself."""
        return f"{name}-{self.head.id[:8]}-{self.generation}"

    def fresh_id(self, wish: str) -> str:
        """Return a tile ID based on `wish` that neither this draft nor the published version uses."""
        published = self.published.tiles if self.published else ()
        return fresh_id([tile.id for tile in (*self.board.tiles, *published)], wish)

    def check(self, workspace: Workspace) -> Callable[[Query], Preflight]:
        """Return a function that checks a question with this person's access."""
        return lambda query: workspace.preflight(query, self.actor)

    def _take(self, draft: OpenedDraft) -> None:
        if draft.board != self.board:
            self.history.step(self.board)
            self.generation += 1
        self.board = self.kept = draft.board
        self.head, self.revision, self.based_on, self.unkept = draft.head, draft.revision, draft.based_on, ""
        self._look()

    def _look(self) -> None:
        """Deselect the open tab and tile if they no longer exist."""
        self.tab = max(0, min(self.tab, len(self.board.tabs) - 1))
        if self.open_tile is None:
            self.tile = ""

    def _go(self, board: Board, *, onto: int | None = None) -> bool:
        """Save a board as the draft. If it's invalid or access is missing, keep the previous board and return False."""
        work = boards_of(self.actor)
        if work is None:
            return False
        try:
            self._keep(work, board, onto)
        except (QueryError, NotAllowed) as error:
            self.refused = str(error)
            return False
        except SemanticError as error:
            self.unkept = str(error)
        self.board, self.changed = board, True
        self._look()
        return True

    def _keep(self, work: BoardWork, board: Board, onto: int | None) -> None:
        now = work.draft(self.head.id)
        if (now.revision, now.based_on) != (self.revision, self.based_on):
            self._detect_conflict(now, board)
            return
        try:
            self.revision = work.keep_draft(self.head.id, board, self.revision, self.based_on, onto=onto)
        except ChangedMeanwhile:
            self._detect_conflict(work.draft(self.head.id), board)
            return
        self.kept, self.unkept = board, ""
        self.based_on = self.based_on if onto is None else onto

    def _detect_conflict(self, theirs: OpenedDraft, board: Board) -> None:
        """Offer the choice between both drafts if the saved draft differs, or record that this board is saved."""
        if theirs.board != board:
            self.theirs = theirs
            return
        self.theirs, self.kept, self.unkept = None, board, ""
        self.revision, self.based_on = theirs.revision, theirs.based_on


def boards_of(actor: Actor) -> BoardWork | None:
    """Return the boards that the editor can access, or None if a different person, or no one, is signed in now.

    Access is checked on every click.
    """
    return session.board_work(session.workspace(), actor) if session.actor() == actor else None


def current(workspace: Workspace, actor: Actor, board: str) -> Composing:
    """Return the editing state of a board in this session. Raises SemanticError if this person can't change the board.

    A different actor or board starts a new state.
    """
    composing: Composing | None = st.session_state.get(KEY)
    work = session.board_work(workspace, actor)
    if (
        composing is None
        or composing.actor != actor
        or composing.version != workspace.model.version
        or composing.head.id != board
    ):
        st.session_state.pop(KEY, None)
        composing = st.session_state[KEY] = _open(
            work, workspace, actor, board, (composing.generation + 1) if composing else 0
        )
    elif not composing.theirs:
        try:
            composing.load_newest(work)
        except StoreFailed as error:  # Editing continues, and the board is saved once the store is available again.
            composing.unkept = str(error)
    composing.changed, composing.typed = False, None
    return composing


def current_in_fragment(actor: Actor) -> Composing | None:
    """Return this session's editing state in a fragment of the page, or None if it belongs to a different person."""
    composing: Composing | None = st.session_state.get(KEY)
    return composing if composing is not None and composing.actor == actor else None


def _open(work: BoardWork, workspace: Workspace, actor: Actor, board: str, generation: int) -> Composing:
    opened = work.draft(board)
    published = work.published(board).board if opened.head.version else None
    return Composing(
        actor, workspace.model.version, opened.head, opened.board, opened.board, opened.revision, opened.based_on,
        published, opened.head.version, generation=generation,
    )  # fmt: skip


def change(composing: Composing, tile: str, make: Callable[[Tile], Tile]) -> None:
    """Replace a tile with its changed copy, if the tile still exists."""

    def step(board: Board) -> Board:
        current = find_tile(board, tile)
        return change_tile(board, make(current)) if current else board

    composing.change(step)


def dimension_labels(visible: VisibleModel) -> dict[str, str]:
    """Return the labels of dimensions, by name."""
    return {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
