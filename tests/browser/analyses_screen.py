"""Read the answers on the page Analyses."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import wait_until_idle


def sentence(page: Page, words: str) -> None:
    """Wait until the page shows this sentence and nothing runs. For a moment, the previous answer is still shown."""
    said = page.get_by_role("heading", level=2)
    expect(said.filter(has_text=re.compile(words))).to_have_count(1)
    wait_until_idle(page)
    expect(said).to_have_text(re.compile(words))


def lines(page: Page, place: int) -> list[list[str]]:
    """Return the lines of the answer's table at this position."""
    rows = page.locator(".st-key-analysis-answer table").nth(place).locator("tbody tr")
    return [[cell.strip() for cell in row.locator("th, td").all_text_contents()] for row in rows.all()]
