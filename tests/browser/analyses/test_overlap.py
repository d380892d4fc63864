"""Overlap of paid social and email, and messages per person, in a real browser, each in at most eight actions."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.analyses_screen import sentence
from tests.browser.person import task
from tests.browser.screen import OpenAs, check_page, scrolls_sideways, wait_until_idle
from tests.browser.windows import NARROW, WIDE

MOST = 8


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_overlap_of_paid_social_and_email(open_as: OpenAs, width: int) -> None:
    page = open_as("analyses", width=width)
    sentence(page, "got from Visit to Purchase")
    with task("Overlap of paid social and email", page, acts=MOST) as person:
        person.click(page.get_by_role("radio", name="Channel overlap"))
        sentence(page, r"^Of [\d,]+ people reached, [\d.]+% were reached by both Email and Paid social\.")
    expect(page.get_by_role("cell", name="Email + Paid social").first).to_be_visible()
    expect(page.get_by_test_id("chart").first).to_be_visible()
    expect(page.get_by_text("in the combination of all channels that reached them").first).to_be_visible()
    wait_until_idle(page)
    assert not scrolls_sideways(page)
    check_page(page)


def test_messages_per_person_and_unsubscribes_after_them_are_counted(open_as: OpenAs) -> None:
    page = open_as("analyses", person="Jonas")
    sentence(page, "got from Visit to Purchase")
    with task("Messages per person and week", page, acts=MOST) as person:
        person.click(page.get_by_role("radio", name="Contact pressure"))
        sentence(page, r"^[\d,]+ people got [\d.]+ messages a week on average, in weeks with a message")
        person.click(page.get_by_role("spinbutton", name="Weekly limit"))
        person.presses("Control+A")
        person.types("1")
        person.presses("Enter")
        sentence(page, r"of these weeks had more than 1\.")
    expect(page.get_by_role("columnheader", name="then left the mail list")).to_be_visible()
