"""A leader opens a board with a funnel, filters it by market, asks about it, and takes it to a meeting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from semantic.boards.data import board_from_data
from tests.browser.boards_screen import apply_changes, check_page, publish, seen, tile_of
from tests.browser.person import task
from tests.browser.screen import NARROW, OpenAs, download_export, scrolls_sideways, title, wait_until_idle

STEPS = ["sessions", "product_view_sessions", "cart_sessions", "purchase_events"]
GOT = re.compile(r"\d+(\.\d+)?% of visitors got from ")
ASKS = "Why do so few Germans buy?"


@pytest.fixture(scope="module")
def board(address: str) -> str:
    """The id of a board of this file's own, in the store of the server at `address`."""
    assert address
    funnel = {"kind": "funnel", "subject": "visitor", "steps": STEPS, "within": "7 days"}
    return publish(
        board_from_data(
            {
                "title": "Journeys",
                "filters": ["market"],
                "rows": [{"tiles": [{"id": "funnel", "kind": "analysis", "analysis": funnel}]}],
                "period": {"last": 3, "unit": "month"},
            }
        )
    )


def opened(page: Page) -> Page:
    title(page, "Journeys")
    expect(tile_of(page, "funnel").get_by_text(GOT).first).to_be_visible()
    wait_until_idle(page)
    return page


def finding(page: Page) -> str:
    return " ".join(tile_of(page, "funnel").get_by_text(GOT).first.inner_text().split())


def test_a_leader_filters_a_funnel_comments_on_it_and_exports_it(open_as: OpenAs, board: str, tmp_path: Path) -> None:
    page = opened(open_as(f"board?d={board}", person="Lena", width=1440))
    everyone = finding(page)
    with task("Filter a funnel by market, and ask about it", page, acts=8) as person:
        person.click(page.get_by_role("button", name=re.compile("^Market: ")).first)
        person.click(page.get_by_role("combobox", name="Values"))
        person.click(page.get_by_role("option", name="Germany", exact=True))
        expect(page.get_by_role("button", name=re.compile("^Market: Germany")).first).to_be_visible()
        person.presses("Escape")
        apply_changes(page)
        expect(tile_of(page, "funnel").get_by_text(everyone)).to_have_count(0)
        expect(tile_of(page, "funnel").get_by_text(GOT).first).to_be_visible()
        wait_until_idle(page)
        person.click(seen(tile_of(page, "funnel").get_by_role("button", name=re.compile("^Actions for"))))
        person.click(page.get_by_role("button", name="Comment", exact=True))
        drawer = page.get_by_role("dialog")
        expect(drawer.get_by_text("No comments yet")).to_be_visible()
        drawer.get_by_role("textbox").first.focus()
        person.types(ASKS)
        person.click(drawer.get_by_role("button", name="Comment", exact=True))
        expect(drawer.get_by_text(ASKS)).to_be_visible()
    germany = finding(page)
    assert germany != everyone
    page.keyboard.press("Escape")
    pages = PdfReader(download_export(page, "Pages", tmp_path)).pages
    text = " ".join(" ".join(each.extract_text().split()) for each in pages)
    assert germany.partition("%")[0] in text
    assert "Market is Germany" in text
    assert "How it counts: Each visitor counts once" in text
    check_page(page)


def test_it_reads_well_on_a_phone(open_as: OpenAs, board: str) -> None:
    page = opened(open_as(f"board?d={board}", person="Lena", width=NARROW, mode="dark"))
    assert not scrolls_sideways(page)
    check_page(page)
