"""The state of a board in a session: its settings, their origin, and the address that contains them.

The address is read before any widget is drawn. It overrides this viewer's last settings, which override the default
view. Every setting is in the address, so a link, a bookmark and the Back button show the same view.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read.tile import TileState
from pages.boards.read.tiles import forget_pick
from pages.explore.builder.question import ECHO, Params
from pages.shell import links
from semantic.boards.board import BoardState, Tab, ValueFilter
from semantic.boards.state import (
    MOST_PICKED,
    NOT_ALL,
    STATE_PARAMS,
    is_modified,
    repaired_state,
    state_from_params,
    state_over,
    state_to_params,
)
from semantic.errors import InvalidQuery, SemanticError, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.boards.read.words import Lines
    from semantic.boards.board import Board
    from semantic.display.boards.shown import TileShown
    from semantic.policy.actor import Actor
    from semantic.services.boards import BoardWork, OpenedBoard

KEY = "board"
QUICK = 2.0  # seconds that the slowest tile can take for a change in the filter bar to apply at once
BY_TARGETS = "Opens on month to date because this board has monthly targets."
NOT_ALL_OF_BOARD = "Some filters in this link aren't available to you. The others are applied."
UNREADABLE = "This link couldn't be opened. You're seeing the default view."


@dataclass(slots=True)
class BoardSession:
    """One session's view of a board, for one viewer, board and model version."""

    actor: Actor
    version: str
    opened: OpenedBoard
    start: BoardState  # the default view, without filters that this viewer can't use
    state: BoardState
    draft: BoardState  # the values in the filter bar, until Apply
    banner: tuple[str, ...] = ()
    newer: int = 0  # the version published since this one was opened
    generation: int = 0  # part of the field keys: a change from outside gets new fields
    changed: bool = False  # a fragment of the page changed the state
    turn: int | None = None  # the tab that a presentation shows, which isn't part of the state or the address
    shown: dict[str, TileShown] = field(default_factory=dict)  # what this state's tiles show, by ID
    lines: tuple[object, Lines] | None = None  # the lines above the tiles, with the state that they describe
    picked_in: frozenset[str] = frozenset()  # the tiles with a pick
    is_quick: bool = False  # whether all tiles answered quickly the last time
    address: Params | None = None
    address_before: Params | None = None
    address_at: float = 0.0

    def set(self, state: BoardState) -> None:
        """Apply a change by the viewer. Values in the filter fields that aren't applied yet stay."""
        if state == self.state:
            return
        keeps_fields = _fields(state) == _fields(self.state)
        self.draft = replace(self.draft, picked=state.picked, tab=state.tab) if keeps_fields else state
        self.state = state
        self.changed, self.banner = True, ()
        self.forget_shown()

    def answers_quickly(self) -> bool:
        """Return whether the engine answered all tiles quickly. Cached answers count with their original time.

        Until all tiles have answered, the previous result counts.
        """
        asked = [shown for shown in self.shown.values() if shown.query is not None or shown.analysis is not None]
        if asked and not any(shown.is_earlier for shown in self.shown.values()):
            slowest = max(shown.result.elapsed_seconds if shown.result else shown.seconds for shown in asked)
            self.is_quick = slowest <= QUICK
        return self.is_quick

    def forget_shown(self) -> None:
        """Forget what the tiles show, because they are drawn again, but remember whether they were quick."""
        self.answers_quickly()
        self.shown = {}

    def apply_state(self, state: BoardState) -> None:
        """Apply a state from a link, from Back or from Reset, and recreate the fields."""
        self.set(state)
        self.draft = state
        self.generation += 1

    def open_tab(self, place: int) -> None:
        self.set(replace(self.state, tab=place))

    def forget_marks(self) -> None:
        """Remove the marks of tiles that no longer have a pick. Call this before the tiles are drawn."""
        now = frozenset(choice.tile for choice in self.state.picked)
        for tile in self.picked_in - now:
            forget_pick(tiles_key(self.id), tile)
        self.picked_in = now

    def present_tab(self, place: int) -> None:
        """Show this tab in the presentation."""
        self.turn, self.shown = place, {}

    def keep_presented_tab(self) -> None:
        """Make the tab that the presentation shows the open tab."""
        if self.turn is not None:
            self.set(replace(self.state, tab=self.turn))
            self.turn = None
            self.generation += 1

    def keep(self, work: BoardWork) -> None:
        """Save the settings for this viewer's next visit, if possible."""
        # The board is shown anyway. The next run of the page checks access again.
        with suppress(SemanticError):
            work.keep_state(self.id, self.state, self.start)

    def key(self, name: str) -> str:
        """Return the key of a field. It changes whenever something other than the fields changes the state."""
        return f"board-{name}-{self.generation}"

    @property
    def id(self) -> str:
        return self.opened.head.id

    @property
    def board(self) -> Board:
        return self.opened.board

    @property
    def is_modified(self) -> bool:
        """Whether any setting differs from this viewer's default view."""
        return is_modified(replace(self.board, start=self.start), self.state)

    @property
    def opens_by_targets(self) -> bool:
        """Whether the board shows the month to date because of its monthly targets."""
        return (
            self.board.start.period is None and self.state.period is not None and self.state.period == self.start.period
        )

    @property
    def place(self) -> int:
        """The index of the open tab."""
        place = self.state.tab if self.turn is None else self.turn
        return place if place < len(self.board.tabs) else 0

    @property
    def tab(self) -> Tab:
        return self.board.tabs[self.place] if self.board.tabs else Tab()

    def pick(self, choice: ValueFilter) -> BoardState:
        """Return the state with the clicked value in place of the tile's earlier pick for that dimension."""
        others = tuple(
            state_choice
            for state_choice in self.state.picked
            if (state_choice.tile, state_choice.dim, state_choice.via) != (choice.tile, choice.dim, choice.via)
        )
        return replace(self.state, picked=(*others, choice)[-MOST_PICKED:])

    def without(self, choices: Sequence[ValueFilter]) -> BoardState:
        """Return the state without these picks."""
        return replace(self.state, picked=tuple(choice for choice in self.state.picked if choice not in choices))


