"""The board that a person composes: its draft as it stands on the page, kept at every step, with undo and redo.

A draft is one for all who may change the board. Whoever keeps it last while somebody else did too is told, and both
boards are there until one of the two is chosen.
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
    """What one session composes. Belongs to one actor, one board and one model version: another gets a new one."""

    actor: Actor
    version: str
    head: BoardHead
    board: Board
    kept: Board  # what the draft holds, as far as this page knows
    revision: int
    based_on: int  # the version that the draft was begun from
    published: Board | None  # the newest version; None where there is none
    published_number: int  # and its number; 0 where there is none
    history: History[Board] = field(default_factory=History[Board])
    generation: int = 0  # part of the widgets' keys: a board from elsewhere makes new ones
    tab: int = 0
    tile: str = ""  # the one that is open
    place: int | None = None  # the row that a tile is being added to
    part: str = ""  # what of the page is open beside the structure
    changed: bool = False  # in the run of a part alone, which the rest has to follow
    refused: str = ""  # why the last step was not taken
    unkept: str = ""  # why the board as it stands is not kept
    theirs: OpenedDraft | None = None  # what somebody else keeps in the draft
    came: bool = False  # the board became theirs since the page ran last
    origins: dict[object, object] = field(default_factory=dict[object, object])  # kept by compose_origin
    members: dict[object, frozenset[Value]] = field(default_factory=dict[object, "frozenset[Value]"])  # by seen_members

    def change(self, step: Callable[[Board], Board]) -> None:
        """A step by hand: kept at once, or not taken, with the reason."""
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
        """Shows a tile's fields, in the tab where it stands."""
        place = place_of(self.board, tile)
        if place is not None:
            self.tab, self.tile, self.part = place.tab, tile, ""
            self.generation += 1

    def keep(self) -> None:
        """Once more, after the store was away."""
        self._go(self.board)

    def take_theirs(self) -> None:
        """What somebody else keeps, in place of this board, which undo brings back."""
        if self.theirs is not None:
            self._take(self.theirs)
            self.theirs = None

    def keep_mine(self) -> None:
        """This board, in place of what somebody else keeps: undo brings that back."""
        if self.theirs is not None:
            theirs, self.theirs = self.theirs, None
            self.revision, self.based_on, self.kept = theirs.revision, theirs.based_on, theirs.board
            if self._go(self.board):
                self.history.step(theirs.board)

    def keep_both(self) -> None:
        """This board and what somebody else keeps, where the two do not meet: undo brings back this one alone, and then
        theirs."""
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
        else:  # it cannot be kept, so both still stand to be chosen from
            self.theirs, (self.revision, self.based_on, self.kept) = theirs, before

    def take_up(self, draft: OpenedDraft, board: Board, revision: int, tile: str) -> None:
        """A board that this session kept from another page, made of `draft`; `tile` is what was done there."""
        if self.board != self.kept:  # what stands here meets it on the next run
            return
        self.history.step(self.board)
        self.head, self.board, self.kept = draft.head, board, board
        self.revision, self.based_on = revision, draft.based_on
        self.open(tile)

    def begin_anew(self, work: BoardWork) -> None:
        """What readers see, once this person has thrown the draft away or restored a version; undo brings back what
        stood here."""
        with suppress(StoreFailed):  # the next run of the page takes it up
            self._take(work.draft(self.head.id))

    def take_published(self) -> None:
        """What readers see, in place of the draft, which undo brings back. The draft goes on from that version."""
        if self.published is not None:
            self.go_on(self.published)

    def keep_published_too(self, base: Board) -> None:
        """The draft and what readers see, where the two do not meet; `base` is what the draft was begun from.

        Brought together at the press: a field that is left by it changes the board in the same run.
        """
        merged = merge_boards(base, self.board, self.published) if self.published is not None else None
        if merged is not None and merged.board is not None:
            self.go_on(merged.board)
        elif merged is not None:
            self.refused, self.came = merged.conflicts[0], False

    def go_on(self, board: Board) -> None:
        """A board that has in it what readers see, in place of the draft, which is no longer behind then."""
        self.refused, self.came = "", False
        before = self.board
        if self._go(board, onto=self.published_number):
            self.history.step(before)
        self.generation += 1

    def follow(self, work: BoardWork) -> None:
        """Takes up what the board has become elsewhere; where something here is not kept, both stay until chosen.

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
        """Whether readers see something else than the draft."""
        return self.published != self.board

    @property
    def open_tile(self) -> Tile | None:
        return find_tile(self.board, self.tile) if self.tile else None

    def key(self, name: str) -> str:
        """A widget's key for as long as the page makes the board itself."""
        return f"{name}-{self.head.id[:8]}-{self.generation}"

    def fresh_id(self, wish: str) -> str:
        """An id for a tile that no tile has or had in the version that readers see."""
        published = self.published.tiles if self.published else ()
        return fresh_id([one.id for one in (*self.board.tiles, *published)], wish)

    def check(self, workspace: Workspace) -> Callable[[Query], Preflight]:
        """The preflight of a question of this person."""
        return lambda query: workspace.preflight(query, self.actor)

    def _take(self, draft: OpenedDraft) -> None:
        if draft.board != self.board:
            self.history.step(self.board)
            self.generation += 1
        self.board = self.kept = draft.board
        self.head, self.revision, self.based_on, self.unkept = draft.head, draft.revision, draft.based_on, ""
        self._look()

    def _look(self) -> None:
        """Nothing is open that is not there any more."""
        self.tab = max(0, min(self.tab, len(self.board.tabs) - 1))
        if self.open_tile is None:
            self.tile = ""

    def _go(self, board: Board, *, onto: int | None = None) -> bool:
        """Keeps a board as the draft. False where it cannot be one, or nobody may: the board before stays."""
        work = work_of(self.actor)
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
            self._meet(now, board)
            return
        try:
            self.revision = work.keep_draft(self.head.id, board, self.revision, self.based_on, onto=onto)
        except ChangedMeanwhile:
            self._meet(work.draft(self.head.id), board)
            return
        self.kept, self.unkept = board, ""
        self.based_on = self.based_on if onto is None else onto

    def _meet(self, theirs: OpenedDraft, board: Board) -> None:
        """What somebody else keeps: to be chosen from, unless both came to the same."""
        if theirs.board != board:
            self.theirs = theirs
            return
        self.theirs, self.kept, self.unkept = None, board, ""
        self.revision, self.based_on = theirs.revision, theirs.based_on


