"""A board as a spreadsheet: its settings, all numbers on one sheet, a sheet for each other tile, and sources.

A tile's sheet equals the export of its answer. Text stays text, so it never becomes a formula or a link.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from math import ceil
from typing import Any

from semantic.boards.board import TileKind
from semantic.display.boards.about import (
    KIND_WORDS,
    board_facts,
    definitions_of,
    ignored_words,
    tile_trust,
    with_full_stop,
    without_clicks,
)
from semantic.display.boards.cards import INKS, changes_words, number_words
from semantic.display.boards.shown import AnalysisShown, BoardShown, TileShown
from semantic.display.change import Verdict
from semantic.display.charts.charts import chart_for
from semantic.display.evidence import evidence
from semantic.display.export.about import about
from semantic.display.export.chart_in_sheet import charts_in_sheet
from semantic.display.export.rows import FileColumn, file_columns
from semantic.display.export.to_xlsx import (
    DIGITS,
    HEAD,
    LETTERS,
    CellFormats,
    Exact,
    Look,
    answer_sheet,
    cell_parts,
    definitions_sheet,
    number_format,
    on_one_width,
    open_book,
    seen_only,
    usual_decimals,
    why_no_sheet,
    write_sql,
    write_text,
)
from semantic.display.format import moment_in
from semantic.display.paper.figure import figure_height, is_drawable
from semantic.display.paper.pixels import figure_png
from semantic.display.rows import comparison_words, main_values
from semantic.display.tokens import LIGHT
from semantic.policy.narrow import VisibleModel
from semantic.results.result import Result, ResultColumn

BOARD, NUMBERS, DEFINITIONS, SOURCES, SQL = "Board", "Numbers", "Definitions", "Scope and receipts", "SQL"
"""The names of the sheets that don't belong to a tile."""

MOST_LINES = 100_000  # of one table of an analysis
CHART, ROW = 480.0, 15.0  # points: the width of a chart, and the height of a row
_WRITTEN = re.compile(
    r"(?P<about>\N{ALMOST EQUAL TO}?)(?P<minus>[-\N{MINUS SIGN}]?)(?P<number>[\d,]+(?:\.\d+)?)(?P<share>%?)"
)
LONGEST_NAME = 31  # characters of a sheet's name
LONGEST_TEXT = LETTERS // 2  # of a cell, however its characters are encoded
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a workbook without answers, because this module reads no clock."""

WRAPPED: Look = {"text_wrap": True, "valign": "top"}


def board_workbook(shown: BoardShown, visible: VisibleModel) -> bytes:
    """Return the spreadsheet for the person who sees `visible`. The same board gives the same bytes.

    If a tile has no answer, or its answer doesn't fit on a sheet, the first sheet gives the reason.
    """
    out = BytesIO()
    book = open_book(out, shown.title, shown.as_of or NO_DAY)
    looks, sheets = CellFormats(book), sheet_names(shown)
    _board(book.add_worksheet(BOARD), shown, visible, sheets, looks)
    numbers = [tile for tile in shown.tiles if sheets.get(tile.tile.id) == NUMBERS]
    if numbers:
        _numbers(book.add_worksheet(NUMBERS), numbers, looks)
    for tile in shown.tiles:
        name = sheets.get(tile.tile.id, NUMBERS)
        if name != NUMBERS and tile.result is not None:
            sheet: Any = book.add_worksheet(name)
            answer_sheet(sheet, tile.result, looks)
            if tile.tile.kind is TileKind.CHART:
                chart = chart_for(tile.result, LIGHT, wanted=tile.tile.chart or None)
                charts_in_sheet(book, sheet, chart, tile.result, tile.heading, looks)
        elif name != NUMBERS and tile.analysis is not None:
            _analysis_sheet(book.add_worksheet(name), tile, tile.analysis, looks)
    definitions_sheet(book.add_worksheet(DEFINITIONS), definitions_of(shown, visible), looks)
    _sources(book.add_worksheet(SOURCES), shown, visible, looks)
    if visible.actor.is_at_least("steward"):
        _all_sql(book.add_worksheet(SQL), shown, looks)
    book.close()
    return out.getvalue()


def sheet_names(shown: BoardShown) -> Mapping[str, str]:
    """Return the sheet name of each tile by the tile's ID. Tiles without a sheet are left out."""
    taken = {sheet.casefold() for sheet in (BOARD, NUMBERS, DEFINITIONS, SOURCES, SQL, "History")}
    sheet_names: dict[str, str] = {}
    for tile in shown.tiles:
        if tile.analysis is None and (tile.result is None or why_no_sheet(tile.result)):
            continue
        if _is_number(tile):
            sheet_names[tile.tile.id] = NUMBERS
            continue
        sheet_names[tile.tile.id] = name = _free_name(tile.title, taken)
        taken.add(name.casefold())
    return sheet_names


