"""An answer as a spreadsheet: typed cells, bold totals, and sheets with definitions and sources.

Text stays text, so it never becomes a formula or a link. Numbers keep every digit of the answer. A spreadsheet supports
15 digits, so a whole number with more digits is written as text.
"""

# pyarrow.compute makes its functions when it is imported, so a type checker sees none of them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unicodedata import category

import pyarrow as pa
import pyarrow.compute as pc

from semantic.annotations.annotation import Annotation
from semantic.display.change import change_text
from semantic.display.evidence import evidence
from semantic.display.export.about import About, Definition, limit_words
from semantic.display.export.remarks import REMARKS, remark_rows
from semantic.display.export.rows import FileColumn, file_columns
from semantic.display.export.to_csv import starts_formula
from semantic.display.format import NO_MARKS, SIGNS, decimals_for, decimals_of, grid_label, key_text, writer
from semantic.display.in_part import marks_of
from semantic.display.rows import Kinds, is_other, is_total, numbers_beside, row_kinds
from semantic.display.tokens import LIGHT
from semantic.errors import TooManyRows
from semantic.model.definitions import Granularity, NumberFormat, TypeKind
from semantic.results.result import Result

if TYPE_CHECKING:
    from xlsxwriter import Workbook

ROWS, COLUMNS, LETTERS, DIGITS = 1_048_576, 16_384, 32_767, 10**15
"""A sheet's limits: rows, columns, characters of a cell, and the first whole number that it can't store exactly."""

FIRST_DAY = date(1900, 3, 1)
"""The first day that is written as a date. Spreadsheets have a leap day before it that never existed."""

MEASURED = 1_000  # rows used to measure a column's width
NARROWEST, WIDEST = 10, 46
SHEETS = ("Answer", "Definitions", "About this answer", "SQL")

Look = dict[str, Any]
"""A cell's format in the form that XlsxWriter uses."""


def to_xlsx(result: Result, about: About, remarks: Sequence[Annotation] = ()) -> bytes:
    """Return the answer as a spreadsheet. Raises TooManyRows if the answer doesn't fit on a sheet.

    The same result gives the same bytes.
    """
    reason = why_no_sheet(result)
    if reason:
        raise TooManyRows(reason)
    out = BytesIO()
    book = open_book(out, result.title, result.computed_at)
    looks = CellFormats(book)
    answer_sheet(book.add_worksheet(SHEETS[0]), result, looks)
    definitions_sheet(book.add_worksheet(SHEETS[1]), about.definitions, looks)
    _about(book.add_worksheet(SHEETS[2]), about, looks)
    if remarks:
        _remarks(book.add_worksheet(REMARKS), remarks, looks)
    if about.sql:
        sheet = book.add_worksheet(SHEETS[3])
        sheet.set_column(0, 0, 140)
        write_sql(sheet, 0, about.sql, looks)
    book.close()
    return out.getvalue()


def open_book(out: BytesIO, title: str, moment: datetime) -> Workbook:
    """Return a workbook that writes all text as text.

    `moment` is its creation date, which is fixed to keep the bytes equal.
    """
    from xlsxwriter import Workbook  # here: only a spreadsheet needs it, and it takes a while to import

    options = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")}
    book = Workbook(out, {"in_memory": True, **options})
    created = moment.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": seen_only(title), "author": "Samepage", "created": created})
    return book


def why_no_sheet(result: Result) -> str:
    """Return why this answer doesn't fit on a sheet, as a sentence, or "" if it fits."""
    if result.table.num_rows + 3 > ROWS:
        return f"This result has {result.table.num_rows:,} rows, more than a spreadsheet can hold ({ROWS:,}). Use CSV."
    if 2 * len(result.columns) + 1 > COLUMNS:
        return f"This result has more columns than a spreadsheet can hold ({COLUMNS:,}). Use CSV."
    for key in result.keys:
        if (
            result.table.num_rows
            and key.type.kind is TypeKind.STRING
            and _longest(result.table.column(key.name)) > LETTERS
        ):
            text = f"{key.label} has a value too long for a spreadsheet cell ({LETTERS:,} characters)."
            return f"{text} Use CSV."
    return ""


