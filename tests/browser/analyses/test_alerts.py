"""Alerts on a funnel in a real browser: set one on a drop in at most eight actions, and read its pages on every
screen.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle

WATCHED = re.compile(r"^Conversion from Visit to Product view within ")


def test_from_a_drop_to_an_alert(open_as: OpenAs) -> None:
    page = open_as("")
    title(page, "Home")
    with task("From a drop to an alert", page, acts=8) as person:
        person.click(page.get_by_role("link", name="Analyses"))
        expect(page.get_by_role("heading", level=2)).to_have_text(re.compile(r"got from Visit to Purchase\."))
        wait_until_idle(page)
        person.click(page.get_by_role("button", name=re.compile("^Visit → Product view")))
        person.click(page.get_by_role("menuitem", name="Set alert"))
        title(page, "Set alert")
        expect(page.get_by_text(re.compile("ould have fired|Wouldn't have fired|Not enough history"))).to_be_visible()
        wait_until_idle(page)
        check_page_on_every_screen(page)
        person.click(page.get_by_role("button", name="Create alert"))
        expect(page.get_by_role("heading", level=1)).to_have_text(WATCHED)
    expect(page.get_by_text("The alert is set.")).to_be_visible()
    expect(page.get_by_role("link", name="Open analysis")).to_be_visible()
    wait_until_idle(page)
    check_page_on_every_screen(page)
