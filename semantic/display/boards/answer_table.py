"""An answer as a table on paper: keys, numbers and changes as on screen, with totals in bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from semantic.display.change import Verdict, change_text
from semantic.display.evidence import evidence
from semantic.display.export.rows import FileColumn, file_columns
from semantic.display.export.to_xlsx import column_head
from semantic.display.format import MISSING, counted, listed, writer
from semantic.display.groups import in_zone
from semantic.display.in_part import marks_of
from semantic.display.paper.table import Cell, Head, Table
from semantic.display.pivot import Line, Pivot, default_across, pivoted
from semantic.display.rows import Kinds, is_other, is_total, key_cells, main_values, numbers_beside, row_kinds
from semantic.display.text_tables import TextTable
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Granularity
from semantic.results.result import Result, ResultColumn

MOST_ROWS = 200
"""The most rows of a table on paper. Longer tables would be hard to read."""

_WEEK = "week of "
_INKS = {"better": LIGHT.favourable, "worse": LIGHT.unfavourable, "": LIGHT.muted}


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A table with a sentence about what it leaves out. The sentence is "" if the table is complete."""

    table: Table
    left_out: str = ""


def answer_table(result: Result) -> AnswerTable:
    """Return the answer as a table, keys first. A table with too many rows has only the first rows and every total."""
    kinds = row_kinds(result)
    kept = _places_shown(kinds)
    columns = [file_column for file_column in file_columns(result) if file_column.kind != "row"]
    keys = _key_texts(result, kinds)
    cells: list[list[Cell]] = []
    heads: list[Head] = []
    for file_column in columns:
        is_key = file_column.kind == "key"
        is_before = file_column.kind == "value" and file_column.column is not None and bool(file_column.column.compare)
        follows = file_column.kind == "change" or is_before
        heads.append(Head(column_head(file_column, result), "left" if is_key else "right", follows, is_before))
        texts = keys[file_column.name] if is_key else _number_cells(file_column, result)
        cells.append([_as_row(texts[row], kinds[row]) for row in kept])
    rows = tuple(zip(*cells, strict=True))
    more = f"The first {len(kept):,} of {counted(len(kinds), 'row')}. The spreadsheet has all rows."
    return AnswerTable(Table(tuple(heads), rows, max(1, len(result.keys))), more if len(kept) < len(kinds) else "")


def text_answer_table(table: TextTable) -> AnswerTable:
    """Return the first lines of a text table. Each column keeps its alignment."""
    heads = tuple(Head(text, side) for text, side in zip(table.heads, table.sides, strict=True))
    rows = tuple(tuple(Cell(text) for text in line) for line in table.lines[:MOST_ROWS])
    more = f"The first {MOST_ROWS} of {counted(len(table.lines), 'row')}. The spreadsheet has all rows."
    return AnswerTable(Table(heads, rows, 1), more if len(table.lines) > MOST_ROWS else "")


def _places_shown(kinds: Sequence[Kinds]) -> list[int]:
    """Return the positions of the first rows and of every total. Totals are included because readers look for them."""
    if len(kinds) <= MOST_ROWS:
        return list(range(len(kinds)))
    totals = [place for place, kind in enumerate(kinds) if is_total(kind)][:MOST_ROWS]
    others = [place for place, kind in enumerate(kinds) if not is_total(kind)]
    return others[: MOST_ROWS - len(totals)] + totals


def _key_texts(result: Result, kinds: Sequence[Kinds]) -> dict[str, list[Cell]]:
    """Return each key's cells as text, as on screen. Instants are in the question's time zone."""
    zone = ZoneInfo(result.period.time_zone)
    columns = [[in_zone(value, zone) for value in result.table.column(key.name).to_pylist()] for key in result.keys]
    marks = marks_of(result)
    rows = [key_cells(values, kind, result.keys, marks) for *values, kind in zip(*columns, kinds, strict=True)]
    return {key.name: [Cell(_day_alone(row[place], key)) for row in rows] for place, key in enumerate(result.keys)}


def _day_alone(text: str, key: ResultColumn) -> str:
    """Return a week as its first day. The column's header already says that it's a week."""
    return text.removeprefix(_WEEK) if key.grain is Granularity.WEEK else text