def current(work: BoardWork, board: str) -> BoardSession:
    """Return this session's view of a board. Call this before drawing any widget.

    Access is checked on every run, and a version published in the meantime is noted, but not shown yet. Raises
    UnknownBoard, StoreFailed, and InvalidQuery if nothing is published.
    """
    reading: BoardSession | None = st.session_state.get(KEY)
    params: Params = {name: st.query_params.get_all(name) for name in STATE_PARAMS if name in st.query_params}
    actor, version = work.actor, work.workspace.model.version
    if reading is None or (reading.actor, reading.version, reading.id) != (actor, version, board):
        if reading is not None:
            _let_go(reading)
        opened = work.open(board)
        start = _start(opened.board, work)
        reading = BoardSession(
            actor, version, opened, start, start, start, generation=reading.generation + 1 if reading else 0
        )
        _read(reading, params, work)
        st.session_state[KEY] = reading
    else:
        newest = work.newest(board)
        reading.newer = newest if newest != reading.opened.head.version else 0
        if params and params != reading.address and not _is_echo(reading, params):
            _read(reading, params, work)
    reading.changed = False  # The whole page reruns now.
    write_address(reading)
    return reading


def tiles_key(board: str) -> str:
    """Return the prefix of the session keys of a board's tiles."""
    return f"board-{board}"


def _let_go(reading: BoardSession) -> None:
    """Remove a board's tiles from the session when another board is opened, so that they don't pile up."""
    for name in [str(key) for key in st.session_state if str(key).startswith(f"{tiles_key(reading.id)}-")]:
        tile_state: object = st.session_state[name]
        if isinstance(tile_state, TileState):
            tile_state.leave()
            del st.session_state[name]


def show_newest(reading: BoardSession, work: BoardWork) -> None:
    """Show the version published in the meantime, with the settings that still apply.

    Raises the same errors as `current`.
    """
    opened = work.open(reading.id)
    reading.opened, reading.start, reading.newer, reading.shown = opened, _start(opened.board, work), 0, {}
    reading.apply_state(state_over(opened.board, reading.state, None))


def _read(reading: BoardSession, params: Params, work: BoardWork) -> None:
    """Read the state from the address, or else use this viewer's last one, or else the default view."""
    reading.start = _start(reading.board, work)
    texts: list[str] = []
    address: BoardState | None = None
    last: BoardState | None = None
    try:
        address = state_from_params(params, reading.start)
    except InvalidQuery as error:
        texts.append(f"{UNREADABLE} {error.title}")
    if address is None:
        with suppress(StoreFailed):
            last = work.last_state(reading.id, reading.start)
    over = state_over(replace(reading.board, start=reading.start), address, last)
    is_mine = address is None and last is not None
    state, repaired = repaired_state(over, work.workspace.visible(reading.actor), is_mine=is_mine)
    if not repaired and reading.start.chosen != reading.board.start.chosen and state.chosen == reading.start.chosen:
        repaired = NOT_ALL_OF_BOARD
    if address is not None and address.tab != over.tab:
        repaired = NOT_ALL
    reading.apply_state(state)
    reading.address = params
    reading.banner = (*texts, repaired) if repaired else tuple(texts)


def _start(board: Board, work: BoardWork) -> BoardState:
    """Return the board's default view without filters that this viewer can't use, so that Reset doesn't reveal them."""
    return work.opening_state(board)


def _fields(state: BoardState) -> BoardState:
    """Return the part of the state that the filter bar has fields for."""
    return replace(state, picked=(), tab=0)


def _is_echo(reading: BoardSession, params: Params) -> bool:
    return params == reading.address_before and monotonic() - reading.address_at < ECHO


def address_of(reading: BoardSession) -> Params:
    """Return the state as address parameters. They're never empty, because an empty address means the viewer's last
    state.

    They contain everything that differs from the board's default view, so a link shows others what its sender saw.
    """
    said = {name: list(texts) for name, texts in state_to_params(reading.state, reading.board.start).items()}
    return said or {"tab": ["0"]}


def write_address(reading: BoardSession) -> None:
    """Write the state to the address, if it has changed."""
    params = address_of(reading)
    if params != reading.address:
        reading.address, reading.address_before, reading.address_at = params, reading.address, monotonic()
        others = (links.PRESENT, links.ROTATE, links.COMMENT)
        kept = {name: st.query_params.get_all(name) for name in others if name in st.query_params}
        st.query_params.from_dict({links.BOARD_ID: [reading.id]} | kept | params)
