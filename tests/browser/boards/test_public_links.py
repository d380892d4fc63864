"""A public link in a real browser: created in the app, read by a stranger without scripts, and revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from semantic.display.tokens import DARK
from tests.browser.screen import OpenAs, rgb, title
from tests.browser.windows import HEIGHT, NARROW
from tests.pages.public.test_served import Served, served

__all__ = ["served"]  # a fixture


@pytest.fixture
def stranger(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone in dark mode whose browser runs no scripts at all."""
    size = {"width": NARROW, "height": HEIGHT}
    context = chromium.new_context(java_script_enabled=False, viewport=size, color_scheme="dark")  # type: ignore[arg-type]
    yield context
    context.close()


def _create(page: Page) -> str:
    page.get_by_role("button", name="Create link").click()
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name=re.compile("Board")).click()
    page.get_by_role("option", name="Sales & more").click()
    form.get_by_role("combobox", name=re.compile("^For|Audience|For$")).click()
    page.get_by_role("option", name="agency").click()
    form.get_by_role("textbox", name="Label").fill("Journey")
    form.get_by_role("button", name="Create", exact=True).click()
    shown = form.get_by_text(re.compile(r"/public/[\w-]{32}\.[0-9a-f]{32}$"))
    expect(shown).to_be_visible()
    return shown.inner_text().strip()


def test_a_steward_creates_a_link_a_stranger_reads_it_and_it_is_revoked(
    open_as: OpenAs, served: Served, stranger: BrowserContext
) -> None:
    page = open_as("public-links", person="Ana", at=f"http://127.0.0.1:{served.port}")
    title(page, "Public links")
    link = _create(page)
    page.get_by_role("button", name="I've copied it").click()
    expect(page.get_by_text("2 active links")).to_be_visible()
    expect(page.get_by_text(link)).to_have_count(0)

    phone = stranger.new_page()
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Sales & more")
    expect(phone.get_by_text("€7.00").first).to_be_visible()
    expect(phone.locator("body")).to_have_css("background-color", rgb(DARK.page))
    assert not scrolls_sideways_without_app(phone)
    phone.get_by_role("link", name="Second").press("Enter")
    expect(phone.get_by_text("This tile isn't available to you.")).to_be_visible()
    expect(phone.get_by_role("link", name="Second")).to_have_attribute("aria-current", "page")
    places = {url.partition(str(served.port))[2].partition("?")[0] for url in asked}
    path = link.partition(str(served.port))[2]
    assert {place for place in places if not place.startswith("/look/")} == {path}
    assert stranger.cookies() == []

    page.locator("[class*=st-key-public-link-]").filter(has_text="Journey").last.get_by_role(
        "button", name="Revoke", exact=True
    ).click()
    page.get_by_role("button", name="Revoke link").click()
    expect(page.get_by_text("Journey is revoked. Open pages stop within a minute.")).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("This link doesn't work")


def scrolls_sideways_without_app(page: Page) -> bool:
    box = page.locator("html").bounding_box()
    body = page.locator("main").bounding_box()
    assert box is not None
    assert body is not None
    return body["x"] + body["width"] > box["width"] or box["width"] > NARROW


def test_a_presented_board_changes_tabs_by_itself(served: Served, stranger: BrowserContext) -> None:
    screen = stranger.new_page()
    screen.goto(f"http://127.0.0.1:{served.port}/public/{served.link}?present=1&rotate=15")
    expect(screen.get_by_text("First", exact=True)).to_be_visible()
    expect(screen.get_by_role("navigation")).to_have_count(0)
    expect(screen.get_by_text("Second", exact=True)).to_be_visible(timeout=60_000)
    expect(screen).to_have_url(re.compile(r"present=1&rotate=15&tab=1$"))
