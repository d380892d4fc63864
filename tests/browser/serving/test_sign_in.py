"""A company's people sign in with a real provider in a real browser: signing in, errors and signing out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.visitor import Answer, Browser, free_port
from tests.browser.warm import warm_server
from tests.browser.windows import Windows
from tests.companies import current_company
from tests.provider import CLIENT, SECRET, TestProvider, Visitor, running_provider
from tests.waiting import until

COOKIE = "samepage"
QUESTION = "explore?m=orders"
NOT_RENEWED = "A sign-in couldn't be renewed."


@dataclass(frozen=True, slots=True)
class Company:
    """Two servers over one store, with one provider for sign-in.

    `first` asks the provider again after a quarter of an hour, and is notified when sign-ins end. `second` asks again
    after a second, and logs to `log`.
    """

    provider: TestProvider
    first: str
    second: str
    log: Path

    def begins_at_provider(self, server: str, provider: str) -> bool:
        """Return whether a server sends a person who signs in to the provider, rather than back because the provider is
        down.
        """
        answer = Browser(_port(server)).get(f"/auth/sign-in?provider={provider}&next=/explore")
        return answer.headers["location"].startswith(getattr(self.provider, provider))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("sign_in")
    data = current_company(tmp_path_factory)
    ports, (first, second) = (free_port(), free_port()), (free_port(), free_port())
    apps = [f"http://127.0.0.1:{port}" for port in (first, second)]
    environment = {
        "SAMEPAGE_DEMO": "0",
        "SAMEPAGE_DATA": str(data),
        "SAMEPAGE_STORE": str(folder / "store.sqlite"),
        "SAMEPAGE_AUDIT_KEY": "a key that only this test and its servers know",
        "SAMEPAGE_COOKIE_SECRET": "a secret that only this test and its servers know",
        "CLIENT_SECRET": SECRET,
    }

    def settings(port: int, minutes: float) -> str:
        file = folder / f"{port}.toml"
        file.write_text(_settings(provider, f"http://127.0.0.1:{port}", minutes))
        return str(file)

    with (
        running_provider(folder / "provider", ports, apps) as provider,
        warm_server(folder / "1", port=first, SAMEPAGE_SETTINGS=settings(first, 15), **environment),
        warm_server(folder / "2", port=second, SAMEPAGE_SETTINGS=settings(second, 0.02), **environment),
    ):
        yield Company(provider, *apps, log=folder / "2")
        # Every failure leads to a page and a log line, and is never our own error.
        for log in ("1", "2"):
            assert "Traceback" not in (folder / log).read_text()
            assert SECRET not in (folder / log).read_text()


def _settings(provider: TestProvider, address: str, minutes: float) -> str:
    scopes = {"full": "openid email profile groups offline_access", "lean": "openid email profile groups"}
    stewards = {"full": '["mk-mops", "mk-desk"]', "lean": '["mk-mops"]'}
    tables = [
        f"""
[sign_in.providers.{name}]
label = "{name.capitalize()}"
metadata = "{getattr(provider, name)}/.well-known/openid-configuration"
client_id = "{CLIENT}"
client_secret = "env:CLIENT_SECRET"
scopes = "{scopes[name]}"
domains = ["example.test"]
[sign_in.providers.{name}.roles]
marketer = ["mk-marketing"]
steward = {stewards[name]}
administrator = ["samepage-admins"]
[sign_in.providers.{name}.attributes]
markets = "markets"
"""
        for name in ("full", "lean")
    ]
    return f"""
