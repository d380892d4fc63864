"""Rows that count only some days of their period, and how every table and file marks them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest

from pages.explore.result.cells import STYLED
from pages.explore.result.table import make_grid
from semantic.display.boards.answer_table import answer_table
from semantic.display.export.export import export
from semantic.display.export.to_csv import csv_text
from semantic.display.in_part import marks_of, partial_words
from semantic.display.pivot import pivoted
from semantic.display.text import result_table
from semantic.display.tokens import LIGHT
from semantic.model.definitions import Cumulative, Granularity, Span
from semantic.plan.time.period_aggregation import Timing
from semantic.query.query import DATE, Breakdown, Query
from semantic.results.result import Period, Result, ResultColumn
from tests.copies import copy_shop
from tests.semantic.made_results import CHANNEL, MONTHS, REVENUE, SPEND, WEEKS, result
from tests.shop import ShopWorkspace, open_shop

APRIL, MAY, JUNE = (date(2026, month, 1) for month in (4, 5, 6))
BY_MONTH = Breakdown(DATE, Granularity.MONTH)
TO_24_JUNE = Period(APRIL, date(2026, 6, 25), "Europe/Berlin", "", asked_end=date(2026, 7, 1))
COUNTED = "Counted to 24 Jun 2026: later days aren't loaded yet."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("in_part") / "shop.duckdb"))
    yield opened
    opened.close()


def by_month(*columns: ResultColumn, rows: list[tuple[Any, ...]] | None = None, **changes: Any) -> Result:
    found_rows = rows or [(when, *(10.0 for _ in columns)) for when in (APRIL, MAY, JUNE)]
    asks = Query(metrics=tuple(column.name for column in columns if column.role == "value"), by=(BY_MONTH,))
    arguments: dict[str, Any] = {"period": TO_24_JUNE, "query": asks, "asked_on": date(2026, 7, 2)} | changes
    return result([MONTHS, *columns], found_rows, **arguments)


def test_a_partly_loaded_month_states_its_last_loaded_day() -> None:
    assert marks_of(by_month(REVENUE)) == {("date_month", JUNE): "to 24 Jun"}


def test_a_month_that_the_question_cuts_states_its_first_day() -> None:
    days = replace(TO_24_JUNE, start=date(2026, 4, 10))
    marks = marks_of(by_month(REVENUE, period=days))
    assert marks == {("date_month", APRIL): "from 10 Apr", ("date_month", JUNE): "to 24 Jun"}
    period = replace(TO_24_JUNE, start=date(2026, 6, 10))
    assert marks_of(by_month(REVENUE, rows=[(JUNE, 1.0)], period=period)) == {("date_month", JUNE): "10 – 24 Jun"}


def test_a_window_that_starts_before_the_data_states_how_many_days_it_counts() -> None:
    """Data begins on 3 April, so the 28 days up to a day are complete from 30 April on."""
    window = Timing(windows=(Cumulative(window=Span(28, Granularity.DAY)),))
    over = replace(REVENUE, timing=window, data_from=date(2026, 4, 3), counted_to=date(2026, 6, 25))
    days = Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.DAY),))
    shown = [date(2026, 4, 28), date(2026, 4, 29), date(2026, 4, 30), date(2026, 5, 1)]
    daily = result([replace(MONTHS, name="date_day", grain=Granularity.DAY), over], [(one, 1.0) for one in shown],
                   query=days, period=TO_24_JUNE, asked_on=date(2026, 7, 2))  # fmt: skip
    assert marks_of(daily) == {("date_day", shown[0]): "26 of 28 days", ("date_day", shown[1]): "27 of 28 days"}
    assert partial_words(daily) == ""  # a note on the answer says it once for all days
    late = replace(over, data_from=date(2026, 4, 4))
    assert marks_of(by_month(over)) == {("date_month", JUNE): "as of 24 Jun"}
    assert marks_of(by_month(late))["date_month", APRIL] == "27 of 28 days"


def test_whole_periods_other_dates_and_times_have_no_mark() -> None:
    period = replace(TO_24_JUNE, end=date(2026, 7, 1))
    assert marks_of(by_month(REVENUE, period=period)) == {}
    other = Query(metrics=("revenue",), by=(Breakdown("signed_up", Granularity.MONTH),))
    assert marks_of(by_month(REVENUE, query=other)) == {}
    assert marks_of(result([CHANNEL, REVENUE], [("Search", 1.0)], period=TO_24_JUNE)) == {}


def test_a_fiscal_year_says_the_days_year() -> None:
    year = replace(MONTHS, name="date_fiscal_year", grain=Granularity.FISCAL_YEAR)
    asks = Query(metrics=("revenue",), by=(Breakdown(DATE, Granularity.FISCAL_YEAR),))
    shown = result([year, REVENUE], [(APRIL, 1.0)], period=TO_24_JUNE, query=asks, asked_on=date(2026, 6, 30))
    assert marks_of(shown) == {("date_fiscal_year", APRIL): "to 24 Jun 2026"}


def test_if_metrics_differ_the_text_names_the_one_or_the_number_that_it_applies_to() -> None:
    """A budget is for the whole month. A metric without a number in a row has no days to report there."""
    revenue = replace(REVENUE, counted_to=date(2026, 7, 1))
    late = replace(SPEND, counted_to=date(2026, 6, 25))
    assert marks_of(by_month(late, revenue)) == {("date_month", JUNE): "spend to 24 Jun"}
    beside = replace(late, name="clicks", label="Clicks")
    assert marks_of(by_month(late, beside, revenue)) == {("date_month", JUNE): "to 24 Jun for 2 of 3 metrics"}
    rows = [(APRIL, 1.0, 1.0), (MAY, 1.0, 1.0), (JUNE, 1.0, None)]
    assert marks_of(by_month(late, revenue, rows=rows)) == {("date_month", JUNE): "to 24 Jun"}
    later = replace(REVENUE, counted_to=date(2026, 6, 20))
    assert marks_of(by_month(late, later)) == {("date_month", JUNE): "days differ by metric"}


def test_the_grid_marks_a_partial_row_and_keeps_its_dates_in_order() -> None:
    grid = make_grid(by_month(REVENUE), LIGHT)
    assert list(grid.rows.data["date_month"]) == ["2026-04-01", "2026-05-01", "2026-06-01"]
    assert list(grid.rows.data.astype(str)["date_month"]) == ["Apr 2026", "May 2026", "Jun 2026 (to 24 Jun)"]
    assert grid.columns["date_month"]["width"] >= 7 * len("Jun 2026 (to 24 Jun)")
    weeks = by_month(REVENUE, rows=[(date(2026, 6, 15), 1.0), (date(2026, 6, 22), 1.0)])
    of_weeks = replace(
        weeks, columns=(replace(WEEKS, name="date_month"), REVENUE), query=replace(weeks.query, by=(BY_MONTH,))
    )
    shown = make_grid(of_weeks, LIGHT).rows.data.astype(str)["date_month"]
    assert list(shown) == ["15 Jun 2026", "22 Jun 2026 (to 24 Jun)"]


def test_a_grid_of_whole_periods_is_sent_as_it_is() -> None:
    whole = by_month(REVENUE, period=replace(TO_24_JUNE, end=date(2026, 7, 1)))
    assert not hasattr(make_grid(whole, LIGHT).rows, "data")


def test_a_long_grid_keeps_its_dates_as_dates() -> None:
    rows = [(JUNE, f"c{at}", 1.0) for at in range(STYLED + 1)]
    assert not hasattr(make_grid(by_month(CHANNEL, REVENUE, rows=rows), LIGHT).rows, "data")


def test_a_pivot_the_shell_and_paper_mark_partial_periods_too() -> None:
    rows = [(when, "Search", 1.0) for when in (MAY, JUNE)]
    crossed = by_month(CHANNEL, REVENUE, rows=rows)
    crossed = replace(crossed, query=replace(crossed.query, by=(BY_MONTH, Breakdown("channel"))))
    assert [line.names for line in pivoted(crossed, ["date_month"]).columns] == [
        ("May 2026",), ("Jun 2026 (to 24 Jun)",),
    ]  # fmt: skip
    assert "Jun 2026 (to 24 Jun)" in result_table(by_month(REVENUE))
    assert [row[0].text for row in answer_table(by_month(REVENUE)).table.rows][-1] == "Jun 2026 (to 24 Jun)"


def test_a_spreadsheet_marks_a_partial_period_and_its_cell_stays_a_date(shop: ShopWorkspace) -> None:
    seen = shop.visible(shop.people["steward"])
    sheet = openpyxl.load_workbook(io.BytesIO(export(by_month(REVENUE), seen, "xlsx")))["Answer"]
    cells: list[Any] = [sheet.cell(row, 1) for row in (2, 3, 4)]  # openpyxl has no types of its own
    assert [cell.value.date() for cell in cells] == [APRIL, MAY, JUNE]
    assert [cell.number_format for cell in cells] == ["mmm yyyy", "mmm yyyy", 'mmm yyyy "(to 24 Jun)"']


def test_a_csv_file_marks_partial_periods_once_in_its_notes() -> None:
    def notes(shown: Result) -> str:
        rows = list(csv.DictReader(io.StringIO(csv_text(shown))))
        assert [row["Month"] for row in rows] == ["2026-04-01", "2026-05-01", "2026-06-01"]
        return rows[0].get("Notes", "")

    assert notes(by_month(REVENUE)) == "Partial: Jun 2026 (to 24 Jun)."
    assert notes(by_month(REVENUE, notes=(COUNTED,))) == COUNTED
    assert partial_words(by_month(REVENUE, period=replace(TO_24_JUNE, end=date(2026, 7, 1)))) == ""
