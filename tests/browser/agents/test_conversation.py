"""A conversation in a real browser: a question, a follow-up, a clarifying question, and on to Explore."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.screen import OpenAs, parameters, wait_for_answer, wait_until_idle
from tests.browser.windows import NARROW, WIDE

SIDEWAYS = """[".stMain", "html", "body"].filter(name => {
  const box = document.querySelector(name)
  return box === null || box.scrollWidth > box.clientWidth
})"""
"""The parts of the page that can scroll sideways. A page with a field at its end has one more element that scrolls."""


def field(page: Page) -> Locator:
    return page.get_by_test_id("stChatInput").get_by_role("textbox")


def ask(page: Page, text: str) -> None:
    field(page).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=text, exact=True, level=2)).to_be_visible()


def receipts(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile("^Receipt R-"))


def said(page: Page) -> Locator:
    """Return the region that a screen reader reads out."""
    return page.locator(".st-key-ask-announced").get_by_role("status")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_ask_follow_up_choose_a_meaning_and_open_in_explore(open_as: OpenAs, width: int) -> None:
    page = open_as("ask", width=width)
    expect(page.get_by_role("heading", name="Ask", exact=True, level=1)).to_be_visible()
    expect(page.locator(".st-key-ask-start").get_by_role("button")).to_have_count(5)
    assert violations(page) == []

    ask(page, "net revenue by channel last month")
    expect(receipts(page)).to_have_count(1)
    expect(said(page)).to_have_text(re.compile("^Answer to net revenue by channel last month"))
    first = receipts(page).first.inner_text()
    ask(page, "by market instead")
    expect(receipts(page)).to_have_count(2)
    assert receipts(page).first.inner_text() == first  # the earlier answer stays as it was

    ask(page, "refund rate last month")
    expect(page.locator("[class*=st-key-ask-turn-] p", has_text="can mean:")).to_be_visible()
    choices = page.locator("[class*=st-key-ask-way-]").get_by_role("button")
    expect(choices).to_have_count(2)
    label = choices.nth(1).inner_text()
    choices.nth(1).click()
    expect(page.get_by_role("heading", name=label, exact=True, level=2)).to_be_visible()
    expect(receipts(page)).to_have_count(3)
    wait_until_idle(page)
    assert page.evaluate(SIDEWAYS) == []
    assert violations(page) == []

    page.get_by_role("link", name="Open in Explore").last.click()
    wait_for_answer(page)
    assert parameters(page)["m"][0] in ("refund_rate_cohort", "refund_rate_period")
