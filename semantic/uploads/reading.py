"""Read a file without saving it: its columns with types and sample values, its problems, and its open questions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

import polars as pl
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from semantic.errors import UnreadableFile, counted
from semantic.uploads.column_types import KINDS, LABELS, Fit, Kind, candidates, find_type, fit
from semantic.uploads.delimited import find_delimiter, read_delimited
from semantic.uploads.grid import MOST_BYTES, CellProblem, Grid
from semantic.uploads.text_encoding import decode
from semantic.uploads.workbook import Workbook, choose_sheet

SAMPLES: Final = 5
MOST_TITLES: Final = 50
LONGEST_LABEL, LONGEST_NAME = 60, 40
_TOTAL: Final = re.compile(
    r"(grand |sub-?)?total(s|:)?( .{0,30})?|sum(me)?:?|gesamt(summe|ergebnis)?:?|insgesamt:?|overall:?", re.IGNORECASE
)
_NUMBERS_OR_DATES: Final = re.compile(r"[-+(]?[€$£]?\s?\d[\d\s.,'/:%€$£)-]{0,30}")
_YEAR: Final = re.compile(r"(19|20)\d\d")
_PROTECTED: Final = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A person's choices for a column. Empty fields don't change what was detected."""

    kind: Kind | None = None
    way: str = ""
    label: str = ""
    is_left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A person's choices for a file. `header` is the header's row number, 0 for no header, or None to detect it."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header: int | None = None
    keeps_totals: bool = False
    columns: Mapping[int, ColumnChoice] = field(default_factory=dict[int, ColumnChoice])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """A column as it would be saved. If a person has to choose how to read it, `ways` are the options."""

    index: int
    name: str
    label: str
    kind: Kind
    way: str
    ways: tuple[str, ...]
    samples: tuple[str, ...]
    filled: int
    misfits: int
    unit: str = ""
    currency: str = ""
    is_left_out: bool = False

    @property
    def is_open(self) -> bool:
        return len(self.ways) > 1 and not self.is_left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file that was read. `fits` has each column's converted cells, in the order of `columns`."""

    is_workbook: bool
    encoding: str
    is_encoding_certain: bool
    delimiter: str
    sheets: tuple[str, ...]
    sheet: str
    header: int
    titles: tuple[str, ...]
    totals: tuple[tuple[int, str], ...]
    keeps_totals: bool
    columns: tuple[ReadColumn, ...]
    rows: int
    problems: tuple[CellProblem, ...]
    grid: Grid = field(repr=False)
    fits: tuple[Fit, ...] = field(repr=False)

    @property
    def questions(self) -> tuple[str, ...]:
        """Questions that only a person can answer, as sentences.

        The upload can't be saved before all of them are answered.
        """
        return tuple(
            f"{column.label}: is {column.samples[0] if column.samples else 'it'} written like "
            + " or like ".join(LABELS[way] for way in column.ways)
            + "?"
            for column in self.columns
            if column.is_open
        )

    @property
    def kept(self) -> tuple[ReadColumn, ...]:
        return tuple(column for column in self.columns if not column.is_left_out)

    def table(self) -> pl.DataFrame:
        """Return the rows to save. Raises UnreadableFile while a question is unanswered."""
        if self.questions:
            raise UnreadableFile(self.questions[0])
        chosen = [(column, found) for column, found in zip(self.columns, self.fits, strict=True)]
        series = [_stored(found).alias(column.name) for column, found in chosen if not column.is_left_out]
        if not series:
            raise UnreadableFile("All its columns are left out. Keep at least one.")
        return pl.DataFrame(series)

    def candidates(self, index: int) -> tuple[Fit, ...]:
        """Return the types that fit at least half of a column's cells, with the cells that don't fit."""
        return candidates(self.grid.columns[self.columns[index].index])

    def misfits(self, index: int, most: int = 5) -> tuple[CellProblem, ...]:
        """Return the first cells of a column that don't fit its type and would be saved as empty."""
        column, found = self.columns[index], self.fits[index]
        kind = KINDS[column.kind].lower()
        cells = self.grid.columns[column.index]
        return tuple(
            CellProblem(self.grid.rows[int(row)], column.label, f"{_short(cells[int(row)])} isn't a {kind}.")
            for row in found.misfits.head(most)
        )


