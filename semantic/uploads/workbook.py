"""Read an XLSX sheet as a grid of values, never formulas, links or entities.

Limits apply to the unpacked size.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.parsers import expat

from semantic.errors import UnreadableFile, counted
from semantic.uploads.grid import LONGEST_CELL, MOST_CELLS, MOST_COLUMNS, CellProblem, Grid, column_letters, grid_of

MOST_PARTS: Final = 5_000
MOST_UNPACKED: Final = 400 * 1024 * 1024
MOST_MERGED: Final = 10_000
MOST_LETTERS: Final = 400 * 1024 * 1024
"""The most characters in all cells together, because any number of cells can refer to the same long text."""
MOST_PROBLEMS: Final = 1_000
_PIECE: Final = 256 * 1024
_MAIN: Final = "http://schemas.openxmlformats.org/"
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.')

Start = Callable[[str, Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, and whether it's visible in Excel."""

    name: str
    part: str
    is_hidden: bool = False


@dataclass(slots=True)
class _Styles:
    """The indexes of cell styles for dates, and of those for percentages."""

    formats: dict[int, str] = field(default_factory=dict)
    dates: set[int] = field(default_factory=set)
    percents: set[int] = field(default_factory=set)
    count: int = 0


class Workbook:
    """An open workbook. Every reading method raises UnreadableFile."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise UnreadableFile("It isn't a complete XLSX file. Save it again in Excel, and upload that.") from None
        names = self._zip.namelist()
        if len(names) > MOST_PARTS:
            raise UnreadableFile(f"It's a ZIP file with {len(names):,} parts, which no workbook needs.")
        self._left = MOST_UNPACKED
        self._names = frozenset(names)
        if "xl/workbook.xml" not in self._names:
            raise UnreadableFile("It's a ZIP file, but not an XLSX workbook. Upload a CSV or an XLSX file.")
        self._is_1904 = False
        self.sheets = self._read_sheets()

    def read(self, sheet: Sheet) -> Grid:
        """Return the values of a sheet.

        Text in cells that are merged downwards is repeated in each row. Numbers aren't repeated.
        """
        reader = _SheetReader(self._read_texts(), self._read_styles(), is_1904=self._is_1904)
        self._parse(sheet.part, reader.start, reader.end, reader.letters)
        return reader.grid()

    def _read_sheets(self) -> tuple[Sheet, ...]:
        parts: dict[str, str] = {}
        found: list[tuple[str, str, bool]] = []

        def relation(tag: str, given: Mapping[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                parts[given.get("Id", "")] = _part(given.get("Target", ""))

        def sheet(tag: str, given: Mapping[str, str]) -> None:
            if tag == "workbookPr":
                self._is_1904 = given.get("date1904", "0") in ("1", "true")
            if tag == "sheet":
                found.append((given.get("name", ""), given.get("id", ""), given.get("state", "visible") != "visible"))

        self._parse("xl/_rels/workbook.xml.rels", relation)
        self._parse("xl/workbook.xml", sheet)
        return tuple(
            Sheet(name, parts[key], hidden)
            for name, key, hidden in found
            if parts.get(key, "").startswith("xl/worksheets/") and parts[key] in self._names
        )

    def _read_texts(self) -> list[str]:
        texts: list[str] = []
        pieces: list[str] = []
        state = {"in_text": False, "in_sound": False}

        def start(tag: str, given: Mapping[str, str]) -> None:
            if tag == "si":
                pieces.clear()
            state["in_sound"] = state["in_sound"] or tag == "rPh"  # the pronunciation of the text
            state["in_text"] = tag == "t" and not state["in_sound"]

        def end(tag: str) -> None:
            state["in_text"] = False
            if tag == "rPh":
                state["in_sound"] = False
            if tag == "si":
                if len(texts) == MOST_CELLS:
                    raise _too_many_cells()
                texts.append("".join(pieces))

        def letters(text: str) -> None:
            if state["in_text"]:
                pieces.append(text)

        if "xl/sharedStrings.xml" in self._names:
            self._parse("xl/sharedStrings.xml", start, end, letters)
        return texts

    def _read_styles(self) -> _Styles:
        styles, state = _Styles(), {"in_cells": False}

        def start(tag: str, given: Mapping[str, str]) -> None:
            if tag == "numFmt":
                styles.formats[_number(given.get("numFmtId"))] = given.get("formatCode", "")
            state["in_cells"] = (state["in_cells"] or tag == "cellXfs") and tag != "cellStyles"
            if tag == "xf" and state["in_cells"]:
                code = _number(given.get("numFmtId"))
                text = _QUOTED.sub("", styles.formats.get(code, "")).lower()
                if code in _DATES or any(sign in text for sign in "ymdhs"):
                    styles.dates.add(styles.count)
                elif code in (9, 10) or "%" in text:
                    styles.percents.add(styles.count)
                styles.count += 1

        def end(tag: str) -> None:
            if tag == "cellXfs":
                state["in_cells"] = False

        if "xl/styles.xml" in self._names:
            self._parse("xl/styles.xml", start, end)
        return styles

    def _parse(
        self,
        part: str,
        start: Start,
        end: Callable[[str], None] = lambda _: None,
        letters: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Parse one part piece by piece, so that a zip bomb fails at the limit instead of filling memory."""
        parser = expat.ParserCreate(namespace_separator="|")
        parser.buffer_text = True
        parser.StartElementHandler = lambda tag, given: start(
            tag.rpartition("|")[2], {name.rpartition("|")[2]: value for name, value in given.items()}
        )
        parser.EndElementHandler = lambda tag: end(tag.rpartition("|")[2])
        parser.CharacterDataHandler = letters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            with self._zip.open(part) as source:
                while piece := source.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise UnreadableFile(
                            f"It unpacks to more than {MOST_UNPACKED // 1024**2} MB. Save the sheet as CSV."
                        )
                    parser.Parse(piece, False)
            parser.Parse(b"", True)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise UnreadableFile("A part of the workbook is missing or damaged. Save it again in Excel.") from None
        except expat.ExpatError:
            raise UnreadableFile("A part of the workbook isn't valid. Save it again in Excel.") from None


