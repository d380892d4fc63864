"""From a file back to its question: export, paste the receipt and see the same numbers, also on a phone and as someone
else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from semantic.query.query import Breakdown, Query
from tests.browser.screen import (
    LAST_13_WEEKS,
    OpenAs,
    Visit,
    amounts,
    cells,
    check_page,
    download_export,
    scrolls_sideways,
    wait_for_answer,
    wait_until_idle,
)

BY_GROUP = Query(metrics=("net_revenue",), by=(Breakdown("channel_group"),), time=LAST_13_WEEKS)


def in_sheet(book: openpyxl.Workbook, name: str) -> str:
    told: dict[str, Any] = {str(row[0]): row[1] for row in book["About this answer"].iter_rows(values_only=True)}
    return str(told[name])


def says(page: Page, verdict: str) -> None:
    expect(page.get_by_role("heading", name=verdict)).to_be_visible()
    wait_until_idle(page)


def test_a_number_in_a_file_is_traced_to_its_answer(visit: Visit, open_as: OpenAs, tmp_path: Path) -> None:
    page = visit(BY_GROUP)
    wait_for_answer(page)
    rows, numbers = cells(page), amounts(page, columns=2)
    book = openpyxl.load_workbook(download_export(page, "Spreadsheet", tmp_path))
    assert [row[:2] for row in book["Answer"].iter_rows(min_row=2, values_only=True)] == [
        (name, pytest.approx(number)) for name, number in zip(rows[::2], numbers, strict=True)
    ]
    assert in_sheet(book, "Link") == page.url
    receipt = in_sheet(book, "Receipt")
    expect(page.get_by_text(f"Receipt {receipt}.")).to_be_visible()
    named = download_export(page, "CSV", tmp_path)
    assert re.fullmatch(r".*, (R-[0-9A-Z-]+)\.csv", named.name)[1] == receipt  # type: ignore[index]

    home = open_as("")
    expect(home.get_by_role("button", name="Search or ask a question")).to_be_visible()
    wait_until_idle(home)
    home.get_by_role("button", name="Search or ask a question").click()
    expect(home.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    home.keyboard.type(receipt.lower())
    home.get_by_role("option", name=re.compile(receipt)).click()
    says(home, "Equal")
    assert cells(home) == rows
    expect(home.get_by_text("given to Ana Ribeiro on")).to_be_visible()
    check_page(home)


@pytest.mark.proof
def test_a_receipt_is_opened_by_another_person_and_on_a_phone(visit: Visit, open_as: OpenAs, tmp_path: Path) -> None:
    page = visit(BY_GROUP)
    wait_for_answer(page)
    rows = cells(page)
    receipt = in_sheet(openpyxl.load_workbook(download_export(page, "Spreadsheet", tmp_path)), "Receipt")
    theirs = open_as(f"receipt?receipt={receipt}", person="Jonas")
    says(theirs, "Re-run for you")
    assert cells(theirs) != rows
    assert "Ana" not in theirs.locator(".stMain").inner_text().replace("Ana Ribeiro, steward", "")

    # On a phone, people paste it on its own page.
    phone = open_as("receipt", width=390, mode="dark")
    field = phone.get_by_role("textbox", name="Paste a receipt")
    field.fill(f"{receipt[:-1]}{'2' if receipt[-1] != '2' else '3'}")
    field.press("Enter")
    expect(phone.get_by_text("has a typo")).to_be_visible()
    field = phone.get_by_role("textbox", name="Paste a receipt")
    field.fill(receipt)
    field.press("Enter")
    says(phone, "Equal")
    assert not scrolls_sideways(phone)
    check_page(phone)
