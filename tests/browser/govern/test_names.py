"""Campaign names in a real browser: selecting a name opens its form, on a laptop and a phone, without axe
violations.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import SCREENS, violations
from tests.browser.screen import OpenAs, title, wait_until_idle
from tests.browser.windows import Mode


def select_first(page: Page) -> None:
    """Tick the box of the table's first row."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    wait_until_idle(page)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 15, box["y"] + 34 + 17)


@pytest.mark.parametrize(("width", "mode"), SCREENS)
def test_a_selected_name_can_be_mapped(open_as: OpenAs, width: int, mode: Mode) -> None:
    page = open_as("names", person="Ana", width=width, mode=mode)
    title(page, "Campaign names")
    expect(page.get_by_text("follow the rule, with")).to_be_visible()
    expect(page.get_by_text("Select names in the table to map them.")).to_be_visible()
    assert violations(page) == [], "the list"
    select_first(page)
    expect(page.get_by_role("button", name="Accept as is")).to_be_visible()
    expect(page.get_by_role("button", name="Map", exact=True)).to_be_visible()
    assert violations(page) == [], "the form"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for part, text in {
        "Values": "Mapping one corrects",
        "Mapped": "Nothing is mapped yet",
        "Import": "Download CSV",
    }.items():
        page.get_by_role("radio", name=part).click()
        expect(page.get_by_text(text).first).to_be_visible()
        assert violations(page) == [], part


def test_a_marketer_maps_only_names_of_their_own_campaigns(open_as: OpenAs) -> None:
    page = open_as("names", person="Jonas")
    title(page, "Campaign names")
    expect(page.get_by_role("radio", name="To map")).to_be_visible()
    expect(page.get_by_role("radio", name="Values")).to_have_count(0)
    select_first(page)
    expect(page.get_by_text("You can map only campaigns that you own.")).to_be_visible()
