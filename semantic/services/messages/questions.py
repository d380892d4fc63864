"""The message of a saved question, written as a board with one tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from semantic.audit_trail.recorder import shown_in
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.boards.made import make_tile
from semantic.display.boards.shown import TileShown
from semantic.display.messages.board import board_letter
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import write_letter
from semantic.errors import UnknownQuestion
from semantic.explore.shared_link import without_masked
from semantic.query.query import Previous, Query
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
from semantic.services.saved_questions import NOT_ALL, SavedWork
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.outbox.sends import Send

OPEN: Final = "Open question"
MOST_JUDGED: Final = 10
"""How many of a question's metrics a condition looks at."""


def compose_question(wanted: NewDelivery, send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the message of a saved question. Raises the engine's errors, and StoreFailed."""
    author, workspace = author_of(send, reader, live), live.workspace()
    if author is None:
        return Skipped(OWNER_GONE)
    try:
        opened = SavedWork(live.store, live.keys, workspace, author).open(wanted.about)
    except UnknownQuestion:
        return Skipped("No access to this question", lost=wanted.title)
    if opened.head.is_archived:
        return Skipped("This question is archived")
    link = f"{live.settings.address}/explore?{urlencode({'saved': opened.head.id})}"
    about = MessageSubject(id=opened.head.id, title=opened.head.name, link=link, button=OPEN, is_board=False)
    if (bare := without_numbers(wanted, reader, about)) is not None:
        return bare
    query, notes = opened.query, opened.messages
    if author != reader.actor:  # a destination: the author may see more than its audience
        narrowed = without_masked(workspace.repair(query, reader.actor)[0], workspace.visible(reader.actor))
        query, notes = narrowed, (NOT_ALL,) if narrowed != query else notes
    if not query.metrics:
        return Skipped("No access to this question", lost=wanted.title)
    work = BoardWork(live.store, live.keys, workspace, reader.actor)
    tile = make_tile(query, "question", chart=opened.chart)
    with shown_in(MAIL):
        whole = answer_board(_board(opened.head.name, [tile]), BoardState(), work, words="", link=link)
        why = check_answers(whole, send, workspace)
        if why is None and wanted.condition != "always":
            why = check_condition(wanted.condition, _judged(query, tuple(whole.shown.tiles), work), send, live)
    if why is not None:
        return why
    letter = board_letter(whole.shown, sending_of(send, reader, live, button=OPEN, notes=notes))
    return write_letter(replace(letter, attachments=files_of(wanted, whole, send, reader, live, about)))


def _board(title: str, tiles: Sequence[Tile]) -> Board:
    return Board(title=title, tabs=(Tab(rows=tuple(Row(tiles=(tile,)) for tile in tiles)),))


def _judged(query: Query, shown: Sequence[TileShown], work: BoardWork) -> Sequence[TileShown]:
    """Return the tiles for judging a condition: the answer, and a number tile for each metric.

    A number tile has the metric's total, compared with an earlier period.
    """
    totals = replace(
        query, by=(), compare=query.compare or (Previous(),), top=None, totals=(), order=(), limit=None, calc=(),
        having=(),
    )  # fmt: skip
    tiles = [
        Tile(id=f"number-{place}", kind=TileKind.NUMBER, question=replace(totals, metrics=(metric,)))
        for place, metric in enumerate(query.metrics[:MOST_JUDGED])
    ]
    return (*shown, *answer_board(_board("", tiles), BoardState(), work, words="", link="").shown.tiles)
