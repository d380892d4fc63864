"""Malformed files: each becomes the table that a person would have typed, or is refused with a helpful sentence."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from openpyxl import Workbook

from semantic.errors import UnreadableFile
from semantic.uploads.grid import MOST_BYTES, MOST_COLUMNS
from semantic.uploads.reading import (
    Choices,
    ColumnChoice,
    Reading,
    _labels,  # pyright: ignore[reportPrivateUsage]
    names_of,
    read_file,
)
from tests.semantic.uploads.workbooks import changed, made, rows, saved


def at(*parts: int) -> datetime:
    """Return a timestamp as a file has it, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def table(content: bytes, choices: Choices | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the headings and the rows of a file."""
    reading = read_file(content, choices)
    return [column.label for column in reading.kept], reading.table().rows()


def kinds(reading: Reading) -> list[str]:
    return [column.kind for column in reading.columns]


CITIES = "Stadt;Kosten\nKöln;1.234,50\nMünchen;0,5\nŁódź;3\n"
WESTERN = CITIES.replace("Łódź", "Zürich")
CITY_ROWS = [("Köln", Decimal("1234.50")), ("München", Decimal("0.5")), ("Łódź", Decimal(3))]
WESTERN_ROWS = [("Köln", Decimal("1234.50")), ("München", Decimal("0.5")), ("Zürich", Decimal(3))]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CITIES.encode(), CITY_ROWS),
        (b"\xef\xbb\xbf" + CITIES.encode(), CITY_ROWS),
        (b"\xff\xfe" + CITIES.encode("utf-16-le"), CITY_ROWS),
        (b"\xfe\xff" + CITIES.encode("utf-16-be"), CITY_ROWS),
        (CITIES.encode("utf-16-le"), CITY_ROWS),
        (CITIES.encode("utf-16-be"), CITY_ROWS),
        (WESTERN.encode("cp1252"), WESTERN_ROWS),
        (WESTERN.encode("latin-1"), WESTERN_ROWS),
        (WESTERN.encode("mac-roman"), WESTERN_ROWS),
        (WESTERN.replace("\n", "\r").encode("mac-roman"), WESTERN_ROWS),
        (WESTERN.replace("\n", "\r\n").encode(), WESTERN_ROWS),
    ],
)
def test_every_encoding_gives_the_same_table(content: bytes, expected: list[tuple[Any, ...]]) -> None:
    assert table(content) == (["Stadt", "Kosten"], expected)


def test_a_guessed_encoding_can_be_changed() -> None:
    content = "Name;n\nCafé;1\n".encode("cp1252")
    assert not read_file(content).is_encoding_certain
    assert table(content)[1] == [("Café", 1)]
    assert table(content, Choices(encoding="mac-roman"))[1] == [("CafÈ", 1)]
    assert read_file(b"Name;n\nCafe;1\n").is_encoding_certain


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_found(delimiter: str) -> None:
    text = 'name,n\n"Smith, ""Bob""; the|best\t!",1\nAda,2\n'
    cells = [["name", "n"], ['"Smith, ""Bob""; the|best\t!"', "1"], ["Ada", "2"]]
    assert text
    content = "\n".join(delimiter.join(row) for row in cells).encode()
    assert table(content)[1] == [('Smith, "Bob"; the|best\t!', 1), ("Ada", 2)]


def test_excels_delimiter_line_is_read() -> None:
    assert table(b"sep=;\r\na;b\r\n1,5;2\r\n") == (["a", "b"], [(Decimal("1.5"), 2)])


def test_cells_may_have_several_lines() -> None:
    content = b'note,n\n"first\nsecond",1\n"a\r\nb",2\n'
    assert table(content)[1] == [("first\nsecond", 1), ("a\r\nb", 2)]


def test_a_single_column_of_decimals_is_not_split() -> None:
    assert table(b"spend\n1,5\n22,75\n") == (["spend"], [(Decimal("1.5"),), (Decimal("22.75"),)])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234.5", "2", "-3.25"], [Decimal("1234.5"), Decimal(2), Decimal("-3.25")]),
        (["1.234,5", "2", "-3,25"], [Decimal("1234.5"), Decimal(2), Decimal("-3.25")]),
        (["1 234,5", "2", "1 000 000,25"], [Decimal("1234.5"), Decimal(2), Decimal("1000000.25")]),
        (["1'234.5", "2", "3"], [Decimal("1234.5"), Decimal(2), Decimal(3)]),
        (["12.5%", "3%", ""], [Decimal("0.125"), Decimal("0.03"), None]),
        (["12,5 %", "3 %", "-1 %"], [Decimal("0.125"), Decimal("0.03"), Decimal("-0.01")]),
        (["€1,234.50", "€2.00", "-€3.10"], [Decimal("1234.5"), Decimal(2), Decimal("-3.1")]),
        (["1.234,50 €", "2,00 €", "3,10 €"], [Decimal("1234.5"), Decimal(2), Decimal("3.1")]),
        (["EUR 5.50", "EUR 6", "7.25 EUR"], [Decimal("5.5"), Decimal(6), Decimal("7.25")]),
        (["(12.50)", "3", "4"], [Decimal("-12.5"), Decimal(3), Decimal(4)]),
        (["1", "n/a", "-"], [1, None, None]),
        (["9007199254740993", "1", "2"], [9007199254740993, 1, 2]),
        (["0.1", "0.2", "0.30000000000000004"], "refused or exact"),
    ],
)
def test_numbers_are_exact(cells: list[str], expected: object) -> None:
    content = "id\tv\n" + "".join(f"x{index}\t{cell}\n" for index, cell in enumerate(cells))
    values = [row[1] for row in table(content.encode())[1]]
    if expected == "refused or exact":
        expected = [Decimal("0.1"), Decimal("0.2"), Decimal("0.30000000000000004")]
    assert values == expected


@pytest.mark.parametrize(
    "cells", [["007", "12"], ["+49 30 123456", "5"], ["12345678901234567890123", "1"], ["1e5x", "2"]]
)
def test_codes_stay_text(cells: list[str]) -> None:
    content = "id;v\n" + "".join(f"x{index};{cell}\n" for index, cell in enumerate(cells))
    assert [row[1] for row in table(content.encode())[1]] == cells


def test_two_currencies_in_a_column_are_not_added_up() -> None:
    assert table(b"id;v\na;5 EUR\nb;6 USD\n")[1] == [("a", "5 EUR"), ("b", "6 USD")]


def test_an_ambiguous_number_is_a_question() -> None:
    content = b"id;v\na;1.234\nb;5.678\n"
    reading = read_file(content)
    assert reading.questions == ("v: is 1.234 written like 1,234.5 or like 1.234,5?",)
    with pytest.raises(UnreadableFile):
        reading.table()
    for way, expected in (("dot", Decimal("1.234")), ("comma", 1234)):
        answered = Choices(columns={1: ColumnChoice(kind="number", way=way)})
        assert table(content, answered)[1][0] == ("a", expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2026-03-04", "2026-12-31"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["04.03.2026", "31.12.2026"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["4.3.26", "31.12.26"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["04/03/2026", "31/12/2026"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["03/04/2026", "12/31/2026"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["4 Mar 2026", "31 Dec 2026"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["Mar 4, 2026", "Dec 31, 2026"], [date(2026, 3, 4), date(2026, 12, 31)]),
        (["2026-03-04T05:06:07Z", "2026-12-31 23:59"], [at(2026, 3, 4, 5, 6, 7), at(2026, 12, 31, 23, 59)]),
        (["12/12/2026", "01/01/2026"], [date(2026, 12, 12), date(2026, 1, 1)]),  # the same in both ways
    ],
)
def test_unambiguous_dates_are_dates(cells: list[str], expected: list[object]) -> None:
    content = "id;v\n" + "".join(f"x{index};{cell}\n" for index, cell in enumerate(cells))
    assert [row[1] for row in table(content.encode())[1]] == expected


def test_an_ambiguous_date_is_a_question() -> None:
    content = b"id,day\na,03/04/2026\nb,05/06/2026\n"
    assert read_file(content).questions == ("day: is 03/04/2026 written like 31/12/2026 or like 12/31/2026?",)
    for way, expected in (("day_first", date(2026, 4, 3)), ("month_first", date(2026, 3, 4))):
        answered = Choices(columns={1: ColumnChoice(kind="date", way=way)})
        assert table(content, answered)[1][0] == ("a", expected)


def test_dates_in_several_formats_stay_text_and_the_odd_ones_are_named() -> None:
    content = b"id,day\na,2026-03-04\nb,2026-03-05\nc,31.12.2026\n"
    assert kinds(read_file(content)) == ["text", "text"]
    chosen = read_file(content, Choices(columns={1: ColumnChoice(kind="date", way="iso")}))
    assert [str(problem) for problem in chosen.misfits(1)] == ["Row 4, day: 31.12.2026 isn't a date."]
    assert chosen.table()["day"].to_list() == [date(2026, 3, 4), date(2026, 3, 5), None]


def test_mixed_types_stay_text_and_the_odd_values_are_named() -> None:
    content = b"id,v\na,1\nb,two\nc,3\n"
    reading = read_file(content)
    assert kinds(reading) == ["text", "text"]
    assert (reading.candidates(1)[0].kind, reading.candidates(1)[0].fits) == ("number", 2)
    chosen = read_file(content, Choices(columns={1: ColumnChoice(kind="number")}))
    assert [str(problem) for problem in chosen.misfits(1)] == ["Row 3, v: two isn't a number."]


def test_formulas_are_text() -> None:
    cells = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")']
    content = "n;v\n" + "".join(f'{index};"{cell.replace(chr(34), chr(34) * 2)}"\n' for index, cell in enumerate(cells))
    assert [row[1] for row in table(content.encode())[1]] == cells


# Headings


def test_headings_can_be_missing_repeated_empty_and_long() -> None:
    long = "x" * 500
    content = f"a;;a;A;{long}\n1;2;3;4;5\n".encode()
    labels, values = table(content)
    assert labels == ["a", "Column 2", "a (2)", "A (3)", f"{'x' * 59}…"]
    assert values == [(1, 2, 3, 4, 5)]
    assert table(b"1,2\n3,4\n") == (["Column 1", "Column 2"], [(1, 2), (3, 4)])


def test_headings_become_plain_names() -> None:
    content = 'SELECT;"x""; DROP TABLE up; --";<b>Größe</b>;date;🚀\n1;2;3;4;5\n'.encode()
    reading = read_file(content)
    assert [column.name for column in reading.columns] == [
        "select_", "x_drop_table_up", "b_grosse_b", *(column.name for column in reading.columns[3:])
    ]  # fmt: skip
    assert all(column.name.isascii() and column.name.replace("_", "").isalnum() for column in reading.columns)
    assert [column.label for column in reading.columns][2] == "<b>Größe</b>"


def test_years_can_be_headings() -> None:
    assert table(b"channel,2025,2026\nads,1,2\nmail,3,4\n")[0] == ["channel", "2025", "2026"]


def test_titles_above_the_header_and_totals_below_are_left_out() -> None:
    content = b"Campaign report\nJan 2026\n\nday,channel,spend\n2026-01-01,ads,1\n2026-01-02,mail,2\nTotal,,3\n,,\n"
    reading = read_file(content)
    assert (reading.header, reading.titles) == (4, ("Campaign report", "Jan 2026"))
    assert reading.totals == ((7, "Total · 3"),)
    assert reading.table().rows() == [(date(2026, 1, 1), "ads", 1), (date(2026, 1, 2), "mail", 2)]
    assert read_file(content, Choices(keeps_totals=True)).rows == 3
    assert read_file(content, Choices(header=0)).columns[0].label == "Column 1"


def test_empty_rows_and_columns_are_left_out() -> None:
    assert table(b"a,b,,\n1,2,,\n,,,\n3,4,,\n,,,\n,,,\n") == (["a", "b"], [(1, 2), (3, 4)])


# What can't be read


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"a,b,c\n", "no rows below"),
        (bytes(range(256)) * 20, "isn't a text file"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n", "an image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 not a zip", "isn't a complete XLSX"),
        (b'a,b\n1,"never closed\n2,3\n', "quotation mark"),
        (b'a,b\n1,"x" y\n', "quotation mark"),
        (b"a,b\n1,2\n3,4,5\n6,7\n8,9\n", "Row 3 has 3 cells"),
        (b"a,b\n1," + b"x" * 40_000 + b"\n", "40,000 characters"),
        (",".join(f"c{index}" for index in range(MOST_COLUMNS + 1)).encode() + b"\n", "1,000 columns"),
        (b"a,b\n1,2\n" + b"x" * MOST_BYTES, "50 MB"),
        (b"a;b\nfine;\xff\xfe\0\0x\n", "isn't a text file"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        read_file(content)


def test_a_thousand_columns_are_read() -> None:
    content = ",".join(f"c{index}" for index in range(1_000)) + "\n" + ",".join(map(str, range(1_000))) + "\n"
    reading = read_file(content.encode())
    assert (len(reading.columns), reading.table().row(0)[-1]) == (1_000, 999)


# Workbooks


def test_a_workbook_keeps_its_types() -> None:
    content = rows(
        ["Day", "At", "Code", "Spend", "Live", "Share"],
        [date(2026, 3, 4), at(2026, 3, 4, 5, 6), "007", 1234.5, True, "12%"],
        [date(1900, 1, 1), at(2026, 3, 5, 0, 0, 1), "08", 0.1, False, "5%"],
    )
    reading = read_file(content)
    assert reading.table().rows() == [
        (date(2026, 3, 4), at(2026, 3, 4, 5, 6), "007", Decimal("1234.5"), True, Decimal("0.12")),
        (date(1900, 1, 1), at(2026, 3, 5, 0, 0, 1), "08", Decimal("0.1"), False, Decimal("0.05")),
    ]
    assert not reading.questions  # 1.234 in a workbook is a number already


def test_a_number_in_a_workbook_is_never_a_question() -> None:
    content = rows(["id", "v"], ["a", 1.234], ["b", 5.678])
    assert read_file(content).table()["v"].to_list() == [Decimal("1.234"), Decimal("5.678")]


def test_serial_dates_and_percentages_follow_their_format() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["day", "share", "plain"])
        sheet.append([46085, 0.125, 46085])  # 46085 days after 30 December 1899 is 4 March 2026
        sheet["A2"].number_format = "dd.mm.yyyy"
        sheet["B2"].number_format = "0.0%"

    assert read_file(made(fill)).table().rows() == [(date(2026, 3, 4), Decimal("0.125"), 46085)]


def test_a_workbook_with_the_1904_calendar_has_its_own_first_day() -> None:
    book = Workbook()
    book.epoch = at(1904, 1, 1)
    sheet: Any = book.active
    sheet.append(["day"])
    sheet.append([44623])  # 1904-01-01 plus 44623 days: 4 March 2026
    sheet["A2"].number_format = "yyyy-mm-dd"
    assert read_file(saved(book)).table().rows() == [(date(2026, 3, 4),)]


def test_formulas_in_a_workbook_give_their_saved_value_or_a_problem() -> None:
    content = rows(["id", "v"], ["a", 1], ["b", "=B2+1"])
    reading = read_file(content)
    assert reading.table().rows() == [("a", 1), ("b", None)]
    assert "no saved value" in str(reading.problems[0])
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<v />" in sheet or b"<v></v>" in sheet or b"<v/>" in sheet
    for empty in (b"<v />", b"<v></v>", b"<v/>"):
        sheet = sheet.replace(empty, b"<v>2</v>")
    assert read_file(changed(content, {"xl/worksheets/sheet1.xml": sheet})).table().rows() == [("a", 1), ("b", 2)]


def test_merged_labels_count_for_each_row_and_merged_numbers_once() -> None:
    def fill(sheet: Any) -> None:
        for row in (["Report", None, None], ["channel", "campaign", "spend"], ["ads", "x", 5], [None, "y", None]):
            sheet.append(row)
        sheet.append(["mail", "z", 2])
        for cells in ("A1:C1", "A3:A4", "C3:C4"):
            sheet.merge_cells(cells)

    assert read_file(made(fill)).table().rows() == [("ads", "x", 5), ("ads", "y", None), ("mail", "z", 2)]


def test_one_of_several_sheets_is_chosen_and_hidden_ones_are_not_offered() -> None:
    book = Workbook()
    hidden: Any = book.active
    hidden.title = "Hidden"
    hidden.append(["secret"])
    hidden.append([1])
    hidden.sheet_state = "hidden"
    for name, value in (("First", 2), ("Second", 3)):
        sheet = book.create_sheet(name)
        sheet.append(["n"])
        sheet.append([value])
    book.active = 1
    content = saved(book)
    reading = read_file(content)
    assert (reading.sheets, reading.sheet, reading.table().rows()) == (("First", "Second"), "First", [(2,)])
    assert read_file(content, Choices(sheet="Second")).table().rows() == [(3,)]
    with pytest.raises(UnreadableFile, match="no visible sheet"):
        read_file(content, Choices(sheet="Hidden"))


def test_a_decompression_bomb_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.uploads.workbook.MOST_UNPACKED", 2_000_000)
    content = rows(["n"], [1])
    row = b"<row><c><v>1</v></c></row>"
    bomb = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + row * 200_000
    packed = changed(content, {"xl/worksheets/sheet1.xml": bomb + b"</sheetData></worksheet>"})
    assert len(packed) < 100_000
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read_file(packed)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>', "declares entities"),
        (b"<worksheet><sheetData>", "isn't valid"),
        (b'<worksheet><c t="s"><v>99</v></c></worksheet>', "doesn't have"),
        (b'<worksheet><c r="ZZZ1"><v>1</v></c></worksheet>', "1,000 columns"),
        (b"<worksheet><c><v>1e999</v></c></worksheet>", "can't be read"),
        (b"<worksheet><c><v>NaN</v></c></worksheet>", "can't be read"),
        (b"<worksheet/>", "no values"),
    ],
)
def test_a_malformed_workbook_is_refused(part: bytes, says: str) -> None:
    content = changed(rows(["n"], [1]), {"xl/worksheets/sheet1.xml": part})
    with pytest.raises(UnreadableFile, match=says):
        read_file(content)


def test_a_workbook_cannot_reference_anything_outside_itself() -> None:
    rels = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="worksheet" Target="../../../../etc/passwd"/></Relationships>'
    )
    content = changed(rows(["n"], [1]), {"xl/_rels/workbook.xml.rels": rels})
    with pytest.raises(UnreadableFile, match="no visible sheet"):
        read_file(content)


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def workbook(sheet: str, texts: str = "") -> bytes:
    """Return a workbook with this sheet as XML, and the texts that its cells reference."""
    parts = {"xl/worksheets/sheet1.xml": (SHEET + sheet + "</worksheet>").encode()}
    if texts:
        start = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        parts["xl/sharedStrings.xml"] = f"{start}{texts}</sst>".encode()
    return changed(rows(["a"]), parts)


def test_one_long_text_in_many_cells_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.uploads.workbook.MOST_LETTERS", 1_000_000)
    cells = "".join(f'<row r="{row}"><c t="s"><v>0</v></c></row>' for row in range(1, 2_000))
    with pytest.raises(UnreadableFile, match="too much text in total"):
        read_file(workbook(cells + "</sheetData>", f"<si><t>{'x' * 30_000}</t></si>"))


def test_merged_cells_count_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.uploads.workbook.MOST_CELLS", 1_000)
    head = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'
    below = "".join(f'<row r="{row}"><c r="A{row}" t="str"><v>x</v></c></row>' for row in range(2, 600))
    merged = '</sheetData><mergeCells><mergeCell ref="B1:B599"/></mergeCells>'
    with pytest.raises(UnreadableFile, match="more than 1,000 cells"):
        read_file(workbook(head + below + merged))
    again = "</sheetData><mergeCells>" + '<mergeCell ref="B1:B300"/>' * 10 + "</mergeCells>"
    with pytest.raises(UnreadableFile, match="more than 1,000 cells"):
        read_file(workbook(head + below + again))


def test_a_workbook_can_list_no_more_texts_than_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semantic.uploads.workbook.MOST_CELLS", 1_000)
    with pytest.raises(UnreadableFile, match="more than 1,000 cells"):
        read_file(workbook('<row r="1"><c t="s"><v>0</v></c></row></sheetData>', "<si/>" * 1_001))


def test_a_thousand_equal_headings_are_made_unique_quickly() -> None:
    """Checking all earlier headings for each number took a minute, during which everyone waited."""
    for heading in ("x", "\N{CJK UNIFIED IDEOGRAPH-65E5}"):
        headings = [heading] * MOST_COLUMNS
        begun = process_time()
        assert len(set(_labels(headings))) == MOST_COLUMNS
        assert len(set(names_of(headings))) == MOST_COLUMNS
        assert process_time() - begun < 5
    assert _labels(["x", "X", "x (2)", "x"]) == ["x", "X (2)", "x (2) (2)", "x (3)"]
    assert names_of(["x", "x_2", "x", "x"]) == ["x", "x_2", "x_3", "x_4"]
