"""The demo's mailbox in a browser: messages are readable at any width, and nothing in one runs, loads or leads
elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from semantic.display.messages.blocks import Button, Footer, Headline, Link
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.transport.hand_over import hand_over
from semantic.transport.manage import send_for_test
from tests.browser.conftest import Cookies
from tests.browser.screen import OpenAs, check_page_on_every_screen, scrolls_sideways, title
from tests.browser.warm import warm_server
from tests.browser.windows import NARROW
from tests.pages.api_world import ANA
from tests.semantic.transport.sending_world import build_world, person, sending


def hostile(elsewhere: str) -> str:
    """Return a message that tries every attack.

    If one works, it sets `window.pwned`, or sends a request to `elsewhere`.
    """
    evil = f"{elsewhere}/evil"
    return f"""<!doctype html><html><head><base target="_self">
<meta http-equiv="refresh" content="0;url={evil}/meta">
<link rel="stylesheet" href="{evil}/style.css"><style>@import url({evil}/import.css);
body {{ background: url({evil}/background.png) }}</style></head>
<body onload="top.pwned=1"><script>top.pwned=1</script><script src="{evil}/x.js"></script>
<img src="{evil}/pixel.png" onerror="top.pwned=1"><svg onload="top.pwned=1"></svg>
<iframe src="{evil}/frame"></iframe><object data="{evil}/object"></object>
<form action="{evil}/form"><button>Pay now</button></form>
<a href="javascript:top.pwned=1">Script</a> <a href="{evil}/top" target="_top">Top</a>
<p>The end of it</p></body></html>"""


@dataclass(frozen=True, slots=True)
class Box:
    """The demo's address, another server's address, and the paths requested from the other server."""

    at: str
    elsewhere: str
    asked: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A demo whose mailbox has an ordinary message and a hostile one for Ana."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing, because the tests look at `asked`."""

    folder = tmp_path_factory.mktemp("mailbox")
    build_world(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    elsewhere = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        _fill(folder, elsewhere)
        settings = {
            "SAMEPAGE_DEMO": "1", "SAMEPAGE_DATA": str(folder / "orders.duckdb"),
            "SAMEPAGE_MODEL": str(folder / "model"), "SAMEPAGE_STORE": str(folder / "own/store.sqlite"),
            "SAMEPAGE_AUDIT_KEY_FILE": str(folder / "own/audit.key"),
        }  # fmt: skip
        with warm_server(folder / "log", port=0, script="app.py", **settings) as port:
            yield Box(f"http://127.0.0.1:{port}", elsewhere, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _fill(folder: Path, elsewhere: str) -> None:
    with sending(folder, folder / "own", demo=True) as live:
        to = person(live, ANA, "ana@demo.example")
        footer = Footer(("Data to 28 Nov", ("You subscribed. ", Link("Unsubscribe", f"{elsewhere}/u/abc"))))
        blocks = (Headline("Revenue fell in Germany."), Button("Open board", f"{elsewhere}/board"), footer)
        letter = write_letter(MessageContent(title="Executive summary", blocks=blocks))
        for message in (letter, replace(letter, subject="Hostile", html=hostile(elsewhere))):
            hand_over(live, send_for_test(live, to.recipient), to, message)


def _open(page: Page, subject: str) -> None:
    page.get_by_role("button", name=subject).click()


def test_a_message_is_found_read_and_its_links_open_a_new_tab(open_as: OpenAs, box: Box) -> None:
    page = open_as("metrics", person="Ana", at=box.at)
    title(page, "Metrics")
    page.get_by_role("button", name="Ana Ribeiro").click()
    page.get_by_role("menuitem", name="Mailbox").click()
    title(page, "Mailbox")
    _open(page, "Revenue fell in Germany")
    letter = page.frame_locator("iframe[title='Revenue fell in Germany']")
    expect(letter.get_by_text("Revenue fell in Germany.").first).to_be_visible()
    for name, path in (("Open board", "/board"), ("Unsubscribe", "/u/abc")):
        with page.context.expect_page() as opened:
            letter.get_by_role("link", name=name).click()
        expect(opened.value).to_have_url(f"{box.elsewhere}{path}")
        assert opened.value.evaluate("window.opener") is None
        opened.value.close()
    assert box.asked.count("/u/abc") == 1
    check_page_on_every_screen(page)
    with page.expect_download() as download:
        page.get_by_role("radio", name="Original").click()
        page.get_by_role("button", name="Download").click()
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"Content-Type: multipart/alternative")
    assert b"\r\nSubject: Revenue fell in Germany\r\n" in content


def test_on_a_phone_a_message_replaces_the_list(open_as: OpenAs, box: Box) -> None:
    page = open_as("mailbox", person="Ana", at=box.at, width=NARROW)
    row = page.get_by_role("button", name="Revenue fell in Germany")
    expect(row).to_be_visible()
    expect(page.get_by_text("No message is open")).to_be_hidden()
    row.click()
    letter = page.frame_locator("iframe[title='Revenue fell in Germany']")
    expect(letter.get_by_role("link", name="Open board")).to_be_visible()
    expect(row).to_be_hidden()
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="All messages").click()
    expect(row).to_be_visible()


def test_nothing_in_a_message_runs_loads_or_leads_away(chromium: Browser, cookies_of: Cookies, box: Box) -> None:
    context = chromium.new_context()  # not one that fails the test if the browser reports what it blocked
    try:
        cookies = cookies_of(box.at, "Ana")
        context.add_cookies([{"name": name, "value": value, "url": box.at} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(f"{box.at}/mailbox")
        _open(page, "Hostile")
        frame = page.frame_locator("iframe[title='Hostile']")
        expect(frame.get_by_text("The end of it")).to_be_visible()
        frame.get_by_role("button", name="Pay now").click()
        frame.get_by_role("link", name="Top").click()
        frame.get_by_role("link", name="Script").click()
        page.get_by_role("radio", name="Plain text").click()
        expect(page.get_by_text("Executive summary").first).to_be_visible()
        assert page.evaluate("window.pwned") is None
        assert page.url.startswith(f"{box.at}/mailbox")
        assert [path for path in box.asked if path.startswith("/evil")] == []
    finally:
        context.close()