def read_file(content: bytes, choices: Choices | None = None) -> Reading:
    """Parse a CSV or XLSX file.

    Its content, not its name, determines the kind of file. Raises UnreadableFile.
    """
    choices = choices or Choices()
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"It's larger than {MOST_BYTES // 1024**2} MB. Split it, or leave columns out.")
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise UnreadableFile("It's empty.")
    _refuse_others(content)
    if content.startswith(b"PK"):
        book = Workbook(content)
        sheet = choose_sheet(book, choices.sheet)
        shape = _Source(
            book.read(sheet), sheet=sheet.name, sheets=tuple(each.name for each in book.sheets if not each.is_hidden)
        )
    else:
        text = decode(content, choices.encoding)
        delimiter = choices.delimiter or find_delimiter(text.text)
        grid = read_delimited(text.text, choices.delimiter)
        shape = _Source(grid, encoding=text.encoding, is_certain=text.is_certain, delimiter=delimiter)
    return _reading(shape, choices)


@dataclass(frozen=True, slots=True)
class _Source:
    """The cells of a file, and whether they come from a workbook's sheet or from text."""

    grid: Grid
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    is_certain: bool = True
    delimiter: str = ""


def _refuse_others(content: bytes) -> None:
    """Raise UnreadableFile, with what to do instead, for kinds of files that people upload by mistake."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if _PROTECTED in content[: 4 * 1024 * 1024]:
            raise UnreadableFile("It's protected with a password. Remove the password in Excel, and save it again.")
        raise UnreadableFile("It's an old Excel file (.xls). Save it as .xlsx.")
    for start, what in ((b"%PDF", "a PDF"), (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"),
                        (b"\x1f\x8b", "a compressed file"), (b"PAR1", "a Parquet file")):  # fmt: skip
        if content.startswith(start):
            raise UnreadableFile(f"It's {what}. Upload a CSV or an XLSX file.")


def _reading(source: _Source, choices: Choices) -> Reading:
    grid = source.grid
    if not grid.height:
        raise UnreadableFile("It has no values." if not source.sheet else f"The sheet {source.sheet!r} has no values.")
    header = find_header(grid, choices.header)
    body = _below(grid, header)
    if header is not None and not body.height:
        raise UnreadableFile("It has a header, but no rows below it.")
    labels = _labels(grid.row(header) if header is not None else (None,) * grid.width)
    _check_lengths(grid, header, labels)
    totals = _totals(body)
    if totals and not choices.keeps_totals:
        body = _cut(body, body.height - len(totals))
    if not body.height:
        raise UnreadableFile("It has a header and a total, but no other rows.")
    body, labels = _without_empty_columns(body, labels)
    pairs = [_column(body, place, label, choices.columns.get(place)) for place, label in enumerate(labels)]
    names = names_of([column.label for column, _ in pairs])
    columns = tuple(replace(column, name=name) for (column, _), name in zip(pairs, names, strict=True))
    return Reading(
        is_workbook=bool(source.sheet),
        encoding=source.encoding,
        is_encoding_certain=source.is_certain,
        delimiter=source.delimiter,
        sheets=source.sheets,
        sheet=source.sheet,
        header=int(grid.rows[header]) if header is not None else 0,
        titles=tuple(_words(grid.row(index)) for index in range(header or 0)),
        totals=totals,
        keeps_totals=choices.keeps_totals,
        columns=columns,
        rows=body.height,
        problems=grid.problems,
        grid=body,
        fits=tuple(found for _, found in pairs),
    )


def find_header(grid: Grid, chosen: int | None = None) -> int | None:
    """Return the index of the header row, or None if there is none. Any rows above the header are titles."""
    if chosen == 0:
        return None
    if chosen is not None:
        return next((index for index in range(min(grid.height, 1_000)) if grid.rows[index] == chosen), 0)
    first = [grid.row(index) for index in range(min(grid.height, MOST_TITLES))]
    counts = [sum(cell is not None for cell in row) for row in first]
    usual = max(counts[len(counts) // 2 :])  # the header is about as wide as the rows
    index = next((at for at, count in enumerate(counts) if count * 2 > usual or count == max(counts)), 0)
    values = sum(_is_value(cell, grid, place, index) for place, cell in enumerate(first[index]))
    below = first[index + 1] if index + 1 < len(first) else ()
    values_below = sum(_is_value(cell, grid, place, index + 1) for place, cell in enumerate(below))
    years = sum(bool(_YEAR.fullmatch(cell or "")) for cell in first[index])
    is_header = values == 0 or values < values_below or 0 < years == values < counts[index]
    return index if is_header else None


def _is_value(cell: str | None, grid: Grid, column: int, row: int) -> bool:
    """Whether a cell is a number or a date, which headers rarely contain."""
    return cell is not None and (row in grid.typed[column] or bool(_NUMBERS_OR_DATES.fullmatch(cell)))


def names_of(labels: Sequence[str]) -> list[str]:
    """Return a simple, unique name for each label, which a model's expressions can use without quotes.

    >>> names_of(["Spend (€)", "Spend", "Case", "2024", "Übersicht"])
    ['spend', 'spend_2', 'case_', 'c_2024', 'ubersicht']
    """
    names: dict[str, None] = {}
    counts: dict[str, int] = {}  # by name, how often it was tried
    for label in labels:
        name = _plain_name(label)
        unique = name
        while unique in names:
            counts[name] = counts.get(name, 1) + 1
            unique = f"{name}_{counts[name]}"
        names[unique] = None
    return list(names)


def _plain_name(label: str) -> str:
    folded = unicodedata.normalize("NFKD", label.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", folded).strip("_")[:LONGEST_NAME].strip("_") or "column"
    name = name if name[0].isalpha() else f"c_{name}"
    try:
        is_plain = isinstance(parse_one(name, dialect="duckdb"), exp.Column)
    except SqlglotError:
        is_plain = False
    return name if is_plain else f"{name}_"


def _below(grid: Grid, header: int | None) -> Grid:
    return _slice(grid, 0 if header is None else header + 1, grid.height)


def _cut(grid: Grid, end: int) -> Grid:
    return _slice(grid, 0, end)


def _slice(grid: Grid, start: int, end: int) -> Grid:
    return Grid(
        tuple(column.slice(start, end - start) for column in grid.columns),
        grid.rows.slice(start, end - start),
        grid.lengths.slice(start, end - start),
        tuple(frozenset(row - start for row in rows if start <= row < end) for rows in grid.typed),
        grid.problems,
    )


def _labels(cells: Sequence[str | None]) -> list[str]:
    """Return a unique label for each column. Columns without a label are numbered."""
    labels: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}  # by label, how often it was tried
    for index, cell in enumerate(cells):
        text = re.sub(r"\s+", " ", cell or "").strip()
        text = "".join(letter for letter in text if letter.isprintable())
        text = f"{text[: LONGEST_LABEL - 1]}…" if len(text) > LONGEST_LABEL else text
        text = text or f"Column {index + 1}"
        label, same = text, text.casefold()
        while label.casefold() in taken:
            counts[same] = counts.get(same, 1) + 1
            label = f"{text} ({counts[same]})"
        labels.append(label)
        taken.add(label.casefold())
    return labels


def _check_lengths(grid: Grid, header: int | None, labels: Sequence[str]) -> None:
    """Refuse a row that is longer than the header.

    One of its cells has an unquoted delimiter, and it isn't clear which one.
    """
    if header is None:
        return
    width = int(grid.lengths[header])
    if all(not cells for cells in grid.typed) and width < len(labels):
        longer = (grid.lengths.slice(header + 1) > width).arg_true()
        if len(longer) and len(longer) * 2 < grid.height - header - 1:
            at = header + 1 + int(longer[0])
            raise UnreadableFile(
                f"Row {grid.rows[at]:,} has {grid.lengths[at]} cells, and the header has {width}. Put quotation marks "
                "around cells that contain the delimiter."
            )


def _totals(body: Grid) -> tuple[tuple[int, str], ...]:
    """Return rows at the end that repeat the totals of the rows above, or that contain only a note."""
    found: list[tuple[int, str]] = []
    for index in range(body.height - 1, max(body.height - 4, 0), -1):
        row = body.row(index)
        first = next((cell for cell in row if cell is not None), "")
        is_note = (
            body.width >= 3 and sum(cell is not None for cell in row) == 1 and not _NUMBERS_OR_DATES.fullmatch(first)
        )
        if not (_TOTAL.fullmatch(first) or is_note):
            break
        found.insert(0, (int(body.rows[index]), _words(row)))
    return tuple(found)


def _without_empty_columns(body: Grid, labels: list[str]) -> tuple[Grid, list[str]]:
    """Return the grid without columns that have neither a header nor a value, and the labels of the others."""
    places = [
        place
        for place, column in enumerate(body.columns)
        if column.null_count() < len(column) or not labels[place].startswith("Column ")
    ]
    columns = tuple(body.columns[place] for place in places)
    typed = tuple(body.typed[place] for place in places)
    return Grid(columns, body.rows, body.lengths, typed, body.problems), [labels[place] for place in places]


def _column(body: Grid, index: int, label: str, choice: ColumnChoice | None) -> tuple[ReadColumn, Fit]:
    cells, choice = body.columns[index], choice or ColumnChoice()
    finding = find_type(cells, body.typed[index])
    kind, ways = finding.kind, finding.ways
    if choice.kind is not None and (choice.kind, choice.way) != (kind, ""):
        kind, ways = choice.kind, (choice.way or _best_way(cells, choice.kind),)
    elif choice.way:
        ways = (choice.way,)
    found = fit(cells, kind, ways[0])
    texts = cells.drop_nulls().head(SAMPLES).to_list()
    column = ReadColumn(
        index=index,
        name="",
        label=(choice.label or label)[:LONGEST_LABEL],
        kind=kind,
        way=ways[0] if len(ways) == 1 else "",
        ways=ways,
        samples=tuple(_short(text) for text in texts),
        filled=finding.filled,
        misfits=len(found.misfits),
        unit=found.unit,
        currency=found.currency,
        is_left_out=choice.is_left_out,
    )
    return column, found


def _best_way(cells: pl.Series, kind: Kind) -> str:
    usual = {"number": "dot", "date": "iso", "time": "iso"}.get(kind, "")
    return next((found.way for found in candidates(cells) if found.kind == kind), usual)


def _stored(found: Fit) -> pl.Series:
    """Return whole numbers as integers, and other numbers as decimals with 18 digits if that's enough."""
    values = found.values
    if found.kind != "number" or not isinstance(values.dtype, pl.Decimal):
        return values
    largest, scale = values.abs().max(), values.dtype.scale
    largest = largest if isinstance(largest, Decimal) else None
    if scale == 0:
        is_short = largest is None or largest < 2**62
        return values.cast(pl.Int64) if is_short else values
    return values.cast(pl.Decimal(18, scale)) if largest is None or largest < 10 ** (18 - scale) else values


def _words(row: Sequence[str | None]) -> str:
    return _short(" · ".join(cell for cell in row if cell is not None))


def _short(text: str | None) -> str:
    words = re.sub(r"\s+", " ", text or "")
    return f"{words[:79]}…" if len(words) > 80 else words


def about(reading: Reading) -> str:
    """Return a sentence about the size of a file: `1,204 rows, 8 columns`."""
    return f"{counted(reading.rows, 'row')}, {counted(len(reading.kept), 'column')}"
