"""Service tokens in a real browser: created, used by a script and revoked, also on a phone."""

from __future__ import annotations

import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, check_page_at_any_width, check_page_on_every_screen, title
from tests.waiting import STUCK


def _status(address: str, token: str) -> int:
    """Return the HTTP status for a script that sends this token."""
    request = Request(f"{address}/api/v1/token", headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=STUCK) as response:
            return response.status
    except HTTPError as error:
        return error.code


def _make(page: Page, name: str) -> str:
    page.get_by_role("button", name="Create token").click()
    form = page.get_by_role("dialog")
    form.get_by_role("textbox", name="Name").fill(name)
    form.get_by_role("textbox", name="Purpose").fill("The sheet of the sales team")
    form.get_by_role("combobox", name=re.compile("Role")).click()
    page.get_by_role("option", name="marketer").click()
    form.get_by_role("textbox", name="Attributes").fill("markets: DE, AT")
    form.get_by_role("button", name="Create", exact=True).click()
    shown = form.get_by_text(re.compile(r"^sp_[0-9a-f]{12}_[0-9a-f]{64}$"))
    expect(shown).to_be_visible()
    return shown.inner_text().strip()


def test_an_administrator_creates_and_revokes_a_token(open_as: OpenAs, address: str) -> None:
    page = open_as("tokens", person="Otto")
    title(page, "Service tokens")
    token = _make(page, "Journey")
    check_page_at_any_width(page)
    page.get_by_role("button", name="I've copied it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text(token)).to_have_count(0)
    assert _status(address, token) == 200
    row = page.locator(f".st-key-token-{token.split('_')[1]}")
    expect(row.get_by_text("Works")).to_be_visible()
    check_page_on_every_screen(page)
    row.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("textbox", name="Why").press_sequentially("It leaked")
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("Callers get this reason")).to_be_visible()
    assert _status(address, token) == 401
    page.reload()
    expect(page.get_by_text(token.split("_")[2])).to_have_count(0)