[sign_in]
address = "{address}"
renew_minutes = {minutes}
contact = "the help desk"
{"".join(tables)}
"""


@pytest.fixture
def context(windows: Windows) -> BrowserContext:
    return windows.borrow()


def go_to_provider(page: Page, address: str, label: str = "Full") -> None:
    page.goto(address)
    press_sign_in(page, label)


def press_sign_in(page: Page, label: str = "Full") -> None:
    page.get_by_role("button", name=f"Sign in with {label}", exact=True).click()
    expect(page.locator("#person")).to_be_visible()


def be(page: Page, person: str) -> None:
    page.locator("#person").fill(person)
    page.locator("#go").click()


def sign_in(page: Page, address: str, person: str, label: str = "Full") -> None:
    go_to_provider(page, address, label)
    be(page, person)


def line(page: Page, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text)).to_be_visible()


def at(page: Page, address: str) -> None:
    """Check that the browser is at this address. A page may have added the version of the question format to it."""
    assert page.url.removesuffix("&v=1") == address


# The ways in


@pytest.mark.proof
def test_a_person_who_opens_a_link_signs_in_and_gets_its_question(company: Company, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{company.first}/{QUESTION}")
    title(page, "Samepage")
    expect(page.get_by_role("button", name=re.compile("^Sign in with"))).to_have_count(2)
    press_sign_in(page)
    be(page, "mia")
    line(page, "Signed in as Mia Marketer, marketer.")
    at(page, f"{company.first}/{QUESTION}")
    cookie = next(candidate for candidate in context.cookies(company.first) if candidate.get("name") == COOKIE)
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Lax", "/")
    assert len(cookie.get("value", "")) < 200  # the claims aren't in it
    authorized = [entry for entry in company.provider.log() if entry["did"] == "authorized"]
    assert authorized[-1]["challenge"] == "S256"


@pytest.mark.proof
def test_two_tabs_sign_in_at_once(company: Company, context: BrowserContext) -> None:
    one, two = context.new_page(), context.new_page()
    go_to_provider(one, f"{company.first}/{QUESTION}")
    go_to_provider(two, f"{company.first}/metrics")
    be(one, "mia")
    line(one, "Signed in as Mia Marketer, marketer.")
    be(two, "mia")
    line(two, "Signed in as Mia Marketer, marketer.")
    title(one, "You signed in again in another tab")
    at(one, f"{company.first}/{QUESTION}")
    at(two, f"{company.first}/metrics")
    one.reload()
    line(one, "Signed in as Mia Marketer, marketer.")


def test_two_sign_ins_begun_in_one_browser_each_end_at_their_page(company: Company) -> None:
    browser, at_provider = Browser(_port(company.first)), Visitor()
    browser.get("/")
    backs = [
        back_of(company, browser, "mia", f"/{quote(page)}", at_provider=at_provider) for page in (QUESTION, "metrics")
    ]
    tokens: list[str] = []
    for back, page in zip(backs, (QUESTION, "metrics"), strict=True):
        assert browser.get(back).headers["location"] == f"/{page}"
        tokens.append(browser.cookies[COOKIE])
        assert len(tokens[-1]) < 200  # the claims aren't in it
        assert "Signed in as Mia Marketer, marketer." in browser.open("explore").text
    earlier = Browser(_port(company.first), {COOKIE: tokens[0]})
    assert "You signed in again in another tab" in earlier.open("explore").text


def test_a_person_with_eight_hundred_groups_can_sign_in(company: Company) -> None:
    browser = Browser(_port(company.first))
    come_in(company, browser, "big")
    for _ in range(2):
        assert "Signed in as Bea Big, marketer." in browser.open("explore").text


def test_a_person_without_a_role_sees_why(company: Company) -> None:
    browser = Browser(_port(company.first))
    come_in(company, browser, "noa")
    seen = browser.open("explore", "m=orders")
    assert "You don't have a role yet" in seen.text
    assert "Ask the help desk to add you" in seen.text
    assert "Explore" not in seen.pages


def test_a_group_grants_only_what_its_own_provider_gives_it(company: Company) -> None:
    """A person at the other provider is in a group with the same name as the stewards' group at the first."""
    claims = {"email_verified": True, "groups": ["mk-desk"]}
    company.provider.turn(people={person: {"email": f"{person}@example.test", **claims} for person in ("eve", "abe")})
    eve, abe = Browser(_port(company.first)), Browser(_port(company.first))
    come_in(company, eve, "eve", "lean")
    assert "You don't have a role yet" in eve.open("explore").text
    come_in(company, abe, "abe")
    assert "Definitions" in abe.open("explore").pages


# What goes wrong


def test_a_person_who_is_denied_sees_why_on_the_page_they_opened(company: Company) -> None:
    browser = Browser(_port(company.first))
    company.provider.turn(deny=True)
    try:
        assert come_in(company, browser, "mia") == "/explore?m=orders"
    finally:
        company.provider.turn(deny=False)
    seen = browser.open("explore", "m=orders")
    assert "Full denied the sign-in" in seen.text
    assert "words of the provider" not in seen.text
    assert set(seen.pages) == {"Sign in"}
    come_in(company, browser, "mia")
    assert "Signed in as Mia Marketer, marketer." in browser.open("explore", "m=orders").text


