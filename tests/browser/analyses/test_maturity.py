"""Maturity in a real browser: how many refunds last month's orders will have in the end, in at most eight actions."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle


def test_the_refunds_still_to_come_are_estimated(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("How many refunds are still to come", page, acts=5) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        answer = page.locator(".st-key-analysis-answer").get_by_role("heading").first
        expect(answer).to_have_text(re.compile("got from"))
        wait_until_idle(page)
        person.click(page.get_by_role("radio", name=re.compile("Maturity")))
        expect(answer).to_have_text(re.compile(r"of the final number \(after 30 days\) is known after .*7 days"))
        wait_until_idle(page)
        person.click(page.get_by_role("combobox", name="Final after"))
        person.types("60 days")
        person.presses("Enter")
        expect(answer).to_have_text(re.compile(r"of the final number \(after 60 days\) is known"))
        wait_until_idle(page)
    expect(page.get_by_text("Share of the final number known so far", exact=True)).to_be_visible()
    expect(page.get_by_text("Rate by age", exact=True)).to_be_visible()
    check_page_on_every_screen(page)
