"""What people see while the server is down, instead of Streamlit's own dialog, and once it's back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pages.server.empty_page import AWAY
from semantic.display.tokens import DARK, LIGHT
from tests.browser.screen import OpenAs, parameters, rgb, scrolls_sideways, wait_for_answer
from tests.browser.visitor import free_port
from tests.browser.warm import warm_server
from tests.browser.windows import NARROW, WIDE, Mode, Windows
from tests.companies import current_company

SCREENS: tuple[tuple[int, Mode], ...] = ((WIDE, "light"), (NARROW, "dark"))


def test_a_message_says_that_the_server_is_unreachable_until_it_responds(
    open_as: OpenAs, windows: Windows, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    windows.expect_mistakes()  # the pages lose their server
    port = free_port()
    settings = {
        "SAMEPAGE_DEMO": "1",
        "SAMEPAGE_DATA": str(current_company(tmp_path_factory)),
        "SAMEPAGE_STORE": str(tmp_path / "store.sqlite"),
        "SAMEPAGE_AUDIT_KEY_FILE": str(tmp_path / "audit.key"),
        "SAMEPAGE_COOKIE_SECRET": "a secret that both servers of this test know",
    }
    address = f"http://127.0.0.1:{port}"
    with warm_server(tmp_path / "log", port=port, **settings):
        asked = "explore?m=net_revenue&by=channel"
        pages = [open_as(asked, at=address, width=width, mode=mode) for width, mode in SCREENS]
        for page in pages:
            wait_for_answer(page)
            expect(page.get_by_text(AWAY)).to_be_hidden()
    for page, (_, mode) in zip(pages, SCREENS, strict=True):
        _says_that_it_is_away(page, mode)
    with warm_server(tmp_path / "log", port=port, **settings):
        for page in pages:
            expect(page.get_by_text(AWAY)).to_be_hidden()
            wait_for_answer(page)
            assert parameters(page)["m"] == ["net_revenue"]


def _says_that_it_is_away(page: Page, mode: Mode) -> None:
    sentence = page.get_by_text(AWAY)
    expect(sentence).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text=AWAY)).to_be_visible()  # also next to the dialog that it replaces
    expect(page.get_by_text("Streamlit")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", level=1, name="Net revenue by channel", include_hidden=True)).to_be_visible()
    assert not scrolls_sideways(page)
    colours = LIGHT if mode == "light" else DARK
    expect(sentence).to_have_css("color", rgb(colours.ink))
    expect(sentence).to_have_css("background-color", rgb(colours.panel if mode == "dark" else colours.page))
