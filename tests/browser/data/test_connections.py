"""Connections in a real browser: an administrator finds one under Admin, presses Test, reads the result, also on a
phone, and connects a file.
"""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle
from tests.browser.windows import HEIGHT, NARROW, WIDE


def test_an_administrator_finds_and_tests_both_connections(open_as: OpenAs) -> None:
    page = open_as("metrics", person="Otto")
    title(page, "Metrics")
    page.get_by_role("button", name="Admin").click()
    page.get_by_role("menuitem", name="Connections").click()
    title(page, "Connections")
    expect(page.get_by_text("Not tested yet.")).to_have_count(2)
    for name in ("data", "store"):
        page.locator(f".st-key-connection-{name}").get_by_role("button", name="Test").click()
        expect(page.locator(f".st-key-connection-{name}").get_by_text("Took ")).to_be_visible()
    check_page_on_every_screen(page)
    page.get_by_text("59 datasets, all readable").click()
    expect(page.get_by_role("region", name="The model's datasets, their tables")).to_be_visible()


def test_an_administrator_connects_a_file_and_removes_it(open_as: OpenAs) -> None:
    page = open_as("connections", person="Otto")
    page.get_by_role("button", name="Add connection").click()
    form = page.locator(".st-key-connection-add")
    form.get_by_role("textbox", name="Name").fill("Copy of the shop")
    form.get_by_role("radio", name="DuckDB file").click()
    path = form.get_by_role("textbox", name="Path on the server")
    # The only folder that may be read is where the server's own data is.
    folder = form.get_by_text("Samepage can read:").inner_text().partition(": ")[2]
    path.fill(f"{folder}/missing.duckdb")
    form.get_by_role("button", name="Test", exact=True).click()
    expect(form.get_by_text("There's no file or folder at this path.")).to_be_visible()
    expect(form.get_by_role("button", name="Save")).to_have_count(0)
    path.fill(f"{folder}/company.duckdb")
    path.press("Tab")
    expect(form.get_by_text("The details changed since the test.")).to_be_visible()
    form.get_by_role("button", name="Test again").click()
    expect(form.get_by_role("button", name="Save", exact=True)).to_be_visible()
    expect(form.get_by_text("tables readable.")).to_be_visible()
    check_page_on_every_screen(page)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        wait_until_idle(page)
        assert violations(page) == []
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Connected. Its card below")).to_be_visible()
    card = page.locator(".st-key-linked-copy_of_the_shop")
    expect(card.get_by_text("tables readable.")).to_be_visible()
    check_page_on_every_screen(page)
    assert violations(page) == []
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove connection").click()
    expect(page.get_by_text("Copy of the shop was removed.")).to_be_visible()
    expect(card).to_have_count(0)
