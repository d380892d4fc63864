"""An answer's files: typed, harmless, explained, the same bytes each time, and without data that a policy hides."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

from semantic.annotations.annotation import Annotation
from semantic.display.export.export import KINDS, export, file_name, why_not
from semantic.display.export.to_csv import csv_text, harmless
from semantic.display.export.to_xlsx import LETTERS, ROWS, SHEETS
from semantic.errors import TooManyRows
from semantic.model.definitions import DataType, Enough, Granularity, NumberFormat, TypeKind
from semantic.policy.narrow import VisibleModel
from semantic.query.query import (
    DATE,
    Breakdown,
    Calculation,
    CalculationKind,
    Condition,
    Last,
    MetricFilter,
    Operator,
    Previous,
    Query,
    Top,
)
from semantic.results.result import ColumnSupport, Period, Result
from tests.copies import copy_shop
from tests.moments import later
from tests.proof import part
from tests.semantic.made_results import (
    BEFORE,
    CHANNEL,
    COUNTRY,
    MONDAY,
    MONTHS,
    REVENUE,
    ROAS,
    WEEKS,
    result,
)
from tests.shop import ShopWorkspace, open_shop

NASTY = [
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(A1:A9)", "-2+3", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "＝1+1",
    "＋1", "－1", "＠x", "﹣1", "\u200b=1+1", "\ufeff=1+1", "a;=1+1", "a\t@x", "a\r\n=1+1", '=HYPERLINK("http://evil","x")',
    '"=1+1', "=", "http://example.com", "mailto:a@example.com", "internal:Sheet2!A1", "{=1+1}", "x" * 300,
]  # fmt: skip
"""Texts that a spreadsheet would run, link, or split into something that it runs."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def steward(shop: ShopWorkspace) -> VisibleModel:
    return shop.visible(shop.people["steward"])


def naive(year: int, month: int, day: int) -> datetime:
    """Return a day as a spreadsheet stores it: midnight, without a time zone."""
    return datetime.combine(date(year, month, day), datetime.min.time())


def lines(shown: Result, visible: VisibleModel) -> list[list[str]]:
    content = export(shown, visible, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def book(shown: Result, visible: VisibleModel) -> Any:
    return openpyxl.load_workbook(io.BytesIO(export(shown, visible, "xlsx")))


def answer_rows(shown: Result, visible: VisibleModel) -> list[tuple[Any, ...]]:
    return list(book(shown, visible)["Answer"].iter_rows(values_only=True))


def facts(shown: Result, visible: VisibleModel) -> dict[str, str]:
    return dict(book(shown, visible)["About this answer"].iter_rows(values_only=True))


def parquet(shown: Result, visible: VisibleModel) -> pa.Table:
    return pq.read_table(pa.BufferReader(export(shown, visible, "parquet")))


def everything(shown: Result, visible: VisibleModel) -> str:
    """Return all text in all of an answer's files."""
    packed = zipfile.ZipFile(io.BytesIO(export(shown, visible, "xlsx")))
    parts = [packed.read(name).decode() for name in packed.namelist()]
    table = parquet(shown, visible)
    return " ".join([*parts, str(table.schema.metadata), str(table.to_pylist()), str(lines(shown, visible))])


# Nothing runs


@pytest.mark.parametrize("text", NASTY)
def test_text_from_data_is_plain_text_in_a_spreadsheet(text: str, steward: VisibleModel) -> None:
    shown = result([replace(CHANNEL, label=text), replace(REVENUE, label=text)], [(text, 1.0)], title=text)
    content = export(shown, steward, "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Answer"]
    assert unescape(sheet["A2"].value) == text
    assert {cell.data_type for cell in (sheet["A1"], sheet["A2"], sheet["B1"])} == {"s"}
    packed = zipfile.ZipFile(io.BytesIO(content))
    sheets = [packed.read(name).decode() for name in packed.namelist() if "worksheets/" in name]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    assert not any("hyperlink" in packed.read(name).decode() for name in packed.namelist() if name.endswith(".rels"))
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == list(SHEETS[:3])


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_of_csv_begins_like_a_formula_however_it_is_split(
    text: str, delimiter: str, steward: VisibleModel
) -> None:
    shown = result([replace(CHANNEL, label=text), replace(COUNTRY, name="b"), REVENUE], [(text, text, 1.0)])
    content = export(shown, steward, "csv").decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter):
        for cell in row:
            assert cell.lstrip(" \u200b\ufeff\t\r\n")[:1] not in tuple("=+-@＝＋－＠﹣"), (cell, row)


