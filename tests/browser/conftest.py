"""Fixtures of all browser tests: one demo server over one small company, one browser, and people who are signed in."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from semantic.query.codec import query_to_params
from semantic.query.query import Query
from tests.browser.bakery import Bakery, open_bakery
from tests.browser.boards_screen import publish, template_board, two_tab_board
from tests.browser.screen import Ask, OpenAs, Visit
from tests.browser.visitor import Browser as Visitor
from tests.browser.warm import warm_server
from tests.browser.windows import FLAGS, WIDE, Mode, Windows, open_page
from tests.companies import current_company
from tests.waiting import STUCK

expect.set_options(timeout=1_000 * STUCK)

Cookies = Callable[..., Mapping[str, str]]


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo server over a small company."""
    data = current_company(tmp_path_factory)
    log = tmp_path_factory.mktemp("server") / "log"
    with warm_server(log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser that all these tests use, closed before other suites, because its event loop would conflict with
    theirs.
    """
    with sync_playwright() as driver:
        path = os.environ.get("SAMEPAGE_BROWSER", "/usr/bin/chromium")
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS), timeout=1_000 * STUCK)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def all_windows(chromium: Browser) -> Windows:
    return Windows(chromium)


@pytest.fixture
def windows(all_windows: Windows) -> Iterator[Windows]:
    """Browser contexts that record errors. A test with errors fails."""
    yield all_windows
    assert all_windows.release_all() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the text of every open page to the report of a failed test."""
    report = yield
    windows: Windows | None = getattr(item, "funcargs", {}).get("windows")
    if report.when == "call" and report.failed and windows is not None:
        report.sections += [(f"shown by {page.url}", text_of(page)) for page in windows.pages()]
    return report


def text_of(page: Page) -> str:
    """Return the visible text of a page, and whether it is running."""
    try:
        return str(page.evaluate(SHOWN))
    except Error as error:  # the page is closed or stuck, and the test's own failure matters more
        return str(error)


SHOWN = """() => {
  const app = document.querySelector(".stApp")
  const state = `${app?.dataset.testScriptState}, ${app?.dataset.testConnectionState}`
  return `${state}\n${document.body.innerText.slice(0, 4000)}`
}"""


@pytest.fixture(scope="package")
def cookies_of() -> Cookies:
    """The cookies of people who signed in to a server: shared by all tests, or from a test's `own_sign_in`."""
    known: dict[tuple[str, str], Mapping[str, str]] = {}

    def cookies(address: str, person: str, *, own_sign_in: bool = False) -> Mapping[str, str]:
        if own_sign_in or (address, person) not in known:
            visitor = Visitor(urlsplit(address).port or 80)
            answer = visitor.sign_in(person=person)
            assert answer.status == 303, f"{person} could not sign in: {answer.status} {answer.body[:300]}"
            if own_sign_in:
                return visitor.cookies
            known[address, person] = visitor.cookies
        return known[address, person]

    return cookies


@pytest.fixture
def open_as(windows: Windows, cookies_of: Cookies, request: pytest.FixtureRequest) -> OpenAs:
    """Opens a page as a person who is signed in."""

    def open_signed_in(
        path: str = "",
        *,
        person: str = "Ana",
        width: int = WIDE,
        mode: Mode = "light",
        at: str = "",
        own_sign_in: bool = False,
    ) -> Page:
        server = at or request.getfixturevalue("address")
        context = windows.borrow()
        cookies = cookies_of(server, person, own_sign_in=own_sign_in)
        context.add_cookies([{"name": name, "value": value, "url": server} for name, value in cookies.items()])
        page = open_page(context, width=width, mode=mode)
        page.goto(f"{server}/{path}")
        return page

    return open_signed_in


@pytest.fixture
def visit(open_as: OpenAs) -> Visit:
    """Opens a question in Explore as a person who is signed in."""

    def open_question(
        asked: Query | None = None, *, person: str = "Ana", width: int = WIDE, mode: Mode = "light"
    ) -> Page:
        page = open_as(f"explore?{parameters_of(asked)}", person=person, width=width, mode=mode)
        expect(page.locator(".st-key-run button")).to_be_attached()  # folded away on a phone
        return page

    return open_question


@pytest.fixture(scope="package")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bakery]:
    """A second server, over a small bakery, with questions that can take any time."""
    with open_bakery(tmp_path_factory.mktemp("bakery"), timeout_seconds=600) as opened:
        yield opened


@pytest.fixture
def ask(open_as: OpenAs, bakery: Bakery) -> Ask:
    """Opens a question about the bakery by its link, as a signed-in person. `own_sign_in` makes a separate sign-in."""

    def open_question(
        asked: Query | None = None, *, person: str = "Ada", width: int = WIDE, at: str = "", own_sign_in: bool = False
    ) -> Page:
        path = f"explore?{parameters_of(asked)}"
        return open_as(path, person=person, width=width, at=at or bakery.address, own_sign_in=own_sign_in)

    return open_question


def parameters_of(asked: Query | None) -> str:
    return urlencode(query_to_params(asked), doseq=True) if asked else ""


@pytest.fixture(scope="module")
def board(address: str) -> str:
    """The id of a board that everyone can read, in the store of the server at `address`."""
    assert address
    return publish(two_tab_board())


@pytest.fixture(scope="module")
def summary(address: str) -> str:
    """The id of a board that is exactly the template, without changes."""
    assert address
    return publish(template_board("executive_summary"))
