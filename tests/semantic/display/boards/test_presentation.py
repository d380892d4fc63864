"""A board's presentation: a finding per slide, editable charts and tables, and questions for the speaker in the
notes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Pt

from semantic.boards.board import TileKind
from semantic.display.boards.about import receipt_address, without_clicks
from semantic.display.boards.presentation import board_presentation
from semantic.display.boards.shown import BoardShown, TileShown
from semantic.display.boards.slide_table import table_on_slide
from semantic.display.paper.table import Cell, Head, Table
from semantic.display.slides.deck import LEADING, fitted
from semantic.display.trust import Fact
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Query
from tests.copies import copy_shop
from tests.moments import later
from tests.semantic.display.boards.test_pdf import ODD
from tests.semantic.display.export.test_export import NASTY
from tests.semantic.made_results import CHANNEL, REVENUE, WEEKS, result, week
from tests.semantic.shown_boards import CHANNELS, COURSE, GRID, ONE, board, tile, whole_board
from tests.shop import ShopWorkspace, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def steward(shop: ShopWorkspace) -> VisibleModel:
    return shop.visible(shop.people["steward"])


def slides(shown: BoardShown, visible: VisibleModel) -> list[Any]:
    return list(Presentation(io.BytesIO(board_presentation(shown, visible))).slides)


def texts(slide: Any) -> list[str]:
    """Return the text on a slide outside its charts and tables, in order."""
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame and shape.text_frame.text]


def titles(shown: BoardShown, visible: VisibleModel) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in slides(shown, visible)]


def notes(slide: Any) -> list[str]:
    return slide.notes_slide.notes_text_frame.text.split("\n")


def found(tile_shown: TileShown, finding: str) -> TileShown:
    """Return a tile without a title, so that its finding is its heading."""
    return replace(tile_shown, tile=replace(tile_shown.tile, title=""), finding=finding)


def test_the_first_slide_states_the_board_and_its_reader(steward: VisibleModel) -> None:
    shown = replace(whole_board(), headline="Behind target: revenue €1.2K.")
    first = slides(shown, steward)[0]
    assert texts(first) == [
        "Acquisition",
        "Behind target: revenue €1.2K.",
        "What we spend and what comes back.",
        "Mar 2026, compared with Feb 2026. Channel is Search",
        f"As of 20 Apr 2026, 02:00 Europe/Berlin. For {steward.actor.name or steward.actor.id}. "
        "Scope: No row restrictions",
        "All 2 certified · 1 with late data",
        "Samepage · Acquisition · as of 20 Apr 2026, 02:00 Europe/Berlin",
        "#",
    ]
    assert "1 with late data: Revenue by week." in notes(first)
    assert "Live board: https://samepage.example/board?d=b1" in notes(first)


def test_a_findings_slide_has_the_finding_as_title_and_the_question_below(steward: VisibleModel) -> None:
    shown = board([found(tile(TileKind.CHART, "Revenue by week", COURSE), "Revenue rose 12% to €1.2K.")])
    slide = slides(shown, steward)[1]
    assert texts(slide)[:2] == ["Revenue rose 12% to €1.2K.", "Revenue by week"]
    (frame,) = [shape for shape in slide.shapes if shape.has_chart]
    assert [list(series.values) for series in frame.chart.plots[0].series] == [
        [100.0 + 7 * place for place in range(13)],
        [90.0 + 5 * place for place in range(13)],
    ]
    fixed = board([replace(tile(TileKind.CHART, "By week", COURSE), finding="Revenue rose.")])
    assert texts(slides(fixed, steward)[1])[:2] == ["By week", "Revenue rose"]


def test_numbers_share_a_slide_of_at_most_six(steward: VisibleModel) -> None:
    numbers = [tile(TileKind.NUMBER, f"n{place}", ONE) for place in range(8)]
    shown = board(numbers[:4], [tile(TileKind.CHART, "c", COURSE), *numbers[4:]])
    assert titles(shown, steward) == ["Acquisition", "Key numbers, 1 of 2", "Key numbers, 2 of 2", "c"]
    first, second = slides(shown, steward)[1:3]
    assert [text for text in texts(first) if text.startswith("n")] == ["n0", "n1", "n2", "n3"]
    assert [text for text in texts(second) if text.startswith("n")] == ["n4", "n5", "n6", "n7"]
    assert texts(first).count("€1.20K") == 4
    assert texts(first).count("+20.0% vs €1.00K, previous period") == 4
    assert titles(replace(shown, headline="All is well."), steward)[1:3] == ["All is well.", "Key numbers, 2 of 2"]


def test_a_number_has_its_target_with_its_bar(steward: VisibleModel) -> None:
    slide = slides(whole_board(), steward)[1]
    assert "102% of target to date" in texts(slide)
    assert "The target is €2.40K by 30 Apr." in texts(slide)
    bars = {shape.name: shape.width for shape in slide.shapes if shape.name in ("Target", "Progress")}
    assert bars["Progress"] / bars["Target"] == pytest.approx(1.02 / 1.2, rel=1e-3)  # the bar ends at 120%


def test_a_tile_that_cant_be_shown_says_so(steward: VisibleModel) -> None:
    shown = board([tile(TileKind.CHART, "Secret", sentence="This tile shows something that isn't available to you.")])
    assert "This tile shows something that isn't available to you." in texts(slides(shown, steward)[1])
    empty = board([tile(TileKind.TABLE, "None", result([CHANNEL, REVENUE], []))])
    assert "No data for these dates and filters." in texts(slides(empty, steward)[1])
    assert titles(BoardShown(title="Nothing"), steward) == ["Nothing"]


def test_a_table_is_native_and_states_how_many_rows_it_leaves_out(steward: VisibleModel) -> None:
    rows = [(f"Channel {place:02}", float(place)) for place in range(40)]
    kinds = ["member"] * 40 + ["total"]
    shown = result([CHANNEL, REVENUE], [*rows, (None, 780.0)], kinds)
    slide = slides(board([tile(TileKind.TABLE, "Long", shown)]), steward)[1]
    (frame,) = [shape for shape in slide.shapes if shape.has_table]
    cells = [[cell.text for cell in row.cells] for row in frame.table.rows]
    assert cells[0] == ["Channel", "Revenue"]
    assert cells[1] == ["Channel 00", "€0"]
    assert cells[-1] == ["Total", "€780"]
    left = 41 - (len(cells) - 1)
    assert f"And {left} more rows. The spreadsheet has all of them." in texts(slide)
    assert left > 0


def test_a_wide_table_keeps_the_changes_before_the_earlier_numbers() -> None:
    heads = [Head("Market")]
    for name in ("Net revenue", "Orders", "Average order value", "Ad spend"):
        heads += [
            Head(name, "right"),
            Head(f"{name}, previous period", "right", follows=True, is_before=True),
            Head(f"{name}, change", "right", follows=True),
        ]
    row = (Cell("Germany"), *[Cell("€1,234,567")] * 12)
    fits, left_out = table_on_slide(Table(tuple(heads), (row,)), 880, 300)
    shown = [cell.text.replace("\n", " ") for cell in fits.heads]
    assert not [text for text in shown if "previous" in text]
    assert "Orders, change" in shown
    assert sum(fits.widths) <= 880
    assert left_out == "And 4 more columns. The spreadsheet has all of them."


def test_a_chart_without_a_native_kind_is_a_picture_that_is_described(steward: VisibleModel) -> None:
    slide = slides(board([tile(TileKind.CHART, "Grid", GRID, chart="heat")]), steward)[1]
    (picture,) = [
        shape for shape in slide.shapes if shape.shape_type is not None and shape.shape_type.name == "PICTURE"
    ]
    assert picture.image.content_type == "image/png"
    assert "Revenue" in picture._element.nvPicPr.cNvPr.get("descr")
    assert picture.left >= 0
    assert picture.left + picture.width <= Pt(960)
    assert picture.top + picture.height <= Pt(505)


def test_a_text_tile_has_a_slide_without_sentences_about_clicking(steward: VisibleModel) -> None:
    text = "**How to read this**\n\n- Net of returns.\n- Click a channel to narrow the others.\n\nClick rate is in %."
    slide = slides(board([tile(TileKind.TEXT, "", text=text, id="t")]), steward)[1]
    said = [text for text in texts(slide) if text != "#" and not text.startswith("Samepage")]
    assert said == ["How to read this", "•", "Net of returns.", "Click rate is in %."]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Click a bar to filter.", ""),
        ("Largest first. Point at a gray line for its name.", "Largest first."),
        ("Click rate rose. Selected markets only.", "Click rate rose. Selected markets only."),
        ("- One.\n- Tap the chart.\n- Two.", "- One.\n- Two."),
        ("Select a bar to compare. Tap on a tile.", ""),
        ("Select the agency by June. Tap the German market.", "Select the agency by June. Tap the German market."),
        ("A.\n\nB.", "A.\n\nB."),
        ("", ""),
    ],
)
def test_sentences_about_clicking_are_left_out(text: str, kept: str) -> None:
    assert without_clicks(text) == kept


def test_notes_have_the_definition_the_days_and_the_receipt(shop: ShopWorkspace, steward: VisibleModel) -> None:
    question = Query(metrics=("revenue",), by=(Breakdown("channel"),))
    answer = replace(shop.ask(question, shop.people["steward"]), receipt="R-2222-2222-2222")
    shown = board([tile(TileKind.TABLE, "Money", answer, words="March")], link="https://s.example/app/board?d=b1&t=x")
    lines = notes(slides(shown, steward)[1])
    assert lines[:2] == ["Money", "March"]
    metric = next(one for one in steward.metrics if one.name == "revenue")
    assert any(line.startswith(f"{metric.label}: ") and "Computed as: " in line for line in lines)
    assert f"Receipt {answer.receipt} https://s.example/app/receipt?receipt={answer.receipt}" in lines
    assert "Live board: https://s.example/app/board?d=b1&t=x" in lines
    assert receipt_address(replace(shown, link="javascript:alert(1)/x"), answer.receipt) == ""
    assert receipt_address(shown, "R-1&x=<b>") == ""


def test_no_text_is_larger_than_its_place(steward: VisibleModel) -> None:
    long = "A sentence that goes on and on about what happened to net revenue in the weeks before. " * 6
    tiles = [
        tile(TileKind.NUMBER, long, ONE, id="n", words=long, facts=(Fact(long, "", "bad", long),), line=COURSE),
        found(tile(TileKind.CHART, long, COURSE, id="c", words=long, note=long), long),
        tile(TileKind.TEXT, long, id="t", text=long * 9),
        tile(TileKind.TABLE, long, CHANNELS, id="w", words=long),
    ]
    for slide in slides(board(tiles, title=long, note=long, words=long, headline=long), steward):
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= Pt(960) + 1
            assert shape.top + shape.height <= Pt(540) + 1
            if shape.has_text_frame and (runs := shape.text_frame.paragraphs[0].runs):
                size = runs[0].font.size.pt
                width, height = shape.width / Pt(1), shape.height / Pt(1)
                _, lines = fitted(runs[0].text, width, 1e6, size, least=size, bold=bool(runs[0].font.bold))
                assert len(lines) * LEADING * size <= height + LEADING * size * 0.06, runs[0].text


def test_any_text_stays_plain_text(steward: VisibleModel) -> None:
    for text in [*NASTY, *ODD]:
        named = [replace(CHANNEL, label=text), replace(REVENUE, label=text)]
        shown = result(named, [(text, 1.0), ("b", 2.0)], title=text, scope=text)
        number = result([replace(REVENUE, label=text)], [(1.0,)], title=text, notes=(text,))
        tiles = [
            tile(TileKind.TABLE, text, shown, id="a", facts=(Fact(text, "", "bad", text),), note=text),
            tile(TileKind.CHART, text, shown, id="b", words=text),
            tile(TileKind.NUMBER, text, number, id="c"),
            tile(TileKind.TEXT, text, id="d", text=text),
        ]
        content = board_presentation(board(tiles, title=text, note=text, words=text, link=text, headline=text), steward)
        book = Presentation(io.BytesIO(content))
        parts = list(book.part.package.iter_parts())
        external = [rel for part in parts for rel in part.rels.values() if rel.is_external]
        assert external == [], text
        assert not [part for part in parts if "vbaProject" in str(part.partname)]


def test_the_same_board_gives_the_same_bytes(steward: VisibleModel) -> None:
    first = board_presentation(whole_board(), steward)
    with later():
        assert board_presentation(whole_board(), steward) == first


def test_small_charts_of_groups_have_one_scale(steward: VisibleModel) -> None:
    rows = [(week(place), name, size) for place in range(3) for name, size in (("A", 10.0), ("B", 1000.0))]
    shown = board([tile(TileKind.CHART, "Groups", result([WEEKS, CHANNEL, REVENUE], rows), chart="multiples")])
    charts = [shape.chart for shape in slides(shown, steward)[1].shapes if shape.has_chart]
    assert [chart.value_axis.maximum_scale for chart in charts] == [1050.0, 1050.0]


def test_workbooks_behind_charts_hold_text_and_only_what_the_slide_draws(steward: VisibleModel) -> None:
    """Someone who opens a chart's data finds nothing that can run, and no group that the chart left out."""
    for text in [*NASTY, *ODD, "'=1+1", "@SUM(A1)", "-2+3"]:
        named = [replace(CHANNEL, label=text), replace(REVENUE, label=text)]
        few = result(named, [(text, 1.0), ("b", 2.0)], title=text)
        many = result([CHANNEL, REVENUE], [(f"Group {place}", float(60 - place)) for place in range(60)], title="Many")
        tiles = [tile(TileKind.CHART, text, few, id="a"), tile(TileKind.CHART, "Many", many, id="b")]
        book = Presentation(io.BytesIO(board_presentation(board(tiles, title="x"), steward)))
        shapes: list[Any] = [shape for slide in book.slides for shape in slide.shapes if shape.has_chart]
        charts = [shape.chart for shape in shapes]
        assert charts
        for chart in charts:
            held: Any = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
            cells = [cell for one in held for row in one.iter_rows() for cell in row]
            assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == [], text
            names = {str(cell.value) for row in held.active.iter_rows(min_row=2, max_col=1) for cell in row}
            assert names == {str(name) for name in chart.plots[0].categories}
            refs = [found.text for found in chart._chartSpace.iter() if found.tag.endswith("}f")]
            assert [ref for ref in refs if not ref.startswith("Sheet1!$")] == [], text