def test_text_that_is_harmless_is_left_alone() -> None:
    for text in ("Search", "a=b", "a-b, -c", "50% off", "user@example.com", "", "'quoted", "(none)", "1-2"):
        assert harmless(text) == text


def test_a_spreadsheet_has_labels_and_other_files_have_codes(steward: VisibleModel) -> None:
    day = replace(CHANNEL, name="day", label="Weekday", type=DataType(TypeKind.INTEGER), labels={"1": "Monday"})
    keys = [replace(CHANNEL, labels={"google_ads": "Google Ads"}), day, REVENUE]
    shown = result(keys, [("google_ads", 1, 2.0), ("awin", 2, 3.0)])
    assert [row[:2] for row in answer_rows(shown, steward)[1:]] == [("Google Ads", "Monday"), ("awin", 2)]
    assert [line[:2] for line in lines(shown, steward)[1:]] == [["google_ads", "1"], ["awin", "2"]]
    assert parquet(shown, steward).column(0).to_pylist() == ["google_ads", "awin"]


def test_negative_numbers_stay_numbers(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("Search", -12.5)])
    assert lines(shown, steward)[1] == ["Search", "-12.5"]
    assert answer_rows(shown, steward)[1] == ("Search", -12.5)


# Types of cells


def test_a_spreadsheet_has_typed_cells_with_the_formats_of_the_screen(steward: VisibleModel) -> None:
    share = replace(REVENUE, name="rate", label="Rate", format=NumberFormat.SHARE, unit="", direction="up")
    before = replace(share, name="rate_previous", label="Rate, previous period", compare="previous")
    count = replace(REVENUE, name="n", label="Clicks", format=NumberFormat.COUNT, unit="clicks")
    rows = [(date(2026, 1, 1), 1234.5, 0.0312, 0.0262, 7.0, 3.1), (date(2026, 2, 1), 99.0, None, 0.02, 8.0, None)]
    shown = result([MONTHS, REVENUE, share, before, count, ROAS], rows)
    sheet = book(shown, steward)["Answer"]
    assert [cell.value for cell in sheet[1]] == [
        "Month", "Revenue", "Rate", "Rate, previous period", "Rate, change", "Clicks", "ROAS",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[2]] == [
        naive(2026, 1, 1), 1234.5, 0.0312, 0.0262, pytest.approx(0.5), 7, 3.1,
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]][2:7] == [None, 0.02, None, 8, None]
    assert [cell.number_format for cell in sheet[2]] == [
        "mmm yyyy", '"€"#,##0', "#,##0.0%", "#,##0.0%", '+0.0" pp";-0.0" pp";0.0" pp"', "#,##0", "#,##0.00",
    ]  # fmt: skip
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:G3"


def test_a_spreadsheet_shows_two_digits_of_numbers_too_small_for_their_column(steward: VisibleModel) -> None:
    share = replace(REVENUE, name="rate", label="Rate", format=NumberFormat.SHARE, unit="", direction="up")
    before = replace(share, name="rate_previous", label="Rate, previous period", compare="previous")
    sheet = book(result([CHANNEL, share, before], [("a", 0.00024, 0.00018), ("b", 0.031, 0.0)]), steward)["Answer"]
    assert [[cell.number_format for cell in sheet[row]][1:] for row in (2, 3)] == [
        ["#,##0.000%", "#,##0.000%", '+0.0000" pp";-0.0000" pp";0.0000" pp"'],
        ["#,##0.0%", "#,##0.0%", '+0.0" pp";-0.0" pp";0.0" pp"'],
    ]
    assert [cell.value for cell in sheet[2]][1:] == [0.00024, 0.00018, pytest.approx(0.006)]