def _analysis_sheet(sheet: Any, tile: TileShown, shown: AnalysisShown, looks: CellFormats) -> None:
    """Write an analysis on its sheet: its sentence, chart, tables, and counting rule."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 20, 18)
    write_text(sheet, 0, 0, shown.sentence, {"bold": True}, looks)
    about = " ".join(with_full_stop(part) for part in (tile.title, tile.words, shown.time_zone) if part)
    write_text(sheet, 1, 0, about, {"font_color": LIGHT.muted}, looks)
    row = 3
    chart = shown.main_chart(LIGHT)
    if chart is not None and chart.figure is not None and is_drawable(chart.figure):
        picture = figure_png(chart.figure, CHART)
        scale = CHART * 4 / 3 / int.from_bytes(picture[16:20], "big")  # a PNG begins with its width in pixels
        placed = {"image_data": BytesIO(picture), "x_scale": scale, "y_scale": scale, "description": chart.alt}
        sheet.insert_image(row, 0, "chart.png", placed)
        row += ceil(figure_height(chart.figure) / ROW) + 2
    for table in shown.tables:
        if len(shown.tables) > 1:
            write_text(sheet, row, 0, table.title, {"bold": True}, looks)
            row += 1
        for place, (head, side) in enumerate(zip(table.heads, table.sides, strict=True)):
            sheet.write_string(row, place, head, looks(**HEAD, align=side))
        for line in table.lines[:MOST_LINES]:
            row += 1
            for place, (text, side) in enumerate(zip(line, table.sides, strict=True)):
                _text_cell(sheet, row, place, text, side, looks)
        row += 2
    texts = (*shown.rule, *([f"Filters: {shown.filters}."] if shown.filters else ()), *shown.notes)
    for text in ("How it counts:", *texts):
        write_text(sheet, row, 0, text, {"font_color": LIGHT.muted}, looks)
        row += 1


def _text_cell(sheet: Any, row: int, place: int, text: str, side: str, looks: CellFormats) -> None:
    """Write a cell of a text table.

    Whole numbers and shares are written as numbers, so that formulas can use them.
    """
    match = _WRITTEN.fullmatch(text) if place else None
    if match is None:
        write_text(sheet, row, place, text, {"align": side}, looks)
        return
    digits = f"{'-' if match['minus'] else ''}{match['number'].replace(',', '')}"
    decimals = len(match["number"].partition(".")[2])
    written = f"{'#,##0' if ',' in match['number'] or not decimals else '0'}{'.' + '0' * decimals if decimals else ''}"
    mark = f'"{match["about"]}"' if match["about"] else ""
    share = "%" if match["share"] else ""
    number = Decimal(digits) / 100 if share else Decimal(digits)
    cell = int(number) if number == int(number) else number
    sheet.write_number(row, place, Exact(cell), looks(num_format=f"{mark}{written}{share}"))


def _is_number(tile: TileShown) -> bool:
    """Whether a tile's whole answer fits on one row of the Numbers sheet."""
    result = tile.result
    return tile.tile.kind is TileKind.NUMBER and result is not None and not result.keys and result.table.num_rows == 1


def _free_name(title: str, taken: set[str]) -> str:
    """Return a valid sheet name for a title.

    Spreadsheets forbid some characters, and names that differ only in case.
    """
    plain = seen_only(re.sub(r"[\[\]:*?/\\]", " ", title))
    plain = _cut(plain.strip(" '=+-@"), LONGEST_NAME) or "Tile"
    name, place = plain, 2
    while name.casefold() in taken:
        tail = f" ({place})"
        name, place = _cut(plain, LONGEST_NAME - len(tail)) + tail, place + 1
    return name


def _cut(text: str, most: int) -> str:
    """Return the text, cut to `most` characters.

    Spreadsheets count a character outside Unicode's basic plane as two.
    """
    while len(text.encode("utf-16-le")) // 2 > most:
        text = text[:-1]
    return text.rstrip(" '")


# The first sheet

HEADS = (
    *(
        ("Tile", 34),
        ("Finding", 46),
        ("Shows", 10),
        ("Sheet", 30),
        ("Days, comparison and filters", 46),
        ("Not applied", 40),
    ),
    *(("Trust", 34), ("As of", 32), ("Receipt", 22)),
)


