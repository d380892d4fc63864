"""Access and view-as in a real browser: the red frame on every page, a reload, another tab, and how to stop viewing."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, check_page_at_any_width, scrolls_sideways, wait_until_idle
from tests.browser.windows import HEIGHT, NARROW

BAR = ".st-key-viewing"
FRAME = ["4px", "rgb(165, 65, 15)"]


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    wait_until_idle(page)


def view_as(page: Page, person: str) -> None:
    open_tab(page, "View as")
    page.get_by_role("button", name=f"View as {person}").click()
    expect(page.locator(BAR)).to_contain_text(f"Viewing as {person}. You can't change or export anything.")
    expect(page.get_by_role("heading", level=1).first).to_have_text("Home")


def frame(page: Page) -> list[str]:
    """Return the width and the colour of the frame around the page."""
    width, colour = (
        page.evaluate(f"getComputedStyle(document.querySelector('.stApp'), '::after').{name}")
        for name in ("borderTopWidth", "borderTopColor")
    )
    return [width, colour]


def test_every_part_reads_well_on_every_screen(open_as: OpenAs) -> None:
    page = open_as("access", mode="dark")
    expect(page.get_by_text(re.compile("people can see"))).to_be_visible()
    for tab in ("Who can see this", "One person's access", "Compare two people", "Policy tests", "View as"):
        open_tab(page, tab)
        check_page_at_any_width(page)


def test_a_steward_views_as_jonas_and_stops_viewing(open_as: OpenAs, address: str) -> None:
    page = open_as("access", own_sign_in=True)  # others would view as Jonas too
    other = page.context.new_page()  # another tab of the same sign-in
    other.goto(f"{address}/metrics")
    expect(other.get_by_label("Search metrics")).to_be_visible()
    view_as(page, "Jonas Falk")
    assert frame(page) == FRAME
    other.get_by_label("Search metrics").fill("spend")  # the list runs alone at each key, and is Jonas's by now
    expect(other.locator(BAR)).to_contain_text("Viewing as Jonas Falk.")

    page.goto(f"{address}/explore?m=spend&by=market&v=1")
    expect(page.get_by_text(re.compile("^Computed "))).to_be_visible()
    scope = page.get_by_test_id("stMain").get_by_text("Germany, Austria only").locator("visible=true").first
    expect(scope).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_be_disabled()
    expect(page.get_by_test_id("stElementToolbar").first).to_be_hidden()
    assert not scrolls_sideways(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    page.reload()
    expect(page.locator(BAR)).to_contain_text("Viewing as Jonas Falk.")
    expect(scope).to_be_visible()
    wait_until_idle(page)
    assert frame(page) == FRAME
    assert not scrolls_sideways(page)

    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(BAR)).to_have_count(0)
    expect(page.get_by_text("Germany, Austria only")).to_have_count(0)
    expect(page.get_by_role("button", name="Export")).to_be_enabled()
    assert frame(page)[0] == "0px"
    other.get_by_label("Search metrics").fill("orders")
    expect(other.locator(BAR)).to_have_count(0)
    assert frame(other)[0] == "0px"
