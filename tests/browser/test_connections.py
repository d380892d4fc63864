"""Connections in a real browser: an administrator finds one under Admin, presses Test, and reads the result on a phone
too.
"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.screen import Come, reads_well_on_every_screen, title


def test_an_administrator_finds_it_and_tests_both(come: Come) -> None:
    page = come("metrics", person="Otto")
    title(page, "Metrics")
    page.get_by_role("button", name="Admin").click()
    page.get_by_role("menuitem", name="Connections").click()
    title(page, "Connections")
    expect(page.get_by_text("Not tested yet.")).to_have_count(2)
    for name in ("data", "store"):
        page.locator(f".st-key-connection-{name}").get_by_role("button", name="Test").click()
        expect(page.locator(f".st-key-connection-{name}").get_by_text("Took ")).to_be_visible()
    reads_well_on_every_screen(page)
    page.get_by_text("58 datasets, all readable").click()
    expect(page.get_by_role("region", name="The model's datasets, their tables")).to_be_visible()
