"""A server started the way people start it: what it serves before and after sign-in."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect

from pages.shell import identity
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.policy.claims import demo_person
from semantic.store.accounts.sign_ins import DEMO, begin_sign_in, make_token
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import read_head
from semantic.store.open import open_store
from tests.browser.visitor import ROOT, Browser, free_port, running_server
from tests.browser.warm import warm_server
from tests.browser.windows import Windows
from tests.companies import current_company
from tests.waiting import until

SECRET = "a secret that only this test and its server know"


@pytest.fixture(scope="module", autouse=True)
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A small demo company, which every server in this file opens."""
    file = current_company(tmp_path_factory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMEPAGE_DATA", str(file))
        yield


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="module")
def demo(log: Path) -> Iterator[int]:
    """The port of a demo server that signs with a secret known to the tests, and logs to `log`."""
    with running_server(
        log,
        SAMEPAGE_DEMO="1",
        SAMEPAGE_COOKIE_SECRET=SECRET,
        STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE="true",
    ) as port:
        yield port


@pytest.fixture
def knows_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEPAGE_COOKIE_SECRET", SECRET)
    monkeypatch.setattr(identity, "_key", identity._key_from_environment())


# Nothing opens before sign-in


PAGES_ASKED_FOR = ["explore", "pages/explore/page", "explore/explore", "", "switch-person", "sign-out", "nope"]


def test_a_new_server_opens_no_page_before_sign_in_and_a_restart_signs_no_one_out(tmp_path: Path) -> None:
    port = free_port()
    person = Browser(port)
    for first in ("explore", "pages/explore/page"):  # a page by its address, and by its file
        with warm_server(tmp_path / "log", port=port, SAMEPAGE_DEMO="1"):
            stranger = Browser(port)
            stranger.get(f"/{first}")
            for page in (first, *PAGES_ASKED_FOR):
                seen = stranger.open(page)
                assert seen.is_sign_in, (page, seen)
                assert seen.went_to == ""
            if not person.cookies:
                person.sign_in()
            assert "Explore" in person.open("explore").pages


def test_a_page_requested_by_its_hash_does_not_open(demo: int) -> None:
    browser = Browser(demo)
    browser.get("/")
    for name in ("explore", "home", "pages/explore/page.py", str(ROOT / "pages/explore/page.py")):
        seen = browser.open(page_hash=hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())
        assert seen.is_sign_in, (name, seen)


def test_an_address_returns_the_empty_shell_and_never_source_code(demo: int) -> None:
    for path in ("/explore", "/pages/explore/page", "/pages/explore/page.py", "/app.py", "/nope"):
        answer = Browser(demo).get(path)
        assert answer.status == 200, path
        assert '<div id="root">' in answer.body, path
        assert "import streamlit" not in answer.body, path


def test_without_cookies_no_one_can_choose_a_person(demo: int) -> None:
    seen = Browser(demo).open("explore")
    assert "Signing in needs cookies" in seen.text
    assert seen.buttons == {}


def test_no_file_directly_in_pages_can_be_discovered() -> None:
    assert [file.name for file in (ROOT / "pages").glob("*.py")] == ["__init__.py"]


# Signing in


ADMIN = {"People", "Audit", "Service tokens", "Connections"}