@pytest.mark.parametrize(
    ("grain", "format", "text"),
    [
        (Granularity.DAY, "d mmm yyyy", "2026-04-01"),
        (Granularity.WEEK, "d mmm yyyy", "2026-04-01"),
        (Granularity.MONTH, "mmm yyyy", "2026-04-01"),
        (Granularity.QUARTER, '"Q2 "yyyy', "2026-04-01"),
        (Granularity.YEAR, "yyyy", "2026-04-01"),
        (Granularity.FISCAL_YEAR, "mmm yyyy", "2026-04-01"),
    ],
)
def test_dates_are_dates_at_their_grain(grain: Granularity, format: str, text: str, steward: VisibleModel) -> None:
    shown = result([replace(MONTHS, grain=grain), REVENUE], [(date(2026, 4, 1), 1.0)])
    cell = book(shown, steward)["Answer"]["A2"]
    assert (cell.value, cell.number_format) == (naive(2026, 4, 1), format)
    assert lines(shown, steward)[1][0] == text


def test_instants_are_in_the_questions_time_zone(steward: VisibleModel) -> None:
    hours = replace(MONTHS, grain=Granularity.HOUR, type=DataType(TypeKind.TIMESTAMPTZ))
    shown = result([hours, REVENUE], [(datetime(2026, 7, 1, 22, tzinfo=UTC), 1.0)])
    assert book(shown, steward)["Answer"]["A2"].value == naive(2026, 7, 2)
    assert lines(shown, steward)[1][0] == "2026-07-02 00:00:00+02:00"
    assert parquet(shown, steward).to_pylist()[0]["date_month"] == datetime(2026, 7, 1, 22, tzinfo=UTC)


def test_days_before_the_spreadsheet_calendar_are_written_as_text(steward: VisibleModel) -> None:
    shown = result([replace(MONTHS, grain=Granularity.DAY), REVENUE], [(date(1899, 12, 31), 1.0)])
    assert answer_rows(shown, steward)[1][0] == "1899-12-31"


def test_every_digit_is_kept(steward: VisibleModel) -> None:
    numbers = [0.1 + 0.2, 1 / 3, 1e-9, 123456789.123456789, -0.0, 2.0**60]
    shown = result([CHANNEL, ROAS], [(str(place), number) for place, number in enumerate(numbers)])
    assert [float(row[1]) for row in lines(shown, steward)[1:]] == numbers
    assert [row[1] for row in answer_rows(shown, steward)[1:]] == numbers
    assert parquet(shown, steward).column("roas").to_pylist() == numbers


def test_a_whole_number_too_long_for_a_spreadsheet_is_text_there(steward: VisibleModel) -> None:
    key = replace(CHANNEL, name="id", label="Order", type=DataType(TypeKind.INTEGER))
    total = replace(REVENUE, name="n", label="Number", format=NumberFormat.COUNT, unit="", type=key.type)
    long = 2**53 + 1
    shown = result([key, total], [(long, long), (7, 8)])
    assert answer_rows(shown, steward)[1:] == [(str(long), str(long)), ("7", "8")]
    assert lines(shown, steward)[1] == [str(long), str(long)]
    assert parquet(shown, steward).column("n").to_pylist() == [long, 8]


def test_infinity_and_nan_are_written_as_such(steward: VisibleModel) -> None:
    shown = result([CHANNEL, ROAS], [("a", float("inf")), ("b", float("nan")), ("c", None)])
    assert [row[1] for row in answer_rows(shown, steward)[1:]] == ["inf", "nan", None]


# Rows


def test_totals_and_other_are_included_and_marked(steward: VisibleModel) -> None:
    rows = [("Search", 3.0), ("Total", 2.0), (None, 1.0), (None, 4.0), (None, 10.0)]
    shown = result([CHANNEL, REVENUE], rows, ["member", "member", "none", "other", "total"])
    told = [("Search", "group"), ("Total", "group"), ("(none)", "no value"), ("Other (the rest)", "Other")]
    told += [("Total", "total")]
    assert [(row[0], row[2]) for row in lines(shown, steward)[1:]] == told
    assert [(row[0], row[2]) for row in answer_rows(shown, steward)[1:]] == told
    assert parquet(shown, steward).to_pylist()[3:] == [
        {"channel": None, "revenue": 4.0, "bucket": "other"}, {"channel": None, "revenue": 10.0, "bucket": "total"},
    ]  # fmt: skip
    sheet = book(shown, steward)["Answer"]
    assert [cell.font.bold for cell in sheet["B"]] == [True, False, False, False, False, True]
    assert sheet.auto_filter.ref == "A1:C5", "sorting would carry the total in among the groups"


