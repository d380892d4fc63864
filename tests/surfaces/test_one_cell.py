"""One cell, one value (G7): the same number in chart, table, CSV, spreadsheet, Parquet, JSON and on the command line.

Each surface is read back as a reader has it: a file from its bytes, the chart from what the browser is sent. What all
of them must hold are the rows of the answer.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from math import isclose
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pages.ui.cells import table_frame
from pages.ui.pivot import make_pivot
from semantic.__main__ import main
from semantic.display.charts import chart_for
from semantic.display.export import export, file_name
from semantic.display.export_csv import csv_text
from semantic.display.format import writer
from semantic.display.rows import compared_with, main_values, row_kinds, shown_columns
from semantic.display.text import json_data, result_table
from semantic.display.tokens import LIGHT
from semantic.live import Live
from semantic.model.definitions import Granularity, NumberFormat
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import DATE, Breakdown, Last, Previous, Query, Top
from semantic.result import Result
from semantic.settings import MARKETING_MODEL, Settings
from semantic.workspace import Workspace

TODAY = date(2026, 7, 1)
METRICS, EACH = 30, 5
HALF_YEAR = Last(2, Granularity.QUARTER)
GRAINS = (Granularity.MONTH, Granularity.WEEK, Granularity.QUARTER, Granularity.DAY)

Cells = dict[tuple[int, str], Any]
"""By row of the answer and column of the shown table: a number, or None where there is nothing."""


@pytest.fixture(scope="module")
def file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("surfaces") / "company.duckdb"))


@pytest.fixture(scope="module")
def workspace(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("store")
    settings = Settings(
        data=str(file), model=MARKETING_MODEL, mask_key="a key of the tests", store=str(folder / "store.sqlite"),
        audit_key_file=folder / "audit.key",
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened.workspace()
    opened.close()


@pytest.fixture(scope="module")
def steward(workspace: Workspace) -> Actor:
    return workspace.people["ana"]


@pytest.fixture(scope="module")
def answers(workspace: Workspace, steward: Actor) -> list[Result]:
    """Thirty metrics by five breakdowns each, by turns with a total, a comparison, and a top with Other and total."""
    found: list[Result] = []
    for metric in _spread(workspace.visible(steward).metrics):
        kept = _breakdowns(metric.name, workspace, steward)
        if len(kept) == EACH and len(found) < METRICS * EACH:
            first = len(found) // EACH
            found += [
                _answer(_plain(metric.name, one), first + turn, workspace, steward) for turn, one in enumerate(kept)
            ]
    return found


def _spread(metrics: Sequence[Any]) -> list[Any]:
    """Every fourth metric, then the others: of all kinds, whatever their names begin with."""
    return [one for start in range(4) for one in metrics[start::4]]


def _breakdowns(metric: str, workspace: Workspace, actor: Actor) -> list[Breakdown]:
    """Two breakdowns by dates, three by others."""
    whole = Query(metrics=(metric,), time=HALF_YEAR)
    checked = workspace.preflight(whole, actor, today=TODAY)
    names = [one.name for one in checked.available if one.kind == "categorical" and not one.tags & {"personal", "id"}]
    dates = [Breakdown(DATE, grain) for grain in GRAINS]
    others = [Breakdown(name) for name in sorted(names, key=lambda one: (one != "channel", one))[:6]]
    kept = [[one for one in some if _ok(_plain(metric, one), workspace, actor)] for some in (dates, others)]
    return [*kept[1][: EACH - 2], *kept[0][:2]]


def _plain(metric: str, by: Breakdown) -> Query:
    return Query(metrics=(metric,), by=(by,), time=HALF_YEAR)


def _ok(query: Query, workspace: Workspace, actor: Actor) -> bool:
    return workspace.preflight(query, actor, today=TODAY).ok


def _answer(query: Query, turn: int, workspace: Workspace, actor: Actor) -> Result:
    metric, by = query.metrics[0], query.by[0]
    more = (
        replace(query, totals=((),)),
        replace(query, compare=(Previous(),)),
        replace(query, totals=((),), top=Top(2, by.dim, metric)) if by.dim != DATE else replace(query, totals=((),)),
    )[turn % 3]
    return workspace.ask(more if _ok(more, workspace, actor) else query, actor, today=TODAY)


# Surfaces, each as its reader has it


def table(shown: Result) -> Cells:
    """The grid's rows; shares and changes are in per cent there."""
    frame = table_frame(shown)
    found: Cells = {}
    for one in shown_columns(shown):
        size = 100 if one.kind == "change" or one.column.format is NumberFormat.SHARE else 1
        if one.kind != "key":
            cells = [None if cell is None else cell / size for cell in frame[one.name].to_list()]
            found |= {(row, one.name): cell for row, cell in enumerate(cells)}
    return found