def _board(sheet: Any, shown: BoardShown, visible: VisibleModel, sheets: Mapping[str, str], looks: CellFormats) -> None:
    for place, (_, width) in enumerate(HEADS):
        sheet.set_column(place, place, width)
    write_text(sheet, 0, 0, shown.title, {"bold": True, "font_size": 15}, looks)
    row = 1
    for word, text in (("Note", without_clicks(shown.note)), *board_facts(shown, visible)):
        for part in cell_parts(text) if text else ():
            write_text(sheet, row, 0, word, {"font_color": LIGHT.muted, "valign": "top"}, looks)
            write_text(sheet, row, 1, part, {"valign": "top"}, looks)
            row += 1
    row += 1
    for place, (head, _) in enumerate(HEADS):
        sheet.write_string(row, place, head, looks(**HEAD))
    for tab in shown.tabs:
        if tab.title and len(shown.tabs) > 1:
            row += 1
            write_text(sheet, row, 0, tab.title, {"bold": True, "font_color": LIGHT.muted}, looks)
        for tile in (tile for line in tab.rows for tile in line.tiles):
            row += 1
            for place, text in enumerate(_line(tile, sheets)):
                write_text(
                    sheet, row, place, text[:LONGEST_TEXT], WRAPPED | ({"bold": True} if place == 0 else {}), looks
                )
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&LSamepage&RPage &P of &N")


def _line(tile: TileShown, sheets: Mapping[str, str]) -> tuple[str, ...]:
    """Return a tile's line on the first sheet. For a text tile, it's the text."""
    kind = KIND_WORDS[tile.tile.kind]
    if tile.analysis is not None:
        where, as_of = sheets[tile.tile.id], moment_in(tile.as_of, tile.time_zone) if tile.as_of is not None else ""
        about_it = (where, tile.words, ignored_words(tile), tile_trust(tile), as_of, tile.receipt)
        return tile.title, tile.finding, kind, *about_it
    if tile.result is None:
        return (
            tile.title,
            "",
            kind,
            "",
            tile.sentence or without_clicks(tile.tile.text),
            ignored_words(tile),
            "",
            "",
            "",
        )
    where = sheets.get(tile.tile.id) or f"None. {why_no_sheet(tile.result)}"
    as_of = moment_in(tile.result.computed_at, tile.result.period.time_zone)
    as_of += ", earlier data" if tile.is_earlier else ""
    about_it = (where, tile.words, ignored_words(tile), tile_trust(tile), as_of, tile.result.receipt)
    return tile.title, tile.finding, kind, *about_it


# All numbers together

NUMBER_HEADS = (
    *(("Tile", 34), ("Metric", 28), ("Value", 18), ("Compared with", 24), ("Value there", 18), ("Change", 14)),
    *(("In words", 46), ("Target", 46), ("Days, comparison and filters", 46), ("Receipt", 22)),
)


def _numbers(sheet: Any, tiles: Sequence[TileShown], looks: CellFormats) -> None:
    for place, (head, width) in enumerate(NUMBER_HEADS):
        sheet.set_column(place, place, width)
        side = "right" if head in ("Value", "Value there", "Change") else "left"
        sheet.write_string(0, place, head, looks(**HEAD, align=side))
    row = 0
    for tile in tiles:
        assert tile.result is not None
        for value, pairs in _values(tile.result):
            said = changes_words(value.column, tile.result, tile.usual) if value.column is not None else ()
            for place, (before, change) in enumerate(pairs or ((None, None),)):
                row += 1
                words = said[place] if place < len(said) else ("", "")
                _number_row(sheet, row, tile, tile.result, value, before, change, words, looks)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, row, len(NUMBER_HEADS) - 1)
    on_one_width(sheet)


Pairs = list[tuple[FileColumn, FileColumn]]


def _values(result: Result) -> list[tuple[FileColumn, Pairs]]:
    """Return each metric with its comparisons, each as the compared column and the change column."""
    columns = file_columns(result)
    by_name = {file_column.name: file_column for file_column in columns}
    values: list[tuple[FileColumn, Pairs]] = []
    for value in main_values(result):
        befores = [
            file_column
            for file_column in columns
            if file_column.kind == "value" and _is_before(file_column.column, value)
        ]
        pairs = [(file_column, by_name[f"{file_column.name} change"]) for file_column in befores]
        values.append((by_name[value.name], pairs))
    return values