def test_the_kind_of_row_is_written_only_where_keys_are_ambiguous(steward: VisibleModel) -> None:
    assert lines(result([CHANNEL, REVENUE], [("Search", 1.0), (None, 2.0)]), steward)[0] == ["Channel", "Revenue (EUR)"]
    called = result([CHANNEL, REVENUE], [("(none)", 1.0), (None, 2.0)])
    assert [row[2] for row in lines(called, steward)] == ["Row", "group", "no value"]


def test_csv_headers_contain_units(steward: VisibleModel) -> None:
    rate = replace(REVENUE, name="rate", label="Rate", format=NumberFormat.SHARE, unit="")
    earlier = replace(rate, name="rate_previous", label="Rate, previous period", compare="previous")
    shown = result([WEEKS, REVENUE, BEFORE, rate, earlier, ROAS], [(MONDAY, 3.0, 2.0, 0.5, 0.25, 1.5)])
    head, row = lines(shown, steward)
    assert head == [
        "Week of", "Revenue (EUR)", "Revenue, previous period (EUR)", "Revenue, change (1 = 100%)", "Rate (1 = 100%)",
        "Rate, previous period (1 = 100%)", "Rate, change (pp)", "ROAS",
    ]  # fmt: skip
    assert row == ["2026-03-02", "3", "2", "0.5", "0.5", "0.25", "25", "1.5"]


def test_duplicate_headers_are_made_unique(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE, replace(REVENUE, name="other")], [("Search", 1.0, 2.0)])
    assert lines(shown, steward)[0] == ["Channel", "Revenue (EUR)", "Revenue (EUR) (2)"]


def test_numbers_based_on_too_little_data_are_grey_as_on_screen(steward: VisibleModel) -> None:
    need = Enough(30)
    shown = result([CHANNEL, ROAS], [("Search", 3.0), ("Mail", 9.0)])
    shown = replace(
        shown, support={"roas": ColumnSupport(need=need, is_enough=(True, False), what="clicks", counts=(100.0, 3.0))}
    )
    cells = book(shown, steward)["Answer"]["B"]
    assert [cell.font.italic for cell in cells] == [False, False, True]
    assert facts(shown, steward)["Small numbers"].startswith("ROAS: some values have too little data")
    assert "Small numbers" not in facts(result([CHANNEL, ROAS], [("Search", 3.0)]), steward)


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_is_stated(kind: Any, steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("Search", 3.0), ("Mail", 2.0)], groups=9)
    shown = replace(
        shown, query=replace(shown.query, limit=2), period=Period(date(2026, 1, 1), date(2026, 2, 1), "UTC", "January")
    )
    assert file_name(shown, kind) == f"A question, 2026-01-01 to 2026-01-31, 2 of 9 rows.{kind}"
    text = "The question has a row limit: 7 of 9 groups are not here."
    if kind == "xlsx":
        assert answer_rows(shown, steward)[-1][0] == text
        assert text in facts(shown, steward)["Rows"]
    if kind == "parquet":
        assert text in parquet(shown, steward).schema.metadata[b"samepage.facts"].decode()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_answer_is_a_file_with_only_headers(kind: Any, steward: VisibleModel) -> None:
    for columns in ([CHANNEL, MONTHS, REVENUE, BEFORE], [REVENUE]):
        shown = result(columns, [])
        content = export(shown, steward, kind)
        if kind == "csv":
            assert len(lines(shown, steward)) == 1
        elif kind == "xlsx":
            assert len([row for row in answer_rows(shown, steward) if any(row)]) == 1
        else:
            assert parquet(shown, steward).num_rows == 0
        assert content


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_answer_gives_the_same_bytes(kind: Any, shop: ShopWorkspace, steward: VisibleModel) -> None:
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), totals=((),), compare=())
    one, other = (shop.ask(query, steward.actor) for _ in range(2))
    first = export(one, steward, kind)
    with later():
        assert export(replace(other, computed_at=one.computed_at), steward, kind) == first


def test_csv_has_its_notes_in_a_last_column(steward: VisibleModel) -> None:
    notes = ("ROAS is filtered by device on one side only.", "Compared with 1 – 31 May 2026.")
    shown = result([CHANNEL, REVENUE], [("a", 1.0), ("b", 2.0)], notes=notes)
    assert lines(shown, steward) == [
        ["Channel", "Revenue (EUR)", "Notes"],
        ["a", "1", "ROAS is filtered by device on one side only. Compared with 1 – 31 May 2026."],
        ["b", "2", ""],
    ]
    assert csv_text(shown).encode() == export(shown, steward, "csv")[3:].replace(b"\r\n", b"\n")
    cut = replace(result([CHANNEL, REVENUE], [("a", 1.0)]), query=Query(metrics=("revenue",), limit=1), groups=2)
    assert lines(cut, steward)[1][-1] == "The question has a row limit: 1 of 2 groups is not here."
    risky = result([CHANNEL, REVENUE], [("a", 1.0)], notes=("=cmd|' /C calc'!A0",))
    assert lines(risky, steward)[1][-1].startswith("'=")