def csv_file(shown: Result) -> Cells:
    text = export(shown, VISIBLE[0], "csv").decode("utf-8-sig")
    return _from_rows([[_number(cell) for cell in row] for row in csv.reader(io.StringIO(text))][1:], shown)


def spreadsheet(shown: Result) -> Cells:
    book = openpyxl.load_workbook(io.BytesIO(export(shown, VISIBLE[0], "xlsx")))
    return _from_rows([list(row) for row in book["Answer"].iter_rows(min_row=2, values_only=True)], shown)


def parquet(shown: Result) -> Cells:
    rows = pq.read_table(pa.BufferReader(export(shown, VISIBLE[0], "parquet"))).to_pylist()
    return _from_rows([list(row.values()) for row in rows], shown)


def shell_csv(shown: Result) -> Cells:
    return _from_rows([[_number(cell) for cell in row] for row in csv.reader(io.StringIO(csv_text(shown)))][1:], shown)


def shell_json(shown: Result) -> Cells:
    rows = json.loads(json.dumps(json_data(shown)))["rows"]
    return {(place, one.name): row[one.name] for place, row in enumerate(rows) for one in shown.values}


SURFACES: dict[str, Callable[[Result], Cells]] = {
    "table": table,
    "csv": csv_file,
    "xlsx": spreadsheet,
    "parquet": parquet,
    "shell csv": shell_csv,
    "shell json": shell_json,
}
"""Those that hold every number of the answer. A surface more is a line more."""


def csv_receipt(shown: Result) -> str:
    """In the file's name: nothing stands above or below its rows."""
    return file_name(shown, "csv").removesuffix(".csv").rpartition(", ")[2]


def sheet_receipt(shown: Result) -> str:
    book = openpyxl.load_workbook(io.BytesIO(export(shown, VISIBLE[0], "xlsx")))
    return {str(row[0]): str(row[1]) for row in book["About this answer"].iter_rows(values_only=True)}["Receipt"]


def parquet_receipt(shown: Result) -> str:
    file = pq.read_table(pa.BufferReader(export(shown, VISIBLE[0], "parquet")))
    return file.schema.metadata[b"samepage.receipt"].decode()


def json_receipt(shown: Result) -> str:
    return json.loads(json.dumps(json_data(shown)))["receipt"]


RECEIPTS: dict[str, Callable[[Result], str]] = {
    "csv": csv_receipt,
    "xlsx": sheet_receipt,
    "parquet": parquet_receipt,
    "shell json": json_receipt,
}
"""Where each file has the receipt of its answer."""

VISIBLE: list[Any] = []
READ: dict[str, list[Cells]] = {}


def read(surface: str, answers: list[Result]) -> list[Cells]:
    """Every answer as one surface has it, read once."""
    if surface not in READ:
        READ[surface] = [SURFACES[surface](shown) for shown in answers]
    return READ[surface]


@pytest.fixture(scope="module", autouse=True)
def visible(workspace: Workspace, steward: Actor) -> None:
    VISIBLE[:] = [workspace.visible(steward)]
    READ.clear()


