"""Signing people out: open tabs close without a click, and a copied cookie becomes worthless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from pages.shell import identity
from tests.browser.screen import OpenAs, check_page_on_every_screen, sign_in
from tests.browser.visitor import Browser
from tests.browser.warm import warm_server
from tests.companies import current_company
from tests.waiting import until

OPEN = re.compile("Demo: signed in as")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two servers over one separate store, because these tests sign people out and deactivate them."""
    folder = tmp_path_factory.mktemp("servers")
    data, store = str(current_company(tmp_path_factory)), str(folder / "store.sqlite")

    def server(log: str) -> AbstractContextManager[int]:
        return warm_server(
            folder / log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=data, SAMEPAGE_STORE=store,
            SAMEPAGE_COOKIE_SECRET="a secret that both servers of this test know",
        )  # fmt: skip

    with server("one.log") as first, server("two.log") as two:
        yield f"http://127.0.0.1:{first}", f"http://127.0.0.1:{two}"


def come_in(open_as: OpenAs, address: str, person: str, path: str = "metrics") -> Page:
    page = open_as(path, person=person, at=address, own_sign_in=True)
    expect(page.get_by_text(OPEN)).to_be_visible()
    return page


def token_of(page: Page) -> str:
    return next(cookie.get("value", "") for cookie in page.context.cookies() if cookie.get("name") == identity.COOKIE)


def can_sign_in(address: str, person: str) -> bool:
    visitor = Browser(int(address.rpartition(":")[2]))
    visitor.sign_in(person=person)
    return not visitor.open("metrics").is_sign_in


def is_out(page: Page) -> None:
    """Check that the page offers to sign in, and shows nothing from before."""
    expect(page.get_by_text("Choose a demo user")).to_be_visible()
    expect(page.get_by_text(OPEN)).to_have_count(0)


def opens(address: str, token: str) -> bool:
    """Return whether a browser that has only this cookie has access."""
    port = int(address.rpartition(":")[2])
    return not Browser(port, {identity.COOKIE: token}).open("metrics").is_sign_in


def test_signing_out_everywhere_ends_the_other_tabs_in_every_process(open_as: OpenAs, servers: tuple[str, str]) -> None:
    one, two = servers
    first, second = come_in(open_as, one, "Lena"), come_in(open_as, two, "Lena")
    tab = first.context.new_page()
    tab.goto(f"{one}/explore")
    expect(tab.get_by_text(OPEN)).to_be_visible()
    stays = come_in(open_as, two, "Jonas")
    tokens = [token_of(first), token_of(second)]
    assert [opens(address, token) for address in servers for token in tokens] == [True] * 4
    first.goto(f"{one}/sign-ins")
    first.get_by_role("button", name="Sign out everywhere").click()
    for page in (first, tab, second):
        is_out(page)
    assert [opens(address, token) for address in servers for token in tokens] == [False] * 4
    expect(stays.get_by_text(OPEN)).to_be_visible()
    assert opens(one, token_of(stays))


@pytest.mark.proof
def test_signing_out_in_one_tab_closes_the_other(open_as: OpenAs, servers: tuple[str, str]) -> None:
    first = come_in(open_as, servers[0], "Claire")
    tab = first.context.new_page()
    tab.goto(f"{servers[0]}/explore")
    expect(tab.get_by_text(OPEN)).to_be_visible()
    first.goto(f"{servers[0]}/sign-out")
    is_out(first)
    is_out(tab)


@pytest.mark.proof
def test_an_administrator_switches_an_account_off_and_on(open_as: OpenAs, servers: tuple[str, str]) -> None:
    one, two = servers
    jonas = come_in(open_as, two, "Jonas")
    token = token_of(jonas)
    otto = come_in(open_as, one, "Otto", "people")
    otto.get_by_role("textbox", name="Search people").fill("jonas")
    otto.keyboard.press("Enter")
    expect(otto.get_by_role("button", name="Details")).to_have_count(1)
    otto.get_by_role("button", name="Details").click()
    expect(otto.get_by_role("heading", name="Jonas Falk")).to_be_visible()
    otto.get_by_role("button", name="Deactivate", exact=True).click()
    otto.get_by_role("textbox", name="Why").fill("left the company")
    otto.get_by_role("button", name="Deactivate now").click()
    expect(otto.get_by_text("is signed out everywhere and can't sign in")).to_be_visible()
    is_out(jonas)
    assert not opens(one, token)
    assert not opens(two, token)
    jonas.get_by_role("button", name=re.compile("Sign in as Jonas")).click()
    expect(jonas.get_by_text("This account is deactivated. Ask your administrator.")).to_be_visible()
    otto.get_by_role("button", name="Reactivate", exact=True).click()
    otto.get_by_role("textbox", name="Why").fill("came back")
    otto.get_by_role("button", name="Reactivate now").click()
    expect(otto.get_by_text("can sign in again")).to_be_visible()
    assert not opens(two, token)
    until(lambda: can_sign_in(two, "Jonas"), "the other server to let Jonas sign in")


@pytest.mark.proof
def test_viewing_as_someone_ends_with_the_sign_in(open_as: OpenAs, servers: tuple[str, str]) -> None:
    one, _ = servers
    ana = come_in(open_as, one, "Ana", "access")
    ana.get_by_role("tab", name="View as").click()
    ana.get_by_role("button", name="View as Claire Moreau").click()
    expect(ana.get_by_text("Viewing as Claire Moreau.")).to_be_visible()
    otto = come_in(open_as, one, "Otto", "people?person=ana")
    otto.get_by_role("button", name="Sign out everywhere").click()
    expect(otto.get_by_text("Signed out everywhere.")).to_be_visible()
    is_out(ana)
    sign_in(ana, "Ana")
    expect(ana.get_by_text("Viewing as")).to_have_count(0)


def test_the_pages_for_people_read_well_on_every_screen(open_as: OpenAs, servers: tuple[str, str]) -> None:
    page = come_in(open_as, servers[0], "Otto", "people")
    expect(page.get_by_text(re.compile("^5 people, "))).to_be_visible()
    check_page_on_every_screen(page)
    for path, heading in (("people?person=jonas", "Jonas Falk"), ("sign-ins", "Your sign-ins")):
        page.goto(f"{servers[0]}/{path}")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        check_page_on_every_screen(page)
