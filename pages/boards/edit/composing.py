"""The board being edited: the draft as the page shows it, saved at every step, with undo and redo.

Everyone who may change the board shares one draft. If two people change it at once, the one who saves last is asked to
choose, and both versions are available until then.
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
    """The board that a session is editing. It belongs to one actor, board and model version. A different one gets a new
    object.
    """

    actor: Actor
    version: str
    head: BoardHead
    board: Board
    kept: Board  # what the draft contains, as far as this page knows
    revision: int
    based_on: int  # the version that the draft started from
    published: Board | None  # the newest version; None if there is none
    published_number: int  # and its number; 0 if there is none
    history: History[Board] = field(default_factory=History[Board])
    generation: int = 0  # part of the widgets' keys: a board from elsewhere gets new widgets
    tab: int = 0
    tile: str = ""  # the open tile
    place: int | None = None  # the row that a tile is being added to
    part: str = ""  # which part of the page is open next to the structure
    changed: bool = False  # during a fragment's run, which the rest must follow
    typed: str | None = None  # what is being typed as a tile's text, until the page runs
    refused: str = ""  # why the last step was refused
    unkept: str = ""  # why the board as shown isn't saved
    theirs: OpenedDraft | None = None  # someone else's saved draft
    came: bool = False  # the board became theirs since the page last ran
    origins: dict[object, object] = field(default_factory=dict[object, object])  # filled by compose_origin
    members: dict[object, frozenset[Value]] = field(default_factory=dict[object, "frozenset[Value]"])  # by seen_members

    def change(self, step: Callable[[Board], Board]) -> None:
        """Make a manual change, which is saved immediately or refused with the reason."""
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
        """Open a tile's fields, on the tile's tab."""
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
        """Replace the other person's saved draft with this board. Undo restores theirs."""
        if self.theirs is not None:
            theirs, self.theirs = self.theirs, None
            self.revision, self.based_on, self.kept = theirs.revision, theirs.based_on, theirs.board
            if self._go(self.board):
                self.history.step(theirs.board)

    def keep_both(self) -> None:
        """Merge this board with the other person's draft if they don't conflict. Undo restores this board, then
        theirs.
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
        else:  # it can't be saved, so both remain to choose from
            self.theirs, (self.revision, self.based_on, self.kept) = theirs, before

    def continue_with(self, draft: OpenedDraft, board: Board, revision: int, tile: str) -> None:
        """Continue with a board that this session saved from another page, based on `draft`. `tile` is the tile edited
        there.
        """
        if self.board != self.kept:  # the next run compares it with the board shown here
            return
        self.history.step(self.board)
        self.head, self.board, self.kept = draft.head, board, board
        self.revision, self.based_on = revision, draft.based_on
        self.open(tile)

    def start_over(self, work: BoardWork) -> None:
        """Start again from the published version, after the draft was discarded or a version was restored. Undo
        restores the draft.
        """
        with suppress(StoreFailed):  # the next run of the page picks it up
            self._take(work.draft(self.head.id))

    def take_published(self) -> None:
        """Replace the draft with the published version. Undo restores the draft, which then continues from that
        version.
        """
        if self.published is not None:
            self.catch_up(self.published)

    def keep_published_too(self, base: Board) -> None:
        """Merge the draft and the published version if they don't conflict. `base` is the version that the draft is
        based on.

        The two are merged on click, because a field that loses focus through the click changes the board in the same
        run.
        """
        merged = merge_boards(base, self.board, self.published) if self.published is not None else None
        if merged is not None and merged.board is not None:
            self.catch_up(merged.board)
        elif merged is not None:
            self.refused, self.came = merged.conflicts[0], False

    def catch_up(self, board: Board) -> None:
        """Replace the draft with a board that includes the published version, so that the draft is no longer behind."""
        self.refused, self.came = "", False
        before = self.board
        if self._go(board, onto=self.published_number):
            self.history.step(before)
        self.generation += 1

    def load_newest(self, work: BoardWork) -> None:
        """Load changes made elsewhere. If there are unsaved changes here, both are kept until the person chooses.
        Raises SemanticError.
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
        """Whether viewers see something different from the draft."""
        return self.published != self.board

    @property
    def open_tile(self) -> Tile | None:
        return find_tile(self.board, self.tile) if self.tile else None

    def key(self, name: str) -> str:
        """Return a widget's key, which stays the same while the page itself makes the board's changes."""
        return f"{name}-{self.head.id[:8]}-{self.generation}"

    def fresh_id(self, wish: str) -> str:
        """Return a new tile ID, used by no tile of this draft or of the published version."""
        published = self.published.tiles if self.published else ()
        return fresh_id([tile.id for tile in (*self.board.tiles, *published)], wish)

    def check(self, workspace: Workspace) -> Callable[[Query], Preflight]:
        """Return a function that gives the preflight of a question, as this person."""
        return lambda query: workspace.preflight(query, self.actor)

    def _take(self, draft: OpenedDraft) -> None:
        if draft.board != self.board:
            self.history.step(self.board)
            self.generation += 1
        self.board = self.kept = draft.board
        self.head, self.revision, self.based_on, self.unkept = draft.head, draft.revision, draft.based_on, ""
        self._look()

    def _look(self) -> None:
        """Close the tab and the tile that no longer exist."""
        self.tab = max(0, min(self.tab, len(self.board.tabs) - 1))
        if self.open_tile is None:
            self.tile = ""

    def _go(self, board: Board, *, onto: int | None = None) -> bool:
        """Save a board as the draft. If it's invalid or access is missing, keep the earlier board and return False."""
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
        """Offer the choice between both drafts if the saved draft differs, or note that it's saved."""
        if theirs.board != board:
            self.theirs = theirs
            return
        self.theirs, self.kept, self.unkept = None, board, ""
        self.revision, self.based_on = theirs.revision, theirs.based_on


def boards_of(actor: Actor) -> BoardWork | None:
    """Return the boards that the editor can access, checked on every click, or None if someone else, or no one, is
    signed in by now.
    """
    return session.board_work(session.workspace(), actor) if session.actor() == actor else None


def current(workspace: Workspace, actor: Actor, board: str) -> Composing:
    """Return this session's state of editing a board. Raises SemanticError if this person can't change the board.

    Nothing is carried over from one actor or board to another.
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
        except StoreFailed as error:  # this board continues; it's saved once the store is back
            composing.unkept = str(error)
    composing.changed, composing.typed = False, None
    return composing


def current_in_fragment(actor: Actor) -> Composing | None:
    """Return this session's state of editing, for a fragment of the page."""
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
    """Replace a tile with its changed version, if the tile still exists."""

    def step(board: Board) -> Board:
        current = find_tile(board, tile)
        return change_tile(board, make(current)) if current else board

    composing.change(step)


def dimension_labels(visible: VisibleModel) -> dict[str, str]:
    """Return the dimensions' labels, by name."""
    return {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
