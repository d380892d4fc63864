"""Policies as forms in a real browser: one from nothing, what it changes, and its text."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.screen import Come, at_rest, reads_well_at_any_width, scrolls_sideways
from tests.browser.windows import HEIGHT, NARROW

PICTURES = os.environ.get("SAMEPAGE_PICTURES")
"""A folder for pictures of each step, for people who want to look."""


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list with several values."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    at_rest(page)


def test_a_policy_from_nothing_to_what_it_changes(come: Come) -> None:
    page = come("access", own_sign_in=True)
    page.get_by_role("tab", name="Policies").click()
    expect(page.get_by_text("Own markets", exact=True)).to_be_visible()
    at_rest(page)
    picture(page, "list")
    page.get_by_role("button", name="New policy").click()
    page.get_by_label("Name", exact=True).fill("Germany for Lena")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add to draft").click()
    expect(page.get_by_text("No one matches this policy yet.")).to_be_visible()
    choose(page, "People", "Lena Brandt")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("combobox", name="See rows where").click()
    page.get_by_role("combobox", name="See rows where").fill("Market")
    page.get_by_role("option", name="Market", exact=True).click()
    choose(page, "Market is", "Germany")
    page.get_by_role("button", name="Add rule", exact=True).click()
    expect(page.get_by_text("4 problems")).to_be_visible()
    picture(page, "problems")
    page.get_by_role("button", name="Decide about these datasets").click()
    expect(page.get_by_text("Can see rows where Market is Germany, in each of")).to_be_visible()
    expect(page.get_by_text("Affects 1 person")).to_be_visible()
    expect(page.get_by_text("Sees only Market Germany in")).to_be_visible()
    at_rest(page)
    picture(page, "changes")
    page.get_by_role("button", name="Compare three questions").click()
    at_rest(page)
    picture(page, "preview")
    reads_well_at_any_width(page)
    page.get_by_text("Show YAML").click()
    expect(page.get_by_role("textbox", name="YAML")).to_have_value(re.compile("without: hidden"))
    picture(page, "yaml")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    at_rest(page)
    picture(page, "phone")
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Remove", exact=True).first.click()
    expect(page.get_by_text("Own markets", exact=True)).to_be_visible()