def _longest(texts: pa.ChunkedArray) -> int:
    """Return the length of the longest text in UTF-16 units, which is how spreadsheets count."""
    most: int = pc.max(pc.utf8_length(texts)).as_py() or 0
    return (
        most
        if 2 * most <= LETTERS
        else max(len(value.encode("utf-16-le")) // 2 for value in texts.to_pylist() if value)
    )


@dataclass(slots=True)
class CellFormats:
    """The cell formats of a workbook. Each format is created only once."""

    book: Workbook
    made: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict[tuple[tuple[str, Any], ...], Any])

    def __call__(self, **look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(look)
        return self.made[key]


class Exact(float):
    """A number that is written with enough digits to restore it exactly. XlsxWriter writes 16 digits, one too few."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


# The rows


def answer_sheet(sheet: Any, result: Result, looks: CellFormats) -> None:
    """Write the rows of an answer below their headers. Totals are at the end, outside the filter."""
    columns, kinds = file_columns(result, labelled=True), row_kinds(result)
    first_total = next((place for place, row_kind in enumerate(kinds) if is_total(row_kind)), len(kinds))
    for place, file_column in enumerate(columns):
        head, width = column_head(file_column, result), _width(file_column, result)
        sheet.set_column(place, place, min(WIDEST, max(NARROWEST, width, len(head) + 4)))
        side = "right" if file_column.kind in ("value", "change") else "left"
        sheet.write_string(0, place, head, looks(**HEAD, align=side))
        _write(sheet, place, file_column, result, kinds, first_total, looks)
    left_out = limit_words(result)
    if left_out:
        sheet.write_string(len(kinds) + 2, 0, left_out, looks(italic=True, font_color=LIGHT.muted))
    sheet.freeze_panes(1, 1 if result.keys else 0)
    if first_total:
        # Totals are excluded, because sorting would mix them with the groups.
        sheet.autofilter(0, 0, first_total, max(0, len(columns) - 1))
    on_one_width(sheet)
    sheet.set_header(f"&L{on_paper(result.title)}&R{on_paper(result.period.words)}")
    sheet.set_footer("&LSamepage&RPage &P of &N")


def on_one_width(sheet: Any) -> None:
    """Set up a sheet for printing on A4 landscape, with all columns on each page and a repeated header."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


HEAD: Look = {
    "bold": True,
    "bg_color": LIGHT.panel,
    "bottom": 1,
    "bottom_color": LIGHT.line,
    "text_wrap": True,
    "valign": "top",
}


def on_paper(text: str) -> str:
    """Return a text for a printed header, in which `&` begins a code and space is limited."""
    text = seen_only(text)
    return (text if len(text) <= 100 else text[:99] + "\N{HORIZONTAL ELLIPSIS}").replace("&", "&&")


def seen_only(text: str) -> str:
    """Return the visible characters of a text on one line.

    With other characters in a name or a header, no program could open the file.
    """
    return " ".join("".join(" " if category(character)[0] in "CZ" else character for character in text).split())


def column_head(file_column: FileColumn, result: Result) -> str:
    """Return a column's header as on screen. It includes the unit if the cells don't show it."""
    if file_column.kind == "value" and file_column.column is not None:
        return grid_label(file_column.column)
    grain = file_column.column.grain if file_column.kind == "key" and file_column.column is not None else None
    if grain in (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR):
        return f"{file_column.label} from"
    return file_column.label


def _write(
    sheet: Any,
    place: int,
    file_column: FileColumn,
    result: Result,
    kinds: Sequence[Kinds],
    first_total: int,
    looks: CellFormats,
) -> None:
    """Write the cells of one column below its header."""
    decimals = usual_decimals(file_column, result)
    as_text = file_column.kind != "change" and _is_too_long(file_column.cells)
    known, marks = (
        evidence(result).get(file_column.name, ()),
        marks_of(result) if file_column.kind == "key" else NO_MARKS,
    )
    for row, (cell, kind) in enumerate(zip(file_column.cells, kinds, strict=True), start=1):
        look = _row_look(kind, is_first_total=row == first_total + 1)
        if known and (behind := known[row - 1]) is not None and not behind.is_enough:
            look |= {"font_color": LIGHT.muted, "italic": True}
        match cell:
            case None:
                if look:
                    sheet.write_blank(row, place, None, looks(**look))
            case str():
                write_text(sheet, row, place, cell, look, looks)
            case datetime() | date() if _day(cell) >= FIRST_DAY:
                mark = marks.get((file_column.name, cell), "")
                look["num_format"], look["align"] = (
                    _date_format(cell, file_column) + (f' "({mark})"' if mark else ""),
                    "left",
                )
                naive = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
                sheet.write_datetime(row, place, naive, looks(**look))
            case int() | float() | Decimal() if not as_text and math.isfinite(cell):
                look |= {"num_format": number_format(file_column, decimals, cell)} | _verdict(file_column, row - 1)
                sheet.write_number(row, place, Exact(cell), looks(**look))
            case _:
                side = "right" if file_column.kind == "value" else "left"
                write_text(sheet, row, place, _in_words(cell), look | {"align": side}, looks)


def write_text(sheet: Any, row: int, place: int, text: str, look: Look, looks: CellFormats) -> None:
    """Write a cell as text, even if it looks like a number or a formula. It stays text when someone edits it."""
    if starts_formula(text):
        look = look | {"quote_prefix": True}
    if text:
        sheet.write_string(row, place, text, looks(**look) if look else None)
    elif look:
        sheet.write_blank(row, place, None, looks(**look))


def _row_look(kinds: Kinds, *, is_first_total: bool) -> Look:
    if is_total(kinds):
        return {"bold": True} | ({"top": 1} if is_first_total else {})
    return {"font_color": LIGHT.muted} if is_other(kinds) else {}


def _verdict(file_column: FileColumn, row: int) -> Look:
    """Return the colour of a change, which depends on its verdict."""
    if not file_column.verdicts:
        return {}
    return {
        "font_color": {"better": LIGHT.favourable, "worse": LIGHT.unfavourable, "": LIGHT.muted}[
            file_column.verdicts[row]
        ]
    }


def _in_words(cell: object) -> str:
    """Return a value as text if a spreadsheet can't store it, such as an early day or a large number."""
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _is_too_long(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, int) and abs(cell) >= DIGITS for cell in cells)


