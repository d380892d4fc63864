"""Sign-in with a provider as in production: two processes over one store, behind the proxy of deploy/, over TLS."""

from __future__ import annotations

import json
import secrets
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.proxy import make_certificate, started_proxy, write_tls_proxy
from tests.browser.screen import COMPUTED, title, wait_for_reconnection, wait_until_idle
from tests.browser.visitor import Browser, Process, free_port
from tests.browser.warm import warm_process
from tests.browser.windows import Windows
from tests.companies import current_company
from tests.provider import CLIENT, SECRET, TestProvider, running_provider
from tests.semantic.store.stores import address
from tests.waiting import STUCK, until

COOKIE = "__Host-samepage"
QUESTION = "explore?m=orders"
OLD = 3  # seconds after which the provider is asked again
VIOLATIONS = """addEventListener('securitypolicyviolation', event => {
    // A library of Streamlit's asks whether it may compile, and does without where it may not.
    if (event.blockedURI !== 'wasm-eval') console.error(`${event.violatedDirective} ${event.blockedURI}`) })"""


@dataclass
class Deployed:
    """The address that people use, and the two processes behind it.

    `ways` are browser names that the proxy routes to each process.
    """

    provider: TestProvider
    address: str
    plain: str
    ports: list[int]
    access: Path
    certificate: Path
    logs: list[Path]
    start: Callable[[int], Process]
    processes: list[Process] = field(default_factory=list[Process])
    ways: list[str] = field(default_factory=list[str])

    def lead(self, context: BrowserContext, number: int) -> None:
        """Make the proxy route this browser to one of the processes from now on."""
        context.add_cookies([{"name": "samepage_way", "value": self.ways[number], "url": self.address, "secure": True}])

    def served(self, path: str) -> int:
        """Return the number of the process that last answered a request for this path."""

        def answered_by() -> list[str]:
            lines = [json.loads(line) for line in self.access.read_text().rpartition("\n")[0].splitlines()]
            return [line["process"] for line in lines if line["path"] == path]

        until(answered_by, f"the proxy to log {path}")  # it logs after answering
        return self.ports.index(int(answered_by()[-1].rpartition(":")[2]))

    def serving(self) -> int:
        """Return the number of the process that last ran a page."""
        last: list[str] = []
        for log in self.logs:
            lines = [json.loads(line) for line in log.read_text().rpartition("\n")[0].splitlines() if line[:1] == "{"]
            last.append(max((line["time"] for line in lines if line["event"] == "page"), default=""))
        return last.index(max(last))

    def leads_to(self, way: str) -> int:
        """Return the number of the process to which the proxy now sends a browser with this cookie."""
        path = f"/look/{secrets.token_hex(8)}"
        trusting = ssl.create_default_context(cafile=str(self.certificate))
        connection = HTTPSConnection("127.0.0.1", urlsplit(self.address).port, timeout=STUCK, context=trusting)
        connection.request("GET", path, headers={"Cookie": f"samepage_way={way}"})
        connection.getresponse().read()
        connection.close()
        return self.served(path)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    data = current_company(tmp_path_factory)
    logs = [folder / "0.log", folder / "1.log"]
    port, plain, ports = free_port(), free_port(), [free_port(), free_port()]
    certified = make_certificate(folder)
    configuration = write_tls_proxy(folder / "proxy", port, plain, certified, ports)
    with ExitStack() as opened:
        store = opened.enter_context(address("postgresql", folder))
        where = (folder / "provider", (free_port(), free_port()), [f"https://127.0.0.1:{port}"], certified.certificate)
        provider = opened.enter_context(running_provider(*where))
        (folder / "store").write_text(f"{store}\n")
        (folder / "settings.toml").write_text(_settings(provider, f"https://127.0.0.1:{port}"))
        environment = {
            "SAMEPAGE_DEMO": "0", "SAMEPAGE_DATA": str(data), "SAMEPAGE_STORE": f"file:{folder / 'store'}",
            "SAMEPAGE_LOG": "json", "SAMEPAGE_SETTINGS": str(folder / "settings.toml"), "CLIENT_SECRET": SECRET,
            "SAMEPAGE_AUDIT_KEY": "a key that only these two processes know",
            "SAMEPAGE_COOKIE_SECRET": "a secret that only these two processes know",
        }  # fmt: skip

        def start(number: int) -> Process:
            return opened.enter_context(warm_process(logs[number], port=ports[number], **environment))

        access, certificate = folder / "proxy" / "access.log", certified.certificate
        addresses = (f"https://127.0.0.1:{port}", f"http://127.0.0.1:{plain}")
        deployed = Deployed(provider, *addresses, ports, access, certificate, logs, start)
        deployed.processes = [start(0), start(1)]
        opened.enter_context(started_proxy(configuration, port))
        deployed.ways = _ways(deployed)
        yield deployed
    for log in logs:
        text = log.read_text()
        assert "Traceback" not in text
        assert SECRET not in text