def test_a_provider_that_is_down_is_reported_and_can_be_retried(company: Company) -> None:
    browser = Browser(_port(company.first))
    company.provider.turn(down="/token")
    try:
        assert come_in(company, browser, "mia") == f"/{QUESTION}"
        seen = browser.open("explore", "m=orders")
    finally:
        company.provider.turn(down=False)
    assert "Full isn't responding" in seen.text
    assert "ask the help desk" in seen.text
    assert set(seen.pages) == {"Sign in"}
    assert come_in(company, browser, "mia") == f"/{QUESTION}"
    assert "Signed in as Mia Marketer, marketer." in browser.open("explore", "m=orders").text


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ("una", "Your email address isn't verified"),
        ("rob", "Your email, rob@rival.test, isn't in a domain that can sign in this way"),
        ("ove", "You're in more groups than your provider can send"),
        ("mimi", "Another account has signed in here as mia@example.test before"),
    ],
)
def test_a_person_who_cannot_sign_in_sees_why(company: Company, person: str, says: str) -> None:
    browser = Browser(_port(company.first))
    come_in(company, Browser(_port(company.first)), "mia")
    answer = come_in(company, browser, person)
    assert COOKIE not in browser.cookies
    assert answer == "/explore?m=orders"
    seen = browser.open("explore", "m=orders")
    assert says in seen.text
    assert set(seen.pages) == {"Sign in"}


def test_an_unsolicited_callback_signs_no_one_in(company: Company) -> None:
    browser, other = Browser(_port(company.first)), Browser(_port(company.first))
    browser.get("/")
    back = come_back(company, other, "mia")
    for address in ("/auth/callback", "/auth/callback?state=x&code=y", back):
        answer = browser.get(address)
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert COOKIE not in browser.cookies
        assert "That sign-in expired or was already used" in browser.open().text
    assert other.get(back.replace("state=", "state=A")).headers["location"] == "/"
    assert COOKIE not in other.cookies
    assert other.get(back.replace("iss=", "iss=https%3A%2F%2Fevil.example.com")).status == 303
    assert COOKIE not in other.cookies
    assert "verify that sign-in" in other.open().text


def test_a_callback_works_once_and_people_who_are_signed_in_stay_signed_in(company: Company) -> None:
    browser = Browser(_port(company.first))
    back = come_back(company, browser, "mia")
    assert browser.get(back).headers["location"] == "/explore?m=orders"
    token = browser.cookies[COOKIE]
    assert browser.get(back).headers["location"] == "/"
    assert browser.cookies[COOKIE] == token
    assert "Explore" in browser.open("explore").pages


def test_each_sign_in_has_its_own_token_and_ends_the_previous_one(company: Company) -> None:
    browser = Browser(_port(company.first))
    browser.cookies[COOKIE] = "chosen by somebody else"
    come_in(company, browser, "mia")
    first = browser.cookies[COOKIE]
    assert first != "chosen by somebody else"
    come_in(company, browser, "mia")
    assert browser.cookies[COOKIE] != first
    assert set(Browser(_port(company.first), {COOKIE: first}).open("explore").pages) == {"Sign in"}


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/auth/sign-out"])
def test_sign_in_leads_to_no_other_site(company: Company, target: str) -> None:
    browser = Browser(_port(company.first))
    assert browser.get(back_of(company, browser, "mia", target)).headers["location"] == "/"


def test_a_browser_without_cookies_gets_a_message(company: Company) -> None:
    seen = Browser(_port(company.first)).open("explore", "m=orders")
    assert "Signing in needs cookies" in seen.text


def test_no_other_address_signs_anyone_in_or_out(company: Company) -> None:
    browser = Browser(_port(company.first))
    for path in (
        "/auth/login",
        "/auth/logout",
        "/auth/ended",
        "/auth/x",
        "/oauth2callback",
        "/demo/sign-in",
        "/demo/sign-out",
    ):
        assert browser.get(path).status == 404, path


def test_another_site_cannot_start_a_sign_in(company: Company) -> None:
    address = "/auth/sign-in?provider=full&next=/explore"
    answer = Browser(_port(company.first)).get(address, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, answer.headers["location"]) == (303, "/explore")
    assert answer.cookies.keys() <= {"samepage_visit"}


def test_another_host_redirects_to_the_sign_in_address(company: Company) -> None:
    browser = Browser(_port(company.first))
    headers = {"Host": f"localhost:{_port(company.first)}"}
    answer = browser.get("/explore?m=orders", headers=headers)
    assert (answer.status, answer.headers["location"]) == (307, f"{company.first}/explore?m=orders")
    assert browser.get("/_stcore/health", headers=headers | {"Accept": "*/*"}).status == 200
    assert browser.get("/explore", headers=headers | {"X-Forwarded-Host": urlsplit(company.first).netloc}).status == 200
    circles = [browser.get("/explore", headers=headers) for _ in range(3)]
    assert [circle.status for circle in circles] == [307, 307, 421]
    assert "proxy_set_header Host" in circles[-1].body


