"""One cell, one value (G7): the same number and the same receipt on every surface, thirty metrics by five breakdowns.

All surfaces must have the answer's rows, which `test_by_hand.py` checks against hand-written SQL. Typed numbers are
equal to the last digit but one. Written ones are exactly as Samepage's formatter for that metric writes them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http.client import HTTPConnection
from math import isclose
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pages.explore.result.pivot import make_pivot
from semantic.__main__ import main
from semantic.boards.board import TileKind
from semantic.config.settings import MARKETING_MODEL
from semantic.display.boards.answer_table import pivot_table
from semantic.display.charts.chart import rows_behind
from semantic.display.charts.charts import chart_for
from semantic.display.export.export import export
from semantic.display.export.to_csv import csv_text
from semantic.display.format import with_span, writer
from semantic.display.pivot import default_across, pivoted
from semantic.display.rows import compared_with, main_values, row_kinds
from semantic.display.text import result_table
from semantic.display.tokens import LIGHT
from semantic.display.words.kpi import only_row, read_headline
from semantic.model.definitions import Granularity, NumberFormat
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.data import query_to_data
from semantic.query.query import DATE, Breakdown, Query
from semantic.results.result import Result
from semantic.store.accounts.service_tokens import Grant, make_token
from tests.surfaces.conftest import TODAY, Opened
from tests.surfaces.questions import HALF_YEAR, METRICS
from tests.surfaces.surfaces import (
    RECEIPTS,
    TYPED,
    Cells,
    board_of,
    pdf_lines,
    plain,
    truth,
    workbook,
    workbook_cells,
    workbook_receipts,
    written_rows,
)
from tests.waiting import STUCK

READ: dict[str, list[Cells]] = {}


@pytest.fixture(scope="module", autouse=True)
def unread() -> None:
    READ.clear()


@pytest.fixture(scope="module")
def book(answers: list[Result], opened: Opened) -> Any:
    """A board's spreadsheet of all the answers."""
    return workbook(answers, opened.visible)


def read(surface: str, answers: list[Result], opened: Opened, book: Any) -> list[Cells]:
    """Return the cells of every answer on one surface, read once."""
    if surface not in READ:
        every = workbook_cells(book, answers) if surface == BOARD else None
        READ[surface] = every or [TYPED[surface](shown, opened.visible) for shown in answers]
    return READ[surface]


ADMINISTRATOR = Actor(id="otto", name="Otto", roles=frozenset({"administrator"}))
BOARD = "a board's spreadsheet"
SURFACES = [*TYPED, BOARD]


def _same(value: Any, true: Any) -> bool:
    if value is None or true is None:
        return value is None and true is None
    return isclose(value, true, rel_tol=1e-14, abs_tol=1e-300)


# What there is


def test_the_list_has_thirty_metrics_by_five_breakdowns_with_every_extra(answers: list[Result]) -> None:
    assert len(METRICS) == len({metric[0] for metric in METRICS}) == 30
    assert len(answers) == len({answer.query for answer in answers}) == 150
    assert len({(answer.query.metrics, answer.query.by) for answer in answers}) == 150
    with_total = sum(any("total" in kind for kind in row_kinds(answer)) for answer in answers)
    with_other = sum(any("other" in kind for kind in row_kinds(answer)) for answer in answers)
    assert with_total > 80
    assert with_other > 30
    assert sum(bool(answer.query.compare) for answer in answers) > 50
    assert {answer.query.currency for answer in answers} == {None, "GBP", "NOK", "SEK"}
    assert {column.format for answer in answers for column in answer.values} >= {
        *(NumberFormat.MONEY, NumberFormat.COUNT, NumberFormat.SHARE, NumberFormat.RATIO),
    }
    assert sum(answer.table.num_rows for answer in answers) > 1_200
    assert all(any(value is not None for value in truth(answer).values()) for answer in answers)


# Typed numbers


