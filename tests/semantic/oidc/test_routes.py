"""The sign-in addresses over https, as in a company: the cookies that they set, and their attributes."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.shell import session
from pages.sign_in import auth_routes
from semantic.config.settings import Settings
from semantic.config.sign_in import RoleMapping, SignInSettings
from semantic.errors import ProviderFailed
from semantic.identity.renewal import Renewals
from semantic.identity.sessions import SignIns
from semantic.oidc.client import ProviderClient
from semantic.oidc.tokens import Notice
from semantic.store.keys import keys_of
from tests.copies import empty_store
from tests.provider import TestProvider, Visitor
from tests.semantic.oidc.conftest import APP
from tests.semantic.store import stores


@pytest.fixture
def browser(tmp_path: Path, provider: TestProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A browser at a server that has its own store and serves only these addresses."""
    company = SignInSettings(
        address=APP,
        hours=12,
        renew_minutes=15,
        contact="",
        providers=(provider.settings("full", RoleMapping(roles={"marketer": ("mk-marketing",)})),),
    )
    store, keys = empty_store(str(tmp_path / "store.sqlite")), keys_of(stores.SECRET)
    live = SimpleNamespace(store=store, keys=keys, sign_ins=SignIns(store, keys, providers={"full"}, people=dict))
    settings = Settings(data="", model=tmp_path, sign_in=company)
    clients = {"full": ProviderClient(provider.settings())}
    monkeypatch.setattr(session, "settings", lambda: settings)
    monkeypatch.setattr(session, "clients", lambda: clients)
    monkeypatch.setattr(session, "live", lambda: live)
    app = Starlette(routes=auth_routes.routes(is_open=True))
    with TestClient(app, base_url=APP, follow_redirects=False) as client:
        yield client
    store.close()


def attributes(cookie: str) -> set[str]:
    return {part.strip().lower() for part in cookie.split(";")[1:]}


def test_cookies_under_https_are_limited_to_this_host_and_https(browser: TestClient) -> None:
    begun = browser.get("/auth/sign-in?provider=full&next=/explore%3Fm=orders")
    [note] = begun.headers.get_list("set-cookie")
    assert note.startswith("samepage_flow_")
    assert attributes(note) == {"secure", "httponly", "samesite=lax", "path=/auth/", "max-age=600"}
    back = urlsplit(Visitor().sign_in(begun.headers["location"], "mia"))
    answer = browser.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore?m=orders")
    assert answer.headers["cache-control"] == "no-store"
    [token] = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-samepage=")]
    # A browser only accepts such a name with Secure, this path, and no domain.
    assert attributes(token) == {"secure", "httponly", "samesite=lax", "path=/", "max-age=43200"}
    assert session.live().sign_ins.find(browser.cookies["__Host-samepage"]) is not None


def test_pending_sign_in_notes_are_limited(browser: TestClient) -> None:
    for _ in range(12):
        browser.get("/auth/sign-in?provider=full&next=/")
    assert 0 < len([name for name in browser.cookies if name.startswith("samepage_flow_")]) <= 8


def test_a_sign_out_link_works_only_in_its_own_browser(browser: TestClient) -> None:
    begun = browser.get("/auth/sign-in?provider=full&next=/")
    back = urlsplit(Visitor().sign_in(begun.headers["location"], "mia"))
    browser.get(f"{back.path}?{back.query}")
    signed_in = session.live().sign_ins.find(browser.cookies["__Host-samepage"])
    assert signed_in is not None
    browser.cookies.set("samepage_visit", "this browser", domain="samepage.example.com")
    for link in (
        auth_routes.sign_out_link("another browser", signed_in.number, there=False),
        auth_routes.sign_out_link("this browser", "another sign-in", there=False),
        auth_routes.sign_out_link("this browser", signed_in.number, there=False) + "&there=1",
        "/auth/sign-out",
    ):
        assert browser.get(link).headers["location"] == "/sign-out"
    ours = auth_routes.sign_out_link("this browser", signed_in.number, there=True)
    assert browser.get(ours, headers={"sec-fetch-site": "cross-site"}).headers["location"] == "/sign-out"
    token = browser.cookies["__Host-samepage"]
    assert session.live().sign_ins.find(token) is not None
    out = browser.get(ours, headers={"sec-fetch-site": "same-origin"})
    assert urlsplit(out.headers["location"]).path == "/session/end"
    assert "__Host-samepage" not in browser.cookies
    assert session.live().sign_ins.find(token) is None


@pytest.mark.parametrize("body", ["", "a=1&" * 11 + "logout_token=x", "logout_token=x&logout_token=y"])
def test_an_invalid_logout_notice_is_refused(body: str, browser: TestClient) -> None:
    answer = browser.post("/auth/ended", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_of_two_clients_at_one_issuer_only_the_addressed_one_accepts_a_notice(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings have two entries, such as one for employees and one for an agency."""

    class Client:
        provider = SimpleNamespace(label="One of two")

        def __init__(self, *, is_for_it: bool) -> None:
            self._is_for_it = is_for_it

        def metadata(self) -> SimpleNamespace:
            return SimpleNamespace(issuer="https://id.example")

        def ended(self, _token: str) -> Notice:
            if not self._is_for_it:
                raise ProviderFailed("It is for another client.", why="forged")
            return Notice(subject="mia", session="a session", issued_at=0)

    def status(*are_for_it: bool) -> int:
        clients = {str(place): Client(is_for_it=one) for place, one in enumerate(are_for_it)}
        monkeypatch.setattr(session, "clients", lambda: clients)
        body = urlsafe_b64encode(b'{"iss": "https://id.example"}').decode().rstrip("=")
        return browser.post("/auth/ended", data={"logout_token": f"x.{body}.x"}).status_code

    assert [status(False, True), status(True, False), status(False, False), status()] == [200, 200, 400, 400]


def test_a_reply_to_an_earlier_sign_in_leaves_the_current_one_unchanged(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One tab renews silently. Before it returns, someone else signs in on another tab."""
    live, settings = session.live(), session.settings().sign_in
    assert settings is not None
    renewals = Renewals(live.store, live.keys, live.sign_ins, settings, session.clients())
    monkeypatch.setattr(session, "renewals", lambda: renewals)
    mia = Visitor()

    def go(address: str) -> str:
        return browser.get(address).headers["location"]

    def come_back(where: str) -> str:
        parts = urlsplit(where)
        return go(f"{parts.path}?{parts.query}")

    def who() -> str | None:
        signed_in = live.sign_ins.find(browser.cookies["__Host-samepage"])
        return signed_in.person.id if signed_in else None

    assert go("/auth/sign-in?provider=full&next=/explore&silent=1") == "/explore"  # no one is signed in
    come_back(mia.sign_in(go("/auth/sign-in?provider=full&next=/"), "mia"))
    first = mia.sign_in(go("/auth/sign-in?provider=full&next=/explore&silent=1"))
    assert come_back(first) == "/explore"
    assert who() == "mia@example.test"
    second = mia.sign_in(go("/auth/sign-in?provider=full&next=/explore&silent=1"))
    come_back(Visitor().sign_in(go("/auth/sign-in?provider=full&next=/"), "ada"))
    assert come_back(second) == "/explore"
    assert who() == "ada@example.test"