def _day(cell: date) -> date:
    return cell.date() if isinstance(cell, datetime) else cell


# Cell formats


def usual_decimals(file_column: FileColumn, result: Result) -> int:
    """Return a column's usual number of decimals. Smaller numbers get more."""
    if file_column.column is None or file_column.kind == "key":
        return 0
    if file_column.kind == "change":
        return decimals_of(file_column.column) if file_column.is_points else 1
    return decimals_of(file_column.column, numbers_beside(file_column.column, result))


def number_format(file_column: FileColumn, decimals: int, cell: float | Decimal) -> str:
    """Return the spreadsheet format for a number as on screen. A small number gets more decimals."""
    column = file_column.column
    if column is None or file_column.kind == "key":
        return "General"
    is_part = not file_column.is_points and (file_column.kind == "change" or column.format is NumberFormat.SHARE)
    decimals = decimals_for(float(cell) * (100 if is_part else 1), decimals)
    if file_column.kind == "change":
        body = f"0{_places(decimals)}" + ('" pp"' if file_column.is_points else "%")
        return f"+{body};-{body};{body}"
    match column.format:
        case NumberFormat.SHARE:
            return f"#,##0{_places(decimals)}%"
        case NumberFormat.MONEY if column.unit:
            sign = SIGNS.get(column.unit, f"{column.unit} ").replace('"', "")
            return f'"{sign}"#,##0{_places(decimals)}'
        case _:
            return f"#,##0{_places(decimals)}"


def _places(decimals: int) -> str:
    return "." + "0" * decimals if decimals else ""


