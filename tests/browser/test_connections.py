"""Connections in a real browser: an administrator finds it under Admin, presses Test, and reads it on a phone too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Come, Mode, reads_well, title


def test_an_administrator_finds_it_and_tests_both(come: Come) -> None:
    page = come("metrics", person="Otto")
    title(page, "Metrics")
    page.get_by_role("button", name="Admin").click()
    page.get_by_role("menuitem", name="Connections").click()
    title(page, "Connections")
    expect(page.get_by_text("Not asked yet.")).to_have_count(2)
    for name in ("data", "store"):
        page.locator(f".st-key-connection-{name}").get_by_role("button", name="Test").click()
        expect(page.locator(f".st-key-connection-{name}").get_by_text("It answers. It took")).to_be_visible()
    page.get_by_text("49 datasets, all can be read").click()
    expect(page.get_by_role("region", name="The datasets of the model, their tables")).to_be_visible()


@pytest.mark.parametrize(("width", "mode"), [(1440, "dark"), (1440, "light"), (390, "dark"), (390, "light")])
def test_the_page_reads_well(come: Come, width: int, mode: Mode) -> None:
    page = come("connections", person="Otto", width=width, mode=mode)
    page.get_by_role("button", name="Test").first.click()
    expect(page.get_by_text("It answers. It took")).to_be_visible()
    reads_well(page)
