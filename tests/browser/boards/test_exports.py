"""A board's Export in a real browser: both files have the numbers that the leader sees on screen."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from tests.browser.boards_screen import numbers, wait_for_tiles
from tests.browser.screen import OpenAs, download_export


def text_of(file: Path) -> str:
    pages = PdfReader(file).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.proof
def test_a_leader_exports_the_numbers_on_screen(open_as: OpenAs, board: str, tmp_path: Path) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Lena", width=1440))
    shown = numbers(page)
    assert len(shown) >= 3
    pdf = download_export(page, "Pages", tmp_path)
    assert re.fullmatch(r"Executive summary, \d{4}-\d\d-\d\d\.pdf", pdf.name)
    text = text_of(pdf)
    for name, number in shown.items():
        assert name in text
        assert number.replace("\N{NO-BREAK SPACE}", " ") in text, (name, number)
    assert "For Lena Brandt, head of marketing" in text
    assert "Sources" in text
    book = openpyxl.load_workbook(download_export(page, "Spreadsheet", tmp_path))
    sheet = {str(row[0]) for row in book["Numbers"].iter_rows(min_row=2, values_only=True)}
    assert set(shown) <= sheet
    assert "SQL" not in book.sheetnames
    receipts = {str(row[7]) for row in book["Board"].iter_rows(values_only=True) if str(row[7]).startswith("R-")}
    assert len(receipts) > 5
    assert all(receipt in text for receipt in receipts)  # within some minutes the same answer has one receipt
