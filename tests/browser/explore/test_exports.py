"""Export in a real browser: files with what the screen shows, and a picture of the chart made in the browser."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from semantic.display.tokens import LIGHT
from semantic.query.query import Breakdown, Condition, Operator, Previous, Query
from tests.browser.screen import (
    LAST_13_WEEKS,
    WEEKLY,
    Visit,
    amounts,
    cells,
    download_export,
    wait_for_answer,
    wait_until_idle,
)
from tests.waiting import until

BARS = Query(metrics=("net_revenue",), by=(Breakdown("channel_group"),), time=LAST_13_WEEKS)
SIDE = 24  # white next to the chart


def shown_chart(page: Page) -> dict[str, float]:
    wait_for_answer(page)  # and at rest: Plotly draws once more when it knows its width
    box: Any = page.locator(".js-plotly-plot").bounding_box()
    return box


@pytest.mark.proof
def test_files_hold_what_the_screen_shows(visit: Visit, tmp_path: Path) -> None:
    page = visit(BARS)
    shown_chart(page)
    names, numbers = cells(page)[::2], amounts(page, columns=2)
    sheet = openpyxl.load_workbook(download_export(page, "Spreadsheet", tmp_path))["Answer"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == names
    assert [row[1] for row in rows] == pytest.approx(numbers)
    with download_export(page, "CSV", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.reader(file))
    assert [row[0] for row in read[1:]] == names
    assert [float(row[1]) for row in read[1:]] == pytest.approx(numbers)
    table = pq.read_table(download_export(page, "Parquet", tmp_path))
    assert table.column("net_revenue").to_pylist() == pytest.approx(numbers)
    about = openpyxl.load_workbook(next(tmp_path.glob("*.xlsx")))["About this answer"]
    told: dict[str, Any] = {str(row[0]): row[1] for row in about.iter_rows(values_only=True)}
    assert told["Link"].startswith(page.url.partition("?")[0] + "?m=net_revenue")
    page.goto(told["Link"])
    expect(page.get_by_role("heading", name="Net revenue by channel group")).to_be_visible()


def test_a_picture_is_the_chart_on_screen_with_its_question(visit: Visit, tmp_path: Path) -> None:
    """The picture is for slides and mails, so it is light even on a dark screen.

    It can be made with the keyboard alone.
    """
    page = visit(BARS, mode="dark")
    box = shown_chart(page)
    export, of_picture = (page.get_by_role("button", name=name) for name in ("Export", "Picture"))

    def takes_focus() -> bool:
        """Open the menu by keyboard, again if a run took the focus away, and return whether it has the focus."""
        if of_picture.is_visible():
            page.keyboard.press("Escape")
            expect(of_picture).to_have_count(0)
        export.focus()
        page.keyboard.press("Enter")
        expect(of_picture).to_be_enabled()
        wait_until_idle(page)
        return page.get_by_role("button", name="Spreadsheet").evaluate("one => one === document.activeElement")

    until(takes_focus, "the menu to take the focus")
    for _ in range(3):
        page.keyboard.press("Tab")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    file = tmp_path / coming.value.suggested_filename
    coming.value.save_as(file)
    assert re.fullmatch(r"Net revenue by channel group, \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d\.png", file.name)
    picture = Image.open(file).convert("RGB")
    assert picture.width == 2 * (round(box["width"]) + 2 * SIDE)
    assert picture.height > 2 * (box["height"] + 100)
    colours = Counter(picture.get_flattened_data())
    page_colour, bar, ink = (tuple(bytes.fromhex(one[1:])) for one in (LIGHT.page, LIGHT.series[0], LIGHT.ink))
    assert picture.getpixel((0, 0)) == page_colour
    assert colours.most_common(1)[0][0] == page_colour
    assert colours[bar] > 0.02 * picture.width * picture.height, "the bars are not in it"
    above = Counter(picture.crop((0, 0, picture.width, 2 * 60)).get_flattened_data())
    below = Counter(picture.crop((0, picture.height - 2 * 40, picture.width, picture.height)).get_flattened_data())
    assert above[ink] > 300, "the title is not in it"
    assert len(below) > 20, "nothing is written below"
    expect(page.get_by_role("button", name="Picture")).to_be_visible()  # the menu stays open

    # Other parts of the chart are listed on a line below it.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Previous period").click()
    expect(page.get_by_text(re.compile("^Previous period: "))).to_be_visible()
    taller = shown_chart(page)
    more = Image.open(download_export(page, "Picture", tmp_path)).height // 2 - round(taller["height"])
    assert more >= picture.height // 2 - round(box["height"]) + 18

    page.keyboard.press("Escape")
    page.locator("[class*=st-key-drop-by-]").get_by_role("button").click()
    expect(page.get_by_test_id("stMetricValue")).to_be_visible()  # a number has no chart
    wait_until_idle(page)
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("button", name="Picture")).to_be_disabled()
    expect(page.get_by_text("This result has no chart to save.")).to_be_visible()
    expect(page.get_by_role("button", name="Spreadsheet")).to_be_enabled()


@pytest.mark.proof
def test_a_picture_says_more_where_there_is_more_to_say(visit: Visit, tmp_path: Path) -> None:
    """Filters, scope and the meaning of dashes take one line each."""
    heights: list[int] = []
    for asked in (
        Query(metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS),
        Query(
            metrics=("net_revenue",), by=(WEEKLY,), time=LAST_13_WEEKS, compare=(Previous(),),
            where=Condition("market", Operator.IN, ("DE",)),
        ),
    ):  # fmt: skip
        page = visit(asked, person="Jonas")
        box = shown_chart(page)
        heights.append(Image.open(download_export(page, "Picture", tmp_path)).height // 2 - round(box["height"]))
    assert heights[1] >= heights[0] + 3 * 18