class _SheetReader:
    """Collects the cells of a sheet from its XML elements, in the order of the file."""

    def __init__(self, texts: list[str], styles: _Styles, *, is_1904: bool) -> None:
        self._texts, self._styles = texts, styles
        self._epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (a calendar day)
        self._rows: dict[int, dict[int, str]] = {}
        self._typed: dict[int, set[int]] = {}  # by column, the numbers of rows
        self._merged: list[tuple[int, int, int, int]] = []
        self._problems: list[CellProblem] = []
        self._cells = self._letters = self._row = self._column = 0
        self._kind = self._style = ""
        self._pieces: list[str] = []
        self._reads = self._has_formula = self._in_sound = False

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        match tag:
            case "row":
                self._row = _number(given.get("r")) or self._row + 1
                self._column = -1
            case "c":
                self._place(given.get("r", ""))
                self._kind, self._style = given.get("t", "n"), given.get("s", "")
                self._pieces, self._has_formula = [], False
            case "rPh":
                self._in_sound = True
            case "v" | "t":
                self._reads = not self._in_sound
            case "f":
                self._has_formula = True
            case "mergeCell":
                self._merge(given.get("ref", ""))
            case _:
                pass

    def end(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._reads = False
        elif tag == "rPh":
            self._in_sound = False
        elif tag == "c":
            self._keep("".join(self._pieces))

    def letters(self, text: str) -> None:
        if self._reads:
            self._pieces.append(text)

    def grid(self) -> Grid:
        """Return the cells as rows. A typed cell is identified by its row's index among the rows with values."""
        self._fill_merged()
        numbers = sorted(number for number, row in self._rows.items() if row)
        place = {number: index for index, number in enumerate(numbers)}
        width = max((max(row) for row in self._rows.values() if row), default=-1) + 1
        typed = [frozenset(place[row] for row in self._typed.get(index, ()) if row in place) for index in range(width)]
        return grid_of(self._numbered(numbers), typed=typed, problems=self._problems)

    def _numbered(self, numbers: list[int]) -> Iterator[tuple[int, list[str | None]]]:
        for number in numbers:
            row = self._rows[number]
            yield number, [row.get(column) for column in range(max(row) + 1)]

    def _place(self, reference: str) -> None:
        if match := _REFERENCE.fullmatch(reference):
            self._column = _column(match[1])
            self._row = int(match[2])
        else:
            self._column += 1
        if self._column >= MOST_COLUMNS:
            raise UnreadableFile(f"It has more than {MOST_COLUMNS:,} columns. Upload only the columns you need.")

    def _keep(self, raw: str) -> None:
        text, is_typed = self._value(raw)
        if not text.strip():
            if self._has_formula:
                self._tell("The formula has no saved value. Open the file in Excel, save it, and upload that.")
            return
        text = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL + 1]  # refused later, with the row's number
        self._count(text)
        self._rows.setdefault(self._row, {})[self._column] = text
        if is_typed:
            self._typed.setdefault(self._column, set()).add(self._row)

    def _count(self, text: str) -> None:
        self._cells += 1
        self._letters += len(text)
        if self._cells > MOST_CELLS:
            raise _too_many_cells()
        if self._letters > MOST_LETTERS:
            raise UnreadableFile("Its cells contain too much text in total. Upload only the columns you need.")

    def _value(self, raw: str) -> tuple[str, bool]:
        """Return a cell's text, and whether the file stores the cell as a number, a date or a boolean."""
        match self._kind:
            case "s":
                index = _number(raw, -1)
                if not 0 <= index < len(self._texts):
                    raise UnreadableFile("A cell refers to a text that the workbook doesn't have. Save it again.")
                return self._texts[index], False
            case "b":
                return ("true" if raw.strip() == "1" else "false"), True
            case "e":
                self._tell(f"The cell has the error {raw[:20]}, so it counts as empty.")
                return "", False
            case "inlineStr" | "str":
                return raw, False
            case "d":
                return raw.strip(), True
            case _:
                return self._number(raw.strip()), bool(raw.strip())

    def _number(self, raw: str) -> str:
        style = _number(self._style, -1)
        if not raw:
            return ""
        try:
            value = Decimal(raw)
        except InvalidOperation:
            raise UnreadableFile("A cell has a number that can't be read. Save the workbook again in Excel.") from None
        if not value.is_finite() or abs(value.adjusted()) > 300:
            raise UnreadableFile("A cell has a number that can't be read. Save the workbook again in Excel.")
        if style in self._styles.dates and 0 <= value < 2_958_466:
            return self._date(value)
        # Excel saves the up to 17 digits with which it calculates, but shows 15.
        value = Decimal(repr(float(f"{value:.15g}"))) if len(value.as_tuple().digits) > 15 else value
        if style in self._styles.percents:
            return f"{value * 100:f}%"
        return f"{value:f}"

    def _date(self, value: Decimal) -> str:
        moment = self._epoch + timedelta(seconds=round(float(value) * 86_400))
        if value < 60 and self._epoch.year == 1899:  # Excel has a 29 February 1900
            moment += timedelta(days=1)
        if value < 1:
            return f"{moment:%H:%M:%S}"
        is_day = value == value.to_integral_value()
        return f"{moment:%Y-%m-%d}" if is_day else f"{moment:%Y-%m-%d %H:%M:%S}"

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        start, stop = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if start and stop and len(self._merged) < MOST_MERGED:
            self._merged.append((int(start[2]), int(stop[2]), _column(start[1]), _column(stop[1])))

    def _fill_merged(self) -> None:
        """Fill merged cells downwards only.

        A title across columns counts once, but a label across rows belongs to each row.
        """
        looked_at = 0
        for first, last, left, _ in self._merged:
            text = self._rows.get(first, {}).get(left)
            if text is None or last <= first or first in self._typed.get(left, ()):
                continue
            last = min(last, first + 100_000)
            looked_at += last - first
            if looked_at > MOST_CELLS:
                raise _too_many_cells()
            for number in range(first + 1, last + 1):
                row = self._rows.get(number)
                if row and left not in row:  # a row without another value stays empty
                    self._count(text)
                    row[left] = text

    def _tell(self, what: str) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(CellProblem(self._row, f"column {column_letters(max(self._column, 0))}", what))


def _too_many_cells() -> UnreadableFile:
    return UnreadableFile(f"It has more than {MOST_CELLS:,} cells. Split it into several files.")


def choose_sheet(book: Workbook, name: str = "") -> Sheet:
    """Return the sheet with this name, or if `name` is "", the first visible sheet. Raises UnreadableFile."""
    visible = [sheet for sheet in book.sheets if not sheet.is_hidden]
    if name:
        found = [sheet for sheet in visible if sheet.name == name]
        if not found:
            raise UnreadableFile("The workbook has no visible sheet with that name. Choose another.")
        return found[0]
    if not visible:
        hidden = counted(len(book.sheets), "hidden sheet")
        raise UnreadableFile(f"The workbook has no visible sheet, and {hidden}. Unhide the one to upload.")
    return visible[0]


def _part(target: str) -> str:
    """Return a part's name inside the archive. Nothing outside the archive is ever opened."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _refuse_doctype(*_: object) -> None:
    raise UnreadableFile("A part of the workbook declares entities, which no workbook needs.")


def _number(text: str | None, default: int = 0) -> int:
    cleaned = (text or "").strip()
    return int(cleaned) if cleaned.isascii() and cleaned.isdecimal() and len(cleaned) < 10 else default


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