@pytest.mark.parametrize("surface", SURFACES)
def test_every_cell_is_the_answers_own(surface: str, answers: list[Result], opened: Opened, book: Any) -> None:
    wrong: list[str] = []
    for shown, cells in zip(answers, read(surface, answers, opened, book), strict=True):
        true = truth(shown)
        assert {cell for cell in cells if not cell[1].endswith(" change")} == set(true), shown.title
        wrong += [
            f"{shown.title}, row {row}, {name}: {cells[row, name]} instead of {value}"
            for (row, name), value in true.items()
            if not _same(cells[row, name], value)
        ]
    assert wrong == []


@pytest.mark.parametrize("surface", [surface for surface in SURFACES if surface not in ("shell json", "API")])
def test_changes_are_calculated_from_the_two_numbers_shown(
    surface: str, answers: list[Result], opened: Opened, book: Any
) -> None:
    seen = 0
    for shown, cells in zip(answers, read(surface, answers, opened, book), strict=True):
        for value in main_values(shown):
            is_share = value.format is NumberFormat.SHARE
            for before in compared_with(value, shown):
                for row in range(shown.table.num_rows):
                    now, then = cells[row, value.name], cells[row, before.name]
                    expected = None
                    if now is not None and then is not None and (is_share or then != 0):
                        expected = now - then if is_share else (now - then) / abs(then)
                    change = cells[row, f"{before.name} change"]
                    assert (change is None) == (expected is None), shown.title
                    if change is not None and expected is not None:
                        assert isclose(change, expected, rel_tol=1e-9, abs_tol=1e-12), shown.title
                    seen += change is not None
    assert seen > 100


def test_every_point_of_a_chart_is_the_row_behind_it(answers: list[Result]) -> None:
    points: dict[str, int] = {}
    for shown in answers:
        drawn = chart_for(shown, LIGHT)
        for trace in [] if drawn.figure is None else json.loads(str(drawn.figure.to_json(engine="json")))["data"]:
            if "customdata" in trace:
                points[drawn.kind] = points.get(drawn.kind, 0) + _check_trace(trace, shown)
    assert points["line"] > 500
    assert points["bar"] > 200


def _check_trace(trace: dict[str, Any], shown: Result) -> int:
    """Return how many points of a trace represent a row. Each must have the row's number, worded as shown."""
    (value,) = main_values(shown)
    partners = compared_with(value, shown)
    is_before = bool(partners) and trace.get("opacity", 1) != 1
    column = shown.table.column((partners[0] if is_before else value).name).to_pylist()
    numbers = trace["x"] if trace.get("orientation") == "h" else trace["y"]
    known = [(row, number) for row, number in zip(rows_behind(trace), numbers, strict=True) if row >= 0]
    for row, number in known:
        assert _same(number, column[row]), f"{shown.title}, row {row}: {number} instead of {column[row]}"
    return len(known)


def _pivoted(answers: Sequence[Result], opened: Opened) -> list[Result]:
    """Return each metric by its first breakdown and by month, with every total that it can have."""
    results: list[Result] = []
    for shown in answers[::5]:
        by = (*shown.query.by, Breakdown(DATE, Granularity.MONTH))
        name = by[0].dim
        plain = Query(metrics=shown.query.metrics, by=by, time=HALF_YEAR, currency=shown.query.currency)
        wished = (replace(plain, totals=((), (name,), ("date_month",))), replace(plain, totals=((),)), plain)
        for query in wished:
            if opened.workspace.preflight(query, opened.steward, today=TODAY).ok:
                results.append(opened.workspace.ask(query, opened.steward, today=TODAY))
                break
    return results


def test_every_cell_of_a_pivot_is_the_row_behind_it(answers: list[Result], opened: Opened) -> None:
    """The numbers are checked as sent to the grid, in Explore and in a board's tile, and as written on pages."""
    seen = totals = 0
    unasked: Any = None  # a pivot asks this whether it can have totals; these answers have them
    for shown in _pivoted(answers, opened):
        across = default_across(shown)
        grid = make_pivot(shown, unasked, LIGHT, across, scale=False) if shown.query.totals else None
        kinds = row_kinds(shown)
        if grid is not None:
            sent = grid.rows.data
            size = 100 if shown.values[0].format is NumberFormat.SHARE else 1
            assert {row for row, _ in grid.cells.values()} == set(range(shown.table.num_rows))
            for (place, column), (row, name) in grid.cells.items():
                cell, true = sent[column].iloc[place], shown.table.column(name)[row].as_py()
                assert _same(None if cell != cell else cell / size, true), f"{shown.title}, row {row}"
                seen, totals = seen + 1, totals + ("total" in kinds[row])
        _check_paper_pivot(shown)
    assert seen > 500
    assert totals > 100