def _date_format(cell: date, file_column: FileColumn) -> str:
    """Return the date format for a period's granularity.

    Spreadsheets have no format for quarters, so each quarter cell has its own format. The counted days of a period are
    literal text in the format, so that the cell is still a date for formulas.
    """
    match file_column.column.grain if file_column.column else None:
        case Granularity.MONTH | Granularity.FISCAL_QUARTER | Granularity.FISCAL_YEAR:
            return "mmm yyyy"
        case Granularity.QUARTER:
            return f'"Q{(cell.month + 2) // 3} "yyyy'
        case Granularity.YEAR:
            return "yyyy"
        case _:
            return "d mmm yyyy, hh:mm" if isinstance(cell, datetime) else "d mmm yyyy"


def _width(file_column: FileColumn, result: Result) -> int:
    """Return the width of a column, based on its longest displayed cell."""
    return 2 + max((len(text) for text in _shown(file_column, result)), default=0)


def _shown(file_column: FileColumn, result: Result) -> Iterator[str]:
    column, cells = file_column.column, file_column.cells[:MEASURED]
    if column is None:
        yield from (str(cell) for cell in cells)
    elif file_column.kind == "key":
        marks = marks_of(result)
        yield from (cell if isinstance(cell, str) else key_text(cell, column, marks) for cell in cells)
    elif file_column.kind == "change":
        yield from (change_text(cell, column) for cell in cells if isinstance(cell, float))
    else:
        write = writer(column, numbers_beside(column, result), short=False)
        yield from (write(cell) for cell in cells if isinstance(cell, (int, float)))


# Other sheets


def definitions_sheet(sheet: Any, definitions: Sequence[Definition], looks: CellFormats) -> None:
    """Write a row for each metric: its definition, its calculation and its owner."""
    heads = ("Metric", "Meaning", "What it doesn't mean", "Calculation", "Unit", "Owner", "Certified")
    for place, (head, width) in enumerate(zip(heads, (26, 52, 44, 52, 12, 24, 34), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, looks(**HEAD))
    for row, definition in enumerate(definitions, start=1):
        cells = (
            definition.label,
            definition.means,
            definition.does_not_mean,
            definition.formula,
            definition.unit,
            definition.owner,
            definition.certified,
        )
        for place, text in enumerate(cells):
            look: Look = {"text_wrap": True, "valign": "top"} | ({"bold": True} if place == 0 else {})
            write_text(sheet, row, place, text[:LETTERS], look, looks)
    sheet.freeze_panes(1, 1)
    on_one_width(sheet)


def _about(sheet: Any, about: About, looks: CellFormats) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    row = 0
    for word, text in about.facts:
        for place, part in enumerate(cell_parts(text)):
            look: Look = {"text_wrap": True, "valign": "top"}
            write_text(sheet, row, 0, word if place == 0 else "", look | {"font_color": LIGHT.muted}, looks)
            write_text(sheet, row, 1, part, look | ({"bold": True} if row == 0 else {}), looks)
            row += 1


def _remarks(sheet: Any, remarks: Sequence[Annotation], looks: CellFormats) -> None:
    heads = ("Days", "What happened", "About", "Kind")
    for place, (head, width) in enumerate(zip(heads, (28, 90, 24, 14), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, looks(**HEAD))
    for row, cells in enumerate(remark_rows(remarks), start=1):
        for place, text in enumerate(cells):
            write_text(sheet, row, place, text[:LETTERS], {"text_wrap": True, "valign": "top"}, looks)
    sheet.freeze_panes(1, 0)


def cell_parts(text: str) -> list[str]:
    """Return a long text in pieces that fit in a cell, however its characters are encoded."""
    size = LETTERS // 2
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def write_sql(sheet: Any, first: int, sql: str, looks: CellFormats) -> int:
    """Write SQL with one line per row, starting at the row `first`. Return the row after the last line."""
    lines = [part for line in sql.split("\n") for part in cell_parts(line)]
    for row, line in enumerate(lines, start=first):
        write_text(sheet, row, 0, line, {"font_name": "Consolas"}, looks)
    return first + len(lines)