def test_without_rows_the_notes_have_a_row_of_their_own(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [], notes=("No channel is called mail.",))
    assert lines(shown, steward) == [["Channel", "Revenue (EUR)", "Notes"], ["", "", "No channel is called mail."]]
    assert lines(result([CHANNEL, REVENUE], []), steward) == [["Channel", "Revenue (EUR)"]]


def test_every_row_of_a_large_answer_is_in_its_file(steward: VisibleModel) -> None:
    """tests/bench/exports.py measures the cost of exporting 100,000 rows."""
    count = part(100_000)
    rows = [(f"Channel {place}", MONDAY, place / 7, place / 9 or None) for place in range(count)]
    shown = result([CHANNEL, WEEKS, REVENUE, BEFORE], rows)
    text = export(shown, steward, "csv").decode("utf-8-sig")
    assert [line.partition(",")[0] for line in text.splitlines()[1:]] == [row[0] for row in rows]
    assert parquet(shown, steward).column("channel").to_pylist() == [row[0] for row in rows]
    sheet = openpyxl.load_workbook(io.BytesIO(export(shown, steward, "xlsx")), read_only=True)["Answer"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, max_col=1, values_only=True)] == [row[0] for row in rows]


def test_answers_too_large_for_a_sheet_say_so_and_are_not_written(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("x", 1.0)])
    columns = {"channel": pa.nulls(ROWS, pa.string()), "revenue": pa.nulls(ROWS, pa.float64())}
    many = replace(shown, table=pa.table(columns | {"bucket": pa.array(["none"] * ROWS)}))
    assert "more than a spreadsheet can hold (1,048,576)" in why_not(many, "xlsx")
    with pytest.raises(TooManyRows, match="more than a spreadsheet can hold"):
        export(many, steward, "xlsx")
    long = result([CHANNEL, REVENUE], [("x" * (LETTERS + 1), 1.0)])
    assert why_not(long, "xlsx").startswith("Channel has a value too long for a spreadsheet cell")
    wide = result([CHANNEL, REVENUE], [("\N{ROCKET}" * 17_000, 1.0)])
    assert why_not(wide, "xlsx"), "a rocket counts as two letters there"
    fits = result([CHANNEL, REVENUE], [("x" * LETTERS, 1.0)])
    assert answer_rows(fits, steward)[1][0] == "x" * LETTERS
    assert [why_not(one, "csv") + why_not(one, "parquet") for one in (many, long)] == ["", ""]


# Names of files


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Net revenue by channel, weekly", "Net revenue by channel, weekly.csv"),
        ('../../etc/passwd:*?"<>|', "etc passwd.csv"),
        ("=cmd\r\nX: y", "cmd X y.csv"),
        ("...", "Answer.csv"),
        ("é" * 500, "é" * 120 + ".csv"),
    ],
)
def test_a_file_is_called_after_its_question(title: str, name: str) -> None:
    assert file_name(result([REVENUE], [(1.0,)], title=title), "csv") == name


# Text next to the rows


