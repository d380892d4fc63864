"""Charts on sheets: the spreadsheet draws them from cells, so people can change them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from lxml.etree import fromstring as parsed

from semantic.boards.board import TileKind
from semantic.display.boards.shown import TileShown
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.chart_look import axis_format, short_format
from semantic.model.definitions import NumberFormat
from semantic.policy.narrow import VisibleModel
from tests.copies import copy_shop
from tests.semantic.made_results import CHANNEL, REVENUE, ROAS, WEEKS, result, week
from tests.semantic.shown_boards import CHANNELS, COURSE, GRID, RATE, board, tile
from tests.shop import ShopWorkspace, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def steward(shop: ShopWorkspace) -> VisibleModel:
    return shop.visible(shop.people["steward"])


def content(shown: TileShown, visible: VisibleModel) -> bytes:
    return board_workbook(board([shown]), visible)


def sheet(shown: TileShown, visible: VisibleModel) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content(shown, visible)))[shown.title]


def refs(chart: Any) -> list[tuple[str, str]]:
    """Return the cell ranges of each series' categories and numbers."""
    pairs: list[tuple[str, str]] = []
    for series in chart.series:
        category = series.cat.numRef or series.cat.strRef
        pairs.append((category.f, series.val.numRef.f))
    return pairs


def test_a_chart_in_the_answers_order_reads_the_answers_cells(steward: VisibleModel) -> None:
    found = sheet(tile(TileKind.CHART, "By week", COURSE), steward)
    (chart,) = found._charts
    assert chart.tagname == "lineChart"
    assert refs(chart) == [
        ("'By week'!$A$2:$A$14", "'By week'!$B$2:$B$14"),
        ("'By week'!$A$2:$A$14", "'By week'!$C$2:$C$14"),
    ]
    assert chart.anchor._from.col > 3  # right of the rows


def test_a_chart_in_another_order_has_its_own_cells(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("Small", 1.0), ("=Large", 3.0)])
    found = sheet(tile(TileKind.CHART, "Bars", shown), steward)
    (chart,) = found._charts
    assert (chart.tagname, chart.barDir) == ("barChart", "bar")
    ((names, values),) = refs(chart)
    read = [[cell.value for (cell,) in found[ref.split("!")[1].replace("$", "")]] for ref in (names, values)]
    assert read == [["=Large", "Small"], [3.0, 1.0]]
    assert [row[0].value for row in found.iter_rows(max_row=3)] == ["Channel", "Small", "=Large"]


def test_a_stack_over_time_has_a_series_for_each_group(steward: VisibleModel) -> None:
    rows = [(week(place), name, 1.0 + place) for place in range(3) for name in ("A", "B")]
    found = sheet(tile(TileKind.CHART, "Lines", result([WEEKS, CHANNEL, REVENUE], rows)), steward)
    (chart,) = found._charts
    values = [[cell.value for (cell,) in found[ref.split("!")[1].replace("$", "")]] for _, ref in refs(chart)]
    assert values == [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]


def test_the_title_is_the_tiles_heading_and_never_a_formula(steward: VisibleModel) -> None:
    shown = tile(TileKind.CHART, "By week", COURSE)
    found = replace(shown, tile=replace(shown.tile, title=""), finding="=HYPERLINK(1)")
    packed = zipfile.ZipFile(io.BytesIO(content(found, steward)))
    (name,) = [name for name in packed.namelist() if "charts/chart" in name]
    text = packed.read(name).decode()
    assert "<a:t> =HYPERLINK(1)</a:t>" in text
    assert "<c:f>HYPERLINK" not in text


def test_charts_that_spreadsheets_cant_draw_are_pictures_with_a_description(steward: VisibleModel) -> None:
    shown = tile(TileKind.CHART, "Grid", GRID, chart="heat")
    packed = zipfile.ZipFile(io.BytesIO(content(shown, steward)))
    assert [name for name in packed.namelist() if name.endswith(".png")]
    drawings = [packed.read(name).decode() for name in packed.namelist() if "drawings/drawing" in name]
    assert any('descr="' in drawing and "Revenue" in drawing for drawing in drawings)