# Renewal


def test_a_group_that_is_removed_stops_counting_in_time(company: Company) -> None:
    browser = Browser(_port(company.second))
    come_in(company, browser, "omar")
    assert "Signed in as Omar Ops, steward." in browser.open("explore").text
    company.provider.turn(people={"omar": {"groups": ["mk-marketing"]}})
    until(lambda: "Signed in as Omar Ops, marketer." in browser.open("explore").text, "the role to be taken away")
    assert _refreshed(company, "omar") >= 1


def test_without_a_refresh_token_the_browser_renews_silently(company: Company) -> None:
    browser, at_provider = Browser(_port(company.second)), Visitor()
    come_in(company, browser, "ada", "lean", at_provider)
    assert "Signed in as Ada Admin, administrator." in browser.open("explore", "m=orders").text
    token = browser.cookies[COOKIE]

    def is_sent_to_the_provider() -> str:
        """Return where a new tab is sent once the server has found that there's no refresh token."""
        return browser.open("explore", "m=orders").went_to

    def ask() -> Answer:
        """Return the answer after following a page's redirects to the provider, which asks for nothing, and back."""
        until(is_sent_to_the_provider, "the server to ask through the browser")
        sent = browser.get(is_sent_to_the_provider())
        return browser.get(_path(at_provider.sign_in(sent.headers["location"], "nobody, since it does not ask")))

    company.provider.turn(people={"ada": {"groups": ["mk-mops"]}})
    assert ask().headers["location"] == f"/{QUESTION}"
    assert "Signed in as Ada Admin, steward." in browser.open("explore", "m=orders").text
    assert browser.cookies[COOKIE] == token
    company.provider.turn(forget="ada")
    assert ask().headers["location"] == f"/{QUESTION}"
    seen = browser.open("explore", "m=orders")
    assert "Your Lean session ended" in seen.text
    assert set(seen.pages) == {"Sign in"}


def test_a_person_removed_at_the_provider_is_signed_out(company: Company) -> None:
    browser = Browser(_port(company.second))
    come_in(company, browser, "mia")
    assert "Signed in as Mia Marketer, marketer." in browser.open("explore").text
    company.provider.turn(forget="mia")
    text = "Full no longer confirms your sign-in"
    until(lambda: text in browser.open("explore").text, "the sign-in to end")
    assert set(browser.open("explore").pages) == {"Sign in"}


@pytest.mark.parametrize(("provider", "person", "name"), [("full", "mia", "Mia Marketer"), ("lean", "lou", "Lou Lean")])
def test_a_short_provider_outage_signs_no_one_out(company: Company, provider: str, person: str, name: str) -> None:
    browser = Browser(_port(company.second))
    come_in(company, browser, person, provider)
    assert f"Signed in as {name}, marketer." in browser.open("explore").text
    company.provider.turn(down=True)
    try:
        for server in (company.first, company.second):
            until(
                lambda server=server: not company.begins_at_provider(server, provider),
                "the server to notice that the provider is down",
            )
        if provider == "full":
            tried = company.log.read_text().count(NOT_RENEWED)
            until(lambda: browser.open() and company.log.read_text().count(NOT_RENEWED) > tried, "a renewal to fail")
            other = Browser(_port(company.first))
            other.get("/")
            assert other.get("/auth/sign-in?provider=full&next=/explore").headers["location"] == "/explore"
            assert "Full isn't responding" in other.open("explore").text
        else:  # only the browser can ask; the provider is down, so it is sent straight back
            until(lambda: browser.open("explore", "m=orders").went_to, "the server to ask through the browser")
            sent = browser.get(browser.open("explore", "m=orders").went_to)
            assert sent.headers["location"] == f"/{QUESTION}"
        for _ in range(2):
            seen = browser.open("explore", "m=orders")
            assert f"Signed in as {name}, marketer." in seen.text
            assert seen.went_to == ""
    finally:
        company.provider.turn(down=False)
        for server in (company.first, company.second):
            until(
                lambda server=server: company.begins_at_provider(server, provider),
                "the server to notice that the provider is back",
            )


# The ways out


