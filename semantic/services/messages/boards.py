"""The message of a board.

Every tile is asked as its reader, with the delivery's filters or the board's default view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from semantic.audit_trail.recorder import shown_in
from semantic.boards.board import Board, BoardState
from semantic.boards.state import STATE_PARAMS, repaired_state, state_from_params, state_to_params
from semantic.display.boards.state_words import state_words
from semantic.display.messages.board import board_letter
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import write_letter
from semantic.errors import InvalidQuery, SemanticError, StoreFailed, UnknownBoard
from semantic.services.board_answers.labels import board_labels
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.messages.conditions import check_condition
from semantic.services.messages.shared import (
    MAIL,
    OWNER_GONE,
    MessageSubject,
    author_of,
    check_answers,
    files_of,
    sending_of,
    without_numbers,
)
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Send

UNREADABLE: Final = "Its filters can't be read. Set them again"
NOT_PUBLISHED: Final = "This board isn't published"
ARCHIVED: Final = "This board is archived"
OPEN: Final = "Open board"


def compose_board(wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the message of a board. Raises the engine's errors, and StoreFailed."""
    author, workspace = author_of(send, reader, live), live.workspace()
    if author is None:
        return Skipped(OWNER_GONE)
    try:
        opened = BoardWork(live.store, live.keys, workspace, author).open(wanted.about)
    except UnknownBoard:
        return Skipped("No access to this board", lost=wanted.title)
    except InvalidQuery:
        return Skipped(NOT_PUBLISHED)
    if opened.head.is_archived:
        return Skipped(ARCHIVED)
    work = BoardWork(live.store, live.keys, workspace, reader.actor)
    view = _view(opened.board, wanted.settings, work)
    if view is None:
        return Skipped(UNREADABLE)
    about = MessageSubject(
        id=opened.head.id, title=view.board.title, link=_link(live, opened.head.id, view), button=OPEN
    )
    if (bare := without_numbers(wanted, reader, about)) is not None:
        return bare
    seen = workspace.visible(reader.actor)
    labels = board_labels(view.state, view.board, workspace, reader.actor)
    words = state_words(view.state, seen, today=workspace.today(), labels=labels)
    with shown_in(MAIL):
        whole = answer_board(view.board, view.state, work, words=words, link=about.link)
    why = check_answers(whole, send, workspace) or check_condition(
        wanted.condition, tuple(whole.shown.tiles), send, live
    )
    if why is not None:
        return why
    letter = board_letter(whole.shown, sending_of(send, reader, live, button=OPEN, notes=view.notes))
    return write_letter(replace(letter, attachments=files_of(wanted, whole, send, reader, live, about)))


@dataclass(frozen=True, slots=True)
class _View:
    """A board with a delivery's settings applied, limited to one tab if they name one, and notes on omitted parts."""

    board: Board
    state: BoardState
    params: Mapping[str, list[str]]
    notes: tuple[str, ...] = ()


def _view(board: Board, settings: Mapping[str, object], work: BoardWork) -> _View | None:
    """Return the board with the delivery's settings applied, as far as this reader can use them.

    Returns None if the settings can't be read, because a missing filter would change the numbers.
    """
    start = work.opening_state(board)
    params = {name: texts for name in STATE_PARAMS if (texts := _texts(settings.get(name)))}
    try:
        address = state_from_params(params, start)
    except StoreFailed:
        raise
    except (SemanticError, ValueError, TypeError, LookupError, RecursionError):
        return None
    if address is None:
        return _View(board, start, {})
    state, left_out = repaired_state(address, work.workspace.visible(work.actor), is_mine=False)
    shown = board
    if "tab" in params and len(board.tabs) > 1:
        if state.tab >= len(board.tabs):
            return None
        tab = board.tabs[state.tab]
        title = f"{board.title}: {tab.title}" if tab.title else board.title
        shown = replace(board, title=title, tabs=(tab,))
    said = state_to_params(state, board.start) | ({"tab": params["tab"]} if "tab" in params else {})
    notes = ("Some of this delivery's filters aren't available to you. The others are applied.",) if left_out else ()
    return _View(shown, replace(state, tab=0), said, notes)


def _texts(value: object) -> list[str]:
    """Return the texts in a setting. Settings are stored as in an address, but can be damaged."""
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []


def _link(live: Live, board: str, view: _View) -> str:
    return f"{live.settings.address}/board?{urlencode({'d': [board], **view.params}, doseq=True)}"
