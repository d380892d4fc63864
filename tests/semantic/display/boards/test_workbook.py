"""A board's spreadsheet: its cover sheet, typed cells on a sheet per tile, and no formulas."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from semantic.boards.board import TileKind
from semantic.display.boards.shown import BoardShown, TabShown
from semantic.display.boards.workbook import board_workbook, sheet_names
from semantic.display.export.export import export
from semantic.display.trust import Fact
from semantic.policy.narrow import VisibleModel
from semantic.targets.pace import NoPace
from tests.copies import copy_shop
from tests.semantic.display.export.test_export import NASTY
from tests.semantic.made_results import CHANNEL, REVENUE, result
from tests.semantic.shown_boards import CERTIFIED, CHANNELS, COURSE, GRID, LATE, ONE, board, tile, whole_board
from tests.shop import ShopWorkspace, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def steward(shop: ShopWorkspace) -> VisibleModel:
    return shop.visible(shop.people["steward"])


def book(shown: BoardShown, visible: VisibleModel) -> Any:
    return openpyxl.load_workbook(io.BytesIO(board_workbook(shown, visible)))


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def test_each_answer_has_a_sheet_and_numbers_share_one(steward: VisibleModel) -> None:
    assert book(whole_board(), steward).sheetnames == [
        "Board", "Numbers", "Revenue by week", "Channels", "Channels by country", "Definitions", "Scope and receipts",
        "SQL",
    ]  # fmt: skip


def test_the_first_sheet_states_the_board_and_the_place_of_each_tile(steward: VisibleModel) -> None:
    found_rows = rows(book(whole_board(), steward)["Board"])
    assert found_rows[0][0] == "Acquisition"
    assert dict(row[:2] for row in found_rows[1:10] if row[0]) == {
        "Note": "What we spend and what comes back.",
        "Set for all tiles": "Mar 2026, compared with Feb 2026. Channel is Search",
        "As of": "20 Apr 2026, 02:00 Europe/Berlin (oldest result)",
        "Trust": "All 2 certified · 1 with late data",
        "For": steward.actor.name or steward.actor.id,
        "Scope": "No row restrictions",
        "Not shown": "1 tile; the reason is shown on it",
        "Link": "https://samepage.example/board?d=b1",
    }
    assert found_rows[5][:2] == (None, "1 with late data: Revenue by week.")
    lines = {row[0]: row[1:] for row in found_rows[11:]}
    as_of = "20 Apr 2026, 02:00 Europe/Berlin"
    assert lines == {
        "Tile": (
            "Finding", "Shows", "Sheet", "Days, comparison and filters", "Not applied", "Trust", "As of", "Receipt",
        ),
        "Revenue": (None, "Number", "Numbers", "Mar 2026 against Feb 2026", None, "Certified", as_of, "r-one"),
        "Secret": (
            None, "Number", None, "This tile shows something that isn't available to you.", None, None, None, None,
        ),
        "Revenue by week": (
            None, "Chart", "Revenue by week", None, None, "Certified, Data loaded 18 Apr 2026", as_of, "r-course",
        ),
        "Read me": (None, "Text", None, "**Care** is taken.\n\n- one\n- two", None, None, None, None),
        "Channels": (
            None, "Table", "Channels", None, "Without Market: ROAS is not split by market.", None, as_of, "r-channels",
        ),
        "Channels by country": (None, "Pivot", "Channels by country", None, None, None, as_of, "r-grid"),
    }  # fmt: skip


def test_numbers_are_numbers_with_their_formats_their_change_and_their_target(steward: VisibleModel) -> None:
    sheet = book(whole_board(), steward)["Numbers"]
    assert rows(sheet)[1:] == [
        ("Revenue", "Revenue", 1200, "previous period", 1000, pytest.approx(0.2),
         "+20.0% vs €1.00K, previous period", "102% of target to date. The target is €2.40K by 30 Apr.",
         "Mar 2026 against Feb 2026", "r-one"),
    ]  # fmt: skip
    assert [sheet.cell(2, place).number_format for place in (3, 5, 6)] == [
        '"€"#,##0', '"€"#,##0', "+0.0%;-0.0%;0.0%",
    ]  # fmt: skip


def test_a_number_without_a_pace_says_why_instead(steward: VisibleModel) -> None:
    shown = tile(TileKind.NUMBER, "Revenue", ONE, no_pace=NoPace("Its target is for Feb 2026, not for Mar 2026."))
    assert rows(book(board([shown]), steward)["Numbers"])[1][7] == "Its target is for Feb 2026, not for Mar 2026."


def test_a_tiles_sheet_equals_its_answer_exported_alone(steward: VisibleModel) -> None:
    workbook = book(whole_board(), steward)
    for name, shown in (("Channels", CHANNELS), ("Channels by country", GRID), ("Revenue by week", COURSE)):
        alone = openpyxl.load_workbook(io.BytesIO(export(shown, steward, "xlsx")))["Answer"]
        assert rows(workbook[name]) == rows(alone)
        formats = [[(cell.number_format, cell.font.b) for cell in row] for row in workbook[name].iter_rows()]
        assert formats == [[(cell.number_format, cell.font.b) for cell in row] for row in alone.iter_rows()]
    assert rows(workbook["Channels"])[-1] == ("Total", 1200, 3, "total")
    assert isinstance(rows(workbook["Revenue by week"])[1][0], datetime)


def test_each_tile_states_the_origin_of_its_numbers(steward: VisibleModel) -> None:
    found_rows = rows(book(whole_board(), steward)["Scope and receipts"])
    receipts = {row[0]: row[2] for row in found_rows if row[1] == "Receipt"}
    assert receipts == {
        "Revenue": "r-one", "Revenue by week": "r-course", "Channels": "r-channels", "Channels by country": "r-grid",
    }  # fmt: skip
    assert (
        "Revenue by week",
        "Data loaded 18 Apr 2026",
        "Data has missed its freshness target.",
    ) in found_rows


def test_only_people_who_can_see_sql_get_its_sheet(shop: ShopWorkspace, steward: VisibleModel) -> None:
    shown = board([tile(TileKind.TABLE, "Channels", replace(CHANNELS, readable_sql="SELECT\n  1"))])
    assert rows(book(shown, steward)["SQL"]) == [("Channels",), ("SELECT",), ("  1",)]
    others = [person for person in shop.people.values() if not person.is_at_least("steward")]
    assert others
    assert "SQL" not in book(shown, shop.visible(others[0])).sheetnames


def test_tabs_are_named_if_there_are_several(steward: VisibleModel) -> None:
    shown = board([tile(TileKind.NUMBER, "Revenue", ONE)])
    several = replace(shown, tabs=(replace(shown.tabs[0], title="Overview"), TabShown(title="Paid")))
    names = [row[0] for row in rows(book(several, steward)["Board"])]
    assert names[-3:] == ["Overview", "Revenue", "Paid"]
    alone = replace(shown, tabs=(replace(shown.tabs[0], title="Overview"),))
    assert "Overview" not in [row[0] for row in rows(book(alone, steward)["Board"])]


def test_a_board_without_answers_is_exported_too(steward: VisibleModel) -> None:
    shown = board([tile(TileKind.NUMBER, "Secret", sentence="This tile shows something that isn't available to you.")])
    workbook = book(shown, steward)
    assert workbook.sheetnames == ["Board", "Definitions", "Scope and receipts", "SQL"]
    assert ("Trust", "No tile has data for this viewer") in [row[:2] for row in rows(workbook["Board"])]
    assert book(BoardShown(title="Empty"), steward).sheetnames == workbook.sheetnames


def test_a_sound_board_says_so_and_a_failed_check_ranks_before_late_data(steward: VisibleModel) -> None:
    certified = tile(TileKind.TABLE, "A", CHANNELS, facts=(CERTIFIED,))
    late = tile(TileKind.TABLE, "B", CHANNELS, facts=(CERTIFIED, LATE))
    failing = tile(
        TileKind.TABLE, "C", CHANNELS, facts=(CERTIFIED, Fact("Failed", "rule", "bad", "A check failed.", "checks"))
    )

    def trust(*tiles: Any) -> str:
        return dict(row[:2] for row in rows(book(board(tiles), steward)["Board"])[:6])["Trust"]

    assert trust(certified) == "Certified"
    assert trust(certified, late, failing) == "All 3 certified · 1 with a failed check · 1 with late data"


def test_a_number_with_several_rows_has_a_sheet_of_its_own(steward: VisibleModel) -> None:
    assert sheet_names(board([tile(TileKind.NUMBER, "Odd", CHANNELS)])) == {"Odd": "Odd"}


def test_a_tile_too_large_for_a_sheet_is_named_and_has_none(
    steward: VisibleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.display.export.to_xlsx.ROWS", 6)
    workbook = book(board([tile(TileKind.TABLE, "Channels", CHANNELS), tile(TileKind.NUMBER, "Revenue", ONE)]), steward)
    assert workbook.sheetnames == ["Board", "Numbers", "Definitions", "Scope and receipts", "SQL"]
    (line,) = [row for row in rows(workbook["Board"]) if row[0] == "Channels"]
    assert line[3].startswith("None. This result has 4 rows, more than a spreadsheet can hold")


def test_sheets_with_equal_or_missing_names_stay_separate(steward: VisibleModel) -> None:
    titles = [
        "Numbers",
        "numbers",
        "a/b:c",
        "A b c",
        "''",
        "=x",
        "x" * 40,
        "x" * 31,
        "\N{GRINNING FACE}" * 20,
        "History",
    ]
    tiles = [tile(TileKind.TABLE, title, CHANNELS, id=str(place)) for place, title in enumerate(titles)]
    shown = board(*([each_tile] for each_tile in tiles))
    names = list(sheet_names(shown).values())
    assert names == [
        "Numbers (2)", "numbers (3)", "a b c", "A b c (2)", "Tile", "x", "x" * 31, "x" * 27 + " (2)",
        "\N{GRINNING FACE}" * 15, "History (2)",
    ]  # fmt: skip
    assert book(shown, steward).sheetnames == ["Board", *names, "Definitions", "Scope and receipts", "SQL"]


@pytest.mark.parametrize("text", NASTY)
def test_text_is_plain_text_everywhere(text: str, steward: VisibleModel) -> None:
    shown = result([replace(CHANNEL, label=text), replace(REVENUE, label=text)], [(text, 1.0)], title=text, scope=text)
    number = result([replace(REVENUE, label=text)], [(1.0,)], title=text)
    hostile = board(
        [tile(TileKind.TABLE, text, shown, facts=(Fact(text, "", "bad", text),)), tile(TileKind.TEXT, "t", text=text)],
        [tile(TileKind.NUMBER, text, number, words=text, id="n")],
        title=text, note=text, words=text, link=text,
    )  # fmt: skip
    content = board_workbook(hostile, steward)
    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    packed = zipfile.ZipFile(io.BytesIO(content))
    sheets = [packed.read(name).decode() for name in packed.namelist() if "worksheets/" in name]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)


def test_the_same_board_gives_the_same_bytes(steward: VisibleModel) -> None:
    assert board_workbook(whole_board(), steward) == board_workbook(whole_board(), steward)