def test_other_tiles_have_no_chart(steward: VisibleModel) -> None:
    assert sheet(tile(TileKind.TABLE, "Channels", CHANNELS), steward)._charts == []


def test_charts_keep_the_same_bytes_every_time(steward: VisibleModel) -> None:
    shown = tile(TileKind.CHART, "Grid", GRID, chart="heat")
    assert content(shown, steward) == content(shown, steward)


def test_numbers_are_as_short_as_on_screen() -> None:
    assert short_format(REVENUE, [30_600.0, 6_360.0]) == '[>=10000]"€"0.0,"K";"€"0.00,"K"'
    assert short_format(REVENUE, [192_000.0, 6_360.0, 940.0]) == '[>=100000]"€"0,"K";[>=1000]"€"0.00,"K";"€"#,##0'
    assert short_format(replace(ROAS, unit=""), [12.4]) == "#,##0.00"
    assert short_format(RATE, [0.12]) == "0.0%"
    assert short_format(None, [0.5]) == "0%"
    assert short_format(replace(REVENUE, format=NumberFormat.COUNT), [12.0, 1_200.0]) == '[>=1000]0.00,"K";#,##0'
    assert short_format(replace(REVENUE, unit='X"Y'), [1_200.0]) == '"XY "0.00,"K"'
    assert axis_format(REVENUE, [30_600.0]) == '[>=1000]"€"0,"K";"€"0'
    assert axis_format(REVENUE, [422.0]) == '"€"#,##0'
    assert axis_format(RATE, [0.012]) == "0.0%"


HOSTILE = (
    "=cmd|'/c calc'!A0", "cmd|'/c calc'!A0", "[evil.xlsx]Sheet1!$A$1", "New!Q4 results", "!A1!B2", "a!b!$C$3", "'!$A$1",
    "'=1+1", "+1", "@SUM(A1)", "-2+3", '=HYPERLINK("https://evil.example")', "]]>", "&lt;x", "  =1", "\u202e=1",
    "</c:v></c:pt><c:f>Sheet1!$A$1</c:f>", "a'b[c]:*?/\\", "history", "_x003D_1", "\x00\x1b\uffff", "x" * 3_000,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_chart_refers_to_anything_but_its_own_sheet(text: str, steward: VisibleModel) -> None:
    """This covers its title, its series, its points, its axes, and the values that the file stores for them."""
    named = [replace(CHANNEL, label=text), replace(REVENUE, label=text), replace(ROAS, label=text)]
    bars = result(named[:2], [(text, 1.0), ("b", 2.0), (None, 3.0)], title=text)
    dots = result(named, [(f"{text}{place}", 1.0 + place, 2.0) for place in range(4)], title=text)
    lines = result(
        [WEEKS, *named[:2]], [(week(place), name, 1.0) for place in range(3) for name in (text, "b")], title=text
    )
    for shown, kind in ((bars, ""), (dots, "scatter"), (lines, "stacked")):
        of_tile = tile(TileKind.CHART, text, shown, finding=text)
        made = content(replace(of_tile, tile=replace(of_tile.tile, chart=kind)), steward)
        with zipfile.ZipFile(io.BytesIO(made)) as packed:
            assert not [name for name in packed.namelist() if "external" in name.casefold()]
            for name in packed.namelist():
                written = packed.read(name).decode("utf-8", "replace")
                assert 'TargetMode="External"' not in written
                root = parsed(packed.read(name)) if name.endswith((".xml", ".rels")) else None
                if root is not None and "/charts/" in name:
                    refs = [found.text or "" for found in root.iter() if found.tag.endswith("}f")]
                    assert [ref for ref in refs if not re.search(r"!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+$", ref)] == []
                if root is not None and "/worksheets/" in name:
                    assert not [found for found in root.iter() if found.tag.endswith(("}f", "}hyperlink"))]
