"""The audit log in a real browser: an administrator reads, filters, verifies and exports it, also on a phone."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.screen import OpenAs, check_page_on_every_screen, pick, title, wait_until_idle


def test_an_administrator_reads_verifies_and_exports_the_log(open_as: OpenAs) -> None:
    page = open_as("audit", person="Otto", own_sign_in=True)
    title(page, "Audit")
    expect(page.get_by_text("Otto Weiss signed in").first).to_be_visible()
    expect(page.get_by_text("Times are UTC.")).to_be_visible()
    page.get_by_text("How long entries are kept").click()
    expect(page.get_by_text("Older entries are deleted")).to_be_visible()
    check_page_on_every_screen(page)
    page.get_by_role("button", name="Action").click()
    pick(page, "Action", "Signed in")
    expect(page.get_by_role("button", name="Clear", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    wait_until_idle(page)
    sentences = page.locator(".st-key-audit-entries").get_by_text(re.compile(" (signed|asked|took) "))
    assert sentences.count() > 0
    assert all(text.endswith(" signed in") for text in sentences.all_text_contents())
    page.get_by_role("button", name="Details").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("Signature valid").first).to_be_visible()
    expect(drawer.get_by_text("Personal data readable").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert " signed in," in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text(re.compile("Otto Weiss exported .* of the audit log as csv"))).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("button", name="Verify the whole log").click()
    expect(page.get_by_text(re.compile("The audit log is intact: .* Its head is"))).to_be_visible()
