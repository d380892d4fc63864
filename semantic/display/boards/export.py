"""START HERE: export a board as a file that contains what its reader sees.

Takes a board and its answers, returns bytes.

No page is involved.

    a spreadsheet    the settings, all numbers together, a sheet for each other tile, and sources
    a PDF            pages to read and print: the tiles as shown, and sources at the end
    a presentation   slides to show and edit: one finding each, and sources in the speaker notes
The same board gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from semantic.annotations.annotation import Annotation
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.presentation import board_presentation
from semantic.display.boards.shown import BoardShown
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.export import KINDS, FileKind, named
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result

BoardKind = Literal["pdf", "pptx", "xlsx"]

BOARD_KINDS: Mapping[BoardKind, FileKind] = {
    "pdf": FileKind("Pages (PDF)", "application/pdf"),
    "pptx": FileKind(
        "Presentation (PPTX)", "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    ),
    "xlsx": KINDS["xlsx"],
}


def export_board(
    shown: BoardShown, visible: VisibleModel, kind: BoardKind, remarks: Mapping[str, Sequence[Annotation]]
) -> bytes:
    """Return the board's file for the person who sees `visible`.

    `remarks` are the remarks on each tile's chart on screen.
    """
    match kind:
        case "pdf":
            return board_pdf(shown, visible, remarks=remarks)
        case "pptx":
            return board_presentation(shown, visible, remarks=remarks)
        case "xlsx":
            return board_workbook(shown, visible)


def receipts_in(shown: BoardShown, kind: BoardKind) -> list[str]:
    """Return the receipts of all answers and analyses in the file."""
    analyses = [tile.analysis.receipt for tile in shown.tiles if tile.analysis is not None]
    return [answer.receipt for answer in answers_in(shown, kind)] + analyses


def answers_in(shown: BoardShown, kind: BoardKind) -> list[Result]:
    """Return every answer in the file whose receipt must be stored. Answers behind sparklines have no receipt."""
    answers = [tile.result for tile in shown.tiles if tile.result is not None]
    if kind in ("pdf", "pptx"):
        answers += [tile.line for tile in shown.tiles if tile.result is not None and tile.line is not None]
    return answers


def board_file_name(title: str, day: date, kind: BoardKind) -> str:
    """Return a file name made from the title and the day: "Q3 acquisition, 2026-09-28.pdf"."""
    return named(title, day.isoformat(), kind, "Board")