def _check_paper_pivot(shown: Result) -> None:
    pivot, paper = pivoted(shown, default_across(shown)), pivot_table(shown).table
    (value,) = main_values(shown)
    column = shown.table.column(value.name).to_pylist()
    write = writer(value, column, short=False)
    keys = len(pivot.down)
    for (row, place), at in pivot.cells.items():
        assert paper.rows[row][keys + place].text == write(column[at]), shown.title


def test_a_total_and_a_number_tile_equal_the_question_without_its_breakdown(
    answers: list[Result], opened: Opened
) -> None:
    seen = 0
    for shown in answers[::2]:
        rows: list[Any] = [row for row, kind in zip(shown.rows(), row_kinds(shown), strict=True) if "total" in kind]
        alone = replace(shown.query, by=(), top=None, totals=())
        if not rows or not opened.workspace.preflight(alone, opened.steward, today=TODAY).ok:
            continue
        whole = opened.workspace.ask(alone, opened.steward, today=TODAY)
        for column in shown.values:
            assert _same(rows[0][column.name], whole.rows()[0][column.name]), shown.title
        value = main_values(whole)[0]
        every: list[Any] = [whole.rows()[0][column.name] for column in (value, *compared_with(value, whole))]
        written = with_span(writer(value, every)(rows[0][value.name]), value)  # a single number states its subject
        assert read_headline(value, only_row(whole), whole).value == written
        seen += 1
    assert seen > 40


# Written numbers


def test_every_row_of_a_boards_pages_is_written_as_the_answers_own(answers: list[Result], opened: Opened) -> None:
    """Each row is written in full, text after text: its name, then its numbers, with changes between them."""
    for first in range(0, len(answers), 30):
        part = answers[first : first + 30]
        text = "\n" + "\n".join(pdf_lines(board_of(part, TileKind.TABLE), opened.visible)) + "\n"
        for shown in part:
            for row in written_rows(shown):
                if not shown.query.compare:
                    assert "\n" + "\n".join(row) + "\n" in text, (shown.title, row)
                else:
                    name, now, then = row
                    assert f"\n{name}\n{now}\n{then}\n" in text, (shown.title, row)


def test_a_number_on_a_boards_pages_is_written_as_its_tile_writes_it(answers: list[Result], opened: Opened) -> None:
    alone = [replace(answer.query, by=(), top=None, totals=()) for answer in answers[::5]]
    asked = [query for query in alone if opened.workspace.preflight(query, opened.steward, today=TODAY).ok]
    results = [opened.workspace.ask(query, opened.steward, today=TODAY) for query in asked]
    assert len(results) > 25
    lines = pdf_lines(board_of(results, TileKind.NUMBER), opened.visible)
    for place, shown in enumerate(results):
        at = lines.index(f"Tile {place}")
        value = main_values(shown)[0]
        assert plain(read_headline(value, 0, shown).value) in lines[at + 1 : at + 6], shown.title


def test_the_terminal_writes_the_same_numbers_as_words(answers: list[Result]) -> None:
    for shown in answers:
        lines = [line for line in result_table(shown).split("\n")[2:] if line.strip("- ")]
        (value,) = main_values(shown)
        partners = compared_with(value, shown)
        numbers = [number for column in (value, *partners) for number in shown.table.column(column.name).to_pylist()]
        write = writer(value, numbers, short=False)
        for line, number in zip(lines, shown.table.column(value.name).to_pylist(), strict=False):
            assert plain(write(number)) in line, shown.title


# Receipts


def test_each_answer_has_a_receipt_of_its_own(answers: list[Result]) -> None:
    assert len({answer.receipt for answer in answers}) == len(answers)
    assert all(answer.receipt for answer in answers)


