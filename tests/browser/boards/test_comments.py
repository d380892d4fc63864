"""A comment from its author to its answer: written on a board, mailed, opened from the mail, answered and added as a
remark.
"""

from __future__ import annotations

import email
import re
from email.policy import default

import pytest
from playwright.sync_api import Locator, Page, expect

from semantic.config.settings import load_settings
from semantic.store.destinations.mailbox import read_mail, read_mailbox
from semantic.store.numbers.remarks import read_remarks
from semantic.store.open import open_store
from tests.browser.boards_screen import check_page, publish, template_board, wait_for_tiles
from tests.browser.screen import OpenAs, scrolls_sideways, wait_until_idle
from tests.browser.windows import NARROW
from tests.waiting import until

TEXT = "Was that the courier strike, @Lena Brandt?"
ANSWER = "Yes, for three days."
SUBJECT = "Ana Ribeiro mentioned you in a comment on Executive summary"


@pytest.fixture(scope="module")
def board(address: str) -> str:
    """The id of a board of this file's own, in the store of the server at `address`."""
    assert address
    return publish(template_board("executive_summary"))


def drawer(page: Page) -> Locator:
    return page.get_by_role("dialog")


def mails() -> list[str]:
    """Return the plain text of each mail about a mention in the demo's mailbox."""
    store, _ = open_store(load_settings())
    try:
        with store.read() as connection:
            numbers = [row.number for row in read_mailbox(connection, None) if row.title == SUBJECT]
            contents = [read_mail(connection, number, None) or b"" for number in numbers]
    finally:
        store.close()
    messages = [email.message_from_bytes(content, policy=default) for content in contents]
    bodies = [message.get_body(("plain",)) for message in messages]  # type: ignore[attr-defined]
    return [body.get_content() for body in bodies if body is not None]


def remarks() -> set[str]:
    store, _ = open_store(load_settings())
    try:
        with store.read() as connection:
            return {remark.text for _, remark in read_remarks(connection, first=None, end=None)}
    finally:
        store.close()


def test_a_comment_is_mailed_answered_and_kept_as_a_remark(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Ana"))
    tile = page.locator("[class*=st-key-tile-]").filter(has_text="Net revenue").first
    tile.get_by_role("button", name=re.compile("^Actions for")).first.click()
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(drawer(page).get_by_text("No comments yet")).to_be_visible()
    drawer(page).get_by_role("textbox").first.fill(TEXT)
    drawer(page).get_by_role("button", name="Comment", exact=True).click()
    expect(drawer(page).get_by_text("Was that the courier strike")).to_be_visible()
    expect(drawer(page).get_by_text("@Lena Brandt", exact=True)).to_have_css("font-weight", re.compile("[67]00"))

    until(mails, "the mail of the mention")
    (text,) = mails()
    assert TEXT in text
    path = re.search(r"https?://[^/\s]+/(board\?\S+)", text)
    assert path is not None

    lena = open_as(path[1], person="Lena", width=NARROW)
    expect(drawer(lena).get_by_text("Was that the courier strike")).to_be_visible()
    expect(drawer(lena).get_by_text("From your link")).to_be_visible()
    assert not scrolls_sideways(lena)
    drawer(lena).get_by_role("button", name="Reply").click()
    drawer(lena).get_by_role("textbox").first.fill(ANSWER)
    drawer(lena).get_by_role("button", name="Reply", exact=True).click()
    expect(drawer(lena).get_by_text(ANSWER)).to_be_visible()
    wait_until_idle(lena)
    lena.keyboard.press("Escape")
    expect(drawer(lena)).to_have_count(0)
    expect(lena.get_by_role("button", name="2 comments on Net revenue")).to_be_visible()
    check_page(lena)

    page = wait_for_tiles(open_as(f"board?d={board}", person="Ana"))
    page.get_by_role("button", name="2 comments on Net revenue").press("Enter")
    expect(drawer(page).get_by_text(ANSWER)).to_be_visible()
    drawer(page).get_by_role("button", name="Actions for the comment by Lena Brandt").click()
    page.get_by_role("button", name="Turn into a remark").click()
    expect(drawer(page).get_by_role("textbox", name="What happened")).to_have_value(ANSWER)
    drawer(page).get_by_role("button", name="Add remark").click()
    expect(page.get_by_text("Remark added.")).to_be_visible()
    assert ANSWER in remarks()
    drawer(page).get_by_role("button", name="Resolve").click()
    expect(drawer(page).get_by_text("1 resolved thread")).to_be_visible()
    wait_until_idle(page)
    page.keyboard.press("Escape")
    expect(drawer(page)).to_have_count(0)
    expect(page.get_by_role("button", name="2 comments on Net revenue")).to_have_count(0)


def test_a_mark_has_a_comment_of_its_own(open_as: OpenAs, board: str) -> None:
    page = wait_for_tiles(open_as(f"board?d={board}", person="Ana"))
    tile = page.locator("[class*=st-key-tile-]").filter(has_text="Net revenue").first
    tile.get_by_role("button", name=re.compile("^Ask about")).first.press("Enter")
    page.get_by_role("menuitem", name="Comment").click()
    expect(drawer(page).get_by_role("textbox").first).to_be_visible()
