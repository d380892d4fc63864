"""Two processes over one store in PostgreSQL, behind the proxy of deploy/: one is killed, and people continue
working.
"""

from __future__ import annotations

import csv
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import WebSocketException

from semantic.config.settings import load_settings
from semantic.store.accounts.service_tokens import make_token
from semantic.store.audit.entries import each_entry
from semantic.store.audit.verify import verify
from semantic.store.numbers.receipts import has_receipt
from semantic.store.open import open_store
from tests.browser.proxy import running_proxy
from tests.browser.screen import sign_in, wait_for_reconnection
from tests.browser.visitor import Browser, Process, free_port
from tests.browser.warm import warm_process
from tests.browser.windows import Windows
from tests.companies import current_company
from tests.pages.api_world import OTTO, granted
from tests.semantic.store.stores import address
from tests.waiting import STUCK, until

SECRET = "a secret that only these two processes know"
QUESTION = "m=orders&by=channel_group"
PEOPLE, TIMES = 6, 3


@dataclass
class Two:
    """The proxy's port, and each process with its port and its log."""

    proxy: int
    processes: list[Process]
    ports: list[int]
    logs: list[Path]
    settings: dict[str, str]

    def serving(self) -> int:
        """Return the number of the process that answered the last question."""
        asked = [[line for line in lines(log) if line["event"] == "question"] for log in self.logs]
        return max((0, 1), key=lambda number: asked[number][-1]["time"] if asked[number] else "")


def lines(log: Path) -> list[dict[str, str]]:
    """Return the lines that a process has logged, as parsed JSON."""
    written = log.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in written.splitlines() if line.startswith("{")]


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
        given_settings = settings | {"SAMEPAGE_COOKIE_SECRET": SECRET}
        with (
            warm_process(logs[0], port=ports[0], **given_settings) as processes,
            warm_process(logs[1], port=ports[1], **given_settings) as other,
            running_proxy(tmp_path / "proxy", ports) as proxy,
        ):
            yield Two(proxy, [processes, other], ports, logs, settings)


def take_csv(page: Page, place: Path) -> list[list[str]]:
    """Export a CSV file as a person does, and return its rows."""
    page.get_by_role("button", name="Export").click()
    button = page.get_by_role("button", name="CSV")
    expect(button).to_be_enabled()
    with page.expect_download() as coming:
        button.click()
    coming.value.save_as(place)
    page.keyboard.press("Escape")
    with place.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@dataclass
class Person:
    """A person who keeps opening a page in their own browser.

    `opened` has the time of each successful request. `failed` has the start and end of each failed one.
    """

    browser: Browser
    number: int
    opened: list[float] = field(default_factory=list[float])
    failed: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def sign_in(self) -> None:
        assert self.browser.sign_in("explore", QUESTION, number=self.number % 5).status == 303

    def live(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.2):
            asked = time.monotonic()
            try:
                text = self.browser.open("explore", QUESTION).text
            except TROUBLE:
                self.failed.append((asked, time.monotonic()))
            else:
                assert "Demo: signed in as" in text
                self.opened.append(asked)

    def has_got_through_since(self, moment: float) -> bool:
        return sum(moment_opened > moment for moment_opened in self.opened) >= TIMES


TROUBLE = (OSError, HTTPException, WebSocketException, TimeoutError, EOFError)
"""The messages that a person can see when their process is killed."""