def test_signing_in_returns_to_the_page_and_question(demo: int) -> None:
    browser = Browser(demo)
    answer = browser.sign_in("explore", "m=roas&by=channel&by=country")
    assert answer.status == 303
    assert answer.headers["location"] == "/explore?m=roas&by=channel&by=country"
    cookie = answer.cookies[identity.COOKIE].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_a_new_tab_is_signed_in_and_every_page_shows_it(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in()
    for page in ("explore", "switch-person"):
        seen = browser.open(page)
        assert "Explore" in seen.pages
        assert re.search(r"Demo: signed in as .+, \w+\.", seen.text), (page, seen)


def test_a_tab_is_named_after_what_its_page_shows(demo: int) -> None:
    titles = {
        ("", ""): "Home",
        ("metrics", ""): "Metrics",
        ("metrics", "m=net_revenue"): "Net revenue",
        ("explore", ""): "Explore",
        ("explore", "m=net_revenue&by=channel"): "Net revenue by channel",
        ("boards", ""): "Boards",
        ("saved", ""): "Saved",
        ("switch-person", ""): "Switch person",
    }
    browser = Browser(demo)
    browser.sign_in(person="Ana")
    for (page, query), title in titles.items():
        assert browser.open(page, query).tab_titles[-1] == f"{title} · Samepage", (page, query)


def test_the_tab_has_the_products_name_before_anything_is_drawn_and_before_sign_in(demo: int) -> None:
    browser = Browser(demo)
    assert "<title>Samepage</title>" in browser.get("/explore").body
    assert browser.open("explore").tab_titles == ["Sign in · Samepage"]


@pytest.mark.parametrize(
    ("person", "closed"),
    [
        ("Lena", {"Definitions", "Access", *ADMIN}),
        ("Ana", ADMIN),
        ("Otto", set[str]()),
    ],
)
def test_navigation_lists_the_pages_of_each_role(demo: int, person: str, closed: set[str]) -> None:
    browser = Browser(demo)
    browser.sign_in(person=person)
    pages = set(browser.open("explore").pages)
    assert pages & {"Definitions", "Access", *ADMIN} == {"Definitions", "Access", *ADMIN} - closed
    assert {"Home", "Explore", "Saved", "Boards", "Metrics"} <= pages


def test_the_start_page_leads_to_explore(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in()
    seen = browser.open("")
    assert not seen.not_found
    assert seen.elements > 1


def test_the_address_of_home_opens_the_start_page(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in("home")
    seen = browser.open("home")
    assert not seen.not_found
    assert "Home" in seen.words


def test_signing_out_ends_every_copy_of_the_cookie(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in()
    copied = Browser(demo, dict(browser.cookies))
    assert "Explore" in copied.open("explore").pages
    answer = browser.get(browser.open("sign-out").went_to)
    assert answer.status == 303
    assert copied.open("explore").is_sign_in
    assert browser.open("explore").is_sign_in


def test_switching_person_ends_the_earlier_sign_in(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in(number=0)
    earlier = Browser(demo, dict(browser.cookies))
    first = browser.open("explore")
    label = list(browser.open("switch-person").buttons)[1]
    browser.get(browser.open("switch-person", press=label).went_to)
    second = browser.open("explore")
    assert label.removeprefix("Sign in as ") in second.text
    assert first.text.partition("Anyone")[0] != second.text.partition("Anyone")[0]
    assert earlier.open("explore").is_sign_in


def test_the_audit_log_has_who_signed_in_and_out(demo: int) -> None:
    store, keys = open_store(load_settings())
    with store.read() as connection:
        before = read_head(connection).number
    browser = Browser(demo)
    browser.sign_in(number=0)
    label = list(browser.open("switch-person").buttons)[1]
    browser.get(browser.open("switch-person", press=label).went_to)
    browser.get(browser.open("sign-out").went_to)
    Browser(demo).get("/demo/sign-out")  # refused, and recorded without a person
    with store.read() as connection:
        entries = [entry for entry in read_entries(connection, keys) if entry.number > before]
    store.close()
    first, second = "Lena Brandt", label.removeprefix("Sign in as ")
    sentences = [sentence(entry) for entry in reversed(entries)]
    # Earlier questions are written after their answers, and may come in between.
    assert [each_sentence for each_sentence in sentences if each_sentence.endswith(("signed in", "signed out"))] == [
        f"{first} signed in",
        f"{first} signed out",
        f"{second} signed in",
        f"{second} signed out",
    ]


def test_no_one_is_signed_in_without_an_audit_log_entry(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"
    key = tmp_path / "audit.key"
    with warm_server(
        tmp_path / "log", SAMEPAGE_DEMO="1", SAMEPAGE_STORE=str(store), SAMEPAGE_AUDIT_KEY_FILE=str(key)
    ) as port:
        browser = Browser(port)
        with sqlite3.connect(store) as connection:
            connection.execute("ALTER TABLE audit RENAME TO gone")
        connection.close()
        answer = browser.sign_in()
        assert answer.status == 503
        assert "The store couldn't be read or written" in answer.body
        assert browser.open("explore").is_sign_in


@pytest.mark.proof
def test_a_sign_in_is_valid_in_every_process_over_one_store_and_ends_in_all(demo: int, tmp_path: Path) -> None:
    browser = Browser(demo)
    browser.sign_in()
    with warm_server(tmp_path / "log", SAMEPAGE_DEMO="1", SAMEPAGE_COOKIE_SECRET=SECRET) as other:
        elsewhere = Browser(other, dict(browser.cookies))
        assert "Explore" in elsewhere.open("explore").pages
        browser.get(browser.open("sign-out").went_to)
        until(lambda: elsewhere.open("explore").is_sign_in, "the sign-in to end in the other process")


# Forging


def test_only_a_valid_unexpired_cookie_signs_someone_in(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in()
    good = browser.cookies[identity.COOKIE]
    assert "Explore" in browser.open("explore").pages
    secret, _, sign = good.partition(".")
    store, keys = open_store(load_settings())
    lena = Actor(id="lena")
    with store.write() as transaction:
        ran_out, nobody = make_token(keys), make_token(keys)
        begin_sign_in(
            transaction, keys, person=demo_person(lena), provider=DEMO, token=ran_out, until=transaction.now
        )  # fmt: skip
        begin_sign_in(
            transaction, keys, person=demo_person(Actor(id="nobody-of-this-name")), provider=DEMO, token=nobody,
            until=transaction.now + timedelta(hours=1),
        )  # fmt: skip
    store.close()
    bad = {
        "unsigned": secret,
        "other signature": f"{secret}.{sign[:-4]}0000",
        "other secret": f"{secret[:-4]}0000.{sign}",
        "empty": "",
        "words": "lena",
        "never begun": make_token(keys),
        "run out": ran_out,
        "nobody": nobody,
    }
    for what, value in bad.items():
        stranger = Browser(demo, browser.cookies | {identity.COOKIE: value})
        assert stranger.open("explore").is_sign_in, what


UNSAFE = ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "evil", "", "/a\r\nb: c"]


@pytest.mark.usefixtures("knows_the_secret")
@pytest.mark.parametrize("target", UNSAFE)
def test_sign_in_redirects_no_one_to_another_site(demo: int, target: str) -> None:
    browser = Browser(demo)
    browser.sign_in()
    token = identity.link_token(browser.cookies[identity.VISIT_COOKIE], "sign-in", "lena", target)
    answer = browser.get("/demo/sign-in?" + urlencode({"as": "lena", "next": target, "token": token}))
    assert answer.status == 403
    assert "location" not in answer.headers
    assert identity.COOKIE not in answer.cookies


def test_a_sign_in_link_works_only_in_the_browser_that_requested_it(demo: int) -> None:
    attacker, victim = Browser(demo), Browser(demo)
    attacker.get("/")
    victim.get("/")
    link = attacker.open(press=next(iter(attacker.open().buttons))).went_to
    for answer in (
        victim.get(link),
        Browser(demo).get(link),
        attacker.get(link, headers={"Sec-Fetch-Site": "cross-site"}),
        attacker.get(link, method="HEAD"),
        attacker.get(re.sub("as=[^&]*", "as=" + quote("somebody else"), link)),
        attacker.get(link.replace("token=", "token=A")),
        attacker.get("/demo/sign-in"),
    ):
        assert answer.status == 403
        assert identity.COOKIE not in answer.cookies
    assert attacker.get(link).status == 303


def test_a_link_from_another_site_signs_no_one_out(demo: int) -> None:
    browser = Browser(demo)
    browser.sign_in()
    assert browser.get("/demo/sign-out").status == 403
    assert browser.get(browser.open("sign-out").went_to, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert "Explore" in browser.open("explore").pages


# Outside demo mode


def test_outside_demo_mode_nothing_opens_and_no_one_signs_in(tmp_path: Path) -> None:
    with warm_server(tmp_path / "log", SAMEPAGE_DEMO="0", SAMEPAGE_COOKIE_SECRET=SECRET) as port:
        browser = Browser(port)
        for path in ("/demo/sign-in", "/demo/sign-in?as=x&next=/&token=y", "/demo/sign-out", "/demo/x", "/demo/"):
            assert browser.get(path).status == 404, path
        for page in ("", "explore", "switch-person"):
            seen = browser.open(page)
            assert "Sign-in isn't set up" in seen.text
            assert set(seen.pages) == {"Sign in"}
            assert seen.buttons == {}
        assert identity.VISIT_COOKIE not in browser.cookies


# Headers and files


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/explore", 200),
        ("/nope", 200),
        ("/look/logo.svg", 200),
        ("/look/nope.svg", 404),
        ("/_stcore/health", 200),
        ("/_stcore/metrics", 404),
        ("/_stcore/metrics/", 404),
        ("/media/nope.png", 404),
        ("/demo/nope", 404),
        ("/demo/sign-in", 403),
        ("//evil.example/x", 400),
        ("/look/../config.toml", 400),
    ],
)
def test_every_answer_has_the_security_headers(demo: int, path: str, status: int) -> None:
    answer = Browser(demo).get(path)
    assert answer.status == status
    policy = answer.headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in scripts
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"


def test_scripts_loaded_early_exist_and_come_from_this_server(demo: int) -> None:
    browser = Browser(demo)
    links = re.findall(r'<link rel="modulepreload" crossorigin[^>]* href="([^"]+)">', browser.get("/explore").body)
    assert sum(link.startswith("/look/plotly-") for link in links) == 1
    for link in links:
        assert link.startswith(("./static/js/", "/look/")), link
        answer = browser.get(link.removeprefix("."))
        assert answer.status == 200, link
        assert "javascript" in answer.headers["content-type"], link


def test_the_content_policy_allows_only_the_inline_scripts_of_the_page(demo: int) -> None:
    answer = Browser(demo).get("/")
    scripts = re.findall(r"<script(?![^>]* src=)[^>]*>(.+?)</script>", answer.body, re.DOTALL)
    assert len(scripts) == 2
    allowed = set(re.findall(r"'(sha256-[^']+)'", answer.headers["content-security-policy"]))
    assert allowed == {f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}" for script in scripts}


def test_only_fonts_and_logo_are_served_as_files(demo: int) -> None:
    browser = Browser(demo)
    for file in [*(ROOT / ".streamlit" / "fonts").glob("*.woff2"), ROOT / ".streamlit" / "logo.svg"]:
        answer = browser.get(f"/look/{file.name}")
        assert answer.status == 200, file.name
        assert "max-age=2592000" in answer.headers["cache-control"]
    for name in (
        "config.toml",
        "secrets.toml",
        "fonts",
        "fonts/",
        "",
        "..%2fconfig.toml",
        "%2e%2e/app.py",
        "./config.toml",
    ):
        answer = browser.get(f"/look/{name}")
        assert answer.status in (400, 404), name
        assert "[server]" not in answer.body


def test_without_a_token_there_are_no_metrics(demo: int) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {SECRET}"}):
        assert Browser(demo).get("/ops/metrics", headers=headers).status == 404


# The start and the log


def test_a_server_starts_without_warnings_or_names_what_is_wrong(demo: int, log: Path, tmp_path: Path) -> None:
    assert Browser(demo).get("/_stcore/health").status == 200
    assert "Samepage:" not in log.read_text()
    with warm_server(tmp_path / "bad", SAMEPAGE_DEMO="1", STREAMLIT_CLIENT_SHOW_ERROR_DETAILS="full"):
        pass
    assert "client.showErrorDetails is 'full' and should be 'none'" in (tmp_path / "bad").read_text()


def test_the_log_has_plain_lines_by_default(demo: int, log: Path) -> None:
    browser = Browser(demo)
    browser.sign_in("explore", "m=orders")
    browser.open("explore")
    ran = re.compile(r"A page ran\. run=[0-9a-f]{8} page=explore ms=\d+$", re.MULTILINE)
    until(lambda: ran.search(log.read_text()), "the page run to be logged")
    lines = [line for line in log.read_text().rpartition("\n")[0].splitlines() if line]
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO|WARNING) [\w.]+: ", line) for line in lines), lines


# Samepage's own errors


FAILING_APP = """
import sys
import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

sys.path.insert(0, {root!r})
from pages.server import server

async def fail(request):
    raise ValueError("customer 4711 in a route")

async def tell(request):
    return PlainTextResponse(str(PagesManager.uses_pages_directory))

@st.fragment
def part():
    if st.button("Sign in as nobody"):
        raise ValueError("customer 4711 in a fragment")

if get_script_run_ctx(suppress_warning=True) is None:
    given = server.options()
    app = st.App(__file__, **given | {{"routes": [Route("/fail", fail), Route("/discovers", tell)]}})
else:
    part()
    if "fail" in st.query_params:
        raise ValueError("customer 4711 in a page")
"""


def test_an_error_is_shown_as_a_number_and_logged_without_its_message(tmp_path: Path) -> None:
    script, log = tmp_path / "failing.py", tmp_path / "log"
    script.write_text(FAILING_APP.format(root=str(ROOT)))
    with warm_server(log, script=str(script), SAMEPAGE_DEMO="1") as port:
        browser = Browser(port)
        assert browser.get("/discovers").body == "False"  # our start turns off Streamlit's page discovery
        answer = browser.get("/fail")
        assert answer.status == 500
        assert "content-security-policy" in answer.headers
        page = browser.open(query="fail=1").text
        fragment = browser.open(press="Sign in as nobody").text
    logged = log.read_text()
    for shown in (answer.body, page, fragment):
        number = re.search(r"\b[0-9a-f]{8}\b", shown)
        assert number is not None, shown
        assert f"Error {number.group()}: ValueError at failing.py:" in logged
        assert "4711" not in shown
        assert "Traceback" not in shown
    assert "in a page" not in logged
    assert "in a fragment" not in logged


# In a real browser


def test_a_person_signs_in_reloads_and_switches(demo: int, windows: Windows) -> None:
    context = windows.borrow()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{demo}/saved")
    buttons = page.get_by_role("button", name=re.compile("^Sign in as"))
    expect(buttons).to_have_count(5)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    buttons.first.click()
    line = page.get_by_text("Demo: signed in as")
    expect(line).to_be_visible()
    assert page.url.endswith("/saved")
    cookies = [cookie for cookie in context.cookies() if str(cookie.get("name", "")).startswith("samepage")]
    assert cookies
    assert all(cookie.get("httpOnly") and cookie.get("sameSite") == "Lax" for cookie in cookies)
    assert "samepage" not in page.evaluate("() => document.cookie")  # out of the reach of scripts
    page.reload()
    expect(line).to_be_visible()
    first = line.inner_text()
    page.get_by_role("link", name="Switch person").first.click()
    expect(buttons).to_have_count(5)
    buttons.nth(1).click()
    expect(line).not_to_have_text(first)
    assert page.url.endswith("/saved")
    page.goto(f"http://127.0.0.1:{demo}/sign-out")
    expect(buttons).to_have_count(5)
