"""A draft under review in a real browser: sent to another steward, read, sent back, approved and published."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import OpenAs, as_yaml, count_runs, scrolls_sideways, wait_until_idle
from tests.browser.warm import own_server
from tests.browser.windows import NARROW, WIDE
from tests.companies import current_company

Open = Callable[..., Page]
NAME = "Net revenue with returns"


@pytest.fixture(scope="module")
def review_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A separate server, because publishing here changes what everyone sees."""
    with own_server(tmp_path_factory.mktemp("reviews"), current_company(tmp_path_factory)) as address:
        yield address


@pytest.fixture
def steward(open_as: OpenAs, review_address: str) -> Open:
    def open_page(path: str, *, person: str = "Ana", width: int = WIDE) -> Page:
        return open_as(path, person=person, width=width, at=review_address)

    return open_page


def view(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name).first.click()
    wait_until_idle(page)


def fill(page: Page, label: str, text: str) -> None:
    with count_runs(page):
        page.get_by_role("textbox", name=label, exact=True).fill(text)
        page.keyboard.press("Tab")
    wait_until_idle(page)


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()
    wait_until_idle(page)


def test_a_draft_is_sent_back_approved_and_published(steward: Open) -> None:
    ana = steward("definitions?o=metric/net_revenue")
    press(ana, "Drafts")
    fill(ana, "New draft", NAME)
    press(ana, "Start")
    expect(ana).to_have_url(re.compile(r"[?&]draft=[0-9a-f]{32}"))
    as_yaml(ana)
    area = ana.get_by_role("textbox", name="Text of net_revenue")
    expect(area).to_be_visible()
    with count_runs(ana):
        area.fill(area.input_value().replace(" AND status <> 'returned'", ""))
    expect(ana.get_by_text("No errors")).to_be_visible()
    view(ana, "Changes")
    expect(ana.get_by_text("This needs a review")).to_be_visible()
    expect(ana.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    fill(ana, "What changes, and why", "Finance counts returns separately")
    press(ana, "Send for review")
    expect(ana.get_by_text("Waiting for review")).to_be_visible()

    otto = steward("", person="Otto")
    otto.get_by_role("link", name=re.compile(f"^Review.*{NAME}")).click()
    expect(otto.get_by_role("heading", name=NAME)).to_be_visible()
    expect(otto.get_by_text("Finance counts returns separately").first).to_be_visible()
    expect(otto.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(otto.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    wait_until_idle(otto)  # values and impact are still read when the form shows
    fill(otto, "Comment", "Say it in the description too")
    press(otto, "Ask for changes")
    expect(otto.get_by_text("You asked for changes.")).to_be_visible()

    view(ana, "Edit")
    view(ana, "Changes")
    expect(ana.get_by_text("Say it in the description too")).to_be_visible()
    view(ana, "Edit")
    as_yaml(ana)
    with count_runs(ana):
        area.fill(area.input_value().replace("description: ", "description: Before returns. ", 1))
    expect(ana.get_by_text("No errors")).to_be_visible()
    view(ana, "Changes")
    expect(ana.get_by_text("You changed the draft after you sent it")).to_be_visible()
    fill(ana, "What changes, and why", "Finance counts returns separately, now described")
    press(ana, "Send again")
    expect(ana.get_by_text("Waiting for review")).to_be_visible()

    otto.reload()
    expect(otto.get_by_text("now described").first).to_be_visible()
    wait_until_idle(otto)
    for criterion in ("The definition has the intended meaning", "The numbers change as intended", "Names and"):
        otto.get_by_text(criterion).click()
        wait_until_idle(otto)
    press(otto, "Approve")
    expect(otto.get_by_text("You approved this draft.")).to_be_visible()

    view(ana, "Edit")
    view(ana, "Changes")
    expect(ana.get_by_text("Approved by Otto Weiss.")).to_be_visible()
    press(ana, "Publish")
    expect(ana.get_by_text("is live. New results use it.")).to_be_visible()


def test_the_lists_fit_a_phone(steward: Open) -> None:
    page = steward("definitions", width=NARROW)
    view(page, "Reviews")
    expect(page.get_by_text(re.compile("No drafts are waiting for review|Waiting for you"))).to_be_visible()
    assert not scrolls_sideways(page)