def _settings(provider: TestProvider, where: str) -> str:
    return f"""
[sign_in]
address = "{where}"
renew_minutes = {OLD / 60}
[sign_in.providers.full]
label = "Full"
metadata = "{provider.full}/.well-known/openid-configuration"
client_id = "{CLIENT}"
client_secret = "env:CLIENT_SECRET"
scopes = "openid email profile groups offline_access"
[sign_in.providers.full.roles]
steward = ["mk-mops"]
marketer = ["mk-marketing"]
"""


def _ways(deployed: Deployed) -> list[str]:
    """Return a browser name for each process: random names, tried until the proxy has routed one to each process."""
    cookies_by_port = dict[int, str]()
    while len(cookies_by_port) < len(deployed.ports):
        way = b64encode(secrets.token_bytes(16)).decode()
        cookies_by_port[deployed.leads_to(way)] = way
    return [cookies_by_port[0], cookies_by_port[1]]


def sign_in(deployed: Deployed, context: BrowserContext, person: str, *, to: int, back_to: int | None = None) -> Page:
    """Return a tab of a person who signs in from one process, and returns from the provider to the same process or the
    other.
    """
    page = context.new_page()
    deployed.lead(context, to)
    page.goto(f"{deployed.address}/{QUESTION}")
    page.get_by_role("button", name="Sign in with Full", exact=True).click()
    expect(page.locator("#person")).to_be_visible()
    deployed.lead(context, to if back_to is None else back_to)
    page.locator("#person").fill(person)
    page.locator("#go").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    return page