def test_signing_out_reaches_the_other_tab_a_copied_cookie_and_the_provider(company: Company, windows: Windows) -> None:
    own, thief = windows.borrow(), windows.borrow()
    page, other = own.new_page(), own.new_page()
    sign_in(page, f"{company.first}/metrics", "mia")
    line(page, "Signed in as Mia Marketer, marketer.")
    other.goto(f"{company.first}/sign-ins")
    line(other, "Signed in as Mia Marketer, marketer.")
    thief.add_cookies([{"name": COOKIE, "value": _cookie(own, company), "url": company.first}])
    stolen = thief.new_page()
    stolen.goto(f"{company.second}/sign-ins")
    line(stolen, "Signed in as Mia Marketer, marketer.")
    page.goto(f"{company.first}/sign-out")
    page.get_by_role("button", name="Sign out of Samepage and Full").click()
    page.get_by_role("button", name="Yes, sign out").click()
    for tab in (page, other, stolen):  # no one has touched the other two
        expect(tab.get_by_role("button", name="Sign in with Full", exact=True)).to_be_visible()
    stolen.reload()
    expect(stolen.get_by_role("button", name="Sign in with Full", exact=True)).to_be_visible()
    press_sign_in(page)  # the provider asks who they are


def test_signing_out_of_samepage_only_leaves_the_person_signed_in_at_the_provider(company: Company) -> None:
    browser, at_provider = Browser(_port(company.first)), Visitor()
    come_in(company, browser, "mia", at_provider=at_provider)
    out = browser.open("sign-out", press="Sign out of Samepage").went_to
    assert browser.get(out).headers["location"] == "/"
    assert set(browser.open("explore").pages) == {"Sign in"}
    come_in(company, browser, "ada, if the provider asks", at_provider=at_provider)
    assert "Signed in as Mia Marketer, marketer." in browser.open("explore").text


def test_a_changed_cookie_opens_nothing(company: Company) -> None:
    browser = Browser(_port(company.first))
    come_in(company, browser, "mia")
    good = browser.cookies[COOKIE]
    for value in (good[:-1], good + "A", good.swapcase(), good.partition(".")[0], "", "." * 80):
        assert set(Browser(_port(company.first), {COOKIE: value}).open("explore").pages) == {"Sign in"}
    assert "Explore" in Browser(_port(company.first), {COOKIE: good}).open("explore").pages


def test_a_link_from_another_site_signs_no_one_out(company: Company) -> None:
    browser = Browser(_port(company.first))
    come_in(company, browser, "mia")
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.get("/auth/sign-out?token=A", headers=headers).headers["location"] == "/sign-out"
    assert "Explore" in browser.open("explore").pages


def test_a_session_ended_at_the_provider_ends_in_every_process(company: Company) -> None:
    first = Browser(_port(company.first))
    come_in(company, first, "mia")
    both = [first, Browser(_port(company.second), dict(first.cookies))]
    for browser in both:
        assert "Signed in as Mia Marketer, marketer." in browser.open("explore").text
    assert "error" not in company.provider.turn(announce="mia")[-1]
    text = "Full no longer confirms your sign-in"
    for browser in both:
        until(lambda each_browser=browser: text in each_browser.open("explore").text, "the sign-in to end")


@pytest.mark.parametrize(
    "body", ["", "logout_token=", "logout_token=a.b.c", "token=x", "logout_token=" + "x" * 300_000]
)
def test_an_invalid_logout_message_is_refused(company: Company, body: str) -> None:
    assert Visitor().post(f"{company.first}/auth/ended", body).status == 400


# Without pages


def _port(address: str) -> int:
    port = urlsplit(address).port
    assert port is not None
    return port


def back_of(
    company: Company,
    browser: Browser,
    person: str,
    target: str,
    provider: str = "full",
    at_provider: Visitor | None = None,
) -> str:
    """Return where the provider sends a browser back to after it requested `target`.

    With `at_provider`, the browser stays signed in at the provider.
    """
    browser.get("/")
    answer = browser.get(f"/auth/sign-in?provider={provider}&next={target}")
    return _path((at_provider or Visitor()).sign_in(answer.headers["location"], person))


def come_back(
    company: Company, browser: Browser, person: str, provider: str = "full", at_provider: Visitor | None = None
) -> str:
    return back_of(company, browser, person, f"/{quote(QUESTION)}", provider, at_provider)


def come_in(
    company: Company, browser: Browser, person: str, provider: str = "full", at_provider: Visitor | None = None
) -> str:
    """Sign in as a person, and return the address that the app then sends the browser to."""
    return browser.get(come_back(company, browser, person, provider, at_provider)).headers["location"]


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _cookie(context: BrowserContext, company: Company) -> str:
    return next(cookie.get("value", "") for cookie in context.cookies(company.first) if cookie.get("name") == COOKIE)


def _refreshed(company: Company, person: str) -> int:
    log = company.provider.log()
    return sum(entry["did"] == "refresh_token" and entry["person"] == person for entry in log)
