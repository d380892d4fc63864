"""START HERE: a board as a file, equal to what its reader sees. A board with its answers in, bytes out; no page.

    a spreadsheet    what is set, all numbers together, a sheet for each other tile, where they are from
    a PDF            pages to read and print: the tiles as they stand, and at the end where they are from
The same board gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from semantic.annotations.annotation import Annotation
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.shown import BoardShown
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.export import KINDS, FileKind, named
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result

BoardKind = Literal["pdf", "xlsx"]

BOARD_KINDS: Mapping[BoardKind, FileKind] = {
    "pdf": FileKind("Pages (PDF)", "application/pdf"),
    "xlsx": KINDS["xlsx"],
}


def export_board(
    shown: BoardShown, visible: VisibleModel, kind: BoardKind, remarks: Mapping[str, Sequence[Annotation]]
) -> bytes:
    """The file of a board for the person who sees `visible`. `remarks` are those on each tile's chart on screen."""
    match kind:
        case "pdf":
            return board_pdf(shown, visible, remarks=remarks)
        case "xlsx":
            return board_workbook(shown, visible)


def answers_in(shown: BoardShown, kind: BoardKind) -> list[Result]:
    """Every answer in a file, each with a receipt to keep; sparklines are only drawn."""
    answers = [tile.result for tile in shown.tiles if tile.result is not None]
    if kind == "pdf":
        answers += [tile.line for tile in shown.tiles if tile.result is not None and tile.line is not None]
    return answers


def board_file_name(title: str, day: date, kind: BoardKind) -> str:
    """The title and the day it is made: "Q3 acquisition, 2026-09-28.pdf"."""
    return named(title, day.isoformat(), kind, "Board")
