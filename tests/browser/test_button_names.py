"""The names of buttons for people who use a screen reader: what each button does, never its icon."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, wait_until_idle

PAGES = {
    "": "Home",
    "explore": "Explore",
    "explore?m=net_revenue&by=channel": "Net revenue by channel",
    "metrics?m=net_revenue": "Net revenue",
    "boards": "Boards",
    "targets": "Targets",
    "alerts": "Alerts",
    "set-alert?m=net_revenue": "Set alert",
    "definitions": "Definitions",
    "domains": "Domains",
}
NAMES = """() => [...document.querySelectorAll("button, a")].filter(one => one.checkVisibility()).map(one => {
  const copy = one.cloneNode(true)
  copy.querySelectorAll("[aria-hidden=true]").forEach(hidden => hidden.remove())
  return one.ariaLabel || copy.textContent.trim()
})"""


def names(page: Page) -> list[str]:
    wait_until_idle(page)
    return page.evaluate(NAMES)


@pytest.mark.parametrize(("path", "heading"), PAGES.items())
def test_no_button_is_named_after_its_icon(open_as: OpenAs, path: str, heading: str) -> None:
    page = open_as(path)
    expect(page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()
    assert [name for name in names(page) if re.fullmatch(r"[a-z_]+ icon", name) or not name] == []


def test_links_into_explore_have_distinct_names_and_look_the_same(open_as: OpenAs) -> None:
    page = open_as("explore")
    for title in ("How are we doing?", "What changed?", "Compare campaigns"):
        expect(page.get_by_role("button", name=f"Show {title}", exact=True)).to_be_visible()
    ways = page.locator("[class*=st-key-intent-] button")
    widths = {round(way.bounding_box()["width"]) for way in ways.all() if way.bounding_box()}  # type: ignore[index]
    assert len(widths) == 1  # text for screen readers takes no space
    expect(page.get_by_role("button", name="Over time Net revenue", exact=True)).to_be_visible()
    assert len(texts := [name for name in names(page) if name.startswith(("Show", "Over time", "By "))]) == len(
        set(texts)
    )