@pytest.mark.parametrize("surface", RECEIPTS)
def test_every_surface_has_the_receipt_of_its_answer(surface: str, answers: list[Result], opened: Opened) -> None:
    receipts = [RECEIPTS[surface](answer, opened.visible) for answer in answers[::10]]
    assert receipts == [answer.receipt for answer in answers[::10]]


def test_a_boards_spreadsheet_has_the_receipt_of_each_tile(answers: list[Result], book: Any) -> None:
    assert workbook_receipts(book, answers) == [answer.receipt for answer in answers]


# Other surfaces of the same company


def test_a_program_gets_the_same_numbers(answers: list[Result], opened: Opened) -> None:
    """Every cell of every tenth question is read over HTTP, with a separate token."""
    grant = Grant(
        name="Nightly", purpose="A sheet", until=opened.live.store.now() + timedelta(days=3), role="steward",
        scopes=frozenset({"ask"}), attributes=MappingProxyType({}), a_minute=6_000,
    )  # fmt: skip
    with opened.live.store.write() as transaction:
        _, token = make_token(transaction, opened.live.keys, grant, ADMINISTRATOR, owner=opened.steward)
    seen = 0
    for shown in answers[::7]:
        sent = _posted(opened.port, token, query_to_data(shown.query))
        for place, row in enumerate(sent["rows"]):
            for column in shown.values:
                assert _same(row[column.name], shown.table.column(column.name)[place].as_py()), shown.title
                seen += 1
        assert len(sent["rows"]) == shown.table.num_rows
        assert sent["receipt"]
    assert seen > 100


def _posted(port: int, token: str, question: Any) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/ask", json.dumps(question).encode(), headers)
        reply = connection.getresponse()
        content = reply.read()
        assert reply.status == 200, content
        return json.loads(content)
    finally:
        connection.close()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_the_shell_writes_the_file_of_the_page(
    ending: str, answers: list[Result], built: Path, tmp_path: Path, opened: Opened
) -> None:
    shown = answers[0]
    place = tmp_path / f"answer.{ending}"
    asked = ["ask", query_to_json(shown.query), "--as", "ana", "--today", TODAY.isoformat()]
    # The file of the data says when it was loaded, when the rows were computed and under which receipt; the rest is the
    # same to the byte.
    assert main([*asked, "--model", str(MARKETING_MODEL), "--data", str(built), "--out", str(place)]) == 0
    page = export(shown, opened.visible, ending)  # type: ignore[arg-type]
    if ending == "csv":
        assert place.read_bytes() == page
    elif ending == "xlsx":
        assert _sheets(place.read_bytes()) == _sheets(page)
    else:
        mine, theirs = pq.read_table(place), pq.read_table(pa.BufferReader(page))
        assert mine.equals(theirs)
        assert set(mine.schema.metadata) == set(theirs.schema.metadata)


def _sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book}
    texts = ("Computed", "Receipt", "Data version")
    return {name: [row for row in found_row if row[0] not in texts] for name, found_row in rows.items()}


def test_the_shell_prints_the_same_numbers(
    answers: list[Result], built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for shown in answers[::31]:
        asked = ["ask", query_to_json(shown.query), "--as", "ana", "--today", TODAY.isoformat(), "--format", "json"]
        assert main([*asked, "--model", str(MARKETING_MODEL), "--data", str(built)]) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert len(rows) == shown.table.num_rows
        for place, row in enumerate(rows):
            for column in shown.values:
                assert _same(row[column.name], shown.table.column(column.name)[place].as_py()), shown.title


def test_a_day_is_the_same_day_everywhere(answers: list[Result], opened: Opened) -> None:
    seen = 0
    for shown in answers[3::5]:
        (key,) = shown.keys
        days = shown.table.column(key.name).to_pylist()
        text = list(csv.reader(io.StringIO(csv_text(shown))))[1:]
        sheet = openpyxl.load_workbook(io.BytesIO(export(shown, opened.visible, "xlsx")))["Answer"]
        for day, kind, row, written in zip(days, row_kinds(shown), sheet.iter_rows(min_row=2), text, strict=True):
            if kind == ("member",):
                assert isinstance(row[0].value, datetime)
                assert (row[0].value.date(), written[0]) == (day, day.isoformat())
                seen += 1
            else:
                assert row[0].value == written[0]
    assert seen > 100
