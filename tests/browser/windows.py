"""Browser contexts that are reused: once a context has shown a page, the next costs a third of the first.

A reused context keeps its process and what that process has compiled. Its pages are closed and its cookies and stored
values are cleared, so that the next test gets a browser that looks unused.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, Request

from tests.waiting import STUCK

OFF = (
    # Chromium would load two of its own pages for every tab's address bar, which takes half a second of CPU.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # Chromium uses only the last such list, so this repeats the parts of Playwright's own that matter here.
    *("AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying"),
    *("OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--process-per-site",  # the pages of a context share a process
    f"--disable-features={','.join(OFF)}",
)

WIDE, NARROW, HEIGHT = 1440, 390, 900  # a laptop's and a phone's screen, in pixels
USES = 16
"""A context is closed after this many tests: its process keeps some memory of every page it has shown."""
Mode = Literal["light", "dark"]


@dataclass(slots=True)
class Window:
    """A context, an empty page that keeps its process alive between tests, and the number of tests that have
    used it.
    """

    context: BrowserContext
    anchor: Page
    devtools: CDPSession
    uses: int = 0

    def clear(self) -> None:
        for page in self.context.pages:
            if page is not self.anchor:
                page.close()
        self.context.clear_cookies()
        self.devtools.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage"})


class Windows:
    """The contexts of one browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: defaultdict[bool, list[Window]] = defaultdict(list)
        self._in_use: list[tuple[bool, Window]] = []
        self._once: list[BrowserContext] = []
        self._mistakes: list[str] = []
        self._are_expected = False

    def borrow(self, *, trusts_anybody: bool = False) -> BrowserContext:
        """Return a browser context that looks unused. `trusts_anybody` accepts a self-signed certificate."""
        idle = self._idle[trusts_anybody]
        window = idle.pop() if idle else self._open(trusts_anybody)
        window.uses += 1
        self._in_use.append((trusts_anybody, window))
        return window.context

    def borrow_new(self, *, trusts_anybody: bool = False, is_phone: bool = False) -> BrowserContext:
        """Return a context that is closed after the test: for touch screens, and for scripts that would stay in a
        context.
        """
        context = self._watched(
            self._browser.new_context(
                viewport={"width": NARROW if is_phone else WIDE, "height": HEIGHT},
                has_touch=is_phone,
                is_mobile=is_phone,
                ignore_https_errors=trusts_anybody,
            )
        )
        self._once.append(context)
        return context

    def expect_mistakes(self) -> None:
        """Don't report browser errors in this test, because the test causes them, for example by stopping a server with
        pages open.
        """
        self._are_expected = True

    def pages(self) -> list[Page]:
        """Return all open pages of the running test."""
        contexts = [*self._once, *(window.context for _, window in self._in_use)]
        anchors = [window.anchor for _, window in self._in_use]
        return [page for context in contexts for page in context.pages if page not in anchors]

    def release_all(self) -> list[str]:
        """Free all contexts in use, and return the browser errors since they were borrowed."""
        while self._once:
            self._once.pop().close()
        while self._in_use:
            kind, window = self._in_use.pop()
            if window.uses < USES:
                window.clear()
                self._idle[kind].append(window)
            else:
                window.context.close()
        mistakes = [] if self._are_expected else list(self._mistakes)
        self._mistakes.clear()
        self._are_expected = False
        return mistakes

    def _open(self, trusts_anybody: bool) -> Window:
        context = self._browser.new_context(
            viewport={"width": WIDE, "height": HEIGHT}, ignore_https_errors=trusts_anybody
        )
        anchor = context.new_page()
        anchor.route("**/*", lambda route: route.fulfill(content_type="text/html", body=""))
        anchor.goto(f"{'https' if trusts_anybody else 'http'}://127.0.0.1/")
        return Window(self._watched(context), anchor, context.new_cdp_session(anchor))

    def _watched(self, context: BrowserContext) -> BrowserContext:
        context.set_default_timeout(1_000 * STUCK)
        context.on("request", self._watch)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._note(error.page, str(error.error)))
        return context

    def _hear(self, message: ConsoleMessage) -> None:
        if message.page is None or message.page.is_closed():
            return  # a late message from the previous test, whose server may since have stopped
        # On a page that has a path, Streamlit first looks for its server below that path, and gets a 404.
        if message.type == "error" and not re.search("/[a-z-]+/_stcore/", message.location["url"]):
            self._note(message.page, message.text)

    def _note(self, page: Page | None, mistake: str) -> None:
        self._mistakes.append(f"{urlsplit(page.url).path}: {mistake}" if page else mistake)

    def _watch(self, request: Request) -> None:
        if not re.match(r"(http|ws)s?://127\.0\.0\.1:\d+/|data:|blob:", request.url):
            self._mistakes.append(f"A page sent a request to {request.url}.")


def open_page(context: BrowserContext, *, width: int = WIDE, mode: Mode = "light") -> Page:
    """Open a new tab of this width, in light or dark mode."""
    page = context.new_page()
    if width != WIDE:
        page.set_viewport_size({"width": width, "height": HEIGHT})
    if mode != "light":
        page.emulate_media(color_scheme=mode)
    return page
