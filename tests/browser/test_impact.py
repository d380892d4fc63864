"""What a draft moves, in a real browser: a steward changes a filter, sees whose numbers move, and follows the lineage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Come, a_run, at_rest, scrolls_sideways
from tests.browser.warm import own_server
from tests.browser.windows import HEIGHT, NARROW, WIDE, Mode
from tests.companies import current_company

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def desk_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server, because the draft here would be in the way of others."""
    with own_server(tmp_path_factory.mktemp("impact"), current_company(tmp_path_factory)) as address:
        yield address


@pytest.fixture
def steward(come: Come, desk_address: str) -> Open:
    def open_page(path: str, *, person: str = "Ana", width: int = WIDE, mode: Mode = "light") -> Page:
        return come(path, person=person, width=width, mode=mode, at=desk_address)

    return open_page


def view(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name).first.click()
    at_rest(page)


def test_a_steward_sees_whose_numbers_a_filter_moves(steward: Open) -> None:
    page = steward("definitions?o=metric/spend")
    area = page.get_by_role("textbox", name="Text of spend")
    expect(area).to_be_visible()
    with a_run(page):
        area.fill(f"{area.input_value().rstrip()}\nfilter: clicks > 100\n")
    expect(page.get_by_text("No errors")).to_be_visible()
    view(page, "Impact")
    expect(page.get_by_text("Changes ").first).to_be_visible()
    expect(page.get_by_text(" compared").first).to_be_visible()
    page.set_viewport_size({"width": WIDE, "height": 2_600})
    page.screenshot(path="/tmp/s40/impact_wide.png", full_page=True)
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    at_rest(page)
    assert not scrolls_sideways(page)
    page.set_viewport_size({"width": NARROW, "height": 3_000})
    page.screenshot(path="/tmp/s40/impact_phone.png", full_page=True)