def _from_rows(rows: list[list[Any]], shown: Result) -> Cells:
    """Rows of a file by the place of their columns; a change of a share is in percent points there."""
    assert len(rows) == shown.table.num_rows
    found: Cells = {}
    for place, one in enumerate(shown_columns(shown)):
        size = 100 if one.kind == "change" and one.column.format is NumberFormat.SHARE else 1
        if one.kind != "key":
            cells = [None if row[place] is None else row[place] / size for row in rows]
            found |= {(row, one.name): cell for row, cell in enumerate(cells)}
    return found


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text or None


def _truth(shown: Result) -> Cells:
    return {
        (row, one.name): value
        for one in shown.values
        for row, value in enumerate(shown.table.column(one.name).to_pylist())
    }


def _same(found: Any, true: Any) -> bool:
    if found is None or true is None:
        return found is None and true is None
    return isclose(found, true, rel_tol=1e-14, abs_tol=1e-300)


# The test


def test_there_are_thirty_metrics_by_five_breakdowns_with_everything_in_them(answers: list[Result]) -> None:
    assert len(answers) == METRICS * EACH
    assert len({one.query for one in answers}) == METRICS * EACH
    assert len({one.query.metrics for one in answers}) == METRICS
    with_total = sum(any("total" in kind for kind in row_kinds(one)) for one in answers)
    with_other = sum(any("other" in kind for kind in row_kinds(one)) for one in answers)
    compared = sum(bool(one.query.compare) for one in answers)
    assert with_total > 60
    assert with_other > 10
    assert compared > 30
    assert {column.format for one in answers for column in one.values} >= {
        *(NumberFormat.MONEY, NumberFormat.COUNT, NumberFormat.SHARE, NumberFormat.RATIO),
    }


@pytest.mark.parametrize("surface", SURFACES)
def test_every_cell_is_the_answers_own(surface: str, answers: list[Result]) -> None:
    wrong: list[str] = []
    for shown, found in zip(answers, read(surface, answers), strict=True):
        truth = _truth(shown)
        assert {cell for cell in found if not cell[1].endswith(" change")} == set(truth), shown.title
        wrong += [
            f"{shown.title}, row {row}, {name}: {found[row, name]} instead of {value}"
            for (row, name), value in truth.items()
            if not _same(found[row, name], value)
        ]
    assert wrong == []


@pytest.mark.parametrize("surface", RECEIPTS)
def test_every_file_has_the_receipt_of_its_answer(surface: str, answers: list[Result]) -> None:
    assert len({one.receipt for one in answers}) == len(answers)
    assert [RECEIPTS[surface](one) for one in answers[::10]] == [one.receipt for one in answers[::10]]


@pytest.mark.parametrize("surface", [one for one in SURFACES if one != "shell json"])
def test_changes_are_worked_out_from_the_two_numbers_beside_them(surface: str, answers: list[Result]) -> None:
    seen = 0
    for shown, found in zip(answers, read(surface, answers), strict=True):
        for value in main_values(shown):
            is_share = value.format is NumberFormat.SHARE
            for before in compared_with(value, shown):
                for row in range(shown.table.num_rows):
                    now, then = found[row, value.name], found[row, before.name]
                    expected = None
                    if now is not None and then is not None and (is_share or then != 0):
                        expected = now - then if is_share else (now - then) / abs(then)
                    change = found[row, f"{before.name} change"]
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
    """How many points of one trace stand for a row; each has the row's number, and says it as it is written."""
    (value,) = main_values(shown)
    partners = compared_with(value, shown)
    is_before = bool(partners) and trace.get("opacity", 1) != 1
    column = shown.table.column((partners[0] if is_before else value).name).to_pylist()
    numbers = trace["x"] if trace.get("orientation") == "h" else trace["y"]
    known = [(row, number) for row, number in zip(trace["customdata"], numbers, strict=True) if row >= 0]
    for row, number in known:
        assert _same(number, column[row]), f"{shown.title}, row {row}: {number} instead of {column[row]}"
    return len(known)


