"""Reconciliation in a real browser: from a completed form to the finding, on a laptop and a phone, checked by axe."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.screen import OpenAs, title


def test_a_platform_is_compared(open_as: OpenAs) -> None:
    page = open_as("reconciliation", person="Ana")
    title(page, "Reconciliation")
    expect(page.get_by_text("Nothing to reconcile yet")).to_be_visible()
    assert violations(page) == [], "nothing yet"
    page.get_by_role("button", name="Compare a platform").click()
    # The demo's touchpoints, conversions and platform are recognized, so the form can be sent as it is.
    expect(page.get_by_text("How each side counts")).to_be_visible()
    assert violations(page) == [], "the form"
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("From your number to theirs")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Meta Ads reports [\d,]+, and we count [\d,]+\."))).to_be_visible()
    assert violations(page) == [], "the comparison"
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "Meta Ads.csv"
    phone = open_as("reconciliation", person="Ana", width=390, mode="dark")
    expect(phone.get_by_text("From your number to theirs")).to_be_visible()
    assert violations(phone) == [], "on a phone"
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # Marketers who see no touchpoints, and no one else's reconciliations, start with nothing.
    other = open_as("reconciliation", person="Jonas")
    expect(other.get_by_text("Nothing to reconcile yet")).to_be_visible()