def _number_cells(file_column: FileColumn, result: Result) -> list[Cell]:
    """Return a column's cells, with numbers in full.

    Numbers based on too little data are grey, and changes are coloured by their verdict.
    """
    column = file_column.column
    assert column is not None
    if file_column.kind == "change":
        return [
            _change_cell(cell, file_column, column, verdict)
            for cell, verdict in zip(file_column.cells, file_column.verdicts, strict=True)
        ]
    known = evidence(result).get(column.name, (None,) * len(file_column.cells))
    write = writer(column, numbers_beside(column, result), short=False)
    weak = [behind is not None and not behind.is_enough for behind in known]
    numbers = result.table.column(column.name).to_pylist()
    return [Cell(write(number), LIGHT.muted if grey else "") for number, grey in zip(numbers, weak, strict=True)]


def _change_cell(cell: object, file_column: FileColumn, column: ResultColumn, verdict: Verdict) -> Cell:
    if not isinstance(cell, float):
        return Cell(MISSING, LIGHT.muted)
    change = cell / 100 if file_column.is_points else cell
    return Cell(change_text(change, column), _INKS[verdict])


def _as_row(cell: Cell, kinds: Kinds) -> Cell:
    """Return the cell in the style of its row: bold for totals, grey for Other."""
    return replace(cell, bold=is_total(kinds), colour=cell.colour or (LIGHT.muted if is_other(kinds) else ""))


def without_earlier(result: Result) -> Table:
    """Return the table without the columns for compared values. The changes are enough on a screen."""
    table, columns = answer_table(result).table, [column for column in file_columns(result) if column.kind != "row"]
    kept = [at for at, of in enumerate(columns) if of.kind == "change" or of.column is None or not of.column.compare]
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    return Table(tuple(_head(table.heads[at], columns[at], columns) for at in kept), rows, table.keys)


def _head(head: Head, of: FileColumn, columns: Sequence[FileColumn]) -> Head:
    """Return a column's header.

    If each metric has a single change column, that column is headed "Change" and follows the metric's own column.
    """
    changes = sum(each.kind == "change" and each.column is of.column for each in columns)
    return replace(head, text="Change") if of.kind == "change" and changes == 1 else head


# Pivots


def pivot_table(result: Result) -> AnswerTable:
    """Return an answer as a pivot table, laid out as on the page: some breakdowns in rows, the others in columns.

    All of its cells come from the answer.
    """
    if len(result.keys) < 2:
        return answer_table(result)
    pivot, metrics = pivoted(result, default_across(result)), main_values(result)
    cells = {
        main_value.name: _number_cells(column, result)
        for main_value in metrics
        for column in _columns_of(main_value, result)
    }
    heads = [Head(key.label) for key in pivot.down]
    several = len(metrics) > 1
    for line in pivot.columns:
        name = ", ".join(part for part in line.names if part)
        heads += [Head(f"{name}, {metric.label}" if several else name, "right") for metric in metrics]
    rows = [_pivot_row(pivot, place, line, metrics, cells) for place, line in enumerate(pivot.rows[:MOST_ROWS])]
    return AnswerTable(Table(tuple(heads), tuple(rows), len(pivot.down)), _pivot_left_out(pivot))


def _columns_of(metric: ResultColumn, result: Result) -> list[FileColumn]:
    return [
        file_column
        for file_column in file_columns(result, judged=False)
        if file_column.kind == "value" and file_column.name == metric.name
    ]


def _pivot_row(
    pivot: Pivot, place: int, line: Line, metrics: Sequence[ResultColumn], cells: Mapping[str, Sequence[Cell]]
) -> tuple[Cell, ...]:
    names = [Cell(name, LIGHT.muted if line.is_other else "", line.is_total) for name in line.names]
    numbers: list[Cell] = []
    for column, across in enumerate(pivot.columns):
        row = pivot.cells.get((place, column))
        bold = line.is_total or across.is_total
        for metric in metrics:
            cell = Cell(MISSING, LIGHT.muted) if row is None else cells[metric.name][row]
            numbers.append(replace(cell, bold=bold))
    return (*names, *numbers)


def _pivot_left_out(pivot: Pivot) -> str:
    rows = pivot.rows_left_out + max(0, len(pivot.rows) - MOST_ROWS)
    left = [(rows, "row"), (pivot.columns_left_out, "column")]
    texts = [counted(count, noun) for count, noun in left if count]
    return f"{listed(texts)} more. The spreadsheet has all rows." if texts else ""
