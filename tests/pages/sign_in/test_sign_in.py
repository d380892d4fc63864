"""The sign-in page, its cookie, and what a page shows to a person without the role it needs."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import identity, links, once, session
from pages.sign_in.sign_in import is_made_up
from semantic.config.settings import load_settings
from semantic.errors import SignInRefused
from semantic.policy.actor import Actor
from semantic.policy.claims import demo_person
from semantic.store.accounts.changes import deactivate
from semantic.store.people import subject_of
from tests.pages.signing_in import VISIT, sign_in
from tests.pages.whole_app import open_app
from tests.waiting import STUCK, until


def words(app: AppTest) -> str:
    """Return the text without the backslashes that escape names, as people read it."""
    values = [element.value for kind in (app.title, app.markdown, app.caption, app.info) for element in kind]
    return " | ".join(values).replace("\\", "")


def test_only_the_demo_companys_numbers_are_called_made_up() -> None:
    settings = load_settings({})
    assert is_made_up(replace(settings, data="/data/company.duckdb"))
    assert not is_made_up(replace(settings, data="/data/shop.duckdb"))


def test_each_person_is_shown_with_name_role_and_scope(cookies: dict[str, str]) -> None:
    app = open_app()
    assert not app.exception
    people = list(session.workspace().people.values())
    assert len(people) >= 4
    assert [button.label for button in app.button] == [f"Sign in as {session.name_of(person)}" for person in people]
    for person in people:
        assert f"**{session.name_of(person)}**" in words(app)
        assert session.role_of(person).capitalize() in words(app)
        assert (session.workspace().visible(person).scope or "Scope: everything") in words(app)
    assert words(app).count("Scope: ") == len(people)


def test_choosing_a_person_sends_the_browser_to_sign_in(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[str] = []
    monkeypatch.setattr(session, "redirect_to", went.append)
    app = open_app(m="roas")
    app.button[0].click().run()
    person = next(iter(session.workspace().people))
    sent = parse_qs(urlsplit(went[0]).query)
    assert urlsplit(went[0]).path == "/demo/sign-in"
    assert (sent["as"], sent["next"]) == ([person], ["/?m=roas"])
    assert identity.is_link_token(sent["token"][0], VISIT, "sign-in", person, "/?m=roas")
    assert not identity.is_link_token(sent["token"][0], "another-browser", "sign-in", person, "/?m=roas")


def test_every_page_says_that_it_is_a_demo_and_who_is_signed_in(cookies: dict[str, str]) -> None:
    for person in session.workspace().people.values():
        sign_in(cookies, person.id)
        app = open_app(links.EXPLORE)
        assert not app.exception
        assert f"Demo: signed in as {session.name_of(person)}, {session.role_of(person)}." in words(app)


def test_a_cookie_that_ends_while_the_page_is_open_closes_it(cookies: dict[str, str]) -> None:
    person = next(iter(session.workspace().people))
    sign_in(cookies, person)
    app = open_app()
    assert "Demo: signed in as" in words(app.switch_page("pages/explore/page.py").run())
    app.session_state["left_behind"] = "an answer"
    session.live().sign_ins.end(cookies[identity.COOKIE])
    app.run()
    assert "Choose a demo user" in words(app)
    assert "left_behind" not in app.session_state


def test_a_person_without_the_role_sees_why_and_the_page_stops(cookies: dict[str, str]) -> None:
    def page() -> None:
        import streamlit

        from pages.shell import session

        session.require("administrator")
        streamlit.text("the page")

    people = session.workspace().people.values()
    below = next(person for person in people if not person.is_at_least("administrator"))
    sign_in(cookies, below.id)
    app = AppTest.from_function(page, default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert "It needs the administrator role." in words(app)
    assert not app.text
    del cookies[identity.COOKIE]
    app.run()
    assert "Sign in to see this page" in words(app)
    assert not app.text


@pytest.mark.usefixtures("cookies")
def test_viewing_as_an_administrator_does_not_open_their_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> None:
        import streamlit

        from pages.shell import session

        session.require("administrator")
        streamlit.text("the page")

    administrator = next(
        person for person in session.workspace().people.values() if person.is_at_least("administrator")
    )
    monkeypatch.setattr(session, "actor", lambda: replace(administrator, viewed_by="ana"))
    app = AppTest.from_function(page, default_timeout=STUCK).run()
    assert "Not available while you view as someone else" in words(app)
    assert not app.text
    monkeypatch.setattr(session, "actor", lambda: administrator)
    assert AppTest.from_function(page, default_timeout=STUCK).run().text


def test_outside_demo_mode_a_valid_cookie_opens_nothing(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(cookies, next(iter(session.workspace().people)))
    monkeypatch.setenv("SAMEPAGE_DEMO", "0")
    once.forget()
    app = open_app()
    assert "Sign-in isn't set up" in words(app)
    assert not app.button


# Links and addresses


def test_a_link_token_is_made_for_one_browser_and_its_parts() -> None:
    assert not identity.is_link_token(identity.link_token("", "sign-in"), "", "sign-in")
    assert identity.link_token(VISIT, "a", "bc") != identity.link_token(VISIT, "ab", "c")


def test_a_deactivated_person_sees_why_and_is_not_signed_in(cookies: dict[str, str]) -> None:
    live = session.live()
    ana = live.workspace().people["ana"]
    token = live.sign_ins.begin(demo_person(ana), provider="demo", until=live.store.now() + identity.DEMO_LASTS)
    with live.store.write() as transaction:
        subject = subject_of(transaction, "ana", "")
        deactivate(transaction, live.keys, subject, live.workspace().people["jonas"], why="left")
    live.sign_ins.look()
    assert live.sign_ins.find(token) is None
    with pytest.raises(SignInRefused, match=r"This account is deactivated\. Ask your administrator\."):
        sign_in(cookies, "ana")
    until(lambda: "ana" not in live.people(), "the list of people without Ana")  # up to a second out of date


@pytest.mark.parametrize("path", ["/", "/explore", "/explore?m=roas&t=last%2013%20weeks", "/a//b"])
def test_a_path_on_this_server_is_a_safe_return_path(path: str) -> None:
    assert identity.is_safe_return(path)


@pytest.mark.parametrize(
    "path",
    ["", "explore", "//evil", "/\\evil", "\\/evil", "https://evil", "/\tevil", "/\nx", "/é", "/" + "a" * 8_000, " /"],
)
def test_any_other_address_is_not_a_safe_return_path(path: str) -> None:
    assert not identity.is_safe_return(path)


def test_a_persons_job_is_not_part_of_their_name() -> None:
    assert session.name_of(Actor(id="ana", name="Ana Reis, marketing operations")) == "Ana Reis"
    assert session.name_of(Actor(id="ana")) == "ana"


def test_a_persons_role_is_the_highest_they_hold() -> None:
    assert session.role_of(Actor(id="a", roles=frozenset({"viewer", "steward", "marketer"}))) == "steward"
    assert session.role_of(Actor(id="a", roles=frozenset({"unheard-of"}))) == "no role"