def test_the_sheets_explain_the_answer(shop: ShopWorkspace, steward: VisibleModel) -> None:
    query = Query(
        metrics=("roas", "revenue"),
        by=(Breakdown("channel"),),
        where=Condition("channel", Operator.NOT_IN, ("Mail",)),
        having=(MetricFilter("revenue", ">", (0,)),),
        compare=(),
        top=None,
    )
    shown = shop.ask(query, steward.actor)
    opened = book(shown, steward)
    assert opened.sheetnames == list(SHEETS)
    head, *defined = opened["Definitions"].iter_rows(values_only=True)
    assert head == ("Metric", "Meaning", "What it doesn't mean", "Calculation", "Unit", "Owner", "Certified")
    assert [row[0] for row in defined] == [column.label for column in shown.values]
    assert defined[0][3] == "Revenue divided by Cost; totals divide the totals and are never averaged."
    said = facts(shown, steward)
    assert said["Question"] == shown.title
    assert said["Filters"] == "Channel is not Mail"
    assert said["Only groups where"] == "Revenue is more than €0"
    assert said["Time zone"] == "Europe/Berlin"
    assert said["Scope"] == "No row restrictions"
    assert said["Computed for"] == "Steward"
    assert said["Model version"] == shown.model_version
    assert said["Data version"] == shown.data_version
    assert json.loads(said["Question as JSON"])["metrics"] == ["roas", "revenue"]
    sql = [row[0] or "" for row in opened["SQL"].iter_rows(values_only=True)]
    assert "\n".join(sql) == shown.readable_sql
    metadata = parquet(shown, steward).schema.metadata
    assert json.loads(metadata[b"samepage.question"])["metrics"] == ["roas", "revenue"]
    at = replace(shown, computed_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))  # half past midnight in Berlin
    assert facts(at, steward)["Computed"] == "2 Jul 2026, 00:30 Europe/Berlin"
    abroad = replace(at, period=replace(at.period, time_zone="America/New_York"))
    assert facts(abroad, steward)["Computed"] == "1 Jul 2026, 18:30 America/New_York"
    assert metadata[b"samepage.sql"].decode() == shown.readable_sql
    assert json.loads(metadata[b"samepage.definitions"])[0]["label"] == shown.values[0].label
    assert json.loads(metadata[b"samepage.period"])["time_zone"] == "Europe/Berlin"


def test_comparison_and_top_are_stated(shop: ShopWorkspace, steward: VisibleModel) -> None:
    query = Query(
        metrics=("revenue",), by=(Breakdown("channel"),), time=Last(2, Granularity.MONTH), compare=(Previous(),),
        top=Top(2, "channel", "revenue"),
    )  # fmt: skip
    said = facts(shop.ask(query, steward.actor), steward)
    assert said["Compared with"] == "previous period"
    assert said["Top N"] == "2 of Channel, by Revenue; the rest is in one row, Other"
    assert (said["Start date"], said["End date"]) == ("2026-09-01", "2026-10-31")


# Policy


def test_only_stewards_get_sql(shop: ShopWorkspace) -> None:
    dora = shop.visible(shop.people["dora"])
    shown = shop.ask(Query(metrics=("revenue",), by=(Breakdown("channel"),)), dora.actor)
    assert book(shown, dora).sheetnames == list(SHEETS[:3])
    assert "SELECT" not in everything(shown, dora)


def test_the_scope_is_in_the_policys_words(shop: ShopWorkspace) -> None:
    dora = shop.visible(shop.people["dora"])
    shown = shop.ask(Query(metrics=("revenue",)), dora.actor)
    assert shown.scope
    assert facts(shown, dora)["Scope"] == shown.scope.removeprefix("Scope: ")
    assert parquet(shown, dora).schema.metadata[b"samepage.scope"].decode() == shown.scope


@pytest.mark.parametrize("dimension", ["email", "phone"])
def test_masked_values_stay_masked(dimension: str, shop: ShopWorkspace, steward: VisibleModel) -> None:
    query = Query(metrics=("revenue",), by=(Breakdown(dimension),))
    raw = {value for value in shop.ask(query, steward.actor).table.column(dimension).to_pylist() if value}
    raw = {value for value in raw if len(value) > 4}  # the mask leaves nothing of a shorter one to be found
    assert len(raw) > 2
    mia = shop.visible(shop.people["mia"])
    text = everything(shop.ask(query, mia.actor), mia)
    assert not any(value in text for value in raw)


