"""A whole board with its answers. The tiles of all tabs are asked as the viewer, and all answers are awaited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic, sleep

from semantic.annotations.annotation import Annotation
from semantic.boards.board import Board, BoardState
from semantic.display.boards.headline import board_headline
from semantic.display.boards.shown import BoardShown, RowShown, TabShown, TileShown, row_widths
from semantic.errors import EngineFailed
from semantic.services.board_answers.tile import TileAnswer
from semantic.services.boards import BoardWork
from semantic.workspace import Workspace

MOST_SECONDS = 120.0
"""How long a whole board can take. Each question has its own limit, and this one covers everything else."""

LATE = "This took too long to load."


@dataclass(frozen=True, slots=True)
class AnsweredBoard:
    """A board with its answers, the remarks on each tile's chart, and the engine's errors."""

    shown: BoardShown
    remarks: Mapping[str, tuple[Annotation, ...]]
    failed: tuple[EngineFailed, ...] = ()


def answer_board(board: Board, state: BoardState, work: BoardWork, *, words: str, link: str) -> AnsweredBoard:
    """Answer a whole board for the person who exports or receives it.

    This doesn't need a page, because a file is written after the page's run, and a message without any page. A tile
    that fails shows its error, and the other tiles are complete.
    """
    workspace = work.workspace
    answers = {
        tile.id: TileAnswer(work.asked(tile, state), work.actor, workspace.model.version, work.target_work)
        for tile in board.tiles
    }
    for answer in answers.values():
        answer.ask(workspace)
    until = monotonic() + MOST_SECONDS
    while any(answer.is_waiting for answer in answers.values()) and monotonic() < until:
        for answer in answers.values():
            answer.settle(workspace)
        sleep(0.01)
    for answer in answers.values():
        answer.leave()
    tiles = {name: _shown(answer, workspace) for name, answer in answers.items()}
    tabs = tuple(
        TabShown(
            title=tab.title,
            rows=tuple(
                RowShown(
                    tiles=tuple(tiles[tile.id] for tile in row.tiles), widths=row_widths(row.tiles), height=row.height
                )
                for row in tab.rows
            ),
        )
        for tab in board.tabs
    )
    headline = board_headline(tiles.values())
    shown = BoardShown(title=board.title, headline=headline, note=board.note, words=words, tabs=tabs, link=link)
    failed = tuple(answer.failed for answer in answers.values() if isinstance(answer.failed, EngineFailed))
    return AnsweredBoard(shown, {name: answer.remarks for name, answer in answers.items()}, failed)


def _shown(answer: TileAnswer, workspace: Workspace) -> TileShown:
    """Return the tile as shown, or with a message if its answer didn't arrive."""
    shown = answer.shown(workspace)
    is_asked = answer.question.is_asked
    is_late = is_asked and shown.result is None and shown.analysis is None and not shown.sentence
    return replace(shown, sentence=LATE) if is_late else shown