def is_out(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in with Full", exact=True)).to_be_visible()


def test_over_tls_a_sign_in_begun_in_one_process_ends_in_the_other(deployed: Deployed, windows: Windows) -> None:
    context = windows.borrow_new(trusts_anybody=True)
    context.add_init_script(VIOLATIONS)
    asked, said, sockets = list[str](), list[str](), list[str]()
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    context.on("page", lambda page: page.on("websocket", lambda socket: sockets.append(socket.url)))
    page = sign_in(deployed, context, "mia", to=0, back_to=1)
    expect(page.get_by_text("Signed in as Mia Marketer, marketer.")).to_be_visible()
    assert (deployed.served("/auth/sign-in"), deployed.served("/auth/callback")) == (0, 1)
    assert page.url.removesuffix("&v=1") == f"{deployed.address}/{QUESTION}"

    (cookie,) = [each_cookie for each_cookie in context.cookies(deployed.address) if each_cookie.get("name") == COOKIE]
    flags = [cookie.get(name) for name in ("secure", "httpOnly", "sameSite", "path", "domain")]
    assert flags == [True, True, "Lax", "/", "127.0.0.1"]
    # The provider is on this machine too, without TLS, and has its own cookies.
    theirs = {f"session{urlsplit(deployed.provider.full).port}{end}" for end in ("", ".sig")}
    ours = [cookie for cookie in context.cookies(deployed.address) if cookie.get("name") not in theirs]
    assert len(ours) == 4
    assert all(cookie.get("secure") for cookie in ours)
    answer = page.goto(f"{deployed.plain}/{QUESTION}")
    assert answer is not None
    assert answer.header_value("strict-transport-security") == "max-age=31536000"
    assert page.url.startswith(f"{deployed.address}/explore?")
    expect(page.get_by_text("Signed in as Mia Marketer, marketer.")).to_be_visible()

    assert set(sockets) == {f"wss://{urlsplit(deployed.address).netloc}/_stcore/stream"}
    without = {url.partition("?")[0] for url in asked if not url.startswith(f"{deployed.address}/")}
    elsewhere = {url for url in without if not url.startswith((deployed.provider.full, "data:", "blob:"))}
    assert elsewhere == {f"{deployed.plain}/explore"}  # the address that was typed
    assert not [text for text in said if "Mixed Content" in text]


@pytest.mark.proof
def test_signing_out_everywhere_in_one_process_ends_the_tabs_of_the_other(deployed: Deployed, windows: Windows) -> None:
    first = sign_in(deployed, windows.borrow(trusts_anybody=True), "mia", to=0)
    second = sign_in(deployed, windows.borrow(trusts_anybody=True), "mia", to=1)
    first.goto(f"{deployed.address}/sign-ins")
    first.get_by_role("button", name="Sign out everywhere").click()
    is_out(first)
    is_out(second)  # which no one touched


@pytest.mark.proof
def test_a_logout_at_the_provider_reaches_both_processes(deployed: Deployed, windows: Windows) -> None:
    context = windows.borrow(trusts_anybody=True)
    page = sign_in(deployed, context, "omar", to=0)
    deployed.lead(context, 1)
    other = context.new_page()
    other.goto(f"{deployed.address}/metrics")
    expect(other.get_by_text("Signed in as Omar Ops, steward.")).to_be_visible()
    assert (deployed.served("/explore"), deployed.served("/metrics")) == (0, 1)
    assert "error" not in deployed.provider.turn(announce="omar")[-1]
    for tab in (page, other):  # one of the processes was notified directly, and the other through the store
        locator = tab.get_by_role("heading", name="Full no longer confirms your sign-in")
        expect(locator).to_be_visible()


@pytest.mark.proof
def test_another_process_shows_the_persons_own_view_without_a_frame(deployed: Deployed, windows: Windows) -> None:
    """View-as sessions are kept per process. On another process, people must notice that they see their own view."""
    context = windows.borrow(trusts_anybody=True)
    sign_in(deployed, windows.borrow(trusts_anybody=True), "mia", to=0)
    page = sign_in(deployed, context, "omar", to=0)
    page.goto(f"{deployed.address}/access")
    page.get_by_role("tab", name="View as").click()
    page.get_by_role("button", name="View as Mia Marketer").click()
    bar, export = page.locator(".st-key-viewing"), page.get_by_role("button", name="Export")
    expect(bar).to_contain_text("Viewing as Mia Marketer.")
    for process, views in ((0, True), (1, False), (0, True)):
        deployed.lead(context, process)
        page.goto(f"{deployed.address}/{QUESTION}")
        expect(export).to_be_enabled(enabled=not views)
        expect(bar).to_have_count(int(views))
        expect(page.get_by_text(COMPUTED)).to_be_visible()
        # Mia has no markets, so she sees no order at all, and Omar all of them.
        expect(page.locator(".st-key-page-scope")).to_have_count(int(views))
        assert deployed.served("/explore") == process


@pytest.mark.proof
def test_two_processes_ask_the_provider_only_once(deployed: Deployed, windows: Windows) -> None:
    context = windows.borrow(trusts_anybody=True)
    page = sign_in(deployed, context, "lou", to=0)
    token = next(
        cookie.get("value", "") for cookie in context.cookies(deployed.address) if cookie.get("name") == COOKIE
    )
    browsers = [Browser(port, {COOKIE: token}) for port in deployed.ports]

    def asks_again(times: int) -> bool:
        with ThreadPoolExecutor(2) as both:
            for seen in both.map(lambda browser: browser.open("explore", "m=orders"), browsers):
                assert "Explore" in seen.pages
        return len(_refreshed(deployed, "lou")) >= times

    until(lambda: asks_again(3), "the third request to the provider")
    moments = _refreshed(deployed, "lou")
    assert all(later - earlier >= 1_000 * OLD for earlier, later in pairwise(moments)), moments
    assert not [entry for entry in deployed.provider.log() if entry["did"] == "grant.error"]
    page.reload()
    expect(page.get_by_text("Signed in as Lou Lean, marketer.")).to_be_visible()


def test_a_person_stays_signed_in_when_their_process_is_killed(deployed: Deployed, windows: Windows) -> None:
    windows.expect_mistakes()  # the tab loses its server process
    page = sign_in(deployed, windows.borrow(trusts_anybody=True), "mia", to=0)
    wait_until_idle(page)
    hers = deployed.serving()
    with wait_for_reconnection(page):
        deployed.processes[hers].kill()
    page.get_by_role("link", name="Metrics").first.click()  # without a reload
    title(page, "Metrics")
    expect(page.get_by_text("Signed in as Mia Marketer, marketer.")).to_be_visible()
    page.goto(f"{deployed.address}/{QUESTION}")
    expect(page.get_by_text("Signed in as Mia Marketer, marketer.")).to_be_visible()
    assert deployed.served("/explore") == 1 - hers
    deployed.processes[hers] = deployed.start(hers)
    until(lambda: deployed.leads_to(deployed.ways[hers]) == hers, "the proxy to use the restarted process again")


def _refreshed(deployed: Deployed, person: str) -> list[int]:
    """Return the times of all requests to refresh a person's claims, in milliseconds."""
    log = deployed.provider.log()
    return [entry["at"] for entry in log if entry["did"] == "refresh_token" and entry["person"] == person]
