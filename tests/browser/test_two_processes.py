"""Two processes over one store in PostgreSQL, behind the proxy of deploy/: one is killed, and people go on."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from websockets.exceptions import WebSocketException

from semantic.settings import load_settings
from semantic.store.audit_entries import each_entry
from semantic.store.audit_verify import verify
from semantic.store.open import open_store
from tests.browser.proxy import running_proxy
from tests.browser.screen import sign_in
from tests.browser.visitor import Browser, free_port, started_server
from tests.companies import current_company
from tests.store.stores import address

SECRET = "a secret that only these two processes know"
QUESTION = "m=orders&by=channel_group"
SECONDS = 8  # in which whoever was at the process that was killed is with the other


@dataclass
class Two:
    """The proxy's port, and each process with its port and its log."""

    proxy: int
    processes: list[subprocess.Popen[bytes]]
    ports: list[int]
    logs: list[Path]
    settings: dict[str, str]

    def serving(self) -> int:
        """Which of the two answered a question last."""
        asked = [[one for one in lines(log) if one["event"] == "question"] for log in self.logs]
        return max((0, 1), key=lambda number: asked[number][-1]["time"] if asked[number] else "")


def lines(log: Path) -> list[dict[str, str]]:
    """What a process has said, a line each."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return current_company(tmp_path_factory)


@pytest.fixture
def two(company: Path, tmp_path: Path) -> Iterator[Two]:
    logs, ports = [tmp_path / "one.log", tmp_path / "two.log"], [free_port(), free_port()]
    with address("postgresql", tmp_path) as store:
        secret = tmp_path / "store_address"
        secret.write_text(f"{store}\n")
        settings = {
            "SAMEPAGE_DEMO": "1", "SAMEPAGE_DATA": str(company), "SAMEPAGE_STORE": f"file:{secret}",
            "SAMEPAGE_AUDIT_KEY": SECRET, "SAMEPAGE_LOG": "json", "STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true",
        }  # fmt: skip
        given = settings | {"SAMEPAGE_COOKIE_SECRET": SECRET}
        with (
            started_server(logs[0], port=ports[0], **given) as one,
            started_server(logs[1], port=ports[1], **given) as other,
            running_proxy(tmp_path / "proxy", ports) as proxy,
        ):
            yield Two(proxy, [one, other], ports, logs, settings)


def take_csv(page: Page, place: Path) -> list[list[str]]:
    """Export as a person does, and read the file."""
    page.get_by_role("button", name="Export").click()
    button = page.get_by_role("button", name="CSV")
    expect(button).to_be_enabled()
    with page.expect_download() as coming:
        button.click()
    coming.value.save_as(place)
    page.keyboard.press("Escape")
    with place.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_people_go_on_when_a_process_is_killed(two: Two, chromium: Chromium, tmp_path: Path) -> None:
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{two.proxy}/explore?{QUESTION}")
        sign_in(page, "Ana")
        before = take_csv(page, tmp_path / "before.csv")
        assert len(before) > 2
        page.get_by_role("button", name="Save").click()
        page.get_by_label("Name").fill("Kept by whoever is left")
        page.get_by_role("button", name=re.compile("^Save")).last.click()
        expect(page.get_by_text("Kept by whoever is left").first).to_be_visible()

        hers = two.serving()
        two.processes[hers].kill()
        began = time.monotonic()
        # The next click, without a reload: the tab finds the other process by itself.
        page.get_by_role("link", name="Saved").click()
        expect(page.get_by_text("Kept by whoever is left").first).to_be_visible()
        assert time.monotonic() - began < SECONDS
        expect(page.get_by_text("Demo: signed in as Ana")).to_be_visible()

        page.goto(f"http://127.0.0.1:{two.proxy}/explore?{QUESTION}")
        assert take_csv(page, tmp_path / "after.csv") == before
        assert two.serving() == 1 - hers


def test_under_load_nobody_is_signed_out_and_what_was_acknowledged_is_kept(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledged, seen, failed = list[str](), list[float](), list[float]()
    is_over = threading.Event()

    def live(number: int) -> None:
        """A person who opens a page again and again, in a browser of their own."""
        browser = Browser(two.proxy)
        with suppress(*TROUBLE):
            if browser.sign_in("explore", QUESTION, number=number % 5).status == 303:
                acknowledged.append(browser.cookies["samepage_identity"])
        while not is_over.is_set():
            try:
                text = browser.open("explore", QUESTION).text
                assert "Demo: signed in as" in text
                seen.append(time.monotonic())
            except TROUBLE:
                failed.append(time.monotonic())
                time.sleep(0.2)

    people = [threading.Thread(target=live, args=(number,)) for number in range(6)]
    for person in people:
        person.start()
    wait_for(lambda: len(acknowledged) == len(people) and len(seen) > len(people))
    killed = time.monotonic()
    two.processes[0].kill()
    time.sleep(SECONDS)
    count = len(seen)
    wait_for(lambda: len(seen) >= count + len(people))
    is_over.set()
    for person in people:
        person.join(60)
    assert not [moment for moment in failed if moment > killed + SECONDS]
    assert_kept(two, len(acknowledged), monkeypatch)


TROUBLE = (OSError, HTTPException, WebSocketException, TimeoutError, EOFError)
"""What somebody meets whose process is killed under them."""


def wait_for(is_so: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "It did not happen."
        time.sleep(0.1)


def assert_kept(two: Two, sign_ins: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is whole, and has every sign-in that somebody was told of."""
    for name, value in two.settings.items():
        monkeypatch.setenv(name, value)
    store, keys = open_store(load_settings())
    with store.read() as connection:
        assert verify(connection, keys, noted=[]).whole
        kinds = [one.kind for one in each_entry(connection, keys)]
    store.close()
    assert kinds.count("person.signed_in") >= sign_ins
