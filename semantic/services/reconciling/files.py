"""Export a comparison as a file: a row for each month and group, with every part, and the rules of both sides."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

import plotly.graph_objects as go
from xlsxwriter import Workbook

from semantic.display.export.to_csv import MARK, harmless
from semantic.display.format import number
from semantic.display.paper.flow import MARGIN, Card, Flow
from semantic.display.paper.page import Paper
from semantic.display.paper.pieces import Picture, Words
from semantic.display.paper.table import Cell as PaperCell
from semantic.display.paper.table import Head, Table
from semantic.display.tokens import LIGHT
from semantic.query.member_labels import Labels
from semantic.reconciliation.rules import SWITCHES, differing
from semantic.reconciliation.split import Split
from semantic.reconciliation.words import OWN, SWITCH_LABELS, UNEXPLAINED, differences, side_words
from semantic.services.reconciling.work import Compared

MONTH: Final = "Month"
FEW: Final = "Few conversions"
Cell = str | float | date | None


def table(compared: Compared, group: str, labels: Labels) -> tuple[list[str], list[list[Cell]]]:
    """Return the headings and the rows: each month with its groups, if there are any, and the total at the end.

    `group` is the heading for the groups. Numbers are unrounded floats.
    """
    setup = compared.setup
    switches = differing(setup.our_rules, setup.their_rules)
    heads = [
        MONTH, *([group] if setup.group else []), compared.metric.label, compared.theirs.label, "Gap",
        *(SWITCH_LABELS[name] for name in switches), OWN, UNEXPLAINED, FEW,
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    if setup.group:
        for cell, split in compared.cells.items():
            name = labels.get(cell[1]) or cell[1] or "(none)"
            rows.append([cell[0], name, *_numbers(split, switches), "Yes" if cell in compared.few else ""])
    else:
        few = {month for month, _ in compared.few}
        rows = [
            [month, *_numbers(split, switches), "Yes" if month in few else ""]
            for month, split in compared.splits.items()
        ]
    total: list[Cell] = ["Total", *([""] if setup.group else []), *_numbers(compared.whole, switches), ""]
    return heads, [*rows, total]


def to_csv(compared: Compared, group: str, labels: Labels) -> bytes:
    """Return the table as CSV. No text in it can run as a formula."""
    heads, rows = table(compared, group, labels)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])
    writer.writerows([[_text(cell) for cell in row] for row in rows])
    return (MARK + out.getvalue()).encode()


def to_xlsx(compared: Compared, group: str, labels: Labels, finding: str) -> bytes:
    """Return a spreadsheet: the table, then the rules of both sides and the receipts."""
    heads, rows = table(compared, group, labels)
    out = io.BytesIO()
    options: dict[str, Any] = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "mmm yyyy", "align": "left"})
        sheet = book.add_worksheet("Reconciliation")
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
            sheet.set_column(column, column, max(12, min(40, len(head) + 2)))
        for place, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                match cell:
                    case date():
                        sheet.write_datetime(place, column, datetime(cell.year, cell.month, 1), day)  # noqa: DTZ001
                    case float():
                        sheet.write_number(place, column, cell)
                    case str() if cell:
                        sheet.write_string(place, column, cell, bold if place == len(rows) else None)
                    case _:
                        pass
        about = book.add_worksheet("About")
        about.set_column(0, 2, 44)
        setup = compared.setup
        lines = [
            ["Finding", finding],
            ["Rows", compared.scope or "All rows"],
            ["", "Yours", "Theirs"],
            *(
                [SWITCH_LABELS[name], side_words(name, setup.our_rules), side_words(name, setup.their_rules)]
                for name in SWITCHES
            ),
            *(["Receipt", receipt] for receipt in compared.receipts),
        ]
        for place, line in enumerate(lines):
            for column, text in enumerate(line):
                about.write_string(place, column, text, bold if column == 0 else None)
    return out.getvalue()


def to_pdf(compared: Compared, group: str, labels: Labels, finding: str, figure: go.Figure, at: datetime) -> bytes:
    """Return a PDF with the finding, the same chart of steps as on screen, the rules of both sides, and the table."""
    heads, rows = table(compared, group, labels)
    setup = compared.setup
    paper = Paper(setup.label, at, across=True)
    flow = Flow(paper)
    flow.put([Words(f"Reconciliation: {setup.label}", size=15, bold=True), Words(finding, size=9, above=6)])
    if compared.scope:
        flow.put([Words(f"Only these rows: {compared.scope}", colour=LIGHT.muted)])
    rules = [
        Words(f"{label}: yours {ours}; theirs {theirs}", above=3)
        for label, ours, theirs in differences(setup.our_rules, setup.their_rules)
    ]
    flow.put([Words("", above=6)])
    flow.put_cards([Card((Picture(figure),), 3), Card((Words("How both sides count", bold=True), *rules), 2)])
    keys = 2 if setup.group else 1
    flow.put_table(
        [],
        Table(
            heads=tuple(Head(head, "left" if place < keys else "right") for place, head in enumerate(heads)),
            rows=tuple(
                tuple(PaperCell(_paper_text(cell), bold=place == len(rows) - 1) for cell in row)
                for place, row in enumerate(rows)
            ),
            keys=keys,
        ),
        [Words("Receipts: " + ", ".join(compared.receipts), size=6, colour=LIGHT.muted)],
    )

    def foot(page: int, pages: int) -> None:
        paper.text(
            paper.width - MARGIN,
            paper.height - 20,
            f"Page {page} of {pages}",
            size=7,
            colour=LIGHT.muted,
            align="right",
        )

    return paper.finish(foot)


def _paper_text(cell: Cell) -> str:
    match cell:
        case float():
            return number(cell, 0 if cell.is_integer() else 1)
        case date():
            return f"{cell:%b %Y}"
        case _:
            return "" if cell is None else str(cell)


def _numbers(split: Split, switches: tuple[str, ...]) -> list[Cell]:
    parts = dict(split.parts)
    exact: list[Fraction] = [
        split.ours, split.theirs, split.gap, *(parts.get(name, Fraction(0)) for name in switches), split.own,
        split.unexplained,
    ]  # fmt: skip
    return [float(value) for value in exact]


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return harmless(cell)
        case date():
            return cell.strftime("%Y-%m")
        case _:
            return str(int(cell)) if float(cell).is_integer() else repr(cell)
