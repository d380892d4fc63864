"""One demo server over one small company, one browser, and people who come to it signed in: for every suite here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    expect,
    sync_playwright,
)

from semantic.query.codec import query_to_params
from semantic.query.query import Query
from tests.browser.bakery import Bakery, open_bakery
from tests.browser.screen import Ask, Come, Mode, Visit, sign_in
from tests.browser.visitor import running_server
from tests.companies import current_company

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

expect.set_options(timeout=30_000)  # a machine that does other things too is waited for, in every suite alike


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo server over a small company."""
    data = current_company(tmp_path_factory)
    log = tmp_path_factory.mktemp("server") / "log"
    with running_server(log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The one browser; closed before other suites, since its event loop would stand in the way of theirs."""
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def cookies_of(chromium: Browser, address: str) -> Callable[[str], StorageState]:
    """What a person's browser keeps once they have signed in; each signs in by hand one time."""
    kept: dict[str, StorageState] = {}

    def cookies(person: str) -> StorageState:
        if person not in kept:
            with chromium.new_context() as context:
                page = context.new_page()
                page.goto(address)
                sign_in(page, person)
                kept[person] = context.storage_state()
        return kept[person]

    return cookies


@pytest.fixture
def contexts(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers that note what goes wrong; whatever the test does, nothing may have."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # On a page with a path of its own Streamlit looks for its server below that path first, and is told no.
        if message.type == "error" and not re.search("/[a-z-]+/_stcore/", message.location["url"]):
            wrong.append(message.text)

    def watch(request: Request) -> None:
        if not re.match(r"(http|ws)s?://127\.0\.0\.1:\d+/|data:|blob:", request.url):
            wrong.append(f"a request left for {request.url}")

    def open_context(
        *,
        width: int = 1440,
        mode: Mode = "light",
        cookies: StorageState | None = None,
        trusts_anybody: bool = False,
        touches: bool = False,
    ) -> BrowserContext:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=mode, storage_state=cookies,
            ignore_https_errors=trusts_anybody, has_touch=touches, is_mobile=touches,
        )  # fmt: skip
        context.on("request", watch)
        context.on("console", hear)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert wrong == []


@pytest.fixture
def come(contexts: Callable[..., BrowserContext], cookies_of: Callable[[str], StorageState], address: str) -> Come:
    """Opens a page as a person who is signed in."""

    def open_page(path: str = "", *, person: str = "Ana", width: int = 1440, mode: Mode = "light") -> Page:
        page = contexts(width=width, mode=mode, cookies=cookies_of(person)).new_page()
        page.goto(f"{address}/{path}")
        return page

    return open_page


@pytest.fixture
def visit(come: Come) -> Visit:
    """Opens a question in Explore as a person who is signed in."""

    def open_question(
        asked: Query | None = None, *, person: str = "Ana", width: int = 1440, mode: Mode = "light"
    ) -> Page:
        parameters = urlencode(query_to_params(asked), doseq=True) if asked else ""
        page = come(f"explore?{parameters}", person=person, width=width, mode=mode)
        expect(page.locator(".st-key-run button")).to_be_attached()  # folded away on a phone
        return page

    return open_question


@pytest.fixture(scope="package")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """A second server, over a small bakery: its questions may take as long as they take."""
    with open_bakery(tmp_path_factory.mktemp("bakery"), timeout_seconds=600) as opened:
        yield opened


@pytest.fixture(scope="package")
def known() -> dict[tuple[str, str], StorageState]:
    """What the browsers of the bakery's people keep, by server and person."""
    return {}


@pytest.fixture
def ask(contexts: Callable[..., BrowserContext], bakery: Bakery, known: dict[tuple[str, str], StorageState]) -> Ask:
    """Opens a question at the bakery by its link, as a person who signs in on the way or has before."""

    def open_question(
        asked: Query | None = None, *, person: str = "Ada", width: int = 1440, address: str = "", anew: bool = False
    ) -> Page:
        server = address or bakery.address
        cookies = None if anew else known.get((server, person))
        parameters = urlencode(query_to_params(asked), doseq=True) if asked else ""
        page = contexts(width=width, cookies=cookies).new_page()
        page.goto(f"{server}/explore?{parameters}")
        if cookies is None:
            sign_in(page, person)
        if not anew:
            known[server, person] = page.context.storage_state()
        return page

    return open_question
