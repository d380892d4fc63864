"""Each surface read back as its reader gets it: a file from its bytes, a page from what the browser receives.

A surface gives an answer's numbers by row and column: typed ones as numbers, written ones as text. If it has a receipt,
another function reads that.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from pypdf import PdfReader

from pages.explore.result.cells import table_frame
from semantic.api.responses import answer_data
from semantic.boards.board import TileKind
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.shown import BoardShown
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.export import export, file_name
from semantic.display.export.to_csv import csv_text
from semantic.display.format import writer
from semantic.display.in_part import marks_of
from semantic.display.rows import key_cells, numbers_beside, row_kinds, shown_columns
from semantic.display.text import json_data
from semantic.model.definitions import Granularity, NumberFormat
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result
from tests.semantic.shown_boards import board, tile

Cells = dict[tuple[int, str], Any]
"""A number, or None if there is none, by the answer's row and the shown table's column."""

Surface = Callable[[Result, VisibleModel], Cells]


def table(shown: Result, _: VisibleModel) -> Cells:
    """Return the cells of the grid, in Explore and in a board's tile. Shares and changes are in percent there.

    The grand total comes first, and is left out if it has no numbers.
    """
    frame = table_frame(shown)
    kinds = row_kinds(shown)
    grand = [row for row, kind in enumerate(kinds) if kind and set(kind) == {"total"}]
    rows = shown.table.to_pylist()
    order = [row for row in grand if any(rows[row][column.name] is not None for column in shown.values)]
    order += [row for row in range(len(kinds)) if row not in grand]
    assert frame.height == len(order)
    table: Cells = {
        (row, column.name): None for row in grand for column in shown_columns(shown) if column.kind != "key"
    }
    for column in shown_columns(shown):
        size = 100 if column.kind == "change" or column.column.format is NumberFormat.SHARE else 1
        if column.kind != "key":
            cells = [None if cell is None else cell / size for cell in frame[column.name].to_list()]
            table |= {(row, column.name): cell for row, cell in zip(order, cells, strict=True)}
    return table


def csv_file(shown: Result, visible: VisibleModel) -> Cells:
    text = export(shown, visible, "csv").decode("utf-8-sig")
    return _from_rows([[_number(cell) for cell in row] for row in csv.reader(io.StringIO(text))][1:], shown)


def spreadsheet(shown: Result, visible: VisibleModel) -> Cells:
    return _sheet(openpyxl.load_workbook(io.BytesIO(export(shown, visible, "xlsx")))["Answer"], shown)


def parquet(shown: Result, visible: VisibleModel) -> Cells:
    rows = pq.read_table(pa.BufferReader(export(shown, visible, "parquet"))).to_pylist()
    return _from_rows([list(row.values()) for row in rows], shown)


def shell_csv(shown: Result, _: VisibleModel) -> Cells:
    return _from_rows([[_number(cell) for cell in row] for row in csv.reader(io.StringIO(csv_text(shown)))][1:], shown)


def shell_json(shown: Result, _: VisibleModel) -> Cells:
    return _from_json(json.loads(json.dumps(json_data(shown)))["rows"], shown)


def for_programs(shown: Result, visible: VisibleModel) -> Cells:
    """Return the cells that a program receives over HTTP."""
    return _from_json(json.loads(json.dumps(answer_data(shown, visible)))["rows"], shown)


TYPED: dict[str, Surface] = {
    "table": table,
    "csv": csv_file,
    "xlsx": spreadsheet,
    "parquet": parquet,
    "shell csv": shell_csv,
    "shell json": shell_json,
    "API": for_programs,
}
"""Surfaces that have every number of an answer as a number. A new surface needs one more line here."""


def _from_json(rows: list[dict[str, Any]], shown: Result) -> Cells:
    return {(place, column.name): row[column.name] for place, row in enumerate(rows) for column in shown.values}


def _sheet(sheet: Any, shown: Result) -> Cells:
    return _from_rows([list(row) for row in sheet.iter_rows(min_row=2, values_only=True)], shown)


def _from_rows(rows: list[list[Any]], shown: Result) -> Cells:
    """Return the cells of a file's rows, by column position. Changes of shares are in percentage points there."""
    assert len(rows) == shown.table.num_rows
    found_cells: Cells = {}
    for place, column in enumerate(shown_columns(shown)):
        size = 100 if column.kind == "change" and column.column.format is NumberFormat.SHARE else 1
        if column.kind != "key":
            cells = [None if row[place] is None else row[place] / size for row in rows]
            found_cells |= {(row, column.name): cell for row, cell in enumerate(cells)}
    return found_cells


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text or None


