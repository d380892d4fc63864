"""A marketer sets an alert with a preview, it fires, and they acknowledge it with a remark from the message's link."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from semantic.config.settings import Settings
from semantic.services.alerts.job import Alerts
from semantic.services.outbox.sending import Sends
from semantic.services.process import Live
from semantic.store.destinations.mailbox import read_mail, read_mailbox
from semantic.transport.reading import ReadMessage, read_message
from semantic.worker.job import Turn
from tests.browser.screen import OpenAs, check_page_on_every_screen, title, wait_until_idle
from tests.browser.warm import warm_server
from tests.pages.alerts_world import build_alerts_world

NAME = "Revenue (Market is Germany) leaves its usual range"


@dataclass(frozen=True, slots=True)
class Shop:
    """A server, and the test's own process over the same store, which runs a worker's jobs on request."""

    port: int
    live: Live

    def work(self) -> None:
        turn = Turn(now=self.live.store.now(), holder=uuid.uuid4().hex, is_mine=lambda: True, is_stopping=lambda: False)
        Alerts(self.live).run(turn)
        Sends(self.live).run(turn)

    def mails(self) -> list[ReadMessage]:
        with self.live.store.read() as connection:
            rows = read_mailbox(connection, None)
            return [read_message(read_mail(connection, row.number, None) or b"") for row in rows]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("alerts")
    data = build_alerts_world(folder)
    copy = Path(shutil.copyfile(data, folder / "copy.duckdb"))  # no two processes can open one file
    store, key = folder / "store.sqlite", folder / "audit.key"
    live = Live.open(Settings(data=str(copy), model=folder / "model", store=str(store), audit_key_file=key, demo=True))
    with warm_server(
        folder / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(folder / "model"),
        SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key), SAMEPAGE_WORKER="off",
    ) as port:  # fmt: skip
        yield Shop(port, live)
    live.close()


def _link(mail: ReadMessage) -> str:
    """Return the path of the alert's page, as linked in a message."""
    found = re.search(r"/alert\?a=[0-9a-f]{16}", mail.html)
    assert found is not None
    return found[0].removeprefix("/")


def _set(page: Page) -> None:
    """Set an alert on Germany from the menu of its bar."""
    wait_until_idle(page)
    expect(page.get_by_text("Would have fired 2 times in 180 days")).to_be_visible()
    page.get_by_role("button", name="Create alert").click()
    title(page, NAME)


def test_an_alert_is_set_fires_and_is_acknowledged_from_its_message(open_as: OpenAs, shop: Shop) -> None:
    page = open_as(
        "explore?m=revenue&f=market%3Ain%3ADE&t=last_7_day&v=1", person="Mark", at=f"http://127.0.0.1:{shop.port}"
    )
    page.get_by_role("button", name="Set alert").click()
    title(page, "Set alert")
    check_page_on_every_screen(page)
    _set(page)
    expect(page.get_by_text("Nothing has been checked yet.")).to_be_visible()

    shop.work()
    (mail,) = shop.mails()
    assert "Revenue" in mail.subject
    page.goto(f"http://127.0.0.1:{shop.port}/{_link(mail)}")
    title(page, NAME)
    expect(page.get_by_text("Firing since").first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
    check_page_on_every_screen(page)
    note = page.get_by_role("textbox", name="Note (optional)")
    note.fill("Tracking was down")
    expect(page.get_by_text("Show the note as a remark on charts")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("Acknowledged by Mark Etter.").first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.locator(".samepage-chart").get_by_text("Tracking was down").first).to_be_visible()

    shop.work()  # the message is sent
    assert len(shop.mails()) == 1
