"""A team's steward in a real browser: from a new metric's form to its number, on a laptop and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import SCREENS, violations
from tests.browser.screen import OpenAs, title, wait_until_idle
from tests.browser.windows import Mode


@pytest.mark.parametrize(("width", "mode"), SCREENS)
def test_a_team_sees_its_metrics_and_axe_finds_nothing(open_as: OpenAs, width: int, mode: Mode) -> None:
    page = open_as("domains", person="Claire", width=width, mode=mode)
    title(page, "Domains")
    expect(page.get_by_role("heading", name="Lifecycle marketing")).to_be_visible()
    expect(page.get_by_role("link", name="Complaint rate")).to_be_visible()
    assert violations(page) == [], "the team"
    page.get_by_role("button", name="New metric").click()
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    wait_until_idle(page)
    assert violations(page) == [], "a new metric"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_stewards_see_both_teams(open_as: OpenAs) -> None:
    page = open_as("domains", person="Ana")
    title(page, "Domains")
    expect(page.get_by_text("Stewards: Claire Moreau")).to_be_visible()
    page.get_by_role("radio", name="Field marketing").click()
    expect(page.get_by_role("link", name="Cost per MQL")).to_be_visible()
    expect(page.get_by_role("button", name="Promote to core").first).to_be_visible()