def work_of(actor: Actor) -> BoardWork | None:
    """The boards of who composes, asked for anew at each press; None once somebody else, or nobody, is signed in."""
    return session.board_work(session.workspace(), actor) if session.actor() == actor else None


def current(workspace: Workspace, actor: Actor, board: str) -> Composing:
    """What this session composes of a board. Raises SemanticError where it is not this person's to change.

    Nothing is carried from one actor or board to another.
    """
    held: Composing | None = st.session_state.get(KEY)
    work = session.board_work(workspace, actor)
    if held is None or held.actor != actor or held.version != workspace.model.version or held.head.id != board:
        st.session_state.pop(KEY, None)
        held = st.session_state[KEY] = _open(work, workspace, actor, board, (held.generation + 1) if held else 0)
    elif not held.theirs:
        try:
            held.follow(work)
        except StoreFailed as error:  # what stands here goes on; it is kept once the store is back
            held.unkept = str(error)
    held.changed = False
    return held


def held_now(actor: Actor) -> Composing | None:
    """What this session composes, for a part of the page that runs alone."""
    held: Composing | None = st.session_state.get(KEY)
    return held if held is not None and held.actor == actor else None


def _open(work: BoardWork, workspace: Workspace, actor: Actor, board: str, generation: int) -> Composing:
    opened = work.draft(board)
    published = work.published(board).board if opened.head.version else None
    return Composing(
        actor, workspace.model.version, opened.head, opened.board, opened.board, opened.revision, opened.based_on,
        published, opened.head.version, generation=generation,
    )  # fmt: skip


def change(held: Composing, tile: str, make: Callable[[Tile], Tile]) -> None:
    """One tile as changed, if it is still there."""

    def step(board: Board) -> Board:
        one = find_tile(board, tile)
        return change_tile(board, make(one)) if one else board

    held.change(step)


def dimension_labels(visible: VisibleModel) -> dict[str, str]:
    """What dimensions are called, by name."""
    return {one.name: one.label or one.name for one in visible.dimensions}