def test_a_hidden_metric_is_not_named_in_a_formula(shop: ShopWorkspace, steward: VisibleModel) -> None:
    noa = shop.visible(shop.people["noa"])
    hidden = shop.model.metrics["cost"]
    query = Query(metrics=("roas",), by=(Breakdown("channel"),))
    text = everything(shop.ask(query, noa.actor), noa)
    assert "outside your scope" in text
    assert hidden.label not in text
    assert hidden.label in everything(shop.ask(query, steward.actor), steward)


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_changes_with_rows_that_are_hidden(kind: Any, shop: ShopWorkspace, tmp_path: Any) -> None:
    changed = open_shop(
        copy_shop(
            tmp_path / "changed.duckdb",
            "UPDATE orders SET amount = amount * 3 + 1 WHERE customer_id IN ('u2', 'u3', 'u4') OR customer_id IS NULL",
            "DELETE FROM orders WHERE order_id IN ('o04', 'o07')",
            "UPDATE customers SET name = 'Hidden', email = 'h@example.com' WHERE home IS DISTINCT FROM 'DE'",
        )
    )
    query = Query(metrics=("revenue",), by=(Breakdown("channel"), Breakdown(DATE, Granularity.MONTH)), totals=((),))
    made: list[bytes] = []
    for workspace in (shop, changed):
        dora = workspace.visible(workspace.people["dora"])
        shown = replace(workspace.ask(query, dora.actor), computed_at=datetime(2026, 4, 20, tzinfo=UTC))
        made.append(export(shown, dora, kind))
    changed.close()
    assert made[0] == made[1]


def test_the_link_is_included_if_there_is_one(shop: ShopWorkspace, steward: VisibleModel) -> None:
    shown = shop.ask(Query(metrics=("revenue",)), steward.actor)
    content = export(shown, steward, "xlsx", link="https://numbers.example/explore?m=revenue")
    said: Sequence[Any] = list(
        openpyxl.load_workbook(io.BytesIO(content))["About this answer"].iter_rows(values_only=True)
    )
    assert ("Link", "https://numbers.example/explore?m=revenue") in said
    assert "Link" not in facts(shown, steward)


def test_a_file_has_the_screens_calculations_and_explains_them(shop: ShopWorkspace, steward: VisibleModel) -> None:
    share = Calculation(name="share", do=CalculationKind.PERCENT_OF_TOTAL, of="revenue")
    place = Calculation(name="place", do=CalculationKind.RANK, of="revenue")
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), calc=(share, place), limit=2)
    shown = shop.ask(query, shop.people["steward"])
    head, *rows = answer_rows(shown, steward)
    assert head == ("Channel", "Revenue", "Revenue, share of total", "Rank by revenue")
    assert [(*row[:2], round(row[2], 6), row[3]) for row in rows[:2]] == [
        ("Search", 5330, 0.521246, 1),
        ("Social", 2580, 0.25231, 2),
    ]
    about = book(shown, steward)["About this answer"].iter_rows(values_only=True)
    said = " ".join(str(cell) for row in about for cell in row)
    assert "Rank by revenue: the rank by revenue, from the largest, among all groups" in said


# Remarks on its days

REMARKED = (
    Annotation(MONDAY, MONDAY + timedelta(days=8), "=Sale", "price"),
    Annotation(MONDAY + timedelta(days=7), MONDAY + timedelta(days=7), "Strike", "outage", "FR"),
    Annotation(MONDAY + timedelta(days=21), MONDAY + timedelta(days=21), "Too late"),
)


def test_remarks_are_next_to_the_rows_of_their_days_if_wanted(steward: VisibleModel) -> None:
    shown = result([WEEKS, REVENUE], [(MONDAY + timedelta(days=7 * at), 1.0) for at in range(3)])
    text = export(shown, steward, "csv", remarks=REMARKED).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[-1] == "Remarks"
    assert [row[-1] for row in rows] == ["'=Sale", "'=Sale; Strike (FR)", ""]
    plain = export(shown, steward, "csv")
    assert b"Remarks" not in plain
    assert [row[:-1] for row in rows] == list(csv.reader(io.StringIO(plain.decode("utf-8-sig"))))[1:]
    opened = openpyxl.load_workbook(io.BytesIO(export(shown, steward, "xlsx", remarks=REMARKED)))
    lines = list(opened["Remarks"].iter_rows(values_only=True))
    assert lines[0] == ("Days", "What happened", "About", "Kind")
    assert [row[1] for row in lines[1:]] == ["=Sale", "Strike", "Too late"]
    assert opened["Remarks"]["B2"].data_type == "s"
    file = pq.read_table(io.BytesIO(export(shown, steward, "parquet", remarks=REMARKED)))
    assert json.loads(file.schema.metadata[b"samepage.remarks"])[1] == {
        "from": "2026-03-09", "to": "2026-03-09", "text": "Strike", "about": "FR", "kind": "outage",
    }  # fmt: skip


def test_an_answer_without_days_has_no_column_of_remarks(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("Mail", 1.0)])
    assert export(shown, steward, "csv", remarks=REMARKED) == export(shown, steward, "csv")