def test_every_cell_of_a_pivot_is_the_row_behind_it(
    answers: list[Result], workspace: Workspace, steward: Actor
) -> None:
    """Two breakdowns, with totals of both: the numbers as the grid is sent them."""
    seen = totals = 0
    unasked: Any = None  # whom a pivot asks whether it may have totals: these answers have them
    for metric in dict.fromkeys(one.query.metrics for one in answers):
        by = (Breakdown("channel"), Breakdown(DATE, Granularity.MONTH))
        query = Query(metrics=metric, by=by, time=HALF_YEAR, totals=((), ("channel",), ("date_month",)))
        if not _ok(query, workspace, steward):
            continue
        shown = workspace.ask(query, steward, today=TODAY)
        grid = make_pivot(shown, unasked, LIGHT, ("date_month",), scale=False)
        sent, kinds = grid.rows.data, row_kinds(shown)
        size = 100 if shown.values[0].format is NumberFormat.SHARE else 1
        assert {row for row, _ in grid.cells.values()} == set(range(shown.table.num_rows))
        for (place, column), (row, name) in grid.cells.items():
            cell, true = sent[column].iloc[place], shown.table.column(name)[row].as_py()
            assert _same(None if cell != cell else cell / size, true), f"{shown.title}, row {row}"
            seen, totals = seen + 1, totals + ("total" in kinds[row])
    assert seen > 500
    assert totals > 100


def test_a_total_is_the_answer_to_the_question_without_its_breakdown(
    answers: list[Result], workspace: Workspace, steward: Actor
) -> None:
    seen = 0
    for shown in answers[::3]:
        rows = [row for row, kind in zip(shown.rows(), row_kinds(shown), strict=True) if "total" in kind]
        alone = replace(shown.query, by=(), top=None, totals=())
        if rows and _ok(alone, workspace, steward):
            (whole,) = workspace.ask(alone, steward, today=TODAY).rows()
            for one in shown.values:
                assert _same(rows[0][one.name], whole[one.name]), shown.title
            seen += 1
    assert seen > 30


def test_the_terminal_writes_the_same_numbers_as_words(answers: list[Result]) -> None:
    for shown in answers[::7]:
        lines = [line for line in result_table(shown).split("\n")[2:] if line.strip("- ")]
        (value,) = main_values(shown)
        partners = compared_with(value, shown)
        numbers = [number for one in (value, *partners) for number in shown.table.column(one.name).to_pylist()]
        write = writer(value, numbers, short=False)
        for line, number in zip(lines, shown.table.column(value.name).to_pylist(), strict=False):
            assert write(number) in line, shown.title


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_the_shell_writes_the_file_of_the_page(
    ending: str, answers: list[Result], file: Path, tmp_path: Path, workspace: Workspace, steward: Actor
) -> None:
    shown = answers[0]
    place = tmp_path / f"answer.{ending}"
    asked = ["ask", query_to_json(shown.query), "--as", "ana", "--today", TODAY.isoformat()]
    # The file of the data says when it was loaded, when the rows were computed and under which receipt; the rest is the
    # same to the byte.
    assert main([*asked, "--model", str(MARKETING_MODEL), "--data", str(file), "--out", str(place)]) == 0
    page = export(shown, workspace.visible(steward), ending)  # type: ignore[arg-type]
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
    return {name: [row for row in found if row[0] not in ("Computed", "Receipt")] for name, found in rows.items()}


def test_days_are_the_same_day_everywhere(answers: list[Result]) -> None:
    seen = 0
    for shown in answers[::3]:
        (key,) = shown.keys
        if key.grain is None:
            continue
        days = shown.table.column(key.name).to_pylist()
        text = list(csv.reader(io.StringIO(csv_text(shown))))[1:]
        sheet = openpyxl.load_workbook(io.BytesIO(export(shown, VISIBLE[0], "xlsx")))["Answer"]
        for day, kind, row, written in zip(days, row_kinds(shown), sheet.iter_rows(min_row=2), text, strict=True):
            if kind == ("member",):
                assert isinstance(row[0].value, datetime)
                assert (row[0].value.date(), written[0]) == (day, day.isoformat())
                seen += 1
            else:
                assert row[0].value == written[0]
    assert seen > 200