def truth(shown: Result) -> Cells:
    """Return the cells of the answer itself."""
    return {
        (row, column.name): value
        for column in shown.values
        for row, value in enumerate(shown.table.column(column.name).to_pylist())
    }


# Boards


def board_of(answers: Sequence[Result], kind: TileKind) -> BoardShown:
    """Return a board with a tile for each answer, one tile per row."""
    tiles = [tile(kind, f"Tile {place}", answer, words=answer.period.words) for place, answer in enumerate(answers)]
    return board(*([each_tile] for each_tile in tiles))


def workbook(answers: Sequence[Result], visible: VisibleModel) -> Any:
    """Return a board's spreadsheet with a tile for each answer. Any: openpyxl has no types."""
    content = board_workbook(board_of(answers, TileKind.TABLE), visible)
    return openpyxl.load_workbook(io.BytesIO(content))


def workbook_cells(book: Any, answers: Sequence[Result]) -> list[Cells]:
    """Return the cells of each answer, from the sheet of its tile."""
    return [_sheet(book[f"Tile {place}"], shown) for place, shown in enumerate(answers)]


def workbook_receipts(book: Any, answers: Sequence[Result]) -> list[str]:
    """Return each tile's receipt, from the first sheet."""
    said = {row[0]: row[8] for row in book["Board"].iter_rows(values_only=True)}
    return [str(said[f"Tile {place}"]) for place in range(len(answers))]


def pdf_lines(shown: BoardShown, visible: VisibleModel) -> list[str]:
    """Return the texts that a reader can select on the pages, one by one."""
    pages = PdfReader(io.BytesIO(board_pdf(shown, visible))).pages
    return [plain(line).strip() for page in pages for line in page.extract_text().split("\n")]


def plain(text: str) -> str:
    """Return the text with ordinary spaces instead of those that keep an amount and its currency together."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def written_rows(shown: Result) -> list[list[str]]:
    """Return each row as written in full: its keys, then each number, without the changes in between."""
    kinds = row_kinds(shown)
    keys = [shown.table.column(key.name).to_pylist() for key in shown.keys]
    marks = marks_of(shown)
    heads = [key_cells(values, kind, shown.keys, marks) for *values, kind in zip(*keys, kinds, strict=True)]
    week = shown.keys[0].grain is Granularity.WEEK
    numbers = [
        [
            writer(column, numbers_beside(column, shown), short=False)(value)
            for value in shown.table.column(column.name).to_pylist()
        ]
        for column in shown.values
    ]
    names = [[name.removeprefix("week of ") if week else name for name in head if name] for head in heads]
    return [[*name, *map(plain, row)] for name, row in zip(names, zip(*numbers, strict=True), strict=True)]


# Receipts


def csv_receipt(shown: Result, _: VisibleModel) -> str:
    """Return the receipt from the file's name, because nothing is written above or below the rows."""
    return file_name(shown, "csv").removesuffix(".csv").rpartition(", ")[2]


def sheet_receipt(shown: Result, visible: VisibleModel) -> str:
    book = openpyxl.load_workbook(io.BytesIO(export(shown, visible, "xlsx")))
    return {str(row[0]): str(row[1]) for row in book["About this answer"].iter_rows(values_only=True)}["Receipt"]


def parquet_receipt(shown: Result, visible: VisibleModel) -> str:
    file = pq.read_table(pa.BufferReader(export(shown, visible, "parquet")))
    return file.schema.metadata[b"samepage.receipt"].decode()


def json_receipt(shown: Result, _: VisibleModel) -> str:
    return json.loads(json.dumps(json_data(shown)))["receipt"]


def program_receipt(shown: Result, visible: VisibleModel) -> str:
    return json.loads(json.dumps(answer_data(shown, visible)))["receipt"]


def pdf_receipt(shown: Result, visible: VisibleModel) -> str:
    lines = pdf_lines(board_of([shown], TileKind.TABLE), visible)
    (pdf_line,) = [line.removeprefix("Receipt ") for line in lines if line.startswith("Receipt ")]
    return pdf_line


RECEIPTS: dict[str, Callable[[Result, VisibleModel], str]] = {
    "csv": csv_receipt,
    "xlsx": sheet_receipt,
    "parquet": parquet_receipt,
    "shell json": json_receipt,
    "API": program_receipt,
    "PDF": pdf_receipt,
}
"""Where each surface has its answer's receipt."""
