"""Unusual days in a real browser: find them in orders, explain one by channel, and set an alert, in at most eight
actions.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle


def test_unusual_days_are_found_and_an_alert_is_set(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("What was unusual about our orders", page, acts=8) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        answer = page.locator(".st-key-analysis-answer").get_by_role("heading").first
        expect(answer).to_have_text(re.compile("got from"))
        wait_until_idle(page)
        person.click(page.get_by_role("radio", name=re.compile("Unusual days")))
        expect(answer).to_have_text(re.compile(r"(over \d+ days: |stayed within its usual range)"))
        wait_until_idle(page)
        person.click(page.get_by_role("combobox", name="Metric"))
        person.types("Orders")
        person.presses("Enter")
        expect(answer).to_have_text(re.compile(r"^Orders"))
        wait_until_idle(page)
        expect(page.get_by_text(re.compile("Expected range"))).to_be_visible()
        expect(
            page.get_by_text("A day is unusual if it's outside the range expected from the days before it.")
        ).to_be_visible()
        check_page_on_every_screen(page)
        person.click(page.locator(".st-key-analysis-next").get_by_role("button", name="Set alert"))
        title(page, "Set alert")
        wait_until_idle(page)
    expect(page.get_by_role("combobox", name="Alert me about")).to_have_value(re.compile("Orders"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible()  # what the alert would have done
    wait_until_idle(page)