def ask_for_receipts(port: int, token: str, receipts: list[str], is_over: threading.Event) -> None:
    """Ask one question after another as a script does, from whichever process answers, and collect the receipts."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for limit in count(1):
        if is_over.is_set():
            return
        connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
        try:
            connection.request("POST", "/api/v1/ask", json.dumps({"metrics": ["orders"], "limit": limit}), headers)
            response = connection.getresponse()
            answer = json.load(response)
        except (*TROUBLE, ValueError):
            continue
        finally:
            connection.close()
        if response.status == 200:
            receipts.append(answer["receipt"])


@contextmanager
def a_script_at_work(two: Two, token: str) -> Iterator[list[str]]:
    """Yield the receipts that a script gets while the block runs, some before and some after a process is killed."""
    receipts, is_over = list[str](), threading.Event()
    thread = threading.Thread(target=ask_for_receipts, args=(two.proxy, token, receipts, is_over))
    thread.start()
    try:
        until(lambda: len(receipts) >= TIMES, "a script's first receipts")
        yield receipts
        before = len(receipts)
        until(lambda: len(receipts) >= before + TIMES, "a script's receipts from the other process")
    finally:
        is_over.set()
        thread.join(STUCK)


@contextmanager
def people_at_work(port: int) -> Iterator[list[Person]]:
    """Let some people work until the block ends, and yield them. If one of them fails, the block raises the error."""
    people, is_over = [Person(Browser(port), number) for number in range(PEOPLE)], threading.Event()
    for person in people:
        person.sign_in()
    with ThreadPoolExecutor(PEOPLE) as threads:
        lives = [threads.submit(person.live, is_over) for person in people]
        try:
            until(lambda: all(person.opened for person in people), "everybody's first page")
            yield people
        finally:
            is_over.set()
        for life in lives:
            life.result()


@pytest.mark.proof
def test_people_continue_when_a_process_is_killed(
    two: Two, windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows.expect_mistakes()  # the tab loses its server process
    page = windows.borrow().new_page()
    page.goto(f"http://127.0.0.1:{two.proxy}/explore?{QUESTION}")
    sign_in(page, "Ana")
    before = take_csv(page, tmp_path / "before.csv")
    assert len(before) > 2
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Name").fill("Kept by whoever is left")
    page.get_by_role("button", name=re.compile("^Save")).last.click()
    expect(page.get_by_text("Kept by whoever is left").first).to_be_visible()
    hers = two.serving()

    with people_at_work(two.proxy) as people, a_script_at_work(two, a_token(two, monkeypatch)) as receipts:
        with wait_for_reconnection(page):
            killing = time.monotonic()
            two.processes[hers].kill()
            two.processes[hers].wait(STUCK)
            killed = time.monotonic()
        # Without a reload: the tab found the other process by itself.
        page.get_by_role("link", name="Saved").click()
        expect(page.get_by_text("Kept by whoever is left").first).to_be_visible()
        expect(page.get_by_text("Demo: signed in as Ana")).to_be_visible()
        until(lambda: all(person.has_got_through_since(killed) for person in people), "everybody's next pages")
    for person in people:
        back = next(moment for moment in person.opened if moment > killed)
        assert not [failure for asked, failure in person.failed if failure < killing or asked > back], person

    page.goto(f"http://127.0.0.1:{two.proxy}/explore?{QUESTION}")
    assert take_csv(page, tmp_path / "after.csv") == before
    assert two.serving() == 1 - hers
    assert_kept(two, PEOPLE + 1, receipts, monkeypatch)


def a_token(two: Two, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a service token of one of the demo's stewards."""
    for name, value in two.settings.items():
        monkeypatch.setenv(name, value)
    store, keys = open_store(load_settings())
    grant = replace(granted(store.now()), role="steward", attributes={})
    with store.write() as transaction:
        _, token = make_token(transaction, keys, grant, OTTO)
    store.close()
    return token


def assert_kept(two: Two, sign_ins: int, receipts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the audit log is intact, and has every sign-in and every receipt that anyone was given."""
    for name, value in two.settings.items():
        monkeypatch.setenv(name, value)
    store, keys = open_store(load_settings())
    with store.read() as connection:
        assert verify(connection, keys, noted=[]).broken is None
        kinds = [entry.kind for entry in each_entry(connection, keys)]
        assert [receipt for receipt in receipts if not has_receipt(connection, receipt)] == []
    store.close()
    assert kinds.count("person.signed_in") >= sign_ins
