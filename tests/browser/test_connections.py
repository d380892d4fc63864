"""Connections in a real browser: an administrator finds one under Admin, presses Test, reads the result on a phone too,
and connects a file.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Come, at_rest, reads_well_on_every_screen, title
from tests.browser.test_axe import violations
from tests.browser.windows import HEIGHT, NARROW, WIDE
from tests.companies import current_company


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


def test_an_administrator_connects_a_file_and_removes_it(come: Come, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = current_company(tmp_path_factory)
    page = come("connections", person="Otto")
    page.get_by_role("button", name="Add connection").click()
    form = page.locator(".st-key-connection-add")
    form.get_by_role("textbox", name="Name").fill("Copy of the shop")
    form.get_by_role("radio", name="DuckDB file").click()
    path = form.get_by_role("textbox", name="Path on the server")
    path.fill(f"{data}.missing.duckdb")
    form.get_by_role("button", name="Test", exact=True).click()
    expect(form.get_by_text("no file or folder at this path").or_(form.get_by_text("may not read"))).to_be_visible()
    expect(form.get_by_role("button", name="Save")).to_have_count(0)
    path.fill(str(data))
    path.press("Tab")
    form.get_by_role("button", name="Test").first.click()
    expect(form.get_by_text("Opened read-only.")).to_be_visible()
    reads_well_on_every_screen(page)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        at_rest(page)
        assert violations(page) == []
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Connected. Its card below")).to_be_visible()
    card = page.locator(".st-key-linked-copy_of_the_shop")
    expect(card.get_by_text("tables readable.")).to_be_visible()
    reads_well_on_every_screen(page)
    assert violations(page) == []
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove connection").click()
    expect(page.get_by_text("Copy of the shop is removed.")).to_be_visible()
    expect(card).to_have_count(0)
