"""A leader on a phone subscribes to a board, receives it, unsubscribes by the link in the mail, and undoes that."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from semantic.config.settings import Settings
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.outbox.sending import Sends, Slots
from semantic.services.process import Live
from semantic.store.destinations.mailbox import read_mail, read_mailbox
from semantic.store.spaces.spaces import make_space
from semantic.transport.reading import ReadMessage, read_message
from semantic.worker.job import Turn
from tests.browser.screen import OpenAs, scrolls_sideways, title
from tests.browser.visitor import Browser as Visitor
from tests.browser.warm import warm_server
from tests.browser.windows import HEIGHT, NARROW
from tests.pages.api_world import ANA, MODEL, build
from tests.pages.deliveries.world import BOARD, LENA, PEOPLE, publish


@dataclass(frozen=True, slots=True)
class Company:
    """A server, and the test's own process over the same store, which runs a worker's jobs on request."""

    port: int
    live: Live
    board: str
    folder: Path

    def send_what_is_due(self) -> None:
        """Run a worker's jobs a week after the last time, when each delivery is due again."""
        live, now = self.live, self.live.store.now() + timedelta(weeks=1)
        live.store._clock = lambda: now
        turn = Turn(now=live.store.now(), holder=uuid.uuid4().hex, is_mine=lambda: True, is_stopping=lambda: False)
        Slots(live).run(turn)
        Sends(live).run(turn)

    def mails(self) -> list[ReadMessage]:
        with self.live.store.read() as connection:
            rows = read_mailbox(connection, None)
            return [read_message(read_mail(connection, row.number, None) or b"") for row in rows]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("deliveries")
    data = build(folder, pairs_with=3, model_text=MODEL.replace("people:\n", PEOPLE))
    copy = folder / "copy.duckdb"  # a file that one process has open can't be opened by another
    copy.write_bytes(data.read_bytes())
    store, key = folder / "deliveries.sqlite", folder / "audit.key"
    live = Live.open(Settings(data=str(copy), model=folder / "model", store=str(store), audit_key_file=key, demo=True))
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", ANA, live.keys).id
    board = publish(live, BOARD, space)
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(folder / "model"),
        SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key), SAMEPAGE_WORKER="off",
    ) as port:  # fmt: skip
        yield Company(port, live, board, folder)
    live.close()


@pytest.fixture
def stranger(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone's browser that isn't signed in and runs no scripts."""
    size = {"width": NARROW, "height": HEIGHT}
    context = chromium.new_context(java_script_enabled=False, viewport=size)  # type: ignore[arg-type]
    yield context
    context.close()


def _subscribe(page: Page) -> None:
    page.get_by_role("button", name="Subscribe").click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_text(re.compile("^First one on Mon "))).to_be_visible()
    panel.get_by_role("button", name="Send me this every Monday at 08:00").click()
    expect(panel.get_by_text(re.compile("You'll get Sales"))).to_be_visible()
    panel.get_by_role("button", name="Done").click()
    expect(panel).to_have_count(0)


def test_a_leader_subscribes_receives_a_board_unsubscribes_and_subscribes_again(
    open_as: OpenAs, company: Company, stranger: BrowserContext
) -> None:
    at = f"http://127.0.0.1:{company.port}"
    page = open_as(f"board?d={company.board}", person="Lena", at=at, width=NARROW)
    title(page, "Sales *week*")
    _subscribe(page)

    company.send_what_is_due()
    (mail,) = company.mails()
    page.goto(f"{at}/mailbox")
    page.get_by_role("button", name=re.compile("Sales")).first.click()
    letter = page.frame_locator("iframe")
    # All six orders, which Lena can see. Some of the letter is only for the inbox's list.
    expect(letter.get_by_text("€63").filter(visible=True).first).to_be_visible()

    link = re.search(r"/unsubscribe/[\w.-]+", mail.html)
    assert link is not None
    headers = dict(mail.headers)
    assert link.group() in headers["List-Unsubscribe"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    phone = stranger.new_page()
    phone.goto(at + link.group())
    heading = phone.get_by_role("heading", level=1)
    expect(heading).to_have_text("Unsubscribe from Sales *week*?")
    (listed,) = DeliveryWork(company.live, LENA).for_me()
    assert listed.is_receiving
    phone.get_by_role("button", name="Unsubscribe").click()
    expect(heading).to_have_text("You're unsubscribed from Sales *week*")
    company.send_what_is_due()
    assert len(company.mails()) == 1

    page.goto(f"{at}/subscriptions")
    expect(page.locator(".stMarkdownBadge", has_text="Unsubscribed")).to_be_visible()
    assert not scrolls_sideways(page)
    phone.get_by_role("button", name="Undo").click()
    expect(heading).to_have_text("You're subscribed to Sales *week* again")
    company.send_what_is_due()
    assert len(company.mails()) == 2
    page.reload()
    expect(page.get_by_text(re.compile("^Next one on Mon .* Sent on "))).to_be_visible()
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog")
    expect(history.locator(".stMarkdownBadge", has_text="Sent")).to_have_count(2)
    assert urlsplit(phone.url).path == link.group()
    assert stranger.cookies() == []


def test_an_unsubscribe_link_sets_no_cookie_runs_no_script_and_is_not_logged(company: Company) -> None:
    token = f"delivery.{'c' * 16}.{'a' * 32}.{'b' * 40}"
    browser = Visitor(company.port)
    answer = browser.get(f"/unsubscribe/{token}")
    assert answer.status == 404
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["form-action"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "script-src" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert answer.headers["cache-control"] == "no-store"
    assert browser.cookies == {}
    log = (company.folder / "log").read_text(encoding="utf-8")
    assert [part for part in token.split(".")[1:] if part in log] == []


def test_a_marketer_previews_as_someone_and_sends_to_a_group(open_as: OpenAs, company: Company) -> None:
    at = f"http://127.0.0.1:{company.port}"
    page = open_as(f"board?d={company.board}", person="Ana", at=at)
    title(page, "Sales *week*")
    page.get_by_role("button", name="Subscribe").click()
    panel = page.get_by_role("dialog")
    panel.get_by_role("button", name="More options").click()
    field = panel.get_by_role("combobox", name=re.compile("To"))
    field.fill("Jonas")
    page.get_by_role("option", name="Jonas Falk").click()
    expect(panel.get_by_text("Jonas Falk won't see 1 of 2 tiles.")).to_be_visible()
    field.fill("eve@else.example")
    field.press("Enter")
    expect(panel.get_by_text("Only people who can sign in can receive this.")).to_be_visible()
    field.press("Tab")  # closes the list of people
    expect(page.get_by_role("option")).to_have_count(0)
    panel.get_by_role("button", name="Preview").click()
    panel.get_by_role("combobox", name=re.compile("Preview as")).click()
    page.get_by_role("option", name="Jonas Falk").click()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("€7").filter(visible=True).first).to_be_visible()  # orders of DE and AT
    expect(letter.get_by_text("€63")).to_have_count(0)
    panel.get_by_role("button", name="Back").click()
    panel.get_by_role("button", name="Start sending").click()
    expect(panel.get_by_text(re.compile("Samepage will send Sales"))).to_be_visible()