def _is_before(column: ResultColumn | None, value: ResultColumn) -> bool:
    return column is not None and bool(column.compare) and column.name == f"{value.name}_{column.compare}"


def _number_row(
    sheet: Any, row: int, tile: TileShown, result: Result, value: FileColumn, before: FileColumn | None,
    change: FileColumn | None, words: tuple[str, Verdict], looks: CellFormats,
) -> None:  # fmt: skip
    """Write the row of one number. With `before` and `change`, the row includes this comparison."""
    assert value.column is not None
    write_text(sheet, row, 0, tile.title, {"bold": True}, looks)
    write_text(sheet, row, 1, value.label, {}, looks)
    known = evidence(result).get(value.name, (None,))[0]
    weak: Look = {"font_color": LIGHT.muted, "italic": True} if known is not None and not known.is_enough else {}
    _number(sheet, row, 2, value, result, weak, looks)
    if before is not None and before.column is not None and change is not None:
        write_text(sheet, row, 3, comparison_words(value.column, before.column), {}, looks)
        _number(sheet, row, 4, before, result, {}, looks)
        _number(sheet, row, 5, change, result, {"font_color": INKS[words[1]]}, looks)
    write_text(sheet, row, 6, words[0], {"font_color": INKS[words[1]]}, looks)
    target = " ".join(f"{text.rstrip('.')}." for text, _ in number_words(tile, result).target if text)
    write_text(sheet, row, 7, target, {}, looks)
    write_text(sheet, row, 8, tile.words, {}, looks)
    write_text(sheet, row, 9, result.receipt, {}, looks)


def _number(
    sheet: Any, row: int, place: int, column: FileColumn, result: Result, look: Look, looks: CellFormats
) -> None:
    """Write the single cell of a column in its metric's format. Leave it empty if there is no number."""
    cell = column.cells[0]
    if (
        isinstance(cell, (int, float, Decimal))
        and math.isfinite(cell)
        and not (_is_long(cell) and column.kind == "value")
    ):
        written = number_format(column, usual_decimals(column, result), cell)
        sheet.write_number(row, place, Exact(cell), looks(**look, num_format=written))
    elif cell is not None:
        write_text(sheet, row, place, str(cell), look | {"align": "right"}, looks)


def _is_long(cell: float | Decimal) -> bool:
    return isinstance(cell, int) and abs(cell) >= DIGITS


# Sources


def _sources(sheet: Any, shown: BoardShown, visible: VisibleModel, looks: CellFormats) -> None:
    """Write the sources of each tile's answer: days, scope, freshness, notes, versions, receipt and question."""
    for place, (head, width) in enumerate((("Tile", 34), ("What", 24), ("Says", 110))):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, looks(**HEAD))
    row = 0
    for tile in shown.tiles:
        if not tile.is_answered:
            continue
        facts = [*_facts_of(tile, visible), *((fact.word, fact.sentence) for fact in tile.facts)]
        for word, text in facts:
            for part in cell_parts(text):
                row += 1
                write_text(sheet, row, 0, tile.title, WRAPPED, looks)
                write_text(sheet, row, 1, word, WRAPPED | {"font_color": LIGHT.muted}, looks)
                write_text(sheet, row, 2, part, WRAPPED, looks)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(row, 1), 2)
    on_one_width(sheet)


def _facts_of(tile: TileShown, visible: VisibleModel) -> Iterator[tuple[str, str]]:
    """Yield the facts about a tile's answer, each as a term and a sentence."""
    if tile.result is not None:
        yield from about(tile.result, visible).facts
    if (found := tile.analysis) is not None:
        yield "Analysis", tile.title
        yield "Period", tile.words or "All time"
        yield "Time zone", found.time_zone
        yield "How it counts", found.counting
        yield "Scope", found.scope.removeprefix("Scope: ") or "No row restrictions"
        for note in found.notes:
            yield "Note", note
        if found.computed_at is not None:
            yield "Computed", moment_in(found.computed_at, found.time_zone)
        yield "Computed for", visible.actor.name or visible.actor.id
        if found.receipt:
            yield "Receipt", found.receipt
        yield "Analysis as JSON", tile.definition


def _all_sql(sheet: Any, shown: BoardShown, looks: CellFormats) -> None:
    """Write each answer's SQL below the title of its tile."""
    sheet.set_column(0, 0, 140)
    row = 0
    for tile in shown.tiles:
        if tile.result is not None:
            write_text(sheet, row, 0, tile.title, {"bold": True}, looks)
            row = write_sql(sheet, row + 1, tile.result.readable_sql, looks) + 1
